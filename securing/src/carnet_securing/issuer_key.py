"""From an issuer's name to its keys, by the one route its trust entry pins.

The token never chooses the route: an issuer whose entry says `x5c` is not looked up by
metadata, whatever else a token offers (SD-JWT VC, "Ecosystem-specific Public Key
Verification Methods"; ADR 0002). Fetching is handed in; the documents are parsed here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from carnet_securing import strict_json
from carnet_securing.did import parse_did_url, resolve_did_jwk, resolve_did_key
from carnet_securing.did_document import ASSERTION_METHOD, fetch_did_web
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetch, Fetched
from carnet_securing.jwk import PublicJwk, parse_jwks, select_key
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.urls import check_issuer_identifier, check_url
from carnet_securing.x509 import (
    ISSUER_PURPOSES,
    LeafExpectation,
    VerifiedLeaf,
    verify_chain,
)

JWT_VC_ISSUER: Final = "jwt-vc-issuer"
_JSON: Final = "application/json"
_JWKS: Final = "application/jwk-set+json, application/json"


@dataclass(frozen=True, slots=True)
class JwksUri:
    """The one place where an issuer's metadata says that its keys are; not checked yet."""

    unverified_uri: str


def metadata_url(issuer: str, *, well_known: str = JWT_VC_ISSUER) -> str:
    """Where an issuer's metadata stands: the well-known string goes before the path.

    `https://h/t/1` gives `https://h/.well-known/jwt-vc-issuer/t/1` (SD-JWT VC, "JWT VC
    Issuer Metadata Request"; OpenID4VCI section 12.2.2; RFC 8414 section 3.1). One
    terminating slash is dropped.

    Raises:
        InvalidError: `issuer_mismatch` when `issuer` has userinfo, a query, a fragment, dot
            segments, or is no web address.
    """
    origin = check_issuer_identifier(issuer)
    return f"{origin}/.well-known/{well_known}{issuer[len(origin) :].removesuffix('/')}"


def parse_issuer_metadata(
    body: bytes, *, issuer: str, limits: Limits
) -> tuple[PublicJwk, ...] | JwksUri:
    """Read JWT VC Issuer Metadata (SD-JWT VC, "JWT VC Issuer Metadata Response").

    Returns:
        The keys, or where they are.

    Raises:
        InvalidError: `issuer_mismatch` unless it names exactly `issuer`; `malformed` unless it
            has exactly one of `jwks` and `jwks_uri`; the kinds of `parse_jwks`.
    """
    metadata = strict_json.loads_object(
        body, max_bytes=limits.jwks_bytes, max_depth=limits.json_depth
    )
    if metadata.get("issuer") != issuer:
        raise InvalidError(ErrorKind.ISSUER_MISMATCH, "The metadata is of another issuer.")
    if ("jwks" in metadata) == ("jwks_uri" in metadata):
        raise InvalidError(
            ErrorKind.MALFORMED, "An issuer's metadata must give its keys in exactly one way."
        )
    if "jwks" in metadata:
        return parse_jwks(metadata["jwks"], limits=limits)
    if not isinstance(metadata["jwks_uri"], str):
        raise InvalidError(ErrorKind.MALFORMED, "An issuer's metadata is malformed.")
    return JwksUri(metadata["jwks_uri"])


def fetch_issuer_keys(
    issuer: str, *, route: IssuerKeyRoute, fetch: Fetch, limits: Limits, loopback_http: bool
) -> tuple[PublicJwk, ...]:
    """Find an issuer's current keys by `route`; did:jwk and did:key need no fetch.

    Keys found by a DID carry their full identifier as `kid`; see `select_issuer_key`.

    Args:
        issuer: the `iss` of the credential, exactly.
        route: what the issuer's trust entry pins.
        fetch: how documents are read.
        limits: sizes and counts.
        loopback_http: whether a local issuer may be asked over http.

    Raises:
        InvalidError: what is wrong with the issuer's documents; `key_not_trusted` when `issuer`
            is not of the kind the route is for, or the route looks nothing up.
        UndeterminedError: why a document could not be fetched.
    """
    match route:
        case IssuerKeyRoute.METADATA:
            return _metadata_keys(issuer, fetch, limits, loopback_http=loopback_http)
        case IssuerKeyRoute.DID_WEB:
            _check_method(issuer, "web")
            document = fetch_did_web(
                issuer, fetch=fetch, limits=limits, loopback_http=loopback_http
            )
            return document.keys(ASSERTION_METHOD)
        case IssuerKeyRoute.DID_JWK:
            _check_method(issuer, "jwk")
            return (resolve_did_jwk(issuer),)
        case IssuerKeyRoute.DID_KEY:
            _check_method(issuer, "key")
            return (resolve_did_key(issuer),)
        case IssuerKeyRoute.X5C | IssuerKeyRoute.PINNED:
            raise InvalidError(
                ErrorKind.KEY_NOT_TRUSTED, "This issuer's keys are not looked up on the web."
            )


def select_issuer_key(
    keys: Sequence[PublicJwk], *, issuer: str, kid: str | None, algorithm: str
) -> PublicJwk:
    """Choose the one key a header's `kid` means; never tries several.

    A `kid` that is the RFC 7638 thumbprint of a key means that key, whatever name it is
    published under.

    Raises:
        InvalidError: as `jwk.select_key`.
    """
    kid = full_kid(kid, issuer=issuer)
    if kid is not None and not any(key.kid == kid for key in keys):
        named = tuple(key for key in keys if key.thumbprint == kid)
        return select_key(named, kid=None, algorithm=algorithm)
    return select_key(tuple(keys), kid=kid, algorithm=algorithm)


def full_kid(kid: str | None, *, issuer: str) -> str | None:
    """A `kid` in full: for an issuer with a DID, `#fragment` is short for `issuer#fragment`."""
    if kid is not None and kid.startswith("#") and issuer.startswith("did:"):
        return issuer + kid
    return kid


def replaced_under_same_kid(
    before: Collection[PublicJwk], after: Collection[PublicJwk]
) -> tuple[str, ...]:
    """The `kid`s that name another key than before: worth telling whoever keeps a cache.

    An honest issuer gives a new key a new name. The keys after are still the ones that count.
    """
    old = {key.kid: key.thumbprint for key in before if key.kid is not None}
    return tuple(
        key.kid
        for key in after
        if key.kid is not None and key.kid in old and old[key.kid] != key.thumbprint
    )


def resolve_from_x5c(
    chain: Sequence[bytes],
    *,
    roots: Sequence[bytes],
    expected: LeafExpectation,
    now: int,
    limits: Limits,
) -> VerifiedLeaf:
    """The issuer's key from the certificates of a credential's header.

    Raises:
        InvalidError: `chain_invalid`, or `key_not_trusted` without roots.
    """
    return verify_chain(
        chain, roots=roots, expected=expected, purposes=ISSUER_PURPOSES, now=now, limits=limits
    )


def _metadata_keys(
    issuer: str, fetch: Fetch, limits: Limits, *, loopback_http: bool
) -> tuple[PublicJwk, ...]:
    url = metadata_url(issuer)
    check_url(url, loopback_http=loopback_http)
    fetched = fetch.get(url, accept=_JSON, max_bytes=limits.jwks_bytes)
    _check_json(fetched)
    found = parse_issuer_metadata(fetched.unverified_body, issuer=issuer, limits=limits)
    if not isinstance(found, JwksUri):
        return found
    check_url(found.unverified_uri, loopback_http=loopback_http)
    fetched = fetch.get(found.unverified_uri, accept=_JWKS, max_bytes=limits.jwks_bytes)
    _check_json(fetched)
    value = strict_json.loads_object(
        fetched.unverified_body, max_bytes=limits.jwks_bytes, max_depth=limits.json_depth
    )
    return parse_jwks(value, limits=limits)


def _check_json(fetched: Fetched) -> None:
    if fetched.media_type != _JSON and not fetched.media_type.endswith("+json"):
        raise UndeterminedError(
            ErrorKind.FETCH_FAILED, "An issuer's address gives something else than its keys."
        )


def _check_method(issuer: str, method: str) -> None:
    if parse_did_url(issuer).method != method:
        raise InvalidError(
            ErrorKind.KEY_NOT_TRUSTED, "This issuer's keys are found in another way."
        )
