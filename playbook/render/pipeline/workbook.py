"""The pipeline review as an Excel workbook: overview, deals and forecast, with numbers and days as such."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from playbook.advise.pipeline.review import Closed, Opportunity, Pipeline
from playbook.errors import UsageError
from playbook.load.tables.sheets import column_letters, guarded
from playbook.model.vocabulary import Vocabulary
from playbook.render.clean import clean
from playbook.render.pipeline.words import Phrases
from playbook.render.tables.workbook import packed

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | float | date | None
_HEAD = "DDEBF7"
_MONEY, _SHARE, _TIMES, _WHOLE, _DAY = "#,##0", "0%", "0.0", "0", "yyyy-mm-dd"
_TEXT = "@"
_WIDTHS = {_MONEY: 15, _SHARE: 9, _TIMES: 9, _WHOLE: 9, _DAY: 12, _TEXT: 22}

Column = tuple[str, str]  # header and number format


def pipeline_workbook(review: Pipeline, vocabulary: Vocabulary) -> bytes:
    """The review as an .xlsx file. Raises `UsageError` where openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise UsageError("U021", text="excel", name="openpyxl") from error
    book = Workbook()
    book.remove(book.worksheets[0])
    _Writer(book, Phrases(review, vocabulary)).write()
    return packed(book)


class _Writer:
    def __init__(self, book: Workbook, phrases: Phrases) -> None:
        self.book = book
        self.p = phrases
        self.terms = phrases.terms
        self.c = phrases.terms["columns"]
        self.review = phrases.review

    def write(self) -> None:
        self._table("summary", self._summary_columns(), self._summary_rows())
        self._table("deals", self._deal_columns(), self._deal_rows())
        self._table("forecast", self._forecast_columns(), self._forecast_rows())

    # One line a rep, with the sum below

    def _summary_columns(self) -> list[Column]:
        terms, c = self.terms, self.c
        return [
            (terms["rep"], _TEXT),
            (terms["count"], _WHOLE),
            (c["amount"], _MONEY),
            (c["weighted"], _MONEY),
            (c["quota"], _MONEY),
            (c["actual"], _MONEY),
            (c["remaining"], _MONEY),
            (terms["coverage"], _TIMES),
            (f"{self.p.category('commit')} · {c['claimed_cny']}", _MONEY),
            (f"{self.p.category('commit')} · {c['supported_cny']}", _MONEY),
            (terms["still"], _WHOLE),
            (terms["won"], _WHOLE),
            (terms["lost"], _WHOLE),
            (c["forecast"], _MONEY),
            (terms["accuracy"], _SHARE),
        ]

    def _summary_rows(self) -> list[list[Cell]]:
        rows: list[list[Cell]] = []
        for line in self.review.reps:
            t = line.target
            figures = [t.quota_cny, t.actual_cny, t.remaining_cny, t.coverage] if t else [None] * 4
            accuracy = t.accuracy_pct / 100 if t and t.accuracy_pct is not None else None
            row: list[Cell] = [self.p.rep(line.rep), line.deals, line.open_cny, line.weighted_cny, *figures]
            row += [line.commit_claimed_cny, line.commit_supported_cny, line.stalled, line.won, line.lost]
            rows.append([*row, t.forecast_cny if t else None, accuracy])
        r, commit = self.review, self.review.categories[0]
        total: list[Cell] = [self.terms["total"], len(r.opportunities), r.open_cny, r.weighted_cny, *[None] * 4]
        total += [commit.claimed_cny, commit.supported_cny, len(r.standing), len(r.won), len(r.lost), None, None]
        return [*rows, total]

    # One line a deal, closed ones last

    def _deal_columns(self) -> list[Column]:
        terms, c = self.terms, self.c
        return [
            (terms["deal"], _TEXT),
            (terms["account"], _TEXT),
            (terms["rep"], _TEXT),
            (terms["status"], _TEXT),
            (terms["stage"], _TEXT),
            (terms["level"], _WHOLE),
            (c["amount"], _MONEY),
            (terms["win"], _SHARE),
            (c["weighted"], _MONEY),
            (c["in_stage"], _WHOLE),
            (c["no_progress"], _WHOLE),
            (c["slips"], _WHOLE),
            (c["held"], _TEXT),
            (terms["next_step"], _TEXT),
            (c["next_due"], _DAY),
            (terms["source"], _TEXT),
            (terms["reason"], _TEXT),
            (c["file"], _TEXT),
        ]

    def _deal_rows(self) -> list[list[Cell]]:
        return [*map(self._open, self.review.opportunities), *map(self._ended, self.review.closed)]

    def _open(self, o: Opportunity) -> list[Cell]:
        held = self.c["marked"] if o.is_stalled or o.is_slipped else ""
        row: list[Cell] = [o.name, o.account, o.rep, self.p.outcome("open"), o.stage_label, o.level, o.amount_cny]
        row += [o.win_pct / 100, o.weighted_cny, o.days_in_stage, o.last_progress_days, o.slips, held, o.next_step]
        return [*row, o.next_step_due, o.source, "", o.file]

    def _ended(self, e: Closed) -> list[Cell]:
        row: list[Cell] = [e.name, e.account, e.rep, self.p.outcome(e.outcome), "", None, e.amount_cny]
        return [*row, *[None] * 8, e.source, e.reason, e.file]

    # What is reported and what the rules support

    def _forecast_columns(self) -> list[Column]:
        terms, c = self.terms, self.c
        return [
            (terms["deal"], _TEXT),
            (terms["rep"], _TEXT),
            (c["amount"], _MONEY),
            (terms["claimed"], _TEXT),
            (terms["supported"], _TEXT),
            (c["close"], _TEXT),
            *((label, _TEXT) for label in self._gates()),
            (terms["rules_say"], _TEXT),
        ]

    def _gates(self) -> list[str]:
        fields = self.p.wording.vocabulary.entities["gate"].fields
        return [self.p.wording.label(field) for field in fields.values()]

    def _forecast_rows(self) -> list[list[Cell]]:
        rows: list[list[Cell]] = []
        for o in self.review.opportunities:
            needs = dict(self.p.missing(o))
            passed = self.terms["open"] if o.is_gated else self.terms["not_gated"]
            gates = [needs.get(label, passed) for label in self._gates()]
            row: list[Cell] = [o.name, o.rep, o.amount_cny, self.p.category(o.claimed), self.p.category(o.supported)]
            rows.append([*row, o.close, *gates, self.p.rules_say(o)])
        return rows

    # Cells

    def _table(self, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        from openpyxl.styles import Font, PatternFill

        sheet = self.book.create_sheet(self.terms["sheets"][name])
        for number, (header, form) in enumerate(columns, 1):
            self._put(sheet, 1, number, header, _TEXT)
            head = sheet.cell(1, number)
            head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor=_HEAD)
            sheet.column_dimensions[column_letters(number)].width = _WIDTHS[form]
        for row, values in enumerate(rows, 2):
            for number, (value, (_, form)) in enumerate(zip(values, columns, strict=True), 1):
                self._put(sheet, row, number, value, form)
        sheet.freeze_panes = "B2"
        sheet.auto_filter.ref = f"A1:{column_letters(len(columns))}{len(rows) + 1}"

    def _put(self, sheet: Worksheet, row: int, column: int, value: Cell, form: str) -> None:
        """A number or day as such; a text never as a formula."""
        from openpyxl.styles import Alignment

        cell = sheet.cell(row, column)
        cell.alignment = Alignment(vertical="top", wrap_text=form == _TEXT)
        if isinstance(value, str):
            shown = clean(value)
            cell.value = shown or None
            if shown:
                cell.data_type = "s"
            cell.number_format = _TEXT
            cell.quotePrefix = guarded(shown) != shown
        elif value is not None:
            cell.value = value
            cell.number_format = form
