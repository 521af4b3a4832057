"""What is expected of the holder, case by case; never read off the document."""

from typing import Any

import pytest

from carnet_verifier import CheckId, CheckOutcome, Ground, Outcome, Showing, Shown
from support.examining import ASKED, COPY, WORKER, Bench, bound, line, on_screen
from support.keys import signer as key_called
from support.simulator import NOW

SHOWN = Shown(max_age=120, code=None)
LIVE = Shown(max_age=120, code="314159")


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="module")
def issued(bench: Bench) -> str:
    return bench.issue()


def test_an_answer_made_for_us_is_verified(bench: Bench, issued: str) -> None:
    report = bench.report(bound(issued), ASKED)
    assert report.outcome is Outcome.VERIFIED
    assert report.showing is None
    assert "Ask her name" in line(report, CheckId.HOLDER_BINDING).does_not_prove["en"]


@pytest.mark.parametrize(
    ("changes", "kind", "ground"),
    [
        pytest.param({"nonce": "another"}, "kb_nonce", Ground.NOT_FOR_YOU, id="nonce"),
        pytest.param({"audience": "other"}, "kb_aud", Ground.NOT_FOR_YOU, id="audience"),
        pytest.param({"now": NOW - 301}, "kb_iat", Ground.NOT_FOR_YOU, id="old"),
        pytest.param({"now": NOW + 61}, "kb_iat", Ground.NOT_FOR_YOU, id="future"),
        pytest.param(
            {"key": key_called("thief")}, "bad_signature", Ground.NOT_AUTHENTIC, id="thief"
        ),
    ],
)
def test_an_answer_not_made_for_us(
    bench: Bench, issued: str, changes: dict[str, Any], kind: str, ground: Ground
) -> None:
    examined = bench.examine(bound(issued, **changes), ASKED)
    report = examined.report
    assert (report.outcome, report.ground) == (Outcome.REJECTED, ground)
    failed = line(report, CheckId.HOLDER_BINDING)
    assert (failed.outcome, failed.kind) == (CheckOutcome.FAILED, kind)
    assert failed.what_to_do == report.what_to_do
    assert not examined.credentials
    assert not report.issuers


def test_an_answer_not_made_for_us_is_still_called_genuine(bench: Bench, issued: str) -> None:
    headline = bench.report(bound(issued, nonce="another"), ASKED).headline
    assert headline["en"].startswith("Genuine, issued by Mill Training Centre.")
    assert headline["fr"].startswith("Authentique, délivré par Centre de formation du Moulin.")


def test_K01_an_answer_nobody_signed(bench: Bench, issued: str) -> None:
    report = bench.report(issued, ASKED)
    assert (report.outcome, report.ground) == (Outcome.REJECTED, Ground.NOT_FOR_YOU)
    assert line(report, CheckId.HOLDER_BINDING).kind == "kb_missing"


@pytest.mark.parametrize("binding", [ASKED, SHOWN, LIVE], ids=["asked", "recorded", "live"])
def test_a_document_bound_to_nobody_accuses_nobody(bench: Bench, binding: Any) -> None:
    without_key = bench.issue(holder_key=None)
    for document, kind in (
        (without_key, "kb_missing"),
        (bound(without_key), "kb_key_invalid"),
    ):
        report = bench.report(document, binding)
        assert (report.outcome, report.ground) == (Outcome.REJECTED, Ground.NOT_FOR_YOU)
        assert line(report, CheckId.HOLDER_BINDING).kind == kind


def test_a_copy_proves_the_paper_only(bench: Bench, issued: str) -> None:
    report = bench.report(issued, COPY)
    assert report.outcome is Outcome.VERIFIED
    copy = line(report, CheckId.HOLDER_BINDING)
    assert copy.outcome is CheckOutcome.NOT_APPLICABLE
    assert "not the person" in copy.text["en"]


def test_a_recorded_code_says_first_that_it_may_be_a_copy(bench: Bench, issued: str) -> None:
    report = bench.report(on_screen(issued), SHOWN)
    assert (report.outcome, report.showing) == (Outcome.VERIFIED, Showing.RECORDED)
    assert report.headline["fr"].startswith("Peut être une copie.")
    assert report.headline["en"].startswith("May be a copy.")
    shown = line(report, CheckId.HOLDER_BINDING)
    assert "copy" in shown.text["en"]
    assert "Ask her name" in shown.does_not_prove["en"]
    assert (shown.source, shown.age) == ("holder", NOW % 60)
    assert report.to_json()["showing"] == "recorded"


def test_a_live_code_says_first_that_it_was_made_for_us(bench: Bench, issued: str) -> None:
    report = bench.report(on_screen(issued, code="314159"), LIVE)
    assert (report.outcome, report.showing) == (Outcome.VERIFIED, Showing.LIVE)
    assert report.headline["fr"].startswith("Fait pour vous, à l'instant.")
    assert line(report, CheckId.HOLDER_BINDING).text["en"] == "Made for you, just now."


def test_a_code_made_for_digits_nobody_asked_for_is_only_a_recording(
    bench: Bench, issued: str
) -> None:
    report = bench.report(on_screen(issued, code="314159"), SHOWN)
    assert (report.outcome, report.showing) == (Outcome.VERIFIED, Showing.RECORDED)


@pytest.mark.parametrize(
    ("code", "now", "kind", "words"),
    [
        pytest.param("271828", NOW, "kb_nonce", "six digits", id="other-digits"),
        pytest.param(None, NOW, "kb_nonce", "six digits", id="no-digits"),
        pytest.param("314159", NOW - 600, "kb_iat", "too old", id="old"),
        pytest.param("314159", NOW + 600, "kb_iat", "too old", id="future"),
    ],
)
def test_a_code_that_is_not_live(
    bench: Bench, issued: str, code: str | None, now: int, kind: str, words: str
) -> None:
    report = bench.report(on_screen(issued, code=code, now=now), LIVE)
    assert (report.outcome, report.ground) == (Outcome.REJECTED, Ground.NOT_FOR_YOU)
    assert report.showing is None
    failed = line(report, CheckId.HOLDER_BINDING)
    assert failed.kind == kind
    assert words in failed.text["en"]
    assert failed.what_to_do["en"] == "Ask her for a new code."


@pytest.mark.parametrize("binding", [SHOWN, LIVE], ids=["recorded", "live"])
def test_an_answer_to_somebodys_question_is_no_code_on_a_screen(
    bench: Bench, issued: str, binding: Shown
) -> None:
    report = bench.report(bound(issued), binding)
    assert (report.outcome, report.ground) == (Outcome.REJECTED, Ground.NOT_FOR_YOU)
    assert line(report, CheckId.HOLDER_BINDING).kind == "kb_aud"


def test_a_code_on_a_screen_answers_no_question(bench: Bench, issued: str) -> None:
    for document in (on_screen(issued), on_screen(issued, code="314159")):
        report = bench.report(document, ASKED)
        assert report.ground is Ground.NOT_FOR_YOU
        report = bench.report(document, COPY)
        assert report.ground is Ground.NOT_FOR_YOU
        assert line(report, CheckId.HOLDER_BINDING).kind == "kb_unexpected"


def test_a_selection_changed_after_binding_is_not_authentic(bench: Bench, issued: str) -> None:
    parts = bound(issued).split("~")
    fewer = "~".join([*parts[:1], *parts[2:]])
    report = bench.report(fewer, ASKED)
    assert report.outcome is Outcome.REJECTED
    assert report.ground is Ground.NOT_AUTHENTIC


def test_the_issuers_own_key_does_not_bind(bench: Bench, issued: str) -> None:
    assert WORKER.public_jwk != bench.issuer.signer.public_jwk
    report = bench.report(bound(issued, key=bench.issuer.signer), ASKED)
    assert report.ground is Ground.NOT_AUTHENTIC
