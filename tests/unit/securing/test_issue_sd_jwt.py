"""Issuing: what is hidden where, what is refused, what never shows."""

import json
from typing import Any

import pytest

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.limits import ISSUED
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from support.keys import signer
from support.sd_jwts import digest, verified

CLAIMS = {
    "title": "Habilitation BR",
    "site": {"city": "Lyon", "rooms": ["a", "b"]},
    "skills": [{"uri": "x", "level": 3}, {"uri": "y", "level": 4}],
    "hours": 21,
}


def issue(conceal: Any, claims: dict[str, Any] | None = None, **changes: Any) -> str:
    members: dict[str, Any] = {"signer": signer("school"), "typ": "dc+sd-jwt"}
    return issue_sd_jwt(
        CLAIMS if claims is None else claims, conceal=conceal, **(members | changes)
    )


def kind_of(conceal: Any, claims: dict[str, Any] | None = None, **changes: Any) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        issue(conceal, claims, **changes)
    return caught.value.kind


def signed_part(token: str) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(base64url.decode(token.split(".")[1]))
    return part


def shown_parts(token: str) -> list[Any]:
    return [json.loads(base64url.decode(text)) for text in token.split("~")[1:-1]]


def test_nothing_hidden() -> None:
    token = issue([])
    assert signed_part(token) == CLAIMS  # no `_sd`, no `_sd_alg`
    assert token.endswith("~")
    assert token.count("~") == 1


def test_object_property() -> None:
    token = issue([("title",)])
    (shown,) = shown_parts(token)
    assert shown[1:] == ["title", "Habilitation BR"]
    text = token.split("~")[1]
    hidden = {name: value for name, value in CLAIMS.items() if name != "title"}
    assert signed_part(token) == {**hidden, "_sd": [digest(text)], "_sd_alg": "sha-256"}


def test_array_elements_stay_in_place() -> None:
    token = issue([("site", "rooms", 1)])
    assert signed_part(token)["site"]["rooms"] == ["a", {"...": digest(token.split("~")[1])}]
    assert shown_parts(token)[0][1:] == ["b"]


def test_parent_and_child() -> None:
    token = issue([("site",), ("site", "rooms"), ("site", "rooms", None)])
    by_name = {part[1]: part[2] for part in shown_parts(token) if len(part) == 3}
    assert set(by_name["site"]) == {"city", "_sd"}
    assert [set(one) for one in by_name["rooms"]] == [{"..."}, {"..."}]
    assert "site" not in signed_part(token)
    assert verified(token).claims == CLAIMS


@pytest.mark.parametrize(
    "conceal",
    [
        [("skills", None)],
        [("skills", None, "level")],
        [("skills", None), ("skills", None, "level")],
        [("skills", 0, "uri"), ("skills", 1)],
        [("skills",), ("skills", None)],
        [("title",), ("title",), ("title",)],
        [(name,) for name in CLAIMS],
    ],
)
@pytest.mark.parametrize("decoys", [0, 1, 5])
@pytest.mark.parametrize("algorithm", ["sha-256", "sha-384", "sha-512"])
def test_round_trip(conceal: Any, decoys: int, algorithm: str) -> None:
    token = verified(issue(conceal, decoys=decoys, hash_algorithm=algorithm))
    assert token.claims == CLAIMS
    assert token.hash_algorithm == algorithm


def test_decoys_are_there_and_show_nothing() -> None:
    token = issue([("title",), ("skills", 0)], decoys=3)
    part = signed_part(token)
    assert len(part["_sd"]) == 4
    assert sum("..." in one for one in part["skills"]) == 4
    assert len(shown_parts(token)) == 2
    digests = [*part["_sd"], *(one["..."] for one in part["skills"] if "..." in one)]
    assert {len(one) for one in digests} == {43}
    assert part["_sd"] == sorted(part["_sd"])
    assert verified(token).claims == CLAIMS


def test_decoys_alone_hide_nothing() -> None:
    assert signed_part(issue([], decoys=3)) == CLAIMS


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("missing",),
        ("title", "x"),
        ("title", 0),
        ("title", None),
        ("site", "missing"),
        ("site", 0),
        ("site", None),
        ("skills", 2),
        ("skills", -1),
        ("skills", "0"),
        ("skills", None, "missing"),
        ("skills", True),
        ("site", "rooms", 0, "x"),
    ],
)
def test_path_that_leads_nowhere(path: Any) -> None:
    assert kind_of([path]) is ErrorKind.CLAIM_MISSING
    assert kind_of([("title",), path]) is ErrorKind.CLAIM_MISSING


@pytest.mark.parametrize("name", ["md5", "", "sha-1", None, "SHA-256"])
def test_hash_that_is_not_known(name: Any) -> None:
    assert kind_of([("title",)], hash_algorithm=name) is ErrorKind.HASH_ALG_NOT_ALLOWED


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), b"bytes", {1, 2}, object(), "\ud800", {"a": "\ud800"}]
)
@pytest.mark.parametrize("conceal", [[], [("a",)]])
def test_value_json_cannot_say(value: Any, conceal: Any) -> None:
    assert kind_of(conceal, {"a": value}) is ErrorKind.MALFORMED


def test_name_json_cannot_say() -> None:
    assert kind_of([("\ud800",)], {"\ud800": 1}) is ErrorKind.MALFORMED


def test_claims_are_not_changed() -> None:
    before = json.dumps(CLAIMS)
    issue([("site",), ("site", "rooms", None), ("skills", None, "level"), ("hours",)], decoys=2)
    assert json.dumps(CLAIMS) == before


def test_header() -> None:
    token = issue([], header={"kid": "k1"}, typ="example+sd-jwt")
    header = json.loads(base64url.decode(token.split(".")[0]))
    assert header == {"alg": "ES256", "typ": "example+sd-jwt", "kid": "k1"}


@pytest.mark.parametrize("header", [{"alg": "none"}, {"typ": "x"}, {"jku": "https://a.example"}])
def test_header_that_is_refused(header: dict[str, Any]) -> None:
    assert kind_of([], header=header) is ErrorKind.HEADER_NOT_ALLOWED


def test_large_history_of_nested_pages() -> None:
    """Periods that disclose pages that disclose missions: nothing is too deep or too many."""
    missions = [{"role": f"role {place}", "hours": place} for place in range(24)]
    claims = {"periods": [{"total": 48, "pages": [missions, missions]} for _ in range(40)]}
    conceal = [
        ("periods", None),
        ("periods", None, "pages", None),
        ("periods", None, "pages", None, None),
    ]
    token = issue(conceal, claims)
    assert verified(token, limits=ISSUED).claims == claims
    assert len(shown_parts(token)) == 40 + 80 + 1_920
