"""The route by certificates: what is sent, what is trusted, and what is refused at init."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from carnet_hosting.errors import HostingError
from carnet_issuer.errors import IssuerError
from carnet_issuer.minting import Intent, mint
from carnet_issuer.service import Issuer
from carnet_issuer.signing_chain import read_certified_key
from carnet_securing.credential import parse_credential
from carnet_securing.issuer_key import resolve_from_x5c
from carnet_securing.jws import parse_jws
from carnet_securing.limits import ISSUED
from carnet_securing.status_list import parse_status_token
from carnet_securing.x509 import IssuerName, decode_x5c
from carnet_trust.entries import entry_from_json
from support.certificates import Authority, Chain, Recipe, chain, issue, private_key
from support.keys import signer

NOW = 1_800_000_000
URL = "https://issuer.example"


def key_pem(name: str, algorithm: str = "ES256") -> bytes:
    return private_key(name, algorithm).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def pem(*authorities: Authority) -> bytes:
    return b"".join(authority.pem for authority in authorities)


def whole(made: Chain) -> bytes:
    return pem(made.leaf, *made.intermediates, made.root)


GOOD = chain()


def test_what_is_sent_leads_to_the_root_and_leaves_it_out() -> None:
    certified = read_certified_key(
        certificates=whole(GOOD), key=key_pem("leaf"), issuer=URL, now=NOW
    )
    assert certified.chain.sent == GOOD.ders
    assert certified.chain.root == GOOD.root.der
    assert certified.signer.public_jwk.thumbprint == signer("leaf").public_jwk.thumbprint


STRANGER = issue(Recipe(name="stranger", ca=True))


@pytest.mark.parametrize(
    ("certificates", "key", "kind"),
    [
        (b"", key_pem("leaf"), "malformed"),
        (b"not PEM", key_pem("leaf"), "malformed"),
        (whole(GOOD), b"not PEM", "malformed"),
        (whole(GOOD), key_pem("leaf", "ES384"), "malformed"),
        (whole(GOOD), key_pem("other"), "chain_invalid"),
        (pem(GOOD.leaf), key_pem("leaf"), "chain_invalid"),
        (pem(GOOD.root), key_pem("root"), "chain_invalid"),
        (pem(GOOD.leaf, GOOD.root), key_pem("leaf"), "chain_invalid"),
        (pem(*GOOD.intermediates, GOOD.leaf, GOOD.root), key_pem("leaf"), "chain_invalid"),
        (pem(GOOD.leaf, *GOOD.intermediates, STRANGER), key_pem("leaf"), "chain_invalid"),
        (whole(chain(uri="https://other.example", dns="other.example")), key_pem("leaf"),
         "chain_invalid"),
    ],
)  # fmt: skip
def test_a_chain_no_reader_would_accept(certificates: bytes, key: bytes, kind: str) -> None:
    with pytest.raises(IssuerError) as caught:
        read_certified_key(certificates=certificates, key=key, issuer=URL, now=NOW)
    assert caught.value.kind == kind


def test_a_chain_that_is_over() -> None:
    with pytest.raises(IssuerError):
        read_certified_key(
            certificates=whole(GOOD), key=key_pem("leaf"), issuer=URL, now=NOW + 100 * 31_536_000
        )


def test_everything_signed_carries_the_chain(tmp_path: Path) -> None:
    certified = read_certified_key(
        certificates=whole(GOOD), key=key_pem("leaf"), issuer=URL, now=NOW
    )
    Issuer.create(
        tmp_path / "x", name="École", url=URL, passphrase="p", now=NOW, certified=certified
    ).close()
    with Issuer.open(tmp_path / "x") as issuer:
        entry = entry_from_json(issuer.trust_entry())
        assert (entry.route.value, entry.roots) == ("x5c", (GOOD.root.der,))
        assert entry_from_json(issuer.trust_entry(pinned=True)).route.value == "pinned"
        service = issuer.unlock(passphrase="p")
        (uri,) = service.status_aggregation()["status_lists"]
        published = service.status_list(uri.rsplit("/", 1)[1], now=NOW)
        assert published is not None
        token = parse_status_token(published.token, limits=ISSUED)
        signed = parse_jws(service.signed_issuer_metadata(now=NOW), limits=ISSUED)
        found = [token.unverified_x5c, signed.unverified_header["x5c"]]
        x5c, own = issuer.config.x5c, service._signer
    intent = Intent(
        vct="urn:carnet:skill-certificate:1",
        claims={"nature": "badge", "month": "2026-06", "title": {"fr": "x"}, "skills": []},
        keys=(signer("holder").public_jwk,),
        status_uri=uri,
        indices=(1,),
        issued_at=NOW,
        expires_at=None,
    )
    (copy,) = mint(intent, issuer=URL, signer=own, x5c=x5c)
    sent = parse_credential(copy, limits=ISSUED).unverified_x5c
    assert sent is not None
    assert [decode_x5c(each, limits=ISSUED) for each in found] == [sent, sent]
    leaf = resolve_from_x5c(
        sent, roots=[GOOD.root.der], expected=IssuerName(URL), now=NOW, limits=ISSUED
    )
    assert leaf.key.thumbprint == own.public_jwk.thumbprint


@pytest.mark.parametrize("url", ["nonsense", "mysql://x", "sqlite:///x.db", "://", ""])
def test_a_database_that_is_none_of_ours(tmp_path: Path, url: str) -> None:
    with pytest.raises(HostingError) as caught:
        Issuer.create(tmp_path / "x", name="x", url=URL, passphrase="p", now=NOW, database=url)
    assert caught.value.kind == "malformed"
    assert list(tmp_path.iterdir()) == []
