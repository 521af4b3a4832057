import functools

import pytest

from carnet_schemas.catalog import validate_claims
from carnet_schemas.types.mission import OUTCOME_WORDS, Mission
from support.credential_samples import ESCO_SKILL, MISSION, OCCUPATION, ROME_SKILL, changed, without
from support.refused_claims import assert_form_refused, refused

VCT = "urn:carnet:mission:1"

refusal = functools.partial(refused, VCT)


def test_full_mission_is_typed() -> None:
    model = validate_claims(VCT, MISSION, complete=True)
    assert isinstance(model, Mission)
    assert model.rating is not None
    assert (model.rating.value, model.rating.scale.max) == (4.5, 5)


@pytest.mark.parametrize("outcome", OUTCOME_WORDS)
def test_every_outcome_is_read_and_has_words(outcome: str) -> None:
    assert set(OUTCOME_WORDS[outcome]) == {"fr", "en"}
    assert validate_claims(VCT, MISSION | {"outcome": outcome}, complete=True)


@pytest.mark.parametrize("outcome", ["cancelled", "refused", "no_show", "", "Completed", 1])
def test_what_did_not_take_place_is_not_signed(outcome: object) -> None:
    error = refusal(MISSION | {"outcome": outcome})
    assert (error.kind, error.pointer) == ("malformed", "/outcome")


@pytest.mark.parametrize("complete", [True, False])
def test_outcome_is_never_hidden(complete: bool) -> None:
    error = refusal(without(MISSION, "outcome"), complete=complete)
    assert (error.kind, error.pointer) == ("claim_missing", "/outcome")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("rating",), 4.5),
        (("rating",), {"value": 4.5}),
        (("rating", "value"), 0),
        (("rating", "value"), 5.5),
        (("rating", "value"), "5"),
        (("rating", "value"), True),
        (("rating", "value"), 4.555),
        (("rating", "value"), float("nan")),
        (("rating", "scale"), {"min": 5, "max": 1}),
        (("rating", "scale"), {"min": 5, "max": 5}),
        (("rating", "scale"), {"max": 5}),
        (("rating", "scale"), {"min": -1, "max": 5}),
        (("rating", "scale"), {"min": 1, "max": 1000}),
        (("counterparty",), "client-981248"),
        (("counterparty",), "Marie Dupont, 3 rue X"),
        (("counterparty",), "x" * 21),
        (("counterparty",), "x" * 44),
        (("counterparty",), "a b" * 8),
        (("counterparty_kind",), "friend"),
        (("reference",), "M000600"),
        (("reference",), 600),
        (("role",), "coursier"),
        (("role", "uri"), ESCO_SKILL),
        (("role", "framework"), "RNCP"),
        (("skills", 0), OCCUPATION),
        (("hours",), -1),
        (("month",), "2026-02-14"),
        (("skills",), []),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert_form_refused(VCT, MISSION, path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("rating", "value"), 1),
        (("rating", "value"), 5),
        (("rating",), {"value": 0, "scale": {"min": 0, "max": 100}}),
        (("counterparty",), "x" * 22),
        (("counterparty",), "x" * 43),
        (("role",), ROME_SKILL | {"code": "N4105"}),
    ],
)
def test_value_at_its_bounds_is_kept(path: tuple[str | int, ...], value: object) -> None:
    assert validate_claims(VCT, changed(MISSION, *path, to=value), complete=True)
