"""Whose status list it is, and whether its token holds: the part that all lookups share.

A list is signed by the issuer of the credential, found by the same one route. Tokens are
kept signed and verified whenever they are read, so a spoilt or swapped file in a cache says
nothing; only the inflated lists are remembered, by the digest of their token.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final, Self

from carnet_securing import base64url
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.credential import IssuerKey
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.issuer_key import select_issuer_key
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.status_list import (
    UnverifiedStatusToken,
    VerifiedStatusList,
    parse_status_token,
    verify_status_list,
)
from carnet_securing.x509 import ISSUER_PURPOSES, IssuerName, decode_x5c, verify_chain
from carnet_trust.entries import TrustEntry
from carnet_trust.lookups import FoundIssuer, LookupAlert, Lookups

KeysOf = Callable[[str | None], tuple[PublicJwk, ...]]
"""The issuer's keys, given the `kid` wanted."""

FEW: Final = 1_024
"""Below this many places a list tells its issuer too much about who is being checked."""

_REMEMBERED_LISTS: Final = 16
_REMEMBERED_BYTES: Final = 32 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSigner:
    """Who must have signed a status list.

    Attributes:
        issuer: the issuer of the credentials in it.
        route: the one way to its key.
        entry: what the trust data says of it.
        credential_key: the key that signed the credential, when one is being checked.
    """

    issuer: str
    route: IssuerKeyRoute
    entry: TrustEntry | None
    credential_key: IssuerKey | None = None

    @classmethod
    def of(cls, found: FoundIssuer) -> Self:
        """The signer of the list of a credential whose issuer was found."""
        key = found.issuer_key
        return cls(issuer=key.issuer, route=key.route, entry=found.entry, credential_key=key)

    def keys_from(self, lookups: Lookups, *, now: int) -> KeysOf:
        """Looks up its keys when a token that names one is at hand, and not before."""

        def keys_of(kid: str | None) -> tuple[PublicJwk, ...]:
            return lookups.issuer_keys(
                self.issuer, route=self.route, kid=kid, entry=self.entry, now=now
            ).value

        return keys_of


class StatusTokens:
    """Verifies status list tokens and remembers the inflated lists. Safe between threads."""

    def __init__(self, *, check: SignatureCheck, limits: Limits) -> None:
        """Verify with this back end, within these limits."""
        self._check = check
        self._limits = limits
        self._lists: OrderedDict[tuple[bytes, str, str], VerifiedStatusList] = OrderedDict()
        self._lock = Lock()

    def verify(
        self, token: bytes, *, uri: str, signer: ListSigner, keys_of: KeysOf, now: int
    ) -> VerifiedStatusList:
        """Verify one token for the list at `uri`.

        That it is not older than one seen before is the caller's to check, who knows.

        Raises:
            InvalidError: `status_invalid`, `too_large`, a signature or key error.
            UndeterminedError: `status_unavailable` when it is out of date, or why the keys
                could not be had.
        """
        parsed = parse_status_token(token, limits=self._limits)
        key = self._key(parsed, signer=signer, keys_of=keys_of, now=now)
        name = (hashlib.sha256(token).digest(), uri, key.thumbprint)
        with self._lock:
            known = self._lists.get(name)
        if known is not None and _holds_at(known, now=now):
            return known
        verified = verify_status_list(
            parsed,
            uri=uri,
            key=key,
            now=now,
            newest_seen_iat=None,
            check=self._check,
            limits=self._limits,
        )
        self._remember(name, verified)
        return verified

    def _key(
        self, token: UnverifiedStatusToken, *, signer: ListSigner, keys_of: KeysOf, now: int
    ) -> PublicJwk:
        if signer.route is IssuerKeyRoute.X5C:
            return self._chain_key(token, signer=signer, now=now)
        kid = token.unverified_kid
        return select_issuer_key(
            keys_of(kid), issuer=signer.issuer, kid=kid, algorithm=token.unverified_algorithm
        )

    def _chain_key(
        self, token: UnverifiedStatusToken, *, signer: ListSigner, now: int
    ) -> PublicJwk:
        """The key of an `x5c` issuer: its own chain, or the key that signed the credential."""
        chain = token.unverified_x5c
        if chain is not None and signer.entry is not None:
            return verify_chain(
                decode_x5c(chain, limits=self._limits),
                roots=signer.entry.roots,
                expected=IssuerName(signer.issuer),
                purposes=ISSUER_PURPOSES,
                now=now,
                limits=self._limits,
            ).key
        if signer.credential_key is None:
            raise InvalidError(
                ErrorKind.KEY_NOT_FOUND, "A status list does not carry its signer's certificate."
            )
        return signer.credential_key.key

    def _remember(self, name: tuple[bytes, str, str], verified: VerifiedStatusList) -> None:
        with self._lock:
            self._lists[name] = verified
            while len(self._lists) > _REMEMBERED_LISTS or (
                len(self._lists) > 1
                and sum(len(one.entries) for one in self._lists.values()) > _REMEMBERED_BYTES
            ):
                self._lists.popitem(last=False)


def token_bytes(token: UnverifiedStatusToken) -> bytes:
    """The compact form of a token that was taken apart; the form is canonical, so the same."""
    return token.jws.signing_input + b"." + base64url.encode_bytes(token.jws.signature)


def alerts_about(verified: VerifiedStatusList) -> tuple[LookupAlert, ...]:
    """What a person should know about a list that holds."""
    return (LookupAlert.FEW_IN_LIST,) if len(verified) < FEW else ()


def _holds_at(known: VerifiedStatusList, *, now: int) -> bool:
    """Whether a remembered list surely holds; when in doubt it is verified again."""
    return known.issued_at <= now and (known.expires_at is None or now < known.expires_at)
