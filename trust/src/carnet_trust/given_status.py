"""Status lists that the person checking has in hand, as files; everything else as before."""

from collections.abc import Sequence

from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.status_list import VerifiedStatusList
from carnet_trust.entries import TrustEntry
from carnet_trust.lookups import Dated, FoundIssuer, Freshness, Lookups, Source
from carnet_trust.status_tokens import ListSigner, StatusTokens, alerts_about
from carnet_trust.type_metadata import TypeMetadata


class GivenStatusLists:
    """Other lookups, with status list tokens from files in the place of fetched ones.

    A file is as old as its token says. Its signer is looked up as for any list.
    """

    def __init__(
        self,
        lookups: Lookups,
        tokens: Sequence[bytes],
        *,
        check: SignatureCheck,
        limits: Limits,
        freshness: Freshness | None = None,
    ) -> None:
        """Answer status questions from `tokens` alone, all others from `lookups`."""
        self._max_age = (freshness or Freshness()).status_max_age
        self._lookups = lookups
        self._given = tuple(tokens)
        self._tokens = StatusTokens(check=check, limits=limits)

    def issuer_keys(
        self,
        issuer: str,
        *,
        route: IssuerKeyRoute,
        kid: str | None,
        entry: TrustEntry | None,
        now: int,
    ) -> Dated[tuple[PublicJwk, ...]]:
        """As the other lookups."""
        return self._lookups.issuer_keys(issuer, route=route, kid=kid, entry=entry, now=now)

    def status_list(self, uri: str, *, found: FoundIssuer, now: int) -> Dated[VerifiedStatusList]:
        """The newest given list for `uri` that holds.

        Raises:
            UndeterminedError: `status_unavailable` when no file is for this address, or only
                one that is out of date or too old.
            InvalidError: why the only file that could be read is refused.
        """
        signer = ListSigner.of(found)
        keys_of = signer.keys_from(self, now=now)

        newest: VerifiedStatusList | None = None
        refusal: CarnetError | None = None
        for token in self._given:
            try:
                verified = self._tokens.verify(
                    token, uri=uri, signer=signer, keys_of=keys_of, now=now
                )
            except CarnetError as error:
                refusal = refusal or error
                continue
            if newest is None or verified.issued_at > newest.issued_at:
                newest = verified
        if newest is None:
            raise refusal or UndeterminedError(
                ErrorKind.STATUS_UNAVAILABLE, "No status list was given."
            )
        if now - newest.issued_at > self._max_age:
            raise UndeterminedError(
                ErrorKind.STATUS_UNAVAILABLE,
                "The status list given is too old.",
                hint="Download a newer one.",
            )
        return Dated(
            value=newest,
            fetched_at=newest.issued_at,
            source=Source.GIVEN,
            alerts=alerts_about(newest),
        )

    def type_metadata(
        self, vct: str, *, integrity: str | None, now: int, issuer: str | None = None
    ) -> Dated[TypeMetadata]:
        """As the other lookups."""
        return self._lookups.type_metadata(vct, integrity=integrity, now=now, issuer=issuer)
