"""The decision log for the terminal: cards with what was said of them, histories, how rules fared; text or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from playbook.advise.briefing import plain
from playbook.advise.memory.remembering import REASONS, VERDICTS
from playbook.memory.history import BriefingRecord, Entry, LoggedCard, Opinion, RuleRecord, Said
from playbook.render.clean import clean
from playbook.render.phrases import words

_AUDIENCES = {"rep": ("销售", "rep"), "manager": ("经理", "manager"), "coach": ("教练", "coach")}
_OUTCOMES = {"won": ("赢单", "won"), "lost": ("丢单", "lost")}


def as_json(records: Any) -> str:
    """Records, or records by name, as JSON."""
    given = {k: plain(v) for k, v in records.items()} if isinstance(records, Mapping) else plain(records)
    return json.dumps(given, ensure_ascii=False, indent=2)


def render_cards(entry: Entry, said: Sequence[Said], lang: str) -> str:
    """The cards of a briefing with their numbers and the last word on each."""
    last = {each.card: each for each in said}
    pick = _pick(lang)
    head = (clean(entry.name or entry.key.deal), entry.key.day.isoformat(), pick(*_AUDIENCES[entry.key.audience]))
    lines = [" · ".join(head)]
    lines += [_card_line(f"{card.number:>3}.", card, last.get(card.id), lang) for card in entry.numbered]
    resting = [card for card in entry.cards if card.status in ("done", "rested")]
    if resting:
        lines.append(pick("不再列出的：", "Left out:"))
        lines += [_card_line("   -", card, last.get(card.id), lang) for card in resting]
    return "\n".join(lines)


def _card_line(mark: str, card: LoggedCard, said: Said | None, lang: str) -> str:
    line = f"{mark} {clean(card.title)}  [{clean(card.id)}]"
    return f"{line}  → {_said(said, lang)}" if said else line


def _said(said: Said, lang: str) -> str:
    return f"{said.day.isoformat()} {_opinion(said.opinion, lang)}"


def _opinion(opinion: Opinion, lang: str) -> str:
    pick, w = _pick(lang), words(lang)
    text = VERDICTS[opinion.verdict].get(lang)
    if opinion.reason:
        text += w["colon"] + REASONS[opinion.reason].get(lang)
    extra = [clean(part) for part in (opinion.by, opinion.note) if part]
    return str(w["bracket"].format(text=text, more=pick("，", ", ").join(extra))) if extra else text


def render_said(card: LoggedCard, opinion: Opinion, lang: str) -> str:
    """What was noted."""
    noted = _pick(lang)("已记下", "Noted") + words(lang)["colon"]
    return f"{noted}{clean(card.title)}  [{clean(card.id)}] → {_opinion(opinion, lang)}"


def render_history(briefings: Iterable[BriefingRecord], said: Iterable[Said], lang: str) -> str:
    """The briefings of a deal and what was said in between, by day."""
    pick = _pick(lang)
    events: list[tuple[date, str, str]] = []
    for b in briefings:
        head = pick(
            f"简报（{pick(*_AUDIENCES[b.audience])}） · 准备度 {b.readiness}/100 · {b.shown} 条建议",
            f"briefing ({pick(*_AUDIENCES[b.audience])}) · readiness {b.readiness}/100 · {b.shown} cards",
        )
        head += f" · {pick('规则库', 'rules')} {b.rulebook}"
        lines = [head, *(f"  {number}. {clean(title)}" for number, title in enumerate(b.top, 1))]
        events.append((b.day, b.time, "\n            ".join(lines)))
    for each in said:
        text = f"{clean(each.title)}  [{clean(each.card)}] → {_opinion(each.opinion, lang)}"
        events.append((each.day, each.time, text))
    return "\n".join(f"{day.isoformat()}  {text}" for day, _, text in sorted(events))


def render_deals(briefings: Iterable[BriefingRecord], lang: str) -> str:
    """One line a deal: how many briefings, the last one, how the deal stands."""
    by_deal: dict[str, list[BriefingRecord]] = {}
    for briefing in briefings:
        by_deal.setdefault(briefing.deal, []).append(briefing)
    pick = _pick(lang)
    if not by_deal:
        return pick("还没有记录（playbook brief 出的简报会记在这里）", "nothing logged yet (playbook brief logs here)")
    lines = []
    for deal, found in sorted(by_deal.items()):
        last = found[-1]
        end = pick(*_OUTCOMES[last.outcome]) if last.outcome in _OUTCOMES else ""
        count = pick(f"{len(found)} 份简报", "1 briefing" if len(found) == 1 else f"{len(found)} briefings")
        parts = [clean(last.name), count, pick(f"最近 {last.day}", f"last {last.day}"), end]
        lines.append(f"{clean(deal)}  {' · '.join(part for part in parts if part)}")
    return "\n".join(lines)


def render_rules(records: Sequence[RuleRecord], lang: str) -> str:
    """A table of rules: how often each fired, was shown, stood among the first three, and what became of it."""
    pick = _pick(lang)
    if not records:
        return render_deals((), lang)
    heads = pick("触发 显示 前三 采纳 完成 不采纳 赢单 丢单", "fired shown top accepted done rejected won lost").split()
    rows = [_counts(record) for record in records]
    lines = ["\t".join([*heads, pick("规则", "rule"), pick("不采纳的原因", "why rejected")])]
    for record, row in zip(records, rows, strict=True):
        reasons = pick("、", ", ").join(f"{REASONS[reason].get(lang)} {n}" for reason, n in record.rejected)
        lines.append("\t".join([*row, record.rule, reasons]).rstrip())
    lines.append(
        pick(
            "触发、显示、前三按简报份数计；赢单、丢单按显示过这条规则、已结束的商机数计。",
            "fired, shown, top count briefings; won, lost count closed deals for which the rule was shown.",
        )
    )
    return "\n".join(lines)


def _counts(r: RuleRecord) -> list[str]:
    rejected = sum(count for _, count in r.rejected)
    return [str(n) for n in (r.fired, r.shown, r.top, r.accepted, r.done, rejected, r.won, r.lost)]


def _pick(lang: str) -> Callable[[str, str], str]:
    return lambda zh, en: en if lang == "en" else zh
