"""From a credential nobody has verified to the one key that must have signed it.

What the credential says about itself only helps to find an entry; the entry, or the form
of `iss` for an issuer without one, decides the route. So nobody who writes a credential
chooses how it is checked (SD-JWT VC-19, "Ecosystem-specific Public Key Verification
Methods").
"""

from typing import Any, Final

from carnet_securing.credential import IssuerKey, UnverifiedCredential
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.issuer_key import resolve_from_x5c, select_issuer_key
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.x509 import IssuerName, UnverifiedLeaf, read_unverified_leaf
from carnet_trust.entries import DID_ROUTES, TrustEntry
from carnet_trust.issuer_home import home_of
from carnet_trust.lookups import Dated, FoundIssuer, Lookups, Source
from carnet_trust.trust_file import TrustData

# Seconds for which keys that were read count as the issuer's present ones: two timers' turns.
_JUST_READ: Final = 600
_DAY: Final = 86_400  # `iat` is rounded down to the day (DESIGN 4.7)


def find_issuer(
    unverified: UnverifiedCredential,
    *,
    trust: TrustData,
    lookups: Lookups,
    now: int,
    limits: Limits,
) -> FoundIssuer:
    """Find the issuer's key by the one route that is allowed for this issuer.

    1. The entry: that of `iss`, or, without `iss`, the `x5c` entry the leaf names.
    2. The route: the entry's; without an entry the default for the form of `iss`.
    3. `x5c` goes by the chain in the header to the entry's roots, every other route by
       `lookups`; a chain beside another route must hold the very same key.

    Nothing is verified yet: `authenticate_credential` does that with the key found here.

    Raises:
        InvalidError: `key_not_trusted` when no allowed route leads to a key; `chain_invalid`,
            `issuer_mismatch`, `key_not_found`, `key_ambiguous` and the errors of the route.
        UndeterminedError: why the keys could not be looked up; `unavailable` when the one
            named is not among them, and they may be older than the document.
    """
    # 1.
    iss = unverified.unverified_iss
    if iss is None:
        return _issuer_of_leaf(unverified, trust=trust, now=now, limits=limits)
    entry = trust.entry_for(iss)
    # 2.
    route = _default_route(iss) if entry is None else entry.route
    # 3.
    if route is IssuerKeyRoute.X5C and entry is not None:
        return _by_chain(unverified, entry=entry, now=now, limits=limits)
    kid = unverified.unverified_kid
    keys = lookups.issuer_keys(iss, route=route, kid=kid, entry=entry, now=now)
    try:
        key = select_issuer_key(
            keys.value,
            issuer=iss,
            kid=kid,
            algorithm=str(unverified.sd_jwt.jws.unverified_header.get("alg")),
        )
    except InvalidError as error:
        if error.kind is ErrorKind.KEY_NOT_FOUND and _may_be_older(keys, unverified, now=now):
            raise _keys_too_old() from None
        raise
    _check_chain_agrees(unverified, key.thumbprint)
    return FoundIssuer(
        issuer_key=IssuerKey(issuer=iss, key=key, route=route), entry=entry, keys=keys
    )


def _may_be_older(keys: Dated[Any], unverified: UnverifiedCredential, *, now: int) -> bool:
    """Whether the issuer may have begun to use another key since its keys were read.

    Then an unknown key accuses nobody. Who dates a forgery so gains nothing but doubt.
    """
    issued_at = unverified.sd_jwt.unverified_members.get("iat")
    return (
        keys.source is Source.CACHE
        and keys.age(now) > _JUST_READ
        and (type(issued_at) is not int or issued_at + _DAY > keys.fetched_at)
    )


def _keys_too_old() -> UndeterminedError:
    return UndeterminedError(
        ErrorKind.UNAVAILABLE,
        "The signer's keys were read here before this document was signed.",
        hint="Refresh what is known of the issuers, then check again.",
    )


def _default_route(iss: str) -> IssuerKeyRoute:
    """The route for an issuer nobody listed, by nothing but the form of its identifier."""
    for route, method in DID_ROUTES.items():
        if iss.startswith(method):
            return route
    if iss.startswith(("https://", "http://")) and home_of(iss) is not None:
        return IssuerKeyRoute.METADATA
    raise _no_route()


def _issuer_of_leaf(
    unverified: UnverifiedCredential, *, trust: TrustData, now: int, limits: Limits
) -> FoundIssuer:
    """Without `iss` the issuer is the subject of the leaf: listed if an entry names it."""
    if unverified.unverified_x5c is None:
        raise _no_route()
    leaf_der = unverified.unverified_x5c[0]
    leaf = read_unverified_leaf(leaf_der)
    entries = _entries_naming(leaf, trust)
    if len(entries) > 1:
        raise InvalidError(
            ErrorKind.KEY_AMBIGUOUS, "A certificate belongs to several trusted issuers."
        )
    if entries:
        return _by_chain(unverified, entry=entries[0], now=now, limits=limits)
    issuer_key = IssuerKey(
        issuer=leaf.unverified_subject,
        key=leaf.key,
        route=IssuerKeyRoute.X5C,
        chain_leaf=leaf_der,
    )
    keys = _carried(leaf.key, Source.CREDENTIAL, now=now)
    return FoundIssuer(issuer_key=issuer_key, entry=None, keys=keys)


def _entries_naming(leaf: UnverifiedLeaf, trust: TrustData) -> list[TrustEntry]:
    names = (*leaf.unverified_uris, *(f"https://{host}" for host in leaf.unverified_dns_names))
    found = (trust.entry_for(name) for name in dict.fromkeys(names))
    return [entry for entry in found if entry is not None and entry.route is IssuerKeyRoute.X5C]


def _by_chain(
    unverified: UnverifiedCredential, *, entry: TrustEntry, now: int, limits: Limits
) -> FoundIssuer:
    if unverified.unverified_x5c is None:
        raise InvalidError(
            ErrorKind.KEY_NOT_TRUSTED, "This signer must show a certificate and does not."
        )
    leaf = resolve_from_x5c(
        unverified.unverified_x5c,
        roots=entry.roots,
        expected=IssuerName(entry.iss),
        now=now,
        limits=limits,
    )
    issuer_key = IssuerKey(
        issuer=entry.iss, key=leaf.key, route=IssuerKeyRoute.X5C, chain_leaf=leaf.der
    )
    keys = _carried(leaf.key, Source.TRUST_FILE, now=now)
    return FoundIssuer(issuer_key=issuer_key, entry=entry, keys=keys)


def _check_chain_agrees(unverified: UnverifiedCredential, thumbprint: str) -> None:
    """A chain nobody asked for must not name a second key (attack row V07)."""
    if unverified.unverified_x5c is None:
        return
    try:
        agrees = read_unverified_leaf(unverified.unverified_x5c[0]).key.thumbprint == thumbprint
    except CarnetError:
        agrees = False
    if not agrees:
        raise InvalidError(
            ErrorKind.KEY_NOT_TRUSTED, "The signer's certificate is not the key it is known by."
        )


def _carried(key: PublicJwk, source: Source, *, now: int) -> Dated[tuple[PublicJwk, ...]]:
    return Dated(value=(key,), fetched_at=now, source=source)


def _no_route() -> InvalidError:
    return InvalidError(ErrorKind.KEY_NOT_TRUSTED, "There is no trusted way to the signer's key.")
