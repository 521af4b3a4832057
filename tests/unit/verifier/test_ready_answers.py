"""Every outcome and ground has a ready answer, and verification judges each as promised."""

import pytest

from carnet_verifier import Ground, NotVerifiedError, Outcome, VerifiedAnswer, verify_answer
from carnet_verifier.testing import ready_answer

_CASES = [
    (Outcome.GENUINE_UNLISTED, None),
    (Outcome.UNDETERMINED, None),
    *[(Outcome.REJECTED, ground) for ground in Ground],
]


@pytest.mark.parametrize(("outcome", "ground"), _CASES, ids=str)
def test_each_refusal_is_judged_as_promised(outcome: Outcome, ground: Ground | None) -> None:
    ready = ready_answer(outcome, ground=ground)
    with pytest.raises(NotVerifiedError) as raised:
        verify_answer(ready.vp_token, **ready.expectations)
    assert (raised.value.outcome, raised.value.report.ground) == (outcome, ground)


def test_a_verified_answer_carries_what_was_shown() -> None:
    ready = ready_answer(Outcome.VERIFIED)
    answer = verify_answer(ready.vp_token, **ready.expectations)
    assert isinstance(answer, VerifiedAnswer)
    (shown,) = answer.credentials["certificate"]
    assert shown.claims["month"] == "2026-05"
    assert "skills" not in shown.claims
    assert "cnf" not in shown.claims


@pytest.mark.parametrize(
    ("outcome", "ground"), [(Outcome.VERIFIED, Ground.EXPIRED), (Outcome.REJECTED, None)]
)
def test_a_ground_goes_with_rejected_only(outcome: Outcome, ground: Ground | None) -> None:
    with pytest.raises(ValueError, match="ground"):
        ready_answer(outcome, ground=ground)


def test_only_the_unauthentic_one_uses_words_of_fraud() -> None:
    for ground in Ground:
        ready = ready_answer(Outcome.REJECTED, ground=ground)
        with pytest.raises(NotVerifiedError) as raised:
            verify_answer(ready.vp_token, **ready.expectations)
        genuine = "genuine" in raised.value.report.headline["en"].lower()
        accused = "altered" in raised.value.report.headline["en"].lower()
        assert genuine
        assert accused is (ground is Ground.NOT_AUTHENTIC)
