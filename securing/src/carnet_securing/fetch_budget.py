"""One verification may cause a bounded number of fetches, in a bounded time, of all kinds."""

import time
from collections.abc import Callable

from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetch, Fetched
from carnet_securing.limits import Limits


class Budgeted:
    """A `Fetch` that stops after `limits.fetches_per_verification` or their total time.

    Make one for each verification: a credential, its status list, its type metadata and
    its issuer's keys then share the budget, and hostile documents that point to each
    other cannot keep us busy.
    """

    def __init__(
        self, fetch: Fetch, limits: Limits, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._left = limits.fetches_per_verification
        self._deadline = clock() + limits.verification_fetch_timeout

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """As `Fetch.get`; also `fetch_blocked` when the budget is spent."""
        if self._left <= 0 or self._clock() >= self._deadline:
            raise UndeterminedError(
                ErrorKind.FETCH_BLOCKED, "Checking this needs more downloads than allowed."
            )
        self._left -= 1
        return self._fetch.get(url, accept=accept, max_bytes=max_bytes, max_redirects=max_redirects)
