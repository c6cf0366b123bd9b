"""Reads map files: which column of an export holds which field. Every mistake with its place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

from playbook.errors import Finding, Location, RuleError, UsageError, both
from playbook.load.crm.crmdata import currencies, shipped_maps
from playbook.load.crm.fieldmap import NOTES, Evidence, FieldMap, Order, Otherwise, Person, Settings, Skip, Source
from playbook.load.crm.mapoptions import OptionReader
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, not_a_mapping, read_file, read_text
from playbook.model.values import fold, read_boolean, read_number
from playbook.model.vocabulary import Entity, Field, Vocabulary, nearest

_ROOT_KEYS = (
    "name", "title", "based_on", "id", "columns", "stakeholders", "competitors", "constants", "defaults",
    "dates", "amounts", "evidence", "skip", "ignore",
)  # fmt: skip
_SOURCE_KEYS = (
    "field", "column", "also", "join", "values", "by_status", "otherwise", "dates", "percent", "unit",
    "currency", "currency_column", "split", "without_brackets", "fill_down",
)  # fmt: skip
_AMOUNT_KEYS = ("currency", "rates", "decimal")
_EVIDENCE_KEYS = ("source", "date", "fields")
_SKIP_KEYS = ("lines", "where")
_ORDERS = ("mdy", "dmy")
_OTHERWISE = ("warn", "skip", "note")
_PERCENTS = ("whole", "fraction")
_DECIMALS = ("point", "comma")
_REQUIRED = ("deal.name", "deal.stage")


class MapError(RuleError):
    """A map cannot be used."""


def load_map(name: str, vocabulary: Vocabulary) -> FieldMap:
    """The ready-made map of that name, or the map of that file. Raises `MapError` with every finding."""
    shipped = shipped_maps()
    path = shipped.get(name.lower(), Path(name))
    if name.lower() not in shipped and not path.exists():
        near = nearest(name, shipped)
        raise MapError([Finding("I004", Location(name), {"near": near, "names": ", ".join(shipped)})])
    findings: list[Finding] = []
    shown = f"{path.stem}.yaml" if name.lower() in shipped else str(path)
    return _finish(read_file(path, findings.append, shown), shown, vocabulary, findings)


def parse_map(text: str, vocabulary: Vocabulary, file: str = "map.yaml") -> FieldMap:
    """Like `load_map`, from text."""
    findings: list[Finding] = []
    return _finish(read_text(text, file, findings.append), file, vocabulary, findings)


def _finish(root: Node | None, file: str, vocabulary: Vocabulary, findings: list[Finding]) -> FieldMap:
    reader = _Reader(vocabulary, findings)
    result = None
    if isinstance(root, Mapping):
        result = reader.read(_with_base(root, findings), Path(file).stem)
    elif not findings:
        findings.append(not_a_mapping("I001", root) if root else Finding("I001", Location(file)))
    if findings or result is None:
        raise MapError(findings)
    return result


def _with_base(root: Mapping, findings: list[Finding], depth: int = 0) -> Mapping:
    """A map laid over the ready-made one that it names with `based_on`."""
    base = root.get("based_on")
    if base is None:
        return root
    name = base.text.lower() if isinstance(base, Scalar) else ""
    path = shipped_maps().get(name)
    if path is None:
        names = ", ".join(shipped_maps())
        findings.append(Finding("I004", base.at, {"near": nearest(name, shipped_maps()), "names": names}))
        return root
    below = read_file(path, findings.append, path.name)
    return _laid_over(below, root) if isinstance(below, Mapping) else root


def _laid_over(below: Mapping, above: Mapping) -> Mapping:
    """Two mappings as one; where both have a key, the upper value counts, mappings being joined."""
    entries = {key.text: (key, node) for key, node in below.entries}
    for key, node in above.entries:
        old = entries[key.text][1] if key.text in entries else None
        if isinstance(node, Mapping) and isinstance(old, Scalar) and node.get("field") is None and not old.is_null:
            old = Mapping(((Scalar("field", old.at), old),), old.at)
        joined = _laid_over(old, node) if isinstance(node, Mapping) and isinstance(old, Mapping) else node
        entries[key.text] = (key, joined)
    return Mapping(tuple(entries.values()), above.at)


class _Reader(OptionReader):
    def __init__(self, vocabulary: Vocabulary, findings: list[Finding]) -> None:
        super().__init__(vocabulary, findings)
        self.mapped: dict[str, Location] = {}

    def read(self, root: Mapping, stem: str) -> FieldMap:
        given = self.entries(root, _ROOT_KEYS, "map")
        sources = self._columns(given.get("columns"))
        constants, defaults = (self.settings(given.get(key)) for key in ("constants", "defaults"))
        self._check_required(root, constants, defaults)
        amounts = self.entries(given.get("amounts"), _AMOUNT_KEYS, "amounts")
        return FieldMap(
            self.word(given.get("name")) or stem,
            root.at,
            sources,
            self.text(given.get("title")),
            self.words(given.get("id")),
            tuple(self._people(given.get("stakeholders"), "stakeholder")),
            tuple(self._people(given.get("competitors"), "competitor")),
            constants,
            defaults,
            cast(Order, self.choice(given.get("dates"), _ORDERS)),
            self.currency(amounts.get("currency")),
            self.choice(amounts.get("decimal"), _DECIMALS) == "comma",
            self.rates(amounts.get("rates")),
            self._evidence(given.get("evidence")),
            self._skip(given.get("skip")),
            self.words(given.get("ignore")),
        )

    def _check_required(self, root: Mapping, constants: Settings, defaults: Settings) -> None:
        there = {*self.mapped, *(key for key, _ in (*constants, *defaults))}
        failed = any(finding.code in ("I003", "I006") for finding in self.findings)
        for key in _REQUIRED:
            field = self.vocabulary.field(key)
            if key not in there and field and not failed:
                self.report("I007", root.at, field=key, **both("label", field.label.zh, field.label.en))

    def _columns(self, node: Node | None) -> tuple[Source, ...]:
        sources: list[Source] = []
        for key, value in self.pairs(node, "columns"):
            for each in value.items if isinstance(value, Sequence) else (value,):
                source = self._column(key, each)
                if source is not None:
                    sources.append(source)
        return tuple(sources)

    def _column(self, key: Scalar, node: Node) -> Source | None:
        if isinstance(node, Scalar) and node.is_null:
            return Source((key.text,), None, key.at, otherwise="skip")
        target = node.get("field") if isinstance(node, Mapping) else node
        if not isinstance(target, Scalar):
            self.report("I006", target.at if target else node.at)
            return None
        field = None if target.text == NOTES else self.field(target)
        if field is None and target.text != NOTES:
            return None
        if field is not None and field.entity in ("stakeholder", "competitor"):
            self.report("I008", target.at, field=field.key, section=f"{field.entity}s")
            return None
        options = node if isinstance(node, Mapping) else None
        return self._source(key, field, options)

    def _source(self, key: Scalar, field: Field | None, node: Mapping | None) -> Source:
        """A source from its options; `key` is its heading."""
        if field is not None:
            if field.key in self.mapped and field.entity not in ("stakeholder", "competitor"):
                self.report("I009", key.at, field=field.key, line=str(self.mapped[field.key].line))
            self.mapped.setdefault(field.key, key.at)
        given = self.entries(node, _SOURCE_KEYS, key.text) if node else {}
        words, statuses = (self.pairs(given.get(name), name) for name in ("values", "by_status"))
        self._check_options(given, field)
        return Source(
            (key.text, *self.words(given.get("also"))),
            field,
            key.at,
            self.words(given.get("join")),
            {fold(word.text): self.settings_of(field, each) for word, each in words},
            {self._status(word): self._target(each) for word, each in statuses},
            cast(Otherwise, self.choice(given.get("otherwise"), _OTHERWISE) or "warn"),
            cast(Order, self.choice(given.get("dates"), _ORDERS)),
            self.choice(given.get("percent"), _PERCENTS) == "fraction",
            self.unit(given.get("unit")),
            self.currency(given.get("currency")),
            self.words(given.get("currency_column")),
            self.word_as_typed(given.get("split")),
            self.flag(given.get("without_brackets")),
            self.flag(given.get("fill_down")),
        )  # fmt: skip

    def _check_options(self, given: dict[str, Node], field: Field | None) -> None:
        """Options that only make sense for fields of one sort."""
        is_date = field is not None and (field.type == "date" or field.since)
        fits = {
            "dates": is_date,
            "percent": field is not None and field.unit == "percent",
            "unit": field is not None and field.unit == "cny",
            "currency": field is not None and field.unit == "cny",
            "currency_column": field is not None and field.unit == "cny",
            "values": field is not None,
        }
        for key, is_fitting in fits.items():
            if key in given and not is_fitting:
                self.report("I010", given[key].at, key=key, field=field.key if field else NOTES)

    def _status(self, word: Scalar) -> str:
        field = self.vocabulary.entities["deal"].fields["status"]
        value = field.choice_by_name.get(fold(word.text), "")
        if not value:
            self.not_a_value(word, field)
        return value

    def _target(self, node: Node) -> Field | None:
        return self.field(node) if isinstance(node, Scalar) and not node.is_null else None

    def _people(self, node: Node | None, entity_name: str) -> Iterable[Person]:
        entity = self.vocabulary.entities[entity_name]
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return
        for item in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(item, Mapping):
                yield self._person(item, entity)
            else:
                self.findings.append(not_a_mapping("I002", item, what=entity.list_key))

    def _person(self, item: Mapping, entity: Entity) -> Person:
        sources = []
        constants: Settings = ()
        for key, value in item.entries:
            name = entity.field_by_name.get(fold(key.text))
            if key.text == "constants":
                constants = self._person_constants(value, entity)
            elif name is None:
                near = nearest(key.text, entity.field_by_name)
                self.report("D006", key.at, key=key.text, near=near, **both("label", entity.label.zh, entity.name))
            else:
                column = value.get("column") if isinstance(value, Mapping) else value
                if isinstance(column, Scalar) and not column.is_null:
                    options = value if isinstance(value, Mapping) else None
                    sources.append(self._source(column, entity.fields[name], options))
                else:
                    self.report("I006", value.at)
        if not any(source.field and source.field.name == "name" for source in sources):
            self.report("I011", item.at, section=entity.list_key)
        return Person(tuple(sources), constants)

    def _person_constants(self, node: Node, entity: Entity) -> Settings:
        pairs: list[tuple[str, str]] = []
        for key, value in self.pairs(node, "constants"):
            field = entity.fields.get(entity.field_by_name.get(fold(key.text), ""))
            if field is None or not isinstance(value, Scalar):
                near = nearest(key.text, entity.field_by_name)
                self.report("D006", key.at, key=key.text, near=near, **both("label", entity.label.zh, entity.name))
            else:
                pairs += self.setting(field, value)
        return tuple(pairs)

    def _evidence(self, node: Node | None) -> Evidence:
        if isinstance(node, Scalar) and not node.is_null and read_boolean(node.text) is False:
            return Evidence(is_wanted=False)
        given = self.entries(node, _EVIDENCE_KEYS, "evidence")
        listed = given.get("fields")
        keys = listed.items if isinstance(listed, Sequence) else (listed,)
        fields = (self.field(key) for key in keys if isinstance(key, Scalar) and not key.is_null)
        return Evidence(
            self.text(given.get("source")),
            self.words(given.get("date")),
            frozenset(field.key for field in fields if field),
        )

    def _skip(self, node: Node | None) -> Skip:
        given = self.entries(node, _SKIP_KEYS, "skip")
        where = ((key.text, self.words(value)) for key, value in self.pairs(given.get("where"), "where"))
        return Skip(self.words(given.get("lines")), tuple(where))


def read_rate(text: str) -> tuple[str, float]:
    """`USD=7.12` as a currency and how many yuan it is worth. Raises `UsageError`."""
    name, _, number = text.partition("=")
    code = currencies().get(fold(name), name.strip().upper())
    rate = read_number(number) if number else None
    if rate is None or rate <= 0 or len(code) != 3:
        raise UsageError("I063", text=text)
    return code, float(rate)
