"""A whole answer against a whole question (OpenID4VP 1.0 section 8.6)."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from carnet_schemas.catalog import type_metadata_bytes
from carnet_schemas.dcql import parse_dcql
from carnet_securing import strict_json
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.signer import SoftwareSigner
from carnet_trust.integrity import integrity_of
from carnet_trust.trust_file import TrustData
from carnet_verifier import (
    CheckId,
    CheckOutcome,
    ExaminedAnswer,
    Ground,
    Outcome,
    Question,
    examine_answer,
)
from carnet_verifier.answers import MAX_PRESENTATIONS
from support.bounded_work import least_cpu
from support.examining import AUDIENCE, NONCE, Bench, bound, line, one_query
from support.keys import signer as key_called
from support.looking_up import on_demand
from support.sd_jwts import digest as digest_of
from support.sd_jwts import disclosure, forge
from support.simulator import SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb

OWN_TYPE = "https://school.example/types/own/1"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def judged(examined: ExaminedAnswer) -> tuple[Outcome, Ground | None]:
    return examined.report.outcome, examined.report.ground


def raw(bench: Bench, token: str | bytes, query: dict[str, Any] | None = None) -> ExaminedAnswer:
    question = Question(query=parse_dcql(query or one_query()), audience=AUDIENCE, nonce=NONCE)
    return examine_answer(token, question=question, surroundings=bench.around())


def test_one_good_answer(bench: Bench) -> None:
    examined = bench.answer({"c": [bound(bench.issue())]}, one_query(["title"], ["month"]))
    assert judged(examined) == (Outcome.VERIFIED, None)
    assert line(examined.report, CheckId.QUESTION).outcome is CheckOutcome.PASSED
    (shown,) = examined.credentials["c"]
    assert set(shown.claims) >= {"title", "month", "nature"}
    assert "skills" not in shown.claims, "shown, though nobody asked"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "null",
        "[]",
        "{}",
        '"x"',
        '{"c":[]}',
        '{"c":"x"}',
        '{"c":[1]}',
        '{"c":[""]}',
        '{"c":[null]}',
        '{"c":{"x":"y"}}',
        '{"":["x"]}',
        '{"c":["x"],"c":["y"]}',
        '{"c":["x"]}trailing',
        '{"c":["\\ud800"]}',
        b"\xff\xfe{",
        "[" * 10_000,
    ],
    ids=range(17),
)
def test_what_is_no_vp_token_is_not_looked_into(bench: Bench, token: str | bytes) -> None:
    examined = raw(bench, token)
    assert examined.report.outcome is Outcome.REJECTED
    assert not any(examined.credentials.values())
    assert not bench.web.total


@pytest.mark.parametrize(
    "make",
    [
        lambda good: {"other": [good]},
        lambda good: {"c": [good], "other": [good]},
        lambda good: {"C": [good]},
        lambda good: {"c": [good, good]},
    ],
    ids=["other", "one-more", "case", "twice"],
)
def test_Q06_more_than_was_asked_is_not_looked_at(
    bench: Bench, make: Callable[[str], dict[str, list[str]]]
) -> None:
    examined = bench.answer(make(bound(bench.issue())), one_query())
    assert judged(examined) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert [check.id for check in examined.report.checks] == [CheckId.QUESTION]
    assert examined.report.headline["en"] == "This answer does not match your request."
    assert not examined.credentials
    assert not bench.web.total, "nothing was fetched for it"


def test_several_may_come_where_several_were_asked_for(bench: Bench) -> None:
    documents = [bound(bench.issue()) for _ in range(3)]
    examined = bench.answer({"c": documents}, one_query(["title"], multiple=True))
    assert judged(examined) == (Outcome.VERIFIED, None)
    assert len(examined.credentials["c"]) == 3
    assert len(examined.report.issuers) == 1


def test_one_bad_document_among_good_ones_spoils_the_answer(bench: Bench) -> None:
    good = bound(bench.issue())
    thief = bound(bench.issue(), key=key_called("thief"))
    examined = bench.answer({"c": [good, thief]}, one_query(multiple=True))
    assert judged(examined) == (Outcome.REJECTED, Ground.NOT_AUTHENTIC)
    compared = line(examined.report, CheckId.QUESTION)
    assert compared.outcome is CheckOutcome.NOT_CHECKED
    assert len(examined.credentials["c"]) == 1


def test_one_unchecked_document_leaves_the_answer_open(bench: Bench) -> None:
    other = SimulatedIssuer(SimulatedWeb(), url="https://elsewhere.example", name="elsewhere")
    unknown = bound(other.issue(holder_key=key_called("worker").public_jwk))
    examined = bench.answer({"c": [bound(bench.issue()), unknown]}, one_query(multiple=True))
    assert judged(examined) == (Outcome.UNDETERMINED, None)


@pytest.mark.parametrize(
    "query",
    [
        one_query(["hours"], ["given_name"]),
        one_query(["title", "en", "x"]),
        one_query(["skills", 99]),
        one_query(meta={"vct_values": ["urn:carnet:mission:1"]}),
        one_query(meta={"vct_values": [SKILL_CERTIFICATE + "x"]}),
        {
            "credentials": [
                *one_query(["title"])["credentials"],
                one_query(["title"])["credentials"][0] | {"id": "d"},
            ]
        },
    ],
    ids=["claim", "path", "index", "type", "type-by-the-byte", "second-query"],
)
def test_Q06_Q07_less_than_was_asked(bench: Bench, query: dict[str, Any]) -> None:
    claims = {"nature": "attendance", "title": {"en": "x"}, "month": "2026-05"}
    examined = bench.answer({"c": [bound(bench.issue(claims))]}, query)
    assert judged(examined) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert line(examined.report, CheckId.QUESTION).kind == "query_unmet"
    assert examined.report.headline["en"].startswith("Genuine, issued by Mill Training Centre.")


@pytest.mark.parametrize("bad", ["x509_san_dns:other.example", "", AUDIENCE + " "])
def test_an_answer_for_another_audience(bench: Bench, bad: str) -> None:
    question = Question(query=parse_dcql(one_query()), audience=bad, nonce=NONCE)
    token = strict_json.dumps({"c": [bound(bench.issue())]})
    examined = examine_answer(token, question=question, surroundings=bench.around())
    assert judged(examined) == (Outcome.REJECTED, Ground.NOT_FOR_YOU)


# Types a document may count as


def of_own_type(bench: Bench, **members: Any) -> str:
    """A document of an issuer's own type, which extends the skill certificate."""
    document = {
        "vct": OWN_TYPE,
        "extends": SKILL_CERTIFICATE,
        "extends#integrity": integrity_of(type_metadata_bytes(SKILL_CERTIFICATE)),
    }
    body = strict_json.dumps_bytes(document)
    bench.web.put(OWN_TYPE, body)
    hidden = [disclosure("s", "title", {"en": "x"}), disclosure("s", "month", "2026-05")]
    payload = {
        "vct": OWN_TYPE,
        "vct#integrity": integrity_of(body),
        "nature": "attendance",
        "_sd": [digest_of(one) for one in hidden],
        **members,
    }
    return bound(forge(payload, *hidden))


def answered_by_own_type(bench: Bench, document: str) -> ExaminedAnswer:
    lookups = on_demand(bench.web, fetch_types=True)
    return bench.answer({"c": [document]}, one_query(["title"]), lookups=lookups)


@pytest.mark.parametrize(
    ("types", "outcome"),
    [
        ((OWN_TYPE, SKILL_CERTIFICATE), (Outcome.VERIFIED, None)),
        ((OWN_TYPE,), (Outcome.REJECTED, Ground.POLICY_UNMET)),
        ((SKILL_CERTIFICATE,), (Outcome.REJECTED, Ground.POLICY_UNMET)),
        ((), (Outcome.REJECTED, Ground.POLICY_UNMET)),
    ],
    ids=["both", "own-only", "base-only", "none"],
)
def test_V10_an_inherited_type_needs_its_own_authority(
    bench: Bench, types: tuple[str, ...], outcome: tuple[Outcome, Ground | None]
) -> None:
    bench.trust = TrustData.of([bench.issuer.entry(types=types)])
    assert judged(answered_by_own_type(bench, of_own_type(bench))) == outcome


def test_an_inherited_type_of_an_unlisted_issuer_is_the_readers_to_judge(bench: Bench) -> None:
    bench.trust = TrustData.of([])
    assert judged(answered_by_own_type(bench, of_own_type(bench))) == (
        Outcome.GENUINE_UNLISTED,
        None,
    )


def test_V10_a_type_a_document_only_claims_counts_for_nothing(bench: Bench) -> None:
    bench.trust = TrustData.of([bench.issuer.entry(types=("urn:x", SKILL_CERTIFICATE))])
    hidden = disclosure("s", "title", {"en": "x"})
    members = {"vct": "urn:x", "aka_vcts": [SKILL_CERTIFICATE], "_sd": [digest_of(hidden)]}
    examined = answered_by_own_type(bench, bound(forge(members, hidden)))
    assert judged(examined) == (Outcome.REJECTED, Ground.POLICY_UNMET)


# Bounded work


def test_more_presentations_than_allowed_are_not_looked_at(bench: Bench) -> None:
    document = bound(bench.issue(conceal=()))
    many = [document] * (MAX_PRESENTATIONS + 1)
    examined = bench.answer({"c": many}, one_query(multiple=True))
    assert judged(examined) == (Outcome.REJECTED, Ground.NOT_AUTHENTIC)
    assert line(examined.report, CheckId.FORMAT).kind == "too_large"
    assert not bench.web.total


@pytest.mark.parametrize(
    "texts",
    [
        ["x" * (128 * 1024)] * 2,
        ["x" * (128 * 1024 + 1)],
        ["x~" * 20_000] * 2,
        ["x" + "~x" * 600] * 2,
        ["~" * 1_100],
    ],
    ids=["two-large", "one-too-large", "bytes", "disclosures-together", "disclosures"],
)
def test_limits_hold_over_the_whole_answer(bench: Bench, texts: list[str]) -> None:
    examined = bench.answer({"c": texts}, one_query(multiple=True))
    assert examined.report.outcome is Outcome.REJECTED
    assert line(examined.report, CheckId.FORMAT).kind == "too_large"


def _fresh_issuers(algorithm: str) -> list[str]:
    documents = []
    for number in range(MAX_PRESENTATIONS):
        worker = SoftwareSigner.generate(algorithm)
        issuer = SimulatedIssuer(
            SimulatedWeb(),
            name=f"forger {number}",
            algorithm=algorithm,
            route=IssuerKeyRoute.DID_JWK,
        )
        issued = issuer.issue(holder_key=worker.public_jwk, conceal=())
        documents.append(bound(issued, key=worker))
    return documents


def _of_a_listed_issuer(**members: Any) -> list[str]:
    return [bound(forge({"vct": SKILL_CERTIFICATE, **members}))]


def _hidden(*disclosures: str, **members: Any) -> list[str]:
    return [bound(forge({"vct": SKILL_CERTIFICATE, **members}, *disclosures))]


def _thousand_members() -> list[str]:
    each = [disclosure("s", f"n{n}", n) for n in range(1_000)]
    return _hidden(*each, _sd=[digest_of(one) for one in each])


def _thousand_elements() -> list[str]:
    each = [disclosure("s", n) for n in range(1_000)]
    return _hidden(*each, skills=[{"...": digest_of(one)} for one in each])


HOSTILE: dict[str, Callable[[], list[str]]] = {
    "32 fresh ES384 issuers": lambda: _fresh_issuers("ES384"),
    "32 fresh Ed25519 issuers": lambda: _fresh_issuers("EdDSA"),
    "a thousand hidden members": _thousand_members,
    "a thousand hidden elements": _thousand_elements,
    "empty arrays": lambda: _of_a_listed_issuer(skills=[[]] * 22_000),
    "small arrays": lambda: _of_a_listed_issuer(skills=[[[0] * 3] * 3] * 2_600),
    "small objects": lambda: _of_a_listed_issuer(skills=[{"label": 1}] * 6_800),
    "many members": lambda: _of_a_listed_issuer(**{f"k{n}": 1 for n in range(8_000)}),
    "thirty chains": lambda: _chains(30, 25),
}


def _chains(many: int, deep: int) -> list[str]:
    each, roots = [], []
    for chain in range(many):
        inner = disclosure(f"s{chain}", "x", 1)
        each.append(inner)
        for step in range(deep):
            inner = disclosure(f"s{chain}.{step}", "x", {"_sd": [digest_of(inner)]})
            each.append(inner)
        roots.append({"_sd": [digest_of(inner)]})
    return _hidden(*each, skills=roots)


PATHS: list[list[str | int | None]] = [
    ["skills", None, "label"],
    ["skills", None, None, None],
    ["skills", None, 1],
]
PATHS += [["skills", None, f"n{n}"] for n in range(29)]
PATHS += [[f"n{n}"] for n in range(32)]


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_costs_little(bench: Bench, make: Callable[[], list[str]]) -> None:
    """100 ms of CPU and 64 MiB (DESIGN section 6), with room for a loaded machine."""
    token = strict_json.dumps({"c": make()})
    question = Question(
        query=parse_dcql(one_query(*PATHS, multiple=True)), audience=AUDIENCE, nonce=NONCE
    )
    fresh = [bench.around() for _ in range(3)]
    examined, seconds = least_cpu(
        lambda: examine_answer(token, question=question, surroundings=fresh.pop())
    )
    assert examined.report.outcome is not Outcome.VERIFIED
    assert examined.report.leading is not None
    assert examined.report.leading.kind != "too_large", "it was not looked at"
    assert seconds < 0.1
    tracemalloc.start()
    try:
        examine_answer(token, question=question, surroundings=bench.around())
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()
