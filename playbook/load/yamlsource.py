"""YAML (and JSON) read as text with line and column, before any type is guessed.

PyYAML's own resolution would turn `no`, `12:30` and `1_000` into something else than the writer
meant; here every scalar stays the text that was typed, and the reader of a field decides. The tree
is built from events: composing it in libyaml overflows the C stack on deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml

from playbook.errors import Finding, Location

_MAX_DEPTH = 40
_MAX_NODES = 500_000
_HEX = "[0-9a-fA-F]"
_SURROGATES = re.compile(rf"\\u([dD][89abAB]{_HEX}{{2}})\\u([dD][c-fC-F]{_HEX}{{2}})")
_PLAIN_TAG = re.compile(r"tag:yaml\.org,2002:(str|int|float|bool|null|timestamp|seq|map)")
_COLON = re.compile(r"[^:：\n]{1,40}(：|:(?=[^\s/]))")

Report = Callable[[Finding], None]


class Scalar(NamedTuple):
    text: str
    at: Location
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        return not self.quoted and self.text in ("", "~", "null", "Null", "NULL")


class Sequence(NamedTuple):
    items: tuple[Node, ...]
    at: Location


class Mapping(NamedTuple):
    entries: tuple[tuple[Scalar, Node], ...]
    at: Location

    def get(self, key: str) -> Node | None:
        return next((node for name, node in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


def read_file(path: Path, report: Report, shown: str = "") -> Node | None:
    """Reads a YAML or JSON file; None when it is empty or cannot be read (then reported).

    `shown` is the name that findings give the file; default: its path.
    """
    file = shown or str(path)
    data = read_bytes(path, report, file)
    if data is None:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report(Finding("Y002", Location(file, line, 1)))
        return None
    return read_text(text, file, report)


def read_bytes(path: Path, report: Report, file: str) -> bytes | None:
    """The content of a file; None when it cannot be read (then reported about `file`)."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        report(Finding("Y014", Location(file)))
    except (OSError, ValueError) as error:
        report(Finding("Y001", Location(file), {"reason": getattr(error, "strerror", None) or str(error)}))
    return None


def read_text(text: str, file: str, report: Report) -> Node | None:
    """Like `read_file`, from text; `file` is the name shown in findings."""
    if file.lower().endswith(".json"):
        text = _SURROGATES.sub(_join_surrogates, text).replace("\t", " ")
    try:
        return _Builder(file, report).document(_events(text))
    except yaml.YAMLError as error:
        from playbook.load.syntax import syntax_finding

        report(syntax_finding(error, text, file))
    except UnicodeEncodeError as error:
        report(Finding("Y002", Location(file, text.count("\n", 0, error.start) + 1, 1)))
    except _RefusedError as error:
        report(error.finding)
    return None


def not_a_mapping(code: str, node: Node, **args: str) -> Finding:
    """`code` about a node that should hold `key: value` lines, or the colon that spoilt them.

    Without a plain colon and a space after it, YAML reads such lines as one text.
    """
    if isinstance(node, Scalar) and not node.quoted and (colon := _COLON.match(node.text)):
        place = Location(node.at.file, node.at.line, node.at.column + colon.start(1))
        return Finding("Y008", place, {"mark": "："}) if colon[1] == "：" else Finding("Y009", place)
    return Finding(code, node.at, args)


def _events(text: str) -> Iterator[yaml.Event]:
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(text, Loader=loader))


def _join_surrogates(match: re.Match[str]) -> str:
    high, low = int(match[1], 16), int(match[2], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


class _RefusedError(Exception):
    """What is YAML but no document that a person would write."""

    def __init__(self, code: str, at: Location, **args: str) -> None:
        super().__init__(code)
        self.finding = Finding(code, at, args)


@dataclass(frozen=True, slots=True)
class _Built:
    """A node with how deep and how large it is, aliases counted in full."""

    node: Node
    depth: int = 1
    size: int = 1


class _Builder:
    """Builds one document; keeps no reference to anything but texts."""

    def __init__(self, file: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.anchors: dict[str, _Built | None] = {}

    def document(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _RefusedError("Y013", self._at(event))
                root = self._build(next(events), events, 0).node
        return None if isinstance(root, Scalar) and root.is_null else root

    def _at(self, event: yaml.Event) -> Location:
        mark = event.start_mark
        return Location(self.file, mark.line + 1, mark.column + 1) if mark else Location(self.file)

    def _build(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> _Built:
        at = self._at(event)
        anchor = getattr(event, "anchor", None) or ""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(anchor, at, depth)
        self._check_tag(getattr(event, "tag", None) or "", at)
        self.anchors[anchor] = None  # until it is complete: it cannot hold itself
        if isinstance(event, yaml.ScalarEvent):
            built = _Built(Scalar(event.value, at, event.style not in (None, "")))
        elif depth >= _MAX_DEPTH:
            raise _RefusedError("Y005", at)
        elif isinstance(event, yaml.SequenceStartEvent):
            built = self._sequence(at, events, depth)
        else:
            built = self._mapping(at, events, depth)
        if built.size > _MAX_NODES:
            raise _RefusedError("Y005", at)
        self.anchors[anchor] = built
        return built

    def _check_tag(self, tag: str, at: Location) -> None:
        """A word that begins with `!` is a tag to YAML, which would drop it: `!= x` would mean `x`."""
        if tag and not _PLAIN_TAG.fullmatch(tag):
            self.report(Finding("Y019", at, {"tag": tag.replace("tag:yaml.org,2002:", "!!")}))

    def _alias(self, anchor: str, at: Location, depth: int) -> _Built:
        if anchor not in self.anchors:
            raise _RefusedError("Y012", at, name=anchor)
        known = self.anchors[anchor]
        if known is None or depth + known.depth > _MAX_DEPTH:
            raise _RefusedError("Y005", at)
        return known

    def _sequence(self, at: Location, events: Iterator[yaml.Event], depth: int) -> _Built:
        items = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._build(event, events, depth + 1))
        return _collected(Sequence(tuple(item.node for item in items), at), items)

    def _mapping(self, at: Location, events: Iterator[yaml.Event], depth: int) -> _Built:
        parts: list[_Built] = []
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Location] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            built_key = self._build(event, events, depth + 1)
            value = self._build(next(events), events, depth + 1)
            parts += (built_key, value)
            key = self._new_key(built_key.node, self._at(event), seen)
            if key is not None:
                entries.append((key, value.node))
        return _collected(Mapping(tuple(entries), at), parts)

    def _new_key(self, key: Node, at: Location, seen: dict[str, Location]) -> Scalar | None:
        if not isinstance(key, Scalar):
            self.report(Finding("Y006", at))
            return None
        if key.text in seen:
            self.report(Finding("Y004", at, {"key": key.text, "line": str(seen[key.text].line)}))
            return None
        seen[key.text] = at
        return key


def _collected(node: Node, parts: list[_Built]) -> _Built:
    depth = 1 + max((part.depth for part in parts), default=0)
    return _Built(node, depth, 1 + sum(part.size for part in parts))
