"""One mission: as what, with which skills, when, how long, and how it ended.

`outcome` is never hidden, or a disputed mission would read as a finished one. Who
cancelled a mission and why is on the never-list, so a cancelled mission is not signed at
all. The counterparty is a pseudonym drawn for this worker alone.
"""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from carnet_schemas import signer_classes as who
from carnet_schemas.claim_table import Claim, CredentialType, Words
from carnet_schemas.dates import Month
from carnet_schemas.holder_names import NAME_CLAIMS, NamedHolder
from carnet_schemas.identifiers import Pseudonym
from carnet_schemas.quantities import Hours
from carnet_schemas.ratings import Rating, rating_claims
from carnet_schemas.skills import Occupation, Skill, concept_claims, skill_list_claims

VCT: Final = "urn:carnet:mission:1"

Outcome: TypeAlias = Literal["completed", "partly_completed", "disputed"]

OUTCOME_WORDS: Final[Words] = {
    "completed": {"fr": "Mission terminée", "en": "Mission completed"},
    "partly_completed": {"fr": "Mission faite en partie", "en": "Mission done in part"},
    "disputed": {"fr": "Mission contestée", "en": "Mission disputed"},
}

COUNTERPARTY_WORDS: Final[Words] = {
    "private_person": {"fr": "Particulier", "en": "Private person"},
    "business": {"fr": "Entreprise", "en": "Business"},
    "public_body": {"fr": "Service public", "en": "Public body"},
    "association": {"fr": "Association", "en": "Association"},
}


class Mission(NamedHolder):
    """Claims of a mission; hidden ones are absent from a presentation."""

    outcome: Outcome
    reference: Pseudonym | None = None
    role: Occupation | None = None
    skills: Annotated[list[Skill], Field(max_length=32)] | None = None
    month: Month | None = None
    hours: Hours | None = None
    rating: Rating | None = None
    counterparty: Pseudonym | None = None
    counterparty_kind: (
        Literal["private_person", "business", "public_body", "association"] | None
    ) = None


_CLAIMS: Final = (
    Claim(
        path=("outcome",),
        sd="never",
        mandatory=True,
        fr="Issue de la mission",
        en="Outcome",
        means="How it ended; never hidden.",
        words=OUTCOME_WORDS,
    ),
    Claim(
        path=("reference",),
        sd="always",
        mandatory=True,
        fr="Référence de la mission",
        en="Mission reference",
        means="Random; an endorsement or a reply points to it.",
    ),
    Claim(path=("role",), sd="always", mandatory=True, fr="Métier exercé", en="Occupation"),
    *concept_claims(("role",)),
    *skill_list_claims(),
    Claim(path=("month",), sd="always", mandatory=True, fr="Mois", en="Month"),
    Claim(path=("hours",), sd="always", fr="Durée en heures", en="Hours"),
    *rating_claims(("rating",)),
    Claim(
        path=("counterparty",),
        sd="always",
        fr="Client (pseudonyme)",
        en="Client (pseudonym)",
        means="Random, drawn for this worker alone.",
    ),
    Claim(
        path=("counterparty_kind",),
        sd="always",
        fr="Type de client",
        en="Kind of client",
        words=COUNTERPARTY_WORDS,
    ),
    *NAME_CLAIMS,
)

TYPE: Final = CredentialType(
    vct=VCT,
    slug="mission",
    title={"fr": "Mission", "en": "Mission"},
    description={
        "fr": "Une mission faite, signée par la plateforme ou le client.",
        "en": "One mission done, signed by the platform or the buyer.",
    },
    model=Mission,
    claims=_CLAIMS,
    signers=frozenset({who.PLATFORM, who.BUYER}),
    background="#6E2C5E",
)
