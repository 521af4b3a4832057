"""Under which name a verifier asks, and with which key: did:web, did:jwk, certificates."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from carnet_securing.did import key_of_did_url
from carnet_securing.did_document import AUTHENTICATION, parse_did_document
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.jws import parse_jws
from carnet_securing.limits import PRESENTATION
from carnet_securing.signer import SoftwareSigner
from carnet_securing.strict_json import dumps_bytes
from carnet_verifier.service import Certificate
from carnet_verifier.service.identity import (
    asker_of,
    chain_from_pem,
    client_id_of,
    default_identification,
    did_document,
    did_web_of,
    signer_from_pem,
)
from carnet_verifier.service.settings import Identification
from support.certificates import Authority, Chain, Recipe, chain, issue, private_key
from support.keys import signer
from support.verifier_world import World

HOST = "issuer.example"
URL = f"https://{HOST}"


def pem_of(key: object) -> bytes:
    return key.private_bytes(  # type: ignore[attr-defined,no-any-return] # any private key
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="module")
def made() -> Chain:
    return chain()


@pytest.fixture(scope="module")
def leaf_signer(made: Chain) -> SoftwareSigner:
    return signer_from_pem(pem_of(made.leaf.key))


def test_the_chain_is_sent_without_its_anchor(made: Chain, leaf_signer: SoftwareSigner) -> None:
    pem = made.leaf.pem + made.intermediates[0].pem
    assert chain_from_pem(pem, signer=leaf_signer) == made.ders
    assert chain_from_pem(pem + made.root.pem, signer=leaf_signer) == made.ders
    assert chain_from_pem(made.leaf.pem, signer=leaf_signer) == made.ders[:1]


def self_signed(made: Chain) -> bytes:
    return issue(Recipe(name="leaf", dns=[HOST])).pem


def self_signed_then_more(made: Chain) -> bytes:
    return issue(Recipe(name="leaf", dns=[HOST])).pem + made.intermediates[0].pem


def of_another_key(made: Chain) -> bytes:
    return issue(Recipe(name="stranger", dns=[HOST]), by=made.intermediates[0]).pem


def of_p384(made: Chain) -> bytes:
    return issue(Recipe(name="leaf", algorithm="ES384", dns=[HOST]), by=made.intermediates[0]).pem


def mirrored(made: Chain) -> bytes:
    """A certificate of the key with the same x coordinate and the other y."""
    numbers = made.leaf.key.private_numbers()
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    from cryptography.hazmat.primitives.asymmetric import ec

    negated = ec.derive_private_key(order - numbers.private_value, ec.SECP256R1())
    return issue(Recipe(name="leaf", dns=[HOST], key=negated), by=made.intermediates[0]).pem


def of_ed25519(made: Chain) -> bytes:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(made.intermediates[0].certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
    )
    certificate = builder.sign(made.intermediates[0].key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM)


def unordered(made: Chain) -> bytes:
    return made.intermediates[0].pem + made.leaf.pem


def not_a_chain(made: Chain) -> bytes:
    other = issue(Recipe(name="intermediate", ca=True), by=issue(Recipe(name="r", ca=True)))
    stranger = replace(Recipe(name="intermediate", ca=True), key=private_key("other key"))
    return made.leaf.pem + issue(stranger, by=made.root).pem + other.pem


@pytest.mark.parametrize(
    "make",
    [
        self_signed,
        self_signed_then_more,
        of_another_key,
        of_p384,
        mirrored,
        of_ed25519,
        unordered,
        not_a_chain,
        lambda _: b"",
        lambda _: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        lambda made: made.leaf.der,
        lambda made: made.leaf.pem + made.root.pem,
    ],
    ids=lambda make: make.__name__,
)
def test_chains_that_will_not_do(
    made: Chain, leaf_signer: SoftwareSigner, make: Callable[[Chain], bytes]
) -> None:
    with pytest.raises(CarnetError) as caught:
        chain_from_pem(make(made), signer=leaf_signer)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem_of(private_key("x", "ES384")),
        pem_of(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))),
        private_key("x").private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"a pretend passphrase"),
        ),
        private_key("x")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["empty", "rubbish", "p384", "ed25519", "encrypted", "public"],
)
def test_keys_that_will_not_do(key: bytes) -> None:
    with pytest.raises(CarnetError) as caught:
        signer_from_pem(key)
    assert caught.value.kind is ErrorKind.MALFORMED


def test_the_key_is_read_whole() -> None:
    assert signer_from_pem(pem_of(private_key("leaf"))).public_jwk == signer("leaf").public_jwk


@pytest.mark.parametrize("url", ["https://other.example", "https://sub.issuer.example"])
def test_a_certificate_for_another_host(made: Chain, leaf_signer: SoftwareSigner, url: str) -> None:
    with pytest.raises(CarnetError) as caught:
        client_id_of(Identification.X509_SAN_DNS, url=url, signer=leaf_signer, chain=made.ders)
    assert caught.value.kind is ErrorKind.MALFORMED


def _leaf_without_names(made: Chain) -> Authority:
    return issue(Recipe(name="leaf"), by=made.intermediates[0])


@pytest.mark.parametrize("kind", [Identification.X509_SAN_DNS, Identification.X509_HASH], ids=str)
def test_a_certificate_is_needed(kind: Identification, leaf_signer: SoftwareSigner) -> None:
    with pytest.raises(CarnetError) as caught:
        client_id_of(kind, url=URL, signer=leaf_signer, chain=())
    assert caught.value.kind is ErrorKind.MALFORMED


def test_a_certificate_without_names(made: Chain, leaf_signer: SoftwareSigner) -> None:
    nameless = (_leaf_without_names(made).der,)
    with pytest.raises(CarnetError):
        client_id_of(Identification.X509_SAN_DNS, url=URL, signer=leaf_signer, chain=nameless)
    by_hash = client_id_of(Identification.X509_HASH, url=URL, signer=leaf_signer, chain=nameless)
    assert by_hash.startswith("x509_hash:")
    assert len(by_hash) == len("x509_hash:") + 43


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://shop.example", "did:web:shop.example"),
        ("https://shop.example:8443", "did:web:shop.example%3A8443"),
        ("https://shop.example/t/1", "did:web:shop.example:t:1"),
        ("https://shop.example:8443/t/1", "did:web:shop.example%3A8443:t:1"),
    ],
)
def test_did_web_names_host_port_and_path(url: str, did: str) -> None:
    assert did_web_of(url) == did


@pytest.mark.parametrize("url", ["https://shop.example", "https://shop.example:8443/t/1"])
def test_the_did_document_holds_the_key_for_asking(url: str) -> None:
    mine = signer("asker")
    did = did_web_of(url)
    document = parse_did_document(
        dumps_bytes(did_document(url, mine)), did=did, limits=PRESENTATION
    )
    asker = asker_of(
        f"decentralized_identifier:{did}",
        Identification.DID_WEB,
        signer=mine,
        certificates=(),
    )
    kid = str(asker.header["kid"])
    assert kid.startswith(f"{did}#")
    assert document.key(kid, AUTHENTICATION).thumbprint == mine.public_jwk.thumbprint
    for other in (f"{did}#0", f"{did}#", "did:web:other#" + mine.public_jwk.thumbprint):
        with pytest.raises(CarnetError):
            document.key(other, AUTHENTICATION)


def test_https_asks_by_did_web_and_trying_by_did_jwk() -> None:
    assert default_identification("https://shop.example") is Identification.DID_WEB
    assert default_identification("http://localhost:8000") is Identification.DID_JWK


def test_did_jwk_holds_its_own_key() -> None:
    mine = signer("asker")
    client_id = client_id_of(
        Identification.DID_JWK, url="http://localhost:1", signer=mine, chain=()
    )
    did = client_id.removeprefix("decentralized_identifier:")
    assert key_of_did_url(f"{did}#0").thumbprint == mine.public_jwk.thumbprint
    assert '"d"' not in did


@pytest.mark.parametrize("kind", [Identification.X509_SAN_DNS, Identification.X509_HASH], ids=str)
def test_requests_carry_the_chain(tmp_path: Path, made: Chain, kind: Identification) -> None:
    certificate = Certificate(
        chain_pem=made.leaf.pem + made.intermediates[0].pem + made.root.pem,
        key_pem=pem_of(made.leaf.key),
        identification=kind,
    )
    world = World.make(tmp_path, url=URL, certificate=certificate)
    asked = world.ask()
    signed = world.verifier.request_object(asked.id, wallet_nonce=None, now=world.clock())
    header = parse_jws(signed, limits=PRESENTATION).unverified_header
    assert header["x5c"] == made.x5c
    assert world.client.get("/.well-known/did.json").status_code == 404
    assert world.request_claims(asked)["client_id"].startswith(f"{kind}:")
