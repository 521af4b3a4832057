"""Whatever stands in a message, it is read or it is a SchemaError that quotes nothing.

Valid messages are damaged at one place; every reader takes every damaged message.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet_schemas.asking import beyond
from carnet_schemas.dcql import check_answer, evaluate, parse_dcql
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.form import parse_form
from carnet_schemas.oauth import (
    OAuthErrorBody,
    TokenResponse,
    parse_authorization_server_metadata,
    parse_token_request,
)
from carnet_schemas.oid4vci import (
    CredentialResponse,
    NonceResponse,
    NotificationRequest,
    parse_credential_issuer_metadata,
    parse_credential_offer,
    parse_credential_request,
    parse_offer_uri,
)
from carnet_schemas.oid4vp import (
    DirectPostResult,
    check_authorization_request,
    parse_client_id,
    parse_encrypted_payload,
    parse_request_uri,
    parse_response_form,
    parse_vp_token,
)
from support.fuzzing import fuzz
from support.questions import asking, held, shown

ISSUER = "https://i.example"
MARK = "s3cr3t-mark"
KEY = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "1", "alg": "ECDH-ES"}
QUESTION = {
    "credentials": [
        asking(
            {"id": "a", "path": ["a", None, "b"], "values": ["x", 1, True]},
            {"id": "b", "path": ["c"]},
            claim_sets=[["a", "b"], ["b"]],
            multiple=True,
            trusted_authorities=[{"type": "aki", "values": ["x"]}],
        )
    ],
    "credential_sets": [{"options": [["c"]], "required": True}],
}
ASKER = parse_client_id("x509_san_dns:v.example")


def question(value: Any) -> None:
    query = parse_dcql(value)
    beyond(query)
    claims = {"a": [{"b": 1}, {"b": "x"}], "c": 1}
    evaluate(query, [held(claims, authorities=(("aki", "x"),))])
    answer = shown(claims, authorities=(("aki", "x"),))
    check_answer(query, {"c": [answer]})


READERS: list[tuple[Callable[[Any], object], Any]] = [
    (
        parse_credential_offer,
        {
            "credential_issuer": ISSUER,
            "credential_configuration_ids": ["a"],
            "grants": {
                "urn:ietf:params:oauth:grant-type:pre-authorized_code": {
                    "pre-authorized_code": "c",
                    "tx_code": {"length": 6, "input_mode": "numeric", "description": "d"},
                }
            },
        },
    ),
    (
        lambda value: parse_credential_issuer_metadata(value, issuer=ISSUER).configuration("a"),
        {
            "credential_issuer": ISSUER,
            "credential_endpoint": ISSUER,
            "credential_request_encryption": {
                "jwks": {"keys": [KEY]},
                "enc_values_supported": ["A128GCM"],
                "encryption_required": False,
            },
            "batch_credential_issuance": {"batch_size": 10},
            "display": [{"name": "n", "locale": "fr", "logo": {"uri": "u"}}],
            "credential_configurations_supported": {
                "a": {
                    "format": "dc+sd-jwt",
                    "vct": "v",
                    "cryptographic_binding_methods_supported": ["jwk"],
                    "proof_types_supported": {
                        "jwt": {"proof_signing_alg_values_supported": ["ES256"]}
                    },
                    "credential_metadata": {"claims": [{"path": ["a", None]}]},
                }
            },
        },
    ),
    (
        lambda value: parse_authorization_server_metadata(value, issuer=ISSUER),
        {"issuer": ISSUER, "token_endpoint": ISSUER, "grant_types_supported": ["x"]},
    ),
    (
        lambda value: parse_credential_request(value, max_proofs=2),
        {
            "credential_configuration_id": "a",
            "proofs": {"jwt": ["x"]},
            "credential_response_encryption": {"jwk": KEY, "enc": "A128GCM"},
        },
    ),
    (CredentialResponse.parse, {"credentials": [{"credential": "x"}], "notification_id": "n"}),
    (CredentialResponse.parse, {"transaction_id": "t", "interval": 5}),
    (NonceResponse.parse, {"c_nonce": "x"}),
    (NotificationRequest.parse, {"notification_id": "n", "event": "credential_accepted"}),
    (OAuthErrorBody.parse, {"error": "e", "error_description": "d"}),
    (
        TokenResponse.parse,
        {
            "access_token": "t",
            "token_type": "Bearer",
            "authorization_details": [
                {
                    "type": "openid_credential",
                    "credential_configuration_id": "a",
                    "credential_identifiers": ["b"],
                    "claims": [{"path": ["x"], "mandatory": True}],
                }
            ],
        },
    ),
    (question, QUESTION),
    (
        lambda value: check_authorization_request(
            value if isinstance(value, dict) else {},
            client_id=ASKER,
            signed=True,
            wallet_nonce=None,
        ),
        {
            "client_id": ASKER.text,
            "response_type": "vp_token",
            "response_mode": "direct_post.jwt",
            "response_uri": "https://v.example/r",
            "nonce": "n" * 22,
            "state": "s",
            "dcql_query": QUESTION,
            "client_metadata": {
                "jwks": {"keys": [KEY]},
                "encrypted_response_enc_values_supported": ["A128GCM"],
                "vp_formats_supported": {"dc+sd-jwt": {}},
            },
            "verifier_info": [{"format": "jwt", "data": "x", "credential_ids": ["c"]}],
        },
    ),
    (parse_vp_token, {"c": ["x", "y"]}),
    (parse_encrypted_payload, {"vp_token": {"c": ["x"]}, "state": "s"}),
    (DirectPostResult.parse, {"redirect_uri": "x:y"}),
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from([MARK, "", "https://x", "a" * 20_000, "\x00", "é", "-1", "__class__"]),
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for step, each in inner:
            yield from places(each, (*path, step))


def damaged(value: Any, path: tuple[Any, ...], damage: Any) -> Any:
    if not path:
        return damage
    step, *rest = path
    if isinstance(value, dict):
        return {**value, step: damaged(value[step], tuple(rest), damage)}
    return [
        damaged(each, tuple(rest), damage) if index == step else each
        for index, each in enumerate(value)
    ]


def error_of(reader: Callable[[Any], object], value: Any) -> SchemaError | None:
    """How reading ended; any other exception is the failure looked for."""
    try:
        reader(value)
    except SchemaError as error:
        return error
    return None


@pytest.mark.parametrize("number", range(len(READERS)))
def test_valid_messages_of_the_fuzzing_are_read(number: int) -> None:
    reader, valid = READERS[number]
    reader(valid)


@pytest.mark.parametrize("number", range(len(READERS)))
@fuzz(75)
@given(data=st.data())
def test_damaged_message_is_read_or_a_schema_error(number: int, data: st.DataObject) -> None:
    reader, valid = READERS[number]
    path = data.draw(st.sampled_from(list(places(valid))))
    value = damaged(valid, path, data.draw(anything))
    error = error_of(reader, value)
    assert error is None or error.kind in set(SchemaErrorKind)
    assert MARK not in f"{error} {error!r} {getattr(error, 'pointer', '')}"


@fuzz(150)
@given(text=st.text(alphabet="ab=&%+#?:/zF0é\x00", max_size=40))
def test_any_text_is_a_link_or_a_form_or_a_schema_error(text: str) -> None:
    for reader in (parse_form, parse_offer_uri, parse_request_uri):
        for attempt in (text, f"x:?{text}", f"x:?client_id=a&{text}"):
            error = error_of(reader, attempt)
            assert error is None or error.kind in {"malformed", "too_large", "request_untrusted"}


@fuzz(100)
@given(
    form=st.dictionaries(
        st.sampled_from(
            [
                "grant_type",
                "pre-authorized_code",
                "tx_code",
                "vp_token",
                "response",
                "error",
                "error_description",
                "state",
            ]
        ),
        st.text(max_size=6),
    )
)
def test_any_form_is_read_or_a_schema_error(form: dict[str, str]) -> None:
    readers: list[Callable[[dict[str, str]], object]] = [parse_token_request, parse_response_form]
    for reader in readers:
        error = error_of(reader, form)
        assert error is None or error.kind in {"malformed", "too_large"}
