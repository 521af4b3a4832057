"""Places in status lists: given once, drawn at random, changed for good."""

import threading
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from carnet_hosting.database import Database
from carnet_issuer import status_registry
from carnet_issuer.class_list.reading import read_class_list
from carnet_issuer.errors import IssuerError
from carnet_issuer.grant_codes import by_reference
from carnet_issuer.offers import make_offer, redeem
from carnet_issuer.opaque import new_identifier, stored
from carnet_issuer.records import add_template, import_people, list_records
from carnet_issuer.standing import REASONS, Action, Reason, change_standing, parse_reason
from carnet_issuer.store.tables import ISSUANCES, STATUS_ENTRIES, STATUS_LISTS, STORE, TOKENS
from carnet_issuer.templates import read_template
from carnet_securing.status_list import Status
from support.issuer_service import CLASS_LIST, NOW, TEMPLATE


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = STORE.make(tmp_path, None)
    with database.write() as connection:
        template = read_template(TEMPLATE, signer_class="training_body", now=NOW)
        add_template(connection, template, now=NOW)
        import_people(
            connection,
            template,
            read_class_list(CLASS_LIST),
            file_digest="",
            signer_class="training_body",
            now=NOW,
        )
    yield database
    database.close()


@pytest.fixture
def record(database: Database) -> str:
    with database.read() as connection:
        return list_records(connection, now=NOW)[0].id


def give(database: Database, record: str, count: int) -> tuple[str, tuple[int, ...]]:
    """Give places as issuing does, to an issuance of its own."""
    issuance = new_identifier()
    with database.write() as connection:
        token = connection.scalar(select(TOKENS.c.hash).limit(1))
        if token is None:
            made = make_offer(connection, record_id=record, with_code=False, lifetime=60, now=NOW)
            outcome = redeem(
                connection,
                code=by_reference(made.address),
                tx_code=None,
                asked_for=None,
                token_lifetime=60,
                now=NOW,
            )
            token = stored(getattr(outcome, "access_token"), purpose="access-token")  # noqa: B009
        connection.execute(
            insert(ISSUANCES),
            {
                "id": issuance,
                "token_hash": token,
                "record_id": record,
                "key_set": "",
                "intended": "",
                "state": "intended",
                "created_at": NOW,
            },
        )
        places = status_registry.draw(connection, count=count, now=NOW)
        status_registry.take(connection, places, issuance_id=issuance, record_id=record)
    return places.list_id, places.indices


def values(database: Database, record: str) -> set[int]:
    with database.read() as connection:
        return set(
            connection.scalars(
                select(STATUS_ENTRIES.c.value).where(STATUS_ENTRIES.c.record_id == record)
            )
        )


def change(database: Database, record: str, action: Action, reason: Reason) -> None:
    with database.write() as connection:
        change_standing(connection, record, action, reason, now=NOW)


def test_T23_no_place_is_given_twice_by_fifty_writers(
    database: Database, record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_registry, "DEFAULT_SIZE", 1_000)
    given: list[tuple[str, tuple[int, ...]]] = []
    threads = [
        threading.Thread(target=lambda: given.append(give(database, record, 10))) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    places = [(list_id, index) for list_id, indices in given for index in indices]
    assert len(places) == len(set(places)) == 500


def test_T23_a_list_that_is_half_full_is_followed_by_another(
    database: Database, record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_registry, "DEFAULT_SIZE", 64)
    lists = [give(database, record, 10)[0] for _ in range(8)]
    counts = Counter(lists)
    assert len(counts) == 3
    assert max(counts.values()) == 3
    with database.read() as connection:
        assert set(status_registry.list_ids(connection)) == set(counts)


def test_T24_places_are_uniform_and_independent() -> None:
    size, buckets, draws = 2**20, 256, 100_000
    drawn = [index for _ in range(draws // 10) for index in status_registry.draw_indices(size, 10)]
    expected = draws / buckets
    counts = Counter(index * buckets // size for index in drawn)
    chi_square = sum((counts[b] - expected) ** 2 / expected for b in range(buckets))
    # 255 degrees of freedom: outside of these bounds less than once in ten million runs.
    assert 140 < chi_square < 400
    steps = Counter(
        (later - earlier) % size * buckets // size for earlier, later in pairwise(drawn)
    )
    assert 140 < sum((steps[b] - expected) ** 2 / expected for b in range(buckets)) < 400
    # By chance a fifth of one pair is expected among a hundred thousand.
    assert sum(abs(later - earlier) == 1 for earlier, later in pairwise(drawn)) < 6


def test_T24_the_name_of_a_list_has_128_random_bits(database: Database) -> None:
    with database.write() as connection:
        names = {status_registry.open_list(connection, now=NOW)[0] for _ in range(50)}
    assert len(names) == 50
    assert {len(name) for name in names} == {22}


@pytest.mark.parametrize("action", [Action.PAUSE, Action.RESUME])
def test_T26_withdrawn_is_final(database: Database, record: str, action: Action) -> None:
    give(database, record, 3)
    change(database, record, Action.WITHDRAW, Reason.FRAUD_ESTABLISHED)
    with pytest.raises(IssuerError) as caught:
        change(database, record, action, Reason.ISSUED_IN_ERROR)
    assert caught.value.kind == "conflict"
    assert values(database, record) == {1}


def test_T26_a_place_that_says_withdrawn_keeps_saying_so(database: Database, record: str) -> None:
    give(database, record, 3)
    change(database, record, Action.WITHDRAW, Reason.REPLACED)
    with database.write() as connection:
        status_registry.set_record_status(connection, record, Status.VALID)
    assert values(database, record) == {1}


def test_T26_only_a_pause_can_be_ended(database: Database, record: str) -> None:
    give(database, record, 3)
    with pytest.raises(IssuerError) as caught:
        change(database, record, Action.RESUME, Reason.REVIEW_ENDED)
    assert caught.value.kind == "conflict"
    change(database, record, Action.PAUSE, Reason.CONTESTED)
    change(database, record, Action.PAUSE, Reason.CONTESTED)
    assert values(database, record) == {2}
    change(database, record, Action.RESUME, Reason.CONTESTED)
    assert values(database, record) == {0}


def test_a_paused_record_can_be_withdrawn(database: Database, record: str) -> None:
    give(database, record, 3)
    change(database, record, Action.PAUSE, Reason.UNDER_REVIEW)
    change(database, record, Action.WITHDRAW, Reason.ISSUED_IN_ERROR)
    assert values(database, record) == {1}


def test_withdrawing_marks_every_list_of_the_record_as_changed(
    database: Database, record: str
) -> None:
    list_id, _ = give(database, record, 3)
    change(database, record, Action.WITHDRAW, Reason.KEY_STOLEN)
    with database.read() as connection:
        version = connection.scalar(
            select(STATUS_LISTS.c.version).where(STATUS_LISTS.c.id == list_id)
        )
    assert version == 2


@pytest.mark.parametrize(
    "reason", ["", "because", "retaliation", "issued_in_error; DROP", "x" * 99]
)
@pytest.mark.parametrize("action", list(Action))
def test_reasons_are_a_closed_list(action: Action, reason: str) -> None:
    with pytest.raises(IssuerError) as caught:
        parse_reason(reason, action)
    assert caught.value.kind == "malformed"
    assert all(reason in caught.value.hint for reason in REASONS[action])


@pytest.mark.parametrize("reason", ["under_review", "contested", "review_ended"])
def test_a_doubt_is_no_reason_to_withdraw(reason: str) -> None:
    with pytest.raises(IssuerError):
        parse_reason(reason, Action.WITHDRAW)


def test_the_five_reasons_to_withdraw() -> None:
    assert {str(reason) for reason in REASONS[Action.WITHDRAW]} == {
        "issued_in_error",
        "replaced",
        "fraud_established",
        "legal_validity_ended",
        "key_stolen",
    }
    for spelled in ("issued in error", "Issued-In-Error", " ISSUED_IN_ERROR "):
        assert parse_reason(spelled, Action.WITHDRAW) is Reason.ISSUED_IN_ERROR
