"""A file of rows before anyone has guessed what its columns mean."""

from dataclasses import dataclass
from typing import Final

from carnet_issuer.errors import ClassListError
from carnet_securing.errors import ErrorKind

# A truth value of a workbook is an `int` too: who wants a number looks for it first.
Cell = str | int | float | None

WINDOWS: Final = "Windows-1252"
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
MAX_ROWS: Final = 5_000
"""Below the headings, which stand within the first `HEADER_WITHIN` rows."""
HEADER_WITHIN: Final = 50
MAX_COLUMNS: Final = 64
MAX_CELL_CHARACTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row with the number a spreadsheet shows beside it. Cells are the file's own."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything."""
        return all(is_blank(cell) for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of a workbook, or one reading of a CSV file.

    `fault` is why the rows end early; such a sheet may be looked at, never imported.
    """

    name: str
    rows: tuple[Row, ...]
    encoding: str | None = None
    delimiter: str | None = None
    fault: ClassListError | None = None


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing but space."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def too_large(message: str) -> ClassListError:
    """The refusal of a file beyond the bounds above."""
    return ClassListError(
        ErrorKind.TOO_LARGE,
        message,
        hint=f"One file may hold {MAX_ROWS} rows below its headings,"
        f" and {MAX_FILE_BYTES // 1024 // 1024} MB.",
    )


def unreadable_letters() -> ClassListError:
    """The refusal of a text whose encoding is unknown or changes on the way."""
    return ClassListError(
        ErrorKind.MALFORMED,
        "The letters of the file cannot be read: its encoding is not one we know, or is mixed.",
        hint="Save it as CSV UTF-8 or as .xlsx and try again.",
    )
