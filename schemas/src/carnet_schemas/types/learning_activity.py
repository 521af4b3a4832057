"""The learning activity: a course, a workshop, mentoring, coaching or community work.

It says that something took place and who took part; it is no certificate, so it carries
no level and no assessment. A mentor signs only what a mentor sees.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from carnet_schemas import signer_classes as who
from carnet_schemas.claim_table import Claim, CredentialType, Words
from carnet_schemas.dates import Month
from carnet_schemas.evidence import EVIDENCE_CLAIMS, Evidence
from carnet_schemas.holder_names import NAME_CLAIMS, NamedHolder
from carnet_schemas.localised_text import LocalisedText
from carnet_schemas.quantities import Hours
from carnet_schemas.skills import Skill, skill_list_claims

VCT: Final = "urn:carnet:learning-activity:1"

Kind: TypeAlias = Literal["course", "workshop", "mentoring", "coaching", "community_work"]

KIND_WORDS: Final[Words] = {
    "course": {"fr": "Cours", "en": "Course"},
    "workshop": {"fr": "Atelier", "en": "Workshop"},
    "mentoring": {"fr": "Mentorat", "en": "Mentoring"},
    "coaching": {"fr": "Accompagnement", "en": "Coaching"},
    "community_work": {"fr": "Action collective", "en": "Community work"},
}

ROLE_WORDS: Final[Words] = {
    "participant": {"fr": "A participé", "en": "Took part"},
    "facilitator": {"fr": "A animé", "en": "Led it"},
    "mentor": {"fr": "A accompagné", "en": "Mentored"},
    "volunteer": {"fr": "A aidé bénévolement", "en": "Volunteered"},
}

_ORGANISED: Final = frozenset({who.PLATFORM, who.ASSOCIATION})
_SIGNERS: Final[Mapping[str, frozenset[str]]] = {
    "course": _ORGANISED,
    "workshop": _ORGANISED,
    "mentoring": _ORGANISED | {who.MENTOR},
    "coaching": _ORGANISED | {who.MENTOR},
    "community_work": _ORGANISED,
}


class LearningActivity(NamedHolder):
    """Claims of a learning activity; hidden ones are absent from a presentation."""

    kind: Kind
    title: LocalisedText | None = None
    role: Literal["participant", "facilitator", "mentor", "volunteer"] | None = None
    skills: Annotated[list[Skill], Field(max_length=64)] | None = None
    hours: Hours | None = None
    month: Month | None = None
    evidence: Annotated[list[Evidence], Field(max_length=16)] | None = None


def check_signer_may_say(activity: LearningActivity, signer_class: str) -> None:
    """Refuse a kind that this class of signer may not vouch for.

    Raises:
        SchemaError: `policy_unmet` at `/kind`.
    """
    who.check_class(
        signer_class,
        _SIGNERS.get(activity.kind, frozenset()),
        pointer="/kind",
        message="This signer may not vouch for this kind of activity.",
    )


_CLAIMS: Final = (
    Claim(
        path=("kind",),
        sd="never",
        mandatory=True,
        fr="Type d'activité",
        en="Kind of activity",
        means="Never hidden: a workshop must not pass for a course.",
        words=KIND_WORDS,
    ),
    Claim(path=("title",), sd="always", mandatory=True, fr="Intitulé", en="Title"),
    Claim(path=("role",), sd="always", fr="Participation", en="Part taken", words=ROLE_WORDS),
    *skill_list_claims(),
    Claim(path=("hours",), sd="always", fr="Durée en heures", en="Hours"),
    Claim(path=("month",), sd="always", mandatory=True, fr="Mois", en="Month"),
    *EVIDENCE_CLAIMS,
    *NAME_CLAIMS,
)

TYPE: Final = CredentialType(
    vct=VCT,
    slug="learning-activity",
    title={"fr": "Activité d'apprentissage", "en": "Learning activity"},
    description={
        "fr": "Un cours, un atelier ou un accompagnement, signé par qui l'a organisé.",
        "en": "A course, a workshop or mentoring, signed by those who organised it.",
    },
    model=LearningActivity,
    claims=_CLAIMS,
    signers=frozenset().union(*_SIGNERS.values()),
    background="#1E6B52",
    check_signer=check_signer_may_say,
)
