"""Facts in words: values, amounts, dates and labels as a reader of either language writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from playbook.evaluate.evaluation import Activation
from playbook.model.facts import Content, Evidence, Fact, Item, WorkingMemory, values_of
from playbook.model.rulebook import Rulebook
from playbook.model.texts import Placeholder, fill
from playbook.model.values import Value
from playbook.model.vocabulary import Field, Lang, Text, Vocabulary

_WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNIT = re.compile(r"\s*(?:%|\((?:元|CNY)\)|\d+-\d+)$")
_MOST_WORDS = 9  # as many as there are information points
_WAN, _YI, _MILLION = 10**4, 10**8, 10**6


class Wording:
    """Words for one rulebook and language."""

    def __init__(self, vocabulary: Vocabulary, lang: Lang, today: date) -> None:
        self.vocabulary = vocabulary
        self.lang = lang
        self.today = today

    def pick(self, zh: str, en: str) -> str:
        return en if self.lang == "en" else zh

    def text(self, text: Text) -> str:
        return text.get(self.lang)

    def label(self, field: Field) -> str:
        """A field's label without number, scale and unit, which its values show themselves."""
        return _UNIT.sub("", field.label.get(self.lang)).lstrip("0123456789 ")

    def entity(self, name: str) -> str:
        return self.vocabulary.entities[name].label.get(self.lang)

    def join(self, words: list[str]) -> str:
        """Words as a list within a sentence."""
        return self.pick("、", ", ").join(words)

    def some(self, words: list[str]) -> str:
        """Like `join`, but after nine words only how many there are."""
        more = len(words) - _MOST_WORDS
        if more <= 0:
            return self.join(words)
        shown = self.join(words[:_MOST_WORDS])
        return shown + self.pick(f"等{len(words)}个", f" and {more} more")

    def day(self, day: date) -> str:
        """`11月28日（周六）` or `Sat 28 Nov`; with the year when it is not this one."""
        weekday = _WEEKDAYS[self.lang][day.weekday()]
        if self.lang == "en":
            year = "" if day.year == self.today.year else f" {day.year}"
            return f"{weekday} {day.day} {_MONTHS[day.month - 1]}{year}"
        year = "" if day.year == self.today.year else f"{day.year}年"
        return f"{year}{day.month}月{day.day}日（周{weekday}）"

    def number(self, value: float) -> str:
        return f"{value:,.0f}" if value == int(value) else f"{value:,}"

    def amount(self, value: float) -> str:
        """An amount of yuan: `350万元`, `1.2亿元`; `CNY 3.5 million`."""
        if self.lang == "en":
            if abs(value) < _MILLION:
                return f"CNY {self.number(value)}"
            return f"CNY {_short(value / _MILLION)} million"
        if abs(value) < _WAN:
            return f"{self.number(value)}元"
        return f"{_short(value / _WAN)}万元" if abs(value) < _YI else f"{_short(value / _YI)}亿元"

    def value(self, field: Field, value: Value) -> str:
        """One value of a field."""
        if field.is_enum:
            return field.label_of[str(value)].get(self.lang)
        if isinstance(value, bool):
            return self.pick("是", "yes") if value else self.pick("否", "no")
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, str):
            return " ".join(value.split())
        if field.unit == "cny":
            return self.amount(value)
        return self.number(value) + ("%" if field.unit == "percent" else "")

    def content(self, field: Field, content: Content | None, keys: tuple[str, ...] = ()) -> str:
        """Everything a field holds; the word for unknown when it holds nothing."""
        if content is None:
            return self.pick("未知", "unknown")
        words = [self.value(field, value) for value in values_of(content)]
        if keys:
            colon = self.pick("：", ": ")
            words = [f"{key}{colon}{word}" for key, word in zip(keys, words, strict=True)]
        return self.join(words)

    def evidence(self, evidence: Evidence | None) -> str:
        """`财务科长，11月9日（周一）`, or an empty text."""
        if evidence is None:
            return ""
        words = [self.join(list(evidence.sources))] if evidence.sources else []
        words += [self.day(evidence.day)] if evidence.day else []
        return self.pick("，", ", ").join(words)

    def name(self, item: Item, memory: WorkingMemory) -> str:
        """What to call a person or rival: the name, else the title, else the entity and number."""
        for field in ("name", "title"):
            content = memory.get(item, field)
            if isinstance(content, str):
                return " ".join(content.split())
        return f"{self.entity(item[0])} {item[1] + 1}"

    def in_order(self, items: Iterable[Item], memory: WorkingMemory) -> list[Item]:
        """Items as a reader wants them, whatever their order in the file: the most influential first, then by name."""

        def place(item: Item) -> tuple[float, str, Item]:
            influence = memory.get(item, "influence")
            return (-influence if isinstance(influence, int) else 0, self.name(item, memory), item)

        return sorted(items, key=place)

    def fact(self, fact: Fact) -> str:
        """A fact's content in words."""
        return self.content(self.vocabulary.entities[fact.item[0]].fields[fact.field], fact.content, fact.keys)


def _short(number: float) -> str:
    return f"{number:,.2f}".rstrip("0").rstrip(".")


class Filler:
    """Fills the placeholders of a rule's texts for one activation."""

    def __init__(
        self,
        rulebook: Rulebook,
        wording: Wording,
        memory: WorkingMemory,
        activation: Activation,
        lists: dict[str, list[str]],
    ) -> None:
        self._rulebook = rulebook
        self._wording = wording
        self._memory = memory
        self._items = activation.items
        self._lists = lists

    def fill(self, text: Text, **extra: str) -> str:
        """The text in the reader's language; `extra` gives words for further placeholders."""
        return fill(text.get(self._wording.lang), lambda place: self._word(place, extra))

    def _word(self, place: Placeholder, extra: dict[str, str]) -> str:
        if place.alias in extra:
            return extra[place.alias]
        if place.alias == "today":
            return self._wording.day(self._memory.today)
        if place.alias == "param":
            return self._wording.number(self._rulebook.parameters[place.name].value)
        if place.alias in self._lists:
            return self._wording.some(self._lists[place.alias]) or place.fallback
        item = self._items.get(place.alias, (place.alias, 0))
        if not place.name:
            return self._wording.name(item, self._memory)
        return self._field(item, place)

    def _field(self, item: Item, place: Placeholder) -> str:
        content = self._memory.get(item, place.name)
        if content is None:
            if place.name == "name" and item[0] in ("stakeholder", "competitor"):
                return self._wording.name(item, self._memory)
            return place.fallback
        field = self._wording.vocabulary.entities[item[0]].fields[place.name]
        fact = self._memory.fact(item, place.name)
        return self._wording.content(field, content, fact.keys if fact else ())
