"""What is wrong with a text that is not YAML, in words that help somebody who does not know YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import yaml

from playbook.errors import Finding, Location

_MAX_DEPTH = 40
_PROBLEMS = (
    ("found unexpected end of stream", "Y010"),
    ("mapping values are not allowed", "Y011"),
    ("could not find expected ':'", "Y011"),
    ("did not find expected ',' or", "Y015"),
    ("did not find expected node content", "Y015"),
    ("did not find expected <document start>", "Y016"),
    ("did not find expected key", "Y016"),
    ("did not find expected '-'", "Y016"),
    ("block sequence entries are not allowed", "Y016"),
    ("found character that cannot start any token", "Y017"),
    ("did not find expected comment or line break", "Y017"),
    ("did not find expected alphabetic or numeric character", "Y017"),
    ("mapping keys are not allowed", "Y017"),
    ("control characters are not allowed", "Y018"),
)
_CONTEXT_MATTERS = {"Y010", "Y015", "Y017"}  # found late; the trouble is where the text or bracket began
_COLON = re.compile(r"^(\s*(?:- )?[^\s:：\"'#\[{][^:：\"'#\[{]*)(：|:(?=[^\s/]))")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMMA = re.compile("，")
_QUOTES = re.compile("[“”‘’]")
_ASCII = {"“": '"', "”": '"', "‘": "'", "’": "'"}

Repair = tuple[str, int, str]  # code, column of the mark, the line without the fault


def syntax_finding(error: yaml.YAMLError, text: str, file: str) -> Finding:
    """The finding for a YAML error; names the likely slip when mending it lets more be read."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    line, column = _place(error, text)
    lines = text.splitlines()
    current = lines[line] if line < len(lines) else ""
    if "\t" in current[: column + 1]:
        return Finding("Y007", Location(file, line + 1, current.index("\t") + 1))
    for number in (line, line - 1):
        if 0 <= number < len(lines):
            for code, at, mended in _repairs(lines[number]):
                if _reads_further(lines, number, mended, (line, column)):
                    return Finding(code, Location(file, number + 1, at + 1), {"mark": lines[number][at]})
    code = next((code for words, code in _PROBLEMS if words in problem), "Y003")
    context = getattr(error, "context_mark", None)
    if code in _CONTEXT_MATTERS and context is not None:
        line, column = context.line, context.column
    return Finding(code, Location(file, line + 1, column + 1), {"problem": problem})


def _place(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    """Line and column, from 0."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return mark.line, mark.column
    found = _UNPRINTABLE.search(text)
    before = text[: found.start() if found else 0]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def _repairs(line: str) -> Iterator[Repair]:
    """The line with one slip of a Chinese keyboard, or a missing space, put right."""
    if colon := _COLON.match(line):
        code = "Y008" if colon[2] == "：" else "Y009"
        yield code, colon.start(2), f"{colon[1]}: {line[colon.end() :]}"
    replace: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_COMMA, lambda _: ", "),
        (_QUOTES, lambda mark: _ASCII[mark[0]]),
    )
    for marks, ascii_of in replace:
        if found := marks.search(line):
            yield "Y008", found.start(), marks.sub(ascii_of, line)


def _reads_further(lines: list[str], number: int, mended: str, before: tuple[int, int]) -> bool:
    end = before[0] + 2
    changed = [*lines[:number], mended, *lines[number + 1 : end]]
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = "\n".join(changed)
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                return False
    except yaml.YAMLError as error:
        return _place(error, text)[0] > before[0] + (number == before[0])
    return True
