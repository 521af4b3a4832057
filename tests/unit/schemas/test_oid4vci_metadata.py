"""Credential issuer metadata: ours, a stranger's, and what is wrong with it."""

from typing import Any

import pytest
from pydantic import ValidationError

from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vci import (
    BatchIssuance,
    ClaimDescription,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    CredentialMetadata,
    Display,
    IssuerDisplay,
    JwkSet,
    ProofType,
    RequestEncryption,
    parse_credential_issuer_metadata,
)

ISSUER = "https://issuer.example/t/1"
BOUND: dict[str, Any] = {
    "format": "dc+sd-jwt",
    "vct": "urn:carnet:skill-certificate:1",
    "cryptographic_binding_methods_supported": ["jwk"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
}
METADATA: dict[str, Any] = {
    "credential_issuer": ISSUER,
    "credential_endpoint": f"{ISSUER}/credential",
    "nonce_endpoint": f"{ISSUER}/nonce",
    "notification_endpoint": f"{ISSUER}/notification",
    "batch_credential_issuance": {"batch_size": 10},
    "credential_configurations_supported": {"skill_certificate_sd_jwt": BOUND},
}
KEY = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "1", "alg": "ECDH-ES"}


def parse(**changed: Any) -> CredentialIssuerMetadata:
    value = {name: each for name, each in {**METADATA, **changed}.items() if each is not None}
    return parse_credential_issuer_metadata(value, issuer=ISSUER)


def test_ours_is_written_as_it_is_read() -> None:
    ours = CredentialIssuerMetadata(
        credential_issuer=ISSUER,
        credential_endpoint=f"{ISSUER}/credential",
        nonce_endpoint=f"{ISSUER}/nonce",
        notification_endpoint=f"{ISSUER}/notification",
        batch_credential_issuance=BatchIssuance(batch_size=10),
        credential_configurations_supported={
            "skill_certificate_sd_jwt": CredentialConfiguration(
                format="dc+sd-jwt",
                vct="urn:carnet:skill-certificate:1",
                cryptographic_binding_methods_supported=("jwk",),
                proof_types_supported={
                    "jwt": ProofType(proof_signing_alg_values_supported=("ES256",))
                },
            ).to_json()
        },
    )
    assert ours.to_json() == METADATA
    assert parse() == ours
    assert ours.configuration("skill_certificate_sd_jwt").binds_keys


@pytest.mark.parametrize(
    "issuer", [f"{ISSUER}/", ISSUER.upper(), "https://issuer.example", ISSUER.replace("s:", ":")]
)
def test_metadata_of_another_issuer(issuer: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_credential_issuer_metadata(METADATA, issuer=issuer)
    assert caught.value.kind == "issuer_mismatch"


ENCRYPTION = {
    "jwks": {"keys": [KEY]},
    "enc_values_supported": ["A128GCM"],
    "encryption_required": False,
}
ANSWERS = {
    "alg_values_supported": ["ECDH-ES"],
    "enc_values_supported": ["A128GCM"],
    "encryption_required": True,
}


def test_encryption_is_read() -> None:
    metadata = parse(
        credential_request_encryption=ENCRYPTION, credential_response_encryption=ANSWERS
    )
    assert metadata.credential_request_encryption is not None
    assert metadata.credential_request_encryption.to_json() == ENCRYPTION
    assert metadata.credential_response_encryption is not None
    assert metadata.credential_response_encryption.encryption_required


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {member: each for member, each in value.items() if member != name}


@pytest.mark.parametrize(
    "changed",
    [
        {"credential_issuer": None},
        {"credential_endpoint": None},
        {"credential_endpoint": "/credential"},
        {"nonce_endpoint": "nonce"},
        {"notification_endpoint": 5},
        {"authorization_servers": []},
        {"authorization_servers": ISSUER},
        {"batch_credential_issuance": {"batch_size": 1}},
        {"batch_credential_issuance": {"batch_size": "10"}},
        {"batch_credential_issuance": {}},
        {"credential_configurations_supported": None},
        {"credential_configurations_supported": []},
        {"credential_configurations_supported": {"a": "x"}},
        {"display": []},
        {"display": [{"locale": "fr"}, {"locale": "fr"}]},
        {"credential_request_encryption": without(ENCRYPTION, "jwks")},
        {"credential_request_encryption": without(ENCRYPTION, "enc_values_supported")},
        {"credential_request_encryption": without(ENCRYPTION, "encryption_required")},
        {"credential_request_encryption": {**ENCRYPTION, "encryption_required": "no"}},
        {"credential_request_encryption": {**ENCRYPTION, "jwks": {"keys": []}}},
        {"credential_request_encryption": {**ENCRYPTION, "jwks": {"keys": [without(KEY, "kid")]}}},
        {"credential_request_encryption": {**ENCRYPTION, "jwks": {"keys": [KEY, KEY]}}},
        {"credential_request_encryption": {**ENCRYPTION, "jwks": {"keys": [{**KEY, "d": "x"}]}}},
        {"credential_response_encryption": without(ANSWERS, "alg_values_supported")},
        {"credential_response_encryption": {**ANSWERS, "enc_values_supported": []}},
    ],
)
def test_metadata_malformed(changed: dict[str, Any]) -> None:
    with pytest.raises(SchemaError) as caught:
        parse(**changed)
    assert caught.value.kind == "malformed"


def test_too_many_configurations() -> None:
    with pytest.raises(SchemaError) as caught:
        parse(credential_configurations_supported={str(index): BOUND for index in range(257)})
    assert caught.value.kind == "too_large"


def test_a_configuration_we_cannot_read_does_not_hide_the_others() -> None:
    metadata = parse(credential_configurations_supported={"good": BOUND, "bad": {"format": 5}})
    assert metadata.configuration("good").vct == BOUND["vct"]
    with pytest.raises(SchemaError) as caught:
        metadata.configuration("bad")
    assert caught.value.pointer == "/credential_configurations_supported/format"
    with pytest.raises(SchemaError) as missing:
        metadata.configuration("absent")
    assert missing.value.kind == "not_found"


CLAIMS = [{"path": ["title"], "mandatory": True, "display": [{"name": "Titre", "locale": "fr"}]}]


@pytest.mark.parametrize(
    "changed",
    [
        {"format": None},
        {"vct": None},
        {"vct": 5},
        {"proof_types_supported": None},
        {"cryptographic_binding_methods_supported": None},
        {"proof_types_supported": {}},
        {"proof_types_supported": {"jwt": {}}},
        {"proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": []}}},
        {"proof_types_supported": []},
        {"cryptographic_binding_methods_supported": []},
        {"credential_signing_alg_values_supported": "ES256"},
        {"credential_metadata": {"display": [{"locale": "fr"}]}},
        {"credential_metadata": {"display": [{"name": "a"}, {"name": "b"}]}},
        {"credential_metadata": {"display": []}},
        {"credential_metadata": {"claims": []}},
        {"credential_metadata": {"claims": [{"path": []}]}},
        {"credential_metadata": {"claims": [{"path": ["a", -1]}]}},
        {"credential_metadata": {"claims": CLAIMS * 2}},
        {"credential_metadata": {"claims": [{"path": ["a", None]}, {"path": ["a", 0]}]}},
        {"credential_metadata": {"claims": [{"path": ["a", None, "x"]}, {"path": ["a", "x"]}]}},
        {"credential_metadata": {"claims": [{"path": ["a", 1]}, {"path": ["a", "b"]}]}},
    ],
)
def test_configuration_malformed(changed: dict[str, Any]) -> None:
    value = {name: each for name, each in {**BOUND, **changed}.items() if each is not None}
    metadata = parse(credential_configurations_supported={"a": value})
    with pytest.raises(SchemaError) as caught:
        metadata.configuration("a")
    assert caught.value.kind == "malformed"


def test_key_attestations_may_be_required_without_saying_which() -> None:
    proof = {"proof_signing_alg_values_supported": ["ES256"], "key_attestations_required": {}}
    read = CredentialConfiguration.parse({**BOUND, "proof_types_supported": {"jwt": proof}})
    assert read.proof_types_supported is not None
    assert read.proof_types_supported["jwt"].key_attestations_required is not None
    assert read.to_json()["proof_types_supported"]["jwt"] == proof


def test_display_of_ours() -> None:
    metadata = CredentialMetadata(
        display=(Display(name="Attestation", locale="fr"), Display(name="Certificate")),
        claims=(
            ClaimDescription(path=("skills", None, "label")),
            ClaimDescription(path=("skills",)),
        ),
    )
    assert metadata.to_json() == {
        "display": [{"name": "Attestation", "locale": "fr"}, {"name": "Certificate"}],
        "claims": [{"path": ["skills", None, "label"]}, {"path": ["skills"]}],
    }
    with pytest.raises(ValidationError):
        CredentialMetadata(display=(Display(name="a"), Display(name="b")))
    with pytest.raises(ValidationError):
        JwkSet(keys=({**KEY, "d": "x"},))


def test_servers_that_may_give_the_token() -> None:
    alone = parse()
    assert alone.authorization_servers_for(None) == (ISSUER,)
    assert alone.authorization_servers_for(ISSUER) == (ISSUER,)
    several = parse(authorization_servers=["https://one.example", "https://two.example"])
    assert several.authorization_servers_for(None) == ("https://one.example", "https://two.example")
    assert several.authorization_servers_for("https://two.example") == ("https://two.example",)


@pytest.mark.parametrize("hint", ["https://evil.example", "https://two.example/", ISSUER])
def test_server_that_the_issuer_does_not_name(hint: str) -> None:
    metadata = parse(authorization_servers=["https://one.example", "https://two.example"])
    with pytest.raises(SchemaError) as caught:
        metadata.authorization_servers_for(hint)
    assert caught.value.kind == "issuer_mismatch"


def test_ours_can_require_encryption() -> None:
    ours = RequestEncryption(
        jwks=JwkSet(keys=(KEY,)), enc_values_supported=("A256GCM",), encryption_required=True
    )
    assert ours.to_json()["jwks"] == {"keys": [KEY]}
    assert IssuerDisplay(name="École", locale="fr").to_json() == {"name": "École", "locale": "fr"}
