"""A piece of evidence: what it is, in words, and where it can be found or compared."""

from typing import Final, Literal

from carnet_schemas.claim_table import Claim, nested
from carnet_schemas.dates import Month
from carnet_schemas.identifiers import Digest, HttpsUrl
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ShortText


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
    *nested(
        ("evidence", None),
        "never",
        ("kind", True, "Nature de la pièce", "Kind of evidence"),
        ("label", True, "Intitulé", "Label"),
        ("uri", False, "Adresse", "Address"),
        ("digest", False, "Empreinte du fichier", "Hash of the file"),
        ("month", False, "Mois", "Month"),
    ),
)
