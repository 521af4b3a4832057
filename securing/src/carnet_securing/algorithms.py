"""The closed list of signature algorithms, the seam behind which they run, one pre-check.

Whatever back end stands behind `SignatureCheck` (this machine's libraries, a browser's), it
runs `precheck_ed25519` first, so that no two of them disagree about an edge-case signature.
"""

from typing import Final, Protocol

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk

SIGNATURE_ALGORITHMS: Final = frozenset({"ES256", "ES384", "EdDSA", "Ed25519"})
"""JOSE names. `EdDSA` and `Ed25519` both mean Ed25519.

RFC 7518 section 3.4, RFC 8037 section 3.1, RFC 9864.
"""

_FIELD_PRIME: Final = 2**255 - 19
_GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_WITHOUT_SIGN: Final = 2**255 - 1
_ORDER_EIGHT_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# A small-order point has one of these y, whatever the sign of its x.
_SMALL_ORDER_Y: Final = frozenset(
    {0, 1, _FIELD_PRIME - 1, _ORDER_EIGHT_Y, _FIELD_PRIME - _ORDER_EIGHT_Y}
)


class SignatureCheck(Protocol):
    """Checks one signature; returns nothing, so that no answer can be ignored by mistake."""

    def __call__(self, algorithm: str, jwk: PublicJwk, message: bytes, signature: bytes) -> None:
        """Check that the holder of `jwk` signed `message`.

        Raises:
            InvalidError: `bad_signature`; `alg_not_allowed` when the algorithm is not the key's;
                `malformed` when the key is no point of its curve.
        """
        ...


def precheck_ed25519(public: bytes, signature: bytes) -> None:
    """Refuse what Ed25519 back ends judge differently, before any of them sees it.

    The public key A and the commitment R must be canonical encodings (y below the field's
    prime) and not of small order, and S must lie below the group order (RFC 8032 sections
    5.1.3 and 5.1.7; "Taming the many EdDSAs", criteria of section 5).

    Raises:
        InvalidError: `bad_signature`.
    """
    if len(public) == 32 and len(signature) == 64:
        key_y = int.from_bytes(public, "little") & _WITHOUT_SIGN
        commitment_y = int.from_bytes(signature[:32], "little") & _WITHOUT_SIGN
        if (
            key_y < _FIELD_PRIME
            and commitment_y < _FIELD_PRIME
            and key_y not in _SMALL_ORDER_Y
            and commitment_y not in _SMALL_ORDER_Y
            and int.from_bytes(signature[32:], "little") < _GROUP_ORDER
        ):
            return
    raise bad_signature()


def bad_signature() -> InvalidError:
    """The one error for a signature that does not hold."""
    return InvalidError(ErrorKind.BAD_SIGNATURE, "The signature does not hold.")


def algorithm_not_allowed() -> InvalidError:
    """The one error for an algorithm that nobody wants, or that is not the key's."""
    return InvalidError(ErrorKind.ALG_NOT_ALLOWED, "The signature algorithm is not allowed.")
