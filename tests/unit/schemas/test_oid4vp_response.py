"""What is posted to an asker, and what it answers."""

from typing import Any

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp import (
    AuthorizationErrorBody,
    AuthorizationErrorCode,
    DirectPostResult,
    EncryptedResponse,
    ErrorResponse,
    PlainResponse,
    ResponsePayload,
    parse_encrypted_payload,
    parse_response_form,
    parse_vp_token,
    vp_token_json,
)
from carnet_schemas.oid4vp_response import MAX_PRESENTATION_CHARACTERS, MAX_PRESENTATIONS


def test_plain_answer() -> None:
    read = parse_response_form({"vp_token": '{"c":["a~"]}', "state": "s", "strange": "x"})
    assert read == PlainResponse(unverified_vp_token_text='{"c":["a~"]}', state="s")
    assert "a~" not in repr(read)


def test_encrypted_answer_and_nothing_beside_it() -> None:
    read = parse_response_form({"response": "a.b.c.d.e", "state": "of whom"})
    assert read == EncryptedResponse(unverified_jwe="a.b.c.d.e")
    assert "a.b.c" not in repr(read)


def test_error_answer() -> None:
    form = {"error": "access_denied", "error_description": "No.", "state": "s"}
    assert parse_response_form(form) == ErrorResponse(
        error="access_denied", error_description="No.", state="s"
    )


@pytest.mark.parametrize(
    "description", ["dénié", 'a "quote"', "back\\slash", "line\nend", "\x00", "x" * 1025]
)
def test_Q12_words_of_an_error_that_break_the_rules_are_dropped(description: str) -> None:
    read = parse_response_form({"error": "access_denied", "error_description": description})
    assert isinstance(read, ErrorResponse)
    assert read.error_description is None


def test_Q12_words_of_an_error_are_as_they_came() -> None:
    """Angle brackets are allowed on the wire: escaping is for whoever shows them."""
    read = parse_response_form({"error": "x", "error_description": "<script>"})
    assert isinstance(read, ErrorResponse)
    assert read.error_description == "<script>"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"state": "s"},
        {"vp_token": "{}", "response": "a"},
        {"vp_token": "{}", "error": "x"},
        {"response": "a", "error": "x"},
        {"presentation_submission": "{}"},
        {"error": "é"},
        {"error": "a b"},
        {"error": "x" * 129},
        {"vp_token": "{}", "state": "s" * 513},
    ],
)
def test_post_malformed(form: dict[str, str]) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_response_form(form)
    assert caught.value.kind == "malformed"


def test_payload_of_an_encrypted_answer() -> None:
    read = parse_encrypted_payload({"vp_token": {"c": ["a~"]}, "state": "s", "iss": "x"})
    assert read == ResponsePayload(vp_token={"c": ("a~",)}, state="s")
    assert "a~" not in repr(read)
    assert parse_encrypted_payload({"error": "access_denied"}) == ErrorResponse(
        error="access_denied", error_description=None, state=None
    )


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {},
        {"state": "s"},
        {"vp_token": {"c": ["a~"]}, "error": "x"},
        {"vp_token": '{"c":["a~"]}'},
        {"vp_token": {"c": ["a~"]}, "state": 5},
        {"error": 5},
        {"response": "a.b.c"},
    ],
)
def test_payload_malformed(payload: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_encrypted_payload(payload)
    assert caught.value.kind == "malformed"


@pytest.mark.parametrize(
    "token",
    [
        None,
        [],
        "a~",
        ["a~"],
        {},
        {"c": "a~"},
        {"c": []},
        {"c": [""]},
        {"c": [5]},
        {"c": [None]},
        {"c": [{"vp": 1}]},
        {"c": {"0": "a~"}},
        {"": ["a~"]},
        {"a b": ["a~"]},
        {"é": ["a~"]},
        {"c\n": ["a~"]},
        {"x" * 129: ["a~"]},
    ],
)
def test_vp_token_malformed(token: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_vp_token(token)
    assert caught.value.kind == "malformed"
    assert "a~" not in str(caught.value)


@pytest.mark.parametrize(
    "token",
    [
        {f"c{index}": ["a~"] for index in range(33)},
        {"c": ["a~"] * (MAX_PRESENTATIONS + 1)},
        {f"c{index}": ["a~"] * 10 for index in range(11)},
        {"c": ["a" * (MAX_PRESENTATION_CHARACTERS + 1)]},
    ],
)
def test_vp_token_too_large(token: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_vp_token(token)
    assert caught.value.kind == "too_large"


def test_vp_token_at_its_bounds() -> None:
    assert len(parse_vp_token({"c": ["a~"] * MAX_PRESENTATIONS})["c"]) == MAX_PRESENTATIONS
    assert parse_vp_token({"c": ["a" * MAX_PRESENTATION_CHARACTERS]})
    assert len(parse_vp_token({f"c{index}": ["a~"] for index in range(32)})) == 32


def test_vp_token_we_send() -> None:
    assert vp_token_json({"c": ("a~", "b~")}) == {"c": ["a~", "b~"]}
    for wrong in ({}, {"c": ()}, {"a b": ("a~",)}):
        with pytest.raises(SchemaError):
            vp_token_json(wrong)


def test_vp_token_does_not_change_once_read() -> None:
    token = parse_vp_token({"c": ["a~"]})
    with pytest.raises(TypeError):
        token["d"] = ()  # type: ignore[index]  # what is proved to fail


def test_error_we_post_and_result_we_answer() -> None:
    body = AuthorizationErrorBody(error=AuthorizationErrorCode.ACCESS_DENIED, state="s")
    assert body.to_json() == {"error": "access_denied", "state": "s"}
    assert DirectPostResult().to_json() == {}
    assert DirectPostResult.parse({"redirect_uri": "app:x", "y": 1}).redirect_uri == "app:x"
    wrongs: list[Any] = [[], {"redirect_uri": ""}, {"redirect_uri": 5}]
    for wrong in wrongs:
        with pytest.raises(SchemaError):
            DirectPostResult.parse(wrong)
