"""The import of one export: table, map, deals, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from playbook.load.crm.cells import Reading
from playbook.load.crm.columns import Columns, date_order, find_columns
from playbook.load.crm.crmdata import words
from playbook.load.crm.deals import deal_of
from playbook.load.crm.fieldmap import FieldMap, Order
from playbook.load.crm.folder import Outcome, Progress, Target, write_deals, write_lists
from playbook.load.crm.mapfile import load_map
from playbook.load.crm.rows import Problems, RowReader
from playbook.load.crm.table import Table, read_table
from playbook.model.vocabulary import Lang, Vocabulary

_LIST_HEADS = ("list_row", "list_reason", "list_column", "list_cell")


@dataclass(frozen=True)
class Request:
    """What to import, and how, as the command line asks for it; `order`, `currency` and `rates` overrule the map."""

    path: Path
    map_name: str
    folder: Path
    as_of: date
    lang: Lang = "zh"
    update: bool = False
    labels: bool = False
    sheet: str = ""
    encoding: str = ""
    order: Order = ""
    currency: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    progress: Progress = lambda done, total: None


@dataclass(frozen=True)
class Imported:
    """What an import did: everything its summary tells."""

    request: Request
    table: Table
    columns: Columns
    field_map: FieldMap
    reading: Reading
    problems: Problems
    outcome: Outcome
    joined: int


def import_file(request: Request, vocabulary: Vocabulary) -> Imported:
    """Turns an export into deal files. Raises `PlaybookError` when nothing can be imported.

    Rows and cells that cannot be used are in the result, and in lists beside the deal files.
    """
    field_map = load_map(request.map_name, vocabulary)
    known_rows = {words(name).get(lang) for name in _LIST_HEADS for lang in ("zh", "en")}
    field_map = replace(field_map, ignored=(*field_map.ignored, *known_rows))
    table = read_table(request.path, field_map.headings(), request.sheet, request.encoding)
    columns = find_columns(table, field_map, vocabulary)
    reading = Reading(
        request.as_of,
        request.order or date_order(table, columns, field_map),
        request.currency or field_map.currency,
        field_map.decimal_comma,
        {**field_map.rates, **request.rates},
    )
    reader = RowReader(table, columns, field_map, vocabulary, reading, request.lang)
    drafts = reader.read()
    joined = sum(len(draft.rows) - 1 for draft in drafts)
    labels = request.lang if request.labels else ""
    target = Target(request.folder, vocabulary, request.as_of, request.update, labels, request.progress)
    file = request.path.name
    outcome = write_deals(
        drafts, lambda draft: deal_of(draft, field_map, vocabulary, file, request.lang), target, reader.problems
    )
    heads = tuple(words(name).get(request.lang) for name in _LIST_HEADS)
    write_lists(request.folder, table, reader.problems, heads, request.lang)
    return Imported(request, table, columns, field_map, reading, reader.problems, outcome, joined)
