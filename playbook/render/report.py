"""Answers for the terminal other than the briefing: why, why not, what if, rules, fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from playbook.advise.briefing import Briefing, Card
from playbook.advise.difference import Difference
from playbook.advise.explain import Branch, WhyNot
from playbook.advise.words.wording import Wording
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule
from playbook.model.vocabulary import Field, Vocabulary


def tree(branch: Branch) -> str:
    """A derivation tree, one line a branch."""
    return "\n".join([branch.text, *_tree_lines(branch.children, "")])


def _tree_lines(children: tuple[Branch, ...], indent: str) -> Iterator[str]:
    for number, child in enumerate(children):
        is_last = number == len(children) - 1
        yield f"{indent}{'└─ ' if is_last else '├─ '}{child.text}"
        yield from _tree_lines(child.children, indent + ("   " if is_last else "│  "))


def sources(rule: Rule, rulebook: Rulebook, wording: Wording) -> str:
    """`《…》信息力（S0-gate-01-…）` for each source of a rule."""
    words = []
    for ident in rule.source:
        tactic = rulebook.tactics[ident]
        document, section = wording.text(tactic.document), wording.text(tactic.section)
        words.append(wording.pick(f"《{document}》{section}（{ident}）", f"{document}, {section} ({ident})"))
    return wording.join(words)


def status_line(cards: Iterable[Card], wording: Wording) -> str:
    """What became of a rule's cards on the briefing."""
    words = {
        "shown": wording.pick("已显示", "shown"),
        "clustered": wording.pick("同类建议中有更靠前的，未显示", "not shown: a better card of its cluster is"),
        "guarded": wording.pick("被守卫规则挡下", "held back by a guard"),
        "other-audience": wording.pick("给其他角色看的", "for another audience"),
        "done": wording.pick("已完成，不再显示", "done, so not shown again"),
        "rested": wording.pick("有人不采纳，暂不显示", "rejected, so resting"),
    }
    lines = []
    for card in cards:
        line = f"{card.id}{wording.pick('：', ': ')}{words[card.status]}"
        if card.status in ("done", "rested"):
            line += wording.pick(f"（{card.note}）", f" ({card.note})")
        if card.held_by:
            line += wording.pick(f"（{card.held_by}：{card.note}）", f" ({card.held_by}: {card.note})")
        lines.append(line)
    return "\n".join(lines)


def why_not(rule: Rule, answer: WhyNot, wording: Wording) -> str:
    """The conditions of a rule with marks, and what would make the first failing one hold."""
    lines = [f"{wording.text(rule.title)}  [{rule.id}]"]
    lines += [f"  ✓ {text}" for text in answer.holding]
    if answer.failure:
        lines.append(f"  ✗ {answer.failure.condition}")
        if answer.failure.changes:
            lines.append("    " + wording.pick("要触发，最近的改变是：", "nearest facts that would change it:"))
            lines += [f"    → {text}" for text in answer.failure.changes]
    lines += [f"  ? {text}" + wording.pick("（还没轮到）", " (not reached)") for text in answer.behind]
    return "\n".join(lines)


def what_if(settings: Iterable[str], found: Difference, after: Briefing, wording: Wording) -> str:
    """A difference in words, the most important first."""
    pick = wording.pick
    old, new = found.readiness
    lines = [pick("假如：", "What if: ") + pick("；", "; ").join(settings)]
    lines.append(pick(f"准备度 {old} → {new}", f"Readiness {old} → {new}"))
    lines += [pick(f"▲ {g}打开", f"▲ {g} opens") for g in found.opened]
    lines += [pick(f"▼ {g}关闭", f"▼ {g} shuts") for g in found.shut]
    if found.top[0] != found.top[1]:
        lines.append(pick("前三件事变为：", "The top three become:"))
        lines += [f"  {n}. {after.card(i).title}  [{i}]" for n, i in enumerate(found.top[1], 1)]
    groups = (
        (pick("新出现", "Appears"), "+", found.appears),
        (pick("不再需要", "Disappears"), "-", found.disappears),
        (pick("被守卫挡下", "Held back"), "✕", found.held),
        (pick("守卫放行", "Released"), "○", found.released),
    )
    for title, mark, cards in groups:
        if cards:
            lines.append(f"{title} ({len(cards)})")
            lines += [f"  {mark} {card.title}  [{card.id}]" for card in cards]
    if found.moves:
        lines.append(pick(f"位置变化 ({len(found.moves)})", f"Moves ({len(found.moves)})"))
        lines += [
            f"  {_arrow(m.before, m.after)} {m.before} → {m.after}  {m.card.title}  [{m.card.id}]" for m in found.moves
        ]
    if len(lines) == 2 and old == new:
        lines.append(pick("建议没有变化。", "The advice does not change."))
    return "\n".join(lines)


def _arrow(before: int, after: int) -> str:
    return "↑" if after < before else "↓"


def rule_table(rules: Iterable[Rule], wording: Wording) -> str:
    """One line a rule: id, kind, priority, title, place."""
    lines = []
    for rule in rules:
        kind = rule.advise.kind if rule.advise else "question" if rule.ask else "guard" if rule.guard else "conclude"
        lines.append(f"{rule.id}\t{kind}\t{wording.text(rule.title)}\t{rule.at}")
    return "\n".join(lines)


def field_table(vocabulary: Vocabulary) -> str:
    """Every field: key, type, labels, values."""
    return "\n".join(_field_line(f) for e in vocabulary.entities.values() for f in e.fields.values())


def _field_line(field: Field) -> str:
    values = ", ".join(f"{value} {text.zh}" for value, text in field.choices)
    return "\t".join([field.key, field.type, field.label.zh, field.label.en, values]).rstrip()


def source_table(rulebook: Rulebook, wording: Wording, word: str = "") -> str:
    """Document, tactic and rules: first how many tactics of each document are encoded, then each tactic's rules.

    `word` narrows to tactics whose id, section or rules hold it.
    """
    rules: dict[str, list[str]] = {ident: [] for ident in rulebook.tactics}
    for rule in rulebook.rules:
        for ident in rule.source:
            rules[ident].append(rule.id)
    documents: dict[str, list[str]] = {}
    for tactic in rulebook.tactics.values():
        documents.setdefault(f"{tactic.number} {wording.text(tactic.document)}", []).append(tactic.id)
    lines = []
    for document, tactics in documents.items():
        encoded = sum(bool(rules[ident]) for ident in tactics)
        lines.append(f"{document}: {encoded}/{len(tactics)}")
        for ident in tactics:
            line = f"  {ident}\t{wording.text(rulebook.tactics[ident].section)}\t{', '.join(rules[ident]) or '—'}"
            if word.lower() in line.lower():
                lines.append(line)
    return "\n".join(lines)
