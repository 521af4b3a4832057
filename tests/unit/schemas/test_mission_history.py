import copy
import functools
from typing import Any

import pytest

from carnet_schemas.bands import THRESHOLDS, bands_for
from carnet_schemas.catalog import check_signer_may_say, concealable_paths, validate_claims
from carnet_schemas.errors import SchemaError
from carnet_schemas.types.mission_history_claims import ASSURANCE_WORDS
from carnet_schemas.types.mission_history_model import PAGE_SIZE, MissionHistory
from support.credential_samples import (
    HISTORY,
    HISTORY_MINIMAL,
    HISTORY_PERIODS,
    ROME_SKILL,
    SKILL,
    changed,
    without,
)
from support.refused_claims import assert_form_refused, refused

VCT = "urn:carnet:mission-history:1"


def read(claims: dict[str, Any], *, complete: bool = True) -> MissionHistory:
    model = validate_claims(VCT, claims, complete=complete)
    assert isinstance(model, MissionHistory)
    return model


refusal = functools.partial(refused, VCT)


def shown(*missions: int) -> dict[str, Any]:
    """A presentation of the full history: no totals, a few missions of the first page."""
    claims = copy.deepcopy(HISTORY)
    for name in ("skills", "ratings", "given_name", "family_name", "usual_name", "bands"):
        del claims[name]
    claims["totals"] = {"missions": 40}
    first = claims["periods"][0]
    first["pages"] = [[first["pages"][0][number] for number in missions]]
    claims["periods"] = [first]
    return claims


def test_full_history_is_typed() -> None:
    history = read(HISTORY)
    assert history.totals.missions == 40
    assert history.periods is not None
    assert len(history.periods[0].missions) == 30
    assert history.bands is not None
    assert history.bands.by_measure()["missions"]["25"] is True


def test_history_of_totals_is_complete_in_itself() -> None:
    assert read(HISTORY_MINIMAL).periods is None


def test_a_few_missions_of_many_are_shown() -> None:
    history = read(shown(0, 7), complete=False)
    assert history.totals.missions == 40
    assert history.periods is not None
    assert len(history.periods[0].missions) == 2
    assert refusal(shown(0, 7)).kind in {"malformed", "claim_missing"}


@pytest.mark.parametrize("missions", [(), (23,)])
def test_pages_may_be_shown_empty(missions: tuple[int, ...]) -> None:
    assert read(shown(*missions), complete=False)
    nothing = changed(shown(), "periods", 0, "pages", to=[])
    assert read(nothing, complete=False)


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("name", ["detail", "assurance", "as_of", "totals"])
def test_what_reads_the_rest_is_never_hidden(name: str, complete: bool) -> None:
    error = refusal(without(HISTORY, name), complete=complete)
    assert (error.kind, error.pointer) == ("claim_missing", f"/{name}")


@pytest.mark.parametrize(
    ("detail", "sample", "pointer"),
    [
        ("totals", HISTORY, "/periods"),
        ("totals", HISTORY_PERIODS, "/periods"),
        ("periods", HISTORY, "/periods/0/pages"),
        ("missions", HISTORY_PERIODS, "/periods/0/pages"),
        ("periods", HISTORY_MINIMAL, "/periods"),
        ("missions", HISTORY_MINIMAL, "/periods"),
    ],
)
def test_detail_says_what_is_there(detail: str, sample: dict[str, Any], pointer: str) -> None:
    assert refusal(sample | {"detail": detail}).pointer == pointer


@pytest.mark.parametrize("detail", ["all", "everything", "", "Totals", 3])
def test_detail_is_a_closed_list(detail: object) -> None:
    assert refusal(HISTORY_MINIMAL | {"detail": detail}).kind == "malformed"


SIGNERS = {
    "platform_signed": {"platform"},
    "checked_export": {"union", "auditor", "association"},
    "self_declared": {"worker"},
}


@pytest.mark.parametrize("assurance", ASSURANCE_WORDS)
@pytest.mark.parametrize(
    "signer_class",
    ["platform", "union", "auditor", "association", "worker", "buyer", "employer", ""],
)
def test_assurance_is_what_the_signer_can_give(assurance: str, signer_class: str) -> None:
    claims = HISTORY_MINIMAL | {"assurance": assurance}
    if assurance == "checked_export":
        claims |= {"source": {"platform": "Plateforme imaginaire"}}
    if signer_class in SIGNERS[assurance]:
        check_signer_may_say(VCT, claims, signer_class=signer_class)
        return
    with pytest.raises(SchemaError) as caught:
        check_signer_may_say(VCT, claims, signer_class=signer_class)
    assert caught.value.kind == "policy_unmet"


@pytest.mark.parametrize("complete", [True, False])
def test_checked_export_names_its_platform(complete: bool) -> None:
    assert refusal(without(HISTORY_PERIODS, "source"), complete=complete).kind == "policy_unmet"


def test_platform_signs_its_own_data() -> None:
    claims = HISTORY | {"source": {"platform": "Autre"}}
    assert refusal(claims).kind == "policy_unmet"


# Sums in a complete history, and what may not be more in a presentation.
@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("totals", "missions"), 41, "/totals/missions"),
        (("totals", "hours"), 50.25, "/totals/hours"),
        (("totals", "counterparties"), 6, "/totals/counterparties"),
        (("periods", 0, "totals", "missions"), 31, "/periods/0/totals/missions"),
        (("periods", 0, "totals", "hours"), 37.51, "/periods/0/totals/hours"),
        (("periods", 1, "totals", "counterparties"), 6, "/periods/1/totals/counterparties"),
        (("skills", 0, "missions"), 39, "/skills/0/missions"),
        (("skills", 1, "missions"), 21, "/skills/1/missions"),
    ],
)
def test_parts_add_up_to_the_whole(
    path: tuple[str | int, ...], value: object, pointer: str
) -> None:
    claims = changed(without(HISTORY, "bands"), *path, to=value)
    error = refusal(claims)
    assert (error.kind, error.pointer) == ("malformed", pointer)


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("totals", "missions"), 39, "/totals/missions"),
        (("totals", "hours"), 49.99, "/totals/hours"),
        (("totals", "counterparties"), 4, "/totals/counterparties"),
        (("periods", 0, "totals", "missions"), 29, "/periods/0/totals/missions"),
        (("periods", 0, "totals", "hours"), 37.49, "/periods/0/totals/hours"),
        (("periods", 0, "totals", "counterparties"), 4, "/periods/0/totals/counterparties"),
        (("skills", 0, "missions"), 41, "/skills/0/missions"),
        (("skills", 0, "hours"), 51, "/skills/0/hours"),
        (("skills", 0, "counterparties"), 6, "/skills/0/counterparties"),
        (("ratings", "counts"), [{"value": 5, "count": 41}], "/ratings/counts"),
        (
            ("skills", 1, "ratings"),
            {"scale": {"min": 1, "max": 5}, "counts": [{"value": 5, "count": 21}]},
            "/skills/1/ratings/counts",
        ),
    ],
)
def test_no_part_is_more_than_the_whole(
    path: tuple[str | int, ...], value: object, pointer: str, complete: bool
) -> None:
    claims = changed(without(HISTORY, "bands"), *path, to=value)
    error = refusal(claims, complete=complete)
    assert (error.kind, error.pointer) == ("malformed", pointer)


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("as_of",), "2026-05"),
        (("totals", "last_month"), "2026-07"),
        (("totals", "last_month"), "2026-01"),
        (("totals", "first_month"), "2026-06"),
        (("periods", 0, "from"), "2026-04"),
        (("periods", 1, "from"), "2026-03"),
        (("periods", 1, "to"), "2026-07"),
        (("periods", 0, "from"), "2026-03"),
        (("periods", 0, "pages", 0, 0, "month"), "2026-04"),
        (("periods", 0, "pages", 0, 0, "month"), "2025-12"),
        (("skills", 0, "last_month"), "2026-07"),
        (("skills", 0, "last_month"), "2026-01"),
        (("ratings", "months"), {"from": "2026-05", "to": "2026-04"}),
    ],
)
def test_months_are_in_order(path: tuple[str | int, ...], value: object, complete: bool) -> None:
    assert refusal(changed(HISTORY, *path, to=value), complete=complete).kind == "malformed"


def test_periods_out_of_order_are_refused() -> None:
    claims = HISTORY | {"periods": HISTORY["periods"][::-1]}
    assert refusal(claims).pointer == "/periods/1"


@pytest.mark.parametrize(("name", "month"), [("first_month", "2025-12")])
def test_totals_lie_inside_the_periods(name: str, month: str) -> None:
    assert refusal(changed(HISTORY, "totals", name, to=month)).pointer == f"/totals/{name}"


def test_last_month_after_the_last_period_is_refused() -> None:
    claims = changed(HISTORY, "periods", 1, "to", to="2026-05")
    claims["totals"]["last_month"] = "2026-06"
    assert refusal(claims).pointer == "/totals/last_month"


@pytest.mark.parametrize("complete", [True, False])
def test_mission_and_skill_are_listed_once(complete: bool) -> None:
    twice = copy.deepcopy(HISTORY)
    page = twice["periods"][0]["pages"][0]
    page[1]["reference"] = page[0]["reference"]
    assert refusal(twice, complete=complete).pointer == "/periods"
    skills = HISTORY | {"skills": [HISTORY["skills"][0]] * 2}
    assert refusal(skills, complete=complete).pointer == "/skills"


@pytest.mark.parametrize("complete", [True, False])
def test_page_holds_at_most_24_missions(complete: bool) -> None:
    page = HISTORY["periods"][0]["pages"][0]
    assert len(page) == PAGE_SIZE == 24
    claims = changed(HISTORY, "periods", 0, "pages", 0, to=[*page, page[0]])
    error = refusal(claims, complete=complete)
    assert (error.kind, error.pointer) == ("too_large", "/periods/0/pages/0")


# Bands
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("measure", "threshold", "value"),
    [
        ("missions", "50", True),
        ("missions", "25", False),
        ("hours", "100", True),
        ("counterparties", "5", False),
        ("months_active", "3", True),
    ],
)
def test_band_says_what_the_total_says(
    measure: str, threshold: str, value: bool, complete: bool
) -> None:
    claims = changed(HISTORY, "bands", measure, threshold, to=value)
    assert refusal(claims, complete=complete).kind == "malformed"


@pytest.mark.parametrize("threshold", ["30", "0", "", "1e2", "0100", "١٠٠"])
def test_band_is_of_the_closed_list(threshold: str) -> None:
    claims = changed(HISTORY_MINIMAL, "bands", to={"missions": {threshold: False}})
    assert refusal(claims, complete=False).kind == "malformed"


@pytest.mark.parametrize("value", [1, "true", None, [], "yes"])
def test_band_is_a_boolean(value: object) -> None:
    claims = changed(HISTORY_MINIMAL, "bands", to={"missions": {"100": value}})
    assert refusal(claims, complete=False).kind == "malformed"


def test_one_band_is_shown_alone() -> None:
    claims = HISTORY_MINIMAL | {"totals": {}, "bands": {"missions": {"100": True}, "hours": {}}}
    history = read(claims, complete=False)
    assert history.bands is not None
    assert history.bands.missions == {"100": True}


def test_bands_that_contradict_each_other_are_refused_without_the_total() -> None:
    bands = {"missions": {"10": False, "100": True}}
    claims = HISTORY_MINIMAL | {"totals": {}, "bands": bands}
    assert refusal(claims, complete=False).kind == "malformed"


@pytest.mark.parametrize("measure", THRESHOLDS)
def test_every_threshold_is_signed(measure: str) -> None:
    for threshold in THRESHOLDS[measure]:
        claims = without(HISTORY, "bands", measure, str(threshold))
        error = refusal(claims)
        assert (error.kind, error.pointer) == ("claim_missing", f"/bands/{measure}/{threshold}")
        assert read(claims, complete=False)


@pytest.mark.parametrize("total", [0, 9, 10, 99.99, 100, 100_000])
def test_bands_for_a_total_hold_up_to_it(total: float) -> None:
    for measure, thresholds in THRESHOLDS.items():
        bands = bands_for(measure, total)
        assert {int(name) for name, holds in bands.items() if holds} == {
            threshold for threshold in thresholds if threshold <= total
        }


# Ratings
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("shown_rating", ["ratings", "skills", "periods"])
def test_rating_comes_with_the_distribution(shown_rating: str, complete: bool) -> None:
    claims = without(HISTORY, "distribution")
    for name in {"ratings", "skills"} - {shown_rating}:
        del claims[name]
    assert refusal(claims, complete=complete).pointer == "/distribution"


@pytest.mark.parametrize(
    "path",
    [
        ("ratings", "scale"),
        ("skills", 0, "ratings", "scale"),
        ("periods", 0, "pages", 0, 0, "rating", "scale"),
    ],
)
def test_rating_is_on_the_scale_of_the_distribution(path: tuple[str | int, ...]) -> None:
    error = refusal(changed(HISTORY, *path, to={"min": 0, "max": 10}))
    assert error.kind == "malformed"


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [{"value": 5}],
        [{"value": 5, "count": 0}],
        [{"value": 5, "count": -1}],
        [{"value": 5, "count": 1.5}],
        [{"value": 6, "count": 1}],
        [{"value": 5, "count": 1}, {"value": 4, "count": 1}],
        [{"value": 5, "count": 1}, {"value": 5, "count": 1}],
        {"5": 1},
    ],
)
def test_counts_are_once_each_and_on_the_scale(counts: object) -> None:
    assert refusal(changed(HISTORY, "ratings", "counts", to=counts)).kind in {
        "malformed",
        "claim_missing",
    }


@pytest.mark.parametrize("name", ["average", "mean", "score", "percentile", "rank", "stars"])
@pytest.mark.parametrize("at", [(), ("totals",), ("ratings",), ("skills", 0)])
def test_no_average_score_or_rank_is_signed(name: str, at: tuple[str | int, ...]) -> None:
    assert refusal(changed(HISTORY, *at, name, to=4.9)).kind == "malformed"


def test_skills_are_told_apart_by_framework() -> None:
    claims = copy.deepcopy(HISTORY_MINIMAL)
    claims["skills"] = [{"skill": SKILL, "missions": 3}, {"skill": ROME_SKILL, "missions": 9}]
    assert read(claims)


def test_each_mission_page_and_period_is_concealed_on_its_own() -> None:
    paths = set(concealable_paths(VCT, HISTORY))
    assert {
        ("periods",),
        ("periods", 0),
        ("periods", 0, "pages", 1),
        ("periods", 0, "pages", 1, 5),
        ("periods", 0, "pages", 0, 0, "rating"),
        ("periods", 0, "pages", 0, 0, "counterparty"),
        ("totals", "missions"),
        ("bands", "missions", "100"),
    } <= paths
    assert (
        not {
            ("detail",),
            ("totals",),
            ("distribution",),
            ("periods", 0, "totals"),
            ("periods", 0, "pages", 0, 0, "outcome"),
        }
        & paths
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("totals", "missions"), -1),
        (("totals", "missions"), 40.0),
        (("totals", "missions"), True),
        (("totals", "months_active"), 5000),
        (("totals",), []),
        (("periods",), {}),
        (("periods", 0, "pages", 0, 0, "outcome"), "cancelled"),
        (("periods", 0, "pages", 0, 0, "counterparty"), "client-1"),
        (("periods", 0, "pages", 0), {"missions": []}),
        (("skills", 0, "skill"), "électricité"),
        (("as_of",), "2026-06-30"),
        (("distribution", "workers"), -3),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert_form_refused(VCT, HISTORY, path, value)
