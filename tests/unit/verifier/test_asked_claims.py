"""What nobody asked for is not kept, though a wallet showed it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from carnet_schemas.dcql import parse_dcql
from carnet_verifier.asked_claims import only_asked
from support.sd_jwts import digest, disclosure, forge, verified

# name -> its disclosure; the elements of `list` and the members of `object` are hidden too.
ELEMENTS = [disclosure(f"s{n}", {"v": n}) for n in range(4)]
DEEP = disclosure("s", "deep", {"open": 1})
MEMBERS = [disclosure("s", name, name.upper()) for name in ("a", "b")]
LIST = disclosure("s", "list", [{"...": digest(one)} for one in ELEMENTS] + ["open"])
OBJECT = disclosure("s", "object", {"_sd": [digest(one) for one in (*MEMBERS, DEEP)], "c": "C"})
ALL = (LIST, *ELEMENTS, OBJECT, *MEMBERS, DEEP)
PAYLOAD = {"_sd": [digest(LIST), digest(OBJECT)], "plain": "plain"}
WHOLE: dict[str, Any] = {
    "list": [{"v": 0}, {"v": 1}, {"v": 2}, {"v": 3}, "open"],
    "object": {"a": "A", "b": "B", "c": "C", "deep": {"open": 1}},
    "plain": "plain",
}


def kept(
    *paths: Sequence[str | int | None], shown: Sequence[str] = ALL, **more: Any
) -> Mapping[str, Any]:
    """What stays of a document when `paths` were asked for."""
    asked: dict[str, Any] = {
        "id": "c",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": ["urn:x"]},
        **more,
    }
    if paths:
        asked["claims"] = [{"path": list(path), "id": f"i{n}"} for n, path in enumerate(paths)]
    (query,) = parse_dcql({"credentials": [asked]}).credentials
    sd_jwt = verified(forge(PAYLOAD, *shown))
    before = repr(sd_jwt.claims)
    claims = only_asked(sd_jwt, query)
    assert repr(sd_jwt.claims) == before, "what was verified is left as it is"
    return {name: value for name, value in claims.items() if name in WHOLE}


def test_all_that_was_asked_for_stays() -> None:
    paths = (
        ("list", None, "v"),
        ("object", "a"),
        ("object", "b"),
        ("object", "deep", "open"),
    )
    assert kept(*paths) == WHOLE
    assert kept(("list",), ("object",)) == WHOLE


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ((), {"plain": "plain"}),
        ((("missing",),), {"plain": "plain"}),
        ((("plain",),), {"plain": "plain"}),
        ((("object", "x"),), {"object": {"c": "C"}, "plain": "plain"}),
        ((("object", "a"),), {"object": {"a": "A", "c": "C"}, "plain": "plain"}),
        (
            (("object", "deep", "open"),),
            {"object": {"deep": {"open": 1}, "c": "C"}, "plain": "plain"},
        ),
        ((("list", "v"),), {"list": ["open"], "plain": "plain"}),
        ((("list", None, "v"),), {"list": WHOLE["list"], "plain": "plain"}),
        ((("list",),), {"list": WHOLE["list"], "plain": "plain"}),
    ],
    ids=str,
)
def test_what_was_not_asked_for_is_left_out(
    paths: Sequence[Sequence[str | int | None]], expected: dict[str, Any]
) -> None:
    assert kept(*paths) == expected


def test_a_query_for_no_claim_keeps_what_was_never_hidden() -> None:
    assert kept() == {"plain": "plain"}


def test_every_option_of_a_set_was_asked_for() -> None:
    shown = kept(("object", "a"), ("object", "b"), claim_sets=[["i0"], ["i1"]])
    assert shown["object"] == {"a": "A", "b": "B", "c": "C"}


def test_what_was_not_shown_is_not_there() -> None:
    assert kept(("object",), shown=(OBJECT, MEMBERS[0])) == {
        "object": {"a": "A", "c": "C"},
        "plain": "plain",
    }


def test_one_element_by_number_keeps_its_neighbours() -> None:
    assert kept(("list", 2), shown=(LIST, ELEMENTS[1], ELEMENTS[2]))["list"] == [
        {"v": 1},
        {"v": 2},
        "open",
    ]
