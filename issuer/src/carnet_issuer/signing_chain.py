"""A signing key that comes with certificates: the `x5c` route of the high profile.

Credentials, status lists and signed metadata then carry the chain without its root
(HAIP 1.0 section 6.1.1); the trust entry carries the root. The chain is checked at `init`
as every reader will check it, so that nothing is signed that nobody could accept.
"""

from dataclasses import dataclass, field
from typing import Final

from carnet_issuer.errors import IssuerError
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.issuer_key import resolve_from_x5c
from carnet_securing.limits import PRESENTATION
from carnet_securing.signer import SoftwareSigner
from carnet_securing.x509 import IssuerName

MAX_PEM_BYTES: Final = 64 * 1024
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningChain:
    """DER certificates: what is sent, leaf first, and the root that readers must trust."""

    sent: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedKey:
    """A key and the chain that names its owner."""

    signer: SoftwareSigner = field(repr=False)
    chain: SigningChain


def read_certified_key(*, certificates: bytes, key: bytes, issuer: str, now: int) -> CertifiedKey:
    """Read a chain from leaf to root, and the leaf's key, from PEM.

    Args:
        certificates: leaf first; the last one is the anchor that readers will trust.
        key: an unencrypted P-256 private key.
        issuer: the identifier the leaf must name, by URI or host.
        now: Unix seconds at which the chain must be valid.

    Raises:
        IssuerError: `malformed` or `chain_invalid`.
    """
    signer = _signer(key)
    *sent, root = _certificates(certificates)
    if not sent:
        raise _refused("The file holds one certificate and not a chain.")
    try:
        leaf = resolve_from_x5c(
            sent, roots=[root], expected=IssuerName(issuer), now=now, limits=PRESENTATION
        )
    except CarnetError:
        raise _refused("Readers would not accept this chain for this address.") from None
    if leaf.key.thumbprint != signer.public_jwk.thumbprint:
        raise _refused("The first certificate is of another key.")
    return CertifiedKey(signer=signer, chain=SigningChain(sent=tuple(sent), root=root))


def _signer(key: bytes) -> SoftwareSigner:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - for init only
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        load_pem_private_key,
    )

    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise IssuerError(
            ErrorKind.MALFORMED,
            "The key file is not an unencrypted P-256 key.",
            hint="Give the key of your certificate as PEM: openssl pkey -in KEY -out PLAIN",
        )
    scalar = private.private_numbers().private_value
    return SoftwareSigner.from_private_bytes("ES256", scalar.to_bytes(_KEY_BYTES, "big"))


def _certificates(pem: bytes) -> list[bytes]:
    from cryptography import x509  # noqa: PLC0415 - for init only
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - as above

    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise IssuerError(
            ErrorKind.MALFORMED,
            "The certificate file is not PEM.",
            hint="Give the chain as text that begins with -----BEGIN CERTIFICATE-----.",
        ) from None
    return [one.public_bytes(Encoding.DER) for one in found]


def _refused(message: str) -> IssuerError:
    return IssuerError(
        ErrorKind.CHAIN_INVALID,
        message,
        hint="Give the certificates in order: yours, then those above it, the root last.",
    )
