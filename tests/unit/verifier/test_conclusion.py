"""From checks to one outcome: nothing good is said unless every check said it."""

import itertools

import pytest

from carnet_verifier.conclusion import conclude
from carnet_verifier.report import Check, CheckId, CheckOutcome, Ground, Outcome

OF_A_DOCUMENT = [one for one in CheckId if one is not CheckId.QUESTION]


def check(
    name: CheckId, outcome: CheckOutcome = CheckOutcome.PASSED, ground: Ground | None = None
) -> Check:
    return Check(id=name, outcome=outcome, text={}, ground=ground)


def document(**changes: CheckOutcome | None) -> list[Check]:
    """Every check of one document, passed; a change to None leaves one out."""
    outcomes = {str(name): CheckOutcome.PASSED for name in OF_A_DOCUMENT} | changes
    return [
        check(CheckId(name), outcome, Ground.POLICY_UNMET if outcome == "failed" else None)
        for name, outcome in outcomes.items()
        if outcome is not None
    ]


ANSWERED = [check(CheckId.QUESTION)]


def test_all_checks_passed_is_verified() -> None:
    concluded = conclude([document(), document()], ANSWERED)
    assert (concluded.outcome, concluded.ground, concluded.leading) == (
        Outcome.VERIFIED,
        None,
        None,
    )


@pytest.mark.parametrize(
    "documents",
    [
        [],
        [[]],
        [document(), []],
        [[check(CheckId.FORMAT)]],
        [[check(CheckId.QUESTION)]],
        [[check(name) for name in OF_A_DOCUMENT[:-1]]],
    ],
    ids=range(6),
)
@pytest.mark.parametrize("overall", [[], ANSWERED], ids=["single", "answer"])
def test_trivially_false(documents: list[list[Check]], overall: list[Check]) -> None:
    assert conclude(documents, overall).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("missing", OF_A_DOCUMENT)
def test_one_check_left_out_is_not_verified(missing: CheckId) -> None:
    assert conclude([document(**{missing: None})], ()).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("twice", OF_A_DOCUMENT)
def test_a_check_reported_twice_is_not_verified(twice: CheckId) -> None:
    assert conclude([[*document(), check(twice)]], ()).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        (CheckId.FORMAT, CheckOutcome.NOT_APPLICABLE),
        (CheckId.ISSUER_KEY, CheckOutcome.NOT_APPLICABLE),
        (CheckId.SIGNATURE, CheckOutcome.NOT_APPLICABLE),
        (CheckId.VALIDITY, CheckOutcome.NOT_APPLICABLE),
        (CheckId.ISSUER_LISTED, CheckOutcome.NOT_APPLICABLE),
        (CheckId.SIGNATURE, CheckOutcome.UNLISTED),
        (CheckId.STATUS, CheckOutcome.UNLISTED),
        (CheckId.HOLDER_BINDING, CheckOutcome.UNLISTED),
    ],
)
def test_some_checks_must_pass(name: CheckId, outcome: CheckOutcome) -> None:
    assert conclude([document(**{name: outcome})], ()).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "name", [CheckId.HOLDER_BINDING, CheckId.TYPE, CheckId.STATUS, CheckId.POLICY]
)
def test_some_checks_may_not_apply(name: CheckId) -> None:
    changed = document(**{name: CheckOutcome.NOT_APPLICABLE})
    assert conclude([changed], ()).outcome is Outcome.VERIFIED


@pytest.mark.parametrize("name", OF_A_DOCUMENT)
def test_what_could_not_be_checked_leaves_it_undetermined(name: CheckId) -> None:
    changes = {str(CheckId.ISSUER_LISTED): CheckOutcome.UNLISTED} | {
        str(name): CheckOutcome.NOT_CHECKED
    }
    concluded = conclude([document(), document(**changes)], ())
    assert concluded.outcome is Outcome.UNDETERMINED
    assert concluded.leading is not None
    assert concluded.leading.id is name


@pytest.mark.parametrize(
    "outcome",
    [CheckOutcome.NOT_CHECKED, CheckOutcome.NOT_APPLICABLE, CheckOutcome.UNLISTED],
)
def test_an_answer_that_was_not_compared_is_not_verified(outcome: CheckOutcome) -> None:
    concluded = conclude([document()], [check(CheckId.QUESTION, outcome)])
    assert concluded.outcome is Outcome.UNDETERMINED


def test_nobody_vouches_for_one_of_two() -> None:
    unlisted = document(issuer_listed=CheckOutcome.UNLISTED)
    concluded = conclude([document(), unlisted], ANSWERED)
    assert concluded.outcome is Outcome.GENUINE_UNLISTED
    assert concluded.leading is unlisted[OF_A_DOCUMENT.index(CheckId.ISSUER_LISTED)]


@pytest.mark.parametrize(("worse", "milder"), list(itertools.combinations(Ground, 2)), ids=str)
def test_the_worse_ground_leads_in_any_order(worse: Ground, milder: Ground) -> None:
    first = check(CheckId.STATUS, CheckOutcome.FAILED, milder)
    second = check(CheckId.VALIDITY, CheckOutcome.FAILED, worse)
    for documents in ([[first, second]], [[second], [first]], [[first], [second]]):
        concluded = conclude(documents, ())
        assert (concluded.outcome, concluded.ground) == (Outcome.REJECTED, worse)
        assert concluded.leading is second


def test_a_failure_leads_over_what_was_not_checked() -> None:
    failed = document(status=CheckOutcome.NOT_CHECKED, policy=CheckOutcome.FAILED)
    concluded = conclude([failed], ())
    assert (concluded.outcome, concluded.ground) == (Outcome.REJECTED, Ground.POLICY_UNMET)


@pytest.mark.parametrize("overall", [[], ANSWERED], ids=["single", "answer"])
def test_a_failure_without_a_ground_is_the_worst(overall: list[Check]) -> None:
    concluded = conclude([[check(CheckId.STATUS, CheckOutcome.FAILED)]], overall)
    assert (concluded.outcome, concluded.ground) == (Outcome.REJECTED, Ground.NOT_AUTHENTIC)


def test_a_failed_question_rejects_good_documents() -> None:
    failed = check(CheckId.QUESTION, CheckOutcome.FAILED, Ground.POLICY_UNMET)
    assert conclude([document()], [failed]).outcome is Outcome.REJECTED
