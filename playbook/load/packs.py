"""Packs: the built-in one, with company packs laid over it, read into a rulebook.

A company pack is a folder of rule files and an optional `pack.yaml`; it adds rules, replaces them
(`replaces:` in a rule), disables or restricts them, each with a reason, and overrides parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from playbook.errors import Finding, Location
from playbook.load.rulefile import parse_conditions, read_rules
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, not_a_mapping, read_file
from playbook.model.rulebook import Change, Cluster, Parameter, Rulebook, Tactic, digest_of, source_files
from playbook.model.rules import Guard, Rule
from playbook.model.rulestore import RuleStore
from playbook.model.values import read_number
from playbook.model.vocabulary import Text, Vocabulary, build_vocabulary, nearest
from playbook.resources import data_text, rules_folder

Report = Callable[[Finding], None]

_SETTINGS = {"parameters.yaml", "clusters.yaml", "sources.yaml", "ranking.yaml", "readiness.yaml"}
_PACK = "pack.yaml"
PACK_KEYS = ("name", "parameters", "disable", "restrict")
CHANGE_KEYS = {"disable": ("rule", "reason"), "restrict": ("rule", "when", "reason")}


# Files as they were read last: a program that looks again and again (watching, tests) reads only what changed.
_READ: dict[tuple[Path, str, str], tuple[bytes, list[Rule], list[Finding]]] = {}


def _read_rules(path: Path, vocabulary: Vocabulary, pack: str, report: Report, shown: str) -> list[Rule]:
    """Like `read_rules`, which is called only for a file that was not read before as it is."""
    key = (path, pack, shown)
    try:
        data = path.read_bytes()
    except OSError:
        return read_rules(path, vocabulary, pack, report, shown)
    if key not in _READ or _READ[key][0] != data:
        findings: list[Finding] = []
        _READ[key] = (data, read_rules(path, vocabulary, pack, findings.append, shown), findings)
    _, rules, findings = _READ[key]
    for finding in findings:
        report(finding)
    return rules


def build_rulebook(packs: list[Path], report: Report) -> Rulebook:
    """The rulebook without the checks that look at it as a whole."""
    vocabulary = build_vocabulary(_load(data_text("vocabulary.yaml")))
    builder = _Builder(vocabulary, report)
    settings = rules_folder()
    builder.parameters = _parameters(settings / "parameters.yaml")
    for pack in (None, *packs):
        builder.add_pack(pack)
    return Rulebook(
        vocabulary,
        RuleStore(builder.finished()),
        builder.parameters,
        _clusters(settings / "clusters.yaml"),
        _tactics(settings / "sources.yaml"),
        tuple(builder.changes),
        digest_of(packs),
    )


def _load(text: str) -> Any:
    import yaml

    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders


def _load_file(path: Path) -> Any:
    return _load(path.read_text(encoding="utf-8"))


def _parameters(path: Path) -> dict[str, Parameter]:
    return {
        name: Parameter(name, spec["value"], Text(**spec["label"]), Text(**spec.get("law", {})))
        for name, spec in _load_file(path).items()
    }


def _clusters(path: Path) -> dict[str, Cluster]:
    return {name: Cluster(name, Text(spec["zh"], spec["en"]), spec["limit"]) for name, spec in _load_file(path).items()}


def _tactics(path: Path) -> dict[str, Tactic]:
    loaded = _load_file(path)
    tactics = {}
    for ident, spec in loaded["tactics"].items():
        document = loaded["documents"][ident.split("-")[0]]
        title = Text(document["zh"], document["en"])
        tactics[ident] = Tactic(ident, title, document["number"], Text(**spec["section"]), spec["kind"])
    return tactics


class _Builder:
    """Lays one pack after another over the rules so far."""

    def __init__(self, vocabulary: Vocabulary, report: Report) -> None:
        self.vocabulary = vocabulary
        self.out = report
        self.rules: dict[str, Rule] = {}
        self.parameters: dict[str, Parameter] = {}
        self.changes: list[Change] = []

    def report(self, code: str, at: Location, **args: str) -> None:
        self.out(Finding(code, at, args))

    def add_pack(self, folder: Path | None) -> None:
        """Adds a pack: a folder, or a single rule file; None is the built-in pack."""
        root = folder or rules_folder()
        if not root.exists():
            self.report("P001", Location(str(root)))
            return
        shown = "rules" if folder is None else str(folder)
        settings = self._pack_settings(root) if folder else {}
        name = self._pack_name(settings, root) if folder else ""
        before = dict(self.rules)
        added: dict[str, Rule] = {}
        for _, file in (pair for pair in source_files([root] if folder else []) if pair[0] == root):
            if file.name in (_SETTINGS if folder is None else (_PACK,)):
                continue
            place = shown if file == root else f"{shown}/{file.relative_to(root).as_posix()}"
            for rule in _read_rules(file, self.vocabulary, name, self.out, place):
                self._add_rule(rule, before, added)
        self.rules |= added
        self._apply(settings, name)

    def finished(self) -> tuple[Rule, ...]:
        """The rules by id; a guard over a replaced rule governs its replacement, over a disabled one nothing."""
        followed = {change.rule: change.by for change in self.changes if change.kind in ("replace", "disable")}
        rules = [replace(r, guard=_following(r.guard, followed)) if r.guard else r for r in self.rules.values()]
        return tuple(sorted(rules, key=lambda rule: rule.id))

    def _add_rule(self, rule: Rule, before: dict[str, Rule], added: dict[str, Rule]) -> None:
        if rule.id in added:
            self.report("R043", rule.at, id=rule.id, other=str(added[rule.id].at))
            return
        if rule.replaces:
            if rule.replaces not in before:
                self.report("P002", rule.at, rule=rule.replaces, near=nearest(rule.replaces, before))
                return
            if not rule.reason.get("zh"):
                self.report("P003", rule.at, rule=rule.id)
            self.rules.pop(rule.replaces, None)
            self.changes.append(Change(rule.replaces, "replace", rule.pack, rule.reason, rule.id))
        elif rule.id in before:
            self.report("P004", rule.at, id=rule.id, other=str(before[rule.id].at))
            return
        added[rule.id] = rule

    def _pack_settings(self, root: Path) -> dict[str, Node]:
        """The entries of a pack's `pack.yaml` (none for a single file), the unknown ones reported."""
        path = root / _PACK if root.is_dir() else root
        if path.name != _PACK or not path.is_file():
            return {}
        node = read_file(path, self.out)
        if not isinstance(node, Mapping):
            if node is not None:
                self.out(not_a_mapping("P005", node))
            return {}
        self._check_keys(node, PACK_KEYS)
        return {key.text: value for key, value in node.entries if not (isinstance(value, Scalar) and value.is_null)}

    def _check_keys(self, node: Mapping, known: tuple[str, ...]) -> None:
        for key, _ in node.entries:
            if key.text not in known:
                self.report("P006", key.at, key=key.text, near=nearest(key.text, known), known=", ".join(known))

    @staticmethod
    def _pack_name(settings: dict[str, Node], root: Path) -> str:
        name = settings.get("name")
        return name.text if isinstance(name, Scalar) else root.name if root.is_dir() else root.stem

    def _apply(self, settings: dict[str, Node], pack: str) -> None:
        """Overrides parameters, then disables and restricts rules."""
        parameters = settings.get("parameters")
        if isinstance(parameters, Mapping):
            for name, value in parameters.entries:
                self._override(name, value)
        elif parameters is not None:
            self.out(not_a_mapping("P009", parameters))
        for kind in CHANGE_KEYS:
            node = settings.get(kind, Sequence((), Location(pack)))
            for item in node.items if isinstance(node, Sequence) else (node,):
                self._change(kind, item, pack)

    def _override(self, name: Scalar, node: Node) -> None:
        known = self.parameters.get(name.text)
        value = read_number(node.text) if isinstance(node, Scalar) else None
        if known is None:
            self.report("R044", name.at, name=name.text, near=nearest(name.text, self.parameters))
        elif value is None:
            self.report("P007", node.at, name=name.text)
        else:
            self.parameters[name.text] = known._replace(value=value)

    def _change(self, kind: str, node: Node, pack: str) -> None:
        rule_node = node.get("rule") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or not isinstance(rule_node, Scalar):
            self.report("P008", node.at, kind=kind)
            return
        self._check_keys(node, CHANGE_KEYS[kind])
        rule = self.rules.get(rule_node.text)
        if rule is None:
            self.report("P002", rule_node.at, rule=rule_node.text, near=nearest(rule_node.text, self.rules))
            return
        why = _reason(node.get("reason"))
        if not why.get("zh"):
            self.report("P003", node.at, rule=rule.id)
        if kind == "disable":
            del self.rules[rule.id]
        else:
            self._restrict(rule, node)
        self.changes.append(Change(rule.id, kind, pack, why))

    def _restrict(self, rule: Rule, node: Mapping) -> None:
        when = node.get("when")
        if when is None:
            self.report("R003", node.at, key="when")
            return
        extra = parse_conditions(when, self.vocabulary, self.out, after=rule.when)
        self.rules[rule.id] = replace(rule, when=(*rule.when, *extra))


def _following(guard: Guard, followed: dict[str, str]) -> Guard:
    """A guard that names rules as they are called after replacements; disabled ones drop out."""
    names = []
    for name in guard.rules:
        seen: set[str] = set()
        while name in followed and name not in seen:
            seen.add(name)
            name = followed[name]
        names.append(name)
    return guard._replace(rules=tuple(name for name in names if name))


def _reason(node: Node | None) -> Text:
    if isinstance(node, Scalar):
        text = "" if node.is_null else node.text.strip()
        return Text(text, text)
    if isinstance(node, Mapping):
        texts = {key.text: value.text for key, value in node.entries if isinstance(value, Scalar)}
        return Text(texts.get("zh", ""), texts.get("en", ""))
    return Text()
