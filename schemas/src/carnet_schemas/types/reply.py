"""The reply: the worker answers a mission, a history or an endorsement, or contests it.

She signs it with the key the answered credential is bound to; whoever shows both checks
that (carnet_securing, carnet_verifier). It travels whole: a reply is short and hers.
"""

from typing import Final, Literal, Self, TypeAlias

from pydantic import ConfigDict, model_validator

from carnet_schemas import signer_classes as who
from carnet_schemas.claim_table import Claim, CredentialType, Words, nested
from carnet_schemas.dates import Month
from carnet_schemas.errors import SchemaErrorKind
from carnet_schemas.faults import refuse
from carnet_schemas.identifiers import Pseudonym
from carnet_schemas.localised_text import Statement
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ShortText

VCT: Final = "urn:carnet:reply:1"

Kind: TypeAlias = Literal["reply", "contest"]

KIND_WORDS: Final[Words] = {
    "reply": {"fr": "Sa réponse", "en": "Her reply"},
    "contest": {"fr": "Contesté", "en": "Disputed"},
}

HISTORY_VCT: Final = "urn:carnet:mission-history:1"

ANSWERED_WORDS: Final[Words] = {
    "urn:carnet:mission:1": {"fr": "Mission", "en": "Mission"},
    HISTORY_VCT: {"fr": "Relevé d'activité", "en": "Work record"},
    "urn:carnet:endorsement:1": {"fr": "Recommandation", "en": "Recommendation"},
}


class Answered(StrictModel):
    """What is answered: a type, who signed it, and which mission or which month's history."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"vct": {"const": HISTORY_VCT}}},
            "then": {"required": ["as_of"]},
            "else": {"required": ["reference"], "properties": {"as_of": False}},
        }
    )

    vct: Literal["urn:carnet:mission:1", "urn:carnet:mission-history:1", "urn:carnet:endorsement:1"]
    signed_by: ShortText
    reference: Pseudonym | None = None
    as_of: Month | None = None

    @model_validator(mode="after")
    def _points_somewhere(self) -> Self:
        if self.vct == HISTORY_VCT:
            if self.as_of is None:
                raise refuse("A reply to a history names its month.", SchemaErrorKind.CLAIM_MISSING)
        elif self.reference is None or self.as_of is not None:
            raise refuse("A reply points to one mission by reference.")
        return self


class Reply(StrictModel):
    """Claims of a reply."""

    kind: Kind
    answers: Answered
    statement: Statement
    month: Month


_CLAIMS: Final = (
    Claim(
        path=("kind",),
        sd="never",
        mandatory=True,
        fr="Réponse ou contestation",
        en="Reply or dispute",
        words=KIND_WORDS,
    ),
    Claim(path=("answers",), sd="never", mandatory=True, fr="Répond à", en="Answers"),
    Claim(
        path=("answers", "vct"),
        sd="never",
        mandatory=True,
        fr="Type de document",
        en="Type of document",
        words=ANSWERED_WORDS,
    ),
    *nested(
        ("answers",),
        "never",
        ("signed_by", True, "Signé par", "Signed by"),
        ("reference", False, "Référence de la mission", "Mission reference"),
        ("as_of", False, "Relevé arrêté au mois de", "History as of month"),
    ),
    Claim(path=("statement",), sd="never", mandatory=True, fr="Ce que je dis", en="What I say"),
    *nested(
        ("statement",),
        "never",
        ("text", True, "Texte", "Text"),
        ("lang", True, "Langue", "Language"),
    ),
    Claim(path=("month",), sd="never", mandatory=True, fr="Mois", en="Month"),
)

TYPE: Final = CredentialType(
    vct=VCT,
    slug="reply",
    title={"fr": "Ma réponse", "en": "Reply"},
    description={
        "fr": "La réponse de la personne à une mission, une note ou un relevé.",
        "en": "The worker's answer to a mission, a rating or a history.",
    },
    model=Reply,
    claims=_CLAIMS,
    signers=frozenset({who.WORKER}),
    background="#4A4A4A",
)
