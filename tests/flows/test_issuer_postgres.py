"""The issuer on PostgreSQL: the same promises where writers do not take turns."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL

from carnet_issuer.standing import Reason
from support.issuer_service import BareWallet, RunningIssuer, make_class_list, running_issuer
from support.postgres import PostgresServer


@pytest.fixture
def school(tmp_path: Path, postgres_url: URL) -> Iterator[RunningIssuer]:
    with running_issuer(tmp_path, people=120, database=str(postgres_url)) as running:
        yield running


def test_the_promises_hold_under_concurrency(school: RunningIssuer) -> None:
    with BareWallet(school.url) as wallet, ThreadPoolExecutor(20) as pool:

        def claim(_: int) -> int:
            with BareWallet(school.url) as own:
                return len(own.claim(school.offer()))

        assert sum(pool.map(claim, range(40))) == 80

        offer = school.offer()
        code = wallet.code_of(offer)
        answers = pool.map(lambda _: wallet.redeem(code, offer.tx_code).status_code, range(30))
        assert Counter(answers) == {200: 1, 400: 29}

        guessed = school.offer()
        other = wallet.code_of(guessed)
        guesses = [f"{n:06}" for n in range(60) if f"{n:06}" != guessed.tx_code]
        told = pool.map(lambda guess: wallet.redeem(other, guess).text, guesses)
        assert sum("transaction code is wrong" in each for each in told) == 5

        token = wallet.token(school.offer())
        requests = [wallet.proofs() for _ in range(10)]
        same = list(pool.map(lambda proofs: wallet.ask(token, proofs), requests))
        assert {answer.status_code for answer in same} == {200}
        assert len({answer.content for answer in same}) == 1

        nonce = wallet.nonce()
        tokens = [wallet.token(school.offer()) for _ in range(8)]
        spent = pool.map(lambda t: wallet.ask(t, wallet.proofs(nonce)).status_code, tokens)
        assert Counter(spent) == {200: 1, 400: 7}


def test_a_class_list_that_comes_twice_at_once_is_imported_once(school: RunningIssuer) -> None:
    people = make_class_list(40).replace(b"learner", b"other").replace(b"Famille", b"Autre")

    def bring(_: int) -> tuple[int, int]:
        report, _read = school.issuer.import_class(
            people, template_id=school.template_id, now=school.clock.now
        )
        return len(report.record_ids), len(report.rejected)

    with ThreadPoolExecutor(6) as pool:
        assert Counter(pool.map(bring, range(6))) == {(40, 0): 1, (0, 40): 5}


def test_of_offers_made_at_once_one_is_good(school: RunningIssuer) -> None:
    record = school.next_record()
    with ThreadPoolExecutor(8) as pool:
        offers = list(pool.map(lambda _: school.offer(record_id=record), range(8)))
    with BareWallet(school.url) as wallet:
        assert Counter(wallet.open_offer(offer).status_code for offer in offers) == {200: 1, 404: 7}


def test_withdrawing_is_published(school: RunningIssuer) -> None:
    record = school.next_record()
    with BareWallet(school.url) as wallet:
        copies = wallet.claim(school.offer(record_id=record))
    school.issuer.withdraw(record, Reason.REPLACED, now=school.clock.now)
    assert {school.status_entry(copy) for copy in copies} == {1}
    assert school.state(record) == "withdrawn"


def test_E22_a_database_that_goes_away_costs_time_and_nothing_else(
    school: RunningIssuer, postgres: PostgresServer
) -> None:
    with BareWallet(school.url) as wallet:
        token = wallet.token(school.offer())
        kept = wallet.ask(token, wallet.proofs())
        assert kept.status_code == 200
        nonce, code = wallet.nonce(), wallet.code_of(offer := school.offer())

        postgres.stop()
        refused = [wallet.ask(token, wallet.proofs(nonce)), wallet.redeem(code, offer.tx_code)]
        assert [answer.status_code for answer in refused] == [503, 503]
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
        postgres.start()

        assert wallet.ask(token, wallet.proofs(nonce)).content == kept.content
        assert wallet.redeem(code, offer.tx_code).status_code == 200
