"""Fill the cache ahead of time, so that checking tells nobody anything.

For every listed issuer: its keys, all lists of its status aggregation, and the
descriptions of its own types. The same requests go out whatever was shown to whom, at a
time unrelated to it. Nothing is fetched for an issuer that nobody listed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import CarnetError
from carnet_securing.fetch import Fetch, Fetched
from carnet_securing.issuer_key import fetch_issuer_keys
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.status_list import fetch_status_token
from carnet_securing.urls import check_url
from carnet_trust import kept_types, type_copies
from carnet_trust.aggregation import (
    KnownLists,
    aggregated,
    fetch_aggregation,
    fetch_endpoint,
    keep_lists,
)
from carnet_trust.entries import TrustEntry
from carnet_trust.http_freshness import NotingFetch
from carnet_trust.integrity import integrity_of
from carnet_trust.issuer_keys import (
    FETCHED_ROUTES,
    keys_without_fetching,
    next_record,
    read_record,
    record_name,
)
from carnet_trust.kept_lists import KeptLists
from carnet_trust.lookup_cache import LookupCache, RecordKind
from carnet_trust.lookups import Freshness, LookupAlert, Source
from carnet_trust.status_tokens import ListSigner, StatusTokens, token_bytes
from carnet_trust.trust_file import TrustData
from carnet_trust.type_metadata import shipped_document, within_shipped

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRefresh:
    """What was fetched for one issuer.

    Attributes:
        iss: its identifier.
        keys: how many keys it publishes; None when they could not be had.
        lists: how many of its status lists are now current.
        types: how many of its types' descriptions are now current.
        problems: what could not be fetched or was refused; earlier values are kept.
        alerts: what a person should know about what was fetched.
    """

    iss: str
    keys: int | None
    lists: int
    types: int
    problems: tuple[CarnetError, ...] = ()
    alerts: tuple[LookupAlert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReport:
    """One line for each listed issuer that may sign something."""

    issuers: tuple[IssuerRefresh, ...]

    @property
    def problems(self) -> tuple[CarnetError, ...]:
        """All problems, in order."""
        return tuple(problem for issuer in self.issuers for problem in issuer.problems)


def refresh(
    trust: TrustData,
    cache: LookupCache,
    *,
    fetch: Fetch,
    check: SignatureCheck,
    limits: Limits,
    loopback_http: bool,
    now: int,
) -> RefreshReport:
    """Fetch keys, status lists and type descriptions of every issuer in the trust data.

    Each document is fetched anew, also when the one at hand is fresh. A problem with one
    issuer or list is reported and stops nothing else; the last good value stays.

    Args:
        trust: whose documents to fetch; entries that may sign nothing are passed over.
        cache: where to put them.
        fetch: how; give one without a budget for a single verification.
        check: the signature back end, for status lists.
        limits: sizes.
        loopback_http: whether issuers on this machine may be asked over http.
        now: Unix seconds.
    """
    around = _Around(
        cache=cache,
        lists=KeptLists(cache, StatusTokens(check=check, limits=limits)),
        fetch=fetch,
        limits=limits,
        loopback_http=loopback_http,
        now=now,
    )
    return RefreshReport(
        issuers=tuple(_Run(entry, around).report() for entry in trust.entries if entry.types)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    cache: LookupCache
    lists: KeptLists
    fetch: Fetch
    limits: Limits
    loopback_http: bool
    now: int


class _Run:
    """One issuer's turn."""

    def __init__(self, entry: TrustEntry, around: _Around) -> None:
        self._entry = entry
        self._around = around
        self._keys: tuple[PublicJwk, ...] = ()
        self._problems: list[CarnetError] = []
        self._alerts: dict[LookupAlert, None] = {}

    def report(self) -> IssuerRefresh:
        fetched_keys = self._attempt(self._refresh_keys)
        uris = self._attempt(self._published_lists) or ()
        lists = [self._attempt(partial(self._refresh_list, uri)) for uri in uris]
        types = [vct for vct in self._entry.types if vct.startswith(("https://", "http://"))]
        described = [self._attempt(partial(self._refresh_type, vct)) for vct in types]
        for vct in self._entry.types:
            self._refresh_copy(vct)
        return IssuerRefresh(
            iss=self._entry.iss,
            keys=fetched_keys,
            lists=sum(one is not None for one in lists),
            types=sum(one is not None for one in described),
            problems=tuple(self._problems),
            alerts=tuple(self._alerts),
        )

    def _attempt(self, step: Callable[[], T]) -> T | None:
        try:
            return step()
        except CarnetError as error:
            self._problems.append(error)
            return None

    def _refresh_keys(self) -> int:
        entry, around = self._entry, self._around
        if entry.route is IssuerKeyRoute.X5C:
            return len(entry.roots)
        if entry.route not in FETCHED_ROUTES:
            dated = keys_without_fetching(entry.iss, route=entry.route, entry=entry, now=around.now)
            self._keys = dated.value
            return len(dated.value)
        name = record_name(entry.iss, entry.route)
        before = read_record(around.cache.get(RecordKind.ISSUER_KEYS, name))
        # Lists signed by the keys known so far can still be read when this fails.
        self._keys = () if before is None else before.keys
        noting = NotingFetch(around.fetch)
        self._keys = fetch_issuer_keys(
            entry.iss,
            route=entry.route,
            fetch=noting,
            limits=around.limits,
            loopback_http=around.loopback_http,
        )
        record = next_record(
            self._keys,
            before=before,
            name=name,
            listed=True,
            now=around.now,
            fresh_for=noting.lifetime,
        )
        around.cache.put(record)
        known = read_record(record)
        if known is not None:
            self._note(known.dated(Source.FETCHED, now=around.now).alerts)
        return len(self._keys)

    def _published_lists(self) -> tuple[str, ...]:
        """All lists of the issuer, by its own aggregation, else those met before."""
        entry, around = self._entry, self._around
        endpoint = self._attempt(
            partial(
                fetch_endpoint,
                entry.iss,
                fetch=around.fetch,
                loopback_http=around.loopback_http,
            )
        )
        if endpoint is None:
            return aggregated(entry.iss, cache=around.cache)
        uris = fetch_aggregation(endpoint, fetch=around.fetch, loopback_http=around.loopback_http)
        known = KnownLists(uris=uris, published=True, asked_at=around.now)
        keep_lists(known, issuer=entry.iss, listed=True, cache=around.cache)
        return uris

    def _refresh_list(self, uri: str) -> str:
        around = self._around
        check_url(uri, loopback_http=around.loopback_http)
        token = fetch_status_token(uri, fetch=around.fetch, limits=around.limits)
        dated = around.lists.accept(
            token_bytes(token),
            uri=uri,
            signer=ListSigner(issuer=self._entry.iss, route=self._entry.route, entry=self._entry),
            keys_of=lambda _kid: self._keys,
            now=around.now,
        )
        self._note(dated.alerts)
        return uri

    def _fetch_document(self, address: str) -> Fetched:
        around = self._around
        return kept_types.fetch_type_document(
            address,
            fetch=around.fetch,
            limits=around.limits,
            loopback_http=around.loopback_http,
        )

    def _refresh_type(self, vct: str) -> str:
        around = self._around
        kept_types.resolve(
            vct,
            integrity=None,
            cache=around.cache,
            freshness=Freshness(),
            fetch_document=self._fetch_document,
            limits=around.limits,
            now=around.now,
            listed=True,
            anew=True,
        )
        return vct

    def _refresh_copy(self, vct: str) -> None:
        """Keep the issuer's copy of a type that ships, where it is another than ours.

        An issuer need not serve one: that is no problem to report.
        """
        around = self._around
        address = type_copies.copy_address(vct, issuer=self._entry.iss)
        if address is None:
            return
        with suppress(CarnetError):
            body = self._fetch_document(address).unverified_body
            if body == shipped_document(vct):
                return
            within_shipped(vct, body, limits=around.limits)
            type_copies.keep_copy(
                vct,
                body,
                integrity=integrity_of(body),
                cache=around.cache,
                listed=True,
                now=around.now,
            )

    def _note(self, alerts: tuple[LookupAlert, ...]) -> None:
        self._alerts.update(dict.fromkeys(alerts))
