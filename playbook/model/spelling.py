"""Conditions written out again as a rule file would have them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from playbook.model.rules import AnyOf, Condition, Pattern
from playbook.model.unary import (
    Between,
    Compare,
    Day,
    Is,
    Join,
    Known,
    Not,
    OneOf,
    Operand,
    Param,
    Several,
    Test,
    Unknown,
)

_HEADS = {"no": "no ", "all": "all ", "at least": "at least {n} ", "fewer than": "fewer than {n} "}
_COUNTED = {"fields": "at least {n} of ", "few fields": "fewer than {n} of "}


def spell_value(operand: Operand | None) -> str:
    """A value, parameter or day as a test names it; None is what is not known."""
    match operand:
        case None:
            return "unknown"
        case Param(name):
            return f"param.{name}"
        case Day(offset):
            return f"today{offset:+d}d" if offset else "today"
        case bool():
            return "yes" if operand else "no"
        case date():
            return operand.isoformat()
        case float():
            return f"{operand:.15g}"
        case _:
            return str(operand)


def spell_test(test: Test, value: Callable[[Operand | None], str] = spell_value) -> str:
    """`not small_routine`, `>= param.large_amount_cny`, `[supporter, ally]`; `value` spells the values."""
    match test:
        case Unknown():
            return value(None)
        case Known():
            return "known"
        case Is(operand):
            return value(operand)
        case Not(inner):
            return f"not {spell_test(inner, value)}"
        case OneOf(tests):
            return f"[{', '.join(_item(spell_test(each, value)) for each in tests)}]"
        case Compare(op, operand):
            return f"{op} {value(operand)}"
        case Between(low, high):
            return f"{value(low)}..{value(high)}"
        case Several(number, values):
            listed = ", ".join(_item(value(each)) for each in values)
            return f"all of [{listed}]" if number == len(values) else f"at least {number} of [{listed}]"
        case Join(op, alias, name):
            return f"{op} {alias}.{name}"


def _item(text: str) -> str:
    """A test inside a list, in quotes where it holds what separates the items."""
    if not any(mark in text for mark in ",，[]\"'"):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def spell_head(pattern: Pattern) -> str:
    """`no stakeholder`, `at least 2 of info as gaps`, `stakeholder as boss`."""
    template = {**_HEADS, **_COUNTED}.get(pattern.quantifier, "")
    head = template.format(n=spell_value(pattern.number)) + pattern.entity
    own_name = pattern.alias in ("", pattern.entity) or not pattern.alias.isidentifier()
    return head if own_name else f"{head} as {pattern.alias}"


def spell_field(pattern: Pattern, name: str) -> str:
    """One test of a pattern: `deal.stage: approval..evaluation`."""
    tests = [spell_test(test) for each, test in pattern.tests if each == name]
    return f"{spell_head(pattern)}.{name}: {', '.join(tests)}"


def spell(condition: Condition) -> str:
    """A whole condition on one line: `stakeholder as boss: {is_final_decider: yes, contact_status: none}`."""
    if isinstance(condition, AnyOf):
        return "any: [" + ", ".join("[" + ", ".join(map(spell, each)) + "]" for each in condition.alternatives) + "]"
    tests = ", ".join(f"{name}: {spell_test(test)}" for name, test in condition.tests)
    return f"{spell_head(condition)}: {{{tests}}}"
