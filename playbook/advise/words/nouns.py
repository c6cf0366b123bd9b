"""What the people and rivals of a rule are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from playbook.advise.words.phrases import Noun, grammar, listed, phrases
from playbook.model.rules import Pattern
from playbook.model.unary import Is, OneOf, Test

FIELDS = ("fields", "few fields")
_SILENT = ("uni", "us", "eu", "one")  # begin like a consonant


def noun_of(pattern: Pattern) -> tuple[Noun | None, str]:
    """The noun that a pattern's tests make of a person or rival, and the field whose test it says."""
    tests = dict(pattern.tests)
    for name, nouns in phrases().nouns.get(pattern.entity, {}).items():
        found = [nouns.get(key) for key in _keys(tests.get(name))]
        chosen = [noun for noun in found if noun is not None]
        if chosen and len(chosen) == len(found):
            zh = listed((noun.zh for noun in chosen), "or", "zh")
            one, many = (listed((noun.get("en", count) for noun in chosen), "or", "en") for count in (1, 2))
            return Noun(zh, one, many), name
    return None, ""


def _keys(test: Test | None) -> Iterator[str]:
    """The values that a test names."""
    if isinstance(test, Is):
        yield "yes" if test.operand is True else str(test.operand)
    elif isinstance(test, OneOf):
        for each in test.tests:
            yield from _keys(each) if isinstance(each, Is) else ("",)


def names_of(bound: Mapping[str, Pattern], lang: str) -> dict[str, str]:
    """What the people and rivals behind aliases are called, no two alike; those of `at least` in the plural."""
    names: dict[str, str] = {}
    for alias, pattern in bound.items():
        if pattern.quantifier in FIELDS:
            continue
        entity = phrases().entities[pattern.entity]
        noun = noun_of(pattern)[0] or entity.noun
        name = noun.get(lang, 1 if pattern.quantifier == "each" else 2)
        if name in names.values():
            name = grammar("another", lang, counter=entity.counter, x=name)
        names[alias] = name
    return names


def article(words: str) -> str:
    return "an" if words[:1].lower() in "aeiou" and not words.lower().startswith(_SILENT) else "a"
