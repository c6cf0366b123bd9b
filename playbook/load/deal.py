"""Deal files: from YAML or JSON to typed facts, every error with its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from playbook.errors import DealError, Finding, Location, both
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, not_a_mapping, read_file, read_text
from playbook.model.facts import Content, Deal, Evidence, Fact, FactKey, unique
from playbook.model.values import TYPE_NAMES, Value, fold, is_unknown, means_unknown, read_date, read_scalar
from playbook.model.vocabulary import Entity, Field, Vocabulary, nearest

EVIDENCE = {
    "value": "value", "值": "value", "内容": "value",
    "source": "source", "sources": "source", "来源": "source",
    "date": "date", "日期": "date",
    "note": "note", "备注": "note",
}  # fmt: skip
NOTES = "notes"
NOTES_KEYS = ("notes", "note", "备注")
Report = Callable[[Finding], None]
TEAM_ENTITIES = {"rep", "manager", "team"}


def read_deal(path: Path, vocabulary: Vocabulary, today: date) -> Deal:
    """Reads a deal file. Raises `DealError` with every finding when anything is wrong."""
    return _read(str(path), lambda report: read_file(path, report), vocabulary, today)


def parse_deal(text: str, vocabulary: Vocabulary, today: date, file: str = "deal.yaml") -> Deal:
    """Like `read_deal`, from text."""
    return _read(file, lambda report: read_text(text, file, report), vocabulary, today)


def deal_from(root: Node | None, file: str, vocabulary: Vocabulary, today: date, report: Report) -> Deal | None:
    """The deal that a node states; None when anything is wrong (then reported)."""
    findings: list[Finding] = []
    reader = _Reader(vocabulary, today, findings)
    if isinstance(root, Mapping):
        reader.read_root(root)
        reader.require_core(root)
    elif root is not None:
        findings.append(not_a_mapping("D001", root))
    else:
        findings.append(Finding("D001", Location(file)))
    for finding in findings:
        report(finding)
    return None if findings else reader.deal(file)


def _read(
    file: str,
    load: Callable[[Report], Node | None],
    vocabulary: Vocabulary,
    today: date,
) -> Deal:
    findings: list[Finding] = []
    root = load(findings.append)
    if root is None and findings:
        raise DealError(findings)
    deal = deal_from(root, file, vocabulary, today, findings.append)
    if deal is None or findings:
        raise DealError(findings)
    return deal


@dataclass(slots=True)
class _Item:
    facts: dict[str, Fact]
    unknown: set[str]


class _Reader:
    def __init__(self, vocabulary: Vocabulary, today: date, findings: list[Finding]) -> None:
        self.vocabulary = vocabulary
        self.today = today
        self.findings = findings
        self.items: dict[str, list[_Item]] = {}
        self.places: dict[str, Location] = {}
        self.notes = ""

    def report(self, code: str, at: Location, **args: str) -> None:
        self.findings.append(Finding(code, at, args))

    def read_root(self, root: Mapping) -> None:
        sections = {n: e for n, e in self.vocabulary.entity_by_name.items() if self.vocabulary.entities[e].stated}
        for key, node in root.entries:
            name = NOTES if fold(key.text) in NOTES_KEYS else sections.get(fold(key.text), "")
            if not name:
                self.report("D002", key.at, key=key.text, near=nearest(key.text, [*sections, *NOTES_KEYS]))
            elif name in self.places:
                self.report("D011", key.at, key=key.text)
            else:
                self.places[name] = key.at
                self._read_section(name, node)

    def _read_section(self, name: str, node: Node) -> None:
        if name == NOTES:
            self.notes = self._read_notes(node)
        elif (items := self._read_entity(self.vocabulary.entities[name], node)) is not None:
            self.items[name] = items

    def _read_notes(self, node: Node) -> str:
        nodes = node.items if isinstance(node, Sequence) else (node,)
        for each in nodes:
            if not isinstance(each, Scalar):
                self._not_of_type("string", each)
        return "\n".join(n.text for n in nodes if isinstance(n, Scalar) and not n.is_null)

    def _read_entity(self, entity: Entity, node: Node) -> list[_Item] | None:
        """The items of a section; None when it cannot be read at all (then reported)."""
        if isinstance(node, Scalar) and (node.is_null or is_unknown(node.text)):
            return []
        nodes = node.items if isinstance(node, Sequence) else (node,)
        if isinstance(node, Sequence) and not entity.list_key:
            self.report("D004", node.at, **both("label", entity.label.zh, entity.label.en))
            return None
        items: list[_Item] = []
        for each in nodes:
            if isinstance(each, Mapping):
                items.append(self._read_item(entity, len(items), each))
            else:
                label = both("label", entity.label.zh, entity.label.en)
                self.findings.append(not_a_mapping("D005", each, **label))
        return items if items or not nodes else None

    def _read_item(self, entity: Entity, position: int, node: Mapping) -> _Item:
        item = _Item({}, set())
        for key, value in node.entries:
            name = entity.field_by_name.get(fold(key.text))
            if name is None:
                self._unknown_field(entity, key)
                continue
            if name in item.facts or name in item.unknown:
                self.report("D011", key.at, key=key.text)
                continue
            fact = self._read_fact(entity.fields[name], (entity.name, position), value)
            if fact is None:
                item.unknown.add(name)
            else:
                item.facts[name] = fact
        return item

    def _unknown_field(self, entity: Entity, key: Scalar) -> None:
        near = nearest(key.text, entity.field_by_name)
        elsewhere = [
            e.list_key if e.repeats else e.name
            for e in self.vocabulary.entities.values()
            if fold(key.text) in e.field_by_name and e.stated
        ]
        args = {"key": key.text, **both("label", entity.label.zh, entity.name)}
        if elsewhere:
            self.report("D012", key.at, other=" / ".join(elsewhere), **args)
        else:
            self.report("D006", key.at, near=near, **args)

    def _read_fact(self, field: Field, item: tuple[str, int], node: Node) -> Fact | None:
        at = node.at
        evidence = None
        if isinstance(node, Mapping) and self._is_evidence(field, node):
            evidence, inner = self._read_evidence(field, node)
            if inner is None:
                return None
            node = inner
        keys: tuple[str, ...] = ()
        content: Content | None
        if field.type == "map":
            keys, content = self._read_map(field, node)
        elif field.is_several:
            content = self._read_several(field, node)
        else:
            content = self._read_single(field, node)
        if content is None or content == ():
            return None
        return Fact(item, field.name, content, "stated", evidence, at, keys)

    @staticmethod
    def _is_evidence(field: Field, node: Mapping) -> bool:
        names = {EVIDENCE.get(fold(key.text)) for key, _ in node.entries}
        return field.type != "map" or "value" in names

    def _read_evidence(self, field: Field, node: Mapping) -> tuple[Evidence | None, Node | None]:
        parts: dict[str, Node] = {}
        for key, inner in node.entries:
            part = EVIDENCE.get(fold(key.text))
            if part is None:
                self.report("D008", key.at, key=key.text, near=nearest(key.text, EVIDENCE))
            elif part in parts:
                self.report("D011", key.at, key=key.text)
            else:
                parts[part] = inner
        if "value" not in parts:
            self.report("D009", node.at, field=field.key)
        sources = self._evidence_sources(parts["source"]) if "source" in parts else ()
        day = self._evidence_day(parts["date"]) if "date" in parts else None
        return (Evidence(sources, day) if sources or day else None), parts.get("value")

    def _evidence_sources(self, node: Node) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, Sequence) else (node,)
        for each in nodes:
            if not isinstance(each, Scalar):
                self._not_of_type("string", each)
        known = (n.text.strip() for n in nodes if isinstance(n, Scalar) and not n.is_null and not is_unknown(n.text))
        return unique(text for text in known if text)

    def _evidence_day(self, node: Node) -> date | None:
        if isinstance(node, Scalar) and (node.is_null or is_unknown(node.text)):
            return None
        day = read_date(node.text, self.today) if isinstance(node, Scalar) else None
        if day is None:
            self._not_of_type("date", node)
        elif day > self.today:
            self.report("D013", node.at, text=_shown(node))
        return day

    def _read_single(self, field: Field, node: Node) -> Value | None:
        if not isinstance(node, Scalar):
            self._wrong_type(field, node)
            return None
        if node.is_null or (means_unknown(node.text, field) and not (node.quoted and field.type == "string")):
            return None
        value = read_scalar(field, node.text, self.today)
        if value is None:
            self._wrong_value(field, node)
        elif field.since and isinstance(value, int) and value < 0:
            self._about("D019", field, node.at, text=node.text)
        elif field.range and isinstance(value, int | float) and not field.range[0] <= value <= field.range[1]:
            low, high = (f"{bound:g}" for bound in field.range)
            self._about("D014", field, node.at, text=node.text, low=low, high=high)
        elif value == "":
            return None
        return value

    def _read_several(self, field: Field, node: Node) -> tuple[Value, ...]:
        nodes = node.items if isinstance(node, Sequence) else (node,)
        values = (self._read_single(field, each) for each in nodes)
        return tuple(dict.fromkeys(v for v in values if v is not None))

    def _read_map(self, field: Field, node: Node) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        if not isinstance(node, Mapping):
            self._wrong_type(field, node)
            return (), ()
        point = replace(field, type="number")
        pairs = []
        for key, inner in node.entries:
            if field.keys and key.text not in field.keys:
                self.report("D015", key.at, key=key.text, keys=", ".join(field.keys))
                continue
            value = self._read_single(point, inner)
            if value is not None:
                pairs.append((key.text, value))
        pairs.sort(key=lambda pair: pair[0])
        return tuple(k for k, _ in pairs), tuple(v for _, v in pairs)

    def _wrong_type(self, field: Field, node: Node) -> None:
        self._not_of_type(field.type, node, field=field.key)

    def _not_of_type(self, kind: str, node: Node, **args: str) -> None:
        name = TYPE_NAMES[kind]
        self.report("D010", node.at, text=_shown(node), **both("type", name.zh, name.en), **args)

    def _about(self, code: str, field: Field, at: Location, **args: str) -> None:
        self.report(code, at, field=field.key, **both("label", field.label.zh, field.key), **args)

    def _wrong_value(self, field: Field, node: Scalar) -> None:
        if not field.is_enum:
            self._wrong_type(field, node)
            return
        near = nearest(node.text, field.choice_by_name)
        choices_zh = "、".join(f"{value}（{text.zh}）" for value, text in field.choices)
        choices_en = ", ".join(f"{value} ({text.en})" for value, text in field.choices)
        choices = both("choices", choices_zh, choices_en)
        self._about("D016", field, node.at, text=_clip(node.text), near=near, **choices)

    def require_core(self, root: Mapping) -> None:
        """A deal needs a name and a stage, unless the file holds only facts of a team.

        A section or field that is there but cannot be read has been reported already.
        """
        sections = set(self.items)
        wrong_section = any(finding.code == "D002" for finding in self.findings)
        unreadable = "deal" in self.places or wrong_section
        if "deal" not in sections and (unreadable or (sections and sections <= TEAM_ENTITIES)):
            return
        deal = self.items.get("deal", [])
        reported = {finding.args.get("field") for finding in self.findings} | self._misspelt("deal")
        for name in ("name", "stage"):
            field = self.vocabulary.entities["deal"].fields[name]
            if field.key not in reported and not (deal and name in deal[0].facts):
                place = self.places.get("deal", root.at)
                self.report("D018", place, field=name, **both("label", field.label.zh, field.label.en))

    def _misspelt(self, entity: str) -> set[str]:
        """The keys of the fields that unknown keys of a section most likely stand for."""
        fields = self.vocabulary.entities[entity].field_by_name
        wrong = (f.args for f in self.findings if f.code == "D006" and f.args.get("label_en") == entity)
        return {f"{entity}.{fields[args['near']]}" for args in wrong if args.get("near")}

    def _last_outcome(self, visits: tuple[dict[str, Fact], ...], planned: int) -> dict[str, Fact]:
        """What came of the last visit, as far as the planned one states nothing of its own."""
        fields = self.vocabulary.entities["visit"].fields
        held = _held_before(visits, planned, self.today)
        return {name: fact for name, fact in held.items() if fields[name].outcome}

    def deal(self, file: str) -> Deal:
        """The deal from what was read; call only without findings."""
        visits = tuple(item.facts for item in self.items.get("visit", []))
        planned = _planned_visit(visits, self.today)
        if planned is not None:
            outcome = self._last_outcome(visits, planned)
            self.items["visit"] = [_Item(outcome | visits[planned], self.items["visit"][planned].unknown)]
        facts = [
            Fact((entity, position), f.field, f.content, f.origin, f.evidence, f.at, f.keys)
            for entity, items in self.items.items()
            for position, item in enumerate(items)
            for f in item.facts.values()
        ]
        unknown: set[FactKey] = {
            (entity, position, name)
            for entity, items in self.items.items()
            for position, item in enumerate(items)
            for name in item.unknown
        }
        counts = {entity: len(items) for entity, items in self.items.items()}
        return Deal(file, self.today, tuple(facts), visits, counts, frozenset(unknown), self.notes)


def _held_before(visits: tuple[dict[str, Fact], ...], planned: int, today: date) -> dict[str, Fact]:
    """The latest visit held before the planned one; nothing when there is none."""
    held = [
        (day, n)
        for n, visit in enumerate(visits)
        if n != planned
        and "planned_date" in visit
        and isinstance(day := visit["planned_date"].content, date)
        and day <= today
    ]
    return visits[max(held)[1]] if held else {}


def _planned_visit(visits: tuple[dict[str, Fact], ...], today: date) -> int | None:
    """The next planned visit; else the latest past one; else the last without a date."""
    dated = [(v["planned_date"].content, n) for n, v in enumerate(visits) if "planned_date" in v]
    ahead = [(day, n) for day, n in dated if isinstance(day, date) and day >= today]
    if ahead:
        return min(ahead, key=lambda pair: (pair[0], pair[1]))[1]
    if dated:
        return max(dated, key=lambda pair: (str(pair[0]), pair[1]))[1]
    return len(visits) - 1 if visits else None


def _shown(node: Node) -> str:
    return _clip(node.text) if isinstance(node, Scalar) else "[…]" if isinstance(node, Sequence) else "{…}"


def _clip(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
