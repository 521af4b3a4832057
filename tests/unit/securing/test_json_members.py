"""`loads_members`: the strict parser for a walk that looks at each object once."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind, InvalidError


def kind_of(text: bytes, *, max_bytes: int = 1_000, max_depth: int = 32) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        strict_json.loads_members(text, max_bytes=max_bytes, max_depth=max_depth)
    return caught.value.kind


def plain(value: Any) -> Any:
    """What a walk that calls `members` on each object makes of it."""
    if isinstance(value, tuple):
        return {name: plain(member) for name, member in strict_json.members(value).items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    return value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.booleans(), st.sampled_from(["", " ", "\n\t\r "]))
def test_a_walk_gives_what_the_parser_gives(value: Any, is_ascii: bool, space: str) -> None:
    text = (space + json.dumps(value, ensure_ascii=is_ascii) + space).encode()
    walked = plain(strict_json.loads_members(text, max_bytes=100_000))
    assert walked == strict_json.loads(text, max_bytes=100_000) == value


@pytest.mark.parametrize("text", [b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'{"":0,"":0}'])
def test_duplicates_are_left_for_the_walk_which_refuses_them(text: bytes) -> None:
    pairs = strict_json.loads_members(text, max_bytes=1_000)
    assert len(pairs) == 2
    with pytest.raises(InvalidError) as caught:
        strict_json.members(pairs)
    assert caught.value.kind is ErrorKind.DUPLICATE_MEMBER


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b'{"a"}',
        b'{"a":1}x',
        b'{"a":1} {}',
        b"x{}",
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":9007199254740993}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"a":"\x01"}',
        "{}".encode("utf-16"),
    ],
)
def test_what_is_no_strict_json(text: bytes) -> None:
    assert kind_of(text, max_bytes=10_000) is ErrorKind.MALFORMED


def test_bounds() -> None:
    assert kind_of(b'{"a":1}', max_bytes=6) is ErrorKind.TOO_LARGE
    assert strict_json.loads_members(b'{"a":1}', max_bytes=7) == (("a", 1),)
    assert kind_of(b'{"a":[[]]}', max_depth=2) is ErrorKind.TOO_DEEP
    assert strict_json.loads_members(b'{"a":[[]]}', max_bytes=99, max_depth=3)
    deep = b"[" * 50_000 + b"]" * 50_000
    assert kind_of(deep, max_bytes=100_000) is ErrorKind.TOO_DEEP
    many = b"[" + b"[]," * 65_535 + b"[]]"
    assert kind_of(many, max_bytes=500_000) is ErrorKind.TOO_LARGE


@pytest.mark.parametrize(
    "text", [b'["[[[[", "]]]]"]', b'{"a\\"[[[":"{{{","b":["]"]}', b'["\\\\", "[[["]']
)
def test_brackets_in_texts_are_not_nesting(text: bytes) -> None:
    assert plain(strict_json.loads_members(text, max_bytes=99, max_depth=2)) == json.loads(text)


@pytest.mark.parametrize("text", [b'["]]]",[[1]]]', b'{"a":"}}}","b":{"c":{}}}', b'["\\"]",[[1]]]'])
def test_brackets_in_texts_hide_no_nesting(text: bytes) -> None:
    assert kind_of(text, max_depth=2) is ErrorKind.TOO_DEEP
    assert strict_json.loads_members(text, max_bytes=99, max_depth=3)
