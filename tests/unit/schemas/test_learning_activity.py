import functools

import pytest

from carnet_schemas.catalog import check_signer_may_say, validate_claims
from carnet_schemas.errors import SchemaError
from carnet_schemas.types.learning_activity import KIND_WORDS, LearningActivity
from support.credential_samples import LEARNING_ACTIVITY, SKILL, without
from support.refused_claims import assert_form_refused, refused

VCT = "urn:carnet:learning-activity:1"

refusal = functools.partial(refused, VCT)


def test_full_activity_is_typed() -> None:
    model = validate_claims(VCT, LEARNING_ACTIVITY, complete=True)
    assert isinstance(model, LearningActivity)
    assert (model.kind, model.hours) == ("mentoring", 6.5)


@pytest.mark.parametrize("kind", KIND_WORDS)
def test_every_kind_is_read_and_has_words(kind: str) -> None:
    assert set(KIND_WORDS[kind]) == {"fr", "en"}
    assert validate_claims(VCT, LEARNING_ACTIVITY | {"kind": kind}, complete=True)


@pytest.mark.parametrize("name", ["level", "assessment", "nature", "certification", "rating"])
def test_activity_is_no_certificate(name: str) -> None:
    assert refusal(LEARNING_ACTIVITY | {name: {"eqf": 3}}).kind == "malformed"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "diploma"),
        (("kind",), "Course"),
        (("kind",), 1),
        (("role",), "boss"),
        (("role",), ""),
        (("hours",), -0.5),
        (("hours",), "6"),
        (("month",), "2026"),
        (("month",), "2026-00"),
        (("skills",), [{"label": "x", "lang": "fr"}]),
        (("skills",), [SKILL] * 65),
        (("evidence",), [{"kind": "project"}]),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert_form_refused(VCT, LEARNING_ACTIVITY, path, value)


def test_a_title_that_is_text_would_pass_for_a_civil_title() -> None:
    assert refusal(LEARNING_ACTIVITY | {"title": "Un atelier"}).kind == "policy_unmet"


@pytest.mark.parametrize("complete", [True, False])
def test_kind_is_never_hidden(complete: bool) -> None:
    error = refusal(without(LEARNING_ACTIVITY, "kind"), complete=complete)
    assert (error.kind, error.pointer) == ("claim_missing", "/kind")


@pytest.mark.parametrize("kind", ["course", "workshop", "community_work"])
def test_mentor_signs_only_what_a_mentor_sees(kind: str) -> None:
    claims = LEARNING_ACTIVITY | {"kind": kind}
    with pytest.raises(SchemaError) as caught:
        check_signer_may_say(VCT, claims, signer_class="mentor")
    assert (caught.value.kind, caught.value.pointer) == ("policy_unmet", "/kind")
    check_signer_may_say(VCT, claims, signer_class="association")


@pytest.mark.parametrize("kind", ["mentoring", "coaching"])
def test_mentor_signs_mentoring(kind: str) -> None:
    check_signer_may_say(VCT, LEARNING_ACTIVITY | {"kind": kind}, signer_class="mentor")
