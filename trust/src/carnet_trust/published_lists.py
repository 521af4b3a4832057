"""Which status lists an issuer publishes, asked of it while somebody is being checked.

What is asked is the same for every document of the issuer, and is not asked again within
`Freshness.aggregation_ttl`: opening an address that only one document names is left to the
caller, who is told that nothing is published (ADR 10).
"""

from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetch
from carnet_trust.aggregation import (
    KnownLists,
    NoAggregationError,
    fetch_aggregation,
    fetch_endpoint,
    keep_lists,
    known_lists,
)
from carnet_trust.attempts import Attempts
from carnet_trust.issuer_home import home_of, is_under
from carnet_trust.lookup_cache import LookupCache
from carnet_trust.lookups import Freshness
from carnet_trust.status_tokens import ListSigner


class PublishedLists:
    """Asks issuers for their aggregation and keeps it. Safe between threads."""

    def __init__(
        self, cache: LookupCache, *, fetch: Fetch, loopback_http: bool, freshness: Freshness
    ) -> None:
        """Ask through `fetch`, each issuer at most once in `freshness.retry_after` seconds."""
        self._cache = cache
        self._fetch = fetch
        self._loopback_http = loopback_http
        self._freshness = freshness
        self._attempts = Attempts(retry_after=freshness.retry_after)

    def of(self, signer: ListSigner, *, wanted: str, now: int) -> tuple[str, ...] | None:
        """The lists that an issuer publishes; None when it names none in one place.

        Args:
            signer: the issuer.
            wanted: the list looked for. A new one is worth asking again before the time.
            now: Unix seconds.

        Raises:
            UndeterminedError: `status_unavailable` when it says where its lists are named
                and that cannot be read, now or earlier.
        """
        if home_of(signer.issuer) is None:
            return None
        with self._attempts.alone(signer.issuer):
            known = known_lists(signer.issuer, cache=self._cache)
            if not self._is_current(known, wanted=wanted, now=now) and self._attempts.is_due(
                signer.issuer, now=now
            ):
                known = self._asked(known, signer, now=now)
        if known is not None and known.published:
            return known.uris
        error = self._attempts.last_error(signer.issuer)
        if error is not None:
            raise error
        return None

    def remember(self, uri: str, *, signer: ListSigner) -> None:
        """Let a later refresh bring a list that its issuer, a listed one, does not publish."""
        known = known_lists(signer.issuer, cache=self._cache)
        if known is None:
            known = KnownLists(uris=(), published=False, asked_at=0)
        if signer.entry is not None and uri not in known.uris:
            met = KnownLists(uris=(*known.uris, uri), published=False, asked_at=known.asked_at)
            keep_lists(met, issuer=signer.issuer, listed=True, cache=self._cache)

    def _is_current(self, known: KnownLists | None, *, wanted: str, now: int) -> bool:
        if known is None:
            return False
        is_new = known.published and wanted not in known.uris
        lasts = self._freshness.retry_after if is_new else self._freshness.aggregation_ttl
        return 0 <= now - known.asked_at < lasts

    def _asked(
        self, known: KnownLists | None, signer: ListSigner, *, now: int
    ) -> KnownLists | None:
        """Ask the issuer; what was known when it gives no answer. An outage is noted."""
        error: CarnetError | None = None
        try:
            known = KnownLists(uris=self._ask(signer), published=True, asked_at=now)
        except NoAggregationError:
            met = () if known is None or known.published else known.uris
            known = KnownLists(uris=met, published=False, asked_at=now)
        except _UnreadableError as unreadable:
            error = unreadable
        except CarnetError:
            # It has no such metadata, or is down: then its list will not come either.
            pass
        self._attempts.note(signer.issuer, now=now, error=error)
        if known is not None and known.asked_at == now:
            listed = signer.entry is not None
            keep_lists(known, issuer=signer.issuer, listed=listed, cache=self._cache)
        return known

    def _ask(self, signer: ListSigner) -> tuple[str, ...]:
        endpoint = fetch_endpoint(
            signer.issuer, fetch=self._fetch, loopback_http=self._loopback_http
        )
        home = home_of(signer.issuer)
        # A stranger cannot make us knock at a third party's door.
        if signer.entry is None and (home is None or not is_under(endpoint, home)):
            raise NoAggregationError
        try:
            return fetch_aggregation(endpoint, fetch=self._fetch, loopback_http=self._loopback_http)
        except CarnetError as error:
            raise _UnreadableError from error


class _UnreadableError(UndeterminedError):
    def __init__(self) -> None:
        super().__init__(
            ErrorKind.STATUS_UNAVAILABLE, "Where the issuer names its lists cannot be read."
        )
