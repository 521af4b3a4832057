"""The signature back end of this machine: `cryptography` for ECDSA, libsodium for Ed25519.

Both libraries are imported when first used. A loaded key is kept when it is met a second
time: an issuer's key serves many checks, a holder's key serves one and is let go at once.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from carnet_securing import base64url
from carnet_securing.algorithms import algorithm_not_allowed, bad_signature, precheck_ed25519
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec

EC_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384"}
"""The curves of ECDSA keys, by their names in `cryptography`; their JOSE names."""

_KEPT_KEYS: Final = 512
_REMEMBERED_KEYS: Final = 2_048


class Ecdsa(NamedTuple):
    """What one ECDSA algorithm needs from `cryptography`."""

    crv: str
    curve: "ec.EllipticCurve"
    scheme: "ec.ECDSA"
    size: int
    load: "Callable[[ec.EllipticCurve, bytes], ec.EllipticCurvePublicKey]"
    encode: "Callable[[int, int], bytes]"
    decode: "Callable[[bytes], tuple[int, int]]"
    refused: type[Exception]


def check_signature(algorithm: str, jwk: PublicJwk, message: bytes, signature: bytes) -> None:
    """Check one signature with this machine's libraries; a `SignatureCheck`.

    An (r, n - s) twin of an ECDSA signature is accepted, as JOSE has no low-s rule: nothing may
    use a token's bytes to recognise it.

    Raises:
        InvalidError: `bad_signature`, `alg_not_allowed`, `key_not_trusted`, or `malformed` for a
            key that is no point of its curve.
    """
    jwk.check_may_verify(algorithm)
    if jwk.crv == "Ed25519":
        _check_ed25519(jwk, message, signature)
        return
    ecdsa = ecdsa_for(algorithm)
    _, _, scheme, size, _, encode, _, refused = ecdsa
    if len(signature) != 2 * size:
        raise bad_signature()
    key = _met_before(ecdsa, jwk.x, jwk.y or "")
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    try:
        key.verify(encode(r, s), message, scheme)
    except refused:
        raise bad_signature() from None


def _check_ed25519(jwk: PublicJwk, message: bytes, signature: bytes) -> None:
    public = base64url.decode(jwk.x)
    precheck_ed25519(public, signature)
    verify, refused = _sodium()
    try:
        verify(signature + message, public)
    except refused:
        raise bad_signature() from None


_loaded: "dict[tuple[str, str, str], ec.EllipticCurvePublicKey]" = {}
_met_once: set[tuple[str, str, str]] = set()


def _met_before(ecdsa: Ecdsa, x: str, y: str) -> "ec.EllipticCurvePublicKey":
    """As `load_ec_public_key`, from those kept where it is among them."""
    name = (ecdsa.crv, x, y)
    key = _loaded.get(name)
    if key is not None:
        return key
    key = load_ec_public_key(ecdsa, x, y)
    if name in _met_once:
        if len(_loaded) >= _KEPT_KEYS:
            _loaded.clear()
        _loaded[name] = key
    else:
        if len(_met_once) >= _REMEMBERED_KEYS:
            _met_once.clear()
        _met_once.add(name)
    return key


def forget_keys() -> None:
    """Let go of every loaded key, as a fresh process would have none."""
    _loaded.clear()
    _met_once.clear()


def load_ec_public_key(ecdsa: Ecdsa, x: str, y: str) -> "ec.EllipticCurvePublicKey":
    """Load the key at a point of the curve.

    Raises:
        InvalidError: `malformed` when the point is not on the curve.
    """
    try:
        return ecdsa.load(ecdsa.curve, b"\x04" + base64url.decode(x) + base64url.decode(y))
    except ValueError:
        raise InvalidError(
            ErrorKind.MALFORMED, "The coordinates of a key are not a point of its curve."
        ) from None


def ec_public_jwk(key: "ec.EllipticCurvePublicKey") -> PublicJwk:
    """The JWK of a loaded key on one of `EC_CURVES`."""
    numbers = key.public_numbers()
    size = (key.curve.key_size + 7) // 8
    return PublicJwk(
        kty="EC",
        crv=EC_CURVES[key.curve.name],
        x=base64url.encode(numbers.x.to_bytes(size, "big")),
        y=base64url.encode(numbers.y.to_bytes(size, "big")),
    )


@lru_cache(maxsize=4)
def ecdsa_for(algorithm: str) -> Ecdsa:
    """The pieces of `cryptography` for `ES256` or `ES384`.

    Raises:
        InvalidError: `alg_not_allowed` for any other name.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - imported on use
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - imported on use
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415 - on use

    curve: ec.EllipticCurve
    if algorithm == "ES256":
        curve, scheme, size = ec.SECP256R1(), ec.ECDSA(hashes.SHA256()), 32
    elif algorithm == "ES384":
        curve, scheme, size = ec.SECP384R1(), ec.ECDSA(hashes.SHA384()), 48
    else:
        raise algorithm_not_allowed()
    return Ecdsa(
        EC_CURVES[curve.name],
        curve,
        scheme,
        size,
        ec.EllipticCurvePublicKey.from_encoded_point,
        utils.encode_dss_signature,
        utils.decode_dss_signature,
        InvalidSignature,
    )


@lru_cache(maxsize=1)
def _sodium() -> "tuple[Callable[[bytes, bytes], bytes], type[Exception]]":
    from nacl.bindings import crypto_sign_open  # noqa: PLC0415 - imported on use
    from nacl.exceptions import BadSignatureError  # noqa: PLC0415 - imported on use

    return crypto_sign_open, BadSignatureError
