"""Why a row of a class list was not imported, in a secretary's words.

The codes are stable; the sentences follow docs/words.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RowFault(StrEnum):
    """The closed list of faults of one row."""

    NAME_MISSING = "name_missing"
    GIVEN_NAME_MISSING = "given_name_missing"
    NAME_DAMAGED = "name_damaged"
    NAME_NOT_TEXT = "name_not_text"
    FORMULA = "formula"
    TOO_MANY_CELLS = "too_many_cells"
    EMAIL_MALFORMED = "email_malformed"
    PHONE_MALFORMED = "phone_malformed"
    RESULT_MISSING = "result_missing"
    RESULT_UNKNOWN = "result_unknown"
    RESULT_NOT_PASSED = "result_not_passed"
    HOURS_NOT_A_NUMBER = "hours_not_a_number"
    DUPLICATE = "duplicate"
    ALREADY_IMPORTED = "already_imported"
    NOT_ALLOWED = "not_allowed"


_SENTENCES = {
    RowFault.NAME_MISSING: (
        "The family name is missing.",
        "Le nom manque.",
    ),
    RowFault.GIVEN_NAME_MISSING: (
        "The first name is missing; both names may stand in one cell.",
        "Le prénom manque ; les deux noms sont peut-être dans la même case.",
    ),
    RowFault.NAME_DAMAGED: (
        "A letter of the name was lost when the file was saved.",
        "Une lettre du nom a été perdue à l'enregistrement du fichier.",
    ),
    RowFault.NAME_NOT_TEXT: (
        "The name holds characters that no name has.",
        "Le nom contient des caractères qui ne vont pas dans un nom.",
    ),
    RowFault.FORMULA: (
        "A cell holds a formula instead of a value.",
        "Une case contient une formule au lieu d'une valeur.",
    ),
    RowFault.TOO_MANY_CELLS: (
        "The row has more cells than there are columns.",
        "La ligne a plus de cases qu'il n'y a de colonnes.",
    ),
    RowFault.EMAIL_MALFORMED: (
        "The e-mail address is not complete.",
        "L'adresse mail n'est pas complète.",
    ),
    RowFault.PHONE_MALFORMED: (
        "The phone number is not a number.",
        "Le numéro de téléphone n'est pas un numéro.",
    ),
    RowFault.RESULT_MISSING: (
        "The result is missing.",
        "Le résultat manque.",
    ),
    RowFault.RESULT_UNKNOWN: (
        "The result is not a word we know.",
        "Le résultat n'est pas un mot que nous connaissons.",
    ),
    RowFault.RESULT_NOT_PASSED: (
        "The result says that there is no certificate to give.",
        "Le résultat indique qu'il n'y a pas d'attestation à délivrer.",
    ),
    RowFault.HOURS_NOT_A_NUMBER: (
        "The hours are not written as a number.",
        "Les heures ne sont pas écrites en chiffres.",
    ),
    RowFault.DUPLICATE: (
        (
            "Somebody of this name stands in an earlier row. Another person? Give both an e-mail"
            " address, or import with --another and the number of this row."
        ),
        (
            "Quelqu'un de ce nom figure déjà plus haut. Une autre personne ? Donnez un mail à"
            " chacune, ou importez avec --another et le numéro de cette ligne."
        ),
    ),
    RowFault.ALREADY_IMPORTED: (
        (
            "Somebody of this name is on the list of this certificate. Another person, or in place"
            " of a withdrawn one? Import with --another and the number of this row."
        ),
        (
            "Quelqu'un de ce nom est inscrit pour cette attestation. Une autre personne, ou à la"
            " place d'une retirée ? Importez avec --another et le numéro de cette ligne."
        ),
    ),
    RowFault.NOT_ALLOWED: (
        "A certificate may not say what this row would make it say.",
        "Une attestation ne peut pas dire ce que cette ligne lui ferait dire.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """One row that was not imported. It never quotes the row."""

    row: int
    fault: RowFault
    column: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The shape of one element of `rejected` in an import report."""
        english, french = _SENTENCES[self.fault]
        shape = {"row": self.row, "reason": english, "reason_fr": french, "code": str(self.fault)}
        return shape if self.column is None else shape | {"column": self.column}


class RowFaultError(Exception):
    """Raised while one row is read; the import catches it and goes on."""

    def __init__(self, fault: RowFault, column: str | None = None) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.column = column
