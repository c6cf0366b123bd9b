"""The playbook as pages to browse, in Markdown or static HTML: by subject, document and fact, with every rule."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule
from playbook.model.vocabulary import Entity, Field
from playbook.render.clean import clean
from playbook.render.docs.rulepage import RuleReader, RuleView, parameters_of
from playbook.render.docs.words import axis_of, doc_words, file_label, folder_label
from playbook.resources import templates_folder

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FORMATS = ("md", "html")
_MARKS = ("<!-- playbook rules docs -->", 'content="playbook rules docs"')
_MARK_WITHIN = 400  # characters of a page
_MARKDOWN = re.compile(r"^\s*[-+=]|^\s*\d+[.)](?!\S)|[\\`*_\[\]<>{}#|~&$]")
_NAME = re.compile(r"[^\w-]+")


class Ref(NamedTuple):
    text: str
    href: Markup


class _Target(NamedTuple):
    """A page without its ending, seen from the folder of a language, and a place on it."""

    page: str
    anchor: str = ""


class _Rule(NamedTuple):
    """A rule on a page, with what it points to."""

    view: RuleView
    targets: tuple[Ref, ...]
    origins: tuple[Ref, ...]
    facts: tuple[Ref, ...]
    fed_by: tuple[Ref, ...]
    feeds: tuple[Ref, ...]
    guards: tuple[Ref, ...]


def pages(readers: Iterable[RuleReader], form: str) -> dict[str, str]:
    """Every page by its path: a folder for each reader's language, and a first page where there are several."""
    readers = list(readers)
    languages = [reader.w.lang for reader in readers]
    found: dict[str, str] = {}
    for reader in readers:
        found |= _Site(reader, form, languages).pages()
    if len(readers) > 1:
        found[f"index.{form}"] = _start(readers, form)
    return found


def is_page(path: Path) -> bool:
    """Whether a file is a page that this module wrote."""
    try:
        with path.open(encoding="utf-8") as file:
            head = file.read(_MARK_WITHIN)
    except (OSError, UnicodeDecodeError):
        return False
    return any(mark in head for mark in _MARKS)


def _start(readers: list[RuleReader], form: str) -> str:
    from markupsafe import Markup

    words = readers[0].words
    refs = [Ref(doc_words(r.w.lang)["language"], Markup(f"{r.w.lang}/index.{form}")) for r in readers]  # noqa: S704
    titles = " · ".join(doc_words(reader.w.lang)["playbook"] for reader in readers)
    return _render("start", form, w=words, title=titles, lang=words["html_lang"], crumbs=[], other=None, languages=refs)


class _Site:
    """The pages of one language."""

    def __init__(self, reader: RuleReader, form: str, languages: list[str]) -> None:
        self.reader = reader
        self.book: Rulebook = reader.rulebook
        self.ties = reader.ties
        self.words = reader.words
        self.lang = reader.w.lang
        self.form = form
        self._others = [lang for lang in languages if lang != self.lang]
        self._files: dict[tuple[str, str], list[Rule]] = {}
        for rule in sorted(self.book.rules, key=lambda rule: (axis_of(rule), rule.at, rule.id)):
            self._files.setdefault(axis_of(rule), []).append(rule)

    def pages(self) -> dict[str, str]:
        found = dict([self._index()])
        for place, rules in self._files.items():
            found |= [self._axis(place, rules)]
        for document in dict.fromkeys(ident.split("-")[0] for ident in self.book.tactics):
            found |= [self._document(document)]
        for entity in self.book.vocabulary.entities.values():
            found |= [self._entity(entity)]
        return found | dict([self._parameters(), self._clusters(), self._guards()])

    def _page(self, name: str, template: str, title: str, **content: Any) -> tuple[str, str]:
        """The path and text of a page; targets in its content become links from there."""
        words = self.words
        crumbs = [] if name == "index" else [(words["playbook"], self._href(name, _Target("index")))]
        other = None
        if self._others:
            lang = self._others[0]
            other = (doc_words(lang)["language"], self._href(name, _Target(name), lang))
        text = _render(
            template, self.form, w=words, title=title, lang=words["html_lang"], crumbs=crumbs, other=other, **content
        )
        return f"{self.lang}/{name}.{self.form}", text

    def _href(self, start: str, target: _Target, lang: str = "") -> Markup:
        from markupsafe import Markup

        page = f"{lang or self.lang}/{target.page}.{self.form}"
        path = os.path.relpath(page, os.path.dirname(f"{self.lang}/{start}")).replace(os.sep, "/")
        path = "" if page == f"{self.lang}/{start}.{self.form}" and target.anchor else quote(path)
        return Markup(path + (f"#{quote(target.anchor)}" if target.anchor else ""))  # noqa: S704 - quoted

    def _ref(self, start: str, text: str, page: str, anchor: str = "") -> Ref:
        return Ref(text, self._href(start, _Target(page, anchor)))

    # Links to one thing from a page

    def _rule_ref(self, start: str, ident: str) -> Ref:
        page = _file_page(*axis_of(self.book.rule_by_id[ident]))
        return self._ref(start, self.reader.title(ident), page, ident)

    def _rule_refs(self, start: str, idents: Iterable[str]) -> tuple[Ref, ...]:
        return tuple(self._rule_ref(start, ident) for ident in idents)

    def _field_ref(self, start: str, key: str, more: str = "") -> Ref:
        text = self.reader.label(key)
        if more:
            text = self.words["bracket"].format(x=text, y=more)
        return self._ref(start, text, f"facts/{key.partition('.')[0]}", key)

    # Pages

    def _index(self) -> tuple[str, str]:
        folders: dict[str, list[tuple[Ref, int]]] = {}
        for (folder, file), rules in self._files.items():
            ref = self._ref("index", file_label(folder, file, self.lang), _file_page(folder, file))
            folders.setdefault(folder, []).append((ref, len(rules)))
        documents: dict[str, list[str]] = {}
        for ident in self.book.tactics:
            documents.setdefault(ident.split("-")[0], []).append(ident)
        encoded = {ident for rule in self.book.rules for ident in rule.source}
        entities = self.book.vocabulary.entities.values()
        text = self.reader.w.text
        return self._page(
            "index",
            "index",
            self.words["playbook"],
            counts={
                "rules": len(self.book.rules),
                "documents": len(documents),
                "tactics": len(self.book.tactics),
                "fields": sum(len(entity.fields) for entity in entities),
                "parameters": len(self.book.parameters),
            },
            folders=[{"label": folder_label(f, self.lang), "files": files} for f, files in folders.items()],
            documents=[
                (
                    self._ref("index", text(self.book.tactics[idents[0]].document), f"documents/{key}"),
                    len(idents),
                    len(encoded.intersection(idents)),
                )
                for key, idents in documents.items()
            ],
            entities=[(self._ref("index", text(e.label), f"facts/{e.name}"), len(e.fields)) for e in entities],
            reference=[
                self._ref("index", self.words[f"{name}_title"], name) for name in ("parameters", "clusters", "guards")
            ],
            changes=self.reader.changes(),
        )

    def _axis(self, place: tuple[str, str], rules: list[Rule]) -> tuple[str, str]:
        name = _file_page(*place)
        title = f"{folder_label(place[0], self.lang)}{self.words['colon']}{file_label(*place, self.lang)}"
        contents = self._rule_refs(name, (rule.id for rule in rules))
        return self._page(name, "axis", title, contents=contents, rules=[self._rule(name, rule) for rule in rules])

    def _rule(self, name: str, rule: Rule) -> _Rule:
        view = self.reader.view(rule)
        count = self.words["feeds_count"]
        return _Rule(
            view,
            self._rule_refs(name, (target for output in view.outputs for target in output.targets)),
            tuple(self._ref(name, o.text, f"documents/{o.tactic.split('-')[0]}", o.tactic) for o in view.origins),
            tuple(self._field_ref(name, key) for key in self.ties.tested(rule)),
            tuple(self._field_ref(name, tie.field) for tie in view.fed_by),
            tuple(self._field_ref(name, tie.field, count.format(n=len(tie.rules))) for tie in view.feeds),
            self._rule_refs(name, (ident for ident, _ in view.guards)),
        )

    def _document(self, document: str) -> tuple[str, str]:
        name = f"documents/{document}"
        tactics = [tactic for ident, tactic in self.book.tactics.items() if ident.split("-")[0] == document]
        rules: dict[str, list[str]] = {}
        for rule in self.book.rules:
            for ident in rule.source:
                rules.setdefault(ident, []).append(rule.id)
        sections: dict[str, list[dict[str, Any]]] = {}
        for tactic in tactics:
            refs = self._rule_refs(name, rules.get(tactic.id, ()))
            sections.setdefault(self.reader.w.text(tactic.section), []).append({"id": tactic.id, "rules": refs})
        return self._page(
            name,
            "document",
            self.reader.w.text(tactics[0].document),
            number=tactics[0].number,
            n=len(tactics),
            m=sum(tactic.id in rules for tactic in tactics),
            sections=[{"label": label, "tactics": found} for label, found in sections.items()],
        )

    def _entity(self, entity: Entity) -> tuple[str, str]:
        name = f"facts/{entity.name}"
        contents = [self._ref(name, self.reader.w.label(field), name, field.key) for field in entity.fields.values()]
        fields = [self._field(name, field) for field in entity.fields.values()]
        return self._page(name, "entity", self.reader.w.text(entity.label), contents=contents, fields=fields)

    def _field(self, name: str, field: Field) -> dict[str, Any]:
        words, ties = self.words, self.ties
        facts = [(words["field_type"], words["types"][field.type])]
        if field.unit:
            facts.append((words["unit"], words["units"][field.unit]))
        if field.range:
            low, high = map(self.reader.w.number, field.range)
            facts.append((words["range"], words["between"].format(a=low, b=high)))
        facts.append((words["tier"], words["tiers"][field.tier]))
        uses = (
            (words["concluded_by"], ties.concluding.get(field.key, ())),
            (words["asked_by"], ties.asking.get(field.key, ())),
            (words["tested_by"], ties.testing.get(field.key, ())),
        )
        order = {value: place for place, value in enumerate(field.order)}
        choices = sorted(field.choices, key=lambda choice: order.get(choice[0], len(order))) if order else field.choices
        return {
            "key": field.key,
            "label": self.reader.w.label(field),
            "facts": facts,
            "is_ordered": bool(order),
            "choices": [(value, self.reader.w.text(label)) for value, label in choices],
            "uses": [(label, self._rule_refs(name, rules)) for label, rules in uses if rules],
        }

    def _parameters(self) -> tuple[str, str]:
        users: dict[str, list[str]] = {}
        for rule in self.book.rules:
            for parameter in parameters_of(rule):
                users.setdefault(parameter, []).append(rule.id)
        text = self.reader.w.text
        rows = [
            {
                "name": p.name,
                "label": text(p.label),
                "value": self.reader.w.number(p.value),
                "law": text(p.law),
                "rules": self._rule_refs("parameters", users.get(p.name, ())),
            }
            for p in self.book.parameters.values()
        ]
        return self._page("parameters", "parameters", self.words["parameters_title"], parameters=rows)

    def _clusters(self) -> tuple[str, str]:
        rules: dict[str, list[str]] = {}
        for rule in self.book.rules:
            for name in dict.fromkeys(card.cluster for card in (rule.advise, rule.ask) if card is not None):
                rules.setdefault(name, []).append(rule.id)
        rows = [
            {
                "name": cluster.name,
                "label": self.reader.w.text(cluster.label),
                "limit": cluster.limit,
                "rules": self._rule_refs("clusters", rules.get(cluster.name, ())),
            }
            for cluster in self.book.clusters.values()
        ]
        return self._page("clusters", "clusters", self.words["clusters_title"], clusters=rows)

    def _guards(self) -> tuple[str, str]:
        rows = []
        for rule in self.book.rules:
            if rule.guard is None:
                continue
            rows.append(
                {
                    "id": rule.id,
                    "ref": self._rule_ref("guards", rule.id),
                    "effect": self.words[f"guard_{rule.guard.effect}"],
                    "when": self.reader.plain(rule).sentence(rule.when),
                    "lines": self.reader.view(rule).outputs[-1].lines,
                    "rules": self._rule_refs("guards", self.ties.governed(rule)),
                }
            )
        return self._page("guards", "guards", self.words["guards_title"], guards=rows)


def _file_page(folder: str, file: str) -> str:
    return f"rules/{_NAME.sub('-', folder) or 'pack'}/{_NAME.sub('-', file)}"


# --- Templates


def _render(template: str, form: str, **content: Any) -> str:
    """A page: no blank line twice, and a newline at its end."""
    text = _environment(form).get_template(f"{template}.j2").render(kit=f"kit.{form}.j2", **content)
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept).strip() + "\n"


@cache
def _environment(form: str) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup, escape

    def finalize(value: Any) -> Any:
        if isinstance(value, Markup):
            return value
        text = clean(value)
        return escape(text) if form == "html" else Markup(_as_markdown(text))  # noqa: S704 - escaped here

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates_folder() / "docs"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # What stands in a code span or an attribute of Markdown is not read as Markdown.
    environment.filters["verbatim"] = lambda text: Markup(re.sub('[`<>"]', "'", clean(text)))  # noqa: S704
    return environment


def _as_markdown(text: str) -> str:
    """Backslashes before whatever Markdown would read as structure."""
    return _MARKDOWN.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)


def stale(folder: Path, wanted: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """Files of a folder that differ from the pages wanted (`G003`), and pages no longer wanted (`G004`)."""
    for name, text in sorted(wanted.items()):
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            yield path, "G003"
    for path in leftovers(folder, wanted):
        yield path, "G004"


def leftovers(folder: Path, wanted: dict[str, str]) -> list[Path]:
    """Pages written earlier in the same languages and format that are no longer wanted."""
    tops = {Path(name).parts[0] for name in wanted if "/" in name}
    endings = {Path(name).suffix for name in wanted}
    found = (path for top in tops for path in (folder / top).rglob("*") if path.suffix in endings)
    return sorted(p for p in found if p.relative_to(folder).as_posix() not in wanted and is_page(p))
