"""Regular expressions for what people write, in the dialect that editors (JavaScript) and Python share.

So `\\d`, `\\w`, named groups and flags are not used: they mean different things, or nothing, in one of the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from playbook.model.values import DAY_UNITS, FALSE, SCALES, TRUE, UNITS, UNKNOWN, fold

DIGIT = "[0-9０-９]"
# Every mark that no name may hold: white space, ASCII and full-width marks, the marks of Chinese texts.
_MARKS = (
    r"\s\x00-\x2f:-@\[-\^`{-\x7f\u2000-\u206f\u3000-\u3004\u3008-\u3020"
    r"\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
NAME = f"[^0-9０-９{_MARKS}][^{_MARKS}]*"
FILLED = r"\S"
_WIDE = {fold(chr(n)): chr(n) for n in range(0xFF01, 0xFF5F) if not chr(n).isalpha()}
_WIDE |= {" ": r"\u00a0\u3000", "¥": "￥"}
_SYNTAX = r"^$\.*+?()[]{}|"
_SYNTAX_IN_CLASS = r"\]^-["
_FALLBACK = r"""(?:\s+or\s+(?:'[^']*'|"[^"]*"|‘[^’]*’))?"""
_WORD = re.compile(r"[^\W\d]\w*")
_QUOTES = "\"'"


def any_form(text: str) -> str:
    """`text` in any case, its digits and marks also full-width, as `fold` reads it."""
    return "".join(_character(each) for each in text)


def _character(char: str) -> str:
    forms = list(dict.fromkeys([char, char.lower(), char.upper()]))
    wide = _WIDE.get(char, "")
    if len(forms) == 1 and not wide:
        return _escaped(char, _SYNTAX)
    return f"[{''.join(_escaped(form, _SYNTAX_IN_CLASS) for form in forms)}{wide}]"


def _escaped(char: str, special: str) -> str:
    return f"\\{char}" if char in special else char


def one_of(texts: Iterable[str], form: bool = True) -> str:
    """Any of the texts, in any case and width unless `form` is false."""
    ordered = sorted(dict.fromkeys(texts), key=lambda text: (-len(text), text))
    return f"(?:{'|'.join(any_form(t) if form else exactly(t) for t in ordered)})"


def one_word(names: Iterable[str]) -> list[str]:
    """Those of some names that can stand in the head of a condition or before a dot."""
    return [name for name in names if _WORD.fullmatch(name)]


def exactly(text: str) -> str:
    """`text` and nothing else."""
    return "".join(_escaped(char, _SYNTAX) for char in text)


def whole(pattern: str) -> str:
    """A text that is the pattern, spaces around it apart."""
    return rf"^\s*(?:{pattern})\s*$"


def template(names: Iterable[str]) -> str:
    """A text in which double braces hold `alias` or `alias.name`, the name being one of some."""
    placeholder = rf"\{{\{{\s*{NAME}(?:\.{one_of(names, form=False)})?{_FALLBACK}\s*\}}\}}"
    return rf"^(?:[^{{}}]|\{{(?!\{{|%[\s\S]*?%\}})|\}}(?!\}})|{placeholder})*$"


def unknown() -> str:
    return one_of(UNKNOWN)


def yes_or_no() -> str:
    return one_of([*TRUE, *FALSE])


def number(unit: str | None = None, *, grouped: bool = True, signed: bool = True) -> str:
    """A number as `read_number` takes it; `grouped`: also `1,280,000`. No unit given: any unit."""
    money = unit in (None, "cny")
    scales = [scale for scale in SCALES if scale and (money or not scale.isascii())]
    names = UNITS[unit] if unit is not None else set().union(*UNITS.values())
    groups = f"{DIGIT}{{1,3}}(?:[,，]{DIGIT}{{3}})+|{DIGIT}{{1,4}}(?:[,，]{DIGIT}{{4}})+|" if grouped else ""
    sign = "[+＋\\-－]?" if signed else "[+＋]?"
    currency = rf"(?:{any_form('cny')}|{any_form('rmb')}|{any_form('¥')})?\s*" if money else ""
    return (
        rf"{currency}{sign}(?:{groups}{DIGIT}[0-9０-９_＿]*|(?=[.．]{DIGIT}))(?:[.．]{DIGIT}+)?"
        rf"(?:[eE][+＋\-－]?{DIGIT}{{1,2}})?\s*{one_of(scales)}?\s*{one_of(names)}?"
    )


def absolute_date() -> str:
    """`2026-05-02`, `2026/5/2`, `2026年5月2日`, with or without a time of day."""
    month = "(?:[0０]?[1-9１-９]|[1１][0-2０-２])"
    day = "(?:[0０]?[1-9１-９]|[1-2１-２][0-9０-９]|[3３][01０１])"
    time = rf"(?:[tTｔＴ\s]\s*{DIGIT}{{1,2}}[:：]{DIGIT}{{2}}[0-9０-９:：.．+＋zZ\s\-－]*)?"
    return rf"{DIGIT}{{4}}\s*[\-－/／.．年]\s*{month}\s*[\-－/／.．月]\s*{day}\s*日?{time}"


def relative_date(past: bool = False) -> str:
    """`+7d`, `today-2w`, `today`; with `past`, only days that are not ahead."""
    today = one_of(["today", "今天"])
    units = one_of(DAY_UNITS)
    amount = rf"[+＋\-－]\s*{DIGIT}{{1,5}}"
    if past:
        amount = rf"(?:[\-－]\s*{DIGIT}{{1,5}}|[+＋]\s*[0０]{{1,5}})"
    return rf"(?:{today}?\s*{amount}\s*{units}|{today})"


def date(past: bool = False) -> str:
    return f"(?:{absolute_date()}|{relative_date(past)})"


def unary(
    value: str, *, ordered: bool, several: bool = False, unordered: str = "", with_comma: Iterable[str] = ()
) -> str:
    """A unary test over values that match `value`: alone, after `not` or an operator, as a range, in brackets.

    `unordered`: values of an ordered field that stand outside the order. `with_comma`: values that hold a comma
    themselves; any other comma needs brackets around it.
    """
    operators = ">=|<=|≥|≤|!=|>|<|=" if ordered else "!=|="
    count = rf"|(?:at\s+least\s+{DIGIT}+|all)\s+of" if several else ""
    lead = rf"(?:[\s{_QUOTES}\[]|{any_form('not')}\s{count})*(?:{operators})?\s*"
    between = r"|\.\." if ordered else ""
    item = rf"{lead}(?:{value})[\s{_QUOTES}\]]*(?:(?:[,，]{between})[\s\]]*|$)"
    commas = "".join(rf"|{lead}{any_form(text)}\s*$" for text in with_comma)
    outside = ""
    if ordered and unordered:
        end = rf"(?=[\s{_QUOTES}\],，]|\.\.|$)"
        outside = rf"(?![\s\S]*(?:[<>≥≤]=?|\.\.)\s*(?:{unordered}){end})(?!\s*(?:{unordered})\s*\.\.)"
    return rf"^{outside}(?=[^,，]*$|[^,，\[]*\[{commas})(?:{item})+$"


def comparison(ordered: bool, names: Iterable[str]) -> str:
    """A comparison with another field: `= boss.name`, the name being one of some."""
    operators = ">=|<=|≥|≤|>|<|=" if ordered else "="
    return rf"^\s*(?:{operators})\s*(?!param\.){NAME}\.{one_of(names, form=False)}\s*$"


def text_test() -> str:
    """Any text, unless it begins like a comparison, which a text takes only with another field and alone."""
    prefix = rf"(?:{any_form('not')}\s+|[\s{_QUOTES}\[])*"
    reference = rf"!?=\s*(?!param\.){NAME}\.[a-z][^{_MARKS}]*\s*$"
    return rf"^(?!{prefix}(?:>|<|≥|≤|param\.|{any_form('older than')}\s|{reference}))[\s\S]*\S"
