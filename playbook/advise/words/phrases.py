"""The phrases of `data/phrases.yaml`: how conditions on facts read in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from playbook.cache import cached
from playbook.model.vocabulary import NOTHING, Text
from playbook.resources import data_text

_LISTING = {"zh": ("、", "或"), "en": (", ", " and ", " or ")}  # what makes a word look like a list


class Noun(NamedTuple):
    """What a person or rival is called; Chinese needs no plural."""

    zh: str
    en: str
    many: str = ""

    def get(self, lang: str, count: int = 1) -> str:
        return self.zh if lang == "zh" else self.en if count == 1 else self.many


class FieldPhrases(NamedTuple):
    """The phrases of one field; what is empty is said in the general form."""

    label: Text = NOTHING
    subject: Text = NOTHING
    plural: bool = False
    time: bool = False
    measure: Text = NOTHING
    not_measure: Text = NOTHING
    unit: Noun | None = None
    says: dict[str, Text] = {}  # noqa: RUF012 - never changed
    nots: dict[str, Text] = {}  # noqa: RUF012
    words: dict[str, Text] = {}  # noqa: RUF012


class EntityPhrases(NamedTuple):
    noun: Noun = Noun("", "")
    counter: str = "个"
    subject: Text = NOTHING
    label: Text = NOTHING
    labels: Text = NOTHING
    group: Text = NOTHING


class Phrases(NamedTuple):
    """`grammar` holds templates by path ("rank.>="); `nouns` by entity, field and value, the telling fields first."""

    grammar: dict[str, Any]
    entities: dict[str, EntityPhrases]
    nouns: dict[str, dict[str, dict[str, Noun]]]
    fields: dict[str, FieldPhrases]


@cache
def phrases() -> Phrases:
    """The phrases, read once."""
    text = data_text("phrases.yaml")
    return cached("phrases", text, lambda: _build(_load(text)))


def grammar(path: str, lang: str, **words: object) -> str:
    """A template of the grammar in a language, filled in."""
    template: Text = phrases().grammar[path]
    return template.get(lang).format(**words)


def listed(words: Iterable[str], conjunction: str, lang: str, quote: bool = False) -> str:
    """Words as a list; with `quote` in quotation marks where one would itself be read as a list."""
    *first, last = words
    if not first:
        return last
    if quote and any(mark in word for word in (*first, last) for mark in _LISTING[lang]):
        *first, last = (grammar("quoted", lang, x=word) for word in (*first, last))
    return grammar("list", lang).join(first) + grammar(conjunction, lang) + last


def _load(text: str) -> Any:
    import yaml

    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return _named(yaml.load(text, Loader=loader))  # noqa: S506 - both are safe loaders


def _named(node: Any) -> Any:
    """The same with `yes` and `no` as keys where YAML reads truth values."""
    if not isinstance(node, dict):
        return node
    names = {True: "yes", False: "no"}
    return {names.get(key, key): _named(value) for key, value in node.items()}


def _build(data: Any) -> Phrases:
    return Phrases(
        dict(_flat(data["grammar"])),
        {name: _entity(spec) for name, spec in data["entities"].items()},
        {
            entity: {field: {v: Noun(**noun) for v, noun in values.items()} for field, values in fields.items()}
            for entity, fields in data["nouns"].items()
        },
        {key: _field(spec) for key, spec in data["fields"].items()},
    )


def _flat(node: dict[str, Any], path: str = "") -> list[tuple[str, Any]]:
    """Templates by the path of their keys."""
    found: list[tuple[str, Any]] = []
    for key, value in node.items():
        if "zh" in value:
            found.append((path + key, Noun(**value) if "many" in value else Text(**value)))
        else:
            found += _flat(value, f"{path}{key}.")
    return found


def _entity(spec: dict[str, Any]) -> EntityPhrases:
    parts: dict[str, Any] = {key: Text(**spec[key]) for key in ("subject", "label", "labels", "group") if key in spec}
    if "noun" in spec:
        parts["noun"] = Noun(**spec["noun"])
    return EntityPhrases(counter=spec.get("counter", "个"), **parts)


def _field(spec: dict[str, Any]) -> FieldPhrases:
    def texts(key: str) -> dict[str, Text]:
        return {value: Text(**text) for value, text in spec.get(key, {}).items()}

    return FieldPhrases(
        label=Text(**spec.get("label", {})),
        subject=Text(**spec.get("subject", {})),
        plural=spec.get("plural", False),
        time=spec.get("time", False),
        measure=Text(**spec.get("measure", {})),
        not_measure=Text(**spec.get("not_measure", {})),
        unit=Noun(**spec["unit"]) if "unit" in spec else None,
        says=texts("says"),
        nots=texts("not"),
        words=texts("words"),
    )
