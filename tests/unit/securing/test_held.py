"""Keeping a credential parsed, and choosing the smallest part of it to show."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.held import HeldSdJwt, Selection
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from support.keys import signer
from support.sd_jwts import verified

CLAIMS = {
    "nature": "attendance",
    "name": "Amina",
    "site": {"city": "Lyon", "rooms": ["a", "b"], "open": True},
    "missions": [{"role": "x", "pages": [[1, 2], [3]]}, {"role": "y", "pages": []}],
}
CONCEAL: list[tuple[Any, ...]] = [
    ("name",),
    ("site",),
    ("site", "city"),
    ("site", "rooms", None),
    ("missions", None),
    ("missions", None, "role"),
    ("missions", 0, "pages", None),
]


def held_of(
    claims: dict[str, Any] = CLAIMS, conceal: Any = tuple(CONCEAL), **more: Any
) -> HeldSdJwt:
    token = issue_sd_jwt(claims, conceal=conceal, signer=signer("school"), typ="dc+sd-jwt", **more)
    return HeldSdJwt.of(verified(token))


HELD = held_of(decoys=2)


def shown(*paths: Any, held: HeldSdJwt = HELD) -> dict[str, Any]:
    return verified(bytes(held.select(paths))).claims


def test_everything_and_nothing() -> None:
    assert HELD.claims == CLAIMS
    assert shown() == {"nature": "attendance", "missions": []}
    assert shown(*HELD.paths()) == CLAIMS
    assert verified(HELD.whole()).claims == CLAIMS
    assert HELD.select(HELD.paths()) == HELD.whole()


def test_paths_are_parents_first() -> None:
    paths = HELD.paths()
    assert set(paths) == {
        ("name",),
        ("site",),
        ("site", "city"),
        ("site", "rooms", 0),
        ("site", "rooms", 1),
        ("missions", 0),
        ("missions", 1),
        ("missions", 0, "role"),
        ("missions", 1, "role"),
        ("missions", 0, "pages", 0),
        ("missions", 0, "pages", 1),
    }
    for path in paths:
        for length in range(1, len(path)):
            assert path[:length] not in paths or paths.index(path[:length]) < paths.index(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("name",), {"name": "Amina"}),
        (("nature",), {}),
        (("site",), {"site": {"rooms": [], "open": True}}),
        (("site", "open"), {"site": {"rooms": [], "open": True}}),
        (("site", "city"), {"site": {"city": "Lyon", "rooms": [], "open": True}}),
        (("site", "rooms", 1), {"site": {"rooms": ["b"], "open": True}}),
        (("site", "rooms", None), {"site": {"rooms": ["a", "b"], "open": True}}),
        (("missions", 1), {"missions": [{"pages": []}]}),
        (("missions", None), {"missions": [{"pages": []}, {"pages": []}]}),
        (
            ("missions", None, "role"),
            {"missions": [{"role": "x", "pages": []}, {"role": "y", "pages": []}]},
        ),
        (("missions", 0, "pages", 1), {"missions": [{"pages": [[3]]}]}),
        (("missions", 0, "pages", 1, 0), {"missions": [{"pages": [[3]]}]}),
    ],
)
def test_smallest_selection(path: Any, expected: dict[str, Any]) -> None:
    assert shown(path) == {"nature": "attendance", "missions": [], **expected}


def test_selections_add_up_without_repeating() -> None:
    both = HELD.select([("site", "city"), ("site", "rooms", 0), ("site",), ("site", "city")])
    assert both.count(b"~") == 1 + 3
    assert HELD.select([]) == HELD.select([("nature",)])


@pytest.mark.parametrize(
    "path",
    [
        ("missing",),
        ("site", "missing"),
        ("site", 0),
        ("site", "rooms", 2),
        ("site", "rooms", -1),
        ("name", "first"),
        ("name", None),
        ("site", None),
        ("missions", None, "missing"),
        ("missions", 2),
        ("missions", "0"),
        ("_sd",),
    ],
)
def test_path_that_leads_nowhere(path: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        HELD.select([("name",), path])
    assert caught.value.kind is ErrorKind.CLAIM_MISSING


def test_contents_of_a_place() -> None:
    assert HELD.paths_within(("site",))[0] == ("site",)
    assert set(HELD.paths_within(("site", "rooms"))) == {("site", "rooms", 0), ("site", "rooms", 1)}
    assert HELD.paths_within(("nature",)) == ()
    assert set(HELD.paths_within(())) == set(HELD.paths())
    assert shown(*HELD.paths_within(("site",)))["site"] == CLAIMS["site"]


def test_keeping_and_reading_back() -> None:
    stored = json.loads(json.dumps(HELD.to_json()))
    again = HeldSdJwt.from_json(stored)
    assert again.claims == HELD.claims
    assert again.paths() == HELD.paths()
    assert again.whole() == HELD.whole()
    assert again.select([("missions", 0, "role")]) == HELD.select([("missions", 0, "role")])
    assert again.to_json() == HELD.to_json()


@pytest.mark.parametrize("version", [None, 0, 2, "1", True + 1])
def test_kept_by_another_version(version: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        HeldSdJwt.from_json({**HELD.to_json(), "version": version})
    assert caught.value.kind is ErrorKind.UNSUPPORTED_VERSION


@pytest.mark.parametrize("missing", ["jwt", "hash", "disclosures", "claims"])
def test_kept_incompletely(missing: str) -> None:
    stored = {name: value for name, value in HELD.to_json().items() if name != missing}
    with pytest.raises(InvalidError) as caught:
        HeldSdJwt.from_json(stored)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "changes",
    [
        {"jwt": 1},
        {"jwt": "é"},
        {"disclosures": [1]},
        {"disclosures": [["a"]]},
        {"disclosures": None},
    ],
)
def test_kept_wrongly(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        HeldSdJwt.from_json({**HELD.to_json(), **changes})
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize("algorithm", ["sha-256", "sha-512"])
def test_selection_knows_its_hash(algorithm: str) -> None:
    held = held_of(hash_algorithm=algorithm)
    selection = held.select([("name",)])
    assert isinstance(selection, Selection)
    assert selection.hash_algorithm == algorithm
    assert (
        HeldSdJwt.from_json(held_of(hash_algorithm=algorithm).to_json()).hash_algorithm == algorithm
    )


def test_nothing_of_a_credential_is_printed() -> None:
    assert repr(HELD) == "HeldSdJwt(disclosures=11)"


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(HELD.paths())))
def test_any_choice_shows_itself_and_its_parents(chosen: set[Any]) -> None:
    token = verified(bytes(HELD.select(list(chosen))))
    needed = {path[:length] for path in chosen for length in range(1, len(path) + 1)}
    assert len(token.disclosed) == len(needed & set(HELD.paths()))
