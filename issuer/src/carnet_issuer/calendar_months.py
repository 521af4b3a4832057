"""Months and days in UTC, as certificates count them. Pure arithmetic, no clock."""

from datetime import UTC, datetime
from typing import Final

DAY: Final = 86_400


def day_of(now: int) -> int:
    """The start of the UTC day: what `iat` says, so that copies cannot be told by the minute."""
    return now - now % DAY


def month_of(now: int) -> str:
    """The UTC month, as `YYYY-MM`."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def end_of_month_after(month: str, months: int) -> int:
    """The instant at which the month `months` after `month` has ended, in Unix seconds.

    A certificate of May 2026 that is valid for 36 months holds through May 2029.
    """
    year, number = (int(part) for part in month.split("-"))
    ordinal = year * 12 + number - 1 + months + 1
    return int(datetime(ordinal // 12, ordinal % 12 + 1, 1, tzinfo=UTC).timestamp())
