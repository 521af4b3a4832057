"""Forms and links: read strictly, written plainly."""

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.form import MAX_PARAMETERS, encode_form, parse_form, parse_link


def test_a_form_is_read() -> None:
    assert parse_form("a=1&b=x%20y+z&c=%C3%A9") == {"a": "1", "b": "x y z", "c": "é"}


def test_empty_form_and_empty_values_count_as_left_out() -> None:
    assert parse_form("") == {}
    assert parse_form("a=&b=1") == {"b": "1"}


@pytest.mark.parametrize(
    "text",
    [
        "a=1&a=2",
        "a=1&a=1",
        "a=&a=1",
        "a=1&%61=2",
        "a",
        "a=1&b",
        "=1",
        "&",
        "a=1&",
        "&a=1",
        "a=%",
        "a=%2",
        "a=%zz",
        "a=%C3",
        "a=%FF",
        "%=1",
        "a=é",
        "a=1&&b=2",
    ],
)
def test_form_that_is_not_well_formed(text: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_form(text)
    assert caught.value.kind == "malformed"


def test_bounds() -> None:
    pairs = [f"a{index}=1" for index in range(MAX_PARAMETERS)]
    assert len(parse_form("&".join(pairs))) == MAX_PARAMETERS
    for text, bound in [("&".join([*pairs, "b=1"]), 65536), ("a=" + "x" * 9, 10)]:
        with pytest.raises(SchemaError) as caught:
            parse_form(text, max_characters=bound)
        assert caught.value.kind == "too_large"
    assert parse_form("a=" + "x" * 8, max_characters=10)


def test_what_is_written_is_read_back() -> None:
    parameters = {"a": "1 + 2 = 3 & 4 % é \u2028", "b:c": "?#/"}
    assert parse_form(encode_form(parameters)) == parameters


@pytest.mark.parametrize(
    "uri",
    [
        "openid4vp://?a=1",
        "HAIP-VP://?a=1",
        "https://wallet.example/open?a=1",
        "x:?a=1",
        "eudi-openid4vp://host/path?a=1",
    ],
)
def test_any_scheme_opens_a_wallet(uri: str) -> None:
    link = parse_link(uri, max_characters=100)
    assert link.parameters == {"a": "1"}
    assert link.scheme == uri.partition(":")[0].lower()


@pytest.mark.parametrize(
    "uri", ["", "?a=1", "a=1", ":?a=1", "1x:?a=1", "x y:?a=1", "x:", "x://a", "x:?a=1#b", "x:#?a=1"]
)
def test_link_that_is_none(uri: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_link(uri, max_characters=100)
    assert caught.value.kind == "malformed"


def test_a_long_link_is_not_read() -> None:
    with pytest.raises(SchemaError) as caught:
        parse_link("x:?a=" + "1" * 100, max_characters=100)
    assert caught.value.kind == "too_large"


def test_repr_of_a_link_shows_nothing() -> None:
    assert "s3cr3t" not in repr(parse_link("x:?a=s3cr3t", max_characters=100))
