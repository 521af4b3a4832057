"""A report and what was shown, as lines for a person."""

from typing import Any

import pytest

from carnet_cli import reports
from carnet_cli.reports import claim_lines, report_lines
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import Source
from carnet_verifier import Ground, Outcome, Shown, Surroundings, examine_answer
from carnet_verifier.testing import ready_answer
from support.examining import Bench, on_screen
from support.looking_up import on_demand
from support.simulator import NOW, SKILL_CERTIFICATE

CASES = [
    (Outcome.VERIFIED, None),
    (Outcome.GENUINE_UNLISTED, None),
    (Outcome.UNDETERMINED, None),
    *((Outcome.REJECTED, ground) for ground in Ground),
]


@pytest.mark.parametrize(("outcome", "ground"), CASES, ids=str)
def test_every_report_is_told_in_both_languages(outcome: Outcome, ground: Ground | None) -> None:
    ready = ready_answer(outcome, ground=ground)
    question = ready.expectations.pop("question")
    around = Surroundings(**ready.expectations)
    report = examine_answer(ready.vp_token, question=question, surroundings=around).report
    lines = report_lines(report.to_json())
    assert lines[:2] == [report.headline["fr"], report.headline["en"]]
    if outcome is not Outcome.VERIFIED:
        assert lines[2] == f"{report.what_to_do['fr']} / {report.what_to_do['en']}"
    assert sum(line.startswith("[") for line in lines) == len(report.checks)
    assert "{" not in "".join(lines)


def test_alerts_and_ages_are_told() -> None:
    bench, cache = Bench(), MemoryLookupCache()
    document = bench.issue()
    bench.report(document, lookups=on_demand(bench.web, cache))
    bench.web.is_down = True
    report = bench.report(document, lookups=on_demand(bench.web, cache), now=NOW + 2_000)
    lines = report_lines(report.to_json())
    assert sum("The last readable copy is used." in line for line in lines) == 2
    aged = "lu plus tôt, il y a 33 min / read earlier, 33 min ago"
    assert sum(line.strip() == aged for line in lines) == 2


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (0, "il y a 0 s / read just now, 0 s ago"),
        (119, "il y a 119 s / read just now, 119 s ago"),
        (120, "il y a 2 min / read just now, 2 min ago"),
        (7_199, "il y a 119 min / read just now, 119 min ago"),
        (7_200, "il y a 2 h / read just now, 2 h ago"),
        (172_800, "il y a 2 j / read just now, 2 d ago"),
        (9_000_000, "il y a 104 j / read just now, 104 d ago"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_that_says_enough(age: int, told: str) -> None:
    bench = Bench()
    report = bench.report(bench.issue()).to_json()
    report["checks"] = [dict(report["checks"][0], source="fetched", age=age)]
    assert report_lines(report)[-1].strip() == f"lu à l'instant, {told}"


def test_every_source_has_its_words() -> None:
    assert {str(source) for source in Source} | {"holder"} == set(reports._SOURCES)


def test_a_recording_is_told_first() -> None:
    bench = Bench()
    report = bench.report(on_screen(bench.issue()), Shown(max_age=120, code=None))
    assert report_lines(report.to_json())[1].startswith("May be a copy.")


def test_claims_are_told_in_words() -> None:
    lines = claim_lines(
        SKILL_CERTIFICATE,
        {
            "vct": SKILL_CERTIFICATE,
            "iss": "https://school.example",
            "nature": "badge",
            "title": {"fr": "Sécurité"},
            "skills": [{"label": "electricity"}],
        },
    )
    assert lines == [
        "",
        "Attestation de compétences / Skill certificate",
        "  Nature du document / What the paper is: Badge / Badge",
        "  Intitulé / Title (fr): Sécurité",
        "  Intitulé / Label: electricity",
    ]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"a": {"b": [1, None, True]}}, ["  a.b.0: 1", "  a.b.1: None", "  a.b.2: True"]),
        ({"exp": 1, "cnf": {}, "status": {}, "vct": "x"}, []),
        ({"a": {}, "b": []}, []),
        ({}, []),
    ],
    ids=range(4),
)
def test_claims_of_unknown_types(claims: dict[str, Any], expected: list[str]) -> None:
    assert claim_lines("urn:x", claims)[2:] == expected


@pytest.mark.parametrize("value", ["\x1b[31mred", "a\u202eb", "x" * 10_000, "line\nline"])
def test_claims_cannot_steer_the_terminal(value: str) -> None:
    for claims in ({"a": value}, {value: "a"}, {"a": {value: "b"}}, {"nature": value}):
        for vct in ("urn:x", SKILL_CERTIFICATE, value):
            text = "".join(claim_lines(vct, claims))
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert "\n" not in text
            assert len(text) < 1_000


def test_a_document_with_very_much_in_it_is_told_in_part() -> None:
    lines = claim_lines("urn:x", {f"k{n}": n for n in range(10_000)})
    assert len(lines) < 300
    assert lines[-1] == "  ..."
