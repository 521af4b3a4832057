"""Compact JWE (RFC 7516) in the one form OpenID4VP and OpenID4VCI need here.

Direct key agreement ECDH-ES on P-256 (RFC 7518 section 4.6) with AES-GCM of 128 or 256 bits.
No compression, no key wrapping, no passwords, no RSA: what is not written cannot be chosen by
a header. A JWE says nothing about who made it; what is inside is checked by itself.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from carnet_securing import base64url, strict_json
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk, parse_public_jwk, refuse_private_members
from carnet_securing.limits import Limits
from carnet_securing.native import ec_public_jwk, ecdsa_for, load_ec_public_key
from carnet_securing.strict_json import JsonObject

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

KEY_AGREEMENT: Final = "ECDH-ES"
CONTENT_ENCRYPTIONS: Final = frozenset({"A128GCM", "A256GCM"})

_KEY_BITS: Final = {"A128GCM": 128, "A256GCM": 256}
_IV_BYTES: Final = 12
_TAG_BYTES: Final = 16
_REFUSED: Final = ("zip", "jku", "x5u", "b64")
_SET_HERE: Final = frozenset({"alg", "enc", "kid", "epk"})
_TEXTS: Final = ("kid", "typ", "cty", "apu", "apv")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    header: JsonObject = field(repr=False)
    authenticated: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    tag: bytes = field(repr=False)


class DecryptionKey:
    """A P-256 key to which others encrypt. Make a fresh one per request where HAIP asks it."""

    __slots__ = ("_private", "_scalar", "public_jwk")

    public_jwk: PublicJwk
    """The public half: `use` enc, `alg` ECDH-ES, and a `kid`, by default the thumbprint."""

    def __init__(self, private: "ec.EllipticCurvePrivateKey", *, kid: str | None) -> None:
        numbers = private.private_numbers()
        bare = ec_public_jwk(private.public_key())
        self._private = private
        self._scalar = numbers.private_value.to_bytes(32, "big")
        self.public_jwk = bare._replace(kid=kid or bare.thumbprint, use="enc", alg=KEY_AGREEMENT)

    @classmethod
    def generate(cls) -> "DecryptionKey":
        """Make a fresh key."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - on use

        return cls(ec.generate_private_key(ec.SECP256R1()), kid=None)

    @classmethod
    def from_private_bytes(cls, private: bytes, *, kid: str | None = None) -> "DecryptionKey":
        """Load the 32-byte scalar of `private_bytes`.

        Raises:
            InvalidError: `malformed` for another length or a scalar out of range.
        """
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - on use

        if len(private) != 32:
            raise _malformed("A private key is not one of its algorithm.")
        try:
            key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
        except ValueError:
            raise _malformed("A private key is not one of its algorithm.") from None
        return cls(key, kid=kid)

    def private_bytes(self) -> bytes:
        """The 32-byte scalar, for sealing and nothing else."""
        return self._scalar

    def agree(self, other: PublicJwk) -> bytes:
        """The ECDH shared secret with another P-256 key (RFC 7518 section 4.6).

        Raises:
            InvalidError: `malformed` when `other` is no point of P-256.
        """
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - on use

        return self._private.exchange(ec.ECDH(), _load_p256(other))

    def __repr__(self) -> str:
        return f"DecryptionKey(kid={self.public_jwk.kid!r}, private=<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not copied or pickled; seal private_bytes() instead")


def parse_encryption_key(value: object) -> PublicJwk:
    """Read a public key to encrypt to, and find out now whether `encrypt_jwe` can use it.

    Raises:
        InvalidError: as `parse_public_jwk`; `alg_not_allowed` or `key_not_trusted` for a key
            that is for something else, `malformed` for one that is no point of P-256.
    """
    key = parse_public_jwk(value)
    _check_may_encrypt(key)
    _load_p256(key)
    return key


def encrypt_jwe(
    plaintext: bytes,
    *,
    key: PublicJwk,
    enc: str,
    kid: str | None,
    header: Mapping[str, Any] | None = None,
) -> str:
    """Encrypt to the holder of `key` under a fresh ephemeral key.

    Args:
        plaintext: the message.
        key: a P-256 key meant for encryption, chosen and trusted by the caller.
        enc: `A128GCM` or `A256GCM`.
        kid: copied into the header when the receiver's key has one (OpenID4VP section 8.3).
        header: further members (`typ`, `cty`, `apu`, `apv`).

    Raises:
        InvalidError: `alg_not_allowed` or `key_not_trusted` when the key is for something else,
            `header_not_allowed`, `malformed`.
    """
    _check_may_encrypt(key)
    if enc not in CONTENT_ENCRYPTIONS:
        raise _algorithm_not_allowed()
    extra = dict(header or {})
    if not _SET_HERE.isdisjoint(extra):
        raise InvalidError(ErrorKind.HEADER_NOT_ALLOWED, "The header says itself what is set here.")
    ephemeral = DecryptionKey.generate()
    members: JsonObject = {"alg": KEY_AGREEMENT, "enc": enc, **extra}
    if kid is not None:
        members["kid"] = kid
    members["epk"] = ephemeral.public_jwk.bare().to_json()
    _check_header(members)
    authenticated = base64url.encode_bytes(strict_json.dumps_bytes(members))
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - on use

    content_key = _content_key(ephemeral.agree(key), members)
    iv = os.urandom(_IV_BYTES)
    sealed = AESGCM(content_key).encrypt(iv, plaintext, authenticated)
    ciphertext, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    parts = (authenticated, b"", *map(base64url.encode_bytes, (iv, ciphertext, tag)))
    return b".".join(parts).decode("ascii")


def parse_jwe_header(compact: str | bytes, *, limits: Limits) -> JsonObject:
    """Read the header of a JWE, to choose the key its `kid` names. Nothing is authenticated yet.

    Raises:
        InvalidError: `too_large`, `malformed`, `duplicate_member`, `alg_not_allowed`,
            `crit_unsupported` or `header_not_allowed`.
    """
    return _parse(compact, limits).header


def decrypt_jwe(
    compact: str | bytes,
    *,
    decryption_key: DecryptionKey,
    enc_allowed: Collection[str],
    limits: Limits,
) -> bytes:
    """Open a compact JWE (RFC 7516 section 5.2).

    Args:
        compact: five parts, the second of them empty.
        decryption_key: the caller's key; a `kid` in the header must be its own.
        enc_allowed: the content encryptions accepted; an empty list allows nothing.
        limits: bounds, applied before anything is decoded.

    Raises:
        InvalidError: as `parse_jwe_header`; `key_not_found` when it is for another key;
            `bad_signature` when it does not open.
    """
    envelope = _parse(compact, limits)
    header = envelope.header
    if isinstance(enc_allowed, str):
        raise TypeError("a list of names is expected, not one text")
    if header["enc"] not in enc_allowed:
        raise _algorithm_not_allowed()
    if header.get("kid", decryption_key.public_jwk.kid) != decryption_key.public_jwk.kid:
        raise InvalidError(ErrorKind.KEY_NOT_FOUND, "It is encrypted to another key.")
    secret = decryption_key.agree(_ephemeral_key(header))
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - imported on use
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - on use

    try:
        return AESGCM(_content_key(secret, header)).decrypt(
            envelope.iv, envelope.ciphertext + envelope.tag, envelope.authenticated
        )
    except InvalidTag:
        raise _does_not_open() from None


def _parse(compact: str | bytes, limits: Limits) -> _Envelope:
    if len(compact) > limits.jwe_bytes:
        raise InvalidError(ErrorKind.TOO_LARGE, "An encrypted text is larger than allowed.")
    try:
        raw = compact.encode("ascii") if isinstance(compact, str) else compact
    except UnicodeEncodeError:
        raise _malformed("An encrypted text has characters outside base64url.") from None
    parts = raw.split(b".", 5)
    if len(parts) != 5:
        raise _malformed("An encrypted text does not have five parts.")
    if len(parts[0]) * 3 // 4 > limits.header_bytes:
        raise InvalidError(ErrorKind.TOO_LARGE, "The header of an encrypted text is too large.")
    header = strict_json.loads_object(
        base64url.decode(parts[0]), max_bytes=limits.header_bytes, max_depth=limits.json_depth
    )
    _check_header(header)
    if parts[1]:
        raise _malformed("Direct key agreement leaves the encrypted key empty.")
    iv, ciphertext, tag = (base64url.decode(part) for part in parts[2:])
    if len(iv) != _IV_BYTES:
        raise _malformed("The initialisation vector has the wrong length.")
    if len(tag) != _TAG_BYTES:
        raise _does_not_open()
    return _Envelope(header=header, authenticated=parts[0], iv=iv, ciphertext=ciphertext, tag=tag)


def _check_header(header: JsonObject) -> None:
    for name in ("alg", "enc"):
        if type(header.get(name)) is not str:
            raise _malformed("A header does not name its algorithms.")
    if header["alg"] != KEY_AGREEMENT or header["enc"] not in CONTENT_ENCRYPTIONS:
        raise _algorithm_not_allowed()
    if any(name in header for name in _REFUSED):
        raise InvalidError(
            ErrorKind.HEADER_NOT_ALLOWED, "A header has a member that is never accepted."
        )
    if "crit" in header:
        raise InvalidError(
            ErrorKind.CRIT_UNSUPPORTED, "A header wants an extension that is not supported."
        )
    if any(name in header and type(header[name]) is not str for name in _TEXTS):
        raise _malformed("A member of a header is not text.")
    refuse_private_members(header)
    _ephemeral_key(header)


def _ephemeral_key(header: JsonObject) -> PublicJwk:
    epk = header.get("epk")
    if type(epk) is not dict or epk.get("kty") != "EC" or epk.get("crv") != "P-256":
        raise _malformed("The ephemeral key is not a key on P-256.")
    return parse_public_jwk(epk)


def _check_may_encrypt(key: PublicJwk) -> None:
    if key.crv != "P-256" or key.alg not in (None, KEY_AGREEMENT):
        raise InvalidError(ErrorKind.ALG_NOT_ALLOWED, "The key is meant for another algorithm.")
    agreeing = key.key_ops is None or not {"deriveKey", "deriveBits"}.isdisjoint(key.key_ops)
    if key.use not in (None, "enc") or not agreeing:
        raise InvalidError(ErrorKind.KEY_NOT_TRUSTED, "The key is not meant for encryption.")


def _content_key(secret: bytes, header: JsonObject) -> bytes:
    """The Concat KDF of RFC 7518 section 4.6.2, with `enc` as AlgorithmID."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - imported on use
    from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash  # noqa: PLC0415 - on use

    bits = _KEY_BITS[header["enc"]]
    info = b"".join(
        len(item).to_bytes(4, "big") + item
        for item in (
            header["enc"].encode("ascii"),
            base64url.decode(header.get("apu", "")),
            base64url.decode(header.get("apv", "")),
        )
    )
    derivation = ConcatKDFHash(hashes.SHA256(), bits // 8, info + bits.to_bytes(4, "big"))
    return derivation.derive(secret)


def _load_p256(key: PublicJwk) -> "ec.EllipticCurvePublicKey":
    if key.crv != "P-256" or key.y is None:
        raise _malformed("A key is not a key on P-256.")
    return load_ec_public_key(ecdsa_for("ES256"), key.x, key.y)


def _algorithm_not_allowed() -> InvalidError:
    return InvalidError(ErrorKind.ALG_NOT_ALLOWED, "The encryption is not one that is allowed.")


def _does_not_open() -> InvalidError:
    return InvalidError(ErrorKind.BAD_SIGNATURE, "An encrypted text was altered and does not open.")


def _malformed(message: str) -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, message)
