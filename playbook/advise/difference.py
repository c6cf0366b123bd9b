"""How one briefing differs from another."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.advise.briefing import Briefing, Card


@dataclass(frozen=True, slots=True)
class Move:
    """A card that is shown before and after, at another place among the shown cards (from 1)."""

    card: Card
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How one briefing differs from another, by stable card ids."""

    appears: tuple[Card, ...]
    disappears: tuple[Card, ...]
    moves: tuple[Move, ...]
    held: tuple[Card, ...]
    released: tuple[Card, ...]
    opened: tuple[str, ...]
    shut: tuple[str, ...]
    readiness: tuple[int, int]
    top: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def is_empty(self) -> bool:
        groups = (self.appears, self.disappears, self.moves, self.held, self.released, self.opened, self.shut)
        return not any(groups) and self.readiness[0] == self.readiness[1] and self.top[0] == self.top[1]


def difference(before: Briefing, after: Briefing) -> Difference:
    """What changes from one briefing to the other."""
    old, new = _shown(before), _shown(after)
    old_place = {ident: n for n, ident in enumerate(old, 1)}
    new_place = {ident: n for n, ident in enumerate(new, 1)}
    # Only cards that pass another one have moved; being pushed down by a new card is no change.
    stay = [ident for ident in new if ident in old]
    stayed = [ident for ident in old if ident in new]
    moved = [ident for ident in stay if stay.index(ident) != stayed.index(ident)]
    old_held = {c.id for c in before.activations if c.status == "guarded"}
    new_held = {c.id for c in after.activations if c.status == "guarded"}
    old_open = {g.label for g in before.gates if g.open}
    new_open = {g.label for g in after.gates if g.open}
    return Difference(
        appears=tuple(new[i] for i in new if i not in old),
        disappears=tuple(old[i] for i in old if i not in new and i not in new_held),
        moves=tuple(Move(new[i], old_place[i], new_place[i]) for i in moved),
        held=tuple(after.card(i) for i in sorted(new_held - old_held)),
        released=tuple(before.card(i) for i in sorted((old_held - new_held) & set(new))),
        opened=tuple(sorted(new_open - old_open)),
        shut=tuple(sorted(old_open - new_open)),
        readiness=(before.readiness.score, after.readiness.score),
        top=(before.top, after.top),
    )


def _shown(briefing: Briefing) -> dict[str, Card]:
    return {c.id: c for c in briefing.activations if c.status == "shown" and c.kind not in ("conclusion", "guard")}
