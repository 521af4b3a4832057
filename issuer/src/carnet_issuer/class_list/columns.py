"""Guess what each column of a class list means, and say so.

A header row names a family name and a first name in French or English. Columns that a
certificate may never carry (DESIGN, never-list) are recognised in order to be left
out: they are not stored, whatever the file holds.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from carnet_issuer.class_list.table import (
    HEADER_WITHIN,
    WINDOWS,
    Cell,
    Row,
    Sheet,
    is_blank,
    unreadable_letters,
)
from carnet_issuer.errors import ClassListError
from carnet_schemas import never_list
from carnet_securing.errors import ErrorKind


class Column(StrEnum):
    """What a class list may say about a person."""

    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    USUAL_NAME = "usual_name"
    EMAIL = "email"
    PHONE = "phone"
    RESULT = "result"
    HOURS = "hours"


_NAMES: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.FAMILY_NAME: (
        "nom", "noms", "nom de famille", "nom du stagiaire", "nom stagiaire", "nom apprenant",
        "last name", "lastname", "family name", "surname",
    ),
    Column.GIVEN_NAME: (
        "prenom", "prenoms", "prenom s", "prenom du stagiaire", "prenom stagiaire",
        "first name", "firstname", "given name", "given names", "forename",
    ),
    Column.USUAL_NAME: (
        "nom d usage", "nom usuel", "usual name", "preferred name", "nom affiche", "display name",
    ),
    Column.EMAIL: (
        "mail", "e mail", "email", "courriel", "mel", "adresse mail", "adresse e mail",
        "adresse email", "adresse electronique", "email address", "e mail address",
    ),
    Column.PHONE: (
        "mobile", "portable", "tel", "telephone", "telephone portable", "tel portable", "gsm",
        "numero de telephone", "n de telephone", "phone", "phone number", "mobile phone",
    ),
    Column.RESULT: ("resultat", "resultats", "result", "validation", "evaluation", "acquis"),
    Column.HOURS: (
        "heures", "nb heures", "nombre d heures", "nbre heures", "heures suivies", "duree",
        "duree heures", "duree h", "hours", "duration", "duration hours",
    ),
}  # fmt: skip
_MEANING: Final = {name: column for column, names in _NAMES.items() for name in names}
_MAX_SHEET_NAME: Final = 40
_REQUIRED: Final = (Column.FAMILY_NAME, Column.GIVEN_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Where each known column stands, and what became of the others.

    `used` maps a column to its position; `headers` are the file's own words;
    `left_out` are headers nobody asked for, `never` those a certificate may not carry.
    """

    header_row: int
    headers: tuple[str, ...]
    used: Mapping[Column, int]
    left_out: tuple[str, ...]
    never: tuple[str, ...]

    def cell(self, row: Row, column: Column) -> Cell:
        """The cell of a column, None when the file has no such column or the row is short."""
        position = self.used.get(column)
        if position is None or position >= len(row.cells):
            return None
        return row.cells[position]


@dataclass(frozen=True, slots=True)
class FoundList:
    """The sheet that holds the class, with its columns."""

    sheet: Sheet
    columns: ColumnMap


def find_list(sheets: list[Sheet], *, wanted: str | None) -> FoundList:
    """Choose the one sheet, and in it the row, that reads like a header.

    Args:
        sheets: every sheet of the workbook, or every reading of a CSV file.
        wanted: the sheet the operator named, None to find it.

    Raises:
        ClassListError: `malformed` when no sheet has a header or a column stands twice,
            `conflict` when two sheets hold a class, `not_found` when the named sheet is
            absent, or what is wrong with the sheet chosen.
    """
    if wanted is not None and all(sheet.name != wanted for sheet in sheets):
        raise _no_such_sheet(sheets)
    found = [
        FoundList(sheet, columns)
        for sheet in sheets
        if wanted in (None, sheet.name) and (columns := _header(sheet)) is not None
    ]
    if not found:
        broken = next((sheet.fault for sheet in sheets if sheet.fault is not None), None)
        if any(_is_misread(sheet) for sheet in sheets):
            raise unreadable_letters()
        raise broken or ClassListError(
            ErrorKind.MALFORMED,
            "No row of the file names the columns.",
            hint="One row must hold the headings Nom and Prénom, or Last name and First name.",
        )
    best = max(found, key=lambda f: len(f.columns.used))
    if best.sheet.delimiter is None and len(found) > 1:
        raise ClassListError(
            ErrorKind.CONFLICT,
            "More than one sheet holds a class list.",
            hint="Import them one by one with --sheet NAME.",
        )
    if best.sheet.fault is not None:
        raise best.sheet.fault
    return best


def _no_such_sheet(sheets: list[Sheet]) -> ClassListError:
    if any(sheet.delimiter is not None for sheet in sheets):
        return ClassListError(
            ErrorKind.NOT_FOUND, "A CSV file has no sheets.", hint="Leave out --sheet."
        )
    names = ", ".join(sheet.name[:_MAX_SHEET_NAME] for sheet in sheets)
    return ClassListError(
        ErrorKind.NOT_FOUND,
        "The workbook has no sheet of that name.",
        hint=f"Its sheets: {names}." if names else "It has no visible sheet.",
    )


def _is_misread(sheet: Sheet) -> bool:
    """Whether the headings appear once the bytes are read in another encoding.

    So it is with a UTF-8 file that one row of Windows-1252 was pasted into, and with files of
    DOS and of older Macs: Windows-1252 reads anything, and reads it wrong.
    """
    if sheet.encoding != WINDOWS:
        return False
    return any(
        _header(replace(sheet, rows=tuple(_reread(row, codec) for row in rows))) is not None
        for rows in [sheet.rows[:HEADER_WITHIN]]
        for codec in ("utf-8-sig", "cp850", "mac_roman")
    )


def _reread(row: Row, codec: str) -> Row:
    cells = (
        cell.encode("cp1252").decode(codec, "replace") if isinstance(cell, str) else cell
        for cell in row.cells
    )
    return Row(row.number, tuple(cells))


def _header(sheet: Sheet) -> ColumnMap | None:
    for row in sheet.rows[:HEADER_WITHIN]:
        names = [_plain(cell) for cell in row.cells]
        meanings = [_MEANING.get(name) for name in names]
        if all(column in meanings for column in _REQUIRED):
            _refuse_twice([meaning for meaning in meanings if meaning is not None])
            return _column_map(row, meanings)
    return None


def _refuse_twice(meanings: list[Column]) -> None:
    if len(set(meanings)) != len(meanings):
        raise ClassListError(
            ErrorKind.MALFORMED,
            "Two columns of the file have the same meaning.",
            hint="Rename or remove one of them.",
        )


def _column_map(row: Row, meanings: list[Column | None]) -> ColumnMap:
    headers = tuple("" if is_blank(cell) else str(cell).strip() for cell in row.cells)
    other = [i for i, meaning in enumerate(meanings) if meaning is None and headers[i]]
    never = [i for i in other if never_list.topic_of(headers[i]) is not None]
    return ColumnMap(
        header_row=row.number,
        headers=headers,
        used={meaning: i for i, meaning in enumerate(meanings) if meaning is not None},
        left_out=tuple(headers[i] for i in other if i not in never),
        never=tuple(headers[i] for i in never),
    )


def _plain(cell: Cell) -> str:
    """Lower case, without accents and punctuation: the form headings are compared in."""
    if not isinstance(cell, str):
        return ""
    decomposed = unicodedata.normalize("NFKD", cell.replace("œ", "oe")).casefold()
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())
