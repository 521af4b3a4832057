"""The base of messages: strict, closed on the way out, silent about values."""

from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from carnet_schemas.errors import SchemaError
from carnet_schemas.messages import (
    MAX_ARRAY_ELEMENTS,
    MAX_STRING_CHARACTERS,
    MAX_URL_CHARACTERS,
    Array,
    ClaimPath,
    ErrorText,
    IssuerIdentifier,
    Message,
    NonEmptyArray,
    Text,
    UniqueArray,
    Url,
)


class Part(Message):
    """A part."""

    number: Annotated[int, Field(ge=0)] | None = None
    truth: bool | None = None
    real: float | None = None


class Whole(Message):
    """Every kind of member."""

    text: Text
    part: Part | None = None
    parts: Array[Part] | None = None
    unique: UniqueArray[Text] | None = None
    url: Url | None = None
    issuer: IssuerIdentifier | None = None
    error: ErrorText | None = None
    path: ClaimPath | None = None
    dashed: Annotated[str | None, Field(alias="da-shed")] = None
    raw: dict[str, Any] | None = None
    named: dict[str, Part] | None = None


def error_of(value: object) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        Whole.parse(value)
    return caught.value


def test_unknown_members_are_ignored_when_read_and_never_written() -> None:
    read = Whole.parse({"text": "x", "strange": 1, "part": {"other": 2}})
    assert read.to_json() == {"text": "x", "part": {}}


def test_members_have_their_wire_names_when_read_and_written() -> None:
    assert Whole.parse({"text": "x", "da-shed": "y"}).to_json() == {"text": "x", "da-shed": "y"}
    assert Whole.parse({"text": "x", "dashed": "y"}).dashed is None
    assert Whole(text="x", dashed="y").to_json() == {"text": "x", "da-shed": "y"}


def test_nulls_inside_raw_json_and_paths_are_kept() -> None:
    value = {"text": "x", "raw": {"a": None, "b": [None]}, "path": ["a", None, 0]}
    assert Whole.parse(value).to_json() == value


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (None, ""),
        ([], ""),
        ("x", ""),
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": 1}, "/text"),
        ({"text": b"x"}, "/text"),
        ({"text": "x", "part": []}, "/part"),
        ({"text": "x", "part": {"number": True}}, "/part/number"),
        ({"text": "x", "part": {"number": "1"}}, "/part/number"),
        ({"text": "x", "part": {"number": 1.0}}, "/part/number"),
        ({"text": "x", "part": {"number": -1}}, "/part/number"),
        ({"text": "x", "part": {"truth": 1}}, "/part/truth"),
        ({"text": "x", "part": {"truth": "true"}}, "/part/truth"),
        ({"text": "x", "part": {"real": "1"}}, "/part/real"),
        ({"text": "x", "parts": {}}, "/parts"),
        ({"text": "x", "parts": "x"}, "/parts"),
        ({"text": "x", "parts": [{}, {"number": "1"}]}, "/parts/1/number"),
        ({"text": "x", "unique": []}, "/unique"),
        ({"text": "x", "unique": ["a", "a"]}, "/unique"),
        ({"text": "x", "error": "accentué"}, "/error"),
        ({"text": "x", "error": 'a"b'}, "/error"),
        ({"text": "x", "error": "a\\b"}, "/error"),
        ({"text": "x", "error": "a\nb"}, "/error"),
        ({"text": "x", "path": []}, "/path"),
        ({"text": "x", "path": [-1]}, "/path"),
        ({"text": "x", "path": "a"}, "/path"),
        ({"text": "x", "raw": []}, "/raw"),
    ],
)
def test_malformed(value: object, pointer: str) -> None:
    error = error_of(value)
    assert (error.kind, error.pointer) == ("malformed", pointer)


@pytest.mark.parametrize(
    "value",
    [
        {"text": "x" * (MAX_STRING_CHARACTERS + 1)},
        {"text": "x", "parts": [{}] * (MAX_ARRAY_ELEMENTS + 1)},
        {"text": "x", "url": "https://a.example/" + "x" * MAX_URL_CHARACTERS},
        {"text": "x", "path": ["a"] * 33},
        {"text": "x", "path": ["a" * 1025]},
    ],
)
def test_too_large(value: object) -> None:
    assert error_of(value).kind == "too_large"


def test_at_the_bounds() -> None:
    prefix = "https://a.example/"
    Whole.parse({"text": "x" * MAX_STRING_CHARACTERS})
    Whole.parse({"text": "x", "parts": [{}] * MAX_ARRAY_ELEMENTS})
    Whole.parse({"text": "x", "url": prefix + "x" * (MAX_URL_CHARACTERS - len(prefix))})
    Whole.parse({"text": "x", "path": ["a"] * 32})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "//a.example",
        "ftp://a.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "HTTPS://a.example",
        "https://",
        "https:///path",
        "https://:443",
        "https:a.example",
        "https://user@a.example",
        "https://user:secret@a.example",
        "https://a.example@b.example",
        "https://a.example:port",
        "https://a.example:99999",
        "https://a.example:0",
        "https://a.example/a b",
        "https://a.example/\n",
        "https://a.example\\@b.example",
        "https://a.example/<x>",
        'https://a.example/"',
        "https://é.example",
        "https://[::1",
        " https://a.example",
    ],
)
def test_address_that_is_none(url: str) -> None:
    for member in ("url", "issuer"):
        assert error_of({"text": "x", member: url}).pointer == f"/{member}"


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "https://a.example/",
        "https://a.example:8443/t/1",
        "http://localhost:8000/x",
        "https://[::1]:8000/",
    ],
)
def test_address(url: str) -> None:
    read = Whole.parse({"text": "x", "url": url + "?q=1#f", "issuer": url})
    assert (read.url, read.issuer) == (url + "?q=1#f", url)


@pytest.mark.parametrize("url", ["https://a.example?x", "https://a.example/#f", "https://a#"])
def test_issuer_identifier_has_no_query_and_no_fragment(url: str) -> None:
    assert error_of({"text": "x", "issuer": url}).kind == "malformed"


def test_no_value_and_no_unknown_name_in_an_error() -> None:
    secret = "s3cr3t"
    for value in (
        {"text": 5, "part": secret},
        {"text": "x", "unique": [secret, secret]},
        {"text": "x", "part": {"number": secret}},
        {"text": "x", "named": {secret: {"number": "x"}}},
        {"text": "x", "url": secret},
        {"text": "x", "path": [{secret: 1}]},
    ):
        error = error_of(value)
        assert secret not in f"{error!r} {error} {error.pointer} {error.args}"
        assert error.__cause__ is None
        assert error.__suppress_context__


def test_pointer_stops_above_a_name_the_schema_does_not_know() -> None:
    assert error_of({"text": "x", "named": {"mine": {"number": "x"}}}).pointer == "/named"


def test_repr_shows_no_member() -> None:
    read = Whole.parse({"text": "s3cr3t", "part": {"number": 7}})
    assert repr(read) == str(read) == "Whole()"
    assert f"{[read]}" == "[Whole()]"


def test_a_message_does_not_change() -> None:
    read = Whole.parse({"text": "x"})
    with pytest.raises(ValidationError):
        read.text = "y"  # type: ignore[misc]  # what is proved to fail


def test_our_own_message_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValidationError) as caught:
        Whole(text="x", url="s3cr3t")
    assert "s3cr3t" not in str(caught.value)


def test_arrays_are_given_as_tuples_and_come_as_lists() -> None:
    class Listed(Message):
        """Two arrays."""

        one: NonEmptyArray[Text]

    assert Listed(one=("a", "b")).to_json() == {"one": ["a", "b"]}
    assert Listed.parse({"one": ["a"]}).one == ("a",)
