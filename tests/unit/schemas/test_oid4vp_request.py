"""Presentation requests: the link, and every rule a wallet holds a request to."""

from typing import Any

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp import (
    AuthorizationErrorCode,
    AuthorizationRequest,
    ClientMetadata,
    RequestByReference,
    RequestByValue,
    RequestError,
    ResponseMode,
    UnsignedRequest,
    check_authorization_request,
    choose_encryption,
    parse_client_id,
    parse_request_uri,
    request_object,
    request_uri_by_reference,
    request_uri_by_value,
)
from carnet_schemas.oid4vp_link import MAX_REQUEST_LINK_CHARACTERS
from carnet_securing import strict_json
from support.questions import asking, query

ASKER = "x509_san_dns:v.example"
NONCE = "n-0S6_WzA2Mj.~aBcDeFgH"
KEY = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "1", "alg": "ECDH-ES"}
FORMATS = {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}}
REQUEST: dict[str, Any] = {
    "client_id": ASKER,
    "response_type": "vp_token",
    "response_mode": "direct_post",
    "response_uri": "https://v.example/response/1",
    "nonce": NONCE,
    "state": "s" * 22,
    "dcql_query": query(asking(["title"])).to_json(),
    "aud": "https://self-issued.me/v2",
}
INVALID = AuthorizationErrorCode.INVALID_REQUEST


def changed(**members: Any) -> dict[str, Any]:
    value = {**REQUEST, **members}
    return {name: each for name, each in value.items() if each is not None}


def check(
    claims: dict[str, Any],
    *,
    client_id: str = ASKER,
    signed: bool = True,
    wallet_nonce: str | None = None,
) -> AuthorizationRequest:
    return check_authorization_request(
        claims, client_id=parse_client_id(client_id), signed=signed, wallet_nonce=wallet_nonce
    )


def refusal(claims: dict[str, Any], **expected: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        check(claims, **expected)
    return caught.value


def test_request_that_keeps_the_rules() -> None:
    request = check(changed(iss="ignored", strange={"x": 1}, exp=5))
    assert request.client_id.text == ASKER
    assert request.response_mode is ResponseMode.DIRECT_POST
    assert request.response_uri == "https://v.example/response/1"
    assert (request.nonce, request.state) == (NONCE, "s" * 22)
    assert request.query == query(asking(["title"]))
    assert NONCE not in repr(request)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param(changed(), {"signed": False}, id="P01-unsigned-under-signed-prefix"),
        pytest.param(
            changed(client_id="decentralized_identifier:did:web:v.example"),
            {"client_id": "decentralized_identifier:did:web:v.example", "signed": False},
            id="P01-unsigned-did",
        ),
        pytest.param(changed(client_id="x509_san_dns:w.example"), {}, id="P03-other-asker-inside"),
        pytest.param(changed(client_id="X509_san_dns:v.example"), {}, id="P03-case"),
        pytest.param(changed(client_id="v.example"), {}, id="P03-without-its-prefix"),
        pytest.param(changed(client_id="origin:https://v.example"), {}, id="P04-origin"),
        pytest.param(
            changed(client_id="redirect_uri:https://v.example/response/1"),
            {"client_id": "redirect_uri:https://v.example/response/1"},
            id="P05-signed-under-redirect-uri",
        ),
        pytest.param(changed(response_uri="https://evil.example/r"), {}, id="P08-another-host"),
        pytest.param(changed(response_uri="https://v.example.evil.example/r"), {}, id="P08-suffix"),
        pytest.param(changed(response_uri="https://sub.v.example/r"), {}, id="P08-below"),
        pytest.param(
            changed(client_id="redirect_uri:https://v.example/r", aud=None),
            {"client_id": "redirect_uri:https://v.example/r", "signed": False},
            id="P08-redirect-uri-elsewhere",
        ),
        pytest.param(changed(), {"wallet_nonce": "w"}, id="P11-wallet-nonce-not-echoed"),
        pytest.param(
            changed(wallet_nonce="v"), {"wallet_nonce": "w"}, id="P11-wallet-nonce-of-another"
        ),
        pytest.param(changed(aud="https://wallet.example"), {}, id="aud-of-another-wallet"),
    ],
)
def test_request_untrusted(claims: dict[str, Any], expected: dict[str, Any]) -> None:
    error = refusal(claims, **expected)
    assert (error.kind, error.error) == ("request_untrusted", INVALID)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(changed(nonce=None), id="P13-missing"),
        pytest.param(changed(nonce=""), id="P13-empty"),
        pytest.param(changed(nonce="abc"), id="P13-three-characters"),
        pytest.param(changed(nonce="n" * 11), id="P13-eleven-characters"),
        pytest.param(changed(nonce="n" * 11 + "/"), id="P13-twelve-not-url-safe"),
        pytest.param(changed(nonce="n" * 513), id="P13-too-long"),
        pytest.param(changed(nonce="n" * 22 + "+"), id="P13-not-url-safe"),
        pytest.param(changed(nonce="n" * 22 + " "), id="P13-blank"),
        pytest.param(changed(nonce="n" * 22 + "\n"), id="P13-line-end"),
        pytest.param(changed(nonce="é" * 22), id="P13-accent"),
        pytest.param(changed(nonce=5), id="P13-number"),
        pytest.param(changed(state="a b"), id="state-blank"),
        pytest.param(changed(state=""), id="state-empty"),
        pytest.param(changed(state="s" * 513), id="state-too-long"),
        pytest.param(changed(state=5), id="state-number"),
        pytest.param(changed(response_type=None), id="no-response-type"),
        pytest.param(changed(response_mode=None), id="no-response-mode"),
        pytest.param(changed(response_mode="fragment"), id="fragment"),
        pytest.param(changed(response_mode="dc_api"), id="dc-api"),
        pytest.param(changed(response_mode="Direct_post"), id="mode-case"),
        pytest.param(changed(response_uri=None), id="no-response-uri"),
        pytest.param(changed(response_uri="/response"), id="relative-response-uri"),
        pytest.param(changed(response_uri="javascript:x"), id="script-response-uri"),
        pytest.param(changed(redirect_uri="https://v.example/cb"), id="redirect-uri-too"),
        pytest.param(changed(redirect_uri=""), id="redirect-uri-empty"),
        pytest.param(changed(request_uri="https://v.example/r/2"), id="request-uri-inside"),
        pytest.param(changed(request="e30.e30."), id="request-inside"),
        pytest.param(changed(request=""), id="request-inside-empty"),
        pytest.param(changed(dcql_query=None), id="no-question"),
        pytest.param(changed(dcql_query="{}"), id="question-as-text"),
        pytest.param(changed(dcql_query={}), id="empty-question"),
        pytest.param(changed(scope="com.example.x"), id="two-questions"),
        pytest.param(changed(client_metadata=[]), id="metadata-array"),
        pytest.param(changed(client_metadata={"jwks": {}}), id="metadata-keys"),
        pytest.param(changed(verifier_info=[]), id="verifier-info-empty"),
        pytest.param(changed(verifier_info=[{"format": "jwt"}]), id="verifier-info-no-data"),
        pytest.param(changed(client_id=None), id="no-asker"),
        pytest.param(changed(client_id=5), id="asker-number"),
        pytest.param(changed(response_mode="direct_post.jwt"), id="P15-no-key-to-encrypt-to"),
    ],
)
def test_request_malformed(claims: dict[str, Any]) -> None:
    error = refusal(claims)
    assert (error.kind, error.error) == ("malformed", INVALID)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param(
            changed(transaction_data=["eyJ0eXBlIjoieCJ9"]),
            AuthorizationErrorCode.INVALID_TRANSACTION_DATA,
            id="P23-transaction-data",
        ),
        pytest.param(
            changed(transaction_data=[]),
            AuthorizationErrorCode.INVALID_TRANSACTION_DATA,
            id="P23-empty-transaction-data",
        ),
        pytest.param(
            changed(dcql_query=None, scope="com.example.x"),
            AuthorizationErrorCode.INVALID_SCOPE,
            id="scope",
        ),
        pytest.param(
            changed(response_type="vp_token id_token"),
            AuthorizationErrorCode.UNSUPPORTED_RESPONSE_TYPE,
            id="id-token",
        ),
        pytest.param(
            changed(response_type="code"),
            AuthorizationErrorCode.UNSUPPORTED_RESPONSE_TYPE,
            id="code",
        ),
        pytest.param(
            changed(client_metadata={"vp_formats_supported": {"mso_mdoc": {}}}),
            AuthorizationErrorCode.VP_FORMATS_NOT_SUPPORTED,
            id="formats-of-the-asker",
        ),
        pytest.param(
            changed(dcql_query={"credentials": [{"id": "a", "format": "mso_mdoc", "meta": {}}]}),
            AuthorizationErrorCode.VP_FORMATS_NOT_SUPPORTED,
            id="formats-of-the-question",
        ),
    ],
)
def test_request_refused_with_its_own_code(
    claims: dict[str, Any], code: AuthorizationErrorCode
) -> None:
    assert refusal(claims).error is code


@pytest.mark.parametrize("nonce", ["n-0S6_WzA2Mj", "n" * 12, "n" * 512])
def test_nonce_of_twelve_characters_as_in_the_examples_of_the_specification(nonce: str) -> None:
    assert check(changed(nonce=nonce)).nonce == nonce


def test_state_is_needed_where_an_answer_may_come_without_the_holders_proof() -> None:
    loose = query(asking(["title"], require_cryptographic_holder_binding=False)).to_json()
    assert check(changed(dcql_query=loose))
    for state in (None, "s" * 21):
        assert refusal(changed(dcql_query=loose, state=state)).pointer == "/state"
    assert check(changed(state=None)).state is None
    assert check(changed(state="s")).state == "s"


def test_unsigned_request_answers_to_the_address_that_names_the_asker() -> None:
    asker = "redirect_uri:https://v.example/response/1"
    request = check(changed(client_id=asker, response_uri=None), client_id=asker, signed=False)
    assert request.response_uri == "https://v.example/response/1"


def test_host_of_the_answer_compares_without_case() -> None:
    assert check(changed(response_uri="https://V.example:8443/r"))


def test_audience_may_be_left_out() -> None:
    assert check(changed(aud=None))


def metadata(*keys: dict[str, Any], **members: Any) -> ClientMetadata:
    return ClientMetadata.parse({"jwks": {"keys": list(keys)}, **members})


@pytest.mark.parametrize(
    "unusable",
    [
        {**KEY, "use": "sig"},
        {**KEY, "alg": "RSA1_5"},
        {**KEY, "alg": "ECDH-ES+A256KW"},
        {name: each for name, each in KEY.items() if name != "alg"},
        {name: each for name, each in KEY.items() if name != "kid"},
        {**KEY, "kid": ""},
        {**KEY, "crv": "P-384"},
        {**KEY, "kty": "RSA"},
        {**KEY, "kty": "OKP", "crv": "X25519"},
        {**KEY, "d": "x"},
        {},
    ],
)
def test_P15_unusable_key_is_passed_over_where_another_fits(unusable: dict[str, Any]) -> None:
    other = {**KEY, "kid": "2"}
    assert choose_encryption(metadata(unusable, other, KEY)).keys == (other, KEY)
    with pytest.raises(RequestError):
        choose_encryption(metadata(unusable))


@pytest.mark.parametrize(
    ("listed", "chosen"),
    [
        (None, "A128GCM"),
        (["A128GCM", "A256GCM"], "A256GCM"),
        (["A256GCM", "A128GCM"], "A256GCM"),
        (["A128CBC-HS256", "A256GCM"], "A256GCM"),
        (["A128CBC-HS256", "A128GCM"], "A128GCM"),
        (["A192GCM", "A128GCM"], "A128GCM"),
    ],
)
def test_cipher_is_the_strongest_of_theirs_that_is_ours(listed: Any, chosen: str) -> None:
    members = {} if listed is None else {"encrypted_response_enc_values_supported": listed}
    assert choose_encryption(metadata(KEY, **members)).enc == chosen


@pytest.mark.parametrize("listed", [["A128CBC-HS256"], ["a128gcm"], ["none"]])
def test_P15_no_cipher_of_ours(listed: list[str]) -> None:
    with pytest.raises(RequestError):
        choose_encryption(metadata(KEY, encrypted_response_enc_values_supported=listed))


def test_encrypted_answer() -> None:
    claims = changed(response_mode="direct_post.jwt", client_metadata={"jwks": {"keys": [KEY]}})
    assert check(claims).response_mode is ResponseMode.DIRECT_POST_JWT
    for value in (None, ClientMetadata()):
        with pytest.raises(RequestError):
            choose_encryption(value)


def ours(client_id: str = ASKER, **members: Any) -> dict[str, Any]:
    return request_object(
        **{
            "client_id": client_id,
            "response_mode": ResponseMode.DIRECT_POST,
            "response_uri": "https://v.example/response/1",
            "nonce": NONCE,
            "state": "s" * 22,
            "query": query(asking(["title"])),
            "client_metadata": ClientMetadata(vp_formats_supported=FORMATS),
            **members,
        }
    )


def test_our_request_object() -> None:
    expected = {**REQUEST, "client_metadata": {"vp_formats_supported": FORMATS}}
    assert ours() == expected
    assert ours(wallet_nonce="w") == {**expected, "wallet_nonce": "w"}
    unsigned = ours("redirect_uri:https://v.example/response/1")
    assert "aud" not in unsigned


@pytest.mark.parametrize(
    "members",
    [
        {"nonce": "nonce"},
        {"nonce": "n" * 21},
        {"state": "a b"},
        {"response_uri": "https://evil.example"},
        {"response_mode": ResponseMode.DIRECT_POST_JWT},
        {"client_metadata": ClientMetadata(vp_formats_supported={})},
    ],
)
def test_our_own_request_is_held_to_the_rules(members: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        ours(**members)


def test_link_by_reference() -> None:
    link = request_uri_by_reference(ASKER, "https://v.example/request/1")
    assert link.startswith("openid4vp://?client_id=x509_san_dns%3Av.example&request_uri=")
    read = parse_request_uri(link + "&dcql_query=ignored&nonce=ignored")
    assert isinstance(read, RequestByReference)
    assert (read.client_id.text, read.request_uri, read.method) == (
        ASKER,
        "https://v.example/request/1",
        "get",
    )
    posted = request_uri_by_reference(ASKER, "https://v.example/r", method="post")
    read = parse_request_uri(posted.replace("openid4vp:", "haip-vp:"))
    assert isinstance(read, RequestByReference)
    assert read.method == "post"


def test_link_with_a_signed_request() -> None:
    read = parse_request_uri("https://wallet.example/?client_id=x&request=a.b.c")
    assert isinstance(read, RequestByValue)
    assert read.unverified_jwt == "a.b.c"
    assert "a.b.c" not in repr(read)


def test_link_with_an_unsigned_request_comes_back_whole() -> None:
    asker = "redirect_uri:https://v.example/response/1"
    claims = ours(asker)
    read = parse_request_uri(request_uri_by_value(claims, write_json=strict_json.dumps))
    assert isinstance(read, UnsignedRequest)
    assert set(read.unverified_texts) == {"dcql_query", "client_metadata"}
    parsed = {
        name: strict_json.loads(text, max_bytes=64 * 1024)
        for name, text in read.unverified_texts.items()
    }
    assert read.claims(parsed) == claims
    assert check(read.claims(parsed), client_id=asker, signed=False)
    for incomplete in ({}, {**parsed, "nonce": "x"}):
        with pytest.raises(SchemaError):
            read.claims(incomplete)


@pytest.mark.parametrize(
    ("link", "kind", "code"),
    [
        ("openid4vp://", "malformed", INVALID),
        ("openid4vp://?", "malformed", INVALID),
        ("openid4vp://?request_uri=https%3A%2F%2Fa.b", "malformed", INVALID),
        ("openid4vp://?client_id=x&request_uri=https%3A%2F%2Fa.b&request=a", "malformed", INVALID),
        ("openid4vp://?client_id=x&client_id=y&request=a", "malformed", INVALID),
        ("openid4vp://?client_id=x&request_uri=a.b", "malformed", INVALID),
        ("openid4vp://?client_id=x&request_uri=file%3A%2F%2F%2Fx", "malformed", INVALID),
        ("openid4vp://?client_id=x&request_uri_method=get&request=a", "malformed", INVALID),
        ("openid4vp://?client_id=origin%3Ax&request=a", "request_untrusted", INVALID),
        ("openid4vp://?client_id=x&request=%FF", "malformed", INVALID),
        ("openid4vp://?client_id=x#&request=a", "malformed", INVALID),
        *[
            (
                f"openid4vp://?client_id=x&request_uri=https%3A%2F%2Fa.b&request_uri_method={method}",
                "malformed",
                AuthorizationErrorCode.INVALID_REQUEST_URI_METHOD,
            )
            for method in ("PUT", "Post", "GET", "head", "post%20")
        ],
    ],
)
def test_P11_link_refused(link: str, kind: str, code: AuthorizationErrorCode) -> None:
    with pytest.raises(RequestError) as caught:
        parse_request_uri(link)
    assert (caught.value.kind, caught.value.error) == (kind, code)


def test_long_links_are_neither_read_nor_written() -> None:
    with pytest.raises(RequestError) as caught:
        parse_request_uri("x://?client_id=x&request=" + "a" * MAX_REQUEST_LINK_CHARACTERS)
    assert caught.value.kind == "too_large"
    with pytest.raises(SchemaError) as written:
        request_uri_by_value(
            {"client_id": "x", "state": "s" * MAX_REQUEST_LINK_CHARACTERS},
            write_json=strict_json.dumps,
        )
    assert written.value.kind == "too_large"
