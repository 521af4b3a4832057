"""Lookups that fetch an issuer's keys and lists when they are missing or stale.

Only documents that are the same for every credential of an issuer, or of a list, are
fetched, and each answer says so by its source. The issuer still learns that somebody is
checking one of its credentials now: `CachedLookups` does not tell it that.
"""

from dataclasses import replace

from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetch, Fetched
from carnet_securing.issuer_key import fetch_issuer_keys
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.status_list import VerifiedStatusList, fetch_status_token
from carnet_securing.urls import check_url
from carnet_trust import kept_types
from carnet_trust.aggregation import may_name_a_person
from carnet_trust.attempts import Attempts
from carnet_trust.entries import TrustEntry
from carnet_trust.http_freshness import NotingFetch
from carnet_trust.issuer_home import home_of, is_under
from carnet_trust.issuer_keys import (
    FETCHED_ROUTES,
    KeyRecords,
    KnownKeys,
    has_key,
    keys_without_fetching,
    next_record,
    read_record,
    record_name,
)
from carnet_trust.kept_lists import KeptLists, OlderListError, last_good, list_name
from carnet_trust.lookup_cache import LookupCache, keep
from carnet_trust.lookups import (
    Dated,
    FoundIssuer,
    Freshness,
    LookupAlert,
    Source,
    UnsharedListError,
)
from carnet_trust.published_lists import PublishedLists
from carnet_trust.status_tokens import FEW, KeysOf, ListSigner, StatusTokens, token_bytes
from carnet_trust.type_metadata import TypeMetadata


class OnDemandLookups:
    """Fetches through `fetch`, keeps what it got, and falls back to the last good value.

    One document is tried at most once in `Freshness.retry_after` seconds. Safe between threads.
    """

    def __init__(
        self,
        cache: LookupCache,
        *,
        fetch: Fetch,
        check: SignatureCheck,
        limits: Limits,
        loopback_http: bool,
        fetch_types: bool,
        freshness: Freshness | None = None,
    ) -> None:
        """Fetch keys and lists, and with `fetch_types` descriptions of types as well.

        Fetching a type while somebody is being checked tells its publisher so; a wallet
        that has just asked the issuer for the credential gives nothing away by it.
        """
        self._cache = cache
        self._fetch = fetch
        self._limits = limits
        self._loopback_http = loopback_http
        self._fetch_types = fetch_types
        self._freshness = freshness or Freshness()
        # Two, since whoever waits for a list may then wait for the keys that signed it.
        self._key_attempts = Attempts(retry_after=self._freshness.retry_after)
        self._list_attempts = Attempts(retry_after=self._freshness.retry_after)
        self._type_attempts = Attempts(retry_after=self._freshness.retry_after)
        self._keys = KeyRecords(cache)
        self._lists = KeptLists(cache, StatusTokens(check=check, limits=limits))
        self._published = PublishedLists(
            cache, fetch=fetch, loopback_http=loopback_http, freshness=self._freshness
        )

    def issuer_keys(
        self,
        issuer: str,
        *,
        route: IssuerKeyRoute,
        kid: str | None,
        entry: TrustEntry | None,
        now: int,
    ) -> Dated[tuple[PublicJwk, ...]]:
        """As `Lookups.issuer_keys`: cached while fresh, fetched otherwise."""
        if route not in FETCHED_ROUTES:
            return keys_without_fetching(issuer, route=route, entry=entry, now=now)
        name = record_name(issuer, route)
        with self._key_attempts.alone(name):
            known = self._known_keys(name, now=now)
            fresh = known is not None and self._is_fresh(known, now=now)
            if known is not None and fresh and has_key(known.keys, issuer=issuer, kid=kid):
                return known.dated(Source.CACHE, now=now)
            just_fetched = (
                known is not None and 0 <= now - known.fetched_at < self._freshness.retry_after
            )
            if not just_fetched and self._key_attempts.is_due(name, now=now):
                fetched = self._fetch_keys(issuer, route, name, known, entry=entry, now=now)
                if fetched is not None:
                    fetched.check_not_removed(kid, issuer=issuer)
                    return fetched.dated(Source.FETCHED, now=now)
        if known is None:
            raise self._key_attempts.last_error(name) or _not_fetched()
        known.check_not_removed(kid, issuer=issuer)
        alerts = () if fresh else (LookupAlert.LAST_GOOD_KEPT,)
        return known.dated(Source.CACHE, *alerts, now=now)

    def status_list(self, uri: str, *, found: FoundIssuer, now: int) -> Dated[VerifiedStatusList]:
        """As `Lookups.status_list`: cached while its `ttl` lasts, fetched otherwise.

        Only an address that is the same for many is opened (ADR 10): none with room for a
        name; where the issuer publishes its lists, one of these; where it publishes none,
        the one the document names, which the alert `unpublished_list` says.

        Raises:
            UnsharedListError: another address, or a list of few that nobody publishes.
            UndeterminedError: `status_unavailable`; also for a list that an unlisted issuer
                keeps away from its own address, which is not knocked at.
        """
        signer = ListSigner.of(found)
        self._check_address(uri, signer)
        published = self._published.of(signer, wanted=uri, now=now)
        if published is not None:
            if uri not in published:
                raise UnsharedListError("The status list is not one its issuer publishes.")
            return self._current_list(uri, signer, now=now)
        dated = self._current_list(uri, signer, now=now)
        if len(dated.value) < FEW:
            raise UnsharedListError("The status list is short and one the document chose.")
        self._published.remember(uri, signer=signer)
        return replace(dated, alerts=(*dated.alerts, LookupAlert.UNPUBLISHED_LIST))

    def type_metadata(
        self, vct: str, *, integrity: str | None, now: int, issuer: str | None = None
    ) -> Dated[TypeMetadata]:
        """As `Lookups.type_metadata`; fetches descriptions only when it was made to.

        An issuer's copy of a type that ships is fetched either way, once for each hash: it is
        as issuer-wide as the keys.
        """

        def fetch_copy(address: str) -> bytes | None:
            return self._fetch_copy(address, now=now)

        return kept_types.resolve(
            vct,
            integrity=integrity,
            cache=self._cache,
            freshness=self._freshness,
            fetch_document=self._fetch_document if self._fetch_types else None,
            limits=self._limits,
            now=now,
            issuer=issuer,
            fetch_copy=fetch_copy,
        )

    def _known_keys(self, name: str, *, now: int) -> KnownKeys | None:
        return self._keys.read(name, now=now, max_age=self._freshness.keys_max_age)

    def _is_fresh(self, known: KnownKeys, *, now: int) -> bool:
        ttl = self._freshness.keys_ttl if known.fresh_for is None else known.fresh_for
        return 0 <= now - known.fetched_at < ttl

    def _fetch_keys(
        self,
        issuer: str,
        route: IssuerKeyRoute,
        name: str,
        before: KnownKeys | None,
        *,
        entry: TrustEntry | None,
        now: int,
    ) -> KnownKeys | None:
        """Fetch and keep the keys; None when that fails, and the failure is noted."""
        noting = NotingFetch(self._fetch)
        try:
            keys = fetch_issuer_keys(
                issuer,
                route=route,
                fetch=noting,
                limits=self._limits,
                loopback_http=self._loopback_http,
            )
        except CarnetError as error:
            self._key_attempts.note(name, now=now, error=error)
            return None
        self._key_attempts.note(name, now=now, error=None)
        record = next_record(
            keys,
            before=before,
            name=name,
            listed=entry is not None,
            now=now,
            fresh_for=noting.lifetime,
        )
        keep(self._cache, record)
        return read_record(record)

    def _check_address(self, uri: str, signer: ListSigner) -> None:
        if may_name_a_person(uri):
            raise UnsharedListError("The status list's address has room for a name.")
        home = home_of(signer.issuer)
        # A stranger cannot make us knock at a third party's door by signing its address.
        if signer.entry is None and home is not None and not is_under(uri, home):
            raise UndeterminedError(
                ErrorKind.STATUS_UNAVAILABLE, "The status list is not at its issuer's address."
            )
        try:
            check_url(uri, loopback_http=self._loopback_http)
        except UndeterminedError as error:
            raise UndeterminedError(
                ErrorKind.STATUS_UNAVAILABLE, "The status list's address may not be opened."
            ) from error

    def _current_list(self, uri: str, signer: ListSigner, *, now: int) -> Dated[VerifiedStatusList]:
        """The list of an address that may be opened; the last good one when it cannot be."""
        keys_of = signer.keys_from(self, now=now)
        name = list_name(uri, signer)
        with self._list_attempts.alone(name):
            kept, reason = self._kept_list(uri, signer, keys_of, now=now)
            if kept is not None and kept.fetched_at <= now < self._fresh_until(kept):
                return kept
            if not self._list_attempts.is_due(name, now=now):
                return _last_good_list(kept, reason or self._list_attempts.last_error(name))
            try:
                dated = self._fetch_list(uri, signer, keys_of, now=now)
            except CarnetError as error:
                self._list_attempts.note(name, now=now, error=error)
                return _last_good_list(kept, error)
            self._list_attempts.note(name, now=now, error=None)
        return dated

    def _fresh_until(self, kept: Dated[VerifiedStatusList]) -> int:
        own, at_most = kept.value.fresh_until(kept.fetched_at), self._freshness.status_at_most
        return own if at_most is None else min(own, kept.fetched_at + at_most)

    def _kept_list(
        self, uri: str, signer: ListSigner, keys_of: KeysOf, *, now: int
    ) -> tuple[Dated[VerifiedStatusList] | None, CarnetError | None]:
        """The last good list, or why there is none that can be used."""
        try:
            kept = self._lists.read(
                uri,
                signer=signer,
                keys_of=keys_of,
                now=now,
                max_age=self._freshness.status_max_age,
            )
        except UndeterminedError as error:
            return None, error
        return kept, None

    def _fetch_list(
        self, uri: str, signer: ListSigner, keys_of: KeysOf, *, now: int
    ) -> Dated[VerifiedStatusList]:
        token = fetch_status_token(uri, fetch=self._fetch, limits=self._limits)
        return self._lists.accept(
            token_bytes(token), uri=uri, signer=signer, keys_of=keys_of, now=now
        )

    def _fetch_document(self, vct: str) -> Fetched:
        return kept_types.fetch_type_document(
            vct, fetch=self._fetch, limits=self._limits, loopback_http=self._loopback_http
        )

    def _fetch_copy(self, address: str, *, now: int) -> bytes | None:
        with self._type_attempts.alone(address):
            if not self._type_attempts.is_due(address, now=now):
                return None
            self._type_attempts.note(address, now=now, error=None)
            try:
                return self._fetch_document(address).unverified_body
            except CarnetError:
                return None


def _last_good_list(
    kept: Dated[VerifiedStatusList] | None, error: CarnetError | None
) -> Dated[VerifiedStatusList]:
    if kept is None:
        raise error or UndeterminedError(
            ErrorKind.STATUS_UNAVAILABLE, "The status list could not be fetched a moment ago."
        )
    return last_good(kept, older_offered=isinstance(error, OlderListError))


def _not_fetched() -> UndeterminedError:
    return UndeterminedError(
        ErrorKind.FETCH_FAILED, "The signer's keys could not be fetched a moment ago."
    )
