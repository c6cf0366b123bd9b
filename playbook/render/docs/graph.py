"""The dependency graph of facts, rules and concluded facts, as Mermaid, DOT or SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from playbook.errors import UsageError
from playbook.model.rules import Rule, patterns_of
from playbook.render.clean import clean
from playbook.render.docs.rulepage import RuleReader
from playbook.render.docs.words import axis_of, file_label, folder_label

FORMATS = ("mermaid", "dot", "svg")
NodeKind = Literal["fact", "concluded", "rule", "chosen", "guard", "group"]
_KINDS: tuple[NodeKind, ...] = ("fact", "concluded", "rule", "chosen", "guard", "group")
_MOST = 12  # more rules at one end of a fact are drawn as one node a file
_WIDEST = 18  # full-width characters in a line of a label

_MERMAID_SHAPES = {
    "fact": '(["{}"])',
    "concluded": '{{{{"{}"}}}}',
    "rule": '["{}"]',
    "chosen": '["{}"]',
    "guard": '[/"{}"\\]',
    "group": '[["{}"]]',
}
_FILLS = {
    "fact": ("#f6f8fa", "#8c959f"),
    "concluded": ("#fff3d6", "#bf8700"),
    "rule": ("#ffffff", "#57606a"),
    "chosen": ("#dbeafe", "#1d4ed8"),
    "guard": ("#ffe4e1", "#b42318"),
    "group": ("#eef2f5", "#57606a"),
}
_DOT_SHAPES = {
    "fact": 'box, style="rounded,filled"',
    "concluded": "hexagon, style=filled",
    "rule": "box, style=filled",
    "chosen": 'box, style="filled,bold"',
    "guard": "octagon, style=filled",
    "group": "folder, style=filled",
}
_NO_START = "，。、；：！？）》”"
_MERMAID = re.compile(r"[\"#<>&`\\]")


class Node(NamedTuple):
    kind: NodeKind
    label: str


class Edge(NamedTuple):
    start: str
    end: str
    label: str = ""
    dotted: bool = False


@dataclass
class Graph:
    """Nodes by a name of their own, in the order drawn, and the edges between them."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)

    def link(self, start: str, end: str, label: str = "", dotted: bool = False) -> None:
        self.edges[Edge(start, end, label, dotted)] = None


def whole_graph(reader: RuleReader) -> Graph:
    """What the rules that conclude something look at, what they conclude, and who looks at that, a node a folder."""
    drawing = _Drawing(reader, ())
    for rule in reader.rulebook.rules:
        if rule.conclude:
            drawing.facts_of(rule)
            drawing.conclusions_of(rule)
    for key, rules in reader.ties.testing.items():
        if key in reader.ties.concluding:
            readers = [ident for ident in rules if not reader.rulebook.rule_by_id[ident].conclude]
            drawing.by_folder(key, readers)
    return drawing.graph


def graph_around(reader: RuleReader, rules: Iterable[Rule], depth: int) -> Graph:
    """The rules, what they look at and conclude, their guards, and the rules at the other end of concluded facts.

    `depth`: how many rules away from the given ones the graph reaches.
    """
    chosen = tuple(dict.fromkeys(rule.id for rule in rules))
    drawing = _Drawing(reader, chosen)
    seen, edge = set(chosen), list(chosen)
    for step in range(depth):
        found: list[str] = []
        for ident in edge:
            rule = reader.rulebook.rule_by_id[ident]
            drawing.facts_of(rule)
            drawing.conclusions_of(rule)
            if step == 0:
                drawing.guards_of(rule)
            found += drawing.neighbours_of(rule)
        edge = [ident for ident in dict.fromkeys(found) if ident not in seen]
        seen.update(edge)
    return drawing.graph


class _Drawing:
    """Builds a graph in the words of one language."""

    def __init__(self, reader: RuleReader, chosen: tuple[str, ...]) -> None:
        self._reader = reader
        self._chosen = chosen
        self.graph = Graph()

    def facts_of(self, rule: Rule) -> None:
        self._rule(rule.id)
        for key in self._reader.ties.tested(rule):
            self.graph.link(self._field(key), self._rule(rule.id))
        for pattern in patterns_of(rule.when):
            if not pattern.tests:  # it only asks who there is
                self.graph.nodes.setdefault(pattern.entity, Node("fact", self._reader.w.entity(pattern.entity)))
                self.graph.link(pattern.entity, self._rule(rule.id))

    def conclusions_of(self, rule: Rule) -> None:
        for key in dict.fromkeys(conclusion.key for conclusion in rule.conclude):
            self.graph.link(self._rule(rule.id), self._field(key))

    def guards_of(self, rule: Rule) -> None:
        ties = self._reader.ties
        for guard in ties.governing.get(rule.id, ()):
            self.graph.link(self._rule(guard), self._rule(rule.id), dotted=True)
        for target in self._named(ties.governed(rule), rule.id):
            self.graph.link(self._rule(rule.id), target, dotted=True)

    def neighbours_of(self, rule: Rule) -> list[str]:
        """Draws the rules at the other end of concluded facts, and names those drawn one by one."""
        found: list[str] = []
        for key, rules in self._reader.ties.feeding(rule).items():
            found += rules
            for ident in rules:
                self.graph.link(self._rule(ident), self._field(key))
        for key, rules in self._reader.ties.fed(rule).items():
            for target in self._named(rules, rule.id):
                self.graph.link(self._field(key), target)
            found += rules if len(rules) <= _MOST else ()
        return found

    def by_folder(self, key: str, rules: list[str]) -> None:
        counts: dict[str, int] = {}
        for ident in rules:
            folder = axis_of(self._reader.rulebook.rule_by_id[ident])[0]
            counts[folder] = counts.get(folder, 0) + 1
        for folder in sorted(counts):
            label = folder_label(folder, self._reader.w.lang)
            self.graph.nodes.setdefault(f"group {folder}", Node("group", label))
            self.graph.link(self._field(key), f"group {folder}", str(counts[folder]))

    def _named(self, rules: tuple[str, ...], owner: str) -> list[str]:
        """Nodes for some rules: each its own, or one a file when they are many (the chosen ones always their own)."""
        if len(rules) <= _MOST:
            return [self._rule(ident) for ident in rules]
        nodes = [self._rule(ident) for ident in rules if ident in self._chosen]
        files: dict[tuple[str, str], int] = {}
        for ident in rules:
            if ident not in self._chosen:
                place = axis_of(self._reader.rulebook.rule_by_id[ident])
                files[place] = files.get(place, 0) + 1
        for folder, file in sorted(files):
            words = self._reader.words["rules_of"]
            label = words.format(axis=file_label(folder, file, self._reader.w.lang), n=files[folder, file])
            name = f"group {folder}/{file} of {owner}"
            self.graph.nodes.setdefault(name, Node("group", label))
            nodes.append(name)
        return nodes

    def _rule(self, ident: str) -> str:
        rule = self._reader.rulebook.rule_by_id[ident]
        kind: NodeKind = "chosen" if ident in self._chosen else "guard" if rule.guard else "rule"
        self.graph.nodes.setdefault(f"rule {ident}", Node(kind, self._reader.title(ident)))
        return f"rule {ident}"

    def _field(self, key: str) -> str:
        kind: NodeKind = "concluded" if key in self._reader.ties.concluding else "fact"
        self.graph.nodes.setdefault(f"field {key}", Node(kind, self._reader.label(key)))
        return f"field {key}"


# --- Formats


def draw(graph: Graph, form: str) -> str:
    """The graph in one of `FORMATS`. Raises `UsageError` when SVG is wanted and Graphviz is missing or fails."""
    if form == "mermaid":
        return _mermaid(graph)
    text = _dot(graph)
    return _svg(text) if form == "svg" else text


def _mermaid(graph: Graph) -> str:
    names = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for name, node in graph.nodes.items():
        label = "<br/>".join(_MERMAID.sub(lambda m: f"#{ord(m[0])};", line) for line in _folded(node.label))
        lines.append(f"  {names[name]}{_MERMAID_SHAPES[node.kind].format(label)}:::{node.kind}")
    for edge in graph.edges:
        arrow = "-.->" if edge.dotted else "-->"
        label = f'|"{edge.label}"|' if edge.label else ""
        lines.append(f"  {names[edge.start]} {arrow}{label} {names[edge.end]}")
    for kind in _KINDS:
        if any(node.kind == kind for node in graph.nodes.values()):
            fill, line = _FILLS[kind]
            lines.append(f"  classDef {kind} fill:{fill},stroke:{line},color:#1f2328")
    return "\n".join(lines) + "\n"


def _dot(graph: Graph) -> str:
    names = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    lines = [
        "digraph playbook {",
        '  graph [rankdir=LR, nodesep=0.15, ranksep=0.9, charset="UTF-8"]',
        '  node [fontname="sans-serif", fontsize=11, margin="0.12,0.06"]',
        '  edge [fontname="sans-serif", fontsize=9, color="#8c959f", arrowsize=0.7]',
    ]
    for name, node in graph.nodes.items():
        label = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in _folded(node.label))
        fill, line = _FILLS[node.kind]
        shape = _DOT_SHAPES[node.kind]
        lines.append(f'  {names[name]} [label="{label}", shape={shape}, fillcolor="{fill}", color="{line}"]')
    for edge in graph.edges:
        attributes = [f'label="{edge.label}"'] if edge.label else []
        attributes += ["style=dashed"] if edge.dotted else []
        more = f" [{', '.join(attributes)}]" if attributes else ""
        lines.append(f"  {names[edge.start]} -> {names[edge.end]}{more}")
    return "\n".join([*lines, "}"]) + "\n"


def _svg(text: str) -> str:
    import shutil
    import subprocess

    program = shutil.which("dot")
    if program is None:
        raise UsageError("G001")
    done = subprocess.run([program, "-Tsvg"], input=text.encode(), capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise UsageError("G002", text=done.stderr.decode(errors="replace").strip())
    return done.stdout.decode()


def _folded(label: str) -> list[str]:
    """A label in lines of about the same width, broken after a space or a full-width character."""
    words = re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+", clean(label))
    lines, line, width = [], "", 0.0
    total = sum(map(_width, words))
    limit = total / math.ceil(total / _WIDEST) if total else _WIDEST
    for word in words:
        if line and width + _width(word) / 2 > limit and word not in _NO_START:
            lines.append(line.rstrip())
            line, width = "", 0.0
        line, width = line + word, width + _width(word)
    return [*lines, line.rstrip()]


def _width(word: str) -> float:
    return sum(1.0 if char >= "\u2e80" else 0.55 for char in word)
