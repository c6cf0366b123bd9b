"""The Excel form of a deal, written: lists to choose from, notes on how to fill it in, what is known filled in."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from playbook.advise.interview.questions import interview_data
from playbook.errors import UsageError
from playbook.load.interview.answers import join_evidence, join_values, offered
from playbook.load.interview.form import COLUMNS, form_data, form_word
from playbook.load.tables.sheets import UNREAD, column_letters, guarded
from playbook.model.facts import Deal, Fact, values_of
from playbook.model.values import Value
from playbook.model.vocabulary import Entity, Field, Lang, Text, Vocabulary
from playbook.render.tables.workbook import packed

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = {"section": 12, "fact": 28, "value": 44, "source": 24, "date": 13}
_ROW_WIDTH, _FIRST_WIDTH, _HELP_WIDTH = 18, 16, 100
_SPARE_ROWS = 30  # below those that are filled in
_NOTE_SIZE = (300, 130)
_HEAD, _KEY, _GIVEN = "DDEBF7", "EDEDED", "FFF2CC"
_DAY = "yyyy-mm-dd"


def form_bytes(vocabulary: Vocabulary, lang: Lang, deal: Deal | None = None) -> bytes:
    """The form as an .xlsx file, filled in with `deal`. Raises `UsageError` where openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ImportError:
        raise UsageError("T001") from None
    book = Workbook()
    book.remove(book.worksheets[0])
    _FormWriter(book, vocabulary, lang, deal).write()
    return packed(book)


class _FormWriter:
    def __init__(self, book: Workbook, vocabulary: Vocabulary, lang: Lang, deal: Deal | None) -> None:
        self.book = book
        self.vocabulary = vocabulary
        self.lang = lang
        self.deal = deal
        self.lists: dict[tuple[str, ...], str] = {}  # the header of each list by its words
        self.known: dict[str, list[dict[str, Fact]]] = self._known()

    def _known(self) -> dict[str, list[dict[str, Fact]]]:
        found: dict[str, list[dict[str, Fact]]] = {name: [] for name in self.vocabulary.entities}
        if self.deal is None:
            return found
        for name, count in self.deal.counts.items():
            found[name] = [{} for _ in range(count)]
        for fact in self.deal.facts:
            if fact.item[0] != "visit":
                found[fact.item[0]][fact.item[1]][fact.field] = fact
        found["visit"] = list(self.deal.visits)
        return found

    def write(self) -> None:
        """Every sheet, the notes and the lists last."""
        for spec in form_data()["sheets"]:
            entities = [self.vocabulary.entities[name] for name in spec["entities"]]
            is_of_team = set(spec["entities"]) <= set(form_data()["team_only"])
            if is_of_team and not any(any(self.known[e.name]) for e in entities):
                continue
            sheet = self.book.create_sheet(spec[self.lang])
            if entities[0].list_key:
                self._rows(sheet, entities[0])
            else:
                self._facts(sheet, entities)
        self._help()
        self._lists()

    # One fact a row

    def _facts(self, sheet: Worksheet, entities: list[Entity]) -> None:
        for number, name in enumerate(COLUMNS, 1):
            self._text(sheet, 1, number, form_word("columns", name).get(self.lang), _HEAD)
            sheet.column_dimensions[column_letters(number)].width = _WIDTHS[name]
        row = 2
        for entity in entities:
            known = next(iter(self.known[entity.name]), {})
            for field in self._fields(entity, [known]):
                self._fact(sheet, row, entity, field, known.get(field.name))
                row += 1
        if entities[0].name == "deal":
            self._text(sheet, row, 1, form_word("words", "notes").get(self.lang), _KEY)
            self._text(sheet, row, 3, self.deal.notes if self.deal else "")
        sheet.freeze_panes = "C2"

    def _fields(self, entity: Entity, items: list[dict[str, Fact]]) -> list[Field]:
        """What is asked for, and whatever is stated of what would be worked out."""
        stated = {name for item in items for name in item}
        return [f for f in entity.fields.values() if f.tier != "derived" or f.name in stated]

    def _fact(self, sheet: Worksheet, row: int, entity: Entity, field: Field, fact: Fact | None) -> None:
        self._text(sheet, row, 1, entity.label.get(self.lang), _KEY)
        self._text(sheet, row, 2, field.label.get(self.lang), _KEY)
        self._note(sheet, row, 2, field)
        self._offer(sheet, f"C{row}", field)
        self._content(sheet, row, 3, field, fact)
        if fact and fact.evidence:
            self._text(sheet, row, 4, join_values(fact.evidence.sources, self._comma()))
            if fact.evidence.day:
                self._day(sheet, row, 5, fact.evidence.day)

    # One item a row

    def _rows(self, sheet: Worksheet, entity: Entity) -> None:
        items = self.known[entity.name]
        fields = self._fields(entity, items)
        last = len(items) + _SPARE_ROWS
        for number, field in enumerate(fields, 1):
            letters = column_letters(number)
            self._text(sheet, 1, number, field.label.get(self.lang), _HEAD)
            self._note(sheet, 1, number, field)
            self._offer(sheet, f"{letters}2:{letters}{last}", field)
            sheet.column_dimensions[letters].width = _FIRST_WIDTH if number == 1 else _ROW_WIDTH
        for row, item in enumerate(items, 2):
            for number, field in enumerate(fields, 1):
                fact = item.get(field.name)
                if fact is None or fact.evidence is None:
                    self._content(sheet, row, number, field, fact)
                else:
                    said = self._words(field, fact)
                    evidence = fact.evidence
                    self._text(sheet, row, number, join_evidence(said, evidence.sources, evidence.day))
        sheet.freeze_panes = "B2"

    # Cells

    def _content(self, sheet: Worksheet, row: int, column: int, field: Field, fact: Fact | None) -> None:
        """A value as Excel knows it, so that numbers and days can be worked on; the rest as text."""
        content = fact.content if fact else None
        if isinstance(content, date):
            self._day(sheet, row, column, content)
        elif isinstance(content, int | float) and not isinstance(content, bool):
            cell = sheet.cell(row, column)
            cell.value = content
            self._dress(sheet, row, column)
        elif fact is not None:
            # In a sheet of items an @ behind a blank would begin the source.
            text = self._words(field, fact)
            self._text(sheet, row, column, join_evidence(text, (), None) if self._is_list(field) else text)
        else:
            self._dress(sheet, row, column)

    def _is_list(self, field: Field) -> bool:
        return bool(self.vocabulary.entities[field.entity].list_key)

    def _words(self, field: Field, fact: Fact) -> str:
        words = [self._word(field, value) for value in values_of(fact.content)]
        if fact.keys:
            words = [f"{key}: {word}" for key, word in zip(fact.keys, words, strict=True)]
        return join_values(words, self._comma()) if field.is_several else words[0]

    def _word(self, field: Field, value: Value) -> str:
        if field.is_enum:
            label = field.label_of[str(value)].get(self.lang)
            return label if field.choice_by_name.get(label.lower()) == value else str(value)
        if isinstance(value, bool):
            return Text("是", "yes").get(self.lang) if value else Text("否", "no").get(self.lang)
        return str(value)

    def _comma(self) -> str:
        return Text("、", ", ").get(self.lang)

    def _text(self, sheet: Worksheet, row: int, column: int, text: str, fill: str = "") -> None:
        """A cell of plain text: what begins with `=` is no formula, neither here nor once it is edited."""
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
        from openpyxl.styles import Font

        cell = sheet.cell(row, column)
        shown = ILLEGAL_CHARACTERS_RE.sub(" ", text)
        # A leading apostrophe is read as the mark that CSV files put before a formula.
        cell.value = (guarded(shown) if shown.startswith("'") else shown) or None
        if shown:
            cell.data_type = "s"
        cell.number_format = "@"
        self._dress(sheet, row, column, fill)
        cell.quotePrefix = guarded(shown) != shown
        if fill:
            cell.font = Font(bold=fill == _HEAD)

    def _day(self, sheet: Worksheet, row: int, column: int, day: date) -> None:
        cell = sheet.cell(row, column)
        cell.value = day
        self._dress(sheet, row, column)
        cell.number_format = _DAY

    def _dress(self, sheet: Worksheet, row: int, column: int, fill: str = "") -> None:
        from openpyxl.styles import Alignment, PatternFill

        cell = sheet.cell(row, column)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)

    def _note(self, sheet: Worksheet, row: int, column: int, field: Field) -> None:
        """How to fill in a field, as a comment on its label."""
        from openpyxl.comments import Comment

        spec = interview_data()["help"].get(field.type, {})
        lines = [spec.get(self.lang, "")]
        if field.required:
            lines.insert(0, form_word("words", "required").get(self.lang))
        if field.type == "multi_enum":
            labels = self._comma().join(self._word(field, value) for value in offered(field))
            lines.append(form_word("words", "choices").get(self.lang).format(choices=labels))
        if field.range:
            lines.append("{:g}–{:g}".format(*field.range))
        if text := "\n".join(line for line in lines if line):
            comment = Comment(text, "playbook")
            comment.width, comment.height = _NOTE_SIZE
            sheet.cell(row, column).comment = comment

    def _offer(self, sheet: Worksheet, cells: str, field: Field) -> None:
        """A list to choose from. It refuses nothing: a source may stand behind the value."""
        from openpyxl.worksheet.datavalidation import DataValidation

        if field.type not in ("enum", "boolean"):
            return
        values: list[Any] = [True, False] if field.type == "boolean" else list(offered(field))
        words = tuple(self._word(field, value) for value in values)
        self.lists.setdefault(words, field.label.get(self.lang))
        letters = column_letters(list(self.lists).index(words) + 1)
        source = f"'{UNREAD}{form_word('words', 'lists').get(self.lang)}'!${letters}$2:${letters}${len(words) + 1}"
        validation = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=False)
        validation.add(cells)
        sheet.add_data_validation(validation)

    # Sheets that are not read

    def _help(self) -> None:
        sheet = self.book.create_sheet(UNREAD + form_word("words", "help").get(self.lang))
        for row, text in enumerate(form_data()["help"][self.lang], 1):
            self._text(sheet, row, 1, text)
        sheet.column_dimensions["A"].width = _HELP_WIDTH

    def _lists(self) -> None:
        sheet = self.book.create_sheet(UNREAD + form_word("words", "lists").get(self.lang))
        for number, (words, header) in enumerate(self.lists.items(), 1):
            for row, text in enumerate((header, *words), 1):
                self._text(sheet, row, number, text, _HEAD if row == 1 else "")
            sheet.column_dimensions[column_letters(number)].width = _ROW_WIDTH
        sheet.sheet_state = "hidden"
