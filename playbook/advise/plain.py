"""Conditions of rules in plain words."""

from __future__ import annotations

from playbook.advise.wording import Wording
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
from playbook.model.vocabulary import Field

_SIDES = {
    ">=": ("不低于{x}", "{x} or more"),
    ">": ("高于{x}", "above {x}"),
    "<=": ("不高于{x}", "at most {x}"),
    "<": ("低于{x}", "below {x}"),
}
_DATE_SIDES = {
    ">=": ("在{x}或之后", "on or after {x}"),
    ">": ("晚于{x}", "after {x}"),
    "<=": ("在{x}或之前", "on or before {x}"),
    "<": ("早于{x}", "before {x}"),
}
_RANK_SIDES = {
    ">=": ("达到“{x}”或以上", "{x} or beyond"),
    ">": ("超过“{x}”", "beyond {x}"),
    "<=": ("“{x}”或以下", "{x} or before"),
    "<": ("未到“{x}”", "before {x}"),
}
_JOIN_SIDES = {"=": ("与{x}相同", "the same as {x}"), **_SIDES}
_QUANTIFIERS = {
    "no": ("没有{entity}符合：{tests}", "no {entity} with: {tests}"),
    "all": ("所有{entity}都符合：{tests}", "every {entity} with: {tests}"),
    "at least": ("至少 {count} 个{entity}符合：{tests}", "at least {count} {entity} with: {tests}"),
    "fewer than": ("不到 {count} 个{entity}符合：{tests}", "fewer than {count} {entity} with: {tests}"),
    "each": ("有{entity}符合：{tests}", "a {entity} with: {tests}"),
    "one": ("{tests}", "{tests}"),
    "fields": ("至少 {count} 项成立：{tests}", "at least {count} of these hold: {tests}"),
    "few fields": ("不到 {count} 项成立：{tests}", "fewer than {count} of these hold: {tests}"),
}
_EMPTY = {"no": ("没有{entity}", "no {entity}"), "each": ("有{entity}", "a {entity}")}


class PlainWords:
    """Renders conditions in one language, with the parameters' current values."""

    def __init__(self, wording: Wording, parameters: dict[str, float]) -> None:
        self._w = wording
        self._parameters = parameters

    def condition(self, condition: Condition) -> str:
        """A condition as a clause without a full stop."""
        if isinstance(condition, AnyOf):
            branches = [self._w.pick("且", " and ").join(map(self.condition, a)) for a in condition.alternatives]
            return self._w.pick("或者", " or ").join(self._w.pick("（{}）", "({})").format(b) for b in branches)
        return self.pattern(condition)

    def pattern(self, pattern: Pattern) -> str:
        fields = self._w.vocabulary.entities[pattern.entity].fields
        tests = [self.test(fields[name], test) for name, test in pattern.tests]
        templates = _QUANTIFIERS if tests or pattern.quantifier not in _EMPTY else _EMPTY
        several = pattern.quantifier in ("fields", "few fields")
        entity = self._w.entity(pattern.entity)
        words = {
            "entity": self._w.pick(entity, entity.lower()),
            "count": self._operand(None, pattern.number),
            "tests": self._w.pick("；", "; ").join(tests) if several else self._w.pick("，", ", ").join(tests),
        }
        text = self._w.pick(*templates[pattern.quantifier]).format_map(words)
        return text.rstrip("：: ") if not tests else text

    def test(self, field: Field, test: Test) -> str:
        """`当前采购阶段不低于“招标评估”`: the field's label and what is asked of it."""
        return f"{self._w.label(field)}{self._w.pick('', ': ')}{self.asked(field, test)}"

    def asked(self, field: Field, test: Test) -> str:
        """What a test asks, as the rest of a sentence that starts with the field."""
        pick = self._w.pick
        match test:
            case Unknown():
                return pick("未知", "unknown")
            case Known():
                return pick("已知", "known")
            case Is(operand):
                return pick("为“{}”", "{}").format(self._operand(field, operand))
            case Not(Is() | OneOf() as inner):
                return pick("不{}", "not {}").format(self.asked(field, inner))
            case Not(inner):
                return pick("并非{}", "not {}").format(self.asked(field, inner))
            case OneOf(tests):
                if all(isinstance(each, Is | Unknown) for each in tests):
                    values = [self._bare(field, each) for each in tests]
                    return pick("为“{}”", "{}").format(pick("”或“", " or ").join(values))
                return pick("或", " or ").join(self.asked(field, each) for each in tests)
            case Compare(op, operand):
                return self._side(field, op, self._operand(field, operand))
            case Between(low, high):
                ends = (self._operand(field, low), self._operand(field, high))
                return pick("在“{}”到“{}”之间", "from {} to {}").format(*ends)
            case Several(count, values):
                words = self._w.join([self._w.value(field, value) for value in values])
                return pick("至少含其中 {} 项：{}", "holds at least {} of: {}").format(count, words)
            case Join(op, alias, name):
                return pick(*_JOIN_SIDES[op]).format(x=f"{alias}.{name}")

    def _bare(self, field: Field, test: Test) -> str:
        return self._operand(field, test.operand) if isinstance(test, Is) else self._w.pick("未知", "unknown")

    def _side(self, field: Field, op: str, words: str) -> str:
        sides = _DATE_SIDES if field.type == "date" else _RANK_SIDES if field.is_enum else _SIDES
        return self._w.pick(*sides[op]).format(x=words)

    def _operand(self, field: Field | None, operand: Operand) -> str:
        if isinstance(operand, Param):
            return self._w.number(self._parameters[operand.name])
        if isinstance(operand, Day):
            return self._day(operand.offset)
        if field is None:
            return str(operand)
        return self._w.value(field, operand)

    def _day(self, offset: int) -> str:
        if offset == 0:
            return self._w.pick("今天", "today")
        if offset > 0:
            return self._w.pick("今天起{}天", "today + {} days").format(offset)
        return self._w.pick("{}天前", "{} days ago").format(-offset)
