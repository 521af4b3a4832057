"""Ratings as they were given: a value with its scale, or how many of each.

No average is signed: a reader computes one where there are enough ratings, and reads it
beside the issuer's own distribution.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from carnet_schemas.claim_table import Claim, nested
from carnet_schemas.dates import MonthRange
from carnet_schemas.faults import refuse
from carnet_schemas.identifiers import Count
from carnet_schemas.paths import Path
from carnet_schemas.quantities import RatingValue
from carnet_schemas.strict_model import StrictModel


class Scale(StrictModel):
    """The lowest and highest rating that can be given, so that a 4 can be read."""

    min: RatingValue
    max: RatingValue

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min >= self.max:
            raise refuse("A rating scale has its ends the wrong way.")
        return self

    def holds(self, value: float) -> bool:
        """Whether a rating can be given on this scale."""
        return self.min <= value <= self.max


class Rating(StrictModel):
    """One rating with its scale."""

    value: RatingValue
    scale: Scale

    @model_validator(mode="after")
    def _on_its_scale(self) -> Self:
        if not self.scale.holds(self.value):
            raise refuse("A rating is outside its scale.")
        return self


class ValueCount(StrictModel):
    """How many ratings had one value."""

    value: RatingValue
    count: Count


class RatingCounts(StrictModel):
    """How many ratings of each value, lowest first, and when they were given."""

    scale: Scale
    counts: Annotated[list[ValueCount], Field(min_length=1, max_length=101)]
    months: MonthRange | None = None

    @property
    def total(self) -> int:
        """How many ratings there are."""
        return sum(each.count for each in self.counts)

    @model_validator(mode="after")
    def _on_its_scale(self) -> Self:
        values = [each.value for each in self.counts]
        if not all(map(self.scale.holds, values)):
            raise refuse("A rating is outside its scale.")
        if values != sorted(set(values)):
            raise refuse("Ratings are counted once each, lowest first.")
        if self.total == 0:
            raise refuse("Nothing was rated; leave the ratings out.")
        return self


class Distribution(RatingCounts):
    """The issuer's own distribution: all its ratings, of how many workers."""

    workers: Count | None = None


def rating_claims(parent: Path) -> tuple[Claim, ...]:
    """The rows of one rating at `parent`."""
    return (
        Claim(path=parent, sd="always", fr="Note reçue", en="Rating received"),
        *nested(parent, "never", ("value", True, "Note", "Rating")),
        *_scale_claims(parent),
    )


def count_claims(parent: Path) -> tuple[Claim, ...]:
    """The rows inside counted ratings at `parent`, shown whole or not at all."""
    return (
        *_scale_claims(parent),
        *nested(parent, "never", ("counts", True, "Nombre par note", "Count of each rating")),
        Claim(path=(*parent, "counts", None), sd="never", fr="Une note", en="One rating"),
        *nested(
            (*parent, "counts", None),
            "never",
            ("value", True, "Note", "Rating"),
            ("count", True, "Nombre", "Count"),
        ),
        *nested(parent, "never", ("months", False, "Mois couverts", "Months covered")),
        *month_range_claims((*parent, "months")),
    )


def month_range_claims(parent: Path) -> tuple[Claim, ...]:
    """The rows of a range of months at `parent`."""
    return nested(
        parent,
        "never",
        ("from", True, "Premier mois", "First month"),
        ("to", True, "Dernier mois", "Last month"),
    )


def _scale_claims(parent: Path) -> tuple[Claim, ...]:
    return (
        *nested(parent, "never", ("scale", True, "Échelle", "Scale")),
        *nested(
            (*parent, "scale"),
            "never",
            ("min", True, "Note la plus basse", "Lowest rating"),
            ("max", True, "Note la plus haute", "Highest rating"),
        ),
    )
