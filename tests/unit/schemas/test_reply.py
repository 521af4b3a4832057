import functools

import pytest

from carnet_schemas.catalog import concealable_paths, validate_claims
from carnet_schemas.types.reply import KIND_WORDS, Reply
from support.credential_samples import REFERENCE, REPLY, REPLY_MINIMAL, changed, without
from support.refused_claims import assert_form_refused, refused

VCT = "urn:carnet:reply:1"

refusal = functools.partial(refused, VCT)


def test_reply_is_typed_and_travels_whole() -> None:
    model = validate_claims(VCT, REPLY, complete=True)
    assert isinstance(model, Reply)
    assert model.answers.reference == REFERENCE
    assert concealable_paths(VCT, REPLY) == []
    assert set(KIND_WORDS) == {"reply", "contest"}


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("name", ["kind", "answers", "statement", "month"])
def test_every_part_is_always_shown(name: str, complete: bool) -> None:
    error = refusal(without(REPLY, name), complete=complete)
    assert (error.kind, error.pointer) == ("claim_missing", f"/{name}")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "insult"),
        (("answers", "vct"), "urn:carnet:skill-certificate:1"),
        (("answers", "vct"), "urn:carnet:reply:1"),
        (("answers", "vct"), "urn:carnet:mission-history:1"),
        (("answers", "signed_by"), ""),
        (("answers", "reference"), "short"),
        (("answers", "as_of"), "2026-06"),
        (("statement",), "Faux."),
        (("statement", "text"), ""),
        (("statement", "text"), "x" * 1001),
        (("statement", "text"), "a\u2066b"),
        (("month",), "juin"),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert_form_refused(VCT, REPLY, path, value)


@pytest.mark.parametrize("vct", ["urn:carnet:mission:1", "urn:carnet:endorsement:1"])
def test_reply_to_a_mission_points_to_it(vct: str) -> None:
    claims = changed(REPLY, "answers", "vct", to=vct)
    assert validate_claims(VCT, claims, complete=True)
    assert refusal(without(claims, "answers", "reference")).kind == "malformed"


def test_reply_to_a_history_names_its_month() -> None:
    assert validate_claims(VCT, REPLY_MINIMAL, complete=True)
    error = refusal(without(REPLY_MINIMAL, "answers", "as_of"))
    assert (error.kind, error.pointer) == ("claim_missing", "/answers")
    both = changed(REPLY_MINIMAL, "answers", "reference", to=REFERENCE)
    assert validate_claims(VCT, both, complete=True)
