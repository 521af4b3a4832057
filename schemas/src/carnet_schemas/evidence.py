"""A piece of evidence: what it is, in words, and where it can be found or compared."""

from typing import Final, Literal

from carnet_schemas.claim_table import Claim, Words, nested
from carnet_schemas.dates import Month
from carnet_schemas.identifiers import Digest, HttpsUrl
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ShortText

KIND_WORDS: Final[Words] = {
    "project": {"fr": "Projet", "en": "Project"},
    "test": {"fr": "Épreuve", "en": "Test"},
    "observation": {"fr": "Observation au travail", "en": "Observation at work"},
    "document": {"fr": "Document", "en": "Document"},
    "other": {"fr": "Autre", "en": "Other"},
}


class Evidence(StrictModel):
    """One piece of work or proof; the digest lets a reader compare a file she was given."""

    kind: Literal["project", "test", "observation", "document", "other"]
    label: ShortText
    uri: HttpsUrl | None = None
    digest: Digest | None = None
    month: Month | None = None


EVIDENCE_CLAIMS: Final = (
    Claim(path=("evidence",), sd="always", fr="Pièces", en="Evidence"),
    Claim(path=("evidence", None), sd="always", fr="Pièce", en="Piece of evidence"),
    Claim(
        path=("evidence", None, "kind"),
        sd="never",
        mandatory=True,
        fr="Nature de la pièce",
        en="Kind of evidence",
        words=KIND_WORDS,
    ),
    *nested(
        ("evidence", None),
        "never",
        ("label", True, "Intitulé", "Label"),
        ("uri", False, "Adresse", "Address"),
        ("digest", False, "Empreinte du fichier", "Hash of the file"),
        ("month", False, "Mois", "Month"),
    ),
)
