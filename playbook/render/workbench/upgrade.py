"""What changed beneath a pack's changes: the built-in rule as it was, as it is, and the pack's own, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.advise.words.wording import Wording
from playbook.load.writing.rulefile import rules_text
from playbook.model.rules import Rule
from playbook.render.document import Block, as_html, as_markdown, as_text
from playbook.workbench.upgrade import Beneath, lines_changed


def render_upgrade(changes: list[Beneath], form: str, wording: Wording) -> str:
    """The changes as `text`, `md` or `html`, ending with a line break."""
    blocks = list(_Report(wording).blocks(changes))
    if form == "html":
        return as_html(blocks, wording.lang)
    return as_markdown(blocks) if form == "md" else as_text(blocks)


class _Report:
    def __init__(self, wording: Wording) -> None:
        self.w = wording

    def blocks(self, changes: list[Beneath]) -> Iterator[Block]:
        pick = self.w.pick
        changed = [each for each in changes if each.is_changed]
        yield Block(
            "title", pick("内置规则在本规则包底下的变化", "What changed in the built-in rules beneath this pack")
        )
        yield Block(
            "text",
            pick(
                f"本包改动了 {len(changes)} 条内置规则，其中 {len(changed)} 条的内置版本有变化。",
                f"The pack changes {len(changes)} built-in rules; the built-in version of {len(changed)} has changed.",
            ),
        )
        for each in changed:
            yield from self._changed(each)
        if changed:
            again = "playbook rules upgrade PACK --accept"
            yield Block("text", pick(f"看过并改好之后：{again}", f"When you have seen to them: {again}"))

    def _changed(self, each: Beneath) -> Iterator[Block]:
        pick, change = self.w.pick, each.change
        kinds = {
            "replace": pick("已替换", "replaced"),
            "disable": pick("已停用", "disabled"),
            "restrict": pick("已加条件", "restricted"),
        }
        reason = self.w.text(change.reason)
        yield Block("heading", f"{change.rule}{pick('：', ': ')}{kinds[change.kind]}")
        if reason:
            yield Block("text", pick(f"当时的原因：{reason}", f"Reason given: {reason}"))
        if each.was is None:
            yield Block(
                "text", pick("还没有记下当时的内置版本。", "The built-in version of that time is not on record yet.")
            )
        else:
            yield Block("subheading", pick("内置规则：原来 → 现在", "Built-in: as it was → as it is"))
            yield from self._lines(each.was, each.now)
        if each.own is not None and change.kind == "replace":
            yield Block("subheading", pick("内置规则现在 → 本包的", "Built-in as it is → the pack's own"))
            yield from self._lines(each.now, each.own)

    def _lines(self, old: Rule | None, new: Rule | None) -> Iterator[Block]:
        before, after = (rules_text([rule], self.w.vocabulary) if rule else "" for rule in (old, new))
        for line in lines_changed(before, after):
            yield Block("item", line[1:].rstrip(), line[0].replace(" ", "·"))
