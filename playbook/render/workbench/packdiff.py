"""A comparison of two versions of the rules, in words: the summary first, then deal by deal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from playbook.advise.briefing import Briefing, Card
from playbook.advise.words.wording import Wording
from playbook.render.document import Block, as_html, as_markdown, as_text
from playbook.workbench.packdiff import DealChange, PackDiff

FORMS = ("text", "md", "html", "json")


def render_diff(diff: PackDiff, names: tuple[str, str], form: str, wording: Wording) -> str:
    """The comparison of `names` in one of `FORMS`, ending with a line break."""
    if form == "json":
        return json.dumps(_as_dict(diff, names), ensure_ascii=False, indent=2) + "\n"
    blocks = list(_Report(diff, names, wording).blocks())
    if form == "html":
        return as_html(blocks, wording.lang)
    return as_markdown(blocks) if form == "md" else as_text(blocks)


class _Report:
    def __init__(self, diff: PackDiff, names: tuple[str, str], wording: Wording) -> None:
        self.diff = diff
        self.names = names
        self.w = wording

    def blocks(self) -> Iterator[Block]:
        old, new = self.names
        yield Block(
            "title", self.w.pick(f"规则变动对建议的影响：{old} → {new}", f"What changes in the advice: {old} → {new}")
        )
        yield Block("text", self._summary())
        yield from self._rules()
        if self.diff.parameters:
            yield Block("heading", self.w.pick("改动的参数", "Parameters changed"))
            yield from (Block("item", f"{name}: {old:g} → {new:g}", "~") for name, old, new in self.diff.parameters)
        for deal in self.diff.changed_deals:
            yield from deal_blocks(deal, self.w)

    def _summary(self) -> str:
        total, changed = len(self.diff.deals), len(self.diff.changed_deals)
        if not changed:
            return self.w.pick(f"{total} 个商机的建议都没有变化。", f"The advice on all {total} deals stays the same.")
        lost = sum(deal.loses_top for deal in self.diff.deals)
        return self.w.pick(
            f"{total} 个商机中 {changed} 个的建议有变化；{lost} 个的第一件事变了。",
            f"{changed} of {total} deals change; {lost} lose their top action.",
        )

    def _rules(self) -> Iterator[Block]:
        groups = (
            (self.w.pick("新增规则", "Rules added"), "+", self.diff.added),
            (self.w.pick("删去或停用的规则", "Rules removed or disabled"), "-", self.diff.removed),
            (self.w.pick("改动的规则", "Rules changed"), "~", self.diff.changed),
        )
        for title, mark, idents in groups:
            if idents:
                yield Block("heading", f"{title} ({len(idents)})")
                yield from (Block("item", ident, mark) for ident in idents)


def deal_blocks(deal: DealChange, wording: Wording) -> Iterator[Block]:
    """How the briefing of one deal changes."""
    yield from _DealReport(deal, wording).blocks()


class _DealReport:
    def __init__(self, deal: DealChange, wording: Wording) -> None:
        self.deal = deal
        self.w = wording

    def blocks(self) -> Iterator[Block]:
        deal = self.deal
        pick, change = self.w.pick, deal.change
        yield Block("heading", f"{deal.after.header.deal or deal.file}{pick('（', ' (')}{deal.file}{pick('）', ')')}")
        yield from self._top()
        before, after = change.readiness
        if before != after:
            yield Block("text", pick(f"准备度 {before} → {after}", f"Readiness {before} → {after}"))
        yield from (Block("item", pick(f"{gate}打开", f"{gate} opens"), "▲") for gate in change.opened)
        yield from (Block("item", pick(f"{gate}关闭", f"{gate} shuts"), "▼") for gate in change.shut)
        yield from self._cards(pick("新出现", "appears"), "+", change.appears)
        yield from self._cards(pick("不再出现", "disappears"), "-", change.disappears)
        yield from self._cards(pick("被守卫挡下", "held back"), "✕", change.held)
        yield from self._cards(pick("守卫放行", "released"), "○", change.released)
        yield from self._cards(pick("文字改了", "reworded"), "~", (deal.after.card(i) for i in deal.reworded))

    def _top(self) -> Iterator[Block]:
        """Which cards enter and leave the top three, or change places in it."""
        deal = self.deal
        if deal.change.top[0] == deal.change.top[1]:
            return
        pick = self.w.pick
        yield Block("subheading", pick("前三件事", "Top three"))
        for place, ident in enumerate(deal.change.top[1], 1):
            mark = "→" if ident in deal.entered_top else " "
            yield Block("item", f"{place}. {_title(deal.after, ident)}", mark.strip())
        for ident in deal.left_top:
            yield Block("item", pick("退出前三：", "leaves: ") + _title(deal.before, ident), "←")

    def _cards(self, what: str, mark: str, cards: Iterable[Card]) -> Iterator[Block]:
        for card in cards:
            yield Block("item", f"{what}{self.w.pick('：', ': ')}{card.title or card.summary}  [{card.id}]", mark)


def _title(briefing: Briefing, ident: str) -> str:
    card = briefing.card(ident)
    return f"{card.title or card.summary}  [{ident}]"


def _as_dict(diff: PackDiff, names: tuple[str, str]) -> dict[str, Any]:
    return {
        "old": names[0],
        "new": names[1],
        "deals": len(diff.deals),
        "changed": len(diff.changed_deals),
        "lose_top": sum(deal.loses_top for deal in diff.deals),
        "rules": {"added": diff.added, "removed": diff.removed, "changed": diff.changed},
        "parameters": {name: {"before": old, "after": new} for name, old, new in diff.parameters},
        "details": [_deal_as_dict(deal) for deal in diff.changed_deals],
    }


def _deal_as_dict(deal: DealChange) -> dict[str, Any]:
    change = deal.change
    return {
        "file": deal.file,
        "deal": deal.after.header.deal,
        "top": {"before": change.top[0], "after": change.top[1], "in": deal.entered_top, "out": deal.left_top},
        "readiness": {"before": change.readiness[0], "after": change.readiness[1]},
        "appears": [card.id for card in change.appears],
        "disappears": [card.id for card in change.disappears],
        "held": [card.id for card in change.held],
        "released": [card.id for card in change.released],
        "reworded": deal.reworded,
        "moves": [{"card": m.card.id, "before": m.before, "after": m.after} for m in change.moves],
        "opened": change.opened,
        "shut": change.shut,
    }
