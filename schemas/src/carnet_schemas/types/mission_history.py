"""The mission history: totals, bands, figures by skill, and missions by period.

A history of totals is complete in itself. With `periods` each period shows its own
totals; with `missions` each also holds pages of at most 24 missions, so that showing five
missions costs five pages and not the whole history. Everything a reader needs to read
the rest honestly is never hidden: `detail`, `assurance`, `as_of`, where the data came
from, and the issuer's own distribution of ratings.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from carnet_schemas import signer_classes as who
from carnet_schemas.bands import Bands
from carnet_schemas.claim_table import CredentialType
from carnet_schemas.dates import Month
from carnet_schemas.errors import SchemaErrorKind
from carnet_schemas.faults import refuse
from carnet_schemas.holder_names import NamedHolder
from carnet_schemas.identifiers import Count, Digest, Pseudonym
from carnet_schemas.quantities import Hours
from carnet_schemas.ratings import Distribution, Rating, RatingCounts
from carnet_schemas.skills import Occupation, Skill
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ShortText
from carnet_schemas.types.mission import Outcome
from carnet_schemas.types.mission_history_claims import CLAIMS
from carnet_schemas.types.mission_history_rules import check_rules

VCT: Final = "urn:carnet:mission-history:1"
PAGE_SIZE: Final = 24

Detail: TypeAlias = Literal["totals", "periods", "missions"]
Assurance: TypeAlias = Literal["platform_signed", "checked_export", "self_declared"]

_SIGNERS: Final[Mapping[str, frozenset[str]]] = {
    "platform_signed": frozenset({who.PLATFORM}),
    "checked_export": frozenset({who.UNION, who.AUDITOR, who.ASSOCIATION}),
    "self_declared": frozenset({who.WORKER}),
}


class Source(StrictModel):
    """Where the data of a history came from, when its signer is not the platform."""

    platform: ShortText
    digest: Digest | None = None
    checked: Month | None = None


class Totals(StrictModel):
    """What the whole history comes to."""

    missions: Count | None = None
    hours: Hours | None = None
    counterparties: Count | None = None
    months_active: Annotated[int, Field(ge=0, le=1200)] | None = None
    first_month: Month | None = None
    last_month: Month | None = None


class PeriodTotals(StrictModel):
    """What one period comes to."""

    missions: Count
    hours: Hours | None = None
    counterparties: Count | None = None


class SkillFigures(StrictModel):
    """What the history says about one skill."""

    skill: Skill
    missions: Count
    hours: Hours | None = None
    counterparties: Count | None = None
    first_month: Month | None = None
    last_month: Month | None = None
    ratings: RatingCounts | None = None


class ListedMission(StrictModel):
    """One mission of a period."""

    outcome: Outcome
    role: Occupation
    month: Month
    reference: Pseudonym | None = None
    skills: Annotated[list[Skill], Field(max_length=32)] | None = None
    hours: Hours | None = None
    rating: Rating | None = None
    counterparty: Pseudonym | None = None


Page: TypeAlias = Annotated[list[ListedMission], Field(max_length=PAGE_SIZE)]


class Period(StrictModel):
    """One stretch of months with its totals and, in full detail, its missions."""

    first: Month = Field(alias="from")
    last: Month = Field(alias="to")
    totals: PeriodTotals
    pages: Annotated[list[Page], Field(max_length=512)] | None = None

    @property
    def missions(self) -> list[ListedMission]:
        """The missions shown, in the order of the pages."""
        return [mission for page in self.pages or [] for mission in page]


def _source_rule() -> dict[str, Any]:
    """The rule of `_source_says_whose_data`, for the JSON Schema."""
    return {
        "allOf": [
            {
                "if": {"properties": {"assurance": {"const": "checked_export"}}},
                "then": {"required": ["source"]},
            },
            {
                "if": {"properties": {"assurance": {"const": "platform_signed"}}},
                "then": {"properties": {"source": False}},
            },
            {
                "if": {"properties": {"detail": {"const": "totals"}}},
                "then": {"properties": {"periods": False}},
                "else": {"required": ["periods"]},
            },
        ]
    }


class MissionHistory(NamedHolder):
    """Claims of a mission history; hidden ones are absent from a presentation."""

    model_config = ConfigDict(json_schema_extra=_source_rule())

    detail: Detail
    assurance: Assurance
    as_of: Month
    source: Source | None = None
    totals: Totals
    bands: Bands | None = None
    skills: Annotated[list[SkillFigures], Field(max_length=256)] | None = None
    ratings: RatingCounts | None = None
    distribution: Distribution | None = None
    periods: Annotated[list[Period], Field(max_length=256)] | None = None

    @model_validator(mode="after")
    def _source_says_whose_data(self) -> Self:
        if self.assurance == "checked_export" and self.source is None:
            raise refuse("A checked export names its platform.", SchemaErrorKind.POLICY_UNMET)
        if self.assurance == "platform_signed" and self.source is not None:
            raise refuse("A platform signs its own data only.", SchemaErrorKind.POLICY_UNMET)
        return self


def check_signer_may_say(history: MissionHistory, signer_class: str) -> None:
    """Refuse an assurance that this class of signer cannot give.

    Raises:
        SchemaError: `policy_unmet` at `/assurance`.
    """
    who.check_class(
        signer_class,
        _SIGNERS.get(history.assurance, frozenset()),
        pointer="/assurance",
        message="This signer cannot give this assurance.",
    )


TYPE: Final = CredentialType(
    vct=VCT,
    slug="mission-history",
    title={"fr": "Relevé d'activité", "en": "Work record"},
    description={
        "fr": "Les missions faites, en totaux, par paliers ou en détail.",
        "en": "The missions done: totals, bands or in detail.",
    },
    model=MissionHistory,
    claims=CLAIMS,
    signers=frozenset().union(*_SIGNERS.values()),
    background="#5B1A1A",
    check=check_rules,
    check_signer=check_signer_may_say,
)
