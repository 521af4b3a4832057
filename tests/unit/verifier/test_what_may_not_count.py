"""What a document may not count as, and what it may not make a verifier do."""

from typing import Any

import pytest

from carnet_schemas.dcql import parse_dcql
from carnet_securing import strict_json
from carnet_securing.held import Selection
from carnet_securing.key_binding import bind
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from carnet_trust.trust_file import TrustData
from carnet_verifier import (
    BearerCopy,
    ExaminedAnswer,
    NoFurtherCondition,
    Question,
    Surroundings,
    examine_answer,
    examine_single,
)
from support.keys import signer as key_called
from support.looking_up import on_demand
from support.simulator import DAY, NOW, SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb
from support.verifier_world import QUERY, Worker

AUDIENCE = "x509_san_dns:shop.example"
NONCE = "n" * 43
MISSION = "urn:carnet:mission:1"
UNBOUND = {
    "credentials": [QUERY["credentials"][0] | {"require_cryptographic_holder_binding": False}]
}


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


@pytest.fixture
def issuer(web: SimulatedWeb) -> SimulatedIssuer:
    return SimulatedIssuer(web)


def around(issuer: SimulatedIssuer, **entry: Any) -> Surroundings:
    return Surroundings(
        trust=TrustData.of([issuer.entry(**entry)]),
        lookups=on_demand(issuer.web, fetch_types=True),
        policy=NoFurtherCondition(),
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )


def answered(
    document: str, issuer: SimulatedIssuer, *, query: object = QUERY, **entry: Any
) -> ExaminedAnswer:
    return examine_answer(
        strict_json.dumps({"certificate": [document]}),
        question=Question(query=parse_dcql(query), audience=AUDIENCE, nonce=NONCE),
        surroundings=around(issuer, **entry),
    )


def judged(examined: ExaminedAnswer) -> tuple[str, str | None]:
    ground = examined.report.ground
    return str(examined.report.outcome), None if ground is None else str(ground)


def test_V10_a_further_type_a_document_claims_counts_for_nothing(issuer: SimulatedIssuer) -> None:
    own = "https://school.example/own"
    key = key_called("worker")
    payload = {
        "iss": issuer.iss,
        "vct": own,
        "aka_vcts": [SKILL_CERTIFICATE],
        "cnf": {"jwk": key.public_jwk.to_json()},
        "title": {"en": "Electrical safety"},
        "month": "2026-05",
    }
    issued = issue_sd_jwt(
        payload,
        conceal=[("title",), ("month",)],
        signer=issuer.signer,
        typ="dc+sd-jwt",
        header={"kid": issuer.kid},
    )
    shown = bind(
        Selection.of(issued.encode("ascii"), hash_algorithm="sha-256"),
        audience=AUDIENCE,
        nonce=NONCE,
        now=NOW,
        signer=key,
    ).decode("ascii")
    for types in [(own,), (own, SKILL_CERTIFICATE)]:
        assert judged(answered(shown, issuer, types=types)) == ("rejected", "policy_unmet")


@pytest.mark.parametrize("changes", [{"nonce": "m" * 43}, {"audience": "x509_san_dns:o.example"}])
def test_a_binding_nobody_asked_for_still_has_to_hold(
    issuer: SimulatedIssuer, changes: dict[str, str]
) -> None:
    worker = Worker.with_certificate(issuer)
    shown = worker.present(
        audience=changes.get("audience", AUDIENCE), nonce=changes.get("nonce", NONCE)
    )
    assert judged(answered(shown, issuer, query=UNBOUND)) == ("rejected", "not_for_you")


def test_a_forged_binding_nobody_asked_for_is_not_authentic(issuer: SimulatedIssuer) -> None:
    worker = Worker.with_certificate(issuer)
    shown = worker.present(audience=AUDIENCE, nonce=NONCE, key=key_called("thief"))
    assert judged(answered(shown, issuer, query=UNBOUND)) == ("rejected", "not_authentic")


def test_an_answer_may_come_unbound_where_none_was_asked_for(issuer: SimulatedIssuer) -> None:
    worker = Worker.with_certificate(issuer)
    bound = worker.present(audience=AUDIENCE, nonce=NONCE)
    for document in (worker.bare(), bound):
        assert judged(answered(document, issuer, query=UNBOUND)) == ("verified", None)
    assert judged(answered(worker.bare(), issuer)) == ("rejected", "not_for_you")


def test_a_copy_with_somebody_elses_binding_is_refused(issuer: SimulatedIssuer) -> None:
    worker = Worker.with_certificate(issuer)
    bound = worker.present(audience=AUDIENCE, nonce=NONCE)
    for document in (bound, worker.bare() + "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"):
        examined = examine_single(document, binding=BearerCopy(), surroundings=around(issuer))
        assert judged(examined) == ("rejected", "not_for_you")
        assert "kb_unexpected" in {check.kind for check in examined.report.checks}


@pytest.mark.parametrize(
    ("changes", "entry", "ground"),
    [
        ({"expires_at": NOW - DAY, "issued_at": NOW - 9 * DAY}, {}, "expired"),
        ({}, {"types": (MISSION,)}, "policy_unmet"),
    ],
    ids=["expired", "not-its-type-to-issue"],
)
def test_T20_no_status_list_is_fetched_for_what_is_invalid_anyway(
    issuer: SimulatedIssuer, changes: dict[str, int], entry: dict[str, Any], ground: str
) -> None:
    worker = Worker.with_certificate(issuer, **changes)
    shown = worker.present(audience=AUDIENCE, nonce=NONCE)
    assert judged(answered(shown, issuer, **entry)) == ("rejected", ground)
    assert issuer.web.calls[issuer.status_uri] == 0


def test_a_status_list_is_fetched_for_what_is_valid_so_far(issuer: SimulatedIssuer) -> None:
    worker = Worker.with_certificate(issuer)
    assert judged(answered(worker.present(audience=AUDIENCE, nonce=NONCE), issuer))[0] == "verified"
    assert issuer.web.calls[issuer.status_uri] == 1


def test_what_a_rejected_presentation_says_is_discarded(issuer: SimulatedIssuer) -> None:
    old = Worker.with_certificate(issuer, expires_at=NOW - DAY, issued_at=NOW - 9 * DAY)
    expired = answered(old.present(audience=AUDIENCE, nonce=NONCE), issuer)
    assert judged(expired) == ("rejected", "expired")
    assert expired.credentials == {"certificate": ()}
    stranger = answered(old.present(audience=AUDIENCE, nonce="m" * 43), issuer)
    assert stranger.credentials == {"certificate": ()}
