"""Asking has a price: what our form refuses and a wallet names (DESIGN 1; P16 for wallets)."""

from typing import Any

import pytest

from carnet_schemas.asking import (
    MAX_BANDS_OF_ONE,
    MAX_CLAIMS_IN_ONE,
    MAX_CREDENTIALS,
    REASON_HINTS,
    REASON_WORDS,
    AskingError,
    AskingReason,
    beyond,
    beyond_held,
    check_question,
)
from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.dcql import evaluate
from carnet_schemas.errors import SchemaError
from carnet_schemas.never_list import Topic
from support.questions import VCT, asking, held, query

MISSION = "urn:carnet:mission:1"
HISTORY = "urn:carnet:mission-history:1"
PID = "https://credentials.example.com/identity_credential"


def reasons(*paths: Any, vct: str = VCT, **members: Any) -> list[AskingReason]:
    question = query(asking(*paths, vct=vct, **members))
    return [each.reason for each in beyond(question)]


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(query(asking()), id="no-claims-is-the-least"),
        pytest.param(query(asking(["title"], ["skills"])), id="two-claims"),
        pytest.param(query(asking(["skills", None, "label"])), id="every-label-of-a-skill-list"),
        pytest.param(query(asking(["bands", "missions", "100"], vct=HISTORY)), id="a-band"),
        pytest.param(query(asking(["skills"], vct=HISTORY)), id="figures-by-skill"),
        pytest.param(query(asking(["totals", "first_month"], vct=HISTORY)), id="no-band-answers"),
        pytest.param(query(asking(["distribution"], vct=HISTORY)), id="issuers-own-distribution"),
        pytest.param(
            query(asking(["periods", 0, "pages", 2, 5, "role"], vct=HISTORY)), id="one-mission"
        ),
        pytest.param(query(asking(["periods", 3, "totals"], vct=HISTORY)), id="one-period"),
        pytest.param(query(asking(["skills", None, "missions"], vct=HISTORY)), id="by-skill"),
    ],
)
def test_a_modest_question_costs_nothing(question: Any) -> None:
    assert beyond(question) == ()
    check_question(question)


@pytest.mark.parametrize(
    ("path", "vct", "reason"),
    [
        (["periods"], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", None], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", None, "totals"], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", None, "from"], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", 0], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", 0, "pages"], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", 0, "pages", 1], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", 0, "pages", None, 1], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", 0, "pages", 0, None], HISTORY, AskingReason.EVERY_MISSION),
        (["periods", 0, "pages", 0, None, "role"], HISTORY, AskingReason.EVERY_MISSION),
        (["missions"], "urn:other:history", AskingReason.EVERY_MISSION),
        (["missions", None, "role"], "urn:other:history", AskingReason.EVERY_MISSION),
        (["data", "missions", None], "urn:other:history", AskingReason.EVERY_MISSION),
        (["rating"], MISSION, AskingReason.REQUIRED_RATING),
        (["rating", "value"], MISSION, AskingReason.REQUIRED_RATING),
        (["ratings"], HISTORY, AskingReason.REQUIRED_RATING),
        (["skills", None, "ratings"], HISTORY, AskingReason.REQUIRED_RATING),
        (["periods", 0, "pages", 0, 3, "rating"], HISTORY, AskingReason.REQUIRED_RATING),
        (["pay"], MISSION, AskingReason.PAY),
        (["hourly_rate"], MISSION, AskingReason.PAY),
        (["mission", "remuneration"], MISSION, AskingReason.PAY),
        (["salaire"], "urn:other", AskingReason.PAY),
        (["nationality"], PID, AskingReason.NEVER_LIST),
        (["nationalities", None], PID, AskingReason.NEVER_LIST),
        (["birthdate"], PID, AskingReason.NEVER_LIST),
        (["birthDate"], PID, AskingReason.NEVER_LIST),
        (["date_de_naissance"], PID, AskingReason.NEVER_LIST),
        (["age_over_18"], PID, AskingReason.NEVER_LIST),
        (["address", "street_address"], PID, AskingReason.NEVER_LIST),
        (["portrait"], PID, AskingReason.NEVER_LIST),
        (["sex"], PID, AskingReason.NEVER_LIST),
        (["person", "title"], PID, AskingReason.NEVER_LIST),
        (["residence_permit"], PID, AskingReason.NEVER_LIST),
        (["personal_identifier"], PID, AskingReason.NEVER_LIST),
        (["union_membership"], "urn:other", AskingReason.NEVER_LIST),
        (["health", 0], "urn:other", AskingReason.NEVER_LIST),
        (["stats", "acceptance_rate"], "urn:other", AskingReason.NEVER_LIST),
        (["stats", None, "responseTime"], "urn:other", AskingReason.NEVER_LIST),
        (["connected_hours"], "urn:other", AskingReason.NEVER_LIST),
        (["cancelled_by"], "urn:other", AskingReason.NEVER_LIST),
        (["gps"], "urn:other", AskingReason.NEVER_LIST),
        (["totals"], HISTORY, AskingReason.EXACT_TOTAL),
        (["totals", "missions"], HISTORY, AskingReason.EXACT_TOTAL),
        (["totals", "hours"], HISTORY, AskingReason.EXACT_TOTAL),
        (["totals", "counterparties"], HISTORY, AskingReason.EXACT_TOTAL),
        (["totals", "months_active"], HISTORY, AskingReason.EXACT_TOTAL),
        (["bands"], HISTORY, AskingReason.EXACT_TOTAL),
        (["bands", "missions"], HISTORY, AskingReason.EXACT_TOTAL),
        (["bands", "hours", None], HISTORY, AskingReason.EXACT_TOTAL),
    ],
    ids=lambda value: "/".join(map(str, value)) if isinstance(value, list) else str(value),
)
def test_P16_question_beyond_is_refused_by_our_form_and_named_by_a_wallet(
    path: list[Any], vct: str, reason: AskingReason
) -> None:
    question = query(asking(path, vct=vct))
    (found,) = beyond(question)
    assert found.reason is reason
    assert found.path == tuple(path)
    assert found.pointer == "/credentials/0/claims/0"
    with pytest.raises(AskingError) as caught:
        check_question(question)
    assert caught.value.kind == "policy_unmet"
    assert caught.value.reasons == (found,)


def test_topic_of_the_never_list_is_told() -> None:
    (found,) = beyond(query(asking(["birthdate"], vct=PID)))
    assert found.topic is Topic.BIRTH


def test_the_error_quotes_no_name_of_the_question() -> None:
    with pytest.raises(AskingError) as caught:
        check_question(query(asking(["secretly_pregnant"], ["pay"])))
    assert "pregnant" not in str(caught.value)


WITH_RATING = [{"id": "a", "path": ["role"]}, {"id": "b", "path": ["rating"]}]


def test_rating_that_may_be_left_out_is_not_required() -> None:
    asked = asking(*WITH_RATING, vct=MISSION, claim_sets=[["a", "b"], ["a"]])
    assert beyond(query(asked)) == ()


@pytest.mark.parametrize("sets", [None, [["a", "b"]], [["a", "b"], ["b"]]])
def test_rating_in_every_set_is_required(sets: Any) -> None:
    members = {} if sets is None else {"claim_sets": sets}
    found = reasons(*WITH_RATING, vct=MISSION, **members)
    assert found == [AskingReason.REQUIRED_RATING]


def test_rating_with_the_value_one_wants_is_required_even_where_it_may_be_left_out() -> None:
    claims = [
        {"id": "a", "path": ["role"]},
        {"id": "b", "path": ["rating", "value"], "values": [5]},
    ]
    assert reasons(*claims, vct=MISSION, claim_sets=[["a", "b"], ["a"]]) == [
        AskingReason.REQUIRED_RATING
    ]


RATED = asking(["rating"], name="rated", vct=MISSION)
UNRATED = asking(["title"], name="unrated")


@pytest.mark.parametrize(
    ("sets", "required"),
    [
        (None, True),
        ([{"options": [["rated"], ["unrated"]]}], False),
        ([{"options": [["rated", "unrated"]]}], True),
        ([{"options": [["unrated"]]}, {"options": [["rated"]], "required": False}], False),
        ([{"options": [["unrated"]]}, {"options": [["rated"]]}], True),
    ],
)
def test_rating_is_required_where_no_answer_goes_without_it(sets: Any, required: bool) -> None:
    found = [each.reason for each in beyond(query(RATED, UNRATED, sets=sets))]
    assert found == ([AskingReason.REQUIRED_RATING] if required else [])


NAMES = ("given_name", "family_name", "usual_name")
HIDING = [vct for vct, of_type in CREDENTIAL_TYPES.items() if {*of_type.sd.values()} - {"never"}]


def hideable(vct: str) -> list[Any]:
    """A path into every top-level claim of a type of which something can stay hidden."""
    paths = {claim.path[0]: claim.path for claim in CREDENTIAL_TYPES[vct].claims}
    for claim in reversed(CREDENTIAL_TYPES[vct].claims):
        if claim.sd != "never":
            paths[claim.path[0]] = claim.path
    hides = {claim.path[0] for claim in CREDENTIAL_TYPES[vct].claims if claim.sd != "never"}
    return [list(path) for name, path in paths.items() if name in hides]


def test_two_of_the_seven_types_hide_nothing() -> None:
    assert len(CREDENTIAL_TYPES) == 7
    assert set(CREDENTIAL_TYPES) - set(HIDING) == {
        "urn:carnet:fair-platform:1",
        "urn:carnet:reply:1",
    }


@pytest.mark.parametrize("vct", HIDING)
def test_P16_every_hideable_claim_of_a_type_is_everything(vct: str) -> None:
    paths = hideable(vct)
    assert AskingReason.EVERYTHING in reasons(*paths, vct=vct)
    # One kind of name is as good as all three.
    fewer = [path for path in paths if path[0] not in NAMES[1:]]
    assert AskingReason.EVERYTHING in reasons(*fewer, vct=vct)
    with pytest.raises(AskingError):
        check_question(query(asking(*paths, vct=vct)))


@pytest.mark.parametrize("vct", sorted(set(CREDENTIAL_TYPES) - set(HIDING)))
def test_what_is_always_shown_may_be_asked_for(vct: str) -> None:
    paths = [list(claim.path) for claim in CREDENTIAL_TYPES[vct].claims if len(claim.path) == 1]
    assert reasons(*paths, vct=vct) == []


NINE = ("title", "skills", "level", "assessment", "hours", "month", *NAMES)


def test_P16_nearly_everything_is_everything() -> None:
    """Most certificates hold no evidence: without it, nine names are still all of it."""
    assert reasons(*([name] for name in NINE)) == [AskingReason.EVERYTHING]
    assert reasons(*([name] for name in NINE if name != "usual_name")) == [AskingReason.EVERYTHING]


def test_six_things_of_eight_may_be_asked_for() -> None:
    assert reasons(*([name] for name in NINE if name != "assessment")) == []


def test_P16_a_part_of_a_claim_counts_like_the_claim() -> None:
    inside = [["skills", None, "label"], ["level", "eqf"], ["assessment", "result"]]
    rest = [[name] for name in ("title", "hours", "month", "usual_name")]
    assert reasons(*inside, *rest) == [AskingReason.EVERYTHING]


@pytest.mark.parametrize("vct", ["https://school.example/types/welder/1", "urn:other"])
def test_P16_a_type_that_may_extend_one_of_ours_is_held_to_its_price(vct: str) -> None:
    assert reasons(*([name] for name in NINE), vct=vct) == [AskingReason.EVERYTHING]


@pytest.mark.parametrize(
    "vcts", [[VCT, "urn:other"], ["urn:other", VCT], [MISSION, VCT]], ids="-".join
)
def test_P16_everything_of_one_type_of_several(vcts: list[str]) -> None:
    asked = asking(*([name] for name in NINE), meta={"vct_values": vcts})
    assert [each.reason for each in beyond(query(asked))] == [AskingReason.EVERYTHING]


def test_P16_everything_split_over_several_queries_for_one_type() -> None:
    first = asking(*([name] for name in NINE[:4]), name="a")
    second = asking(*([name] for name in NINE[4:]), name="b")
    (found,) = beyond(query(first, second))
    assert (found.reason, found.query_id) == (AskingReason.EVERYTHING, "b")
    assert found.pointer == "/credentials/1"
    sets: list[dict[str, Any]] = [
        {"options": [["a"]]},
        {"options": [["b"]], "required": False},
    ]
    assert [each.query_id for each in beyond(query(first, second, sets=sets))] == ["b"]


def test_queries_for_different_types_are_judged_alone() -> None:
    mine = asking(*([name] for name in ("title", "skills", "level", "month")), name="a")
    other = asking(
        *([name] for name in ("title", "skills", "hours", "month", "usual_name")),
        name="b",
        vct="urn:carnet:learning-activity:1",
    )
    assert beyond(query(mine, other)) == ()


def test_P16_alternatives_are_not_added_up() -> None:
    claims = [{"id": name, "path": [name]} for name in NINE]
    halves = [list(NINE[:4]), list(NINE[4:])]
    assert reasons(*claims, claim_sets=halves) == []
    assert reasons(*claims, claim_sets=[*halves, list(NINE)]) == [AskingReason.EVERYTHING]


def bands(*figures: int, measure: str = "missions") -> list[Any]:
    return [["bands", measure, str(figure)] for figure in figures]


def test_P16_more_bands_than_two_of_a_measure_are_the_figure() -> None:
    assert reasons(*bands(10, 25), *bands(50, 100, measure="hours"), vct=HISTORY) == []
    exact = [AskingReason.EXACT_TOTAL] * (MAX_BANDS_OF_ONE + 1)
    assert reasons(*bands(10, 25, 50), *bands(50, measure="hours"), vct=HISTORY) == exact


def test_P16_bands_of_a_measure_split_over_several_queries() -> None:
    first = asking(*bands(10, 25), name="a", vct=HISTORY)
    second = asking(*bands(50), name="b", vct=HISTORY)
    assert [(each.reason, each.query_id) for each in beyond(query(first, second))] == [
        (AskingReason.EXACT_TOTAL, "b")
    ]


def test_alternative_bands_are_not_added_up() -> None:
    claims = [{"id": str(path[-1]), "path": path} for path in bands(10, 25, 50, 100)]
    sets = [["100"], ["50"], ["25"], ["10"]]
    assert reasons(*claims, vct=HISTORY, claim_sets=sets) == []


def test_P16_everything_in_one_of_several_sets_is_everything() -> None:
    names = [
        claim.path[0]
        for claim in CREDENTIAL_TYPES[VCT].claims
        if claim.sd != "never" and len(claim.path) == 1
    ]
    claims = [{"id": name, "path": [name]} for name in names]
    assert reasons(*claims, claim_sets=[["title"], names]) == [AskingReason.EVERYTHING]


def test_P16_a_long_list_is_everything_whatever_the_type() -> None:
    paths = [[f"claim{index}"] for index in range(MAX_CLAIMS_IN_ONE)]
    assert reasons(*paths, vct="urn:other") == []
    assert reasons(*paths, ["more"], vct="urn:other") == [AskingReason.EVERYTHING]


def test_P16_a_long_list_over_several_queries_is_everything() -> None:
    paths = [[f"claim{index}"] for index in range(MAX_CLAIMS_IN_ONE + 1)]
    first = asking(*paths[:9], name="a", vct="urn:other")
    second = asking(*paths[9:], name="b", vct="urn:other")
    assert [each.query_id for each in beyond(query(first, second))] == ["b"]
    assert beyond(query(first, second | {"meta": {"vct_values": ["urn:another"]}})) == ()


def shown_beyond(question: Any, certificate: Any) -> list[str]:
    matches = evaluate(question, [certificate]).smallest
    found = beyond_held(question, matches, {certificate.id: certificate.disclosable})
    assert {each.reason for each in found} <= {AskingReason.EVERYTHING}
    return [each.query_id for each in found]


SHORT = {"nature": "badge", "title": "t", "month": "2026-05", "hours": 7, "given_name": "A"}
HIDDEN = [(name,) for name in SHORT if name != "nature"]


def test_P16_all_that_a_short_certificate_holds_is_everything() -> None:
    """Our form lets it pass, for it cannot know; the wallet can."""
    question = query(asking(["title"], ["month"], ["hours"], ["given_name"]))
    assert beyond(question) == ()
    assert shown_beyond(question, held(SHORT, *HIDDEN)) == ["c"]
    fuller = held(SHORT | {"evidence": ["x"]}, *HIDDEN, ("evidence",))
    assert shown_beyond(question, fuller) == []


def test_P16_all_that_a_short_certificate_holds_in_two_queries() -> None:
    question = query(
        asking(["title"], ["month"], name="a"), asking(["hours"], ["given_name"], name="b")
    )
    assert shown_beyond(question, held(SHORT, *HIDDEN)) == ["a", "b"]


def test_P16_one_name_hides_no_other() -> None:
    named = held(SHORT | {"family_name": "B"}, *HIDDEN, ("family_name",))
    question = query(asking(["title"], ["month"], ["hours"], ["given_name"]))
    assert shown_beyond(question, named) == ["c"]
    nameless = query(asking(["title"], ["month"], ["hours"]))
    assert shown_beyond(nameless, named) == []


def test_three_things_are_modest_even_where_there_are_no_more() -> None:
    claims = {"title": "t", "month": "2026-05", "given_name": "A", "family_name": "B"}
    question = query(asking(["title"], ["month"], ["given_name"], ["family_name"]))
    assert shown_beyond(question, held(claims)) == []


def test_an_element_that_stays_hidden_keeps_it_from_being_everything() -> None:
    claims = SHORT | {"skills": ["a", "b"]}
    hidden = [*HIDDEN, ("skills",), ("skills", 0), ("skills", 1)]
    question = query(asking(["title"], ["month"], ["hours"], ["given_name"], ["skills", 0]))
    assert shown_beyond(question, held(claims, *hidden)) == []


def test_P16_many_credentials_are_everything() -> None:
    queries = [asking(["a"], name=f"c{index}") for index in range(MAX_CREDENTIALS + 1)]
    assert beyond(query(*queries[:-1])) == ()
    (found,) = beyond(query(*queries))
    assert (found.reason, found.query_id) == (AskingReason.EVERYTHING, f"c{MAX_CREDENTIALS}")


def test_our_form_points_to_a_claim_once() -> None:
    with pytest.raises(SchemaError) as caught:
        check_question(query(asking(["title"], ["title"])))
    assert caught.value.kind == "malformed"


def test_all_that_is_wrong_is_said_at_once() -> None:
    question = query(asking(["rating"], ["pay"], ["sex"], vct=MISSION))
    with pytest.raises(AskingError) as caught:
        check_question(question)
    assert [each.reason for each in caught.value.reasons] == [
        AskingReason.REQUIRED_RATING,
        AskingReason.PAY,
        AskingReason.NEVER_LIST,
    ]


@pytest.mark.parametrize("reason", AskingReason)
def test_every_reason_has_a_short_sentence_in_french_and_english(reason: AskingReason) -> None:
    for language in ("fr", "en"):
        assert 0 < len(REASON_WORDS[reason][language].split()) <= 15
        assert 0 < len(REASON_HINTS[reason][language].split()) <= 15


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(AskingError) as caught:
        check_question(query(asking(*([name] for name in NINE))))
    assert caught.value.message == "This request wants nearly everything."
    assert caught.value.hint == "Ask only for what you need, and leave the rest hidden."
