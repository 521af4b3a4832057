"""Numbers with at most two decimals, so that sums are exact: hours, ratings."""

import math
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from carnet_schemas.faults import refuse

MAX_HOURS: Final = 200_000
HIGHEST_RATING: Final = 100


def hundredths(number: float) -> int:
    """A number as a whole count of hundredths, for exact sums."""
    return round(number * 100)


def _up_to(highest: int) -> tuple[Any, ...]:
    """What makes a JSON number from 0 to `highest`; a whole number stays whole."""

    def checked(value: Any) -> float:
        if type(value) is not int and type(value) is not float:
            raise refuse("A number is needed here.")
        if not math.isfinite(value) or not 0 <= value <= highest:
            raise refuse("A number is out of range.")
        if hundredths(value) / 100 != value:
            raise refuse("A number has at most two decimals here.")
        return value

    schema = {"type": "number", "minimum": 0, "maximum": highest}
    return PlainValidator(checked), WithJsonSchema(schema)


Hours: TypeAlias = Annotated[float, *_up_to(MAX_HOURS)]
RatingValue: TypeAlias = Annotated[float, *_up_to(HIGHEST_RATING)]
