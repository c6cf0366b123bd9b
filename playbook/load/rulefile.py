"""Rule files: from YAML to `Rule`, every error with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playbook.errors import Location, both
from playbook.load.conditions import ConditionReader, Report, Scope
from playbook.load.conditions import parse_conditions as parse_conditions
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, not_a_mapping, read_file, read_text
from playbook.model.rulebook import is_table
from playbook.model.rules import (
    AUDIENCES,
    GATES,
    KINDS,
    PARTIES,
    PRIORITIES,
    Advise,
    Ask,
    Conclude,
    Due,
    Guard,
    Rule,
)
from playbook.model.texts import malformed, placeholders
from playbook.model.values import TYPE_NAMES, Value, means_unknown, read_date, read_scalar
from playbook.model.vocabulary import Field, Text, Vocabulary, nearest

if TYPE_CHECKING:
    from playbook.load.tables.tablefile import Table

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DUE = re.compile(r"(\d{1,3})\s*([dw])")
_DUE_FIELD = re.compile(r"([a-z]\w*\.[a-z]\w*)(?:\s*([+-])\s*(\d{1,3})d)?")
RULE_KEYS = (
    "id", "title", "source", "audience", "when", "advise", "ask", "conclude", "guard",
    "owner", "status", "effective", "replaces", "reason",
)  # fmt: skip
ADVISE_KEYS = ("kind", "priority", "due", "cluster", "gate", "person", "party", "do", "why", "say")
ASK_KEYS = ("field", "question", "whom", "why", "priority", "due", "cluster", "gate", "person", "party")
# Kinds of card that are words for the customer's ear unless the rule says otherwise.
_SPOKEN = ("talk-track", "question")
GUARD_KEYS = ("effect", "rules", "clusters", "sources", "parties", "reason", "do", "person")


def read_rules(path: Path, vocabulary: Vocabulary, pack: str, report: Report, shown: str = "") -> list[Rule]:
    """The rules of a YAML file or decision table; what cannot be read is reported and left out."""
    if is_table(path):
        from playbook.load.tables.tablefile import read_table  # only where there is one

        return table_rules(read_table(path, vocabulary, report, shown), vocabulary, pack, report)
    return _rules(read_file(path, report, shown), vocabulary, pack, report)


def table_rules(table: Table, vocabulary: Vocabulary, pack: str, report: Report) -> list[Rule]:
    """The rules of a decision table, every fault told about a cell."""
    return _rules(table.root, vocabulary, pack, table.at_cells(report))


def parse_rules(
    text: str, vocabulary: Vocabulary, report: Report, file: str = "rules.yaml", pack: str = ""
) -> list[Rule]:
    """Like `read_rules`, from text."""
    return _rules(read_text(text, file, report), vocabulary, pack, report)


def _rules(root: Node | None, vocabulary: Vocabulary, pack: str, report: Report) -> list[Rule]:
    if root is None:
        return []
    if not isinstance(root, Sequence):
        report(not_a_mapping("R001", root))
        return []
    reader = _RuleReader(vocabulary, pack, report)
    return [rule for node in root.items if (rule := reader.rule(node)) is not None]


class _RuleReader(ConditionReader):
    def __init__(self, vocabulary: Vocabulary, pack: str, report: Report) -> None:
        super().__init__(vocabulary, report)
        self.pack = pack

    def rule(self, node: Node) -> Rule | None:
        if not isinstance(node, Mapping):
            self.take(not_a_mapping("R002", node))
            return None
        self.failed = False
        self.aliases = {}
        found = self._keys(node, RULE_KEYS, "rule") or {}
        ident = self._ident(found.get("id"), node.at)
        scope = Scope()
        when = self.conditions(found["when"], scope) if "when" in found else ()
        if "when" not in found:
            self.report("R003", node.at, key="when", id=ident)
        if not any(_holds_something(found.get(key)) for key in ("advise", "ask", "conclude", "guard")):
            self.report("R004", node.at, id=ident)
        since, until = self._effective(found.get("effective"))
        rule = Rule(
            id=ident,
            title=self._text(found.get("title"), scope, node.at, "title"),
            when=when,
            at=node.at,
            source=self._words(found.get("source")),
            audience=self._audience(found.get("audience")),
            advise=self._advise(found["advise"], scope) if "advise" in found else None,
            ask=self._ask(found["ask"], scope) if "ask" in found else None,
            conclude=self._conclude(found["conclude"], scope) if "conclude" in found else (),
            guard=self._guard(found["guard"], scope) if "guard" in found else None,
            owner=self._word(found.get("owner")),
            status=self._choice(found.get("status"), ("draft", "active", "retired"), "active"),
            since=since,
            until=until,
            pack=self.pack,
            replaces=self._word(found.get("replaces")),
            reason=self._text(found["reason"], scope, node.at, "reason") if "reason" in found else Text(),
        )
        return None if self.failed else rule

    def _keys(self, node: Node | None, known: tuple[str, ...], what: str) -> dict[str, Node] | None:
        """The values by key, empty ones left out; None when the node holds no keys (then reported)."""
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self.take(not_a_mapping("R005", node, what=what))
            return None
        for key, _ in node.entries:
            if key.text not in known:
                self.report(
                    "R006", key.at, key=key.text, what=what, near=nearest(key.text, known), known=", ".join(known)
                )
        return {k.text: v for k, v in node.entries if k.text in known and not (isinstance(v, Scalar) and v.is_null)}

    def _ident(self, node: Node | None, at: Location) -> str:
        if node is None:
            self.report("R003", at, key="id")
            return ""
        text = self._word(node)
        if not ID.fullmatch(text):
            self.report("R008", node.at, text=text)
        return text

    def _word(self, node: Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.report("R009", node.at)
            return ""
        return node.text.strip()

    def _words(self, node: Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        return tuple(self._word(each) for each in _items(node))

    def _choice(self, node: Node | None, known: tuple[str, ...], default: str) -> str:
        word = self._word(node) or default
        if word not in known and node is not None:
            self.report("R010", node.at, text=word, known=", ".join(known), near=nearest(word, known))
        return word

    def _audience(self, node: Node | None) -> tuple[str, ...]:
        words = {self._choice(each, AUDIENCES, "") for each in _items(node)} if node else set()
        return tuple(a for a in AUDIENCES if a in words) or AUDIENCES

    def _effective(self, node: Node | None) -> tuple[date | None, date | None]:
        found = self._keys(node, ("from", "until"), "effective") or {}
        since, until = (self._day(found.get(key)) for key in ("from", "until"))
        if since and until and since > until:
            self.report("R054", found["from"].at, low=str(since), high=str(until))
        return since, until

    def _day(self, node: Node | None) -> date | None:
        word = self._word(node)
        day = read_date(word, None)
        if node is not None and day is None:
            self.report("R011", node.at, text=word)
        return day

    def _text(self, node: Node | None, scope: Scope, at: Location, key: str) -> Text:
        if node is None:
            self.report("R003", at, key=key)
            return Text()
        if not isinstance(node, Mapping):
            self.take(not_a_mapping("R012", node, key=key))
            return Text()
        found = self._keys(node, ("zh", "en"), key) or {}
        texts = {lang: self._word(found.get(lang)) for lang in ("zh", "en")}
        if not any(texts.values()):
            self.report("R012", node.at, key=key)
        for lang, text in texts.items():
            if text:
                self._check_text(text, found[lang].at, scope)
        return Text(texts["zh"], texts["en"])

    def _check_text(self, text: str, at: Location, scope: Scope) -> None:
        for piece in malformed(text):
            self.report("R013", at, piece=piece)
        for place in placeholders(text):
            alias, name = place.alias, place.name
            if alias in scope.unread or (alias == "param" if name else alias == "today" or alias in scope.lists):
                continue
            entity = self.entity_of(alias, scope)
            if entity is None:
                near = nearest(alias, [*scope.items, *scope.lists, *self.vocabulary.entities])
                self.report("R014", at, alias=f"{alias}.{name}" if alias in scope.lists else alias, near=near)
            elif name and name not in entity.fields:
                self.unknown_field(entity, name, at)

    def _advise(self, node: Node, scope: Scope) -> Advise | None:
        found = self._keys(node, ADVISE_KEYS, "advise")
        if found is None:
            return None
        kind = self._required_choice(found.get("kind"), KINDS, node.at, "kind")
        return Advise(
            kind=kind,
            priority=self._required_choice(found.get("priority"), PRIORITIES, node.at, "priority"),
            do=self._text(found.get("do"), scope, node.at, "do"),
            why=self._text(found.get("why"), scope, node.at, "why"),
            due=self._due(found.get("due")),
            cluster=self._word(found.get("cluster")),
            gate=self._gate(found.get("gate")),
            person=self._person(found.get("person"), scope),
            say=self._text(found["say"], scope, node.at, "say") if "say" in found else Text(),
            party=self._choice(found.get("party"), PARTIES, default_party(kind)),
        )

    def _ask(self, node: Node, scope: Scope) -> Ask | None:
        found = self._keys(node, ASK_KEYS, "ask")
        if found is None:
            return None
        return Ask(
            field=self._asked(found.get("field"), scope, node.at),
            question=self._text(found.get("question"), scope, node.at, "question"),
            whom=self._text(found.get("whom"), scope, node.at, "whom"),
            why=self._text(found.get("why"), scope, node.at, "why"),
            priority=self._choice(found.get("priority"), PRIORITIES, "normal"),
            due=self._due(found.get("due")),
            cluster=self._word(found.get("cluster")),
            gate=self._gate(found.get("gate")),
            person=self._person(found.get("person"), scope),
            party=self._choice(found.get("party"), PARTIES, "customer"),
        )

    def _asked(self, node: Node | None, scope: Scope, at: Location) -> str:
        if node is None:
            self.report("R003", at, key="field")
            return ""
        key = self._word(node)
        alias, _, name = key.partition(".")
        entity = self.entity_of(alias, scope)
        if alias not in scope.unread and (entity is None or name not in entity.fields):
            self.report("R039", node.at, text=key)
        return key

    def _guard(self, node: Node, scope: Scope) -> Guard | None:
        found = self._keys(node, GUARD_KEYS, "guard")
        if found is None:
            return None
        effect: Any = self._choice(found.get("effect"), ("hold", "rewrite"), "hold")
        if effect == "rewrite" and "do" not in found:
            self.report("R003", node.at, key="do")
        rules, clusters, sources = (self._words(found.get(key)) for key in ("rules", "clusters", "sources"))
        parties = (
            tuple(self._choice(each, PARTIES, "") for each in _items(found["parties"])) if "parties" in found else ()
        )
        if not (rules or clusters or sources or parties):
            self.report("R040", node.at)
        rewritten = scope.copy()
        rewritten.lists.add("do")
        return Guard(
            effect=effect,
            reason=self._text(found.get("reason"), scope, node.at, "reason"),
            rules=rules,
            clusters=clusters,
            sources=sources,
            parties=parties,
            do=self._text(found["do"], rewritten, node.at, "do") if "do" in found else Text(),
            person=self._person(found.get("person"), scope),
        )

    def _conclude(self, node: Node, scope: Scope) -> tuple[Conclude, ...]:
        if not isinstance(node, Mapping):
            self.take(not_a_mapping("R005", node, what="conclude"))
            return ()
        out = []
        for key, value in node.entries:
            alias, _, name = key.text.strip().partition(".")
            entity = self.entity_of(alias, scope)
            if alias in scope.unread:
                continue
            if entity is None or name not in entity.fields:
                self.report("R039", key.at, text=key.text)
                continue
            read = self._concluded(entity.fields[name], value)
            if read is not None:
                out.append(Conclude(alias, entity.name, name, read, key.at))
        return tuple(out)

    def _concluded(self, target: Field, node: Node) -> Value | None:
        """The value that a rule states; one cannot conclude that something is unknown."""
        text = node.text if isinstance(node, Scalar) else "…"
        read = read_scalar(target, text, None) if isinstance(node, Scalar) and not means_unknown(text, target) else None
        named = {"text": text, **both("label", target.label.zh, target.key)}
        if read is None and target.is_enum:
            near = nearest(text, target.choice_by_name)
            self.report("R028", node.at, **named, near=near, choices=", ".join(target.label_of))
        elif read is None:
            name = TYPE_NAMES[target.type]
            self.report("R030", node.at, **named, **both("type", name.zh, name.en))
        return read

    def _required_choice(self, node: Node | None, known: tuple[str, ...], at: Location, key: str) -> str:
        if node is None:
            self.report("R003", at, key=key)
            return known[0]
        return self._choice(node, known, known[0])

    def _gate(self, node: Node | None) -> str:
        return self._choice(node, GATES, "") if node is not None else ""

    def _person(self, node: Node | None, scope: Scope) -> str:
        alias = self._word(node)
        if alias and node is not None and alias not in scope.unread and scope.items.get(alias) != "stakeholder":
            self.report("R041", node.at, alias=alias, near=nearest(alias, scope.items))
        return alias

    def _due(self, node: Node | None) -> Due | None:
        text = self._word(node)
        if not text or node is None:
            return None
        if text == "today":
            return Due(0)
        if match := _DUE.fullmatch(text):
            return Due(int(match[1]) * (7 if match[2] == "w" else 1))
        match = _DUE_FIELD.fullmatch(text)
        target = self.vocabulary.field(match[1]) if match else None
        once = target is not None and not self.vocabulary.entities[target.entity].repeats
        if match is None or target is None or target.type != "date" or not once:
            self.report("R042", node.at, text=text)
            return None
        shift = int((match[2] or "+") + (match[3] or "0"))
        return Due(shift, target.key)


def default_party(kind: str) -> str:
    """Whom a card has one deal with when the rule does not say."""
    return "customer" if kind in _SPOKEN else "us"


def _holds_something(node: Node | None) -> bool:
    return node is not None and (not isinstance(node, Mapping) or bool(node.entries))


def _items(node: Node) -> Iterable[Node]:
    return node.items if isinstance(node, Sequence) else (node,)
