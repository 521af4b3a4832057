"""Rows Q and K of the attack catalogue, over the verifier's HTTP face (OpenID4VP 1.0)."""

import threading
from pathlib import Path

import pytest

from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing import strict_json
from carnet_trust.entries import OrganisationClass
from carnet_trust.trust_file import TrustData
from support.credential_samples import LEARNING_ACTIVITY
from support.keys import signer as key_called
from support.simulator import DAY, NOW, SKILL_CERTIFICATE, SimulatedIssuer
from support.verifier_world import FORM, QUERY, Worker, World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.make(tmp_path_factory.mktemp("verifier"))


@pytest.fixture(autouse=True)
def _now(world: World) -> None:
    world.clock.now = NOW


@pytest.fixture(scope="module")
def worker(world: World) -> Worker:
    return Worker.with_certificate(world.issuer)


def test_an_honest_answer_is_verified(world: World, worker: Worker) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    assert world.answer(asked, shown).status_code == 200
    assert world.judged(asked) == ("verified", None)


def test_Q02_result_needs_the_secret_of_who_asked(world: World, worker: Worker) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    world.answer(asked, worker.present(audience=claims["client_id"], nonce=claims["nonce"]))
    path = f"/result/{asked.id}"
    assert world.client.get(path).status_code == 401
    for wrong in (asked.id, claims["state"], claims["nonce"], "x"):
        got = world.client.get(path, headers={"authorization": f"Bearer {wrong}"})
        assert got.status_code == 404
        assert "claims" not in got.json()
    right = {"authorization": f"Bearer {asked.result_token}"}
    assert world.client.get(path, headers=right).json()["outcome"] == "verified"


@pytest.mark.parametrize("state", ["", "x" * 43, None])
def test_Q03_unknown_state_stores_nothing(world: World, worker: Worker, state: str | None) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    form = {"vp_token": strict_json.dumps({"certificate": [shown]})}
    if state is not None:
        form["state"] = state
    refused = world.post(asked, form)
    assert refused.status_code in {400, 404}
    assert world.judged(asked) == (None, None)
    assert world.answer(asked, shown).status_code == 200


def test_Q03_unknown_and_expired_questions_look_the_same(world: World) -> None:
    asked = world.ask()
    world.clock.now = NOW + 601
    expired = world.post(asked, {"error": "access_denied", "state": "x"})
    unknown = world.client.post("/response/nobody", content="error=access_denied", headers=FORM)
    assert (expired.status_code, expired.json()) == (unknown.status_code, unknown.json())


def test_Q04_K02_answer_to_another_question_is_not_for_us(world: World, worker: Worker) -> None:
    first, second = world.ask(), world.ask()
    claims = world.request_claims(first)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    world.answer(second, shown)
    assert world.judged(second) == ("rejected", "not_for_you")


def test_K03_Q11_second_answer_to_one_question_is_a_replay(world: World, worker: Worker) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    form = {"vp_token": strict_json.dumps({"certificate": [shown]}), "state": claims["state"]}
    assert world.post(asked, form).status_code == 200
    assert world.post(asked, form).status_code == 404


def test_Q11_of_parallel_answers_exactly_one_counts(world: World, worker: Worker) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    form = {"vp_token": strict_json.dumps({"certificate": [shown]}), "state": claims["state"]}
    codes: list[int] = []
    start = threading.Barrier(8)

    def post() -> None:
        start.wait()
        codes.append(world.post(asked, form).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(200) == 1
    assert set(codes) <= {200, 400, 404}


@pytest.mark.parametrize(
    ("token", "ground"),
    [
        pytest.param({}, "not_authentic", id="nothing"),
        pytest.param([], "not_authentic", id="no-object"),
        pytest.param({"certificate": "x"}, "not_authentic", id="text"),
        pytest.param({"certificate": []}, "not_authentic", id="empty"),
        pytest.param({"certificate": [7]}, "not_authentic", id="number"),
        pytest.param({"other": ["x"]}, "policy_unmet", id="another-query"),
        pytest.param({"certificate": ["x"], "extra": ["y"]}, "policy_unmet", id="one-more-query"),
    ],
)
def test_Q06_incomplete_answers_are_never_verified(
    world: World, token: object, ground: str
) -> None:
    asked = world.ask()
    state = world.request_claims(asked)["state"]
    world.post(asked, {"vp_token": strict_json.dumps(token), "state": state})
    assert world.judged(asked) == ("rejected", ground)
    assert not world.verifier.result(asked.id).claims


def test_Q06_fewer_claims_than_asked(world: World, worker: Worker) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"], paths=[("title",)])
    world.answer(asked, shown)
    assert world.judged(asked) == ("rejected", "policy_unmet")


def test_Q06_more_presentations_than_asked(world: World, worker: Worker) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    world.answer(asked, shown, shown)
    assert world.judged(asked) == ("rejected", "policy_unmet")


def test_Q07_a_good_certificate_of_another_type_is_no_answer(tmp_path: Path) -> None:
    """Its issuer is listed for both types, and it holds every claim that was asked for."""
    world = World.make(tmp_path)
    types = (SKILL_CERTIFICATE, "urn:carnet:learning-activity:1")
    entry = world.issuer.entry(types=types, klass=OrganisationClass.ASSOCIATION)
    world.verifier.set_trust(TrustData.of([entry]))
    world.refresh()
    other = Worker.with_certificate(world.issuer, vct=types[1], claims=LEARNING_ACTIVITY)
    for vct, judged in zip(types, [("rejected", "policy_unmet"), ("verified", None)], strict=True):
        query = QUERY["credentials"][0] | {"meta": {"vct_values": [vct]}}
        asked = world.ask({"credentials": [query]})
        claims = world.request_claims(asked)
        world.answer(asked, other.present(audience=claims["client_id"], nonce=claims["nonce"]))
        assert world.judged(asked) == judged
        report = world.verifier.result(asked.id).report
        assert report is not None
        failed = {check["id"] for check in report["checks"] if check["outcome"] == "failed"}
        assert failed == ({"question"} if judged[1] else set())


def test_Q08_values_are_checked_again(world: World, worker: Worker) -> None:
    query = {
        "credentials": [
            QUERY["credentials"][0]
            | {"claims": [{"path": ["title"]}, {"path": ["month"], "values": ["1999-01"]}]}
        ]
    }
    asked = world.ask(query)
    claims = world.request_claims(asked)
    world.answer(asked, worker.present(audience=claims["client_id"], nonce=claims["nonce"]))
    assert world.judged(asked) == ("rejected", "policy_unmet")


def test_Q09_nonces_and_states_are_fresh(world: World) -> None:
    """That a hundred thousand differ is shown where they are drawn (test_questions)."""
    seen = [world.request_claims(world.ask()) for _ in range(20)]
    for member in ("nonce", "state", "response_uri"):
        values = [claims[member] for claims in seen]
        assert len(set(values)) == len(values)
    assert all(len(claims["nonce"]) >= 43 for claims in seen)


def test_Q13_request_may_be_fetched_twice(world: World) -> None:
    asked = world.ask()
    assert world.request_claims(asked) == world.request_claims(asked)


def test_Q14_K01_stripped_key_binding(world: World, worker: Worker) -> None:
    asked = world.ask()
    world.answer(asked, worker.bare())
    assert world.judged(asked) == ("rejected", "not_for_you")


@pytest.mark.parametrize(
    ("changes", "ground"),
    [
        pytest.param({"nonce": "x" * 43}, "not_for_you", id="SEC-K05"),
        pytest.param(
            {"audience": "x509_san_dns:other.example"}, "not_for_you", id="another-audience"
        ),
        pytest.param({"now": NOW - 3600}, "not_for_you", id="SEC-K06-past"),
        pytest.param({"now": NOW + 3600}, "not_for_you", id="SEC-K06-future"),
        pytest.param({"key": key_called("thief")}, "not_authentic", id="SEC-K12"),
    ],
)
def test_bad_key_binding(
    world: World, worker: Worker, changes: dict[str, object], ground: str
) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    binding = {"audience": claims["client_id"], "nonce": claims["nonce"]} | changes
    world.answer(asked, worker.present(**binding))
    assert world.judged(asked) == ("rejected", ground)


def test_T19_forged_certificate_makes_nobody_fetch(world: World) -> None:
    forger = SimulatedIssuer(world.web, name="forger")
    forged = Worker.with_certificate(forger)
    world.issuer.publish()
    before = world.web.total
    asked = world.ask()
    claims = world.request_claims(asked)
    world.answer(asked, forged.present(audience=claims["client_id"], nonce=claims["nonce"]))
    assert world.judged(asked)[1] == "not_authentic"
    assert world.web.total == before


def test_T20_expired_stays_expired(world: World) -> None:
    old = Worker.with_certificate(world.issuer, expires_at=NOW - DAY, issued_at=NOW - 9 * DAY)
    asked = world.ask()
    claims = world.request_claims(asked)
    world.answer(asked, old.present(audience=claims["client_id"], nonce=claims["nonce"]))
    assert world.judged(asked) == ("rejected", "expired")


def test_withdrawn_after_refresh(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    one = Worker.with_certificate(world.issuer)
    world.issuer.withdraw(one.status)
    world.issuer.now = world.clock.now = NOW + 400
    world.refresh()
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = one.present(audience=claims["client_id"], nonce=claims["nonce"], now=NOW + 400)
    world.answer(asked, shown)
    assert world.judged(asked) == ("rejected", "withdrawn")


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("text/plain", b"vp_token=x", 415),
        ("application/x-www-form-urlencoded", b"vp_token=%ff", 400),
        ("application/x-www-form-urlencoded", b"vp_token=a&vp_token=b", 400),
        ("application/x-www-form-urlencoded", b"", 400),
        ("application/x-www-form-urlencoded", b"vp_token=" + b"a" * (600 * 1024), 413),
    ],
    ids=range(6),
)
def test_I30_malformed_posts_are_refused(
    world: World, content_type: str, body: bytes, status: int
) -> None:
    asked = world.ask()
    got = world.client.post(
        f"/response/{asked.id}", content=body, headers={"content-type": content_type}
    )
    assert got.status_code == status
    assert got.headers["cache-control"] == "no-store"
    assert world.judged(asked) == (None, None)


def test_error_of_a_wallet_says_nothing_about_the_person(world: World) -> None:
    asked = world.ask()
    state = world.request_claims(asked)["state"]
    assert world.post(asked, {"error": "access_denied", "state": state}).status_code == 200
    result = world.verifier.result(asked.id)
    assert (result.standing, result.report, result.wallet_error) == (
        "declined",
        None,
        "access_denied",
    )


def test_P15_encryption_cannot_be_dropped(tmp_path: Path) -> None:
    world = World.make(tmp_path, response_mode=ResponseMode.DIRECT_POST_JWT)
    worker = Worker.with_certificate(world.issuer)
    asked = world.ask()
    claims = world.request_claims(asked)
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    assert world.answer(asked, shown).status_code == 400
    assert world.judged(asked) == (None, None)
    assert world.answer(asked, shown, encrypt=True).status_code == 200
    assert world.judged(asked) == ("verified", None)


def test_unsigned_question_has_no_signed_object(world: World, worker: Worker) -> None:
    asked = world.ask(unsigned=True)
    assert world.client.get(f"/request/{asked.id}").status_code == 404
    claims = world.request_claims(asked)
    assert claims["client_id"].startswith("redirect_uri:")
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    assert world.answer(asked, shown).status_code == 200
    assert world.judged(asked) == ("verified", None)


def test_results_are_forgotten_after_a_day(world: World, worker: Worker) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    world.answer(asked, worker.present(audience=claims["client_id"], nonce=claims["nonce"]))
    world.clock.now = NOW + DAY + 2
    world.ask()
    with pytest.raises(Exception, match="no open question"):
        world.verifier.result(asked.id)


def test_I30_methods_and_challenges_are_told(world: World) -> None:
    asked = world.ask()
    refused = world.client.get(f"/response/{asked.id}")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    unasked = world.client.get(f"/result/{asked.id}")
    assert unasked.headers["www-authenticate"].startswith("Bearer realm=")
    assert "error" not in unasked.json()


def test_Q03_a_bystander_cannot_answer_or_decline_for_the_holder(
    world: World, worker: Worker
) -> None:
    asked = world.ask()
    claims = world.request_claims(asked)
    assert world.answer(asked, "junk~").status_code == 200
    assert world.judged(asked) == ("rejected", "not_authentic")
    assert (
        world.post(asked, {"error": "access_denied", "state": claims["state"]}).status_code == 200
    )
    shown = worker.present(audience=claims["client_id"], nonce=claims["nonce"])
    assert world.answer(asked, shown).status_code == 200
    assert world.judged(asked) == ("verified", None)
    late = {"vp_token": '{"certificate": ["junk~"]}', "state": claims["state"]}
    assert world.post(asked, late).status_code == 404
    assert world.judged(asked) == ("verified", None)


@pytest.mark.parametrize("path", ["response/x/", "request/x/", "result/x/", "did.json/"])
def test_X13_a_host_header_is_never_redirected_to(world: World, path: str) -> None:
    said = {"host": "evil.example"}
    for method in ("GET", "POST"):
        answer = world.client.request(method, f"/{path}", headers=said, follow_redirects=False)
        assert answer.status_code == 404
        assert "location" not in answer.headers
