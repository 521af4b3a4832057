"""Hours, with at most two decimals so that sums are exact."""

import math
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from carnet_schemas.errors import SchemaErrorKind
from carnet_schemas.strict_model import fail

MAX_HOURS: Final = 200_000


def hundredths(hours: float) -> int:
    """Hours as a whole number of hundredths of an hour, for exact sums."""
    return round(hours * 100)


def _hours(value: Any) -> float:
    if type(value) is not int and type(value) is not float:
        raise fail(SchemaErrorKind.MALFORMED, "Hours are a number.")
    if not math.isfinite(value) or not 0 <= value <= MAX_HOURS:
        raise fail(SchemaErrorKind.MALFORMED, "Hours are out of range.")
    if hundredths(value) / 100 != value:
        raise fail(SchemaErrorKind.MALFORMED, "Hours have at most two decimals.")
    return value


# A JSON number of hours; a whole number stays whole.
Hours: TypeAlias = Annotated[
    float,
    PlainValidator(_hours),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MAX_HOURS}),
]
