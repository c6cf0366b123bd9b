"""The parts that maps are written with: words, choices, fields, values and currencies, mistakes with their place."""

from __future__ import annotations

from playbook.errors import Finding, Location, both
from playbook.load.crm.crmdata import currencies, units
from playbook.load.crm.fieldmap import Settings
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, not_a_mapping
from playbook.model.values import TYPE_NAMES, fold, is_unknown, read_boolean, read_number, read_scalar
from playbook.model.vocabulary import NOTHING, Field, Lang, Text, Vocabulary, nearest


class OptionReader:
    """Reads parts of a map; what is wrong goes to `findings`, and something harmless stands in its place."""

    def __init__(self, vocabulary: Vocabulary, findings: list[Finding]) -> None:
        self.vocabulary = vocabulary
        self.findings = findings

    def report(self, code: str, at: Location, **args: str) -> None:
        self.findings.append(Finding(code, at, args))

    def entries(self, node: Node | None, known: tuple[str, ...], what: str) -> dict[str, Node]:
        """The entries of a mapping, what is unknown reported; nothing where it is missing or empty."""
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return {}
        if not isinstance(node, Mapping):
            self.findings.append(not_a_mapping("I002", node, what=what))
            return {}
        for key, _ in node.entries:
            if key.text not in known:
                near = nearest(key.text, known)
                self.report("I005", key.at, what=what, key=key.text, near=near, known=", ".join(known))
        return {key.text: value for key, value in node.entries if key.text in known}

    def pairs(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return ()
        if isinstance(node, Mapping):
            return node.entries
        self.findings.append(not_a_mapping("I002", node, what=what))
        return ()

    def word(self, node: Node | None) -> str:
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return ""
        if isinstance(node, Scalar):
            return node.text.strip()
        self.report("I006", node.at)
        return ""

    def words(self, node: Node | None) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, Sequence) else (node,)
        return tuple(word for each in nodes if (word := self.word(each)))

    def text(self, node: Node | None) -> Text:
        if isinstance(node, Mapping):
            texts = {key.text: self.word(value) for key, value in node.entries}
            return Text(texts.get("zh", ""), texts.get("en", ""))
        word = self.word(node)
        return Text(word, word) if word else NOTHING

    def choice(self, node: Node | None, known: tuple[str, ...]) -> str:
        word = self.word(node).lower()
        if node is not None and word and word not in known:
            self.report("R010", node.at, text=word, near=nearest(word, known), known=", ".join(known))
            return ""
        return word

    def flag(self, node: Node | None) -> bool:
        word = self.word(node)
        value = read_boolean(word) if word else False
        if value is None and node is not None:
            self.report("R010", node.at, text=word, near="", known="yes, no")
        return bool(value)

    def field(self, node: Scalar) -> Field | None:
        """The field that `entity.field` names, by name or label."""
        entity_name, _, name = node.text.strip().partition(".")
        entity = self.vocabulary.entities.get(self.vocabulary.entity_by_name.get(fold(entity_name), ""))
        found = entity.fields.get(entity.field_by_name.get(fold(name), "")) if entity and entity.stated else None
        if found is None or found.type == "map":
            keys = [f.key for e in self.vocabulary.entities.values() if e.stated for f in e.fields.values()]
            self.report("I003", node.at, key=node.text, near=nearest(node.text, keys))
            return None
        return found

    def word_as_typed(self, node: Node | None) -> str:
        return node.text if isinstance(node, Scalar) and not node.is_null else ""

    def settings_of(self, field: Field | None, node: Node) -> Settings:
        """What a word of the export stands for: a value of the field, several facts, or nothing."""
        if isinstance(node, Mapping):
            return self.settings(node)
        if not isinstance(node, Scalar):
            self.report("I006", node.at)
            return ()
        return self.setting(field, node) if field is not None and not node.is_null else ()

    def settings(self, node: Node | None) -> Settings:
        pairs: list[tuple[str, str]] = []
        for key, value in self.pairs(node, "values"):
            field = self.field(key)
            if field is not None and isinstance(value, Scalar) and not value.is_null:
                pairs += self.setting(field, value)
        return tuple(pairs)

    def setting(self, field: Field, node: Scalar) -> Settings:
        value = read_scalar(field, node.text, None)
        if value is None and not is_unknown(node.text):
            self.not_a_value(node, field)
            return ()
        return ((field.key, str(value) if field.is_enum and value is not None else node.text.strip()),)

    def not_a_value(self, node: Scalar, field: Field) -> None:
        label = both("label", field.label.zh, field.key)
        if field.is_enum:
            near = nearest(node.text, field.choice_by_name)
            choices = both("choices", _choices(field, "zh"), _choices(field, "en"))
            self.report("D016", node.at, text=node.text, near=near, **choices, **label)
        else:
            kind = TYPE_NAMES[field.type]
            self.report("D010", node.at, text=node.text, **both("type", kind.zh, kind.en))

    def unit(self, node: Node | None) -> int:
        word = self.word(node)
        size = units().get(fold(word)) if word else 1
        if size is None and node is not None:
            self.report("R010", node.at, text=word, near=nearest(word, units()), known=", ".join(units()))
        return size or 1

    def currency(self, node: Node | None) -> str:
        word = self.word(node)
        code = currencies().get(fold(word), word.upper())
        if word and not (len(code) == 3 and code.isascii() and code.isalpha()) and node is not None:
            self.report("I012", node.at, text=word)
        return code

    def rates(self, node: Node | None) -> dict[str, float]:
        rates: dict[str, float] = {}
        for key, value in self.pairs(node, "rates"):
            rate = read_number(value.text) if isinstance(value, Scalar) else None
            if rate is None or rate <= 0:
                self.report("I013", value.at, text=key.text)
            else:
                rates[self.currency(key)] = float(rate)
        return rates


def _choices(field: Field, lang: Lang) -> str:
    if lang == "zh":
        return "、".join(f"{value}（{text.zh}）" for value, text in field.choices)
    return ", ".join(f"{value} ({text.en})" for value, text in field.choices)
