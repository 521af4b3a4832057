"""A question from asking to result, over the verifier's HTTP face, and what goes wrong on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.jwe import DecryptionKey, encrypt_jwe
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.jws import parse_jws
from carnet_securing.limits import PRESENTATION
from carnet_verifier.service.asking import AskedQuestion
from support.simulator import DAY, NOW
from support.verifier_world import FORM, QUERY, Worker, World


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.make(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("sealed")
    return World.make(folder, response_mode=ResponseMode.DIRECT_POST_JWT)


@pytest.fixture(autouse=True)
def _now(plain: World, sealed: World) -> None:
    plain.clock.now = sealed.clock.now = NOW


@pytest.fixture(scope="module")
def worker(plain: World) -> Worker:
    return Worker.with_certificate(plain.issuer)


def shown(world: World, asked: AskedQuestion, worker: Worker) -> str:
    claims = world.request_claims(asked)
    return worker.present(audience=claims["client_id"], nonce=claims["nonce"], now=world.clock())


def polled(world: World, asked: AskedQuestion) -> dict[str, Any]:
    header = {"authorization": f"Bearer {asked.result_token}"}
    answer = world.client.get(f"/result/{asked.id}", headers=header)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def test_from_asking_to_result(plain: World, worker: Worker) -> None:
    asked = plain.ask()
    waiting = polled(plain, asked)
    assert (waiting["standing"], waiting["outcome"], waiting["claims"]) == ("open", None, None)
    assert waiting["expires_at"] == NOW + 600
    answered = plain.answer(asked, shown(plain, asked, worker))
    assert (answered.status_code, answered.json()) == (200, {})
    done = polled(plain, asked)
    assert (done["standing"], done["outcome"], done["ground"]) == ("answered", "verified", None)
    (one,) = done["claims"]["certificate"]
    assert one["claims"]["month"]
    assert "skills" not in one["claims"]
    assert done["report"]["headline"]["fr"].startswith("Vérifié")


def test_the_request_of_an_answered_question_is_gone(plain: World, worker: Worker) -> None:
    asked = plain.ask()
    plain.answer(asked, shown(plain, asked, worker))
    unknown = plain.client.get("/request/nobody")
    for method in ("get", "post"):
        answer = plain.client.request(method, f"/request/{asked.id}", headers=FORM, content="x=y")
        assert (answer.status_code, answer.json()) == (unknown.status_code, unknown.json())
    assert unknown.status_code == 404


def test_the_request_of_a_question_that_ended_is_gone(plain: World) -> None:
    asked = plain.ask()
    plain.clock.now = NOW + 600
    assert plain.client.get(f"/request/{asked.id}").status_code == 404
    assert polled(plain, asked)["standing"] == "expired"


def test_an_answer_after_the_end_is_not_taken(plain: World, worker: Worker) -> None:
    asked = plain.ask()
    claims = plain.request_claims(asked)
    plain.clock.now = NOW + 600
    late = worker.present(audience=claims["client_id"], nonce=claims["nonce"], now=NOW + 600)
    token = strict_json.dumps({"certificate": [late]})
    assert plain.post(asked, {"vp_token": token, "state": claims["state"]}).status_code == 404
    assert plain.judged(asked) == (None, None)


def test_a_refusal_anybody_may_have_posted_ends_nothing(plain: World, worker: Worker) -> None:
    asked = plain.ask()
    state = plain.request_claims(asked)["state"]
    for form in ({"error": "access_denied"}, {"vp_token": '{"certificate":["x"]}'}):
        assert plain.post(asked, form | {"state": state}).status_code == 200
        assert plain.client.get(f"/request/{asked.id}").status_code == 200
    plain.answer(asked, shown(plain, asked, worker))
    done = polled(plain, asked)
    assert (done["standing"], done["outcome"]) == ("answered", "verified")


def test_a_declined_question_says_nothing_more(plain: World) -> None:
    asked = plain.ask()
    state = plain.request_claims(asked)["state"]
    form = {"error": "access_denied", "error_description": "<script>alert(1)</script>"}
    assert plain.post(asked, form | {"state": state}).status_code == 200
    done = polled(plain, asked)
    assert (done["standing"], done["outcome"], done["report"]) == ("declined", None, None)
    assert "script" not in strict_json.dumps(done)


def test_P11_the_wallets_nonce_is_signed_into_its_own_copy(plain: World) -> None:
    asked = plain.ask()
    body = urlencode({"wallet_nonce": "w-123"})
    answer = plain.client.post(f"/request/{asked.id}", content=body, headers=FORM)
    assert answer.headers["content-type"] == "application/oauth-authz-req+jwt"
    jws = parse_jws(answer.content, limits=PRESENTATION)
    claims = strict_json.loads_object(jws.unverified_payload, max_bytes=65536)
    assert claims.pop("wallet_nonce") == "w-123"
    assert claims == plain.request_claims(asked)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("wallet_nonce=" + "x" * 513, 413),
        ("wallet_nonce=a&wallet_nonce=b", 400),
        ("wallet_nonce=%zz", 400),
        ("=", 400),
        ("é", 400),
    ],
    ids=range(5),
)
def test_requests_posted_badly(plain: World, body: str, status: int) -> None:
    asked = plain.ask()
    answer = plain.client.post(f"/request/{asked.id}", content=body.encode(), headers=FORM)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize("path", ["/", "/x", "/result", "/request/", "/response", "/docs"])
def test_there_is_nothing_else(plain: World, path: str) -> None:
    answer = plain.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/response/q"), ("POST", "/result/q"), ("DELETE", "/request/q")]
)
def test_I30_other_methods(plain: World, method: str, path: str) -> None:
    answer = plain.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"]


def test_did_json_is_there_for_did_web_only(plain: World) -> None:
    answer = plain.client.get("/.well-known/did.json")
    assert answer.status_code == 200
    assert plain.verifier.settings.client_id.endswith(answer.json()["id"])
    assert '"d"' not in answer.text


# direct_post.jwt


def seal(
    world: World, asked: AskedQuestion, payload: Any, *, key: Any = None, enc: str = "A256GCM"
) -> str:
    """An encrypted answer of any content, to the key of this question unless told otherwise."""
    jwk = key or world.request_claims(asked)["client_metadata"]["jwks"]["keys"][0]
    text = payload if isinstance(payload, bytes) else strict_json.dumps_bytes(payload)
    return encrypt_jwe(text, key=parse_public_jwk(jwk), enc=enc, kid=jwk.get("kid"))


def test_a_sealed_answer(sealed: World) -> None:
    worker = Worker.with_certificate(sealed.issuer)
    for enc in ("A128GCM", "A256GCM"):
        asked = sealed.ask()
        state = sealed.request_claims(asked)["state"]
        token = {"certificate": [shown(sealed, asked, worker)]}
        jwe = seal(sealed, asked, {"vp_token": token, "state": state}, enc=enc)
        assert sealed.post(asked, {"response": jwe}).status_code == 200
        assert sealed.judged(asked) == ("verified", None)


def test_a_sealed_refusal(sealed: World) -> None:
    asked = sealed.ask()
    state = sealed.request_claims(asked)["state"]
    jwe = seal(sealed, asked, {"error": "access_denied", "state": state})
    assert sealed.post(asked, {"response": jwe}).status_code == 200
    assert polled(sealed, asked)["standing"] == "declined"


def test_each_question_has_its_own_key(sealed: World) -> None:
    keys = [
        sealed.request_claims(sealed.ask())["client_metadata"]["jwks"]["keys"] for _ in range(5)
    ]
    assert all(len(several) == 1 for several in keys)
    assert len({several[0]["x"] for several in keys}) == 5
    assert all("d" not in several[0] for several in keys)


ERROR = {"error": "access_denied"}
BAD_PAYLOADS: dict[str, Any] = {
    "no-state": ERROR,
    "other-state": {**ERROR, "state": "y"},
    "state-number": {**ERROR, "state": 1},
    "empty-object": {},
    "array": [],
    "both": {**ERROR, "vp_token": {"c": ["x"]}},
    "not-json": b"\xff\xfe",
    "nested-jwt": b"eyJhbGciOiJub25lIn0.e30.",
    "duplicate-member": b'{"error":"x","error":"x","state":"y"}',
}


def stores_nothing(world: World, asked: AskedQuestion, jwe: str) -> None:
    answer = world.post(asked, {"response": jwe})
    assert answer.status_code in {400, 404, 413}
    assert answer.json()["error"] == "invalid_request"
    assert polled(world, asked)["standing"] == "open"


@pytest.mark.parametrize("payload", BAD_PAYLOADS.values(), ids=BAD_PAYLOADS)
def test_sealed_answers_of_the_wrong_shape_store_nothing(sealed: World, payload: Any) -> None:
    asked = sealed.ask()
    stores_nothing(sealed, asked, seal(sealed, asked, payload))


@pytest.mark.parametrize("whose", ["stranger", "other-question"])
def test_sealed_for_another_key_stores_nothing(sealed: World, whose: str) -> None:
    asked = sealed.ask()
    payload = {**ERROR, "state": sealed.request_claims(asked)["state"]}
    other = sealed.request_claims(sealed.ask())["client_metadata"]["jwks"]["keys"][0]
    key = DecryptionKey.generate().public_jwk.to_json() if whose == "stranger" else other
    stores_nothing(sealed, asked, seal(sealed, asked, payload, key=key))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda jwe: jwe[:-4],
        lambda jwe: jwe[:-1] + ("A" if jwe[-1] != "A" else "B"),
        lambda jwe: jwe + ".x",
        lambda jwe: jwe.replace(".", "", 1),
        lambda _: "a.b.c.d.e",
        lambda _: "",
        lambda _: "x" * 400_000,
    ],
    ids=["truncated", "tag", "six-parts", "four-parts", "letters", "empty", "huge"],
)
def test_J44_damaged_sealed_answers_store_nothing(
    sealed: World, spoil: Callable[[str], str]
) -> None:
    asked = sealed.ask()
    payload = {**ERROR, "state": sealed.request_claims(asked)["state"]}
    stores_nothing(sealed, asked, spoil(seal(sealed, asked, payload)))


def test_a_sealed_answer_where_none_is_expected(plain: World) -> None:
    asked = plain.ask()
    state = plain.request_claims(asked)["state"]
    key = DecryptionKey.generate().public_jwk.to_json()
    jwe = seal(plain, asked, {"error": "x", "state": state}, key=key)
    assert plain.post(asked, {"response": jwe}).status_code == 400
    assert plain.judged(asked) == (None, None)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"state": "x"},
        {"vp_token": "{}", "error": "x"},
        {"vp_token": "{}", "response": "x"},
        {"error": "", "state": "x"},
        {"error": "a b", "state": "x"},
    ],
    ids=range(6),
)
def test_posts_that_are_no_answer(plain: World, form: dict[str, str]) -> None:
    asked = plain.ask()
    assert plain.post(asked, form).status_code == 400
    assert plain.judged(asked) == (None, None)


# Asking


@pytest.mark.parametrize(
    "query",
    [
        None,
        [],
        {},
        {"credentials": []},
        {"credentials": [{"id": "c"}]},
        {"credentials": [QUERY["credentials"][0] | {"claims": [{"path": ["birthdate"]}]}]},
        {"credentials": [QUERY["credentials"][0] | {"claims": [{"path": ["pay"]}]}]},
        {"credentials": [QUERY["credentials"][0], QUERY["credentials"][0]]},
        {"credentials": [QUERY["credentials"][0] | {"id": f"c{n}"} for n in range(40)]},
    ],
    ids=range(9),
)
@pytest.mark.parametrize("unsigned", [False, True])
def test_questions_that_may_not_be_asked(plain: World, query: object, unsigned: bool) -> None:
    with pytest.raises(SchemaError):
        plain.ask(query, unsigned=unsigned)


def test_results_are_deleted_with_their_claims(plain: World, worker: Worker) -> None:
    asked = plain.ask()
    plain.answer(asked, shown(plain, asked, worker))
    assert plain.verifier.forget(now=NOW + DAY) == 0
    assert plain.verifier.forget(now=NOW + DAY + 1) >= 1
    with pytest.raises(CarnetError) as caught:
        plain.verifier.result(asked.id)
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_a_database_that_is_gone_is_a_503(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    asked = world.ask()
    world.verifier.close()
    database = tmp_path / "shop" / "verifier.sqlite3"
    for path in database.parent.glob("verifier.sqlite3*"):
        path.unlink()
    database.mkdir()
    answer = world.client.get(f"/request/{asked.id}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert str(tmp_path) not in answer.text
