"""A question narrowed to an authority: the wallet finds the certificate, the verifier checks."""

from typing import Any

import pytest
from cryptography import x509 as certificates

from carnet_schemas.dcql import QueryUnmetError, check_answer, parse_dcql
from carnet_schemas.errors import SchemaError
from carnet_securing import base64url
from carnet_securing.authority_key_id import named_authorities
from carnet_securing.credential import IssuerKey, authenticate_credential, parse_credential
from carnet_securing.credential_issue import issue_credential
from carnet_securing.held import HeldSdJwt
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_verifier import answers
from carnet_wallet.cards import HeldCard
from carnet_wallet.matching import match
from carnet_wallet.records import Card, Copy, HolderKey, Labels
from support.certificates import chain
from support.keys import signer
from support.questions import VCT, asking, shown
from support.simulator import NOW

CHAIN = chain()
LEAF = signer(CHAIN.name)
WORKER = signer("worker")
ISSUED = issue_credential(
    {"month": "2026-09"},
    vct=VCT,
    issuer="https://issuer.example",
    conceal=[("month",)],
    holder_key=WORKER.public_jwk,
    status=None,
    issued_at=NOW,
    expires_at=None,
    vct_integrity=None,
    signer=LEAF,
    x5c=CHAIN.ders,
)
AUTHENTIC = authenticate_credential(
    parse_credential(ISSUED, limits=PRESENTATION),
    issuer_key=IssuerKey(
        issuer="https://issuer.example",
        key=LEAF.public_jwk,
        route=IssuerKeyRoute.X5C,
        chain_leaf=CHAIN.leaf.der,
    ),
    check=check_signature,
    limits=PRESENTATION,
)
ROOT = CHAIN.root.certificate.extensions.get_extension_for_class(
    certificates.SubjectKeyIdentifier
).value.digest


def question(*identifiers: bytes, kind: str = "aki") -> Any:
    values = [base64url.encode(identifier) for identifier in identifiers]
    asked = asking(["month"], trusted_authorities=[{"type": kind, "values": values}])
    return parse_dcql({"credentials": [asked]})


def held_card() -> HeldCard:
    card = Card(
        card_id="card",
        configuration_id="c",
        types=(VCT,),
        issuer="https://issuer.example",
        claimed_at=NOW,
        expires_at=None,
        copies=("copy",),
        labels=Labels(title={"en": "Certificate"}, claims=()),
    )
    key = HolderKey(algorithm="ES256", private=WORKER.private_bytes(), public=WORKER.public_jwk)
    copy = Copy(
        copy_id="copy",
        card_id="card",
        status=None,
        held=HeldSdJwt.of(AUTHENTIC.sd_jwt),
        key=key,
        shown_to=(),
    )
    return HeldCard(card=card, copies=(copy,))


def test_the_wallet_finds_the_certificate_of_an_accepted_authority() -> None:
    found = match(question(b"other", ROOT), [held_card()], now=NOW)
    assert [each.candidate_id for each in found.smallest] == ["card"]


@pytest.mark.parametrize("asked", [question(b"other"), question(ROOT, kind="etsi_tl")])
def test_the_wallet_shows_nothing_to_one_who_accepts_others(asked: Any) -> None:
    with pytest.raises(QueryUnmetError):
        match(asked, [held_card()], now=NOW)


def test_the_verifier_checks_the_authority_itself() -> None:
    accepted, other = question(ROOT), question(b"other")
    for asked in (accepted, other):
        authorities = answers._authorities(AUTHENTIC.sd_jwt.header, asked.credential("c"))
        assert authorities == named_authorities(AUTHENTIC.sd_jwt.header, limits=PRESENTATION)
        presented = {"c": [shown(dict(AUTHENTIC.claims), authorities=authorities)]}
        if asked is accepted:
            check_answer(asked, presented)
        else:
            with pytest.raises(SchemaError):
                check_answer(asked, presented)
