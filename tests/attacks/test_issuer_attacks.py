"""Attacks on issuing, by row of the catalogue, against a real issuer over real HTTP."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from sqlalchemy import event

from carnet_hosting.errors import StoreUnavailableError
from carnet_issuer.fail_points import FailPoint
from carnet_issuer.standing import Reason
from carnet_securing import strict_json
from carnet_securing.base64url import decode, encode
from carnet_securing.errors import CarnetError, ErrorKind
from support.issuer_service import (
    BareWallet,
    RunningIssuer,
    code_in,
    error_of,
    make_class_list,
    running_issuer,
    running_issuers,
)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    with running_issuer(tmp_path_factory.mktemp("school"), people=300) as running:
        yield running


@pytest.fixture
def wallet(school: RunningIssuer) -> Iterator[BareWallet]:
    with BareWallet(school.url, now=school.clock.now) as bare:
        yield bare


def wrong(tx_code: str | None) -> str:
    """Another collection code of the same form."""
    assert tx_code is not None
    return f"{(int(tx_code) + 1) % 1_000_000:06}"


def at_once(calls: int, call: Callable[[int], httpx2.Response]) -> list[httpx2.Response]:
    """Make calls in threads that start together."""
    gate = threading.Barrier(calls)

    def run(number: int) -> httpx2.Response:
        gate.wait()
        return call(number)

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(run, range(calls)))


def test_I01_code_replayed_in_sequence(school: RunningIssuer, wallet: BareWallet) -> None:
    offer = school.offer()
    code = wallet.code_of(offer)
    assert wallet.redeem(code, offer.tx_code).status_code == 200
    for _ in range(3):
        assert error_of(wallet.redeem(code, offer.tx_code)) == "invalid_grant"


@pytest.mark.parametrize("with_code", [True, False])
def test_I01_code_replayed_at_once(
    school: RunningIssuer, wallet: BareWallet, with_code: bool
) -> None:
    offer = school.offer(with_code=with_code)
    code = wallet.code_of(offer)
    answers = at_once(50, lambda _: wallet.redeem(code, offer.tx_code))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}
    assert {error_of(a) for a in answers if a.status_code != 200} == {"invalid_grant"}


@pytest.fixture
def later(school: RunningIssuer) -> Iterator[Callable[[int], None]]:
    """Set the issuer's clock to seconds after now; it goes back at the end."""
    began = school.clock.now

    def move(seconds: int) -> None:
        school.clock.now = began + seconds

    yield move
    school.clock.now = began


@pytest.mark.parametrize(("with_code", "lifetime"), [(True, 7 * 86_400), (False, 600)])
def test_I02_offer_used_after_its_time(
    school: RunningIssuer,
    wallet: BareWallet,
    later: Callable[[int], None],
    with_code: bool,
    lifetime: int,
) -> None:
    offer = school.offer(with_code=with_code)
    later(lifetime - 1)
    code = wallet.code_of(offer)
    later(lifetime)
    assert error_of(wallet.redeem(code, offer.tx_code)) == "invalid_grant"
    assert wallet.open_offer(offer).status_code == 404
    later(lifetime - 1)
    assert wallet.redeem(code, offer.tx_code).status_code == 200


@pytest.mark.parametrize("by_value", [False, True])
def test_I02_code_lives_ten_minutes_however_long_its_offer_does(
    school: RunningIssuer, wallet: BareWallet, later: Callable[[int], None], by_value: bool
) -> None:
    offer = school.offer(by_value=by_value, lifetime=7 * 86_400)
    code = code_in(offer) if by_value else wallet.code_of(offer)
    for seconds in (600, 3_600, 86_400):
        later(seconds)
        assert error_of(wallet.redeem(code, offer.tx_code)) == "invalid_grant"
    later(599)
    assert wallet.redeem(code, offer.tx_code).status_code == 200


def test_I02_a_fresh_look_gives_a_fresh_code(
    school: RunningIssuer, wallet: BareWallet, later: Callable[[int], None]
) -> None:
    offer = school.offer()
    old = wallet.code_of(offer)
    later(6 * 86_400)
    for _ in range(6):  # a code that is over costs no try
        assert error_of(wallet.redeem(old, offer.tx_code)) == "invalid_grant"
    assert wallet.redeem(wallet.code_of(offer), offer.tx_code).status_code == 200


def test_I01_codes_of_one_offer_share_its_redemption(
    school: RunningIssuer, wallet: BareWallet, later: Callable[[int], None]
) -> None:
    offer = school.offer()
    codes = []
    for seconds in range(12):
        later(seconds)
        codes.append(wallet.code_of(offer))
    assert len(set(codes)) == 12
    answers = at_once(12, lambda n: wallet.redeem(codes[n], offer.tx_code))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 11}


def test_I03_codes_of_one_offer_share_its_tries(
    school: RunningIssuer, wallet: BareWallet, later: Callable[[int], None]
) -> None:
    offer = school.offer()
    for seconds in range(5):
        later(seconds)
        assert error_of(wallet.redeem(wallet.code_of(offer), wrong(offer.tx_code)))
    assert wallet.open_offer(offer).status_code == 404


@pytest.mark.parametrize("place", [0, 31, 32, 37, 38, 53])
def test_I02_code_made_to_live_longer(
    school: RunningIssuer, wallet: BareWallet, later: Callable[[int], None], place: int
) -> None:
    offer = school.offer()
    raw = bytearray(decode(wallet.code_of(offer)))
    raw[place] ^= 1
    assert error_of(wallet.redeem(encode(bytes(raw)), offer.tx_code)) == "invalid_grant"
    seed = decode(wallet.code_of(offer))[:32]
    for text in (seed.hex(), encode(seed)):
        assert error_of(wallet.redeem(text, offer.tx_code)) == "invalid_grant"


def test_I03_sixth_try_is_too_late(school: RunningIssuer, wallet: BareWallet) -> None:
    offer = school.offer()
    code = wallet.code_of(offer)
    for _ in range(5):
        assert error_of(wallet.redeem(code, wrong(offer.tx_code))) == "invalid_grant"
    assert error_of(wallet.redeem(code, offer.tx_code)) == "invalid_grant"
    assert wallet.open_offer(offer).status_code == 404
    assert school.state(offer.record_id) == "ready"
    with school.issuer._database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT detail FROM events WHERE name = 'offer_dead' AND record_id = ?",
            (offer.record_id,),
        ).fetchall()
    assert found == [("too many wrong collection codes",)]


def test_I03_failures_of_one_address_hold_up_no_valid_pair(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    """Behind a proxy every worker has one address; junk from it costs the others nothing."""
    good, guessed = school.offer(), school.offer()
    code = wallet.code_of(guessed)
    for _ in range(5):
        assert error_of(wallet.redeem(code, wrong(guessed.tx_code))) == "invalid_grant"
    junk = [encode(number.to_bytes(54, "big")) for number in range(320)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda each: wallet.redeem(each, "123456"), junk))
    assert {(a.status_code, error_of(a)) for a in answers} == {(400, "invalid_grant")}
    assert error_of(wallet.redeem(code, guessed.tx_code)) == "invalid_grant"
    assert wallet.redeem(wallet.code_of(good), good.tx_code).status_code == 200


def test_I04_one_wrong_code_burns_nothing(school: RunningIssuer, wallet: BareWallet) -> None:
    offer = school.offer()
    code = wallet.code_of(offer)
    assert error_of(wallet.redeem(code, wrong(offer.tx_code))) == "invalid_grant"
    assert wallet.redeem(code, offer.tx_code).status_code == 200


def test_I05_parallel_guesses_are_counted_one_by_one(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    offer = school.offer()
    code = wallet.code_of(offer)
    guesses = [f"{n:06}" for n in range(400) if f"{n:06}" != offer.tx_code]
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda guess: wallet.redeem(code, guess), guesses))
    assert {error_of(answer) for answer in answers} == {"invalid_grant"}
    evaluated = [a for a in answers if "transaction code is wrong" in a.json()["error_description"]]
    assert len(evaluated) == 5
    assert error_of(wallet.redeem(code, offer.tx_code)) == "invalid_grant"


@pytest.mark.parametrize("with_code", [True, False])
def test_I06_collection_code_sent_or_missing_against_the_offer(
    school: RunningIssuer, wallet: BareWallet, with_code: bool
) -> None:
    offer = school.offer(with_code=with_code)
    code = wallet.code_of(offer)
    for _ in range(6):
        answer = wallet.redeem(code, None if with_code else "123456")
        assert error_of(answer) == "invalid_request"
    assert wallet.redeem(code, offer.tx_code).status_code == 200


OTHER_AUDIENCES: list[Callable[[str], Any]] = [
    lambda _: "https://other.example",
    lambda url: [url],
    lambda url: [url, "https://other.example"],
    lambda url: f"{url}/",
    lambda url: f"{url}/credential",
    lambda url: url.replace("http://", "https://"),
    lambda url: url.upper(),
    lambda _: None,
    lambda _: 7,
]


@pytest.mark.parametrize("audience", OTHER_AUDIENCES)
def test_I11_proof_for_another_audience(
    school: RunningIssuer, wallet: BareWallet, audience: Callable[[str], Any]
) -> None:
    token = wallet.token(school.offer())
    proof = wallet.proof(wallet.keys[0], wallet.nonce(), aud=audience(school.url))
    assert error_of(wallet.ask(token, [proof])) == "invalid_proof"


def test_I12_proof_replayed_by_a_thief(school: RunningIssuer, wallet: BareWallet) -> None:
    proofs = wallet.proofs()
    assert wallet.ask(wallet.token(school.offer()), proofs).status_code == 200
    thief = wallet.token(school.offer())
    assert error_of(wallet.ask(thief, proofs)) == "invalid_nonce"


def test_I12_one_nonce_is_spent_once_under_concurrency(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    nonce = wallet.nonce()
    tokens = [wallet.token(school.offer()) for _ in range(12)]
    answers = at_once(12, lambda n: wallet.ask(tokens[n], wallet.proofs(nonce)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 11}
    assert {error_of(a) for a in answers if a.status_code != 200} == {"invalid_nonce"}


@pytest.mark.parametrize(
    "forge",
    [
        lambda _: "made-up",
        lambda _: encode(b"\x00" * 38),
        lambda nonce: nonce[:-2] + ("AA" if nonce[-2:] != "AA" else "QQ"),
        lambda _: "A" * 4096,
        lambda nonce: nonce + "=",
        lambda nonce: encode(bytes([decode(nonce)[0] ^ 1]) + decode(nonce)[1:]),
        lambda nonce: encode(decode(nonce)[:21] + b"\xff" + decode(nonce)[22:]),
    ],
)
def test_I12_nonce_that_is_not_ours(
    school: RunningIssuer, wallet: BareWallet, forge: Callable[[str], str]
) -> None:
    token = wallet.token(school.offer())
    assert error_of(wallet.ask(token, wallet.proofs(forge(wallet.nonce())))) == "invalid_nonce"


def test_I12_nonce_after_its_time_and_of_another_tenant(
    school: RunningIssuer, wallet: BareWallet, tmp_path_factory: pytest.TempPathFactory
) -> None:
    token, nonce = wallet.token(school.offer()), wallet.nonce()
    school.clock.now += 300
    wallet.now = school.clock.now
    try:
        assert error_of(wallet.ask(token, wallet.proofs(nonce))) == "invalid_nonce"
    finally:
        school.clock.now -= 300
        wallet.now = school.clock.now
    with (
        running_issuer(tmp_path_factory.mktemp("x"), people=1) as other,
        BareWallet(other.url) as foreign,
    ):
        assert error_of(wallet.ask(token, wallet.proofs(foreign.nonce()))) == "invalid_nonce"


def test_I12_nonce_missing_from_one_proof(school: RunningIssuer, wallet: BareWallet) -> None:
    token = wallet.token(school.offer())
    proofs = [wallet.proof(wallet.keys[0], wallet.nonce()), wallet.proof(wallet.keys[1], None)]
    assert error_of(wallet.ask(token, proofs)) == "invalid_proof"


@pytest.mark.parametrize(
    ("headers", "query", "status", "error"),
    [
        ({}, "", 401, None),
        ({"Authorization": "Bearer"}, "", 401, None),
        ({"Authorization": "Basic {token}"}, "", 401, None),
        ({"Authorization": "DPoP {token}"}, "", 401, None),
        ({"Authorization": "Bearer unknown"}, "", 401, "invalid_token"),
        ({"Authorization": "Bearer a b"}, "", 401, "invalid_token"),
        ({"Authorization": "Bearer " + "x" * 600}, "", 401, "invalid_token"),
        ({}, "?access_token={token}", 400, "invalid_request"),
        ({"Authorization": "Bearer {token}"}, "?access_token={token}", 400, "invalid_request"),
    ],
)
def test_I18_access_token_misused(
    school: RunningIssuer,
    wallet: BareWallet,
    headers: dict[str, str],
    query: str,
    status: int,
    error: str | None,
) -> None:
    token = wallet.token(school.offer())
    bodies = {
        "credential": wallet.request(wallet.proofs()),
        "notification": {"notification_id": "x", "event": "credential_accepted"},
    }
    for path, body in bodies.items():
        answer = wallet.http.post(
            f"{school.url}/{path}{query.format(token=token)}",
            content=strict_json.dumps_bytes(body),
            headers={"Content-Type": "application/json"}
            | {name: value.format(token=token) for name, value in headers.items()},
        )
        assert answer.status_code == status
        challenge = f'Bearer realm="{school.url}"'
        if error is None:
            assert (answer.headers["www-authenticate"], answer.content) == (challenge, b"")
            continue
        assert error_of(answer) == error
        named = None if status != 401 else f'{challenge}, error="{error}"'
        assert answer.headers.get("www-authenticate") == named
    assert wallet.ask(token).status_code == 200


def test_I18_access_token_expired(school: RunningIssuer, wallet: BareWallet) -> None:
    token = wallet.token(school.offer())
    school.clock.now += 3_600
    wallet.now = school.clock.now
    try:
        assert error_of(wallet.ask(token)) == "invalid_token"
        answer = wallet.notify(token, notification_id="x", event="credential_accepted")
        assert error_of(answer) == "invalid_token"
    finally:
        school.clock.now -= 3_600
        wallet.now = school.clock.now


def test_I18_access_token_for_another_credential(school: RunningIssuer, wallet: BareWallet) -> None:
    token = wallet.token(school.offer())
    body = wallet.request(wallet.proofs(), credential_configuration_id="mission_sd_jwt")
    assert error_of(wallet.post_credential(token, body)) == "invalid_token"


def test_I18_access_token_of_another_issuer(
    school: RunningIssuer, wallet: BareWallet, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        running_issuer(tmp_path_factory.mktemp("x"), people=1) as other,
        BareWallet(other.url) as foreign,
    ):
        token = foreign.token(other.offer())
        assert error_of(wallet.ask(token)) == "invalid_token"
        code = wallet.code_of(school.offer())
        assert error_of(foreign.redeem(code, "123456")) == "invalid_grant"


def test_I18_thief_of_a_used_token_gets_nothing_for_his_keys(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    token = wallet.token(school.offer())
    first = wallet.ask(token)
    with BareWallet(school.url, now=wallet.now) as thief:
        assert error_of(thief.ask(token)) == "credential_request_denied"
        mixed = wallet.request([*thief.proofs()[:1], *wallet.proofs()[:1]])
        answer = thief.post_credential(token, mixed)
        assert error_of(answer) == "credential_request_denied"
    assert wallet.ask(token).content == first.content


def test_I20_offer_of_one_worker_claimed_by_another(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    hers, his = school.offer(), school.offer()
    assert error_of(wallet.redeem(wallet.code_of(hers), wrong(hers.tx_code))) == "invalid_grant"
    assert error_of(wallet.redeem(wallet.code_of(hers), None)) == "invalid_request"
    token = wallet.token(hers)
    assert wallet.ask(token).status_code == 200
    assert school.state(hers.record_id) == "issued"
    assert school.state(his.record_id) == "offered"


def test_E04_nothing_of_one_tenant_is_good_at_another(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Two issuers of one process: what they give out differs by nothing a stranger can see."""
    folder = tmp_path_factory.mktemp("tenants")
    with (
        running_issuers(folder, "/t/north", "/t/south", people=4) as (north, south),
        BareWallet(north.url) as at_north,
        BareWallet(south.url) as at_south,
    ):
        offer = north.offer()
        address = offer.offer_uri.rsplit("%2F", 1)[-1]
        assert httpx2.get(f"{south.url}/offers/{address}").status_code == 404
        code = at_north.code_of(offer)
        assert error_of(at_south.redeem(code, offer.tx_code)) == "invalid_grant"
        token = at_north.token(offer)
        assert error_of(at_south.ask(token)) == "invalid_token"
        own = at_south.token(south.offer())
        foreign_nonce = at_south.proofs(at_north.nonce())
        assert error_of(at_south.ask(own, foreign_nonce)) == "invalid_nonce"
        foreign_proofs = at_north.proofs(at_south.nonce())
        assert error_of(at_south.ask(own, foreign_proofs)) == "invalid_proof"
        answer = at_north.ask(token)
        told = {
            "notification_id": answer.json()["notification_id"],
            "event": "credential_accepted",
        }
        assert error_of(at_south.notify(token, **told)) == "invalid_token"
        assert error_of(at_south.notify(own, **told)) == "invalid_notification_id"
        (listed,) = httpx2.get(f"{north.url}/status").json()["status_lists"]
        assert listed.startswith(f"{north.url}/status/")
        name = listed.rsplit("/", 1)[1]
        assert httpx2.get(f"{south.url}/status/{name}").status_code == 404
        with pytest.raises(CarnetError) as caught:
            south.issuer.withdraw(offer.record_id, Reason.REPLACED, now=south.clock.now)
        assert caught.value.kind == "not_found"
        assert at_north.notify(token, **told).status_code == 204
        assert at_south.ask(own).status_code == 200


def test_E21_withdrawn_twice_unknown_and_resumed(school: RunningIssuer, wallet: BareWallet) -> None:
    record = school.next_record()
    (copy, _) = wallet.claim(school.offer(record_id=record))
    for _ in range(2):
        school.issuer.withdraw(record, Reason.KEY_STOLEN, now=school.clock.now)
        assert school.status_entry(copy) == 1
    with pytest.raises(CarnetError) as caught:
        school.issuer.withdraw("0" * 16, Reason.KEY_STOLEN, now=school.clock.now)
    assert caught.value.kind == "not_found"


def test_E21_withdrawn_while_it_is_offered(school: RunningIssuer, wallet: BareWallet) -> None:
    offer = school.offer()
    code = wallet.code_of(offer)
    school.issuer.withdraw(offer.record_id, Reason.REPLACED, now=school.clock.now)
    assert error_of(wallet.redeem(code, offer.tx_code)) == "invalid_grant"
    assert wallet.open_offer(offer).status_code == 404
    with pytest.raises(CarnetError) as caught:
        school.offer(record_id=offer.record_id)
    assert caught.value.kind == "status_revoked"


@pytest.mark.parametrize("action", ["withdraw", "pause"])
def test_E21_withdrawn_or_paused_between_token_and_credential(
    school: RunningIssuer, wallet: BareWallet, action: str
) -> None:
    offer = school.offer()
    token = wallet.token(offer)
    change = school.issuer.withdraw if action == "withdraw" else school.issuer.pause
    change(offer.record_id, Reason.ISSUED_IN_ERROR, now=school.clock.now)
    refused = {"withdraw": "invalid_token", "pause": "credential_request_denied"}
    assert error_of(wallet.ask(token)) == refused[action]


def test_E23_the_same_request_many_times_at_once_gives_one_answer(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    offer = school.offer()
    token = wallet.token(offer)
    requests = [wallet.proofs() for _ in range(12)]
    answers = at_once(12, lambda n: wallet.ask(token, requests[n]))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    with school.issuer._database.read() as connection:
        issued = connection.exec_driver_sql(
            "SELECT count(*) FROM issuances WHERE state = 'issued' AND record_id = ?",
            (offer.record_id,),
        ).scalar()
    assert issued == 1


def test_E23_two_wallets_race_with_one_token(school: RunningIssuer, wallet: BareWallet) -> None:
    token = wallet.token(school.offer())
    with BareWallet(school.url, now=wallet.now) as other:
        sets = [wallet.proofs(), other.proofs()]
        answers = at_once(2, lambda n: wallet.ask(token, sets[n]))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 1}


def test_E23_a_class_list_imported_twice(school: RunningIssuer) -> None:
    known = len(school.issuer.list(now=school.clock.now))
    report, _ = school.issuer.import_class(
        make_class_list(300), template_id=school.template_id, now=school.clock.now
    )
    assert report.record_ids == ()
    assert {row.fault.value for row in report.rejected} == {"already_imported"}
    assert len(school.issuer.list(now=school.clock.now)) == known


def test_E27_looking_at_an_offer_never_redeems_it(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    offer = school.offer()
    for _ in range(20):
        answer = wallet.open_offer(offer)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert offer.tx_code is not None
    assert offer.tx_code not in answer.text
    assert wallet.redeem(wallet.code_of(offer), offer.tx_code).status_code == 200


def test_E27_nothing_secret_is_logged(
    school: RunningIssuer, wallet: BareWallet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="uvicorn")
    caplog.set_level("DEBUG", logger="carnet_issuer")
    offer = school.offer()
    code = wallet.code_of(offer)
    token = wallet.token(offer)
    assert wallet.ask(token).status_code == 200
    logged = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("uv", "car")))
    for secret in (offer.offer_uri[-22:], code, token, offer.tx_code or ""):
        assert secret not in logged


def test_E27_a_copy_of_the_database_holds_no_code(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    offer = school.offer()
    code, token = wallet.code_of(offer), None
    with school.issuer._database.read() as connection:
        rows = [
            str(row)
            for table in ("offers", "tokens", "events", "issuances", "spent_nonces")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608 - ours
        ]
    token = wallet.token(offer)
    stored = "\n".join(rows)
    for secret in (offer.offer_uri[-22:], code, token, f"'{offer.tx_code}'"):
        assert secret not in stored


def test_E22_database_gone_over_http(tmp_path_factory: pytest.TempPathFactory) -> None:
    class Outage:
        is_on = True

        def reach(self, point: FailPoint) -> None:
            if self.is_on and point is FailPoint.AFTER_INTENT:
                raise StoreUnavailableError(ErrorKind.UNAVAILABLE, "gone", retry_after=7)

    outage = Outage()
    folder = tmp_path_factory.mktemp("x")
    with (
        running_issuer(folder, people=1, fail_points=outage) as small,
        BareWallet(small.url) as wallet,
    ):
        token = wallet.token(small.offer())
        refused = wallet.ask(token)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "7"
        assert refused.json()["kind"] == "unavailable"
        outage.is_on = False
        assert wallet.ask(token).status_code == 200


def test_E22_disk_full_over_http(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        running_issuer(tmp_path_factory.mktemp("x"), people=20) as small,
        BareWallet(small.url) as wallet,
    ):
        offers = [small.offer() for _ in range(10)]
        codes = [wallet.code_of(offer) for offer in offers]
        published = httpx2.get(f"{small.url}/status").json()["status_lists"][0]
        assert httpx2.get(published).status_code == 200
        database = small.issuer._database
        database.close()
        event.listen(database._engine, "connect", _leave_no_room)
        refused = None
        for code, offer in zip(codes, offers, strict=True):
            answer = wallet.redeem(code, offer.tx_code)
            if answer.status_code == 503:
                refused = answer
                break
            refused = wallet.ask(answer.json()["access_token"])
            if refused.status_code == 503:
                break
        assert refused is not None
        assert (refused.status_code, refused.json()["kind"]) == (503, "storage_full")
        assert int(refused.headers["retry-after"]) > 0
        assert httpx2.get(published).status_code == 200


def _leave_no_room(connection: Any, _record: object) -> None:
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")


@pytest.mark.parametrize("path", ["token/", "nonce/", "credential/", "status/", "offers/x/"])
def test_X13_a_host_header_is_never_redirected_to(
    school: RunningIssuer, wallet: BareWallet, path: str
) -> None:
    for method in ("GET", "POST"):
        answer = wallet.http.request(
            method, f"{school.url}/{path}", headers={"Host": "evil.example"}
        )
        assert answer.status_code == 404
        assert "location" not in answer.headers
