"""Credential requests and responses, nonces and notifications."""

from typing import Any

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vci import (
    CredentialErrorCode,
    CredentialRequest,
    CredentialRequestError,
    CredentialResponse,
    IssuedCredential,
    NonceResponse,
    NotificationEvent,
    NotificationRequest,
    Proofs,
    ResponseEncryption,
    parse_credential_request,
)
from carnet_schemas.oid4vci_credential import MAX_CREDENTIALS

JWK = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "alg": "ECDH-ES"}
REQUEST: dict[str, Any] = {"credential_configuration_id": "a", "proofs": {"jwt": ["p.r.oof"]}}


def refusal(value: object, *, max_proofs: int = 10) -> CredentialRequestError:
    with pytest.raises(CredentialRequestError) as caught:
        parse_credential_request(value, max_proofs=max_proofs)
    assert "p.r.oof" not in str(caught.value)
    return caught.value


def test_our_request() -> None:
    ours = CredentialRequest(
        credential_configuration_id="a",
        proofs=Proofs(jwt=("p.r.oof",)),
        credential_response_encryption=ResponseEncryption(jwk=JWK, enc="A256GCM"),
    )
    expected = {**REQUEST, "credential_response_encryption": {"jwk": JWK, "enc": "A256GCM"}}
    assert ours.to_json() == expected
    assert parse_credential_request(expected, max_proofs=1) == ours
    assert "p.r.oof" not in repr(ours) + repr(ours.proofs)


def test_request_by_identifier_without_proofs() -> None:
    value = {"credential_identifier": "x", "strange": 1}
    assert parse_credential_request(value, max_proofs=1).to_json() == {"credential_identifier": "x"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        {},
        {"proofs": {"jwt": ["p.r.oof"]}},
        {**REQUEST, "credential_identifier": "b"},
        {**REQUEST, "credential_configuration_id": ""},
        {**REQUEST, "credential_configuration_id": 1},
        {**REQUEST, "credential_configuration_id": ["a"]},
        {"format": "dc+sd-jwt", "vct": "x", "proofs": {"jwt": ["p.r.oof"]}},
        {"credential_configuration_id": "a", "proof": {"proof_type": "jwt", "jwt": "p.r.oof"}},
        {"credential_configuration_id": "a", "proof": None},
        {"credential_configuration_id": "a", "proof": [], "proofs": None},
    ],
)
def test_request_malformed(value: object) -> None:
    assert refusal(value).error is CredentialErrorCode.INVALID_CREDENTIAL_REQUEST


@pytest.mark.parametrize("proof", [{"proof_type": "jwt", "jwt": "p.r.oof"}, None, 1])
def test_single_proof_of_the_drafts_is_ignored_beside_proofs(proof: object) -> None:
    read = parse_credential_request({**REQUEST, "proof": proof}, max_proofs=1)
    assert read == parse_credential_request(REQUEST, max_proofs=1)
    assert "proof" not in read.to_json()


@pytest.mark.parametrize("proofs", [{}, {"jwt": []}, {"jwt": "p.r.oof"}, {"cwt": ["p.r.oof"]}])
def test_single_proof_of_the_drafts_mends_no_bad_proofs(proofs: object) -> None:
    proof = {"proof_type": "jwt", "jwt": "p.r.oof"}
    error = refusal({**REQUEST, "proof": proof, "proofs": proofs}).error
    assert error is CredentialErrorCode.INVALID_PROOF


@pytest.mark.parametrize(
    "proofs",
    [
        {},
        [],
        "p.r.oof",
        {"jwt": []},
        {"jwt": "p.r.oof"},
        {"jwt": [1]},
        {"jwt": [""]},
        {"jwt": ["p.r.oof", None]},
        {"jwt": ["p.r.oof"], "attestation": ["p.r.oof"]},
        {"jwt": ["p.r.oof"], "di_vp": [{}]},
        {"di_vp": [{}]},
        {"cwt": ["p.r.oof"]},
        {"attestation": []},
        {"attestation": ["p.r.oof", "p.r.oof"]},
        {"attestation": "p.r.oof"},
    ],
)
def test_proofs_malformed(proofs: object) -> None:
    assert refusal({**REQUEST, "proofs": proofs}).error is CredentialErrorCode.INVALID_PROOF


@pytest.mark.parametrize(("sent", "allowed"), [(2, 1), (11, 10), (100_000, 10)])
def test_more_proofs_than_the_batch(sent: int, allowed: int) -> None:
    error = refusal({**REQUEST, "proofs": {"jwt": ["p.r.oof"] * sent}}, max_proofs=allowed)
    assert error.error is CredentialErrorCode.INVALID_CREDENTIAL_REQUEST
    assert error.kind == "too_large"


def test_as_many_proofs_as_the_batch() -> None:
    value = {**REQUEST, "proofs": {"jwt": ["p.r.oof"] * 10}}
    assert parse_credential_request(value, max_proofs=10).to_json() == value


@pytest.mark.parametrize(
    "encryption",
    [
        [],
        {},
        {"jwk": JWK},
        {"enc": "A128GCM"},
        {"jwk": [], "enc": "A128GCM"},
        {"jwk": JWK, "enc": ""},
        {"jwk": JWK, "enc": ["A128GCM"]},
        {"jwk": {name: each for name, each in JWK.items() if name != "alg"}, "enc": "A128GCM"},
        {"jwk": {**JWK, "alg": None}, "enc": "A128GCM"},
        {"jwk": {**JWK, "use": "sig"}, "enc": "A128GCM"},
        {"jwk": {**JWK, "d": "x"}, "enc": "A128GCM"},
        {"jwk": {"kty": "oct", "k": "x", "alg": "dir"}, "enc": "A128GCM"},
        {"jwk": JWK, "enc": "A128GCM", "zip": "DEF"},
    ],
)
def test_encryption_malformed(encryption: object) -> None:
    error = refusal({**REQUEST, "credential_response_encryption": encryption})
    assert error.error is CredentialErrorCode.INVALID_ENCRYPTION_PARAMETERS


def test_our_response() -> None:
    ours = CredentialResponse(
        credentials=(IssuedCredential(credential="a~"), IssuedCredential(credential="b~")),
        notification_id="n",
    )
    expected = {"credentials": [{"credential": "a~"}, {"credential": "b~"}], "notification_id": "n"}
    assert ours.to_json() == expected
    assert CredentialResponse.parse({**expected, "c_nonce": "x"}) == ours


def test_deferred_response() -> None:
    value = {"transaction_id": "t", "interval": 3600}
    assert CredentialResponse.parse(value).to_json() == value


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"credentials": []},
        {"credentials": {}},
        {"credentials": ["a~"]},
        {"credentials": [{}]},
        {"credentials": [{"credential": ""}]},
        {"credentials": [{"credential": 5}]},
        {"credentials": [{"credential": ["a"]}]},
        {"credential": "a~"},
        {"transaction_id": "t"},
        {"interval": 5},
        {"transaction_id": "t", "interval": 0},
        {"transaction_id": "t", "interval": -1},
        {"transaction_id": "t", "interval": True},
        {"transaction_id": "t", "interval": "5"},
        {"transaction_id": "t", "interval": 5, "credentials": [{"credential": "a"}]},
        {"transaction_id": "t", "interval": 5, "notification_id": "n"},
        {"credentials": [{"credential": "a"}], "interval": 5},
        {"notification_id": "n"},
    ],
)
def test_response_malformed(value: object) -> None:
    with pytest.raises(SchemaError) as caught:
        CredentialResponse.parse(value)
    assert caught.value.kind == "malformed"


def test_response_too_large() -> None:
    many = {"credentials": [{"credential": "a"}] * (MAX_CREDENTIALS + 1)}
    with pytest.raises(SchemaError) as caught:
        CredentialResponse.parse(many)
    assert caught.value.kind == "too_large"
    assert CredentialResponse.parse({"credentials": [{"credential": "a"}] * MAX_CREDENTIALS})


def test_nonce() -> None:
    assert NonceResponse.parse({"c_nonce": "x", "c_nonce_expires_in": 5}).to_json() == {
        "c_nonce": "x"
    }
    for value in ({}, {"c_nonce": ""}, {"c_nonce": 5}, {"c_nonce": None}, {"nonce": "x"}):
        with pytest.raises(SchemaError):
            NonceResponse.parse(value)


def test_notification() -> None:
    ours = NotificationRequest(notification_id="n", event=NotificationEvent.CREDENTIAL_ACCEPTED)
    assert ours.to_json() == {"notification_id": "n", "event": "credential_accepted"}
    assert NotificationRequest.parse(ours.to_json()) == ours


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"notification_id": "n"},
        {"event": "credential_accepted"},
        {"notification_id": "", "event": "credential_accepted"},
        {"notification_id": "n", "event": "Credential_accepted"},
        {"notification_id": "n", "event": "accepted"},
        {"notification_id": "n", "event": 1},
        {"notification_id": 1, "event": "credential_accepted"},
        {"notification_id": "n", "event": "credential_failure", "event_description": "échec"},
        {"notification_id": "n", "event": "credential_failure", "event_description": 'a"'},
    ],
)
def test_notification_malformed(value: object) -> None:
    with pytest.raises(SchemaError) as caught:
        NotificationRequest.parse(value)
    assert caught.value.kind == "malformed"
