"""A day in words, French and English, without the locale of the machine."""

from datetime import UTC, datetime, timedelta
from typing import Final

from carnet_verifier.report import Text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = (
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
)


def day_words(seconds: int) -> Text | None:
    """The day of a moment in Unix seconds, by UTC; None for one no calendar has."""
    try:
        day = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    french, english = _MONTHS[day.month - 1]
    first = "1er" if day.day == 1 else str(day.day)
    return {"fr": f"{first} {french} {day.year}", "en": f"{day.day} {english} {day.year}"}
