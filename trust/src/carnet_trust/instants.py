"""Instants in files that people write: RFC 3339 in UTC, to the second, one spelling."""

import re
from datetime import UTC, datetime
from typing import Final

from carnet_securing.errors import ErrorKind, InvalidError

_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


def parse_instant(text: object) -> int:
    """Read `2026-09-01T00:00:00Z` as Unix seconds.

    Raises:
        InvalidError: `malformed` for offsets, fractions, leap seconds or impossible dates.
    """
    if type(text) is not str or not _INSTANT.fullmatch(text):
        raise _malformed()
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _malformed() from None
    return int(moment.timestamp())


def format_instant(seconds: int) -> str:
    """Write Unix seconds in the form `parse_instant` reads."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _malformed() -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, "An instant is not written like 2026-09-01T00:00:00Z.")
