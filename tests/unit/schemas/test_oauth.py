"""OAuth messages: server metadata, the token request and its answer."""

from typing import Any

import pytest
from pydantic import ValidationError

from carnet_schemas.errors import SchemaError
from carnet_schemas.oauth import (
    PRE_AUTHORIZED_CODE,
    AuthorizationDetail,
    OAuthErrorBody,
    OAuthErrorCode,
    TokenRequest,
    TokenRequestError,
    TokenResponse,
    parse_authorization_server_metadata,
    parse_token_request,
)

ISSUER = "https://issuer.example/t/1"
METADATA: dict[str, Any] = {
    "issuer": ISSUER,
    "token_endpoint": f"{ISSUER}/token",
    "grant_types_supported": [PRE_AUTHORIZED_CODE],
    "pre-authorized_grant_anonymous_access_supported": True,
}
FORM = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": "c0de"}


def test_server_metadata() -> None:
    metadata = parse_authorization_server_metadata(METADATA, issuer=ISSUER)
    assert metadata.to_json() == METADATA
    assert metadata.grants_pre_authorized_code()
    assert metadata.pre_authorized_grant_anonymous_access_supported


@pytest.mark.parametrize(
    "issuer",
    [
        "https://issuer.example/t/2",
        "https://issuer.example/t/1/",
        "https://ISSUER.example/t/1",
        "http://issuer.example/t/1",
        "https://issuer.example:443/t/1",
        "",
    ],
)
def test_server_metadata_of_another_server(issuer: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_authorization_server_metadata(METADATA, issuer=issuer)
    assert caught.value.kind == "issuer_mismatch"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"issuer": None}, "/issuer"),
        ({"token_endpoint": None}, "/token_endpoint"),
        ({"token_endpoint": "/token"}, "/token_endpoint"),
        ({"grant_types_supported": "x"}, "/grant_types_supported"),
        ({"grant_types_supported": []}, "/grant_types_supported"),
        (
            {"pre-authorized_grant_anonymous_access_supported": "true"},
            "/pre-authorized_grant_anonymous_access_supported",
        ),
    ],
)
def test_server_metadata_malformed(changed: dict[str, Any], pointer: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_authorization_server_metadata({**METADATA, **changed}, issuer=ISSUER)
    assert (caught.value.kind, caught.value.pointer) == ("malformed", pointer)


@pytest.mark.parametrize(
    ("changed", "granted"),
    [
        ({"grant_types_supported": ["authorization_code"]}, False),
        ({"grant_types_supported": ["authorization_code", PRE_AUTHORIZED_CODE]}, True),
        ({"grant_types_supported": None}, True),
        (
            {
                "grant_types_supported": None,
                "pre-authorized_grant_anonymous_access_supported": False,
            },
            False,
        ),
    ],
)
def test_whether_a_server_takes_a_pre_authorized_code(
    changed: dict[str, Any], granted: bool
) -> None:
    value = {name: each for name, each in {**METADATA, **changed}.items() if each is not None}
    metadata = parse_authorization_server_metadata(value, issuer=ISSUER)
    assert metadata.grants_pre_authorized_code() is granted


def test_token_request() -> None:
    form = {**FORM, "tx_code": "493536", "client_id": "w", "strange": "x"}
    request = parse_token_request(form)
    assert (request.pre_authorized_code, request.tx_code) == ("c0de", "493536")
    assert parse_token_request(request.to_form()) == request
    assert TokenRequest(pre_authorized_code="c0de").to_form() == FORM
    assert "c0de" not in repr(request)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, OAuthErrorCode.INVALID_REQUEST),
        ({"grant_type": PRE_AUTHORIZED_CODE}, OAuthErrorCode.INVALID_REQUEST),
        ({"pre-authorized_code": "x"}, OAuthErrorCode.INVALID_REQUEST),
        ({**FORM, "grant_type": "authorization_code"}, OAuthErrorCode.UNSUPPORTED_GRANT_TYPE),
        ({**FORM, "grant_type": "password"}, OAuthErrorCode.UNSUPPORTED_GRANT_TYPE),
        (
            {**FORM, "grant_type": PRE_AUTHORIZED_CODE.upper()},
            OAuthErrorCode.UNSUPPORTED_GRANT_TYPE,
        ),
        (
            {"grant_type": PRE_AUTHORIZED_CODE, "pre_authorized_code": "x"},
            OAuthErrorCode.INVALID_REQUEST,
        ),
        ({**FORM, "tx_code": "1" * 65}, OAuthErrorCode.INVALID_REQUEST),
        ({**FORM, "pre-authorized_code": "1" * 20_000}, OAuthErrorCode.INVALID_REQUEST),
    ],
)
def test_token_request_refused(form: dict[str, str], error: OAuthErrorCode) -> None:
    with pytest.raises(TokenRequestError) as caught:
        parse_token_request(form)
    assert caught.value.error is error
    assert caught.value.kind == "malformed"


RESPONSE: dict[str, Any] = {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 600}


def test_token_response() -> None:
    response = TokenResponse.parse({**RESPONSE, "c_nonce": "of a draft"})
    assert response.to_json() == RESPONSE
    assert response.is_bearer
    assert response.credential_identifiers("x") == ()
    assert "t0ken" not in repr(response)
    assert TokenResponse.parse({**RESPONSE, "token_type": "bEARER"}).is_bearer
    assert not TokenResponse.parse({**RESPONSE, "token_type": "DPoP"}).is_bearer


def test_identifiers_are_those_of_the_configuration() -> None:
    details = [
        {
            "type": "openid_credential",
            "credential_configuration_id": name,
            "credential_identifiers": identifiers,
        }
        for name, identifiers in [("a", ["1", "2"]), ("b", ["3"])]
    ]
    response = TokenResponse.parse({**RESPONSE, "authorization_details": details})
    assert response.credential_identifiers("a") == ("1", "2")
    assert response.credential_identifiers("c") == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 1},
        {"access_token": "t\r\nX-Evil: 1"},
        {"access_token": "t\n"},
        {"access_token": "t\u0000"},
        {"access_token": "t\u20ac"},
        {"access_token": "t x"},
        {"access_token": "t\x7f"},
        {"token_type": None},
        {"expires_in": "600"},
        {"expires_in": -1},
        {"expires_in": True},
        {"expires_in": 1.5},
        {"authorization_details": []},
        {"authorization_details": {}},
        {"authorization_details": [{"type": "other", "credential_configuration_id": "a"}]},
        {"authorization_details": [{"type": "openid_credential"}]},
    ],
)
def test_token_response_malformed(changed: dict[str, Any]) -> None:
    with pytest.raises(SchemaError) as caught:
        TokenResponse.parse({**RESPONSE, **changed})
    assert caught.value.kind == "malformed"
    assert "t0ken" not in str(caught.value)


def test_authorization_detail_we_send() -> None:
    detail = AuthorizationDetail(credential_configuration_id="a")
    assert detail.to_json() == {"type": "openid_credential", "credential_configuration_id": "a"}


def test_error_body() -> None:
    body = OAuthErrorBody(error=OAuthErrorCode.INVALID_GRANT, error_description="Used.")
    assert body.to_json() == {"error": "invalid_grant", "error_description": "Used."}
    assert OAuthErrorBody.parse({"error": "of_their_own"}).error == "of_their_own"


@pytest.mark.parametrize(
    "body",
    [
        {"error": ""},
        {"error": "a b"},
        {"error": "é"},
        {"error": "x" * 129},
        {"error": "x", "error_description": "déjà utilisé"},
        {"error": "x", "error_description": "<b>\x00"},
    ],
)
def test_error_body_is_ascii(body: dict[str, str]) -> None:
    with pytest.raises(SchemaError):
        OAuthErrorBody.parse(body)
    with pytest.raises(ValidationError):
        OAuthErrorBody(**body)
