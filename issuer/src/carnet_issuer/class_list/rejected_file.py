"""The rejected rows as a CSV file to correct and import again.

Every cell that a spreadsheet would run as a formula gets an apostrophe in front
(security row E07); quotes and separators are the writer's business.
"""

import csv
from io import StringIO
from typing import Final

from carnet_issuer.class_list.reading import ClassList
from carnet_issuer.class_list.reasons import RejectedRow
from carnet_issuer.class_list.table import Cell

_RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MARK: Final = "\ufeff"


def rejected_csv(read: ClassList, rejected: list[RejectedRow]) -> bytes:
    """Write header, rejected rows and, in a last column, the reason. UTF-8 with a mark."""
    rows = {row.number: row for row in read.sheet.rows}
    width = len(read.columns.headers)
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([*map(_inert, read.columns.headers), "Raison / Reason"])
    for fault in rejected:
        cells = [*rows[fault.row].cells, *[None] * width][:width]
        shape = fault.to_json()
        writer.writerow([*map(_inert, cells), f"{shape['reason_fr']} {shape['reason']}"])
    return (_MARK + out.getvalue()).encode("utf-8")


def _inert(cell: Cell) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_RUNS) else text
