"""A class list from bytes to people and rejected rows: imported + rejected + blank = rows.

Rows above and at the header are the file's title and are counted apart.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from carnet_issuer.class_list.columns import ColumnMap, find_list
from carnet_issuer.class_list.csv_file import read_csv
from carnet_issuer.class_list.namesakes import Namesakes
from carnet_issuer.class_list.people import Person, read_person
from carnet_issuer.class_list.reasons import RejectedRow, RowFault, RowFaultError
from carnet_issuer.class_list.table import MAX_FILE_BYTES, MAX_ROWS, Row, Sheet, too_large
from carnet_issuer.class_list.xlsx_file import read_xlsx
from carnet_issuer.errors import ClassListError
from carnet_securing.errors import ErrorKind

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True, repr=False)
class ReadRow:
    """One person with the row she stands in.

    `is_another`: the office says that she is nobody it has made a record of.
    """

    row: int
    person: Person
    is_another: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassList:
    """Every row below the header, accounted for once."""

    sheet: Sheet
    columns: ColumnMap
    people: tuple[ReadRow, ...]
    rejected: tuple[RejectedRow, ...]
    blank: int
    rows: int

    def columns_json(self) -> dict[str, Any]:
        """How the columns were understood, for the operator to confirm."""
        columns = self.columns
        return {
            "header_row": columns.header_row,
            "used": {str(name): columns.headers[at] for name, at in columns.used.items()},
            "left_out": list(columns.left_out),
            "never": list(columns.never),
            "sheet": self.sheet.name or None,
            "encoding": self.sheet.encoding,
            "delimiter": self.sheet.delimiter,
        }


def read_class_list(
    data: bytes,
    *,
    sheet: str | None = None,
    attendance: bool = False,
    another: Collection[int] = (),
) -> ClassList:
    """Read a CSV file or a workbook, told apart by their content.

    Args:
        data: the whole file.
        sheet: the sheet of a workbook to read, None to find it.
        attendance: for certificates that say who was there, whatever her result.
        another: numbers of rows that are another person, though the names were met.

    Raises:
        ClassListError: the file as a whole cannot be read; nothing is kept of it.
    """
    if len(data) > MAX_FILE_BYTES:
        raise too_large("The file is too large for a class list.")
    if data.startswith(_OLE):
        raise ClassListError(
            ErrorKind.UNSUPPORTED_VERSION,
            "Old workbooks (.xls) and protected ones cannot be read.",
            hint="Save it as .xlsx without a password, or as CSV UTF-8.",
        )
    sheets = read_xlsx(data) if data.startswith(_ZIP) else read_csv(data)
    found = find_list(sheets, wanted=sheet)
    below = [row for row in found.sheet.rows if row.number > found.columns.header_row]
    if len(below) > MAX_ROWS:
        raise too_large("The file has too many rows.")
    _check_rows_are_there(another, below)
    return _sorted_out(
        found.sheet, found.columns, below, attendance=attendance, another=frozenset(another)
    )


def _check_rows_are_there(another: Collection[int], below: list[Row]) -> None:
    if not set(another) <= {row.number for row in below if not row.is_blank}:
        raise ClassListError(
            ErrorKind.NOT_FOUND,
            "The list has no row of a number that --another gives.",
            hint="Give the numbers that the report says, or the spreadsheet shows.",
        )


def _sorted_out(
    sheet: Sheet,
    columns: ColumnMap,
    below: list[Row],
    *,
    attendance: bool,
    another: frozenset[int],
) -> ClassList:
    filled = [row for row in below if not row.is_blank]
    people: list[ReadRow] = []
    rejected: list[RejectedRow] = []
    met = Namesakes()
    for row in filled:
        try:
            person = read_person(row, columns, attendance=attendance)
            if row.number not in another and met.know(person):
                raise RowFaultError(RowFault.DUPLICATE)
            met.add(
                family_name=person.family_name, given_name=person.given_name, email=person.email
            )
            people.append(ReadRow(row.number, person, row.number in another))
        except RowFaultError as error:
            rejected.append(RejectedRow(row=row.number, fault=error.fault, column=error.column))
    return ClassList(
        sheet=sheet,
        columns=columns,
        people=tuple(people),
        rejected=tuple(rejected),
        blank=len(below) - len(filled),
        rows=len(below),
    )
