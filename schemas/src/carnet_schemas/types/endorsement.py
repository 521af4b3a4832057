"""The endorsement: one skill, seen at work by someone who was in the same mission.

The tie to the mission is never hidden, since an endorsement without it is a compliment.
It carries no rating: words only.
"""

from typing import Final, Literal, TypeAlias

from carnet_schemas import signer_classes as who
from carnet_schemas.claim_table import Claim, CredentialType, Words, nested
from carnet_schemas.dates import Month
from carnet_schemas.holder_names import NAME_CLAIMS, NamedHolder
from carnet_schemas.identifiers import Pseudonym
from carnet_schemas.localised_text import Statement
from carnet_schemas.skills import Skill, concept_claims
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ShortText

VCT: Final = "urn:carnet:endorsement:1"

Relation: TypeAlias = Literal["buyer", "peer", "mentor"]

RELATION_WORDS: Final[Words] = {
    "buyer": {"fr": "Recommandation d'un client", "en": "Recommended by a client"},
    "peer": {"fr": "Recommandation d'un collègue", "en": "Recommended by a fellow worker"},
    "mentor": {"fr": "Recommandation d'un mentor", "en": "Recommended by a mentor"},
}


class SeenMission(StrictModel):
    """The mission both saw: its reference, and who signed it."""

    reference: Pseudonym
    signed_by: ShortText | None = None


class Endorsement(NamedHolder):
    """Claims of an endorsement; hidden ones are absent from a presentation."""

    relation: Relation
    skill: Skill
    mission: SeenMission
    month: Month | None = None
    statement: Statement | None = None


def check_signer_may_say(endorsement: Endorsement, signer_class: str) -> None:
    """Refuse a relation other than the signer's own.

    Raises:
        SchemaError: `policy_unmet` at `/relation`.
    """
    who.check_class(
        signer_class,
        frozenset({endorsement.relation}),
        pointer="/relation",
        message="A signer endorses only in her own name.",
    )


_CLAIMS: Final = (
    Claim(
        path=("relation",),
        sd="never",
        mandatory=True,
        fr="Qui recommande",
        en="Who recommends",
        means="What the signer was to the worker: buyer, peer or mentor.",
        words=RELATION_WORDS,
    ),
    Claim(path=("skill",), sd="never", mandatory=True, fr="Compétence vue", en="Skill seen"),
    *concept_claims(("skill",)),
    Claim(
        path=("mission",),
        sd="never",
        mandatory=True,
        fr="Mission commune",
        en="Mission both saw",
    ),
    *nested(("mission",), "never", ("reference", True, "Référence", "Reference")),
    *nested(("mission",), "always", ("signed_by", False, "Signée par", "Signed by")),
    Claim(path=("month",), sd="always", mandatory=True, fr="Mois", en="Month"),
    Claim(path=("statement",), sd="always", fr="Ce qui est dit", en="What is said"),
    *nested(
        ("statement",),
        "never",
        ("text", True, "Texte", "Text"),
        ("lang", True, "Langue", "Language"),
    ),
    *NAME_CLAIMS,
)

TYPE: Final = CredentialType(
    vct=VCT,
    slug="endorsement",
    title={"fr": "Recommandation", "en": "Recommendation"},
    description={
        "fr": "Une compétence vue pendant une mission, signée par qui y était.",
        "en": "A skill seen during a mission, signed by someone who was there.",
    },
    model=Endorsement,
    claims=_CLAIMS,
    signers=frozenset({who.BUYER, who.PEER, who.MENTOR}),
    background="#7A4A12",
    check_signer=check_signer_may_say,
)
