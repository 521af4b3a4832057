"""Certificate chains of `x5c` headers, checked to roots the caller chose (RFC 5280, HAIP 1.0).

An optional seam beside the signature seam: `cryptography` is imported when first used.
A chain is the leaf and what leads from it to a root, in order, without the root.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, assert_never

from carnet_securing import base64url, standard_base64
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk
from carnet_securing.limits import Limits
from carnet_securing.native import EC_CURVES, ec_public_jwk
from carnet_securing.urls import check_issuer_identifier

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

ANY_PURPOSE: Final = "2.5.29.37.0"
ISSUER_PURPOSES: Final = frozenset(
    {
        ANY_PURPOSE,
        "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning, RFC 9336
        "1.0.18013.5.1.2",  # mdoc document signer, carried by many issuers of both formats
    }
)
"""Extended key usages of certificates that may sign credentials; a TLS server's may not."""
ASKER_PURPOSES: Final = ISSUER_PURPOSES | {
    "1.3.6.1.5.5.7.3.1",  # serverAuth: x509_san_dns is often the web server's certificate
    "1.3.6.1.5.5.7.3.2",  # clientAuth
    "1.0.18013.5.1.6",  # mdoc reader authentication
}
"""Extended key usages of certificates that may sign requests."""

_MAX_CERTIFICATE: Final = 8 * 1024
_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class IssuerName:
    """The leaf must name this issuer: its URI, or its host, as alternative name."""

    issuer: str


@dataclass(frozen=True, slots=True)
class DnsName:
    """The leaf must carry exactly this DNS name (OpenID4VP `x509_san_dns`)."""

    name: str


@dataclass(frozen=True, slots=True)
class LeafHash:
    """The leaf's SHA-256, as base64url, must be this (OpenID4VP `x509_hash`)."""

    digest: str


@dataclass(frozen=True, slots=True)
class SubjectName:
    """The leaf's subject, as RFC 4514 text, must be this: the issuer of a credential
    without `iss` (SD-JWT VC, "Issuer Verification Key Discovery and Validation")."""

    text: str


LeafExpectation = IssuerName | DnsName | LeafHash | SubjectName


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLeaf:
    """The end-entity certificate of a chain that leads to one of the given roots."""

    key: PublicJwk
    subject: str
    dns_names: tuple[str, ...]
    uris: tuple[str, ...]
    der: bytes = field(repr=False)
    root: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedLeaf:
    """What an end-entity certificate says of itself. Nobody has vouched for any of it."""

    key: PublicJwk
    unverified_subject: str
    unverified_dns_names: tuple[str, ...]
    unverified_uris: tuple[str, ...]


def read_unverified_leaf(der: bytes) -> UnverifiedLeaf:
    """Read a certificate without any chain: to look for roots, or to show a stranger's key.

    Raises:
        InvalidError: `chain_invalid` when it is malformed or its key is of another type.
    """
    certificate = _load(der)
    dns_names, uris = _alternative_names(certificate)
    return UnverifiedLeaf(
        key=ec_public_jwk(_ec_key(certificate)),
        unverified_subject=certificate.subject.rfc4514_string(),
        unverified_dns_names=dns_names,
        unverified_uris=uris,
    )


def decode_x5c(value: object, *, limits: Limits) -> tuple[bytes, ...]:
    """Decode an `x5c` header: standard base64 with padding (RFC 7515 section 4.1.6).

    Raises:
        InvalidError: `chain_invalid` for another shape, or more than
            `limits.x5c_certificates`.
    """
    if type(value) is not list or not value or len(value) > limits.x5c_certificates:
        raise _invalid("A certificate chain is malformed or too long.")
    return tuple(_decode_certificate(item) for item in value)


def encode_x5c(chain: Sequence[bytes]) -> list[str]:
    """The `x5c` header of DER certificates."""
    return [standard_base64.encode(der) for der in chain]


def verify_chain(
    chain: Sequence[bytes],
    *,
    roots: Sequence[bytes],
    expected: LeafExpectation,
    purposes: Collection[str],
    now: int,
    limits: Limits,
) -> VerifiedLeaf:
    """Verify a chain of DER certificates, leaf first, to one of `roots`.

    1. The chain is not empty, not too long, holds each certificate once and no root; no
       certificate in it is self-signed (HAIP 1.0 section 6.1.1).
    2. Every key is on P-256 or P-384, every signature uses SHA-256 or better.
    3. Path validation at `now`: signatures, validity, basic constraints, path length, key
       usage, name constraints, no critical extension that is not understood.
    4. The path found is the chain as given: nothing unordered, nothing left over.
    5. The leaf may sign, and its extended key usage, if it has one, is in `purposes`.
    6. The leaf is the one `expected`.

    Args:
        chain: DER certificates without the root.
        roots: DER certificates the caller trusts for this signer; none trusts nobody.
        expected: who the leaf must belong to.
        purposes: extended key usages allowed, as dotted numbers.
        now: Unix seconds.
        limits: how many certificates.

    Raises:
        InvalidError: `key_not_trusted` without roots, else `chain_invalid`.
    """
    if not roots:
        raise InvalidError(ErrorKind.KEY_NOT_TRUSTED, "No root is trusted for this signer.")
    certificates = _load_chain(chain, roots=roots, limits=limits)
    trusted = [_load(root) for root in roots]
    for certificate in certificates:
        _check_strength(certificate)
    root = _validate_path(certificates, trusted, now=now)
    _check_strength(root)
    leaf = certificates[0]
    _check_usage(leaf, purposes)
    verified = _leaf(leaf, der=bytes(chain[0]), root=root)
    _check_expected(verified, expected)
    return verified


def _decode_certificate(item: object) -> bytes:
    if type(item) is not str or len(item) > _MAX_CERTIFICATE:
        raise _invalid("A certificate is malformed or too large.")
    try:
        return standard_base64.decode(item)
    except InvalidError:
        raise _invalid("A certificate is not base64 text.") from None


def _load_chain(
    chain: Sequence[bytes], *, roots: Sequence[bytes], limits: Limits
) -> "list[x509.Certificate]":
    if not chain or len(chain) > limits.x5c_certificates:
        raise _invalid("A certificate chain is empty or too long.")
    if len(set(chain)) != len(chain) or not set(chain).isdisjoint(roots):
        raise _invalid("A certificate chain holds its root, or a certificate twice.")
    certificates = [_load(der) for der in chain]
    if any(certificate.subject == certificate.issuer for certificate in certificates):
        raise _invalid("A certificate chain holds a self-signed certificate.")
    return certificates


def _load(der: bytes) -> "x509.Certificate":
    from cryptography import x509  # noqa: PLC0415 - the optional seam is imported on use

    if len(der) > _MAX_CERTIFICATE:
        raise _invalid("A certificate is malformed or too large.")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Names, keys and extensions are parsed late; a malformed one must fail here.
        _ = certificate.subject, certificate.issuer, certificate.extensions
        _ = certificate.public_key(), certificate.signature_hash_algorithm
        # The library only warns of a serial number that is not positive, and skips the count
        # of unused bits before the signature, which would give one certificate eight forms.
        strict = certificate.serial_number > 0 and der.endswith(b"\0" + certificate.signature)
    except Exception:  # noqa: BLE001 - a parser of others over hostile bytes, seven error classes
        raise _invalid("A certificate is malformed, or made by a method not accepted.") from None
    if not strict:
        raise _invalid("A certificate is malformed.")
    return certificate


def _check_strength(certificate: "x509.Certificate") -> None:
    _ec_key(certificate)
    digest = certificate.signature_hash_algorithm
    if digest is None or digest.name not in _DIGESTS:
        raise _invalid("A certificate is signed with a weak digest.")


def _validate_path(
    certificates: "list[x509.Certificate]", roots: "list[x509.Certificate]", *, now: int
) -> "x509.Certificate":
    """RFC 5280 section 6, by `cryptography`; returns the root the chain leads to."""
    from cryptography import x509  # noqa: PLC0415 - the optional seam is imported on use
    from cryptography.x509 import verification  # noqa: PLC0415 - as above

    def check_may_certify(
        _policy: verification.Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None
    ) -> None:
        if usage is not None and not usage.key_cert_sign:
            raise ValueError("not an authority's key")

    # RFC 5280 section 6.1 asks less of an authority than the web's profile: key usage counts
    # where it is present, key identifiers are hints, and who may sign what is step 5.
    agnostic = verification.Criticality.AGNOSTIC
    authorities = (
        verification.ExtensionPolicy.webpki_defaults_ca()
        .may_be_present(x509.KeyUsage, agnostic, check_may_certify)
        .may_be_present(x509.SubjectKeyIdentifier, agnostic, None)
        .may_be_present(x509.AuthorityKeyIdentifier, agnostic, None)
        .may_be_present(x509.ExtendedKeyUsage, agnostic, None)
    )
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(roots))
        .time(datetime.fromtimestamp(now, tz=UTC).replace(tzinfo=None))
        .max_chain_depth(len(certificates))
        .extension_policies(
            ca_policy=authorities, ee_policy=verification.ExtensionPolicy.permit_all()
        )
        .build_client_verifier()
    )
    try:
        found = verifier.verify(certificates[0], certificates[1:]).chain
    except Exception:  # noqa: BLE001 - as in _load: whatever it raises, there is no path
        raise _invalid("A certificate chain does not lead to a trusted root.") from None
    if found[:-1] != certificates:
        raise _invalid("A certificate chain is not in order, or holds more than its path.")
    return found[-1]


def _check_usage(leaf: "x509.Certificate", purposes: Collection[str]) -> None:
    from cryptography import x509  # noqa: PLC0415 - the optional seam is imported on use

    for extension in leaf.extensions:
        value = extension.value
        if isinstance(value, x509.BasicConstraints) and value.ca:
            raise _invalid("A certificate of an authority signs something else.")
        if isinstance(value, x509.KeyUsage) and not value.digital_signature:
            raise _invalid("A certificate is not meant for signing.")
        if isinstance(value, x509.ExtendedKeyUsage) and not any(
            purpose.dotted_string in purposes for purpose in value
        ):
            raise _invalid("A certificate is meant for another purpose.")


def _leaf(certificate: "x509.Certificate", *, der: bytes, root: "x509.Certificate") -> VerifiedLeaf:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - on use

    dns_names, uris = _alternative_names(certificate)
    return VerifiedLeaf(
        key=ec_public_jwk(_ec_key(certificate)),
        subject=certificate.subject.rfc4514_string(),
        dns_names=dns_names,
        uris=uris,
        der=der,
        root=root.public_bytes(Encoding.DER),
    )


def _alternative_names(certificate: "x509.Certificate") -> tuple[tuple[str, ...], tuple[str, ...]]:
    from cryptography import x509  # noqa: PLC0415 - the optional seam is imported on use

    dns_names: list[str] = []
    uris: list[str] = []
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            dns_names = extension.value.get_values_for_type(x509.DNSName)
            uris = extension.value.get_values_for_type(x509.UniformResourceIdentifier)
    return tuple(name.lower() for name in dns_names), tuple(uris)


def _ec_key(certificate: "x509.Certificate") -> "ec.EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - on use

    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in EC_CURVES:
        raise _invalid("A certificate has a key of a type that is not accepted.")
    return key


def _check_expected(leaf: VerifiedLeaf, expected: LeafExpectation) -> None:
    match expected:
        case IssuerName(issuer):
            matches = issuer in leaf.uris or _host(issuer) in leaf.dns_names
        case DnsName(name):
            matches = name.lower() in leaf.dns_names
        case LeafHash(digest):
            matches = base64url.encode(hashlib.sha256(leaf.der).digest()) == digest
        case SubjectName(text):
            matches = text == leaf.subject
        case _:
            assert_never(expected)
    if not matches:
        raise _invalid("A certificate belongs to somebody else.")


def _host(issuer: str) -> str | None:
    """The host of an https issuer identifier; nothing else is matched by DNS name."""
    try:
        scheme, _, authority = check_issuer_identifier(issuer).partition("://")
    except InvalidError:
        return None
    return authority.partition(":")[0].lower() if scheme == "https" else None


def _invalid(message: str) -> InvalidError:
    return InvalidError(ErrorKind.CHAIN_INVALID, message)
