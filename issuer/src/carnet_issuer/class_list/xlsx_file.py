"""Workbooks (.xlsx) through openpyxl's read-only mode, bounded before anything is inflated.

A workbook is a zip of XML written by anyone: the sizes it declares are added up first,
a document type in any part is refused (entity bombs), and rows and columns are cut
where a class list can no longer be one. Formulas stay text and are refused later.
"""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, Final

from carnet_issuer.class_list.table import (
    HEADER_WITHIN,
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    Cell,
    Row,
    Sheet,
    is_blank,
    too_large,
)
from carnet_issuer.errors import ClassListError
from carnet_securing.errors import ErrorKind

_MAX_PARTS: Final = 500
_MAX_INFLATED_BYTES: Final = 24 * 1024 * 1024
_MAX_SHEETS: Final = 20
_DOCUMENT_TYPE: Final = b"<!DOCTYPE"
_OPENPYXL_FAILURES: Final = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, IndexError,
    OverflowError, EOFError, NotImplementedError, SyntaxError, RuntimeError, OSError,
)  # fmt: skip


def read_xlsx(data: bytes) -> list[Sheet]:
    """Read every visible sheet.

    Raises:
        ClassListError: `malformed` when it is no workbook, `too_large` beyond the bounds.
    """
    _check_parts(data)
    from openpyxl import load_workbook  # noqa: PLC0415 - 150 ms that CSV need not pay

    try:
        workbook = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            if len(workbook.worksheets) > _MAX_SHEETS:
                raise too_large("The workbook has too many sheets.")
            return [
                Sheet(name=str(sheet.title), rows=tuple(_rows(sheet)))
                for sheet in workbook.worksheets
                if sheet.sheet_state == "visible"
            ]
        finally:
            workbook.close()
    except _OPENPYXL_FAILURES:
        raise _malformed() from None


def _check_parts(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > _MAX_PARTS or sum(p.file_size for p in parts) > _MAX_INFLATED_BYTES:
                raise too_large("The workbook grows too large when opened.")
            for part in parts:
                with archive.open(part) as stream:
                    # The declared size is only a claim: never read beyond it.
                    content = stream.read(part.file_size + 1)
                if len(content) > part.file_size:
                    raise too_large("The workbook grows too large when opened.")
                if part.filename.endswith((".xml", ".rels")) and _DOCUMENT_TYPE in content:
                    raise _malformed()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError):
        raise _malformed() from None


def _rows(sheet: Any) -> Iterator[Row]:
    # What the file says about its own dimensions is not to be trusted.
    sheet.reset_dimensions()
    numbered = enumerate(sheet.iter_rows(values_only=True), start=1)
    for number, values in numbered:
        if number > MAX_ROWS + HEADER_WITHIN:
            raise too_large("The workbook has too many rows.")
        cells = tuple(_cell(value) for value in values[:MAX_COLUMNS])
        if any(isinstance(cell, str) and len(cell) > MAX_CELL_CHARACTERS for cell in cells) or any(
            not is_blank(_cell(value)) for value in values[MAX_COLUMNS:]
        ):
            raise too_large(f"Row {number} is too long.")
        yield Row(number, cells)


def _cell(value: object) -> Cell:
    match value:
        case None | bool() | str() | int() | float():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _malformed() -> ClassListError:
    return ClassListError(
        ErrorKind.MALFORMED,
        "The workbook cannot be read.",
        hint="Open it, save it again as .xlsx or CSV UTF-8, and try again.",
    )
