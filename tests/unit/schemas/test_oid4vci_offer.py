"""The credential offer and the link that carries it."""

from typing import Any

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.oauth import PRE_AUTHORIZED_CODE
from carnet_schemas.oid4vci import (
    CredentialOffer,
    Grants,
    OfferByReference,
    OfferByValue,
    PreAuthorizedGrant,
    TxCode,
    offer_uri_by_reference,
    offer_uri_by_value,
    parse_credential_offer,
    parse_offer_uri,
)
from carnet_schemas.oid4vci_offer import MAX_OFFER_LINK_CHARACTERS

ISSUER = "https://issuer.example"


def offer(**changed: Any) -> dict[str, Any]:
    value = {"credential_issuer": ISSUER, "credential_configuration_ids": ["a"], **changed}
    return {name: each for name, each in value.items() if each is not None}


def with_grant(**members: Any) -> dict[str, Any]:
    return offer(grants={PRE_AUTHORIZED_CODE: {"pre-authorized_code": "c0de", **members}})


def test_our_offer() -> None:
    ours = CredentialOffer(
        credential_issuer=ISSUER,
        credential_configuration_ids=("a",),
        grants=Grants(
            pre_authorized_code=PreAuthorizedGrant(
                pre_authorized_code="c0de", tx_code=TxCode(length=6)
            )
        ),
    )
    assert ours.to_json() == with_grant(tx_code={"length": 6})
    assert parse_credential_offer(ours.to_json()) == ours
    assert "c0de" not in repr(ours) + repr(ours.pre_authorized)


def test_empty_tx_code_is_wanted_and_absent_is_not() -> None:
    wanted = parse_credential_offer(with_grant(tx_code={})).pre_authorized
    assert wanted is not None
    assert wanted.tx_code == TxCode()
    assert wanted.tx_code is not None
    assert wanted.tx_code.is_numeric
    plain = parse_credential_offer(with_grant()).pre_authorized
    assert plain is not None
    assert plain.tx_code is None


def test_offer_without_grants_or_with_strange_ones() -> None:
    assert parse_credential_offer(offer()).pre_authorized is None
    assert parse_credential_offer(offer(grants={"urn:other": {"x": 1}})).pre_authorized is None
    read = parse_credential_offer(offer(grants={"authorization_code": {"issuer_state": "s"}}))
    assert read.grants is not None
    assert read.grants.authorization_code is not None
    assert read.grants.authorization_code.issuer_state == "s"


def test_text_codes() -> None:
    grant = parse_credential_offer(with_grant(tx_code={"input_mode": "text"})).pre_authorized
    assert grant is not None
    assert grant.tx_code is not None
    assert not grant.tx_code.is_numeric


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        offer(credential_issuer=None),
        offer(credential_issuer="issuer.example"),
        offer(credential_issuer=f"{ISSUER}?a=1"),
        offer(credential_issuer=f"{ISSUER}#a"),
        offer(credential_issuer="https://user:pw@issuer.example"),
        offer(credential_configuration_ids=None),
        offer(credential_configuration_ids=[]),
        offer(credential_configuration_ids="a"),
        offer(credential_configuration_ids=["a", "a"]),
        offer(credential_configuration_ids=[1]),
        offer(credential_configuration_ids=[""]),
        offer(grants=[]),
        offer(grants={PRE_AUTHORIZED_CODE: {}}),
        offer(grants={PRE_AUTHORIZED_CODE: {"pre_authorized_code": "x"}}),
        offer(grants={PRE_AUTHORIZED_CODE: "x"}),
        with_grant(tx_code=True),
        with_grant(tx_code="numeric"),
        with_grant(tx_code={"length": "6"}),
        with_grant(tx_code={"length": 0}),
        with_grant(tx_code={"length": -1}),
        with_grant(tx_code={"length": 10**9}),
        with_grant(tx_code={"length": True}),
        with_grant(tx_code={"input_mode": "Numeric"}),
        with_grant(tx_code={"input_mode": 1}),
        with_grant(authorization_server="x"),
        with_grant(**{"pre-authorized_code": ""}),
    ],
)
def test_offer_malformed(value: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_credential_offer(value)
    assert caught.value.kind == "malformed"


def test_description_of_300_characters_and_not_one_more() -> None:
    parse_credential_offer(with_grant(tx_code={"description": "é" * 300}))
    with pytest.raises(SchemaError) as caught:
        parse_credential_offer(with_grant(tx_code={"description": "é" * 301}))
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize("scheme", ["openid-credential-offer", "haip-vci", "https"])
def test_link_by_reference(scheme: str) -> None:
    url = "https://issuer.example/offers/abc?x=1&y=é".replace("é", "%C3%A9")
    link = offer_uri_by_reference(url)
    assert link.startswith("openid-credential-offer://?credential_offer_uri=")
    read = parse_offer_uri(link.replace("openid-credential-offer:", f"{scheme}:"))
    assert isinstance(read, OfferByReference)
    assert read.uri == url
    assert "abc" not in repr(read)


def test_link_by_value_holds_text_that_is_not_parsed_yet() -> None:
    text = '{"credential_issuer":"https://issuer.example","x":"é & = + %"}'
    read = parse_offer_uri(offer_uri_by_value(text))
    assert isinstance(read, OfferByValue)
    assert read.unverified_text == text
    assert "issuer" not in repr(read)


def test_link_is_read_with_white_space_around_it() -> None:
    link = offer_uri_by_reference("https://issuer.example/o")
    assert isinstance(parse_offer_uri(f" {link}\n"), OfferByReference)


@pytest.mark.parametrize(
    "link",
    [
        "openid-credential-offer://",
        "openid-credential-offer://?",
        "openid-credential-offer://?x=1",
        "openid-credential-offer://?credential_offer=",
        "openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=https%3A%2F%2Fa.b",
        (
            "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fa.b"
            "&credential_offer_uri=https%3A%2F%2Fc.d"
        ),
        "openid-credential-offer://?credential_offer=%7B%7D&credential_offer=%7B%7D",
        "openid-credential-offer://?credential_offer_uri=a.b",
        "openid-credential-offer://?credential_offer_uri=file%3A%2F%2F%2Fetc%2Fpasswd",
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fuser%40a.b",
        "openid-credential-offer://?credential_offer=%FF",
        "openid-credential-offer:/#?credential_offer=%7B%7D",
        "credential_offer=%7B%7D",
        "",
    ],
)
def test_link_malformed(link: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_offer_uri(link)
    assert caught.value.kind == "malformed"


def test_long_links_are_neither_read_nor_written() -> None:
    for attempt in (
        lambda: parse_offer_uri("x://?credential_offer=" + "a" * MAX_OFFER_LINK_CHARACTERS),
        lambda: offer_uri_by_value("a" * MAX_OFFER_LINK_CHARACTERS),
    ):
        with pytest.raises(SchemaError) as caught:
            attempt()
        assert caught.value.kind == "too_large"


@pytest.mark.parametrize("url", ["", "issuer.example", "ftp://issuer.example"])
def test_we_offer_from_web_addresses_only(url: str) -> None:
    with pytest.raises(SchemaError):
        offer_uri_by_reference(url)
