"""The claims model of the mission history.

Totals, bands, figures by skill, and missions by period; what must agree between them is in
`mission_history_rules`.
"""

from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from carnet_schemas.bands import Bands
from carnet_schemas.dates import Month, MonthRange
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

PAGE_SIZE: Final = 24

Detail: TypeAlias = Literal["totals", "periods", "missions"]
Assurance: TypeAlias = Literal["platform_signed", "checked_export", "self_declared"]


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


class Period(MonthRange):
    """One stretch of months with its totals and, in full detail, its missions."""

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
