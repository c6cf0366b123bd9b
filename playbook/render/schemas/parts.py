"""What the schemas of all files are put together from: words in the languages asked for, shared definitions, texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import yaml

from playbook.model.vocabulary import Text
from playbook.render.schemas import patterns
from playbook.resources import data_text, templates_folder

Schema = dict[str, Any]
BOTH = "both"
_LANGS = Text._fields
_SHORT = 40  # two labels of this length together stand on one line
_OTHER_TYPES = ("string", "number", "boolean", "array", "object")
# An editor that says what is under the cursor takes alternatives without title, description and properties for one.
TELLS_APART: Schema = {"properties": {}}
ANYTHING: Schema = {"anyOf": [{}]}  # so that an editor knows that a value follows
FILLED: Schema = {"type": ["string", "number", "boolean"], "pattern": patterns.FILLED}


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(data_text("editor.yaml"))
    labels = yaml.safe_load((templates_folder() / "words.yaml").read_text(encoding="utf-8"))
    words["choices"]["priority"] = labels["priority"]
    return words


class Words:
    """The words of `data/editor.yaml` in `zh`, `en` or `both`."""

    def __init__(self, lang: str = BOTH) -> None:
        self.lang = lang

    def text(self, text: Text) -> str:
        """A text in the language asked for, or in both."""
        if self.lang != BOTH or not (text.zh and text.en) or text.zh == text.en:
            return text.get(self.lang)
        short = len(text.zh) + len(text.en) <= _SHORT and not text.zh.endswith("。")
        return f"{text.zh}{' · ' if short else chr(10)}{text.en}"

    def say(self, *path: str, **args: Text | str) -> str:
        """The words under a path of keys, with `args` filled in."""
        return self.text(_text(path, args))

    def sentences(self, *parts: Text) -> str:
        """Several texts as one, each language in a piece."""
        zh = "".join(part.zh for part in parts)
        return self.text(Text(zh, " ".join(part.en for part in parts)))


def sentence(name: str, **args: Text | str) -> Text:
    """One of the `sentences`, in both languages."""
    return _text(("sentences", name), args)


def snippet(name: str, words: Words) -> Schema:
    """A skeleton that an editor offers to insert."""
    found = _under(("snippets", name))
    body = found.get("body_en", found["body"]) if words.lang == "en" else found["body"]
    return {"label": words.say("snippets", name, "label"), "body": body}


def item_snippet(name: str, words: Words) -> Schema:
    """A skeleton of an item of a list."""
    whole = snippet(name, words)
    return {**whole, "body": [whole["body"]]}


def alias_of(entity: str) -> str:
    """What an example calls an item of an entity."""
    alias: str = _under(("aliases", entity))
    return alias


def _under(path: Iterable[str]) -> Any:
    found: Any = _words()
    for key in path:
        found = found[key]
    return found


def _text(path: Iterable[str], args: Mapping[str, Text | str]) -> Text:
    found = Text(**_under(path))
    if not args:
        return found
    zh, en = ({name: arg.get(lang) if isinstance(arg, Text) else arg for name, arg in args.items()} for lang in _LANGS)
    return Text(found.zh.format(**zh), found.en.format(**en))


class Parts:
    """The `definitions` of one schema file: each is made when something refers to it first."""

    def __init__(self, words: Words, names: Iterable[str] = ()) -> None:
        self.words = words
        self.names = tuple(names)  # what may stand after the dot of a placeholder
        self._made: dict[str, Schema] = {}

    def ref(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to the definition `name`, which `make` gives."""
        if name not in self._made:
            self._made[name] = {}  # it may refer to itself
            self._made[name] = make()
        return {"$ref": f"#/definitions/{name}"}

    @property
    def definitions(self) -> dict[str, Schema]:
        return dict(sorted(self._made.items()))

    def blank(self) -> Schema:
        """Nothing written after the colon. Said by exclusion: an editor would offer the type `null` everywhere."""
        return self.ref("blank", lambda: {"not": {"type": list(_OTHER_TYPES)}})

    def flag(self) -> Schema:
        """`true` and `false`, and the words that YAML 1.1 takes for them; by exclusion too."""
        others = [name for name in _OTHER_TYPES if name != "boolean"]
        return self.ref("flag", lambda: {"not": {"type": [*others, "null"]}, **TELLS_APART})

    def word(self) -> Schema:
        """A text of one line or more, whatever YAML takes it for."""
        return self.ref("word", lambda: {"anyOf": [{"type": ["string", "number"]}, self.flag()]})

    def optional(self, schema: Schema) -> Schema:
        """What may also be left empty."""
        return {"anyOf": [*(schema["anyOf"] if list(schema) == ["anyOf"] else [schema]), self.blank()]}

    def choice(self, group: str, values: Iterable[str]) -> Schema:
        """One of some words, each with what it means."""
        return self.listed({value: self.words.say("choices", group, value) for value in values})

    def one_or_more(self, schema: Schema) -> Schema:
        """A single item or a list of them."""
        return {"anyOf": [schema, self.several(schema)]}

    def several(self, schema: Schema) -> Schema:
        """A list."""
        return {"type": "array", "items": schema, **TELLS_APART}

    def listed(self, about: Mapping[str, str]) -> Schema:
        """One of some words, each with what it means."""
        return {"enum": list(about), "enumDescriptions": list(about.values()), **TELLS_APART}

    def named(self, about: Mapping[str, str], pattern: str, error: Text) -> Schema:
        """A name that matches `pattern`; those in `about` are offered, each with what it stands for."""
        text = {"type": "string", "pattern": pattern, "patternErrorMessage": self.words.text(error)}
        return {"anyOf": [text, self.listed(about)]}

    def template(self) -> Schema:
        """A text of a rule, in which placeholders are well-formed."""

        def make() -> Schema:
            error = self.words.text(sentence("bad_template"))
            pattern = patterns.template(self.names)
            return {
                "anyOf": [
                    {"type": ["string", "number"], "pattern": pattern, "patternErrorMessage": error},
                    self.flag(),
                    self.blank(),
                ]
            }

        return self.ref("template", make)

    def bilingual(self) -> Schema:
        """`{zh, en}`, one of which may be left out."""

        def make() -> Schema:
            error = self.words.text(sentence("bad_text"))
            return {
                "type": "object",
                "title": self.words.say("titles", "text"),
                "errorMessage": error,
                "properties": {
                    lang: {"description": self.words.say("keys", "text", lang), **beside(self.template())}
                    for lang in _LANGS
                },
                "additionalProperties": False,
                **at_least_one(_LANGS, error, FILLED),
            }

        return self.ref("bilingual", make)

    def described(self, group: str, key: str, schema: Schema, **args: str) -> Schema:
        """A value with what its key means."""
        return {"description": self.words.say("keys", group, key, **args), **self._type(schema), **beside(schema)}

    def _type(self, schema: Schema) -> Schema:
        """The type of a mapping or list that is referred to: an editor that inserts its key begins a new line."""
        referred = self._made.get(schema.get("$ref", "").rpartition("/")[2], {})
        if referred.get("type") not in ("object", "array"):
            return {}
        return {key: referred[key] for key in ("type", "errorMessage") if key in referred}

    def keys(self, group: str, known: Iterable[str], values: Mapping[str, Schema], required: Iterable[str]) -> Schema:
        """A mapping with known keys; those that are not required may be left empty."""
        needed = list(required)
        return {
            "type": "object",
            "title": self.words.say("titles", group),
            "properties": {
                key: self.described(group, key, values[key] if key in needed else self.optional(values[key]))
                for key in known
            },
            "required": needed,
            "additionalProperties": False,
        }


def at_least_one(keys: Iterable[str], error: str, filled: Schema | None = None) -> Schema:
    """Asks for one of some keys with something in it; the message stands at the mapping.

    Said by `if`, so that an editor does not offer a skeleton for each key.
    """
    there = [{"required": [key], **({"properties": {key: filled}} if filled else {})} for key in keys]
    return {"if": {"not": {"anyOf": there}}, "then": {**there[0], "errorMessage": error}}


def beside(schema: Schema) -> Schema:
    """A schema that other keywords may stand beside (those beside a `$ref` do not count)."""
    return {"anyOf": [schema]} if "$ref" in schema else schema
