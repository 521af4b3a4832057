"""From one row to one person, or to the reason why not.

Nothing is repaired that would change what is signed: names and results stay as typed. Contact
details are never signed, so what a spreadsheet does to them is put right and noted.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from carnet_issuer.class_list.columns import Column, ColumnMap
from carnet_issuer.class_list.reasons import RowFault, RowFaultError
from carnet_issuer.class_list.table import Cell, Row, is_blank

_FORMULA: Final = re.compile(r"^'?\s*[=@\t\r]|^'?\s*[+\-](?![0-9 (])")
_NAME_MARKS: Final = frozenset(" .,'’ʼ()-·")
# UTF-8 read as Windows-1252 (é becomes Ã©), or letters replaced when saving.
_DAMAGED: Final = re.compile(r"[?\ufffd]|[ÃÂÅÄ][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|&#?\w+;")
_EMAIL: Final = re.compile(
    r"[^\s@<>\"(),;:\\\[\]]{1,64}@(?:[^\s@.<>\"(),;:\\\[\]]{1,63}\.)+[^\W\d_]{2,63}"
)
_NO_EMAIL: Final = frozenset(
    {"-", "/", "n/a", "na", "nc", "non", "aucun", "aucune", "sans", "neant", "néant", "none", "no",
     "pas de mail", "pas d'email", "pas d'e-mail", "pas de courriel", "sans mail", "no email"}
)  # fmt: skip
_PHONE: Final = re.compile(r"\+?[0-9][0-9 .\-/()]{4,24}")
_HOURS: Final = re.compile(
    r"([0-9]{1,4})(?:[.,]([0-9]{1,2}))?\s*(?:h|heures?|hours?)?", re.IGNORECASE
)
_MAX_HOURS: Final = 5_000
_MAX_NAME: Final = 100


_PASSED: Final = frozenset(
    ("acquis", "acquise", "acquises", "valide", "validee", "reussi", "reussie", "recu", "recue",
     "admis", "admise", "favorable", "avis favorable", "oui", "ok", "apte", "present", "presente",
     "suivi", "suivie", "participation", "assidu", "assidue", "mention", "avec mention",
     "acquis avec mention", "acquise avec mention", "admis avec mention", "admise avec mention",
     "reussi avec mention", "reussie avec mention",
     "pass", "passed", "yes", "success", "successful", "competent", "attended", "attendance",
     "participated", "merit", "distinction", "pass with merit", "pass with distinction",
     "passed with merit", "passed with distinction")
)  # fmt: skip
_NOT_PASSED: Final = frozenset(
    ("non acquis", "non acquise", "en cours d acquisition", "partiel", "partiellement acquis",
     "non valide", "non validee", "echec", "ajourne", "ajournee", "refuse", "refusee",
     "defavorable", "avis defavorable", "absent", "absente", "abandon", "non", "ko", "inapte",
     "non evalue", "non evaluee", "en attente",
     "fail", "failed", "no", "not passed", "not yet competent", "pending", "absent")
)  # fmt: skip


_NOT_THERE: Final = frozenset(
    ("absent", "absente", "abandon", "non presente", "non present", "pas venu", "pas venue",
     "no show", "not attended", "did not attend")
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Person:
    """One learner of a class list. Contact details serve delivery and are never signed."""

    family_name: str
    given_name: str
    usual_name: str
    email: str | None
    phone: str | None
    result: str | None
    hours: int | float | None
    notes: tuple[str, ...]

    @property
    def key(self) -> str:
        """Names and, if any, the e-mail address, in the form they are compared in."""
        names = f"{self.family_name} {self.given_name}"
        return f"{folded(names)}|{(self.email or '').casefold()}"

    def to_json(self) -> dict[str, Any]:
        """What the record keeps beside the claims."""
        shape = {
            "family_name": self.family_name,
            "given_name": self.given_name,
            "usual_name": self.usual_name,
            "email": self.email,
            "phone": self.phone,
        }
        return {name: value for name, value in shape.items() if value is not None}


def read_person(row: Row, columns: ColumnMap, *, attendance: bool) -> Person:
    """Read one row that is not blank.

    Args:
        attendance: the certificate says that she was there, and nothing of how she did.

    Raises:
        RowFaultError: the row cannot be imported.
    """
    width = len(columns.headers)
    if any(not is_blank(cell) for cell in row.cells[width:]):
        raise RowFaultError(RowFault.TOO_MANY_CELLS)
    for column, position in columns.used.items():
        if position < len(row.cells) and _is_formula(row.cells[position], column):
            raise RowFaultError(RowFault.FORMULA, columns.headers[position])
    family = _name(columns, row, Column.FAMILY_NAME, RowFault.NAME_MISSING)
    given = _name(columns, row, Column.GIVEN_NAME, RowFault.GIVEN_NAME_MISSING)
    usual = _name(columns, row, Column.USUAL_NAME, None)
    email, email_note = _email(columns, row)
    phone, phone_note = _phone(columns, row)
    return Person(
        family_name=family,
        given_name=given,
        usual_name=usual or f"{given} {family}",
        email=email,
        phone=phone,
        result=_result(columns, row, attendance=attendance),
        hours=_hours(columns, row),
        notes=tuple(note for note in (email_note, phone_note) if note),
    )


def folded(text: str) -> str:
    """The form two spellings of a name are compared in: no case, accents or punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())


def _is_formula(cell: Cell, column: Column) -> bool:
    if not isinstance(cell, str):
        return False
    if column is Column.PHONE and _PHONE.fullmatch(cell.strip()):
        return False
    # A lone dash means "nothing" to the people who type these lists.
    return cell.strip() not in {"-", "--"} and _FORMULA.match(cell) is not None


def _name(columns: ColumnMap, row: Row, column: Column, missing: RowFault | None) -> str:
    header = _header(columns, column)
    cell = columns.cell(row, column)
    if is_blank(cell) or cell is None:
        if missing is None:
            return ""
        raise RowFaultError(missing, header)
    if not isinstance(cell, str):
        raise RowFaultError(RowFault.NAME_NOT_TEXT, header)
    name = " ".join(unicodedata.normalize("NFC", cell).split())
    if _DAMAGED.search(name):
        raise RowFaultError(RowFault.NAME_DAMAGED, header)
    if len(name) > _MAX_NAME or not _reads_as_name(name):
        raise RowFaultError(RowFault.NAME_NOT_TEXT, header)
    return name


def _reads_as_name(name: str) -> bool:
    """Letters of any script with their marks, and the few signs that names are written with."""
    return name[0].isalpha() and all(
        c.isalpha() or c in _NAME_MARKS or unicodedata.category(c) in {"Mn", "Mc"} for c in name
    )


def _email(columns: ColumnMap, row: Row) -> tuple[str | None, str | None]:
    text = _text(columns.cell(row, Column.EMAIL))
    if not text:
        return None, None
    if text.casefold() in _NO_EMAIL:
        return None, "email_absent"
    if len(text) > 254 or _EMAIL.fullmatch(text) is None:
        raise RowFaultError(RowFault.EMAIL_MALFORMED, _header(columns, Column.EMAIL))
    return text, None


def _phone(columns: ColumnMap, row: Row) -> tuple[str | None, str | None]:
    text = _text(columns.cell(row, Column.PHONE))
    if not text or text.casefold() in _NO_EMAIL:
        return None, None
    if re.fullmatch(r"[1-9][0-9]{8}", text):
        # A spreadsheet that took the number for a quantity dropped its leading zero.
        return f"0{text}", "phone_zero_restored"
    if _PHONE.fullmatch(text) is None:
        raise RowFaultError(RowFault.PHONE_MALFORMED, _header(columns, Column.PHONE))
    return text, None


def _result(columns: ColumnMap, row: Row, *, attendance: bool) -> str | None:
    """The result in the list's own words, once they are known to mean a certificate."""
    if Column.RESULT not in columns.used:
        return None
    header = _header(columns, Column.RESULT)
    words = _text(columns.cell(row, Column.RESULT))
    meaning = folded(words)
    if attendance:
        if meaning in _NOT_THERE:
            raise RowFaultError(RowFault.RESULT_NOT_PASSED, header)
        return None
    if not words:
        raise RowFaultError(RowFault.RESULT_MISSING, header)
    if meaning in _NOT_PASSED:
        raise RowFaultError(RowFault.RESULT_NOT_PASSED, header)
    if meaning not in _PASSED:
        raise RowFaultError(RowFault.RESULT_UNKNOWN, header)
    return words


def _hours(columns: ColumnMap, row: Row) -> int | float | None:
    cell = columns.cell(row, Column.HOURS)
    header = _header(columns, Column.HOURS)
    if is_blank(cell) or cell is None:
        return None
    if isinstance(cell, bool):
        raise RowFaultError(RowFault.HOURS_NOT_A_NUMBER, header)
    if isinstance(cell, str):
        match = _HOURS.fullmatch(cell.strip())
        if match is None:
            raise RowFaultError(RowFault.HOURS_NOT_A_NUMBER, header)
        cell = float(f"{match[1]}.{match[2]}") if match[2] else int(match[1])
    if not 0 < cell <= _MAX_HOURS:
        raise RowFaultError(RowFault.HOURS_NOT_A_NUMBER, header)
    return int(cell) if cell == int(cell) else round(cell, 2)


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell == int(cell):
        cell = int(cell)
    return "" if cell is None else " ".join(str(cell).split())


def _header(columns: ColumnMap, column: Column) -> str | None:
    position = columns.used.get(column)
    return None if position is None else columns.headers[position]
