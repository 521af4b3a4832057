"""Lookups that only read what a refresh filled. They hold nothing that could open a connection."""

from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.status_list import VerifiedStatusList
from carnet_trust import kept_types
from carnet_trust.aggregation import is_issuers_list
from carnet_trust.entries import TrustEntry
from carnet_trust.issuer_keys import (
    FETCHED_ROUTES,
    KeyRecords,
    keys_without_fetching,
    record_name,
)
from carnet_trust.kept_lists import KeptLists
from carnet_trust.lookup_cache import LookupCache
from carnet_trust.lookups import Dated, FoundIssuer, Freshness, Source
from carnet_trust.status_tokens import ListSigner, StatusTokens
from carnet_trust.type_metadata import TypeMetadata

_HINT = "Connect, refresh, and check again."


class CachedLookups:
    """Reads the cache and nothing else: offline is offline (attack row V25).

    A last good value is used up to its greatest age, which every answer carries.
    """

    def __init__(
        self,
        cache: LookupCache,
        *,
        check: SignatureCheck,
        limits: Limits,
        freshness: Freshness | None = None,
    ) -> None:
        """Read `cache`, verifying status lists again with `check`."""
        self._cache = cache
        self._limits = limits
        self._freshness = freshness or Freshness()
        self._keys = KeyRecords(cache)
        self._lists = KeptLists(cache, StatusTokens(check=check, limits=limits))

    def issuer_keys(
        self,
        issuer: str,
        *,
        route: IssuerKeyRoute,
        kid: str | None,
        entry: TrustEntry | None,
        now: int,
    ) -> Dated[tuple[PublicJwk, ...]]:
        """As `Lookups.issuer_keys`; `unavailable` when a refresh has not brought the keys."""
        if route not in FETCHED_ROUTES:
            return keys_without_fetching(issuer, route=route, entry=entry, now=now)
        known = self._keys.read(
            record_name(issuer, route), now=now, max_age=self._freshness.keys_max_age
        )
        if known is None:
            raise UndeterminedError(
                ErrorKind.UNAVAILABLE, "The signer's keys have not been fetched.", hint=_HINT
            )
        known.check_not_removed(kid, issuer=issuer)
        return known.dated(Source.CACHE, now=now)

    def status_list(self, uri: str, *, found: FoundIssuer, now: int) -> Dated[VerifiedStatusList]:
        """As `Lookups.status_list`; `status_unavailable` when a refresh has not brought it."""
        signer = ListSigner.of(found)
        if not is_issuers_list(uri, issuer=signer.issuer, cache=self._cache):
            raise UndeterminedError(
                ErrorKind.STATUS_UNAVAILABLE, "The status list is not one its issuer publishes."
            )
        keys_of = signer.keys_from(self, now=now)

        kept = self._lists.read(
            uri,
            signer=signer,
            keys_of=keys_of,
            now=now,
            max_age=self._freshness.status_max_age,
        )
        if kept is None:
            raise UndeterminedError(
                ErrorKind.STATUS_UNAVAILABLE, "The status list has not been fetched.", hint=_HINT
            )
        return kept

    def type_metadata(
        self, vct: str, *, integrity: str | None, now: int, issuer: str | None = None
    ) -> Dated[TypeMetadata]:
        """As `Lookups.type_metadata`; `unavailable` when a refresh has not brought it."""
        return kept_types.resolve(
            vct,
            integrity=integrity,
            cache=self._cache,
            freshness=self._freshness,
            fetch_document=None,
            limits=self._limits,
            now=now,
            issuer=issuer,
        )
