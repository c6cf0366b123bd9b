"""The pipeline review as text with aligned tables, as one HTML page, or as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from playbook.advise.briefing import plain
from playbook.advise.pipeline.review import Opportunity, Pipeline
from playbook.model.vocabulary import Vocabulary
from playbook.render.clean import clean
from playbook.render.pipeline.words import Phrases

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = ("text", "html", "xlsx", "json")
_WIDTH, _WIDEST = 110, 140
_NAME_KEPT = 24  # columns that a name or a number keeps before it is folded
_MISSING_SHOWN = 160  # columns of what a gate needs, on paper and screen; the workbook has it whole


def render_pipeline(
    review: Pipeline, form: str, vocabulary: Vocabulary, *, styled: bool = False, width: int = 0
) -> str:
    """The review as `text`, `html` or `json`, ending in a newline. `styled`: text for a terminal, with colours."""
    if form == "json":
        return _json(review)
    phrases = Phrases(review, vocabulary)
    return _html(phrases) if form == "html" else _Text(phrases, styled, width).page()


def _json(review: Pipeline) -> str:
    sums = {
        "open_cny": review.open_cny,
        "weighted_cny": review.weighted_cny,
        "win_pct": review.win_pct,
        "overstated": [each.file for each in review.overstated],
        "stalled": [each.file for each in review.standing],
    }
    return json.dumps({**plain(review), "sums": sums}, ensure_ascii=False, indent=2) + "\n"


def shortened(text: str) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= _MISSING_SHOWN else f"{set_cell_size(text, _MISSING_SHOWN - 2).rstrip()}…"


def _html(phrases: Phrases) -> str:
    from playbook.render.briefing import environment
    from playbook.render.pipeline.charts import forecast_chart, funnel_chart

    template = environment("html", False).get_template("pipeline.html.j2")
    charts = {"funnel": funnel_chart(phrases), "forecast": forecast_chart(phrases)}
    return template.render(p=phrases, r=phrases.review, terms=phrases.terms, charts=charts, shortened=shortened)


class _Text:
    """Tables that stay aligned with Chinese text; without colours nothing but characters."""

    def __init__(self, phrases: Phrases, styled: bool, width: int) -> None:
        from rich.console import Console

        self.p = phrases
        self.terms = phrases.terms
        self.review = phrases.review
        self.out = StringIO()
        columns = width or (min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDEST) if styled else _WIDTH)
        self.console = Console(
            file=self.out,
            width=columns,
            force_terminal=styled,
            color_system="standard" if styled else None,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def page(self) -> str:
        self._say(self.p.heading(), style="bold")
        self._say(self.p.subheading(), style="dim")
        self._say("")
        self._say(self.p.summary())
        self._funnel()
        self._reps()
        self._forecast()
        self._stalled()
        self._sources()
        self._closed()
        self._actions()
        return "\n".join(line.rstrip() for line in self.out.getvalue().splitlines()) + "\n"

    def _say(self, text: str, style: str = "", indent: int = 0) -> None:
        from rich.text import Text

        from playbook.render.briefing import folded

        for piece in folded(Text(clean(text), style=style), self.console.width - indent):
            piece.pad_left(indent)
            self.console.print(piece, soft_wrap=True)

    def _head(self, text: str) -> None:
        self._say("")
        self._say(f"━━ {text}", style="bold cyan")

    def _table(
        self, headers: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, last_left: bool = False
    ) -> None:
        """`left`: how many columns hold words; the others hold numbers and are set to the right."""
        from rich.box import SIMPLE_HEAD
        from rich.cells import cell_len
        from rich.text import Text

        table: Table = self._new_table(SIMPLE_HEAD)
        # No narrower than the longest word of the header, so that this is folded between words.
        lengths = [
            max(cell_len(text) for text in (*header.split(), *(clean(row[n]) for row in rows)))
            for n, header in enumerate(headers)
        ]
        kept = [
            min(length, _NAME_KEPT) if n == 0 or (n >= left and not (last_left and n == len(headers) - 1)) else 0
            for n, length in enumerate(lengths)
        ]
        fits = sum(kept) + 2 * len(headers) <= self.console.width
        for number, header in enumerate(headers):
            words = number < left or (last_left and number == len(headers) - 1)
            table.add_column(
                Text(header),
                justify="left" if words else "right",
                overflow="fold",
                min_width=kept[number] if fits else 0,
            )
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        self.console.print(table)

    def _new_table(self, box: object) -> Table:
        from rich.box import Box
        from rich.table import Table

        return Table(box=box if isinstance(box, Box) else None, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))

    def _funnel(self) -> None:
        terms, p, r = self.terms, self.p, self.review
        self._head(terms["funnel"])
        rows = [
            (
                p.level(line.level),
                str(line.deals),
                p.money(line.amount_cny),
                p.percent(line.win_pct),
                p.money(line.weighted_cny),
            )
            for line in r.levels
        ]
        rows.append((terms["total"], str(len(r.opportunities)), p.money(r.open_cny), "", p.money(r.weighted_cny)))
        self._table((terms["level"], terms["count"], terms["amount"], terms["win"], terms["weighted"]), rows)
        for said in p.level_claims():
            self._say(f"· {said}")

    def _reps(self) -> None:
        terms, p = self.terms, self.p
        self._head(terms["reps"])
        rows = []
        for line in self.review.reps:
            target = line.target
            commit = f"{p.money(line.commit_claimed_cny)} / {p.money(line.commit_supported_cny)}"
            coverage = p.coverage(line) + (f" {terms['short']}" if p.is_short(line) else "")
            figures = (target.quota_cny, target.actual_cny, target.remaining_cny) if target else (None, None, None)
            sums = (line.open_cny, line.weighted_cny)
            rows.append(
                (
                    p.rep(line.rep),
                    str(line.deals),
                    *map(p.money, (*sums, *figures)),
                    coverage,
                    commit,
                    str(line.stalled),
                )
            )
        names = (
            "rep",
            "count",
            "amount",
            "weighted",
            "quota",
            "actual",
            "remaining",
            "coverage",
            "commit_columns",
            "still",
        )
        self._table([terms[name] for name in names], rows)
        self._say(p.coverage_needed(), style="dim")
        for said in p.differing():
            self._say(f"· {said}")

    def _forecast(self) -> None:
        terms, p, r = self.terms, self.p, self.review
        self._head(terms["forecast"])
        rows = [
            (
                p.category(c.name),
                str(c.claimed_count),
                p.money(c.claimed_cny),
                str(c.supported_count),
                p.money(c.supported_cny),
            )
            for c in r.categories
        ]
        self._table((terms["category"], terms["claimed"], terms["in_unit"], terms["supported"], terms["in_unit"]), rows)
        for title, deals in ((terms["checks"], r.overstated), (terms["raise"], p.raisable())):
            if deals:
                self._say(f"{title}{terms['colon'].rstrip()}", style="bold")
            for deal in deals:
                self._check(deal)
        for said in p.accuracies():
            self._say(f"· {said}")

    def _check(self, deal: Opportunity) -> None:
        terms, p = self.terms, self.p
        who = f" · {deal.rep}" if deal.rep else ""
        self._say(f"▲ {deal.name}{who} · {p.amount(deal.amount_cny)} · {p.verdict(deal)}", style="yellow")
        for gate, needs in p.missing(deal) if deal.is_overstated else ():
            self._say(terms["gate_shut"].format(gate=gate, needs=shortened(needs)), indent=4)
        if deal.objections:
            self._say(f"{terms['rules_say']}{terms['colon']}{p.rules_say(deal)}", indent=4)

    def _stalled(self) -> None:
        terms, p, r = self.terms, self.p, self.review
        self._head(terms["stalled"])
        self._say(p.limits(), style="dim")
        rows = [
            (
                deal.name,
                p.money(deal.amount_cny),
                p.days(deal.days_in_stage),
                p.days(deal.last_progress_days),
                p.slips(deal),
                p.next_step(deal),
            )
            for deal in r.standing
        ]
        names = ("deal", "amount", "in_stage", "no_progress", "slips", "next_step")
        self._table([terms[n] for n in names], rows, last_left=True) if rows else self._say(terms["none"])

    def _sources(self) -> None:
        terms, p = self.terms, self.p
        self._head(terms["sources"])
        rows = [
            (
                s.source or terms["unknown"],
                str(s.open_count),
                p.money(s.open_cny),
                str(s.won),
                str(s.lost),
                p.percent(s.win_pct),
            )
            for s in self.review.sources
        ]
        self._table([terms[n] for n in ("source", "open_deals", "amount", "won", "lost", "win_share")], rows)
        for line in p.leads():
            self._say(f"· {line}")

    def _closed(self) -> None:
        lines = list(self.p.closed())
        if lines:
            self._head(self.terms["closed"])
        for line in lines:
            self._say(f"· {line}")

    def _actions(self) -> None:
        self._head(self.terms["actions"])
        for number, (title, whom, do) in enumerate(self._action_lines(), 1):
            self._say(f"{number}. {title}", style="bold")
            self._say(whom, indent=3, style="dim")
            if do:
                self._say(do, indent=3)
        if not self.review.actions:
            self._say(self.terms["none"])

    def _action_lines(self) -> Iterator[tuple[str, str, str]]:
        for action in self.review.actions:
            yield (*self.p.action(action), action.do)
