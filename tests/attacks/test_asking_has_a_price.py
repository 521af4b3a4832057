"""Asking has a price: what our form refuses and a wallet names (DESIGN 1; P16 for wallets)."""

from typing import Any

import pytest

from carnet_schemas.asking import (
    MAX_CLAIMS_IN_ONE,
    MAX_CREDENTIALS,
    REASON_WORDS,
    AskingError,
    AskingReason,
    beyond,
    check_question,
)
from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.errors import SchemaError
from carnet_schemas.never_list import Topic
from support.questions import VCT, asking, query

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


@pytest.mark.parametrize("vct", [VCT, MISSION, "urn:carnet:learning-activity:1"])
def test_P16_every_hideable_claim_of_a_type_is_everything(vct: str) -> None:
    paths = [
        list(claim.path)
        for claim in CREDENTIAL_TYPES[vct].claims
        if claim.sd != "never" and len(claim.path) == 1
    ]
    assert AskingReason.EVERYTHING in reasons(*paths, vct=vct)
    assert AskingReason.EVERYTHING not in reasons(*paths[:-1], vct=vct)


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
