"""Disclosures one by one: salts, digests, encoding together, shapes."""

import base64
import hashlib
import json
from typing import Any

import pytest

from carnet_securing import base64url, disclosure
from carnet_securing.disclosure import Disclosure, check_element, check_property, read
from carnet_securing.errors import ErrorKind, InvalidError
from support.sd_jwts import disclosure as make


def content_of(raw: bytes, *, max_depth: int = 32) -> tuple[list[Any], bool]:
    return read(base64url.encode_bytes(raw), 10_000, max_depth)


def kind_of(raw: bytes, *, max_depth: int = 32) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        content_of(raw, max_depth=max_depth)
    return caught.value.kind


@pytest.mark.parametrize("algorithm", sorted(disclosure.HASH_ALGORITHMS))
def test_digests(algorithm: str) -> None:
    texts = [b"WyJhIl0", b"WyJiIl0", b""]
    expected = [
        base64.urlsafe_b64encode(hashlib.new(algorithm.replace("-", ""), text).digest())
        .rstrip(b"=")
        .decode()
        for text in texts
    ]
    assert disclosure.digests(texts, algorithm=algorithm) == expected
    assert [disclosure.digest(text, algorithm=algorithm) for text in texts] == expected
    assert disclosure.digests([], algorithm=algorithm) == []


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_salts(count: int) -> None:
    salts = disclosure.new_salts(count)
    assert len(set(salts)) == count
    assert all(len(base64url.decode(salt)) == 16 for salt in salts)


@pytest.mark.parametrize(
    "name",
    ["md5", "sha-1", "sha256", "SHA-256", "sha-256-128", "", None, 1, ["sha-256"]],
)
def test_hash_that_is_not_known(name: object) -> None:
    with pytest.raises(InvalidError) as caught:
        disclosure.check_hash_algorithm(name, allowed=disclosure.HASH_ALGORITHMS)
    assert caught.value.kind is ErrorKind.HASH_ALG_NOT_ALLOWED


@pytest.mark.parametrize("allowed", [(), {"sha-384"}, {"md5"}])
def test_hash_that_the_caller_does_not_allow(allowed: Any) -> None:
    for name in ("sha-256", "md5"):
        with pytest.raises(InvalidError) as caught:
            disclosure.check_hash_algorithm(name, allowed=allowed)
        assert caught.value.kind is ErrorKind.HASH_ALG_NOT_ALLOWED


def test_hash_that_is_allowed() -> None:
    for name in disclosure.HASH_ALGORITHMS:
        assert disclosure.check_hash_algorithm(name, allowed={name}) == name


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b'"s"',
        b"[]",
        b"[1]",
        b"[null,1,2]",
        b'["s"',
        b'["s","n",1]x',
        b"\xff\xfe",
        b"nan",
    ],
)
def test_content_that_is_no_array_with_a_salt(raw: bytes) -> None:
    assert kind_of(raw) is ErrorKind.DISCLOSURE_MALFORMED


def test_deep_and_doubled_content() -> None:
    assert kind_of(b'["s","n",' + b"[" * 32 + b"]" * 32 + b"]") is ErrorKind.TOO_DEEP
    assert content_of(b'["s","n",' + b"[" * 31 + b"]" * 31 + b"]")[1]
    assert kind_of(b'["s","n",[[1]]]', max_depth=2) is ErrorKind.TOO_DEEP
    assert kind_of(b'["s","n",{"a":1,"a":1}]') is ErrorKind.DUPLICATE_MEMBER
    with pytest.raises(InvalidError) as caught:
        read(base64url.encode_bytes(b'["s","n","' + b"x" * 100 + b'"]'), 100, 32)
    assert caught.value.kind is ErrorKind.TOO_LARGE


@pytest.mark.parametrize(
    ("raw", "is_plain"),
    [
        (b'["s","n","_sd"]', True),  # no object, so no digest
        (b'["s","n",["...",["_sd"]]]', True),
        (b'["s","n",{"a":1}]', True),
        (b'["s","n",{"_sd":[]}]', False),
        (b'["s","n",[{"...":"h"}]]', False),
        (b'["s","n",{"a":"_sd"}]', False),
        (b'["s","n",{"\\u005fsd":[]}]', False),
        (b'["s","n",{"\\u002e\\u002e\\u002e":[]}]', False),
        (b'["_sd","n",{"a":1}]', False),
    ],
)
def test_where_a_digest_may_be(raw: bytes, is_plain: bool) -> None:
    assert content_of(raw)[1] is is_plain


@pytest.mark.parametrize(
    "content", [["s"], ["s", "n"], ["s", "n", 1, 2], ["s", 1, 2], ["s", None, 2], ["s", ["n"], 2]]
)
def test_property_of_another_shape(content: list[Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        check_property(content)
    assert caught.value.kind is ErrorKind.DISCLOSURE_MALFORMED


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("_sd", ErrorKind.DISCLOSURE_RESERVED_NAME),
        ("...", ErrorKind.DISCLOSURE_RESERVED_NAME),
        ("_sd_alg", ErrorKind.MALFORMED),
    ],
)
def test_property_with_a_reserved_name(name: str, kind: ErrorKind) -> None:
    with pytest.raises(InvalidError) as caught:
        check_property(["s", name, 1])
    assert caught.value.kind is kind


@pytest.mark.parametrize("content", [["s"], ["s", 1, 2], ["s", "n", 1, 2]])
def test_element_of_another_shape(content: list[Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        check_element(content)
    assert caught.value.kind is ErrorKind.DISCLOSURE_MALFORMED


def test_honest_shapes() -> None:
    content, _ = read(make("salt", "name", {"a": [1]}).encode(), 1_000, 32)
    assert check_property(content) == "name"
    assert content[2] == {"a": [1]}
    check_element(["salt", None])


@pytest.mark.parametrize(
    ("value", "step"),
    [
        ({"a": 1}, "b"),
        ({"a": 1}, 0),
        ({"a": 1}, None),
        ({"0": 1}, 0),
        ([1], "0"),
        ([1], 1),
        ([1], -1),
        ([1], True),
        (["text"], "text"),
        ("text", 0),
        ("text", "t"),
        ("text", None),
        (None, None),
    ],
)
def test_step_that_leads_nowhere(value: Any, step: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        list(disclosure.children(value, step))
    assert caught.value.kind is ErrorKind.CLAIM_MISSING


def test_steps() -> None:
    assert list(disclosure.children({"a": 1}, "a")) == [("a", 1)]
    assert list(disclosure.children(["x", "y"], 1)) == [(1, "y")]
    assert list(disclosure.children(["x", "y"], None)) == [(0, "x"), (1, "y")]
    assert list(disclosure.children([], None)) == []


def test_nothing_of_a_disclosure_is_printed() -> None:
    shown = Disclosure(make("secret", "name", "Amina").encode(), "digest", "name", "Amina")
    assert repr(shown) == "Disclosure(digest='digest')"
    assert json.loads(base64url.decode(shown.encoded))[2] == "Amina"
