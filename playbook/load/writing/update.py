"""Sets facts in the text of a deal file: only the values that change are rewritten.

Comments, order, indentation and everything else stay as they were, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from playbook.errors import DealError, Finding, Location
from playbook.load.deal import parse_deal
from playbook.load.writing.deal import EVIDENCE_KEYS, NOTES, NOTES_KEYS, DealWriter, facts_in_order, scalar, sections
from playbook.model.facts import Deal, FactKey
from playbook.model.values import fold
from playbook.model.vocabulary import Entity, Field, Lang, Vocabulary

_BLOCK_STYLES = ("|", ">")
AT = "#"  # an item's own key for its place in the list, from 0, where it has no name to be found by


_WITHIN_LINE = 1000  # deeper than any indentation


class _Edit(NamedTuple):
    """A piece of text to replace; of several at one place the deepest comes first: a section ends after its parts."""

    start: int
    end: int
    text: str
    depth: int = _WITHIN_LINE


def text_of(path: Path) -> str:
    """The text of a file as it is, line ends included. Raises `DealError`."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise DealError([Finding("Y002", Location(str(path)))]) from None
    except OSError as error:
        raise DealError([Finding("Y001", Location(str(path)), {"reason": error.strerror or str(error)})]) from None


def updated_text(text: str, changes: Mapping[str, Any], vocabulary: Vocabulary, today: date, file: str) -> str:
    """The text of a deal file with the facts of `changes` set (a deal mapping, see `dealwriter`).

    People and rivals are found by their name, or by their place where the item holds `AT`; new ones are
    added at the end of their list. Labels are
    written where the file uses labels. Raises `DealError` when the file cannot be read, before or after,
    or is written in a way (references, one person without a list) that cannot be changed safely.
    """
    before = parse_deal(text, vocabulary, today, file)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    editor = _Editor(text.removeprefix(mark), vocabulary, file)
    changed = editor.apply(changes)
    result = mark + editor.result()
    after = parse_deal(result, vocabulary, today, file)
    if not _says_the_same(before, after, changed):
        raise DealError([Finding("I073", Location(file))])
    return result


def _says_the_same(before: Deal, after: Deal, changed: set[FactKey]) -> bool:
    """Whether a changed file holds what was set, and otherwise what it held before."""
    old, new = ({(entity, n, f): fact.content for entity, n, f, fact in _every_fact(d)} for d in (before, after))
    kept = {key: content for key, content in old.items() if key not in changed}
    return kept == {key: content for key, content in new.items() if key not in changed} and changed <= set(new)


def _every_fact(deal: Deal) -> Iterator[tuple[str, int, str, Any]]:
    yield from ((*fact.key, fact) for fact in deal.facts if fact.item[0] != "visit")
    yield from (("visit", n, name, fact) for n, visit in enumerate(deal.visits) for name, fact in visit.items())


class _Editor:
    def __init__(self, text: str, vocabulary: Vocabulary, file: str) -> None:
        loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.text = text
        self.vocabulary = vocabulary
        self.file = file
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.root = cast("yaml.MappingNode", yaml.compose(text, Loader=loader))
        self.writer = DealWriter(_style(self.root, vocabulary))
        self.edits: list[_Edit] = []
        self.changed: set[FactKey] = set()

    def apply(self, changes: Mapping[str, Any]) -> set[FactKey]:
        """Collects the edits; returns the keys of the facts that they set."""
        if NOTES in changes:
            self._set_notes(str(changes[NOTES]))
        for key, entity, content in sections(changes, self.vocabulary):
            found = self._section(entity)
            if found is None:
                self._add_section(key, entity, content)
            else:
                self._change_section(entity, *found, content)
        return self.changed

    def result(self) -> str:
        pieces: list[str] = []
        at = 0
        for edit in sorted(self.edits, key=lambda e: (e.start, -e.depth)):
            pieces += (self.text[at : edit.start], edit.text)
            at = edit.end
        return "".join([*pieces, self.text[at:]])

    def _set_notes(self, text: str) -> None:
        lines = self.writer.notes(text)
        found = next(((k, v) for k, v in self.root.value if fold(k.value) in NOTES_KEYS), None)
        if self.root.flow_style:
            raise self._cannot(self.root)
        if found is None:
            self._insert_lines(self.root, [], 0, lines)
            return
        self._refuse_reference(*found)
        colon = self.text.index(":", found[0].end_mark.index) + 1
        value = self.newline.join(lines).partition(":")[2]
        self.edits.append(_Edit(colon, max(colon, _end(found[1], self.text)), value))

    def _section(self, entity: Entity) -> tuple[yaml.Node, yaml.Node] | None:
        names = self.vocabulary.entity_by_name
        return next(((k, v) for k, v in self.root.value if names.get(fold(k.value)) == entity.name), None)

    def _add_section(self, key: str, entity: Entity, content: Any) -> None:
        items = content if isinstance(content, list) else [content]
        self._note(entity, items)
        if self.root.flow_style:
            inner = [self.writer.flow_item(entity, item) for item in items]
            text = f"[{', '.join(inner)}]" if isinstance(content, list) else inner[0]
            self._insert_flow(self.root, f"{scalar(key)}: {text}")
            return
        order = list(self.vocabulary.entities)
        names = self.vocabulary.entity_by_name
        ranks = [
            order.index(names[fold(k.value)]) if fold(k.value) in names else len(order) for k, _ in self.root.value
        ]
        self._insert_lines(self.root, ranks, order.index(entity.name), self.writer.section(key, entity, content))

    def _note(self, entity: Entity, items: list[Mapping[str, Any]], position: int = 0) -> None:
        for n, item in enumerate(items, position):
            self.changed |= {(entity.name, n, field.name) for field, _ in facts_in_order(entity, item)}

    def _change_section(self, entity: Entity, key: yaml.Node, node: yaml.Node, content: Any) -> None:
        items = content if isinstance(content, list) else [content]
        self._refuse_reference(key, node)
        if isinstance(node, yaml.MappingNode) and [item.get(AT) for item in items] == [0]:
            content = {name: value for name, value in items[0].items() if name != AT}
            items = [content]
        if isinstance(node, yaml.ScalarNode):
            self._fill_empty(entity, key, node, content)
        elif isinstance(node, yaml.MappingNode) and not isinstance(content, list):
            self._note(entity, items)
            self._set_facts(entity, node, items[0])
        elif isinstance(node, yaml.SequenceNode) and isinstance(content, list):
            self._change_list(entity, node, items)
        else:
            raise self._cannot(node)

    def _fill_empty(self, entity: Entity, key: yaml.Node, node: yaml.ScalarNode, content: Any) -> None:
        items = content if isinstance(content, list) else [content]
        self._note(entity, items)
        if self.root.flow_style:
            raise self._cannot(node)
        self.edits.append(_Edit(_start(node), _end(node, self.text), ""))
        lines = self.writer.section(key.value, entity, content)[1:]
        at = self._line_end(_end(node, self.text))
        self.edits.append(_Edit(at, at, "".join(self.newline + line for line in lines), 2))

    def _change_list(self, entity: Entity, node: yaml.SequenceNode, items: list[Mapping[str, Any]]) -> None:
        known = {_name_of(entity, each): n for n, each in enumerate(node.value)}
        added = 0
        for item in items:
            position = item.get(AT, known.get(fold(str(item.get("name", "")))))
            facts = {name: value for name, value in item.items() if name != AT and (AT in item or name != "name")}
            if position is None or position >= len(node.value):
                self._add_item(entity, node, item if position is None else facts, added)
                self._note(entity, [item if position is None else facts], len(node.value) + added)
                added += 1
            else:
                self._note(entity, [facts], position)
                self._set_facts(entity, node.value[position], facts)

    def _add_item(self, entity: Entity, node: yaml.SequenceNode, item: Mapping[str, Any], added: int) -> None:
        if node.flow_style:
            self._insert_flow(node, self.writer.flow_item(entity, item), added)
            return
        indent = " " * node.start_mark.column
        lines = self.writer.section(entity.list_key, entity, [item])[1:]
        at = self._line_end(_end(node, self.text))
        self.edits.append(_Edit(at, at, "".join(self.newline + indent + line[2:] for line in lines), len(indent) + 1))

    def _set_facts(self, entity: Entity, node: yaml.Node, facts: Mapping[str, Any]) -> None:
        if not isinstance(node, yaml.MappingNode):
            raise self._cannot(node)
        written = {entity.field_by_name.get(fold(key.value), ""): (key, value) for key, value in node.value}
        order = list(entity.fields)
        ranks = [order.index(entity.field_by_name[fold(k.value)]) for k, _ in node.value]
        added = 0
        for field, value in facts_in_order(entity, facts):
            if field.name in written:
                self._replace(field, *written[field.name], value)
            elif node.flow_style:
                self._insert_flow(node, self.writer.flow_fact(field, value), added)
                added += 1
            else:
                self._insert_lines(node, ranks, order.index(field.name), self.writer.fact(field, value))

    def _replace(self, field: Field, key: yaml.Node, node: yaml.Node, value: Any) -> None:
        self._refuse_reference(key, node)
        if isinstance(node, yaml.MappingNode) and not node.flow_style and isinstance(value, Mapping):
            self._replace_evidence(field, node, value)
            return
        text = self.writer.flow_value(field, value)
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            colon = self.text.index(":", key.end_mark.index) + 1
            self.edits.append(_Edit(colon, _end(node, self.text), f" {text}"))
            return
        start, end = _start(node), _end(node, self.text)
        gap = "" if self.text[start - 1 : start] in (" ", "\n") else " "
        self.edits.append(_Edit(start, end, gap + text))

    def _replace_evidence(self, field: Field, node: yaml.MappingNode, value: Mapping[str, Any]) -> None:
        """Rewrites a fact that is spread over lines, part by part, so that its comments stay."""
        if any(key.value not in EVIDENCE_KEYS for key, _ in node.value):
            raise self._cannot(node)
        parts = {key.value: (key, part) for key, part in node.value}
        last = max(_end(part, self.text) for _, part in parts.values())
        for name in EVIDENCE_KEYS:
            text = self.writer.part(field, name, value.get(name))
            if name in parts and text:
                key, part = parts[name]
                self._refuse_reference(key, part)
                colon = self.text.index(":", key.end_mark.index) + 1
                self.edits.append(_Edit(colon, _end(part, self.text), f" {text}"))
            elif name in parts:
                line = self.text.rindex("\n", 0, parts[name][0].start_mark.index)
                self.edits.append(_Edit(line, self._line_end(_end(parts[name][1], self.text)), ""))
            elif text:
                at = self._line_end(last)
                self.edits.append(
                    _Edit(at, at, f"{self.newline}{' ' * node.start_mark.column}{name}: {text}", node.start_mark.column)
                )

    def _insert_flow(self, node: yaml.CollectionNode, text: str, added: int = 0) -> None:
        """Puts an entry behind the last one inside brackets."""
        children = [child[1] if isinstance(child, tuple) else child for child in node.value]
        at = max((_end(child, self.text) for child in children), default=node.start_mark.index + 1)
        self.edits.append(_Edit(at, at, f", {text}" if children or added else text))

    def _insert_lines(self, node: yaml.MappingNode, ranks: list[int], rank: int, lines: list[str]) -> None:
        """Puts a key where the vocabulary's order wants it, or last where the file has another order."""
        before = [n for n, other in enumerate(ranks) if other < rank]
        after = before[-1] if before else len(node.value) - 1
        at = self._line_end(_end(node.value[after][1], self.text))
        indent = " " * node.value[0][0].start_mark.column
        self.edits.append(_Edit(at, at, "".join(self.newline + indent + line for line in lines), len(indent)))

    def _line_end(self, index: int) -> int:
        found = self.text.find("\n", index)
        end = len(self.text) if found < 0 else found
        return end - 1 if end > index and self.text[end - 1] == "\r" else end

    def _refuse_reference(self, key: yaml.Node, node: yaml.Node) -> None:
        """A value that stands elsewhere in the file (`*name`) has its marks there."""
        if not key.end_mark.index <= node.start_mark.index:
            raise self._cannot(key)

    def _cannot(self, node: yaml.Node) -> DealError:
        return DealError([Finding("I073", Location(self.file, node.start_mark.line + 1, node.start_mark.column + 1))])


def _start(node: yaml.Node) -> int:
    return cast(int, node.start_mark.index)


def _end(node: yaml.Node, text: str) -> int:
    """Where a node's own text ends; YAML counts the comments behind a block to the block."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    end: int = node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK_STYLES:
        return node.start_mark.index + len(text[node.start_mark.index : end].rstrip())
    return end


def _name_of(entity: Entity, node: yaml.Node) -> str:
    if not isinstance(node, yaml.MappingNode):
        return ""
    for key, value in node.value:
        if entity.field_by_name.get(fold(key.value)) == "name":
            inner = [v for k, v in value.value if k.value in ("value", "值")] if value.id == "mapping" else [value]
            return fold(str(inner[0].value)) if inner else ""
    return ""


def _style(root: yaml.MappingNode, vocabulary: Vocabulary) -> Lang:
    """The language of the labels that a file uses as keys; empty where it uses names."""
    counts = {"": 0, "zh": 0, "en": 0}
    for key, section in root.value:
        entity = vocabulary.entities.get(vocabulary.entity_by_name.get(fold(key.value), ""))
        items = section.value if isinstance(section, yaml.SequenceNode) else [section]
        for item in items if entity else ():
            for name, _ in item.value if isinstance(item, yaml.MappingNode) else ():
                field = entity.fields.get(entity.field_by_name.get(fold(name.value), "")) if entity else None
                if field:
                    counts[_lang_of(name.value, field)] += 1
    return max(counts, key=lambda lang: (counts[lang], lang == ""))


def _lang_of(word: str, field: Field) -> Lang:
    if fold(word) == field.name:
        return ""
    return "zh" if fold(word) == fold(field.label.zh) else "en"
