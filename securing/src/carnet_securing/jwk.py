"""Public keys as values (RFC 7517, RFC 8037): strict to read, impossible to fill with a secret.

The type of a key fixes the algorithm it verifies (RFC 8725 section 3.1); its `alg`, `use` and
`key_ops` can narrow that further and never widen it. Whether a point lies on its curve is
found when a back end loads the key.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from carnet_securing import base64url, strict_json
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject

PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
"""Members only a private or symmetric key has (RFC 7518 section 6; `priv`: RFC 9964 AKP)."""


@dataclass(frozen=True, slots=True)
class _Curve:
    kty: str
    coordinate_characters: int
    algorithms: tuple[str, ...]


_CURVES: Final = {
    "P-256": _Curve("EC", 43, ("ES256",)),
    "P-384": _Curve("EC", 64, ("ES384",)),
    "Ed25519": _Curve("OKP", 43, ("EdDSA", "Ed25519")),
}


class PublicJwk(NamedTuple):
    """A public key on P-256, P-384 or Ed25519. Build it with `parse_public_jwk`."""

    kty: str
    crv: str
    x: str
    y: str | None = None
    kid: str | None = None
    alg: str | None = None
    use: str | None = None
    key_ops: tuple[str, ...] | None = None

    @property
    def thumbprint(self) -> str:
        """The SHA-256 thumbprint of RFC 7638 section 3, as base64url text."""
        members = {"crv": self.crv, "kty": self.kty, "x": self.x}
        if self.y is not None:
            members["y"] = self.y
        digest = hashlib.sha256(strict_json.dumps_bytes(members)).digest()
        return base64url.encode(digest)

    def to_json(self) -> JsonObject:
        """The JWK object, without the members that are absent."""
        members: JsonObject = {"kty": self.kty, "crv": self.crv, "x": self.x}
        for name in ("y", "kid", "alg", "use"):
            if (value := getattr(self, name)) is not None:
                members[name] = value
        if self.key_ops is not None:
            members["key_ops"] = list(self.key_ops)
        return members

    def bare(self) -> "PublicJwk":
        """The same key without `kid`, `alg`, `use` and `key_ops`, the form `cnf.jwk` carries."""
        return PublicJwk(kty=self.kty, crv=self.crv, x=self.x, y=self.y)

    def check_may_verify(self, algorithm: str) -> None:
        """Check that this key verifies signatures, and by this algorithm.

        Raises:
            InvalidError: `alg_not_allowed` when the key's type or its `alg` says otherwise;
                `key_not_trusted` when its `use` or `key_ops` does (RFC 7517 sections 4.2, 4.3).
        """
        curve = _CURVES.get(self.crv)
        if curve is None or algorithm not in curve.algorithms:
            raise InvalidError(
                ErrorKind.ALG_NOT_ALLOWED, "The algorithm does not belong to the type of the key."
            )
        if self.alg is not None and self.alg not in curve.algorithms:
            raise InvalidError(ErrorKind.ALG_NOT_ALLOWED, "The key is meant for another algorithm.")
        if (self.use is not None and self.use != "sig") or (
            self.key_ops is not None and "verify" not in self.key_ops
        ):
            raise InvalidError(
                ErrorKind.KEY_NOT_TRUSTED, "The key is not meant for checking signatures."
            )


def parse_public_jwk(value: object) -> PublicJwk:
    """Read one public key from decoded JSON. Members this package does not know are ignored.

    Raises:
        InvalidError: `header_not_allowed` when a private member is there, `alg_not_allowed`
            for a key type or curve that signs nothing here (RSA, secp256k1, X25519, symmetric),
            `malformed` for anything else.
    """
    if type(value) is not dict:
        raise _malformed("A key is not a JSON object.")
    if not PRIVATE_MEMBERS.isdisjoint(value):
        raise _private_key()
    kty, crv = _text(value, "kty"), value.get("crv")
    curve = _CURVES.get(crv) if type(crv) is str else None
    if kty not in ("EC", "OKP") or (curve is None and type(crv) is str):
        raise InvalidError(ErrorKind.ALG_NOT_ALLOWED, "This type of key is not accepted.")
    if curve is None or type(crv) is not str or curve.kty != kty:
        raise _malformed("The type and the curve of a key do not go together.")
    x = _coordinate(value.get("x"), curve)
    y = _coordinate(value.get("y"), curve) if kty == "EC" else None
    if len(value) == (3 if y is None else 4):
        return PublicJwk(kty, crv, x, y)
    return PublicJwk(
        kty=kty,
        crv=crv,
        x=x,
        y=y,
        kid=_optional_text(value, "kid"),
        alg=_optional_text(value, "alg"),
        use=_optional_text(value, "use"),
        key_ops=_key_operations(value["key_ops"]) if "key_ops" in value else None,
    )


def parse_jwks(value: object, *, limits: Limits) -> tuple[PublicJwk, ...]:
    """Read a JWK Set from decoded JSON, leaving out the keys that cannot be used here.

    RFC 7517 section 5: keys of types that are not understood, and keys with members missing
    or out of range, are ignored; so one odd key does not lock an issuer out. A private
    member anywhere in the set still refuses the whole set.

    Returns:
        The keys that can be read; none when the set is empty or has foreign types only.

    Raises:
        InvalidError: `malformed` for what is no set of keys, or one in which no key is left
            and some were ill-formed; `too_large`; `header_not_allowed` for a private member.
    """
    members = value.get("keys") if type(value) is dict else None
    if type(members) is not list:
        raise _malformed("A set of keys is not a JSON object with a list of keys.")
    if len(members) > limits.jwks_keys:
        raise InvalidError(ErrorKind.TOO_LARGE, "A set of keys has more keys than allowed.")
    keys, ill_formed = [], False
    for member in members:
        try:
            keys.append(parse_public_jwk(member))
        except InvalidError as error:
            if error.kind is ErrorKind.HEADER_NOT_ALLOWED:
                raise
            ill_formed = ill_formed or error.kind is not ErrorKind.ALG_NOT_ALLOWED
    if ill_formed and not keys:
        raise _malformed("A set of keys has no key that can be read.")
    return tuple(keys)


def select_key(keys: tuple[PublicJwk, ...], *, kid: str | None, algorithm: str) -> PublicJwk:
    """Choose the one key that may have made a signature; several are never tried in turn.

    Raises:
        InvalidError: `key_not_found`, `key_ambiguous`, or why the only key of that `kid` may
            not be used (`alg_not_allowed`, `key_not_trusted`).
    """
    named = [key for key in keys if kid is None or key.kid == kid]
    usable, refusal = [], None
    for key in named:
        try:
            key.check_may_verify(algorithm)
            usable.append(key)
        except InvalidError as error:
            refusal = error
    if len(usable) > 1:
        raise InvalidError(
            ErrorKind.KEY_AMBIGUOUS, "Several keys could have made the signature; none is tried."
        )
    if usable:
        return usable[0]
    if kid is not None and refusal is not None:
        raise refusal
    raise InvalidError(ErrorKind.KEY_NOT_FOUND, "No key of the signer fits the signature.")


def refuse_private_members(value: Any) -> None:
    """Refuse decoded JSON with a private key anywhere in it.

    Raises:
        InvalidError: `header_not_allowed`.
    """
    if type(value) is dict:
        if "kty" in value and not PRIVATE_MEMBERS.isdisjoint(value):
            raise _private_key()
        for member in value.values():
            refuse_private_members(member)
    elif type(value) is list:
        for member in value:
            refuse_private_members(member)


def _text(value: JsonObject, name: str) -> str:
    text = value.get(name)
    if type(text) is not str or not text:
        raise _malformed("A member of a key is missing or is not text.")
    return text


def _optional_text(value: JsonObject, name: str) -> str | None:
    return _text(value, name) if name in value else None


def _coordinate(text: object, curve: _Curve) -> str:
    if type(text) is not str or len(text) != curve.coordinate_characters:
        raise _malformed("A coordinate of a key has the wrong length.")
    base64url.decode(text)
    return text


def _key_operations(value: object) -> tuple[str, ...]:
    if (
        type(value) is not list
        or not all(type(member) is str for member in value)
        or len(set(value)) != len(value)
    ):
        raise _malformed("The uses of a key are not a list of distinct texts.")
    return tuple(value)


def _private_key() -> InvalidError:
    return InvalidError(
        ErrorKind.HEADER_NOT_ALLOWED,
        "A private key was sent where only a public key may be.",
        hint="Treat that key as stolen and replace it.",
    )


def _malformed(message: str) -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, message)
