"""Tells a document that is wrong from an issuer whose published keys are.

A worker must not be accused because her school's web site is broken: keys that cannot be
read leave her certificate unchecked (`not_checked`), as an unreadable status list does.
"""

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.status_list import VerifiedStatusList
from carnet_trust.entries import TrustEntry
from carnet_trust.issuer_keys import FETCHED_ROUTES
from carnet_trust.lookups import Dated, FoundIssuer, Lookups
from carnet_trust.type_metadata import TypeMetadata


class IssuerAtFaultError(Exception):
    """What an issuer publishes about itself is wrong; `reason` says how."""

    def __init__(self, reason: InvalidError) -> None:
        super().__init__(reason)
        self.reason = reason


class IssuerDocuments:
    """Other lookups, whose refusals of what an issuer publishes are `IssuerAtFaultError`.

    A key that the issuer took away (`key_not_trusted`) speaks against the document that it
    signed, and so does a DID in the document itself: both pass through unchanged.
    """

    def __init__(self, lookups: Lookups) -> None:
        """Ask `lookups`."""
        self._lookups = lookups

    def issuer_keys(
        self,
        issuer: str,
        *,
        route: IssuerKeyRoute,
        kid: str | None,
        entry: TrustEntry | None,
        now: int,
    ) -> Dated[tuple[PublicJwk, ...]]:
        """As the other lookups.

        Raises:
            IssuerAtFaultError: the issuer's documents are malformed or for another issuer.
        """
        try:
            return self._lookups.issuer_keys(issuer, route=route, kid=kid, entry=entry, now=now)
        except InvalidError as error:
            if route not in FETCHED_ROUTES or error.kind is ErrorKind.KEY_NOT_TRUSTED:
                raise
            raise IssuerAtFaultError(error) from error

    def status_list(self, uri: str, *, found: FoundIssuer, now: int) -> Dated[VerifiedStatusList]:
        """As the other lookups."""
        return self._lookups.status_list(uri, found=found, now=now)

    def type_metadata(
        self, vct: str, *, integrity: str | None, now: int, issuer: str | None = None
    ) -> Dated[TypeMetadata]:
        """As the other lookups."""
        return self._lookups.type_metadata(vct, integrity=integrity, now=now, issuer=issuer)
