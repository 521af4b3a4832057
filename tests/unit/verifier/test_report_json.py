"""The JSON of a report is what docs/verifier.md says, and carries no claim."""

import re
from typing import Any

import pytest

from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind
from carnet_verifier import (
    AlertId,
    CheckId,
    CheckOutcome,
    ExaminedAnswer,
    Ground,
    NotVerifiedError,
    Outcome,
    Showing,
    Surroundings,
    examine_answer,
    verify_answer,
)
from carnet_verifier.testing import ready_answer
from support.examining import Bench, on_screen
from support.shared import REPOSITORY

PAGE = (REPOSITORY / "docs" / "verifier.md").read_text(encoding="utf-8")
CASES = [
    (Outcome.VERIFIED, None),
    (Outcome.GENUINE_UNLISTED, None),
    (Outcome.UNDETERMINED, None),
    *((Outcome.REJECTED, ground) for ground in Ground),
]


def examined(outcome: Outcome, ground: Ground | None) -> ExaminedAnswer:
    ready = ready_answer(outcome, ground=ground)
    question = ready.expectations.pop("question")
    around = Surroundings(**ready.expectations)
    return examine_answer(ready.vp_token, question=question, surroundings=around)


def table(heading: str) -> list[str]:
    """The names in the first column of the table that begins with this heading."""
    _, _, rest = PAGE.partition(f"| {heading} |")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return [re.findall(r"`(\w+)`", row.split("|")[1])[0] for row in rows]


@pytest.mark.parametrize(("outcome", "ground"), CASES, ids=str)
def test_members_are_those_of_the_page(outcome: Outcome, ground: Ground | None) -> None:
    data: dict[str, Any] = examined(outcome, ground).report.to_json()
    assert list(data) == table("member")
    _, _, checks = PAGE.partition("## Checks")
    names = re.findall(r"^\| `(\w+)` \|", checks.partition("\n\n")[0], re.MULTILINE)
    for check in data["checks"]:
        assert list(check) == names
        assert set(check["text"]) == {"fr", "en"}
        assert check["does_not_prove"] == {} or set(check["does_not_prove"]) == {"fr", "en"}
        assert check["kind"] == "" or ErrorKind(check["kind"])
        assert (check["ground"] is None) is (check["outcome"] != "failed")
    assert data["outcome"] == str(outcome)
    assert data["ground"] == (None if ground is None else str(ground))


def test_every_value_of_a_closed_list_is_on_the_page() -> None:
    for closed in (Outcome, Ground, CheckId, CheckOutcome, Showing, AlertId):
        for value in closed:
            assert f"`{value}`" in PAGE, value
    assert set(table("alert")) == set(AlertId)


@pytest.mark.parametrize(("outcome", "ground"), CASES, ids=str)
def test_a_report_carries_no_claim(outcome: Outcome, ground: Ground | None) -> None:
    answer = examined(outcome, ground)
    text = strict_json.dumps(answer.report.to_json())
    for claim in ("Electrical safety", "Sécurité électrique", "2026-05", "end_of_training"):
        assert claim not in text
        assert claim not in repr(answer)


@pytest.mark.parametrize(("outcome", "ground"), CASES[1:], ids=str)
def test_whoever_is_not_told_yes_is_told_what_to_do(
    outcome: Outcome, ground: Ground | None
) -> None:
    report = examined(outcome, ground).report
    assert set(report.what_to_do) == {"fr", "en"}
    assert report.leading is not None
    assert report.leading in report.checks
    assert report.what_to_do == report.leading.what_to_do


@pytest.mark.parametrize(("outcome", "ground"), CASES[1:], ids=str)
def test_an_error_carries_the_kind_that_decided(outcome: Outcome, ground: Ground | None) -> None:
    ready = ready_answer(outcome, ground=ground)
    with pytest.raises(NotVerifiedError) as caught:
        verify_answer(ready.vp_token, **ready.expectations)
    kinds = {
        Outcome.GENUINE_UNLISTED: ErrorKind.KEY_NOT_TRUSTED,
        Outcome.UNDETERMINED: ErrorKind.STATUS_UNAVAILABLE,
        Ground.NOT_AUTHENTIC: ErrorKind.BAD_SIGNATURE,
        Ground.WITHDRAWN: ErrorKind.STATUS_REVOKED,
        Ground.PAUSED: ErrorKind.STATUS_SUSPENDED,
        Ground.EXPIRED: ErrorKind.EXPIRED,
        Ground.NOT_YET_VALID: ErrorKind.NOT_YET_VALID,
        Ground.NOT_FOR_YOU: ErrorKind.KB_NONCE,
        Ground.POLICY_UNMET: ErrorKind.QUERY_UNMET,
    }
    assert caught.value.kind is kinds[outcome if ground is None else ground]
    assert caught.value.message == caught.value.report.headline["en"]
    assert caught.value.hint == caught.value.report.what_to_do["en"]


@pytest.mark.parametrize(("outcome", "ground"), CASES, ids=str)
def test_issuers_are_named_only_where_something_is_authentic(
    outcome: Outcome, ground: Ground | None
) -> None:
    names = examined(outcome, ground).report.issuers
    unproven = ground in {Ground.NOT_AUTHENTIC, Ground.NOT_FOR_YOU}
    assert (names == ()) is unproven


def test_a_showing_is_in_the_json() -> None:
    from carnet_verifier import Shown

    bench = Bench()
    report = bench.report(on_screen(bench.issue()), Shown(max_age=120, code=None))
    assert report.to_json()["showing"] == "recorded"
    assert report.to_json()["checks"][3]["source"] == "holder"
