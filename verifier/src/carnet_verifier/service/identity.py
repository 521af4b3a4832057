"""Who asks: the client identifier, its signing key, and the request object it signs.

OpenID4VP 1.0 sections 5.8 and 5.9.3: `decentralized_identifier:` names its key by `kid`;
`x509_san_dns:` and `x509_hash:` carry the chain, without the trust anchor, in `x5c`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from carnet_schemas.client_id import ClientIdPrefix
from carnet_schemas.oid4vp_request import REQUEST_OBJECT_TYPE
from carnet_securing import base64url, strict_json
from carnet_securing.errors import ErrorKind
from carnet_securing.jws import sign_jws
from carnet_securing.signer import Signer, SoftwareSigner
from carnet_verifier.service.errors import ServiceError
from carnet_verifier.service.settings import Identification

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The verifier as a party that asks."""

    client_id: str
    signer: Signer = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)

    def sign_request(self, claims: Mapping[str, Any]) -> str:
        """The signed request object (RFC 9101)."""
        return sign_jws(
            strict_json.dumps_bytes(dict(claims)),
            signer=self.signer,
            typ=REQUEST_OBJECT_TYPE,
            header=self.header,
        )


def default_identification(url: str) -> Identification:
    """did:web where the address is https; did:jwk for trying on this machine."""
    https = urlsplit(url).scheme == "https"
    return Identification.DID_WEB if https else Identification.DID_JWK


def client_id_of(
    identification: Identification, *, url: str, signer: Signer, chain: Sequence[bytes]
) -> str:
    """The full client identifier.

    Raises:
        ServiceError: `malformed` when the certificate does not fit the address.
    """
    match identification:
        case Identification.DID_WEB:
            return f"{ClientIdPrefix.DECENTRALIZED_IDENTIFIER}:{did_web_of(url)}"
        case Identification.DID_JWK:
            return f"{ClientIdPrefix.DECENTRALIZED_IDENTIFIER}:{_did_jwk_of(signer)}"
        case Identification.X509_SAN_DNS:
            host = urlsplit(url).hostname or ""
            if host not in _dns_names(_leaf(chain)):
                raise _malformed("The certificate does not name the host of the address.")
            return f"{ClientIdPrefix.X509_SAN_DNS}:{host}"
        case Identification.X509_HASH:
            _leaf(chain)
            digest = base64url.encode(hashlib.sha256(chain[0]).digest())
            return f"{ClientIdPrefix.X509_HASH}:{digest}"


def asker_of(
    client_id: str, identification: Identification, *, signer: Signer, certificates: Sequence[str]
) -> Asker:
    """Put together what signs requests under `client_id`."""
    if identification in {Identification.X509_SAN_DNS, Identification.X509_HASH}:
        return Asker(client_id=client_id, signer=signer, header={"x5c": list(certificates)})
    did = client_id.removeprefix(f"{ClientIdPrefix.DECENTRALIZED_IDENTIFIER}:")
    fragment = "0" if identification is Identification.DID_JWK else signer.public_jwk.thumbprint
    return Asker(client_id=client_id, signer=signer, header={"kid": f"{did}#{fragment}"})


def did_web_of(url: str) -> str:
    """did:web of an https address: the port percent-encoded, path segments after colons."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    return ":".join(["did:web", quote(parts.netloc, safe=".-"), *segments])


def did_document(url: str, signer: Signer) -> dict[str, Any]:
    """The DID document this verifier publishes for its did:web."""
    did = did_web_of(url)
    kid = f"{did}#{signer.public_jwk.thumbprint}"
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
        ],
        "id": did,
        "verificationMethod": [
            {
                "id": kid,
                "type": "JsonWebKey2020",
                "controller": did,
                "publicKeyJwk": signer.public_jwk.to_json(),
            }
        ],
        "authentication": [kid],
        "assertionMethod": [kid],
    }


def signer_from_pem(key: bytes) -> SoftwareSigner:
    """Read an unencrypted P-256 private key.

    Raises:
        ServiceError: `malformed` for anything else.
    """
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(
        private.curve, ec.SECP256R1
    ):
        raise _malformed("The key file is not an unencrypted P-256 key.")
    scalar = private.private_numbers().private_value
    return SoftwareSigner.from_private_bytes("ES256", scalar.to_bytes(_KEY_BYTES, "big"))


def chain_from_pem(certificates: bytes, *, signer: Signer) -> tuple[bytes, ...]:
    """Read a certificate chain, leaf first, and leave out the trust anchor (HAIP 1.0).

    Whether it is valid now and leads to a root that wallets trust is theirs to judge.

    Raises:
        ServiceError: `malformed` when it is no chain, its leaf is of another key or signs
            itself, or one certificate did not sign the one before it.
    """
    try:
        found = x509.load_pem_x509_certificates(certificates)
    except ValueError:
        raise _malformed("The certificate file is not PEM.") from None
    leaf, *above = found
    if not _is_of(leaf, signer):
        raise _malformed("The certificate is of another key.")
    if leaf.issuer == leaf.subject:
        raise _malformed("A certificate that signs itself proves nothing.")
    try:
        for signed, by in pairwise(found):
            signed.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        raise _malformed("The certificates are not one chain, leaf first.") from None
    sent = [leaf, *(one for one in above if one.issuer != one.subject)]
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in sent)


def _is_of(certificate: x509.Certificate, signer: Signer) -> bool:
    """Whether a certificate is of the signer's P-256 key, both coordinates of it."""
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(
        public.curve, ec.SECP256R1
    ):
        return False
    numbers, mine = public.public_numbers(), signer.public_jwk
    coordinates = [base64url.encode(n.to_bytes(_KEY_BYTES, "big")) for n in (numbers.x, numbers.y)]
    return coordinates == [mine.x, mine.y]


def _malformed(message: str) -> ServiceError:
    return ServiceError(
        ErrorKind.MALFORMED,
        message,
        hint="Give --certificate the chain of this address as PEM, leaf first, and --key the"
        " unencrypted P-256 key of that leaf.",
    )


def _did_jwk_of(signer: Signer) -> str:
    jwk = signer.public_jwk
    members = {name: value for name, value in jwk.to_json().items() if name in _DID_JWK_MEMBERS}
    return f"did:jwk:{base64url.encode(strict_json.dumps_bytes(members))}"


_DID_JWK_MEMBERS = ("kty", "crv", "x", "y")


def _leaf(chain: Sequence[bytes]) -> x509.Certificate:
    if not chain:
        raise _malformed("A certificate is needed to ask under its name.")
    return x509.load_der_x509_certificate(chain[0])


def _dns_names(leaf: x509.Certificate) -> list[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)
