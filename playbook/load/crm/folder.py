"""Writes imported deals into a folder: new files, or values merged into the files that are there.

`.crm-import.json` in the folder remembers which file an opportunity went to and what the CRM said then:
at the next import only what the CRM has changed since is written, so that what people added stays.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from playbook.errors import DealError, Finding, Location, UsageError, both
from playbook.load.crm.crmdata import words
from playbook.load.crm.filenames import file_names
from playbook.load.crm.merge import Change, merged, remembered
from playbook.load.crm.rows import Draft, Problems, Reject
from playbook.load.crm.table import Row, Table
from playbook.load.deal import parse_deal
from playbook.load.writing.deal import deal_text
from playbook.load.writing.update import text_of
from playbook.model.values import fold
from playbook.model.vocabulary import Lang, Vocabulary
from playbook.workspace import write

STATE = ".crm-import.json"
REJECTED = "rejected.csv"
WARNINGS = "warnings.csv"
_VERSION = 1

Progress = Callable[[int, int], None]
Content = dict[str, Any]  # of a deal file, see `dealwriter`


class Written(NamedTuple):
    """What became of one deal: a new file, or the changes to one that was there (perhaps none)."""

    path: Path
    name: str
    is_new: bool
    changes: tuple[Change, ...] = ()


@dataclass
class Outcome:
    """What an import wrote; `absent` are files of earlier imports whose deals the export no longer holds."""

    written: list[Written] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@dataclass
class Target:
    """The folder of an import and how to write into it."""

    folder: Path
    vocabulary: Vocabulary
    as_of: date
    update: bool = False
    labels: Lang = ""
    progress: Progress = lambda done, total: None


def write_deals(
    drafts: list[Draft], deal_of: Callable[[Draft], Content], target: Target, problems: Problems
) -> Outcome:
    """Writes every deal that the deal reader accepts; the others join the rejected rows of `problems`.

    `deal_of` makes the mapping of a draft's file when its turn comes. Raises `UsageError` before anything
    is written when a file is there already and `update` was not asked.
    """
    state = _read_state(target.folder)
    settled = _known_files(drafts, target, state) if target.update else {}
    there = {path.name for path in target.folder.glob("*.yaml")}
    names = file_names(drafts, settled, there if target.update else ())
    if not target.update and (double := sorted(there & set(names))):
        shown = ", ".join(double[:10]) + (" …" if len(double) > 10 else "")
        raise UsageError("I060", text=str(target.folder), names=shown, count=str(len(double)))
    outcome = Outcome()
    keys = {_key(draft) for draft in drafts}
    outcome.absent = sorted({entry["file"] for key, entry in state.items() if key not in keys})
    try:
        for n, (draft, name) in enumerate(zip(drafts, names, strict=True), 1):
            path, deal = target.folder / name, deal_of(draft)
            try:
                outcome.written.append(_write_deal(draft, deal, path, target, state))
            except DealError as error:
                problems.rejects += [Reject(row, _reasons(error, row, path)) for row in draft.rows]
            else:
                state[_key(draft)] = {
                    "file": name,
                    "values": _memory(deal, outcome.written[-1], state.get(_key(draft))),
                }
            target.progress(n, len(drafts))
    finally:  # what was written is remembered, also when the import is broken off
        if outcome.written:
            _write_state(target.folder, state)
    return outcome


def _write_deal(draft: Draft, deal: Content, path: Path, target: Target, state: Mapping[str, Any]) -> Written:
    text = deal_text(deal, target.vocabulary, target.labels)
    new = parse_deal(text, target.vocabulary, target.as_of, path.name)
    if not (target.update and path.exists()):
        write(path, text)
        return Written(path, draft.name, True)
    memory = state.get(_key(draft), {}).get("values", {})
    before = text_of(path)
    after, changes = merged(before, deal, new, memory, target.vocabulary, target.as_of, str(path))
    if after != before:
        write(path, after)
    return Written(path, draft.name, False, tuple(changes))


def _memory(deal: Content, written: Written, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the CRM said, to compare the next export with; what the file did not take counts as not said yet."""
    values, old = dict(remembered(deal)), (before or {}).get("values", {})
    for key in (change.key for change in written.changes if change.kind == "kept"):
        values.pop(key, None)
        if key in old:
            values[key] = old[key]
    return values


def _reasons(error: DealError, row: Row, path: Path) -> tuple[Finding, ...]:
    """Why a deal was not written: what the reader found in it, or in the file that is there."""
    own = {f.code: Finding(f.code, Location(path.name, row.number), f.args) for f in error.findings}
    if all(f.at.file != str(path) for f in error.findings):
        return tuple(own.values())
    found = error.findings[0]
    texts = both("text", found.text("zh"), found.text("en"))
    return (Finding("I035", Location(path.name, row.number), {"file": str(path), **texts}),)


def _key(draft: Draft) -> str:
    return "\t".join(draft.key)


def _known_files(drafts: list[Draft], target: Target, state: Mapping[str, Any]) -> dict[int, str]:
    """The files of drafts that were imported before, or that hold a deal of that name and customer."""
    found: dict[int, str] = {}
    for n, draft in enumerate(drafts):
        entry = state.get(_key(draft), {}).get("file", "")
        if entry and (target.folder / entry).exists():
            found[n] = entry
    if len(found) == len(drafts):
        return found
    used = set(found.values())
    by_name: dict[tuple[str, str], str] = {}
    for path in sorted(path for path in target.folder.glob("*.yaml") if path.name not in used):
        try:
            deal = parse_deal(text_of(path).removeprefix("\ufeff"), target.vocabulary, target.as_of, str(path))
        except DealError:
            continue
        facts = {f"{fact.item[0]}.{fact.field}": str(fact.content) for fact in deal.facts if fact.item[1] == 0}
        key = (fold(facts.get("deal.name", "")), fold(facts.get("account.name", "")))
        by_name.setdefault(key, path.name)
    for n, draft in enumerate(drafts):
        name = by_name.pop((fold(draft.name), fold(draft.account)), "") if n not in found else ""
        if name:
            found[n] = name
    return found


def _read_state(folder: Path) -> dict[str, Any]:
    """What earlier imports remembered; a damaged memory counts as none, as the files themselves are what matters."""
    try:
        loaded = json.loads((folder / STATE).read_text(encoding="utf-8"))
        deals = loaded["deals"] if loaded.get("version") == _VERSION else {}
    except (OSError, ValueError, KeyError, AttributeError):
        return {}
    return {key: entry for key, entry in deals.items() if isinstance(entry, dict) and "file" in entry}


def _write_state(folder: Path, state: Mapping[str, Any]) -> None:
    deals = (f"{_json(key)}:{_json(entry)}" for key, entry in sorted(state.items()))
    write(folder / STATE, f'{{"version":{_VERSION},"deals":{{\n' + ",\n".join(deals) + "\n}}\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_lists(folder: Path, table: Table, problems: Problems, heads: tuple[str, ...], lang: Lang) -> None:
    """Writes the rejected rows with their cells and reasons, and the cells that could not be read.

    `heads` names the added columns: row, reason, heading, cell. A list that is empty replaces one that is there.
    """
    row_head, reason_head, column_head, cell_head = heads
    semicolon = words("semicolon").get(lang)
    rejects = [
        [str(reject.row.number), semicolon.join(f.message(lang) for f in reject.findings), *reject.row.cells]
        for reject in sorted(problems.rejects, key=lambda reject: reject.row.number)
    ]
    _write_csv(folder / REJECTED, [[row_head, reason_head, *table.headings], *rejects])
    unread = [
        [str(f.at.line), f.args.get("heading", ""), f.args.get("text", ""), f.message(lang)]
        for f in sorted(problems.warnings, key=lambda f: f.at)
    ]
    _write_csv(folder / WARNINGS, [[row_head, column_head, cell_head, reason_head], *unread])


def _write_csv(path: Path, rows: list[list[str]]) -> None:
    if len(rows) == 1 and not path.exists():
        return
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_guarded(cell) for cell in row] for row in rows)
    write(path, "\ufeff" + out.getvalue())


def _guarded(cell: str) -> str:
    """A cell that a spreadsheet will not run as a formula; a plain number may begin with a sign."""
    is_number = cell[1:].replace(".", "", 1).replace(",", "").isdigit()
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") and not is_number and len(cell) > 1 else cell
