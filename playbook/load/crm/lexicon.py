"""What the guesser knows of headings and words: the ready-made maps, the vocabulary, and `data/crm.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from playbook.load.crm.crmdata import more_headings, more_values, shipped_maps
from playbook.load.crm.fieldmap import NOTES, FieldMap, Settings, Source
from playbook.load.crm.mapfile import load_map
from playbook.load.crm.table import heading_key
from playbook.model.values import fold
from playbook.model.vocabulary import Field, Vocabulary

ID, DATE, IGNORED = "id", "date", "ignored"


class Aim(NamedTuple):
    """Where a column may go: a field key, or notes, id, date of evidence, ignored.

    `constants` tell apart people of a kind (the decider has a column of his own).
    """

    key: str
    constants: Settings = ()


@dataclass
class Lexicon:
    """Headings by their key, the readings that go with an aim, and words in cells by field."""

    vocabulary: Vocabulary
    aims: dict[str, Aim] = field(default_factory=dict)
    sources: dict[Aim, Source] = field(default_factory=dict)
    words: dict[str, dict[str, Settings]] = field(default_factory=dict)
    maps: tuple[FieldMap, ...] = ()

    def settings(self, found: Field, word: str) -> Settings | None:
        """What a word in a column of a field stands for; None when that is not known."""
        known = self.words.get(found.key, {}).get(fold(word))
        if known is None and (value := found.choice_by_name.get(fold(word))):
            return ((found.key, value),)
        return known


def load_lexicon(vocabulary: Vocabulary) -> Lexicon:
    """The lexicon of everything that ships."""
    maps = tuple(load_map(name, vocabulary) for name in shipped_maps())
    lexicon = Lexicon(vocabulary, maps=maps)
    for each in maps:
        for aim, source in _aimed(each):
            lexicon.sources.setdefault(aim, source)
            lexicon.words.setdefault(aim.key, {}).update(source.values)
            for name in source.columns:
                lexicon.aims.setdefault(heading_key(name), aim)
    for key, names in more_headings().items():
        for name in names:
            lexicon.aims.setdefault(heading_key(name), Aim(key))
    for entity in vocabulary.entities.values():
        for found in entity.fields.values() if entity.stated else ():
            for name in (found.label.zh, found.label.en, f"{entity.name}.{found.name}"):
                lexicon.aims.setdefault(heading_key(name), Aim(found.key))
    for each in maps:
        for aim_key, headings in ((ID, each.ids), (DATE, each.evidence.columns)):
            for name in headings:
                lexicon.aims.setdefault(heading_key(name), Aim(aim_key))
    for name in (name for each in maps for name in each.ignored):
        lexicon.aims.setdefault(heading_key(name), Aim(IGNORED))
    for key, words in more_values().items():
        known = lexicon.words.setdefault(key, {})
        for word, value in words.items():
            known.setdefault(fold(str(word)), _settings(key, value))
    return lexicon


def _aimed(field_map: FieldMap) -> Iterator[tuple[Aim, Source]]:
    for source in field_map.sources:
        yield Aim(source.field.key if source.field else NOTES), source
    for person in (*field_map.people, *field_map.rivals):
        for source in person.sources:
            if source.field and not source.join:
                yield Aim(source.field.key, person.constants), source


def _settings(key: str, value: Any) -> Settings:
    if isinstance(value, Mapping):
        return tuple((str(name), str(each)) for name, each in value.items())
    return ((key, str(value)),) if value is not None else ()
