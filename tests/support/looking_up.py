"""Short ways for tests to refresh, look up and authenticate with real parts."""

from carnet_securing.credential import (
    AuthenticCredential,
    UnverifiedCredential,
    authenticate_credential,
    parse_credential,
)
from carnet_securing.fetch import Fetch
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_trust.cached_lookups import CachedLookups
from carnet_trust.entries import TrustEntry
from carnet_trust.issuers import find_issuer
from carnet_trust.lookup_cache import LookupCache, MemoryLookupCache
from carnet_trust.lookups import FoundIssuer, Freshness, Lookups
from carnet_trust.on_demand_lookups import OnDemandLookups
from carnet_trust.refresh import RefreshReport, refresh
from carnet_trust.trust_file import TrustData
from support.simulator import NOW


def trusting(*entries: TrustEntry) -> TrustData:
    """Trust data of these entries."""
    return TrustData.of(entries)


def cached(cache: LookupCache) -> CachedLookups:
    """Lookups that only read."""
    return CachedLookups(cache, check=check_signature, limits=PRESENTATION)


def on_demand(
    fetch: Fetch,
    cache: LookupCache | None = None,
    *,
    fetch_types: bool = False,
    loopback_http: bool = False,
    freshness: Freshness | None = None,
) -> OnDemandLookups:
    """Lookups that fetch."""
    return OnDemandLookups(
        MemoryLookupCache() if cache is None else cache,
        fetch=fetch,
        check=check_signature,
        limits=PRESENTATION,
        loopback_http=loopback_http,
        fetch_types=fetch_types,
        freshness=freshness,
    )


def refreshed(
    trust: TrustData, fetch: Fetch, cache: LookupCache, *, now: int = NOW
) -> RefreshReport:
    """Fill a cache."""
    return refresh(
        trust,
        cache,
        fetch=fetch,
        check=check_signature,
        limits=PRESENTATION,
        loopback_http=False,
        now=now,
    )


def parsed(token: str) -> UnverifiedCredential:
    """Take a credential apart."""
    return parse_credential(token, limits=PRESENTATION)


def found(token: str, *, trust: TrustData, lookups: Lookups, now: int = NOW) -> FoundIssuer:
    """Find a credential's issuer."""
    return find_issuer(parsed(token), trust=trust, lookups=lookups, now=now, limits=PRESENTATION)


def authentic(token: str, issuer: FoundIssuer) -> AuthenticCredential:
    """Authenticate a credential by the key that was found."""
    return authenticate_credential(
        parsed(token),
        issuer_key=issuer.issuer_key,
        check=check_signature,
        limits=PRESENTATION,
    )
