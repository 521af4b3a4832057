"""The one JSON parser: what it refuses, at each limit and one beyond it."""

import math
import pickle

import pytest

from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError


def refused(data: str | bytes, kind: ErrorKind, *, max_bytes: int = 4096) -> None:
    with pytest.raises(InvalidError) as caught:
        strict_json.loads(data, max_bytes=max_bytes)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":1,"\\u0061":2}',
        '[{"x":{"b":null,"b":[]}}]',
        '{"":0,"":0}',
    ],
    ids=["same", "escaped", "nested", "empty-name"],
)
def test_duplicate_member_is_refused(text: str) -> None:
    refused(text, ErrorKind.DUPLICATE_MEMBER)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "[1e400]"])
def test_number_that_is_not_finite_is_refused(constant: str) -> None:
    refused(constant, ErrorKind.MALFORMED)


@pytest.mark.parametrize(
    "text",
    [str(2**53 + 1), str(-(2**53) - 1), "9" * 17, "9" * 4_301, "-" + "9" * 100_000],
    ids=["above", "below", "digits-17", "digits-4301", "digits-100000"],
)
def test_integer_beyond_two_to_the_53_is_refused(text: str) -> None:
    refused(text, ErrorKind.MALFORMED, max_bytes=200_000)


def test_integers_up_to_two_to_the_53_are_read() -> None:
    text = f"[{2**53},{-(2**53)},0,-0]"
    assert strict_json.loads(text, max_bytes=100) == [2**53, -(2**53), 0, 0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_other_encodings_and_byte_order_marks_are_refused(encoding: str) -> None:
    refused('{"a":"b"}'.encode(encoding), ErrorKind.MALFORMED)


@pytest.mark.parametrize(
    "raw",
    [
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        b'"\xed\xa0\xbd\xed\xb8\x80"',
        b'"\xff"',
        b'"\xf4\x90\x80\x80"',
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b'["\\ud83d","\\ude00"]',
    ],
    ids=["overlong", "surrogate", "cesu-8", "byte-ff", "too-far", "lone", "lone-name", "apart"],
)
def test_text_that_is_not_unicode_is_refused(raw: bytes) -> None:
    refused(raw, ErrorKind.MALFORMED)


def test_lone_surrogate_in_a_str_is_refused() -> None:
    refused('"\ud800"', ErrorKind.MALFORMED)


def test_escaped_pair_and_plain_character_are_the_same_text() -> None:
    assert strict_json.loads('["\\ud83d\\ude00","😀"]', max_bytes=100) == ["😀", "😀"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[1,]",
        '{"a":1,}',
        "{'a':1}",
        "[1] [2]",
        "[1]x",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "True",
        "nul",
        '"\t"',
        '"\\x"',
        '"a',
        "// no\n1",
        "\u00a0[]",
        "[}",
        "\x00",
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    refused(text, ErrorKind.MALFORMED)


def nested(depth: int) -> str:
    """Objects in arrays in objects, `depth` levels in all."""
    opening = "".join('{"a":' if level % 2 else "[" for level in range(depth))
    closing = "".join("}" if level % 2 else "]" for level in reversed(range(depth)))
    return f"{opening}1{closing}"


@pytest.mark.parametrize("text", ["[" * 33 + "]" * 33, nested(33), "[" * 65_000, "[" * 5_000])
def test_nesting_beyond_the_limit_is_refused(text: str) -> None:
    refused(text, ErrorKind.TOO_DEEP, max_bytes=200_000)


def test_nesting_at_the_limit_is_read_whatever_strings_hold() -> None:
    strict_json.loads(nested(32), max_bytes=1000)
    strict_json.loads("[" * 32 + "]" * 32, max_bytes=1000)
    strict_json.loads('["' + "[" * 100 + '","\\"[[[","\\\\",{}]', max_bytes=1000, max_depth=2)
    strict_json.loads("[" + "{}," * 1000 + "[]]", max_bytes=10_000, max_depth=2)


def test_brackets_hidden_behind_a_stray_quote_do_not_reach_the_parser() -> None:
    refused('[\\"' + "[" * 5_000, ErrorKind.MALFORMED, max_bytes=10_000)
    refused('["' + "[" * 5_000, ErrorKind.MALFORMED, max_bytes=10_000)


def test_size_is_measured_in_bytes_before_parsing() -> None:
    assert strict_json.loads('"é"', max_bytes=4) == "é"
    refused('"é"', ErrorKind.TOO_LARGE, max_bytes=3)
    refused(b"[" * 1000, ErrorKind.TOO_LARGE, max_bytes=999)


@pytest.mark.parametrize("text", ["[]", "1", '"a"', "null", "true"])
def test_object_is_required_where_one_is_asked(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        strict_json.loads_object(text, max_bytes=100)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, {"a": {1, 2}}, b"bytes", {(1, 2): 3}, object()]
)
def test_value_json_has_no_form_for_is_not_written(value: object) -> None:
    with pytest.raises(InvalidError) as caught:
        strict_json.dumps(value)
    assert caught.value.kind is ErrorKind.MALFORMED


def test_circular_value_and_lone_surrogate_are_not_written() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(InvalidError):
        strict_json.dumps(circle)
    with pytest.raises(InvalidError):
        strict_json.dumps_bytes("\ud800")


def test_written_form_is_compact_utf8_and_reads_back() -> None:
    value = {"é": [1, 2.5, None, True], "b": {"c": "\u2028"}}
    assert strict_json.dumps_bytes(value) == '{"é":[1,2.5,null,true],"b":{"c":"\u2028"}}'.encode()
    assert strict_json.loads_object(strict_json.dumps(value), max_bytes=100) == value


def test_error_does_not_quote_the_input() -> None:
    with pytest.raises(InvalidError) as caught:
        strict_json.loads('{"canary-7f":', max_bytes=100)
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_error_survives_the_way_between_processes() -> None:
    error = InvalidError(ErrorKind.EXPIRED, "It has expired.", hint="Ask for a new one.")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert isinstance(copy, CarnetError)
    assert (copy.kind, copy.message, copy.hint) == (error.kind, error.message, error.hint)
    assert str(copy) == "It has expired. [expired]"


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r", " \r\n\t" * 40])
def test_white_space_around_a_value_is_json(space: str) -> None:
    assert strict_json.loads(f"{space}[1]{space}", max_bytes=1_000) == [1]
    assert strict_json.loads(f"[{space}1{space},{space}2]", max_bytes=1_000) == [1, 2]


@pytest.mark.parametrize("space", ["\x0b", "\x0c", "\x00", "\u00a0", "\u2028", "\ufeff", "\x85"])
def test_other_space_around_a_value_is_not(space: str) -> None:
    refused(f"{space}[1]", ErrorKind.MALFORMED)
    refused(f"[1]{space}", ErrorKind.MALFORMED)
    refused(f" {space}[1]", ErrorKind.MALFORMED)
    refused(f"[1] {space}", ErrorKind.MALFORMED)


@pytest.mark.parametrize(
    "text", ["[1]x", "[1] x", "[1]]", "1 2", "{} {}", "[1],", 'null"', " ", "\n"]
)
def test_anything_after_the_value_is_refused(text: str) -> None:
    refused(text, ErrorKind.MALFORMED)


@pytest.mark.parametrize(
    "text",
    ['["\\\\",' + "[" * 40 + "]" * 40 + "]", '["\\"' + "[" * 40 + '",' + "[" * 33 + "]" * 33 + "]"],
)
def test_backslashes_hide_no_nesting(text: str) -> None:
    refused(text, ErrorKind.TOO_DEEP)


def test_unbalanced_brackets_at_the_limit_are_malformed_not_deep() -> None:
    refused("[" * 32, ErrorKind.MALFORMED)
    refused("[" * 32 + "{}" * 40, ErrorKind.MALFORMED)
    refused("[" * 33, ErrorKind.TOO_DEEP)


def test_members_form_keeps_what_was_written_and_finds_duplicates_later() -> None:
    value = strict_json.loads_members(b'{"a":1,"b":{"c":2,"c":3}}', max_bytes=100)
    outer = strict_json.members(value)
    assert outer["a"] == 1
    with pytest.raises(InvalidError) as caught:
        strict_json.members(outer["b"])
    assert caught.value.kind is ErrorKind.DUPLICATE_MEMBER
    for raw, kind in (
        (b"[" * 33 + b"]" * 33, ErrorKind.TOO_DEEP),
        (b"[NaN]", ErrorKind.MALFORMED),
        (b'["\\ud800"]', ErrorKind.MALFORMED),
        (b'{"\\ud800":1}', ErrorKind.MALFORMED),
        (b"[" + b"1," * 50 + b"1]", ErrorKind.TOO_LARGE),
    ):
        with pytest.raises(InvalidError) as caught:
            strict_json.loads_members(raw, max_bytes=100)
        assert caught.value.kind is kind


@pytest.mark.parametrize("unit", [b"[]", b"{}", b'{"a":{"b":{}}}', b"0", b'"ab"', b"1.5", b"[[0]]"])
@pytest.mark.parametrize("size", [2**20, 8 * 2**20])
def test_a_text_of_very_many_values_is_refused_before_it_is_parsed(unit: bytes, size: int) -> None:
    text = b"[" + (unit + b",") * (size // (len(unit) + 1) - 1) + unit + b"]"
    refused(text, ErrorKind.TOO_LARGE, max_bytes=size + 2)
    assert strict_json.loads(text, max_bytes=size + 2, max_values=size)


def test_a_long_text_and_the_largest_certificate_are_not_very_many_values() -> None:
    place = b'{"...":"' + b"A" * 43 + b'"}'
    hidden = b"[" + place + (b"," + place) * 16_383 + b"]"
    assert len(strict_json.loads(hidden, max_bytes=len(hidden))) == 16_384
    text = b'"' + b"long, [line] " * 20_000 + b'"'
    assert strict_json.loads(text, max_bytes=len(text)) == text.decode()[1:-1]
