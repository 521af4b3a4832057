"""CSV as people's programs write it: three encodings, three separators, quotes.

UTF-8 with or without a mark is tried first, then UTF-16 with its mark ("Unicode text"
of Excel), then Windows-1252. Text in UTF-8 is practically never valid by accident,
so the order is safe; Windows-1252 would accept almost anything.
"""

import codecs
import csv
from collections.abc import Iterable
from io import StringIO
from typing import Final

from carnet_issuer.class_list.table import (
    HEADER_WITHIN,
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    WINDOWS,
    Row,
    Sheet,
    too_large,
    unreadable_letters,
)
from carnet_issuer.errors import ClassListError
from carnet_securing.errors import ErrorKind

_DELIMITERS: Final = (";", ",", "\t")
_SAMPLE_ROWS: Final = 30


def read_csv(data: bytes) -> list[Sheet]:
    """Read a file once for each separator that gives it more than one column.

    Which reading is the right one is decided by the header, not here.

    Raises:
        ClassListError: `malformed` when it is no text.
    """
    text, encoding = _decode(data)
    delimiters = [mark for mark in _DELIMITERS if _splits(text, mark)] or [_DELIMITERS[0]]
    return [_read(text, encoding, mark) for mark in delimiters]


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = [("utf-16", "UTF-16")]
    else:
        candidates = [("utf-8-sig", "UTF-8"), ("cp1252", WINDOWS)]
    for codec, name in candidates:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, name
        break
    if b"\x00" not in data:
        raise unreadable_letters()
    raise ClassListError(
        ErrorKind.MALFORMED,
        "The file is not a table of text.",
        hint="Save it as CSV UTF-8 or as .xlsx and try again.",
    )


def _splits(text: str, delimiter: str) -> bool:
    try:
        sample = _take(csv.reader(StringIO(text, newline=""), delimiter=delimiter), _SAMPLE_ROWS)
    except csv.Error:
        return False
    return any(len(cells) > 1 for cells in sample)


def _read(text: str, encoding: str, delimiter: str) -> Sheet:
    rows: list[Row] = []
    fault: ClassListError | None = None
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if number > MAX_ROWS + HEADER_WITHIN:
                fault = too_large("The file has too many rows.")
                break
            if len(cells) > MAX_COLUMNS or any(len(c) > MAX_CELL_CHARACTERS for c in cells):
                fault = too_large(f"Row {number} is too long; a quote may be missing.")
                break
            rows.append(Row(number, tuple(cells)))
    except csv.Error:
        fault = ClassListError(
            ErrorKind.MALFORMED,
            f"The file cannot be read after row {len(rows)}.",
            hint="A quote may be missing or doubled there.",
        )
    return Sheet(name="", rows=tuple(rows), encoding=encoding, delimiter=delimiter, fault=fault)


def _take(rows: Iterable[list[str]], count: int) -> list[list[str]]:
    return [cells for cells, _ in zip(rows, range(count), strict=False)]
