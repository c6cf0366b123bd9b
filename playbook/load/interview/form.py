"""The Excel form of a deal, read: its cells become the nodes of a deal file, so that one reader reads both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from playbook.errors import DealError, Finding, Location
from playbook.load.deal import deal_from, parse_deal
from playbook.load.interview.answers import split_evidence, split_values, with_evidence
from playbook.load.tables.header import cell_scalar
from playbook.load.tables.sheets import Sheet, read_sheets
from playbook.load.writing.deal import NOTES, deal_text
from playbook.load.writing.update import AT, text_of, updated_text
from playbook.load.yamlsource import Mapping as MappingNode
from playbook.load.yamlsource import Node, Report, Scalar
from playbook.load.yamlsource import Sequence as SequenceNode
from playbook.model.facts import Content, Deal, Fact
from playbook.model.values import fold
from playbook.model.vocabulary import Entity, Field, Text, Vocabulary, nearest
from playbook.resources import data_text

COLUMNS = ("section", "fact", "value", "source", "date")
_NAMED_BY = {"visit": "planned_date"}  # how an item of a list is known again; by its name where not given


@cache
def form_data() -> dict[str, Any]:
    """The content of `data/dealform.yaml`."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(data_text("dealform.yaml"))
    return loaded


def form_word(part: str, name: str) -> Text:
    """A word of `columns:` or `words:` in data/dealform.yaml."""
    spec = form_data()[part][name]
    return Text(spec["zh"], spec["en"])


def read_form(path: Path, vocabulary: Vocabulary, today: date) -> Deal:
    """The deal that a filled-in form states. Raises `DealError` with every finding at its cell."""
    findings: list[Finding] = []
    sheets = read_sheets(path, findings.append)
    reader = _FormReader(vocabulary, findings.append, today)
    root = reader.root(sheets, str(path)) if sheets else None
    deal = deal_from(root, str(path), vocabulary, today, findings.append) if root else None
    if deal is None or findings:
        raise DealError([reader.at_cell(finding) for finding in findings])
    return deal


def new_text(deal: Deal, vocabulary: Vocabulary) -> str:
    """The text of a deal file that says what a form says."""
    facts: dict[str, Any] = {}
    for entity, items in _items(deal, vocabulary).items():
        stated = [item for item in items if item]
        if stated:
            facts[entity] = stated if vocabulary.entities[entity].list_key else stated[0]
    if deal.notes:
        facts[NOTES] = deal.notes
    return deal_text(facts, vocabulary)


def merged_text(path: Path, form: Deal, vocabulary: Vocabulary) -> tuple[str, str, int]:
    """The text of a deal file before and after what a form says otherwise, and how many facts that is.

    Raises `DealError` when the file cannot be read or changed.
    """
    before = text_of(path)
    known = parse_deal(before, vocabulary, form.today, str(path))
    changes: dict[str, Any] = {}
    count = 0
    old, new = _items(known, vocabulary), _items(form, vocabulary)
    for name, items in new.items():
        entity = vocabulary.entities[name]
        pairs = list(_paired(entity, items, old.get(name, [])))
        others = [(place, _differing(item, old[name][place] if place is not None else {})) for item, place in pairs]
        changed = [(place, facts) for place, facts in others if facts]
        count += sum(len(facts) for _, facts in changed)
        if changed:
            changes[name] = _section(entity, changed, len(old.get(name, [])))
    if form.notes and form.notes.strip() != known.notes.strip():
        changes[NOTES] = form.notes
        count += 1
    return before, updated_text(before, changes, vocabulary, form.today, str(path)) if changes else before, count


def _section(entity: Entity, changed: list[tuple[int | None, dict[str, Any]]], held: int) -> Any:
    """The changes to a section, as `updated_text` takes them; new items stand behind those that are there."""
    if not entity.list_key:
        return changed[0][1]
    items: list[dict[str, Any]] = []
    for place, facts in changed:
        is_new = place is None
        items.append(facts if is_new and (entity.repeats or not held) else {AT: held if is_new else place, **facts})
    return items


def _items(deal: Deal, vocabulary: Vocabulary) -> dict[str, list[dict[str, Any]]]:
    """What a deal states by entity and item, as `dealwriter` takes it; a visit has no more than was said of it."""
    counts = {name: max(deal.counts.get(name, 0), 1) for name in vocabulary.entities}
    found: dict[str, list[dict[str, Any]]] = {name: [{} for _ in range(counts[name])] for name in counts}
    found["visit"] = [{name: _stated(fact) for name, fact in visit.items()} for visit in deal.visits]
    for fact in deal.facts:
        if fact.item[0] != "visit":
            found[fact.item[0]][fact.item[1]][fact.field] = _stated(fact)
    return {name: items for name, items in found.items() if any(items)}


def _stated(fact: Fact) -> Any:
    content: Content | dict[str, Any] = fact.content
    if fact.keys and isinstance(fact.content, tuple):
        content = dict(zip(fact.keys, fact.content, strict=True))
    value = list(content) if isinstance(content, tuple) else content
    sources, day = (fact.evidence.sources, fact.evidence.day) if fact.evidence else ((), None)
    return with_evidence(value, sources, day)


def _differing(item: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if known.get(name) != value}


def _paired(
    entity: Entity, items: list[dict[str, Any]], known: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], int | None]]:
    """Each item with the place of the same one in the file: by its name or day, else by where it stands."""
    if not entity.list_key:
        yield from ((item, 0 if known else None) for item in items)
        return
    key = _NAMED_BY.get(entity.name, "name")
    places: list[int | None] = []
    for item in items:
        same = (n for n, other in enumerate(known) if n not in places and key in item and _same(item, other, key))
        places.append(next(same, None))
    for n, item in enumerate(items):
        place = places[n]
        if place is None and n < len(known) and n not in places and (entity.name == "visit" or key not in known[n]):
            place = n
            places[n] = n
        yield item, place


def _same(item: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    one, two = (each[key]["value"] if isinstance(each.get(key), dict) else each.get(key) for each in (item, other))
    return fold(str(one)) == fold(str(two))


@dataclass
class _FormReader:
    """Turns the sheets of a form into the tree of a deal file."""

    vocabulary: Vocabulary
    report: Report
    today: date
    places: dict[str, Location] = field(default_factory=dict)  # of the cells for facts that are required

    def at_cell(self, finding: Finding) -> Finding:
        """What the deal reader says of a missing fact, said of the empty cell."""
        if finding.code != "D018":
            return finding
        words = {name: word for name, word in finding.args.items() if name.startswith("label_")}
        return Finding("F016", self.places.get(f"deal.{finding.args['field']}", finding.at), words)

    def root(self, sheets: list[Sheet], file: str) -> MappingNode:
        entries: dict[str, tuple[Scalar, Any]] = {}
        titles = self._titles()
        for sheet in sheets:
            spec = titles.get(fold(sheet.name))
            if spec is None:
                at = sheet.at(-1, -1)
                self.report(Finding("F010", at, {"text": sheet.name, "near": nearest(sheet.name, titles)}))
            elif self.vocabulary.entities[spec["entities"][0]].list_key:
                entity = self.vocabulary.entities[spec["entities"][0]]
                items = tuple(self._rows(sheet, entity))
                if items:
                    entries[entity.name] = (Scalar(entity.name, sheet.at(0, 0)), items)
            else:
                self._facts(sheet, spec["entities"], entries)
        nodes: list[tuple[Scalar, Node]] = []
        for key, content in entries.values():
            if isinstance(content, list):
                nodes.append((key, MappingNode(tuple(content), key.at)))
            elif isinstance(content, Scalar):
                nodes.append((key, content))
            else:
                nodes.append((key, SequenceNode(content, key.at)))
        return MappingNode(tuple(nodes), Location(file))

    @staticmethod
    def _titles() -> dict[str, dict[str, Any]]:
        return {fold(spec[lang]): spec for spec in form_data()["sheets"] for lang in ("zh", "en")}

    def _facts(self, sheet: Sheet, entities: list[str], entries: dict[str, tuple[Scalar, Any]]) -> None:
        """The facts of a sheet that holds one a row."""
        columns = self._columns(sheet)
        if columns is None:
            return
        names = {fold(n): e for e in entities for n in (e, *self.vocabulary.entities[e].label)}
        for row in range(1, len(sheet.rows)):
            section, label, text, source, day = (sheet.text(row, columns[name]) for name in COLUMNS)
            at = sheet.at(row, columns["value"])
            self._remember(names.get(fold(section), ""), label, at)
            if not (text or source or day):
                continue
            if fold(section) in {fold(word) for word in form_word("words", "notes")}:
                entries[NOTES] = (Scalar(NOTES, at), Scalar(text, at, True))
                continue
            entity = names.get(fold(section), entities[0] if len(entities) == 1 and not section else "")
            if not entity:
                place = sheet.at(row, columns["section"])
                self.report(Finding("F011", place, {"text": section, "near": nearest(section, names)}))
                continue
            found = self.vocabulary.entities[entity]
            name = found.field_by_name.get(fold(label), "")
            key = cell_scalar(label, sheet.at(row, columns["fact"]))
            node = self._fact_node(found.fields.get(name), text, source, day, sheet, row, columns)
            entries.setdefault(entity, (Scalar(entity, key.at), []))[1].append((key, node))

    def _remember(self, entity: str, label: str, at: Location) -> None:
        found = self.vocabulary.entities.get(entity)
        name = found.field_by_name.get(fold(label), "") if found else ""
        if found and name and found.fields[name].required:
            self.places[f"{entity}.{name}"] = at

    def _fact_node(
        self, target: Field | None, text: str, source: str, day: str, sheet: Sheet, row: int, columns: dict[str, int]
    ) -> Node:
        at = sheet.at(row, columns["value"])
        value = self._value_node(target, text, at)
        if not (source or day):
            return value
        sources = tuple(cell_scalar(part, sheet.at(row, columns["source"])) for part in split_values(source))
        parts: list[tuple[Scalar, Node]] = [(cell_scalar("value", at), value)]
        if sources:
            parts.append((cell_scalar("source", at), SequenceNode(sources, sources[0].at)))
        if day:
            place = sheet.at(row, columns["date"])
            parts.append((cell_scalar("date", place), cell_scalar(day, place)))
        return MappingNode(tuple(parts), at)

    def _columns(self, sheet: Sheet) -> dict[str, int] | None:
        """The columns of a sheet of facts by what they hold; None when some are missing (then reported)."""
        heads = {fold(text): n for n, text in reversed(list(enumerate(sheet.rows[0])))} if sheet.rows else {}
        words = {name: form_word("columns", name) for name in COLUMNS}
        found = {name: heads[fold(w)] for name, text in words.items() for w in text if fold(w) in heads}
        for name in COLUMNS:
            if name not in found:
                args = {"text_zh": words[name].zh, "text_en": words[name].en}
                self.report(Finding("F012", sheet.at(0, 0), args))
        return found if len(found) == len(COLUMNS) else None

    def _rows(self, sheet: Sheet, entity: Entity) -> Iterator[MappingNode]:
        """The items of a sheet that holds one a row."""
        heads = sheet.rows[0] if sheet.rows else ()
        fields = [entity.fields.get(entity.field_by_name.get(fold(head), "")) for head in heads]
        for column, (head, known) in enumerate(zip(heads, fields, strict=True)):
            if known is None and head and not head.startswith("#"):
                args = {"text": head, "near": nearest(head, entity.field_by_name)}
                self.report(Finding("F013", sheet.at(0, column), args))
        for row in range(1, len(sheet.rows)):
            entries: list[tuple[Scalar, Node]] = []
            for column, known in enumerate(fields):
                text = sheet.text(row, column)
                if text and known is not None:
                    at = sheet.at(row, column)
                    entries.append((cell_scalar(known.name, at), self._cell_node(known, text, at)))
            if entries:
                yield MappingNode(tuple(entries), sheet.at(row, 0))

    def _cell_node(self, field: Field, text: str, at: Location) -> Node:
        """A cell that may say who told it and when behind the value."""
        said, sources, day = split_evidence(text, self.today)
        value = self._value_node(field, said, at)
        if not (sources or day):
            return value
        parts: list[tuple[Scalar, Node]] = [(_scalar("value", at), value)]
        if sources:
            parts.append((_scalar("source", at), SequenceNode(tuple(_scalar(part, at) for part in sources), at)))
        if day:
            parts.append((_scalar("date", at), _scalar(day, at)))
        return MappingNode(tuple(parts), at)

    def _value_node(self, field: Field | None, text: str, at: Location) -> Node:
        if field is None or not field.is_several:
            return _scalar(text, at)
        parts = split_values(text)
        if field.type != "map":
            return SequenceNode(tuple(_scalar(part, at) for part in parts), at)
        pairs = [part.replace("：", ":").partition(":") for part in parts]
        return MappingNode(tuple((_scalar(k.strip(), at), _scalar(v.strip(), at)) for k, _, v in pairs), at)


def _scalar(text: str, at: Location) -> Scalar:
    return Scalar(text, at)
