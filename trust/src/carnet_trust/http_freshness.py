"""How long a fetched document is used before it is asked for again, from its HTTP headers.

RFC 9111 sections 4.2 and 5.2.2, between bounds of ours (ADR 8): a publisher that says
nothing leaves the choice to `Freshness`, one that forbids keeping gets the shortest time.
Status lists say how long they are good for in what is signed, and are not asked here (T15).
"""

from collections.abc import Mapping
from typing import Final

from carnet_securing.fetch import Fetch, Fetched

SHORTEST: Final = 60
LONGEST: Final = 86_400
FRESH_FOR: Final = "fresh_for"
"""The mark of a cache record that keeps the answer, in seconds."""

_MAX_CHARACTERS: Final = 1_024
_MAX_DIGITS: Final = 10


def lifetime_of(headers: Mapping[str, str]) -> int | None:
    """Seconds from receiving an answer to its end, within bounds; None when it does not say.

    Args:
        headers: by lower-case name.
    """
    control = headers.get("cache-control", "")
    if len(control) > _MAX_CHARACTERS:
        return SHORTEST
    said: list[int] = []
    for directive in control.split(","):
        name, _, value = directive.strip().lower().partition("=")
        if name.strip() in ("no-store", "no-cache"):
            said.append(0)
        elif name.strip() == "max-age":
            # What cannot be read counts as over (RFC 9111 section 4.2.1).
            said.append(_seconds(value.strip().strip('"')) or 0)
    if not said:
        return None
    spent = _seconds(headers.get("age", "0").strip()) or 0
    return max(SHORTEST, min(LONGEST, min(said) - spent))


class NotingFetch:
    """A `Fetch` that notes the shortest lifetime of what it brought, in `lifetime`."""

    def __init__(self, fetch: Fetch) -> None:
        """Fetch by `fetch`."""
        self._fetch = fetch
        self.lifetime: int | None = None

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """As `Fetch.get`."""
        fetched = self._fetch.get(
            url, accept=accept, max_bytes=max_bytes, max_redirects=max_redirects
        )
        lifetime = lifetime_of(fetched.headers)
        if lifetime is not None:
            self.lifetime = lifetime if self.lifetime is None else min(self.lifetime, lifetime)
        return fetched


def _seconds(text: str) -> int | None:
    if not text.isascii() or not text.isdigit():
        return None
    return int(text) if len(text) <= _MAX_DIGITS else LONGEST
