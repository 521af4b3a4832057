"""The seam behind which private keys live, and its implementation in software."""

import os
from typing import TYPE_CHECKING, Final, Protocol

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk
from carnet_securing.native import ec_public_jwk, ecdsa_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec

_SCALAR_BYTES: Final = {"ES256": 32, "ES384": 48, "EdDSA": 32, "Ed25519": 32}


class Signer(Protocol):
    """Signs with one key by one algorithm; the key itself never comes out."""

    @property
    def algorithm(self) -> str:
        """The JOSE name of the signatures made, one of `SIGNATURE_ALGORITHMS`."""
        ...

    @property
    def public_jwk(self) -> PublicJwk:
        """The public half, with its RFC 7638 thumbprint as `kid`."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign in the form of JOSE: r and s of fixed length for ECDSA (RFC 7518 section 3.4)."""
        ...


class SoftwareSigner:
    """A `Signer` whose private key is in this process's memory.

    Build it with `generate` or `from_private_bytes`. Printing one shows its algorithm only.
    """

    __slots__ = ("_private", "_public_jwk", "_sign", "algorithm")

    algorithm: str

    def __init__(self, algorithm: str, private: bytes, *, public_jwk: PublicJwk | None) -> None:
        if len(private) != _SCALAR_BYTES.get(algorithm):
            raise _invalid_key()
        self.algorithm = algorithm
        self._private = private
        self._public_jwk: PublicJwk | None = None
        self._sign = (
            _ecdsa_signing(algorithm, private, public_jwk)
            if algorithm in ("ES256", "ES384")
            else _ed25519_signing(private)
        )

    @classmethod
    def generate(cls, algorithm: str = "ES256") -> "SoftwareSigner":
        """Make a fresh key.

        Raises:
            InvalidError: `alg_not_allowed` for an algorithm outside `SIGNATURE_ALGORITHMS`.
        """
        if algorithm not in _SCALAR_BYTES:
            raise InvalidError(ErrorKind.ALG_NOT_ALLOWED, "This signature algorithm is not used.")
        if algorithm in ("EdDSA", "Ed25519"):
            return cls(algorithm, os.urandom(32), public_jwk=None)
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - on use

        ecdsa = ecdsa_for(algorithm)
        scalar = ec.generate_private_key(ecdsa.curve).private_numbers().private_value
        return cls(algorithm, scalar.to_bytes(ecdsa.size, "big"), public_jwk=None)

    @classmethod
    def from_private_bytes(
        cls, algorithm: str, private: bytes, *, public_jwk: PublicJwk | None = None
    ) -> "SoftwareSigner":
        """Load the raw scalar (ECDSA, big-endian) or seed (Ed25519) of `private_bytes`.

        A stored `public_jwk` saves computing it again, about 10 microseconds for P-256; one that
        is not the scalar's own is refused.

        Raises:
            InvalidError: `malformed` for a key of the wrong length, range or public half.
        """
        return cls(algorithm, private, public_jwk=public_jwk)

    def private_bytes(self) -> bytes:
        """The raw scalar or seed, for sealing in a vault or key file and nothing else."""
        return self._private

    @property
    def public_jwk(self) -> PublicJwk:
        """The public half, with its RFC 7638 thumbprint as `kid` and its `alg`."""
        if self._public_jwk is None:
            bare = _public_jwk(self.algorithm, self._private)
            self._public_jwk = bare._replace(kid=bare.thumbprint, alg=self.algorithm)
        return self._public_jwk

    def sign(self, message: bytes) -> bytes:
        """Sign `message`; see `Signer.sign`."""
        return self._sign(message)

    def __repr__(self) -> str:
        return f"SoftwareSigner(algorithm={self.algorithm!r}, private=<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not copied or pickled; seal private_bytes() instead")


def _ecdsa_signing(
    algorithm: str, private: bytes, public_jwk: PublicJwk | None
) -> "Callable[[bytes], bytes]":
    ecdsa = ecdsa_for(algorithm)
    size, scheme, decode = ecdsa.size, ecdsa.scheme, ecdsa.decode
    key_sign = _load_ec_private_key(algorithm, private, public_jwk).sign

    def sign(message: bytes) -> bytes:
        r, s = decode(key_sign(message, scheme))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def _load_ec_private_key(
    algorithm: str, private: bytes, public_jwk: PublicJwk | None
) -> "ec.EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - imported on use

    curve, scalar = ecdsa_for(algorithm).curve, int.from_bytes(private, "big")
    try:
        if public_jwk is None:
            return ec.derive_private_key(scalar, curve)
        public_jwk.check_may_verify(algorithm)
        x = int.from_bytes(base64url.decode(public_jwk.x), "big")
        y = int.from_bytes(base64url.decode(public_jwk.y or ""), "big")
        # Loading checks that the point belongs to the scalar.
        numbers = ec.EllipticCurvePublicNumbers(x, y, curve)
        return ec.EllipticCurvePrivateNumbers(scalar, numbers).private_key()
    except ValueError:
        raise _invalid_key() from None


def _ed25519_signing(private: bytes) -> "Callable[[bytes], bytes]":
    from nacl.bindings import crypto_sign, crypto_sign_seed_keypair  # noqa: PLC0415 - on use

    # The public half is always computed: signing with a foreign one would give the key away.
    _, expanded = crypto_sign_seed_keypair(private)

    def sign(message: bytes) -> bytes:
        return crypto_sign(message, expanded)[:64]

    return sign


def _public_jwk(algorithm: str, private: bytes) -> PublicJwk:
    if algorithm in ("EdDSA", "Ed25519"):
        from nacl.bindings import crypto_sign_seed_keypair  # noqa: PLC0415 - imported on use

        public, _ = crypto_sign_seed_keypair(private)
        return PublicJwk(kty="OKP", crv="Ed25519", x=base64url.encode(public))
    return ec_public_jwk(_load_ec_private_key(algorithm, private, None).public_key())


def _invalid_key() -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, "A private key is not one of its algorithm.")
