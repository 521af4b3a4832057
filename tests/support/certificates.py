"""A test authority made at run time: keys from names, serial numbers from the names too.

Each chain is good but for one defect. Nothing here is trusted outside the tests.
"""

import base64
import datetime as dt
import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from support.keys import signer

NOW = 1_800_000_000
DAY = 86_400
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH

_CURVES: dict[str, ec.EllipticCurve] = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1()}


def private_key(name: str, algorithm: str = "ES256") -> ec.EllipticCurvePrivateKey:
    """The private key of `keys.signer(name, algorithm)`, for signing certificates."""
    scalar = int.from_bytes(signer(name, algorithm).private_bytes(), "big")
    return ec.derive_private_key(scalar, _CURVES[algorithm])


def serial(name: str) -> int:
    """A serial number that only depends on the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:15], "big") | 1


def _when(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A certificate with the key that can sign others."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What one certificate says; the defaults make a good one."""

    name: str
    ca: bool = False
    algorithm: str = "ES256"
    path_length: int | None = None
    not_before: int = NOW - 30 * DAY
    not_after: int = NOW + 365 * DAY
    dns: Sequence[str] = ()
    uris: Sequence[str] = ()
    addresses: Sequence[str] = ()
    purposes: Sequence[x509.ObjectIdentifier] = ()
    digest: hashes.HashAlgorithm | None = field(default_factory=hashes.SHA256)
    digital_signature: bool = True
    cert_sign: bool | None = None
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = ()
    without: Sequence[type[x509.ExtensionType]] = ()
    key: Any = None


def issue(recipe: Recipe, *, by: Authority | None = None) -> Authority:
    """Make one certificate, self-signed when nobody else signs."""
    key = recipe.key or private_key(recipe.name, recipe.algorithm)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, recipe.name)])
    signing_key = key if by is None else by.key
    issuer_name = subject if by is None else by.certificate.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(serial(recipe.name))
        .not_valid_before(_when(recipe.not_before))
        .not_valid_after(_when(recipe.not_after))
    )
    for extension, critical in [
        *_standard_extensions(recipe, key, signing_key),
        *recipe.extensions,
    ]:
        if not isinstance(extension, tuple(recipe.without)):
            builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(signing_key, recipe.digest)  # type: ignore[arg-type]
    return Authority(certificate=certificate, key=key)


def _standard_extensions(
    recipe: Recipe, key: Any, signing_key: Any
) -> list[tuple[x509.ExtensionType, bool]]:
    cert_sign = recipe.ca if recipe.cert_sign is None else recipe.cert_sign
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=recipe.ca, path_length=recipe.path_length), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            False,
        ),
        (
            x509.KeyUsage(
                digital_signature=recipe.digital_signature,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=not (recipe.digital_signature or cert_sign),
                key_cert_sign=cert_sign,
                crl_sign=recipe.ca,
                encipher_only=False,
                decipher_only=False,
            ),
            True,
        ),
    ]
    names: list[x509.GeneralName] = [
        *(x509.DNSName(name) for name in recipe.dns),
        *(x509.UniformResourceIdentifier(uri) for uri in recipe.uris),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in recipe.addresses),
    ]
    if names:
        extensions.append((x509.SubjectAlternativeName(names), False))
    if recipe.purposes:
        extensions.append((x509.ExtendedKeyUsage(list(recipe.purposes)), False))
    return extensions


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A leaf with what leads to its root; `x5c` is what stands in a header."""

    root: Authority
    intermediates: tuple[Authority, ...]
    leaf: Authority
    name: str

    @property
    def ders(self) -> tuple[bytes, ...]:
        """Leaf first, without the root."""
        return (self.leaf.der, *(authority.der for authority in self.intermediates))

    @property
    def x5c(self) -> list[str]:
        return [base64.b64encode(der).decode("ascii") for der in self.ders]


def chain(
    *,
    root: Recipe | None = None,
    intermediate: Recipe | None = None,
    leaf: Recipe | None = None,
    uri: str = "https://issuer.example",
    dns: str = "issuer.example",
) -> Chain:
    """Root, one intermediate, leaf; replace one recipe to plant a defect.

    The leaf's key is `keys.signer("leaf")`, or that of its recipe's name.
    """
    root_authority = issue(root or Recipe(name="root", ca=True))
    middle = issue(intermediate or Recipe(name="intermediate", ca=True), by=root_authority)
    leaf_recipe = leaf or Recipe(name="leaf", uris=[uri], dns=[dns])
    return Chain(
        root=root_authority,
        intermediates=(middle,),
        leaf=issue(leaf_recipe, by=middle),
        name=leaf_recipe.name,
    )


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """An RSA key; the one thing here that differs from run to run."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def write_server_files(
    folder: Path, *, dns: Sequence[str] = ("localhost",), addresses: Sequence[str] = ("127.0.0.1",)
) -> tuple[Path, Path]:
    """Write a test root (for `ca_file`) and a server's chain with its key, both as PEM.

    Valid from 2020 until 2100, because TLS libraries read the real clock.

    Returns:
        The root's file and the server's file.
    """
    valid = Recipe(name="", not_before=1_577_836_800, not_after=4_102_444_800)
    root = issue(replace(valid, name="tls root", ca=True))
    server = issue(
        replace(valid, name="tls server", dns=dns, addresses=addresses, purposes=[SERVER_AUTH]),
        by=root,
    )
    key = server.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    root_file, server_file = folder / "root.pem", folder / "server.pem"
    root_file.write_bytes(root.pem)
    server_file.write_bytes(server.pem + key)
    return root_file, server_file


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sign_with_sha1(good: Authority, *, by: Authority) -> bytes:
    """`good` signed again with ecdsa-with-SHA1, which the library refuses to make."""
    sha256 = bytes.fromhex("300a06082a8648ce3d040302")
    sha1 = bytes.fromhex("300906072a8648ce3d0401")
    tbs = good.certificate.tbs_certificate_bytes
    # The long form with two length bytes: 30 82 xx xx.
    assert tbs[1] == 0x82
    weak_tbs = _der(0x30, tbs[4:].replace(sha256, sha1, 1))
    signature = by.key.sign(weak_tbs, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - the defect wanted
    return _der(0x30, weak_tbs + sha1 + _der(0x03, b"\x00" + signature))
