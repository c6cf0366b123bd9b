"""What a save brought, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playbook.advise.words.wording import Wording
from playbook.render.document import as_text
from playbook.render.workbench.packdiff import deal_blocks
from playbook.render.workbench.testreport import TestReport
from playbook.resources import shown
from playbook.workbench.watch import Saved, Session


def render_start(session: Session, first: Saved, wording: Wording) -> str:
    """What is watched, and what is wrong already."""
    names = wording.join([shown(root) for root in session.roots])
    count = len(session.deals)
    line = wording.pick(
        f"正在留意 {names}，{count} 个商机（Ctrl-C 结束）", f"Watching {names} with {count} deals (Ctrl-C to stop)"
    )
    return "\n".join([line, *(finding.text(wording.lang) for finding in first.findings)]) + "\n"


def render_saved(files: list[Path], seen: Saved, seconds: float, session: Session, wording: Wording) -> str:
    """Findings, failing tests and changed advice after a save, and how long that took."""
    head = f"── {wording.join([shown(file) for file in files])}  ({seconds:.1f} s)"
    return "\n".join([head, *_lines(seen, session, wording)]) + "\n"


def _lines(seen: Saved, session: Session, wording: Wording) -> Iterator[str]:
    pick = wording.pick
    yield from (finding.text(wording.lang) for finding in seen.findings)
    if session.rulebook is None or any(finding.severity == "error" for finding in seen.findings):
        yield pick("先改好错误，再看测试和建议。", "Mend the errors first; tests and advice wait.")
        return
    report = TestReport(session.rulebook, wording)
    yield from (report.failed(result) for result in seen.results if result.failures)
    if seen.results:
        yield report.summary(seen.results)
    for change in seen.changes:
        yield as_text(list(deal_blocks(change, wording))).rstrip("\n")
    if not seen.changes:
        yield pick("建议没有变化。", "The advice does not change.")
