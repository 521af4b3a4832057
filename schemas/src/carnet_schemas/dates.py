"""Months: what a date is by default in Carnet, so that a day never singles a person out."""

from typing import Annotated, Final, Self, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from carnet_schemas.faults import refuse
from carnet_schemas.strict_model import StrictModel

MONTH_PATTERN: Final = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$"

# Two months compare as their text does.
Month: TypeAlias = Annotated[str, StringConstraints(pattern=MONTH_PATTERN)]


class MonthRange(StrictModel):
    """From the first month to the last one, both included."""

    first: Month = Field(alias="from")
    last: Month = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise refuse("A range of months ends before it starts.")
        return self
