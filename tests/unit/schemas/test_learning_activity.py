from typing import Any

import pytest

from carnet_schemas.catalog import check_signer_may_say, validate_claims
from carnet_schemas.errors import SchemaError
from carnet_schemas.types.learning_activity import KIND_WORDS, LearningActivity
from support.credential_samples import LEARNING_ACTIVITY, SKILL, changed, without

VCT = "urn:carnet:learning-activity:1"


def refusal(claims: dict[str, Any], *, complete: bool = True) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        validate_claims(VCT, claims, complete=complete)
    return caught.value


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
        (("title",), "Un atelier"),
        (("skills",), [{"label": "x", "lang": "fr"}]),
        (("skills",), [SKILL] * 65),
        (("evidence",), [{"kind": "project"}]),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    error = refusal(changed(LEARNING_ACTIVITY, *path, to=value))
    assert error.kind in {"malformed", "claim_missing", "too_large", "policy_unmet"}


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
