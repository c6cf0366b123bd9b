"""The summary of a CRM import for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from playbook.advise.words.wording import Wording
from playbook.errors import Finding
from playbook.load.crm.columns import cell
from playbook.load.crm.crmdata import words
from playbook.load.crm.folder import REJECTED, WARNINGS, Written
from playbook.load.crm.merge import Change
from playbook.load.crm.run import Imported
from playbook.model.vocabulary import Lang, Vocabulary

_MOST_GROUPS = 12  # of rows rejected or cells left out for one reason
_MOST_ROWS = 8
_MOST_FILES = 15
_WRITTEN = ("added", "changed", "person", "confirmed")
_TOLD = ("added", "changed", "person", "kept")


def summary(imported: Imported, vocabulary: Vocabulary) -> str:
    """What was read, written, left out and assumed, and what to do next."""
    request = imported.request
    wording = Wording(vocabulary, request.lang, request.as_of)
    blocks = [_counts(imported), _changes(imported, wording), _rejects(imported), _warnings(imported)]
    blocks += [_unused(imported), _assumptions(imported)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def say(name: str, lang: Lang, /, **args: str | int) -> str:
    """A text of `data/crm.yaml`, filled in; one thing has a form of its own."""
    text = words(name + ("_one" if args.get("n") == 1 and _has_one(name) else "")).get(lang)
    for key, value in args.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text


def _has_one(name: str) -> bool:
    return name in ("rows", "deals", "new", "skipped", "own", "warnings_head")


def _counts(imported: Imported) -> list[str]:
    lang, problems, outcome = imported.request.lang, imported.problems, imported.outcome
    comma = "，" if lang == "zh" else ", "
    rejected = len(problems.rejects)
    parts = [say("deals", lang, n=len(outcome.written))]
    parts += [say("joined", lang, n=imported.joined)] if imported.joined else []
    parts += [say("rejected", lang, n=rejected)]
    if problems.skipped:
        parts.append(say("skipped", lang, n=len(problems.skipped), rows=ranges(problems.skipped)))
    total = say("rows", lang, file=imported.table.file, n=len(imported.table.rows))
    lines = [total + words("colon").get(lang) + comma.join(parts)]
    if not outcome.written:
        return [*lines, say("nothing", lang)]
    changed = sum(1 for written in outcome.written if any(c.kind in _WRITTEN for c in written.changes))
    new = sum(1 for written in outcome.written if written.is_new)
    done = [say("new", lang, folder=str(imported.request.folder), n=new)]
    if imported.request.update:
        own = sum(1 for written in outcome.written for change in written.changes if change.kind == "own")
        done += [say("changed", lang, n=changed), say("unchanged", lang, n=len(outcome.written) - new - changed)]
        done += [say("own", lang, n=own)] if own else []
    return [*lines, comma.join(done)]


def ranges(numbers: Iterable[int]) -> str:
    """`3, 7, 12-14`."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _changes(imported: Imported, wording: Wording) -> list[str]:
    """The files that an update changed, or in which it found something to keep."""
    told = [w for w in imported.outcome.written if any(c.kind in _TOLD for c in w.changes)]
    lines = []
    for written in told[:_MOST_FILES]:
        lines += [written.path.name, *(f"  {line}" for line in _file_changes(written, wording))]
    if len(told) > _MOST_FILES:
        lines.append(say("more_files", wording.lang, n=len(told) - _MOST_FILES))
    if imported.request.update and imported.outcome.absent:
        names = wording.some(imported.outcome.absent)
        lines.append(say("absent", wording.lang, names=names))
    return lines


def _file_changes(written: Written, wording: Wording) -> Iterator[str]:
    for change in written.changes:
        if change.kind in _TOLD:
            yield _change(change, wording)
    if confirmed := sum(1 for change in written.changes if change.kind == "confirmed"):
        yield say("change_confirmed", wording.lang, n=confirmed)


def _change(change: Change, wording: Wording) -> str:
    lang = wording.lang
    if change.field is None:
        return say("change_added", lang, label=say("notes", lang), new=str(change.new))
    if change.kind == "person":
        return say("change_person", lang, label=wording.entity(change.field.entity), new=change.person)
    label = wording.label(change.field)
    if change.person:
        label = f"{change.person}{wording.pick('的', ', ')}{label}"
    old, new = (wording.content(change.field, content) for content in (change.old, change.new))
    return say(f"change_{change.kind}", lang, label=label, old=old, new=new)


def _rejects(imported: Imported) -> list[str]:
    rejects = imported.problems.rejects
    if not rejects:
        return []
    path = imported.request.folder / REJECTED
    findings = [finding for reject in rejects for finding in reject.findings]
    head = say("rejected_head", imported.request.lang, path=str(path))
    return [head, *_grouped(findings, imported.request.lang, path)]


def _warnings(imported: Imported) -> list[str]:
    warnings = imported.problems.warnings
    if not warnings:
        return []
    path = imported.request.folder / WARNINGS
    head = say("warnings_head", imported.request.lang, n=len(warnings), path=str(path))
    return [head, *_grouped(warnings, imported.request.lang, path)]


def _grouped(findings: list[Finding], lang: Lang, path: Path) -> list[str]:
    """Findings that say the same of one column on one line, with their rows."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: f.at):
        by_word = finding.args.get("text", "") if finding.code in ("I032", "I044") else ""
        groups.setdefault((finding.code, finding.args.get("heading", ""), by_word), []).append(finding)
    lines = []
    for (code, heading, _), group in list(groups.items())[:_MOST_GROUPS]:
        rows = list(dict.fromkeys(finding.at.line for finding in group))
        name = "row" if len(rows) == 1 else "many_rows" if len(rows) <= _MOST_ROWS else "more_rows"
        where = say(name, lang, rows=ranges(rows[:_MOST_ROWS]), n=len(rows))
        if heading:
            where = say("in_column", lang, where=where, heading=heading)
        lines.append(f"  {where}{words('colon').get(lang)}{code} {group[0].message(lang)}")
    if len(groups) > _MOST_GROUPS:
        lines.append("  " + say("more", lang, n=len(groups) - _MOST_GROUPS, path=str(path)))
    return lines


def _unused(imported: Imported) -> list[str]:
    lang, table = imported.request.lang, imported.table
    comma = words("comma").get(lang)
    lines = []
    unknown = [n for n in imported.columns.unknown if any(cell(row, n) for row in table.rows)]
    if unknown:
        lines.append("  " + say("unknown", lang, names=comma.join(_with_sample(imported, n) for n in unknown)))
    if imported.columns.ignored:
        names = comma.join(table.headings[n] for n in imported.columns.ignored)
        lines.append("  " + say("ignored", lang, names=names))
    return [say("unused_head", lang), *lines] if lines else []


def _with_sample(imported: Imported, column: int) -> str:
    sample = next((text for row in imported.table.rows if (text := cell(row, column))), "")
    shown = sample if len(sample) <= 20 else sample[:19] + "…"
    return imported.table.headings[column] + say("sample", imported.request.lang, text=" ".join(shown.split()))


def _assumptions(imported: Imported) -> list[str]:
    lang = imported.request.lang
    lines = [say("assumed", lang)] if imported.problems.has_assumed_currency else []
    if imported.reading.order:
        lines.append(say(imported.reading.order, lang))
    if imported.outcome.written:
        lines.append(say("stages", lang))
        lines.append(say("next", lang, path=str(imported.outcome.written[0].path)))
    return lines
