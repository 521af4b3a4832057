"""Matching: the least that answers, and every alternative for the person to choose."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet_schemas.claim_selection import MAX_COMBINATIONS, Work
from carnet_schemas.dcql import (
    CandidateMatch,
    Matches,
    QueryUnmetError,
    UnmetReason,
    check_answer,
    evaluate,
)
from carnet_schemas.dcql_match import Candidate
from carnet_schemas.errors import SchemaError
from support.questions import VCT, asking, held, query, shown

CERTIFICATE: dict[str, Any] = {
    "nature": "attendance",
    "title": {"fr": "a", "en": "b"},
    "skills": [{"label": "x", "lang": "fr"}, {"label": "y", "lang": "fr"}],
    "hours": 14,
    "month": "2026-09",
}
HIDDEN = (("title",), ("skills",), ("skills", 0), ("skills", 1), ("hours",), ("month",))


def only(*paths: Any, **members: Any) -> CandidateMatch:
    (match,) = evaluate(query(asking(*paths, **members)), [held(CERTIFICATE, *HIDDEN)]).smallest
    return match


@pytest.mark.parametrize(
    ("path", "opened", "size"),
    [
        (["nature"], set(), 0),
        (["hours"], {("hours",)}, 1),
        (["title"], {("title",)}, 2),
        (["title", "fr"], {("title",)}, 2),
        (["skills", 0], {("skills",), ("skills", 0)}, 3),
        (["skills", 1, "label"], {("skills",), ("skills", 1)}, 3),
        (["skills", None, "label"], {("skills",), ("skills", 0), ("skills", 1)}, 5),
        (["skills"], {("skills",), ("skills", 0), ("skills", 1)}, 5),
    ],
)
def test_what_is_opened_for_a_path(path: Any, opened: set[Any], size: int) -> None:
    match = only(path)
    assert set(match.paths) == opened
    assert match.size == size
    assert list(match.paths) == sorted(match.paths, key=len)


def test_no_claims_opens_nothing() -> None:
    match = only()
    assert (match.paths, match.selected, match.size) == ((), (), 0)


def test_only_the_element_with_the_wanted_value_is_opened() -> None:
    match = only({"path": ["skills", None, "label"], "values": ["y"]})
    assert set(match.paths) == {("skills",), ("skills", 1)}
    assert match.selected == (("skills", 1, "label"),)


def test_a_claim_asked_twice_is_shown_once() -> None:
    match = only(["hours"], ["hours"])
    assert (match.paths, match.selected) == ((("hours",),), (("hours",),))


def test_the_smallest_set_of_claims_wins_over_the_askers_favourite() -> None:
    claims = [{"id": name, "path": [name]} for name in ("title", "hours", "month")]
    match = only(*claims, claim_sets=[["title", "hours"], ["hours", "month"], ["month"]])
    assert match.paths == (("month",),)


def test_among_equals_the_askers_order_decides() -> None:
    claims = [{"id": name, "path": [name]} for name in ("month", "hours")]
    assert only(*claims, claim_sets=[["hours"], ["month"]]).paths == (("hours",),)
    assert only(*claims, claim_sets=[["month"], ["hours"]]).paths == (("month",),)


def test_a_set_that_does_not_fit_is_passed_over() -> None:
    claims = [{"id": "a", "path": ["absent"]}, {"id": "b", "path": ["title"]}]
    assert only(*claims, claim_sets=[["a"], ["b"]]).paths == (("title",),)
    with pytest.raises(QueryUnmetError):
        only(*claims, claim_sets=[["a", "b"], ["a"]])


def test_every_credential_that_fits_is_an_alternative_the_smallest_first() -> None:
    whole = held({"a": {"x": 1, "y": 2, "z": 3}}, name="whole")
    small = held({"a": {"x": 1}}, name="small")
    other = held({"b": 1}, name="other")
    middle = held({"a": {"x": 1, "y": 2}}, name="middle")
    matches = evaluate(query(asking(["a", "x"])), [whole, small, other, middle])
    assert [match.candidate_id for match in matches.by_query["c"]] == ["small", "middle", "whole"]
    assert [match.candidate_id for match in matches.smallest] == ["small"]


def test_among_equal_credentials_the_wallets_order_decides() -> None:
    pair = [held({"a": 1}, name=name) for name in ("second", "first")]
    (match,) = evaluate(query(asking(["a"])), pair).smallest
    assert match.candidate_id == "second"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"format": "mso_mdoc"}, UnmetReason.NO_SUCH_FORMAT),
        ({"vcts": ("urn:other",)}, UnmetReason.NO_SUCH_TYPE),
        ({"vcts": ()}, UnmetReason.NO_SUCH_TYPE),
        ({"authorities": (("aki", "other"),)}, UnmetReason.OTHER_AUTHORITY),
        ({"authorities": ()}, UnmetReason.OTHER_AUTHORITY),
        ({"holder_binding": False}, UnmetReason.NO_HOLDER_BINDING),
        ({"claims": {}}, UnmetReason.CLAIM_MISSING),
        ({"claims": {"a": 2}}, UnmetReason.VALUE_DIFFERS),
    ],
)
def test_credential_that_does_not_fit(members: Any, reason: UnmetReason) -> None:
    question = query(
        asking(
            {"path": ["a"], "values": [1]},
            trusted_authorities=[{"type": "aki", "values": ["root"]}],
        )
    )
    fitting: dict[str, Any] = {"authorities": (("aki", "root"),)}
    assert evaluate(question, [held({"a": 1}, **fitting)]).smallest
    claims = members.pop("claims", {"a": 1})
    with pytest.raises(QueryUnmetError) as caught:
        evaluate(question, [held(claims, ("a",), **{**fitting, **members})])
    (part,) = caught.value.parts
    assert (part.query_id, part.reason) == ("c", reason)
    if reason >= UnmetReason.CLAIM_MISSING:
        assert part.path == ("a",)


def test_the_reason_is_that_of_the_closest_credential() -> None:
    question = query(asking({"path": ["a"], "values": [1]}))
    far = held({"a": 1}, vcts=("urn:other",), name="far")
    near = held({"a": 2}, name="near")
    for candidates in ([far, near], [near, far]):
        with pytest.raises(QueryUnmetError) as caught:
            evaluate(question, candidates)
        assert caught.value.parts[0].reason is UnmetReason.VALUE_DIFFERS


def test_sub_type_answers_for_the_type_it_extends() -> None:
    sub = held({"a": 1}, vcts=("https://sub.example/1", VCT))
    assert evaluate(query(asking(["a"])), [sub]).smallest


def test_authority_of_a_kind_this_wallet_does_not_know_never_fits() -> None:
    question = query(asking(trusted_authorities=[{"type": "urn:new", "values": ["x"]}]))
    with pytest.raises(QueryUnmetError):
        evaluate(question, [held({"a": 1}, authorities=(("aki", "x"),))])


def test_binding_that_is_not_required_is_said() -> None:
    question = query(asking(["a"], require_cryptographic_holder_binding=False))
    (match,) = evaluate(question, [held({"a": 1}, holder_binding=False)]).smallest
    assert not match.holder_binding


A, B, D = (asking([name], name=name) for name in "abd")
HELD = [
    held({"a": {"1": 1, "2": 2, "3": 3}}, name="three"),
    held({"b": 1}, name="one"),
    held({"d": 1}, name="uno"),
]


def named(matches: Matches) -> list[str]:
    return [match.query_id for match in matches.smallest]


def test_the_option_that_reveals_least_over_all_wins() -> None:
    assert named(evaluate(query(A, B, D, sets=[{"options": [["a"], ["b", "d"]]}]), HELD)) == [
        "b",
        "d",
    ]
    assert named(evaluate(query(A, B, D, sets=[{"options": [["b", "a"], ["a"]]}]), HELD)) == ["a"]


def test_sets_share_what_they_have_in_common() -> None:
    """Alone `b` is cheaper; the other set needs `a` anyway, so `a` costs nothing more."""
    sets = [{"options": [["b"], ["a"]]}, {"options": [["a"]]}]
    assert named(evaluate(query(A, B, sets=sets), HELD)) == ["a"]


def test_two_queries_for_the_same_claim_of_one_credential_cost_it_once() -> None:
    again = asking(["a"], name="again")
    sets = [{"options": [["a"]]}, {"options": [["b"], ["again"]]}]
    assert named(evaluate(query(A, again, B, sets=sets), HELD)) == ["a", "again"]


def test_among_equal_options_the_askers_order_decides() -> None:
    for options in ([["b"], ["d"]], [["d"], ["b"]]):
        assert named(evaluate(query(B, D, sets=[{"options": options}]), HELD)) == options[0]


def test_options_with_a_missing_part_are_passed_over() -> None:
    missing = asking(["x"], name="x")
    sets = [{"options": [["b", "x"], ["x"], ["a"]]}]
    assert named(evaluate(query(A, B, missing, sets=sets), HELD)) == ["a"]


def test_queries_no_set_names_are_not_answered() -> None:
    matches = evaluate(query(A, B, sets=[{"options": [["a"]]}]), HELD)
    assert set(matches.by_query) == {"a"}


def test_only_optional_sets_leave_the_choice_to_the_person() -> None:
    optional = [
        {"options": [["a"], ["b"]], "required": False},
        {"options": [["d"]], "required": False},
    ]
    matches = evaluate(query(A, B, D, sets=optional), HELD)
    assert matches.smallest == ()
    assert matches.optional == (("b",), ("d",))
    assert [match.query_id for match in matches.offered] == ["b", "d"]
    assert [match.query_id for match in matches.choose({"d": ["uno"]})] == ["d"]


def test_only_needed_parts_are_said_to_be_missing() -> None:
    x, y = asking(["x"], name="x"), asking(["y"], name="y")
    with pytest.raises(QueryUnmetError) as caught:
        evaluate(query(B, x, y, sets=[{"options": [["b"]]}, {"options": [["x"], ["y"]]}]), HELD)
    assert [part.query_id for part in caught.value.parts] == ["x", "y"]


PAIR = [held({"a": 1}, name="first"), held({"a": 2}, name="second")]


def test_a_person_chooses_another_credential() -> None:
    matches = evaluate(query(asking(["a"])), PAIR)
    (match,) = matches.choose({"c": ["second"]})
    assert match.candidate_id == "second"


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"c": []},
        {"c": ["third"]},
        {"c": ["first", "second"]},
        {"c": ["first", "first"]},
        {"d": ["first"]},
        {"c": ["first"], "d": ["first"]},
    ],
)
def test_choice_that_does_not_answer(choice: dict[str, list[str]]) -> None:
    matches = evaluate(query(asking(["a"])), PAIR)
    with pytest.raises(SchemaError) as caught:
        matches.choose(choice)
    assert caught.value.kind == "query_unmet"


def test_several_credentials_where_several_may_answer() -> None:
    matches = evaluate(query(asking(["a"], multiple=True)), PAIR)
    assert len(matches.smallest) == 1
    assert len(matches.choose({"c": ["second", "first"]})) == 2
    with pytest.raises(SchemaError):
        matches.choose({"c": ["first", "first"]})


def test_choice_of_another_option() -> None:
    matches = evaluate(query(A, B, D, sets=[{"options": [["a"], ["b", "d"]]}]), HELD)
    assert [match.query_id for match in matches.choose({"a": ["three"]})] == ["a"]
    with pytest.raises(SchemaError):
        matches.choose({"b": ["one"]})


def test_reprs_show_no_claim() -> None:
    candidate = held({"a": "s3cr3t"})
    matches = evaluate(query(asking(["a"])), [candidate])
    assert "s3cr3t" not in repr(candidate) + repr(matches)


def test_counts_stop_exactly_past_their_bounds() -> None:
    work = Work()
    for _ in range(MAX_COMBINATIONS):
        work.combine()
    with pytest.raises(SchemaError):
        work.combine()


names = st.sampled_from("abcd")
claims = st.dictionaries(
    names, st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=2), max_size=4
)
paths = st.one_of(
    st.tuples(names), st.tuples(names, st.none()), st.tuples(names, st.integers(0, 2))
).map(list)
credential = st.builds(
    lambda paths, name: asking(*paths, name=name),
    st.lists(paths, min_size=1, max_size=3, unique_by=str),
    st.just("c"),
)


@settings(max_examples=200, deadline=None)
@given(asked=credential, contents=st.lists(claims, max_size=3))
def test_what_a_wallet_finds_satisfies_the_verifiers_check(
    asked: dict[str, Any], contents: list[dict[str, Any]]
) -> None:
    """The two ends agree, and no place is opened that the answer does not need."""
    question = query(asked)
    candidates: list[Candidate] = [
        held(each, *hidden_places(each), name=str(index)) for index, each in enumerate(contents)
    ]
    try:
        (match,) = evaluate(question, candidates).smallest
    except QueryUnmetError:
        for each in contents:
            with pytest.raises(SchemaError):
                check_answer(question, {"c": [shown(each)]})
        return
    visible, originals = presented(contents[int(match.candidate_id)], set(match.paths))
    checked = check_answer(question, {"c": [shown(visible, original_indices=originals)]})
    assert {place for place, _value in checked.by_query["c"][0].selected} == set(match.selected)
    for path in match.paths:
        assert any(is_needed(path, place) for place in match.selected), path


def is_needed(path: tuple[str | int, ...], place: tuple[str | int, ...]) -> bool:
    """Whether opening `path` is on the way to `place`, or a part of it."""
    shared = min(len(path), len(place))
    return path[:shared] == place[:shared]


def hidden_places(claims: dict[str, Any]) -> list[tuple[str | int, ...]]:
    places: list[tuple[str | int, ...]] = [("none",)]
    for name, value in claims.items():
        places.append((name,))
        if isinstance(value, list):
            places += [(name, index) for index in range(len(value))]
    return places


def presented(claims: dict[str, Any], opened: set[Any]) -> tuple[dict[str, Any], dict[Any, Any]]:
    visible: dict[str, Any] = {}
    originals: dict[Any, Any] = {}
    for name, value in claims.items():
        if (name,) not in opened:
            continue
        if isinstance(value, list):
            kept = [index for index in range(len(value)) if (name, index) in opened]
            visible[name] = [value[index] for index in kept]
            originals[(name,)] = tuple(kept)
        else:
            visible[name] = value
    return visible, originals
