"""The columns of decision tables: what a header names, and how a column is headed in either language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple

from playbook.load.tables.sheets import UNREAD
from playbook.model.values import fold
from playbook.model.vocabulary import Entity, Lang, Text, Vocabulary, nearest
from playbook.resources import data_text

LANGUAGES = ("zh", "en")
_NAME = r"[^\W\d]\w*"
_DOT = r"[.·:・•]"
_COUNT = r"(?P<count>\d{1,3}|param\.[A-Za-z0-9_]+)"
_WHAT = re.compile(
    rf"(?P<entity>[^.·:・•()]+?)(?:\s+as\s+(?P<alias>{_NAME})|\s*\((?P<bracketed>{_NAME})\))?"
    rf"(?:\s*{_DOT}\s*(?P<field>.+?))?(?:\s*\((?P<number>\d{{1,2}})\))?",
    re.IGNORECASE,
)


class Head(NamedTuple):
    """What a condition is about, as the rule language writes it: `at least 2 of info as gaps`."""

    entity: str
    alias: str = ""
    limit: str = ""  # "no", "all", "at least" or "fewer than"
    least: str = ""  # with the latter two: a number or `param.NAME`
    of: bool = False  # whether tests are counted, not items

    def __str__(self) -> str:
        words = (self.limit, self.least, "of" if self.of else "", self.entity, self.alias and f"as {self.alias}")
        return " ".join(word for word in words if word)


class Column(NamedTuple):
    """What a column holds.

    `part` is a key of a rule that holds more keys (`advise`, `ask`, `guard`, `effective`), empty for
    those of the rule itself; `when` for a test on the field `key` (empty: only that the head holds),
    `conclude` for the value of a field, `notes` for what is not read. `number` tells apart conditions
    with the same head.
    """

    part: str
    key: str = ""
    lang: Lang = ""
    head: Head = Head("")
    number: int = 1


ORDER = Column("", "order")  # of a row: its conditions in the order in which to read them, one header a line


class Spec(NamedTuple):
    """What `data/tables.yaml` says of a column."""

    label: Text
    is_text: bool
    is_list: bool
    is_required: bool
    is_usual: bool
    choices: str


@cache
def table_data() -> dict[str, Any]:
    """The content of `data/tables.yaml`."""
    import yaml

    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(data_text("tables.yaml"), Loader=loader)  # noqa: S506 - both are safe
    return loaded


def table_word(name: str, lang: Lang) -> str:
    """A word that tables show or use."""
    word: str = table_data()["words"][name][lang]
    return word


class Columns:
    """Every column that a table may have, by name and by label."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.specs = {_part_of(path): _spec(about) for path, about in table_data()["columns"].items()}
        self._heads = list(_quantifiers())
        self._conclude = re.compile(
            rf"(?:=>|⇒|→|{'|'.join(table_data()['words']['conclude'].values())})\s*"
            rf"(?P<alias>[^.·:・•()]+?)\s*{_DOT}\s*(?P<field>.+)",
            re.IGNORECASE,
        )

    def choices(self, column: Column) -> dict[str, Text]:
        """The words that may stand in a column, with their labels; empty when it is open."""
        spec = self.specs.get((column.part, column.key))
        if spec is None or not spec.choices:
            return {}
        if spec.choices == "gate":
            return {field.name: field.label for field in self.vocabulary.entities["gate"].fields.values()}
        return {key: Text(**label) for key, label in table_data()["choices"].get(spec.choices, {}).items()}

    # From header to column

    def read(self, text: str, aliases: dict[str, str] | None = None) -> Column | None:
        """The column that a header names; None when it names none.

        Fields are not looked for beyond their labels: one that does not exist is left for the rule
        reader to report. `aliases` gives the entity of the aliases that other columns set.
        """
        if text.startswith(UNREAD):
            return Column("notes", text)
        plain = " ".join(unicodedata.normalize("NFKC", text).split())
        fixed = self._fixed.get(_squeezed(plain))
        return fixed or self._concluded(plain, aliases or {}) or self._condition(plain)

    def _condition(self, text: str) -> Column | None:
        for prefix, limit in self._heads:
            match = prefix.match(text)
            found = _WHAT.fullmatch(text, match.end()) if match else None
            entity = self._entity(found["entity"]) if found else None
            if not match or not found or not entity:
                continue
            least = match.groupdict().get("count") or ""
            alias = found["alias"] or found["bracketed"] or ""
            head = Head(entity.name, alias, limit, least, bool(least) and not entity.repeats)
            if not found["field"] and not entity.repeats:
                return None
            return Column("when", _field(entity, found["field"] or ""), "", head, int(found["number"] or 1))
        return None

    def _entity(self, name: str) -> Entity | None:
        found = self.vocabulary.entity_by_name.get(fold(name))
        return self.vocabulary.entities[found] if found else None

    def _concluded(self, text: str, aliases: dict[str, str]) -> Column | None:
        match = self._conclude.fullmatch(text)
        if not match:
            return None
        entity = self._entity(match["alias"])
        alias = "" if entity else match["alias"]
        entity = entity or self.vocabulary.entities.get(aliases.get(alias, ""))
        name = _field(entity, match["field"]) if entity else match["field"]
        return Column("conclude", name, "", Head(entity.name if entity else "", alias))

    # From column to header

    def label(self, column: Column, lang: Lang) -> str:
        """The header of a column in a language; `read` takes it back to the column."""
        if column.part == "notes":
            return column.key
        if column.part in ("when", "conclude"):
            return self._condition_label(column, lang)
        label = self.specs[column.part, column.key].label.get(lang)
        return _bracketed(label, table_data()["languages"][column.lang][lang], lang) if column.lang else label

    def _condition_label(self, column: Column, lang: Lang) -> str:
        head, dot = column.head, "·" if lang == "zh" else " · "
        entity = self.vocabulary.entities[head.entity]
        fields = entity.fields
        field = fields[column.key].label.get(lang) if column.key in fields else column.key
        if column.part == "conclude":
            return f"{table_word('conclude', lang)} {head.alias or entity.label.get(lang)}{dot}{field}"
        words = _quantified(head, entity.label.get(lang), lang)
        if head.alias:
            words += f"（{head.alias}）" if lang == "zh" else f" as {head.alias}"
        words += dot + field if field else ""
        return _bracketed(words, str(column.number), lang) if column.number > 1 else words

    def in_order(self, lang: Lang) -> Iterator[Column]:
        """Every column but conditions and conclusions, texts in `lang` before those in the other."""
        own_first = sorted(LANGUAGES, key=lambda each: each != lang)
        for (part, key), spec in self.specs.items():
            yield from (Column(part, key, each) for each in (own_first if spec.is_text else [""]))

    # Names

    @cached_property
    def _fixed(self) -> dict[str, Column]:
        """Columns by every name and label, without spaces."""
        found: dict[str, Column] = {}
        for (part, key), spec in self.specs.items():
            names = [f"{part}.{key}" if part else key, *([key] if part == "advise" else [])]
            if not spec.is_text:
                found |= {_squeezed(name): Column(part, key) for name in (*names, spec.label.zh, spec.label.en)}
                continue
            for lang in LANGUAGES:
                column = Column(part, key, lang)
                found[_squeezed(spec.label.get(lang))] = column
                for name in (*names, spec.label.zh, spec.label.en):
                    for word in (lang, *table_data()["languages"][lang].values()):
                        found |= {_squeezed(form.format(name, word)): column for form in ("{}({})", "{}.{}", "{}{}")}
        return found

    def nearest(self, text: str) -> str:
        """The header most like an unknown one, or an empty text."""
        shown = {_squeezed(label): label for label in self._labels()}
        return shown.get(nearest(_squeezed(text), shown), "")

    def _labels(self) -> Iterator[str]:
        for lang in LANGUAGES:
            yield from (self.label(column, lang) for column in self.in_order(lang))
            for entity in self.vocabulary.entities.values():
                for name in entity.fields:
                    yield self.label(Column("when", name, "", Head(entity.name)), lang)


def _part_of(path: str) -> tuple[str, str]:
    part, _, key = path.rpartition(".")
    return part, key


def _spec(about: dict[str, Any]) -> Spec:
    is_text, is_list, is_required, is_usual = (about.get(n, False) for n in ("text", "list", "required", "usual"))
    return Spec(Text(about["zh"], about["en"]), is_text, is_list, is_required, is_usual, about.get("choices", ""))


def _quantifiers() -> Iterator[tuple[re.Pattern[str], str]]:
    """How the header of a condition may begin, with the quantifier that it means."""
    templates: dict[str, dict[str, str]] = table_data()["heads"]
    for name in sorted(templates, key=len, reverse=True):  # `at least 2 of` before `at least 2`
        for template in templates[name].values():
            words = template.partition("{entity}")[0].split()
            spaced = r"\s*".join(_COUNT if word == "{count}" else re.escape(word) for word in words)
            end = r"\s+" if template.partition("{entity}")[0].endswith(" ") else r"\s*"
            yield re.compile(spaced + end, re.IGNORECASE), name.removesuffix(" of")
    yield re.compile(""), ""


def _quantified(head: Head, entity: str, lang: Lang) -> str:
    if not head.limit:
        return entity
    template: str = table_data()["heads"][f"{head.limit} of" if head.of else head.limit][lang]
    return template.format(count=head.least, entity=entity if lang == "zh" else entity.lower())


def _field(entity: Entity, text: str) -> str:
    return entity.field_by_name.get(fold(text), text)


def _bracketed(text: str, more: str, lang: Lang) -> str:
    return f"{text}（{more}）" if lang == "zh" else f"{text} ({more})"


def _squeezed(text: str) -> str:
    return "".join(fold(text).split())
