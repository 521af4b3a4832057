"""Client identifiers: the table of prefixes, and tricks with it (P04, P05)."""

import pytest

from carnet_schemas.client_id import (
    MAX_CLIENT_ID_CHARACTERS,
    ClientIdPrefix,
    Signing,
    parse_client_id,
)
from carnet_schemas.errors import SchemaError

HASH = "Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"


@pytest.mark.parametrize(
    ("text", "prefix", "value", "signing"),
    [
        ("example-client", "pre-registered", "example-client", Signing.OPTIONAL),
        ("redirect_uri", "pre-registered", "redirect_uri", Signing.OPTIONAL),
        ("redirect_uri:https://v.example/cb", "redirect_uri", "https://v.example/cb",
         Signing.FORBIDDEN),
        ("decentralized_identifier:did:example:123", "decentralized_identifier",
         "did:example:123", Signing.REQUIRED),
        ("decentralized_identifier:did:web:localhost%3A8000:v", "decentralized_identifier",
         "did:web:localhost%3A8000:v", Signing.REQUIRED),
        ("x509_san_dns:client.example.org", "x509_san_dns", "client.example.org", Signing.REQUIRED),
        (f"x509_hash:{HASH}", "x509_hash", HASH, Signing.REQUIRED),
        ("openid_federation:https://f.example", "openid_federation", "https://f.example",
         Signing.REQUIRED),
        ("verifier_attestation:verifier.example", "verifier_attestation", "verifier.example",
         Signing.REQUIRED),
    ],
)  # fmt: skip
def test_prefix(text: str, prefix: str, value: str, signing: Signing) -> None:
    read = parse_client_id(text)
    assert (read.prefix, read.value, read.text) == (ClientIdPrefix(prefix), value, text)
    assert read.signing is signing


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("invalid_scheme:x", id="P04-unknown-prefix"),
        pytest.param("origin:https://v.example", id="P04-origin"),
        pytest.param("Origin:https://v.example", id="P04-origin-in-capitals"),
        pytest.param("https://v.example", id="P04-an-address-is-no-prefix"),
        pytest.param("did:example:123", id="P04-a-did-is-no-prefix"),
        pytest.param("pre-registered:x", id="P04-the-name-of-having-none"),
        pytest.param("x509_san_uri:https://v.example", id="P04-prefix-of-a-draft"),
        pytest.param("verifier:x", id="P04-part-of-a-prefix"),
        pytest.param("X509_hash:" + HASH, id="P05-case"),
        pytest.param("REDIRECT_URI:https://v.example", id="P05-capitals"),
        pytest.param("x509_hash:abc", id="P05-short-hash"),
        pytest.param(f"x509_hash:{HASH}A", id="P05-long-hash"),
        pytest.param(f"x509_hash:{HASH}=", id="P05-padded-hash"),
        pytest.param(f"x509_hash:{HASH[:-1]}l", id="P05-hash-with-stray-bits"),
        pytest.param("x509_hash:x509_hash:" + HASH, id="P05-double"),
        pytest.param("redirect_uri:x509_san_dns:v.example", id="P05-prefix-in-prefix"),
        pytest.param("redirect_uri:redirect_uri:https://v.example", id="P05-twice"),
        pytest.param("verifier_attestation:x509_san_dns:v.example", id="P05-hidden-prefix"),
        pytest.param("verifier_attestation:origin:https://v.example", id="P05-hidden-origin"),
        pytest.param("x509_san_dns:v.example:443", id="P05-port"),
        pytest.param("x509_san_dns:https://v.example", id="P05-address-for-a-name"),
        pytest.param("x509_san_dns:v.example/x", id="P05-path"),
        pytest.param("x509_san_dns:*.example", id="P05-wildcard"),
        pytest.param("x509_san_dns:.example", id="P05-leading-dot"),
        pytest.param("x509_san_dns:v..example", id="P05-two-dots"),
        pytest.param("x509_san_dns:v.example.", id="P05-trailing-dot"),
        pytest.param("x509_san_dns:-v.example", id="P05-leading-hyphen"),
        pytest.param("x509_san_dns:" + "a" * 64 + ".example", id="P05-long-label"),
        pytest.param("x509_san_dns:" + "a." * 127 + "ab", id="P05-long-name"),
        pytest.param("x509_san_dns:", id="P05-nothing-after"),
        pytest.param("x509_san_dns::v.example", id="P05-two-colons"),
        pytest.param(":v.example", id="P05-nothing-before"),
        pytest.param(":", id="P05-colon"),
        pytest.param("redirect_uri:v.example", id="P05-no-address"),
        pytest.param("redirect_uri:javascript:alert(1)", id="P05-script"),
        pytest.param("redirect_uri:https://u@v.example", id="P05-user-name"),
        pytest.param("redirect_uri:https://v.example/#x", id="P05-fragment"),
        pytest.param("decentralized_identifier:did:example", id="P05-did-without-id"),
        pytest.param("decentralized_identifier:did:example:", id="P05-did-empty"),
        pytest.param("decentralized_identifier:DID:example:1", id="P05-did-in-capitals"),
        pytest.param("decentralized_identifier:did:example:1#k", id="P05-did-with-key"),
        pytest.param("decentralized_identifier:did:example:1/p", id="P05-did-with-path"),
        pytest.param("decentralized_identifier:did:example:1?q", id="P05-did-with-query"),
        pytest.param("decentralized_identifier:https://v.example", id="P05-no-did"),
        pytest.param("openid_federation:v.example", id="P05-no-entity"),
        pytest.param("verifier_attestation:a b", id="P05-blank"),
        pytest.param(" x509_san_dns:v.example", id="P05-leading-blank"),
        pytest.param("x509_san_dns:v.example\n", id="P05-line-end"),
        pytest.param("x509_san_dns:v.example\x00", id="P05-nul"),
        pytest.param("x509_san_dns:v\u0435.example", id="P05-look-alike-letter"),
        pytest.param("x509\u200b_hash:" + HASH, id="P05-invisible-character"),
        pytest.param("x509_san_dns\uff1av.example", id="P05-wide-colon"),
        pytest.param("a" * (MAX_CLIENT_ID_CHARACTERS + 1), id="P05-too-long"),
    ],
)
def test_asker_that_is_not_believed(text: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_client_id(text)
    assert caught.value.kind == "request_untrusted"
    assert "v.example" not in str(caught.value)


@pytest.mark.parametrize("value", [None, "", 5, ["x"], {}])
def test_no_asker_at_all(value: object) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_client_id(value)
    assert caught.value.kind == "malformed"


def test_longest_asker() -> None:
    assert parse_client_id("a" * MAX_CLIENT_ID_CHARACTERS)
