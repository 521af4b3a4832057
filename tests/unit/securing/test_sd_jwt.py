"""Taking SD-JWTs apart and verifying them; what attacks do is in tests/attacks."""

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import parse_sd_jwt, verify_sd_jwt
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from support.keys import signer
from support.sd_jwts import digest, disclosure, forge, jwt, payload, verified

NAME = disclosure("s1", "given_name", "Amina")
TOKEN = forge({"_sd": [digest(NAME)], "list": [{"...": "decoy"}]}, NAME)


def parse_kind(token: str | bytes, **bounds: Any) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        parse_sd_jwt(token, limits=replace(PRESENTATION, **bounds))
    return caught.value.kind


def verify_kind(token: str, **changes: Any) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        verified(token, **changes)
    return caught.value.kind


def test_parts() -> None:
    parts = parse_sd_jwt(TOKEN + "a.b.c", limits=PRESENTATION)
    assert parts.disclosures == (NAME.encode(),)
    assert parts.key_binding == b"a.b.c"
    assert parts.hashed_part == TOKEN.encode()
    assert parts.unverified_claims["_sd"] == [digest(NAME)]
    assert parse_sd_jwt(TOKEN, limits=PRESENTATION).key_binding is None
    assert parse_sd_jwt(TOKEN.encode(), limits=PRESENTATION) == parse_sd_jwt(
        TOKEN, limits=PRESENTATION
    )


@pytest.mark.parametrize(
    "token",
    [
        "",
        "~",
        "~~",
        "a",
        "a~",
        "a.b~",
        "a.b.c.d~",
        "..~",
        TOKEN[:-1],
        TOKEN + "~",
        TOKEN.replace("~", "~~", 1),
        "~" + TOKEN,
        TOKEN + "a",
        TOKEN + "a.b",
        TOKEN + "a.b.c.d",
        TOKEN + " ",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN.replace("~", " ~", 1),
        TOKEN.replace(".", "é", 1),
        TOKEN.split("~")[0],
        "é~",
        "\ud800~",
        TOKEN.replace("~", "%7E"),
    ],
)
def test_text_of_another_shape(token: str) -> None:
    assert parse_kind(token) is ErrorKind.MALFORMED


@pytest.mark.parametrize("body", [b"[]", b'"a"', b"1", b"null", b"", b"{", b"{}x", b"\xff", b"NaN"])
def test_payload_that_is_no_object(body: bytes) -> None:
    assert parse_kind(jwt(body) + "~") is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":[{"b":1,"\\u0062":1}]}',
        b'{"_sd":[],"_sd":[]}',
        b'{"_sd_alg":"sha-256","_sd_alg":"sha-256"}',
    ],
)
def test_duplicate_members_at_any_depth(body: bytes) -> None:
    assert verify_kind(jwt(body) + "~") is ErrorKind.DUPLICATE_MEMBER


def test_bounds_and_one_less() -> None:
    bounds = {
        "compact_bytes": len(TOKEN),
        "disclosures": 1,
        "json_depth": 3,
    }
    for name, value in bounds.items():
        parse_sd_jwt(TOKEN, limits=replace(PRESENTATION, **{name: value}))
        assert parse_kind(TOKEN, **{name: value - 1}) in (ErrorKind.TOO_LARGE, ErrorKind.TOO_DEEP)
    bound = TOKEN + "a.b." + "c" * 100
    parse_sd_jwt(bound, limits=replace(PRESENTATION, key_binding_bytes=104))
    assert parse_kind(bound, key_binding_bytes=103) is ErrorKind.TOO_LARGE
    assert parse_kind(TOKEN, header_bytes=10) is ErrorKind.TOO_LARGE


def test_verified_claims() -> None:
    token = verified(TOKEN)
    assert token.claims == {**payload(), "list": [], "given_name": "Amina"}
    assert [path for path, _ in token.disclosed] == [("given_name",)]
    assert token.concealing == {"list"}
    assert token.payload["_sd"] == [digest(NAME)]
    assert token.hash_algorithm == "sha-256"
    assert token.key == signer("school").public_jwk


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"algorithms": ()}, ErrorKind.ALG_NOT_ALLOWED),
        ({"algorithms": {"EdDSA"}}, ErrorKind.ALG_NOT_ALLOWED),
        ({"types": ()}, ErrorKind.TYP_MISMATCH),
        ({"types": {"example+sd-jwt"}}, ErrorKind.TYP_MISMATCH),
        ({"key": signer("other").public_jwk}, ErrorKind.BAD_SIGNATURE),
        ({"key": signer("school", "EdDSA").public_jwk}, ErrorKind.ALG_NOT_ALLOWED),
        ({"hash_algorithms": ()}, ErrorKind.HASH_ALG_NOT_ALLOWED),
        ({"hash_algorithms": {"sha-512"}}, ErrorKind.HASH_ALG_NOT_ALLOWED),
    ],
)
def test_what_the_caller_does_not_allow(changes: dict[str, Any], kind: ErrorKind) -> None:
    assert verify_kind(TOKEN, **changes) is kind


@pytest.mark.parametrize("algorithm", ["sha-384", "sha-512"])
def test_other_hashes(algorithm: str) -> None:
    members = {"_sd": [digest(NAME, algorithm)], "_sd_alg": algorithm}
    token = verified(forge(members, NAME))
    assert token.claims["given_name"] == "Amina"
    assert "_sd_alg" not in token.claims
    assert token.hash_algorithm == algorithm
    assert verify_kind(forge({**members, "_sd_alg": "sha-256"}, NAME)) is (
        ErrorKind.DISCLOSURE_UNREFERENCED
    )


def test_processed_claims_of_nested_disclosures() -> None:
    city = disclosure("s", "city", "Lyon")
    street = disclosure("s", {"_sd": [digest(city), "decoy"], "country": "FR"})
    sites = disclosure("s", "sites", ["plain", {"...": digest(street)}, {"...": "decoy 2"}, []])
    token = verified(forge({"_sd": [digest(sites)], "empty": {"_sd": []}}, city, street, sites))
    assert token.claims["sites"] == ["plain", {"country": "FR", "city": "Lyon"}, []]
    assert token.claims["empty"] == {}
    paths = [path for path, _ in token.disclosed]
    assert paths == [("sites",), ("sites", 1), ("sites", 1, "city")]
    assert token.disclosed[0].disclosure.value == token.claims["sites"]
    without_city = verified(forge({"_sd": [digest(sites)]}, street, sites))
    assert without_city.claims["sites"][1] == {"country": "FR"}


def test_indices_count_what_is_left() -> None:
    shown = [disclosure(f"s{place}", {"place": place}) for place in range(4)]
    placeholders = [{"...": digest(one)} for one in shown]
    token = verified(forge({"list": ["a", *placeholders, "b"]}, shown[1], shown[3]))
    assert token.claims["list"] == ["a", {"place": 1}, {"place": 3}, "b"]
    assert [path for path, _ in token.disclosed] == [("list", 1), ("list", 2)]
    whole = verified(forge({"list": placeholders}, *shown))
    assert [path for path, _ in whole.disclosed] == [("list", place) for place in range(4)]


@pytest.mark.parametrize(
    "value",
    [[], {}, [[]], [{}], [1, "a", None, True, 1.5], {"a": {"b": [{}]}}, "", 0, False, None],
)
def test_values_come_back_as_they_are(value: Any) -> None:
    hidden = disclosure("s", "hidden", value)
    element = disclosure("s2", value)
    members = {"plain": value, "_sd": [digest(hidden)], "list": [value, {"...": digest(element)}]}
    token = verified(forge(members, hidden, element))
    assert token.claims["plain"] == token.claims["hidden"] == value
    assert token.claims["list"] == [value, value]
    assert json.dumps(token.claims["plain"]) == json.dumps(value)


def test_verifying_changes_nothing_of_what_was_parsed() -> None:
    unverified = parse_sd_jwt(TOKEN, limits=PRESENTATION)
    expected: dict[str, Any] = {
        "key": signer("school").public_jwk,
        "algorithms": {"ES256"},
        "types": {"dc+sd-jwt"},
        "check": check_signature,
        "limits": PRESENTATION,
    }
    first = verify_sd_jwt(unverified, **expected)
    assert unverified == parse_sd_jwt(TOKEN, limits=PRESENTATION)
    assert verify_sd_jwt(unverified, **expected) == first


# No name of one of these is kept for digests.
names = st.text(max_size=4).filter(lambda name: name[:1] not in "_.")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def claims_and_paths(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    claims = draw(st.dictionaries(st.sampled_from("abcdef"), json_values, min_size=1, max_size=4))
    paths: list[tuple[Any, ...]] = []

    def walk(value: Any, path: tuple[Any, ...]) -> None:
        steps: Any = ()
        if isinstance(value, dict):
            steps = value.items()
        elif isinstance(value, list):
            steps = enumerate(value)
        for step, member in steps:
            paths.append((*path, step))
            walk(member, (*path, step))

    walk(claims, ())
    chosen = draw(st.lists(st.sampled_from(paths), max_size=8)) if paths else []
    return claims, chosen


@settings(max_examples=150, deadline=None)
@given(claims_and_paths(), st.integers(0, 2))
def test_whatever_is_issued_verifies_to_the_same_claims(
    content: tuple[dict[str, Any], list[tuple[Any, ...]]], decoys: int
) -> None:
    claims, conceal = content
    token = issue_sd_jwt(
        claims, conceal=conceal, signer=signer("school", "EdDSA"), typ="dc+sd-jwt", decoys=decoys
    )
    whole = verified(token, key=signer("school", "EdDSA").public_jwk)
    assert whole.claims == claims
    assert {path for path, _ in whole.disclosed} == set(conceal)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_is_one_of_our_errors(data: st.DataObject) -> None:
    """Cut, doubled, swapped or random bytes: `CarnetError`, or the very same claims."""
    token = bytearray(TOKEN.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(token) - 1))
        damage = data.draw(st.sampled_from(["byte", "cut", "double", "tilde", "dot"]))
        if damage == "byte":
            token[place] = data.draw(st.integers(0, 255))
        elif damage == "cut":
            del token[place : place + data.draw(st.integers(1, 40))]
        elif damage == "double":
            token[place:place] = token[place : place + data.draw(st.integers(1, 40))]
        else:
            token[place:place] = b"~" if damage == "tilde" else b"."
        if not token:
            break
    try:
        claims = verified(bytes(token)).claims
    except CarnetError:
        return
    # What still verifies can only show less of what was signed.
    assert claims.items() <= verified(TOKEN).claims.items()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='~.eyJhWyJz{}[]":,0', max_size=200))
def test_noise_is_one_of_our_errors(noise: bytes | str) -> None:
    with pytest.raises(CarnetError):
        verified(noise)


@settings(max_examples=200, deadline=None)
@given(json_values, st.lists(json_values, max_size=3), json_values)
def test_signed_nonsense_is_one_of_our_errors(body: Any, shown: list[Any], digests: Any) -> None:
    """An issuer of ours that signs anything at all."""
    texts = [disclosure("s", "n", one) for one in shown]
    for value in (body, digests, [digest(text) for text in texts], {"_sd": body}):
        nested = {"_sd": value, "b": body}
        for members in ({"_sd": value}, {"list": [{"...": value}]}, {"a": nested}):
            with contextlib.suppress(InvalidError):
                verified(forge(members, *texts))
