"""How every verification asks for what the credential itself does not carry.

There is no default: whoever verifies chooses `CachedLookups` (reads what a refresh filled,
opens no connection) or `OnDemandLookups` (fetches documents that are the same for every
credential of an issuer). Either way the answer says how old it is and where it is from.
"""

from dataclasses import dataclass, field
from typing import Protocol

from carnet_securing.credential import IssuerKey
from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.status_list import VerifiedStatusList
from carnet_trust.dated import Dated, LookupAlert, Source
from carnet_trust.entries import TrustEntry
from carnet_trust.type_metadata import TypeMetadata

__all__ = [
    "Dated",
    "FoundIssuer",
    "Freshness",
    "LookupAlert",
    "Lookups",
    "Source",
    "UnsharedListError",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long looked-up values are used, all in seconds.

    `*_max_age` bounds the last good value: older ones count as absent. For status lists the
    list's own `ttl` says when a fresh copy is due (`VerifiedStatusList.fresh_until`); for
    keys and types `*_ttl` does, where their publisher does not (`http_freshness`), and which
    lists an issuer publishes is asked again after `aggregation_ttl`. `status_at_most` is for
    somebody who wants to know now: a list is asked for again after it, whatever its `ttl`.
    """

    keys_ttl: int = 15 * 60
    keys_max_age: int = 7 * 86_400
    status_max_age: int = 7 * 86_400
    status_at_most: int | None = None
    aggregation_ttl: int = 15 * 60
    types_ttl: int = 86_400
    types_max_age: int = 90 * 86_400
    retry_after: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIssuer:
    """The key that must have signed a credential, and what the trust data says of its owner.

    `entry` is None for an issuer that nobody in the trust data vouches for. `keys` says how
    old the issuer's keys are and where they came from. Built by `issuers.find_issuer`.
    """

    issuer_key: IssuerKey
    entry: TrustEntry | None
    keys: Dated[tuple[PublicJwk, ...]] = field(repr=False)


class UnsharedListError(UndeterminedError):
    """The status list a document names could be that one person's; it says nothing (ADR 10)."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorKind.STATUS_UNAVAILABLE, message)


class Lookups(Protocol):
    """The one way verification reaches beyond its input."""

    def issuer_keys(
        self,
        issuer: str,
        *,
        route: IssuerKeyRoute,
        kid: str | None,
        entry: TrustEntry | None,
        now: int,
    ) -> Dated[tuple[PublicJwk, ...]]:
        """The public keys of an issuer by one route other than `x5c`.

        Args:
            issuer: the issuer's identifier.
            route: fixed by the caller; nothing in the credential chooses it.
            kid: the key wanted, when the credential names one. A name that is not among
                recent keys is worth a new fetch, at most one an issuer a minute.
            entry: what the trust data says of the issuer.
            now: Unix seconds.

        Raises:
            UndeterminedError: `fetch_blocked`, `fetch_failed`, `fetch_too_large` or
                `key_not_found`: there are no keys to check with.
            InvalidError: the issuer's documents are malformed or for another issuer.
        """
        ...

    def status_list(self, uri: str, *, found: FoundIssuer, now: int) -> Dated[VerifiedStatusList]:
        """The status list of a credential that is already authenticated.

        A status list is looked up last (Token Status List, section on validation rules), so
        `uri` comes from an `AuthenticCredential`, never from parsed bytes.

        Raises:
            UnsharedListError: `status_unavailable`: its address or its size may single one
                person out.
            UndeterminedError: `status_unavailable`, or a fetch error: nothing is known.
            InvalidError: `status_invalid` or a signature error: what came says nothing.
        """
        ...

    def type_metadata(
        self, vct: str, *, integrity: str | None, now: int, issuer: str | None = None
    ) -> Dated[TypeMetadata]:
        """The metadata of a type with everything it extends, merged.

        Args:
            vct: the type, byte for byte.
            integrity: `vct#integrity` of the credential, if signed.
            now: Unix seconds.
            issuer: who signed that, authenticated: its copy of a type that we ship may be
                the one it means.

        Raises:
            UndeterminedError: `unavailable` or a fetch error.
            InvalidError: `metadata_integrity`, `metadata_cycle`, `vct_mismatch`,
                `malformed` or `too_large`.
        """
        ...
