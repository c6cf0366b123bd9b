"""Rules as a decision table: one row a rule, one column a field; and which rules no row can say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from playbook.errors import Finding, Location
from playbook.load.rulefile import default_party, table_rules
from playbook.load.tables.columns import LANGUAGES, ORDER, Column, Columns, Head, table_word
from playbook.load.tables.sheets import Sheet, cleaned, guarded
from playbook.load.tables.tablefile import parse_sheets
from playbook.load.writing.ruletext import fields_tested, head_of, written_due, written_test, written_value
from playbook.model.rules import AUDIENCES, Advise, AnyOf, Ask, Condition, Guard, Pattern, Rule
from playbook.model.vocabulary import Lang, Text, Vocabulary
from playbook.render.tables.columnorder import ColumnOrder, is_in_order

_LONGEST = 32_767  # characters that a cell of Excel holds
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_NOWHERE = Location("")


class RuleTable(NamedTuple):
    """Rules as rows: `cells` of a row by column, empty ones left out."""

    name: str
    columns: tuple[Column, ...]
    cells: tuple[dict[Column, str], ...]

    def rows(self, columns: Columns, lang: Lang) -> list[list[str]]:
        """The texts of the table, the header first."""
        header = [columns.label(column, lang) for column in self.columns]
        return [header, *([row.get(column, "") for column in self.columns] for row in self.cells)]


def rule_table(name: str, rules: Iterable[Rule], vocabulary: Vocabulary, lang: Lang) -> tuple[RuleTable, list[Finding]]:
    """The table of some rules, and a warning for every rule that is not in it."""
    columns = Columns(vocabulary)
    left_out: list[Finding] = []
    kept: list[Rule] = []
    for rule in rules:
        if any(isinstance(condition, AnyOf) for condition in rule.when):
            left_out.append(Finding("T018", rule.at, {"rule": rule.id}, "warning"))
        else:
            kept.append(rule)
    while True:
        table = _table(name, kept, columns, lang)
        lost = _not_read_back(kept, table.rows(columns, lang), vocabulary)
        if not lost:
            return table, sorted(left_out, key=lambda finding: finding.at)
        left_out += [Finding("T019", rule.at, {"rule": rule.id}, "warning") for rule in kept if rule.id in lost]
        kept = [rule for rule in kept if rule.id not in lost]


def _table(name: str, rules: list[Rule], columns: Columns, lang: Lang) -> RuleTable:
    writer = _RowWriter(columns, lang)
    cells = [writer.row(rule) for rule in rules]
    conditions = list(writer.order.columns())
    position = {column: number for number, column in enumerate(conditions)}
    for rule, row in zip(rules, cells, strict=True):
        if not is_in_order(writer.placed[rule.id], position):
            row[ORDER] = "\n".join(columns.label(column, lang) for each in writer.placed[rule.id] for column in each)
    used = {column for row in cells for column in row}
    parts = {"", *(column.part for column in used)}
    fixed = [
        column
        for column in columns.in_order(lang)
        if column in used or (columns.specs[column.part, column.key].is_usual and column.part in parts)
    ]
    first = [column for column in fixed if (column.part, column.key) in (("", "id"), ("", "title"))]
    concluded = list(dict.fromkeys(column for row in cells for column in row if column.part == "conclude"))
    order = (*first, *conditions, *concluded, *fixed[len(first) :])
    return RuleTable(name, order, tuple(cells))


def _not_read_back(rules: list[Rule], rows: list[list[str]], vocabulary: Vocabulary) -> set[str]:
    """Ids of the rules that reading the table would not give again as they are."""
    sheet = Sheet("", "", tuple(tuple(cleaned(guarded(text)) for text in row) for row in rows))
    findings: list[Finding] = []
    table = parse_sheets([sheet], vocabulary, findings.append)
    again = {rule.id: unplaced(rule) for rule in table_rules(table, vocabulary, "", findings.append)}
    unstorable = {row[0] for row in rows for text in row if len(text) > _LONGEST or _UNSTORABLE.search(text)}
    return {rule.id for rule in rules if again.get(rule.id) != unplaced(rule)} | unstorable.intersection(again)


def unplaced(rule: Rule) -> Rule:
    """A rule without where it stands, to compare what two rules say."""
    when = tuple(_unplaced(condition) for condition in rule.when)
    conclude = tuple(conclusion._replace(at=_NOWHERE) for conclusion in rule.conclude)
    return replace(rule, at=_NOWHERE, pack="", when=when, conclude=conclude)


def _unplaced(condition: Condition) -> Condition:
    if isinstance(condition, Pattern):
        return condition._replace(at=_NOWHERE)
    return AnyOf(tuple(tuple(map(_unplaced, each)) for each in condition.alternatives), _NOWHERE)


class _RowWriter:
    """Writes rules as the cells of one table, whose condition columns grow with them."""

    def __init__(self, columns: Columns, lang: Lang) -> None:
        self.columns = columns
        self.vocabulary = columns.vocabulary
        self.lang = lang
        self.order = ColumnOrder()
        self.placed: dict[str, list[list[Column]]] = {}

    def row(self, rule: Rule) -> dict[Column, str]:
        """The cells of a rule that say something."""
        cells = {Column("", "id"): rule.id, **self._texts("", title=rule.title)}
        cells |= self._conditions(rule)
        cells |= self._conclusions(rule)
        if rule.advise:
            cells |= self._advise(rule.advise)
        if rule.ask:
            cells |= self._ask(rule.ask)
        if rule.guard:
            cells |= self._guard(rule.guard)
        cells |= self._words("", source=rule.source, audience=rule.audience if rule.audience != AUDIENCES else ())
        cells |= self._words("", owner=rule.owner, status="" if rule.status == "active" else rule.status)
        cells |= self._words("effective", **{"from": str(rule.since or ""), "until": str(rule.until or "")})
        return cells | self._words("", replaces=rule.replaces) | self._texts("", reason=rule.reason)

    def _conditions(self, rule: Rule) -> dict[Column, str]:
        cells: dict[Column, str] = {}
        patterns = [each for each in rule.when if isinstance(each, Pattern)]
        tests = [fields_tested(each, self.vocabulary.entities[each.entity]) for each in patterns]
        heads = [head_of(each) for each in patterns]
        wanted = [(head, [name for name, _, _ in own] or [""]) for head, own in zip(heads, tests, strict=True)]
        self.placed[rule.id] = self.order.place(wanted)
        for columns, own in zip(self.placed[rule.id], tests, strict=True):
            texts = [written_test(test, field, self.lang) for _, field, test in own] or [table_word("yes", self.lang)]
            cells |= zip(columns, texts, strict=True)
        return cells

    def _conclusions(self, rule: Rule) -> dict[Column, str]:
        cells = {}
        for each in rule.conclude:
            field = self.vocabulary.entities[each.entity].fields[each.name]
            head = Head(each.entity, "" if each.alias == each.entity else each.alias)
            cells[Column("conclude", each.name, "", head)] = written_value(each.value, field, self.lang)
        return cells

    def _advise(self, advise: Advise) -> dict[Column, str]:
        party = "" if advise.party == default_party(advise.kind) else advise.party
        return {
            **self._words("advise", kind=advise.kind, priority=advise.priority, person=advise.person, party=party),
            **self._words("advise", due=written_due(advise.due) if advise.due else ""),
            **self._words("advise", gate=advise.gate, cluster=advise.cluster),
            **self._texts("advise", do=advise.do, why=advise.why, say=advise.say),
        }

    def _ask(self, ask: Ask) -> dict[Column, str]:
        usual = Ask._field_defaults
        priority, party = (
            "" if getattr(ask, key) == usual[key] else getattr(ask, key) for key in ("priority", "party")
        )
        return {
            **self._words("ask", field=self._asked(ask.field), priority=priority, person=ask.person, party=party),
            **self._words("ask", due=written_due(ask.due) if ask.due else "", gate=ask.gate, cluster=ask.cluster),
            **self._texts("ask", question=ask.question, whom=ask.whom, why=ask.why),
        }

    def _asked(self, key: str) -> str:
        entity, _, name = key.partition(".")
        known = self.vocabulary.field(key) and not self.vocabulary.entities[entity].repeats
        return self.columns.label(Column("when", name, "", Head(entity)), self.lang) if known else key

    def _guard(self, guard: Guard) -> dict[Column, str]:
        return {
            **self._words("guard", effect=guard.effect, person=guard.person, rules=guard.rules),
            **self._words("guard", clusters=guard.clusters, sources=guard.sources, parties=guard.parties),
            **self._texts("guard", do=guard.do, reason=guard.reason),
        }

    def _words(self, part: str, **words: str | tuple[str, ...]) -> dict[Column, str]:
        """Cells of words, by their labels where they have any."""
        cells = {}
        for key, word in words.items():
            column = Column(part, key)
            labels = self.columns.choices(column)
            several = (word,) if isinstance(word, str) else word
            shown = [labels[each].get(self.lang) if each in labels else each for each in several if each]
            if shown:
                cells[column] = ("、" if labels and self.lang == "zh" else ", ").join(shown)
        return cells

    @staticmethod
    def _texts(part: str, **texts: Text) -> dict[Column, str]:
        return {
            Column(part, key, lang): getattr(text, lang)
            for key, text in texts.items()
            for lang in LANGUAGES
            if getattr(text, lang)
        }
