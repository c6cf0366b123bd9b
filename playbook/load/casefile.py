"""Sidecar tests: `gates.test.yaml` beside `gates.yaml`, a list of cases with facts and what must come of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path

from playbook.errors import Finding, Location, UsageError
from playbook.load.deal import deal_from
from playbook.load.supposition import read_setting, with_settings
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, not_a_mapping, read_file, read_text
from playbook.model.cases import Case, ExpectedCard
from playbook.model.facts import Deal, FactKey
from playbook.model.rules import AUDIENCES
from playbook.model.values import Value, read_date
from playbook.model.vocabulary import Text, Vocabulary, nearest

Report = Callable[[Finding], None]

SUFFIXES = (".test.yaml", ".test.yml")
DAY = date(2026, 11, 21)  # the day of cases that name none
STATUSES = ("shown", "clustered", "guarded", "other-audience")
EXPECTED_KEYS = ("fires", "silent", "concludes", "cards")
CASE_KEYS = ("name", "as_of", "facts", "for", "variants", *EXPECTED_KEYS)
VARIANT_KEYS = ("name", "set", "for", *EXPECTED_KEYS)
CARD_KEYS = ("status", "person", "do", "held_by")


# Files as they were read last: a program that looks again and again (watching, tests) reads only what changed.
_READ: dict[tuple[Path, str], tuple[bytes, _CaseReader]] = {}


def case_files(roots: Collection[Path]) -> list[Path]:
    """The sidecar files among files and below folders, in order. A rule file stands for its sidecar."""
    found: dict[Path, None] = {}
    for root in roots:
        if root.is_dir():
            found |= dict.fromkeys(sorted(p for suffix in SUFFIXES for p in root.rglob(f"*{suffix}")))
        elif root.name.endswith(SUFFIXES):
            found[root] = None
        else:
            found[sidecar_of(root)] = None
    return list(found)


def sidecar_of(rule_file: Path) -> Path:
    """`rules/gates/gates.test.yaml` for `rules/gates/gates.yaml`."""
    return rule_file.with_name(f"{rule_file.stem}{SUFFIXES[0]}")


def read_cases(
    path: Path, vocabulary: Vocabulary, rules: Collection[str], report: Report, shown: str = ""
) -> list[Case]:
    """The cases of a sidecar file, variants as cases of their own; what cannot be read is reported and left out.

    `rules`: the ids of all rules there are. `shown`: the name that findings give the file.
    """
    data = path.read_bytes() if path.is_file() else b""
    if (path, shown) not in _READ or _READ[path, shown][0] != data:
        reader = _CaseReader(shown or str(path), vocabulary)
        reader.read(read_file(path, reader.out, shown))
        _READ[path, shown] = (data, reader)
    return _READ[path, shown][1].found(rules, report)


def parse_cases(
    text: str, vocabulary: Vocabulary, rules: Collection[str], report: Report, file: str = "rules.test.yaml"
) -> list[Case]:
    """Like `read_cases`, from text."""
    reader = _CaseReader(file, vocabulary)
    reader.read(read_text(text, file, reader.out))
    return reader.found(rules, report)


class _CaseReader:
    """Reads a file's cases, and notes which rules they name: whether those exist is asked each time anew."""

    def __init__(self, file: str, vocabulary: Vocabulary) -> None:
        self.file = file
        self.vocabulary = vocabulary
        self.findings: list[Finding] = []
        self.out: Report = self.findings.append
        self.named: list[tuple[str, Location]] = []
        self.all: list[Case] = []

    def read(self, root: Node | None) -> None:
        if isinstance(root, Sequence):
            self.all = [case for node in root.items for case in self.cases(node)]
        elif root is not None:
            self.out(not_a_mapping("C001", root))

    def found(self, rules: Collection[str], report: Report) -> list[Case]:
        """The cases; what is wrong with the file is reported, and every rule that does not exist."""
        for finding in self.findings:
            report(finding)
        for rule, at in self.named:
            if rule not in rules:
                report(Finding("C005", at, {"rule": rule, "near": nearest(rule, rules)}))
        return self.all

    def report(self, code: str, at: Location, **args: str) -> None:
        self.out(Finding(code, at, args))

    def cases(self, node: Node) -> Iterator[Case]:
        found = self._keys(node, CASE_KEYS)
        if found is None:
            return
        for key in ("name", "facts"):
            if key not in found:
                self.report("C003", node.at, key=key)
        name = self._name(found.get("name"))
        as_of = self._day(found.get("as_of"))
        if "facts" not in found:
            return
        deal = deal_from(found["facts"], self.file, self.vocabulary, as_of, self.out)
        if deal is None:
            return
        variants = found.get("variants")
        if variants is None or any(key in found for key in EXPECTED_KEYS):
            yield self._case(found, name, node.at, deal)
        for each in _items(variants):
            yield from self._variant(each, found, name, deal)

    def _variant(self, node: Node, base: dict[str, Node], name: Text, deal: Deal) -> Iterator[Case]:
        found = self._keys(node, VARIANT_KEYS)
        if found is None:
            return
        if "for" in base:
            found.setdefault("for", base["for"])
        settings = found.get("set")
        if not isinstance(settings, Mapping):
            self.report("C003", node.at, key="set")
            return
        for key, value in settings.entries:
            deal = self._with(deal, key, value)
        own = self._name(found["name"]) if "name" in found else _spelt(settings)
        yield self._case(found, Text(f"{name.zh} · {own.zh}", f"{name.en} · {own.en}"), node.at, deal)

    def _with(self, deal: Deal, key: Scalar, value: Node) -> Deal:
        try:
            return with_settings(deal, [f"{key.text}={_joined(value)}"], self.vocabulary)
        except UsageError as error:
            self._move(error, key.at)
            return deal

    def _move(self, error: UsageError, at: Location) -> None:
        """Reports what is wrong with a setting at its place in the file."""
        for finding in error.findings:
            self.out(Finding(finding.code, at, finding.args))

    def _case(self, found: dict[str, Node], name: Text, at: Location, deal: Deal) -> Case:
        case = Case(
            name=name,
            at=at,
            as_of=deal.today,
            deal=deal,
            fires=self._ids(found.get("fires")),
            silent=self._ids(found.get("silent")),
            concludes=tuple(self._concluded(found.get("concludes"), deal)),
            cards=tuple(self._cards(found.get("cards"))),
            audience=self._choice(found["for"], AUDIENCES) if "for" in found else "rep",
        )
        if not any(key in found for key in EXPECTED_KEYS):
            self.report("C004", at)
        return case

    def _ids(self, node: Node | None) -> tuple[str, ...]:
        return tuple(self._id(each) for each in _items(node) if isinstance(each, Scalar))

    def _id(self, node: Scalar) -> str:
        self.named.append((node.text, node.at))
        return node.text

    def _concluded(self, node: Node | None, deal: Deal) -> Iterator[tuple[FactKey, Value]]:
        for key, value in self._entries(node):
            try:
                fact, content = read_setting(deal, f"{key.text}={_joined(value)}", self.vocabulary, stated=False)
            except UsageError as error:
                self._move(error, key.at)
                continue
            for each in content if isinstance(content, tuple) else (content,):
                if each is not None:
                    yield fact, each

    def _cards(self, node: Node | None) -> Iterator[ExpectedCard]:
        for key, value in self._entries(node):
            rule = self._id(key)
            for each in _items(value):
                found = self._keys(each, CARD_KEYS)
                if found is None:
                    continue
                status = self._choice(found["status"], STATUSES) if "status" in found else ""
                person, do, held_by = (_text(found.get(name)) for name in CARD_KEYS[1:])
                if held_by:
                    self.named.append((held_by, found["held_by"].at))
                yield ExpectedCard(rule, key.at, status, person, do, held_by)

    # Pieces

    def _keys(self, node: Node, known: tuple[str, ...]) -> dict[str, Node] | None:
        if not isinstance(node, Mapping):
            self.out(not_a_mapping("C001", node))
            return None
        for key, _ in node.entries:
            if key.text not in known:
                self.report("C002", key.at, key=key.text, near=nearest(key.text, known), known=", ".join(known))
        return {k.text: v for k, v in node.entries if not (isinstance(v, Scalar) and v.is_null)}

    def _entries(self, node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
        if node is not None and not isinstance(node, Mapping):
            self.out(not_a_mapping("C001", node))
        return node.entries if isinstance(node, Mapping) else ()

    def _name(self, node: Node | None) -> Text:
        if isinstance(node, Mapping):
            zh, en = (_text(node.get(lang)) for lang in ("zh", "en"))
            return Text(zh or en, en or zh)
        return Text(_text(node), _text(node))

    def _day(self, node: Node | None) -> date:
        day = read_date(_text(node), None) if node is not None else DAY
        if node is not None and day is None:
            self.report("R011", node.at, text=_text(node))
        return day or DAY

    def _choice(self, node: Node, known: tuple[str, ...]) -> str:
        word = _text(node)
        if word not in known:
            self.report("R010", node.at, text=word, known=", ".join(known), near=nearest(word, known))
        return word


def _items(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.items if isinstance(node, Sequence) else (node,)


def _text(node: Node | None) -> str:
    return node.text.strip() if isinstance(node, Scalar) and not node.is_null else ""


def _joined(node: Node) -> str:
    """A value as text; a list as its values with commas."""
    return ", ".join(_text(each) for each in _items(node))


def _spelt(settings: Mapping) -> Text:
    text = "; ".join(f"{key.text}: {_joined(value)}" for key, value in settings.entries)
    return Text(text, text)
