"""The SD-JWT VC profile: what makes an SD-JWT a credential (SD-JWT VC drafts 13 to 19).

Two steps, so that a verifier can say "genuine, but expired": `authenticate_credential`
checks who signed what, `check_validity` checks when it is valid. `verify_credential` is both.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from carnet_securing import base64url, standard_base64
from carnet_securing.algorithms import SIGNATURE_ALGORITHMS, SignatureCheck
from carnet_securing.did import key_of_did_url
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.jwt import check_times
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import Limits
from carnet_securing.sd_jwt import UnverifiedSdJwt, VerifiedSdJwt, parse_sd_jwt, verify_sd_jwt
from carnet_securing.status_list import StatusReference, parse_status
from carnet_securing.strict_json import JsonObject

TYPE: Final = "dc+sd-jwt"
"""`typ` of a credential; `vc+sd-jwt` of old drafts now means something else and is refused."""

NEVER_HIDDEN: Final = frozenset(
    {"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}
)
"""Claims that no disclosure may carry, with all they contain (draft 19 section 2.2.2.3)."""

_TYPES: Final = frozenset({TYPE})
_THUMBPRINT_CHARACTERS: Final = 43
_NAMES_A_KEY: Final = frozenset({"jwk", "jwe", "jku", "kid", "x5t#S256"})


class AnyVct(Enum):
    """Says on purpose that a credential of any type will do."""

    ANY = "any"


ANY_VCT: Final = AnyVct.ANY


class UnverifiedCredential(NamedTuple):
    """A well-formed SD-JWT; what it claims about itself helps to find a key, and no more."""

    sd_jwt: UnverifiedSdJwt
    unverified_iss: str | None
    unverified_kid: str | None
    unverified_x5c: tuple[bytes, ...] | None

    def __repr__(self) -> str:
        return f"UnverifiedCredential(sd_jwt={self.sd_jwt!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """A key that the caller found to belong to an issuer, and how.

    Attributes:
        issuer: the `iss` the key belongs to, or the subject of the certificate where the
            credential names no `iss`.
        route: the one route by which the key was found.
        chain_leaf: with `x5c`, the DER certificate that holds the key.
    """

    issuer: str
    key: PublicJwk
    route: IssuerKeyRoute
    chain_leaf: bytes | None = field(default=None, repr=False)


class _Credential(NamedTuple):
    issuer: IssuerKey
    vct: str
    aka_vcts: tuple[str, ...]
    vct_integrity: str | None
    claims: JsonObject
    sd_jwt: VerifiedSdJwt
    confirmation: JsonObject | None
    issued_at: int | None
    not_before: int | None
    expires_at: int | None


class AuthenticCredential(_Credential):
    """Signed by `issuer` and untampered. It may have expired, and its holder is not checked.

    Attributes:
        issuer: the key it was checked with, and whose that is.
        vct: its type, as signed.
        aka_vcts: further types it says it is of; the issuer's word, like `vct`.
        vct_integrity: the digest of the type's metadata, as signed.
        claims: the processed claims, `iss`, `cnf` and the like among them.
        sd_jwt: the SD-JWT it is.
        confirmation: the `cnf` claim, which `holder_key_of` reads.
        issued_at, not_before, expires_at: Unix seconds; None where not signed or not shown, and
            for what is no whole number, which `check_validity` refuses.
    """

    __slots__ = ()

    @property
    def status(self) -> StatusReference | None:
        """Where its status stands; None when the issuer keeps none.

        Raises:
            InvalidError: `status_invalid` or `status_index` for a malformed claim.
            UndeterminedError: `status_unavailable` for a mechanism not known here.
        """
        return parse_status(self.claims["status"]) if "status" in self.claims else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(issuer={self.issuer!r}, vct={self.vct!r})"


class VerifiedCredential(AuthenticCredential):
    """An authentic credential that was within its validity at the time it was checked for."""

    __slots__ = ()


def parse_credential(data: str | bytes, *, limits: Limits) -> UnverifiedCredential:
    """Take a received credential or presentation apart; nothing is verified.

    Raises:
        InvalidError: as `parse_sd_jwt`; `malformed` for an `iss` of another shape, or an `x5c`
            that is not canonical base64.
    """
    sd_jwt = parse_sd_jwt(data, limits=limits)
    claims, header = sd_jwt.unverified_members, sd_jwt.jws.unverified_header
    return UnverifiedCredential(
        sd_jwt,
        _optional_text(claims, "iss"),
        _optional_text(header, "kid"),
        # `parse_jws` saw to it that they are texts, and few.
        tuple(map(standard_base64.decode, header["x5c"])) if "x5c" in header else None,
    )


def authenticate_credential(
    unverified: UnverifiedCredential,
    *,
    issuer_key: IssuerKey,
    check: SignatureCheck,
    limits: Limits,
) -> AuthenticCredential:
    """Check who signed what; say nothing about time, type wanted, status or holder.

    1. Signature by `issuer_key`, `typ` exactly `dc+sd-jwt`, all digests: `verify_sd_jwt`.
    2. The header names no other key than `issuer_key` (one source of the key).
    3. `iss` is, to the letter, the issuer the key was found for.
    4. No claim of `NEVER_HIDDEN` was or could be hidden, in whole or in part.
    5. `vct`, `aka_vcts`, `vct#integrity` and `cnf` have the shape they must have.

    Raises:
        InvalidError: as `verify_sd_jwt`; `header_not_allowed` (2), `issuer_mismatch` (3),
            `malformed` (4, 5) or `vct_mismatch` (5).
    """
    # 1.
    verified = verify_sd_jwt(
        unverified.sd_jwt,
        key=issuer_key.key,
        algorithms=SIGNATURE_ALGORITHMS,
        types=_TYPES,
        check=check,
        limits=limits,
    )
    claims = verified.claims
    # 2.
    _check_one_key(verified.header, unverified.unverified_x5c, issuer_key)
    # 3.
    if "iss" in claims:
        is_issuer = claims["iss"] == issuer_key.issuer
    else:
        is_issuer = issuer_key.route is IssuerKeyRoute.X5C
    if not is_issuer:
        raise InvalidError(ErrorKind.ISSUER_MISMATCH, "The signer is not the issuer it names.")
    # 4.
    _check_never_hidden(verified)
    # 5.
    vct, aka_vcts = _types_of(claims)
    confirmation = claims.get("cnf")
    if "cnf" in claims and type(confirmation) is not dict:
        raise _malformed("The holder's key is not a JSON object.")
    return AuthenticCredential(
        issuer_key,
        vct,
        aka_vcts,
        _optional_text(claims, "vct#integrity"),
        claims,
        verified,
        confirmation,
        _seconds(claims.get("iat")),
        _seconds(claims.get("nbf")),
        _seconds(claims.get("exp")),
    )


def check_vct(credential: AuthenticCredential, vcts: Collection[str] | AnyVct) -> None:
    """Check that the credential is of a wanted type, comparing byte for byte.

    Raises:
        InvalidError: `vct_mismatch`; an empty collection wants no type at all.
    """
    if isinstance(vcts, str):
        raise TypeError("a list of types is expected, not one text")
    if vcts is ANY_VCT:
        return
    if credential.vct not in vcts and not any(vct in vcts for vct in credential.aka_vcts):
        raise InvalidError(ErrorKind.VCT_MISMATCH, "The document is of another type.")


def check_validity(authentic: AuthenticCredential, *, now: int, leeway: int) -> VerifiedCredential:
    """Check `exp`, `nbf`, `iat` and `aud` of a credential (RFC 9901 section 7.1 step 6).

    A credential is for whoever its holder shows it to. One that names an audience is for
    somebody who knows to be meant, and nobody here does (RFC 7519 section 4.1.3).

    Args:
        now: Unix seconds.
        leeway: seconds of clock difference allowed either way.

    Raises:
        InvalidError: `expired`, `not_yet_valid` (also for an `iat` in the future), `malformed`
            for a time that is no whole number, or `kb_aud`.
    """
    check_times(authentic.claims, now=now, leeway=leeway)
    if "aud" in authentic.claims:
        raise InvalidError(ErrorKind.KB_AUD, "The document was made for somebody else.")
    return VerifiedCredential._make(authentic)


def verify_credential(
    unverified: UnverifiedCredential,
    *,
    issuer_key: IssuerKey,
    vcts: Collection[str] | AnyVct,
    now: int,
    check: SignatureCheck,
    limits: Limits,
) -> VerifiedCredential:
    """Authenticate a credential, check that its type is wanted, then its times.

    Left to the caller: its status, its holder (`holder_key_of`, `verify_key_binding`), and
    whether the issuer may say this.

    Raises:
        InvalidError: as `authenticate_credential`, `check_vct` and `check_validity`.
    """
    authentic = authenticate_credential(
        unverified, issuer_key=issuer_key, check=check, limits=limits
    )
    check_vct(authentic, vcts)
    return check_validity(authentic, now=now, leeway=limits.leeway)


def holder_key_of(credential: AuthenticCredential) -> PublicJwk:
    """The key the credential is bound to: `cnf.jwk`, or `cnf.kid` of a did:jwk or did:key.

    Exactly one of the two, and no other way to name a key: with two there is no telling
    which one the issuer checked. Members that are not understood are ignored (RFC 7800
    section 3.1).

    Raises:
        InvalidError: `kb_key_invalid`.
    """
    confirmation = credential.confirmation
    if confirmation is None or len(_NAMES_A_KEY.intersection(confirmation)) != 1:
        raise _no_holder_key()
    try:
        if "jwk" in confirmation:
            return parse_public_jwk(confirmation["jwk"])
        if type(kid := confirmation.get("kid")) is str:
            return key_of_did_url(kid)
    except InvalidError:
        raise _no_holder_key() from None
    raise _no_holder_key()


def _check_one_key(
    header: JsonObject, x5c: tuple[bytes, ...] | None, issuer_key: IssuerKey
) -> None:
    key, kid = issuer_key.key, header.get("kid")
    consistent = True
    if "jwk" in header:
        named = parse_public_jwk(header["jwk"])
        consistent = (named.crv, named.x, named.y) == (key.crv, key.x, key.y)
    if x5c is not None:
        if issuer_key.route is IssuerKeyRoute.X5C:
            consistent = consistent and x5c[0] == issuer_key.chain_leaf
        # A `kid` may be any name; one that is a thumbprint must be that of the key.
        if type(kid) is str and _is_thumbprint(kid):
            consistent = consistent and kid in (key.thumbprint, key.kid)
    if not consistent:
        raise InvalidError(
            ErrorKind.HEADER_NOT_ALLOWED, "The document names more than one key of its signer."
        )


def _is_thumbprint(kid: str) -> bool:
    if len(kid) != _THUMBPRINT_CHARACTERS:
        return False
    try:
        base64url.decode(kid)
    except InvalidError:
        return False
    return True


def _check_never_hidden(verified: VerifiedSdJwt) -> None:
    # What is inside a claim is hidden by a digest in it; the claim itself by a disclosure.
    hidden = not NEVER_HIDDEN.isdisjoint(verified.concealing)
    for path, _ in verified.disclosed:
        if path[0] in NEVER_HIDDEN:
            hidden = True
    if hidden:
        raise _malformed("A claim that may never be hidden is hidden.")


def _seconds(value: object) -> int | None:
    return value if type(value) is int else None


def _types_of(claims: JsonObject) -> tuple[str, tuple[str, ...]]:
    vct = claims.get("vct")
    if type(vct) is not str or not vct:
        raise InvalidError(ErrorKind.VCT_MISMATCH, "The document does not say of which type it is.")
    if "aka_vcts" not in claims:
        return vct, ()
    others = claims["aka_vcts"]
    if (
        type(others) is not list
        or not others
        or not all(type(other) is str and other for other in others)
        or vct in others
    ):
        raise _malformed("The further types of the document are not a list of other types.")
    return vct, tuple(others)


def _optional_text(members: JsonObject, name: str) -> str | None:
    if name not in members:
        return None
    value = members[name]
    if type(value) is not str:
        raise _malformed("A member of the document is not text.")
    return value


def _no_holder_key() -> InvalidError:
    return InvalidError(
        ErrorKind.KB_KEY_INVALID, "The document does not name one usable key of its holder."
    )


def _malformed(message: str) -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, message)
