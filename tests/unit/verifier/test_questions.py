"""The store of questions: fresh values, one answer each, and what is forgotten."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from carnet_securing.errors import CarnetError, ErrorKind
from carnet_verifier.service.questions import NewQuestion, QuestionStore
from carnet_verifier.service.tables import STORE

NOW = 1_800_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QuestionStore]:
    on_server = request.param == "postgresql"
    address = str(request.getfixturevalue("postgres_url")) if on_server else None
    database = STORE.make(tmp_path, address)
    yield QuestionStore(database)
    database.close()


def add(store: QuestionStore, *, lifetime: int = 600, key: bytes | None = None) -> NewQuestion:
    new = NewQuestion.fresh()
    store.add(
        new,
        audience="x509_san_dns:shop.example",
        query={"credentials": []},
        request={"nonce": new.nonce},
        decryption_key=key,
        now=NOW,
        lifetime=lifetime,
    )
    return new


def finish(store: QuestionStore, question_id: str, *, now: int = NOW, mark: str = "x") -> None:
    store.finish(question_id, report={"outcome": mark}, claims={"c": []}, now=now)


def kind_of(call: object) -> ErrorKind:
    assert callable(call)
    with pytest.raises(CarnetError) as caught:
        call()
    return caught.value.kind


def test_Q09_of_a_hundred_thousand_every_value_is_fresh_and_long() -> None:
    drawn = [NewQuestion.fresh() for _ in range(100_000)]
    for name in ("id", "nonce", "state", "result_token"):
        values = {getattr(one, name) for one in drawn}
        assert len(values) == len(drawn)
        assert min(map(len, values)) >= 22
    assert all(one.id[0] != "-" for one in drawn)


def test_fresh_secrets_are_not_shown_in_logs() -> None:
    new = NewQuestion.fresh()
    for secret in (new.nonce, new.state, new.result_token):
        assert secret not in repr(new)


def test_a_question_is_read_as_it_was_stored(store: QuestionStore) -> None:
    new = add(store, key=b"k" * 32)
    for _ in range(2):
        question = store.open_question(new.id, now=NOW)
        assert (question.nonce, question.decryption_key) == (new.nonce, b"k" * 32)
    assert new.nonce not in repr(question)
    assert b"kkkk".decode() not in repr(question)
    question.check_state(new.state)


@pytest.mark.parametrize(
    "name",
    ["", "nobody", "../../x", "q" * 65, "a b", "é", "q\x00", "q'; DROP TABLE questions;--", "%"],
)
def test_J10_names_that_no_question_has(store: QuestionStore, name: str) -> None:
    add(store)
    assert kind_of(lambda: store.open_question(name, now=NOW)) is ErrorKind.NOT_FOUND
    assert kind_of(lambda: store.result(name)) is ErrorKind.NOT_FOUND


@pytest.mark.parametrize("state", [None, "", "x", "\ud800", "é" * 100])
def test_Q03_another_state_is_refused(store: QuestionStore, state: str | None) -> None:
    new = add(store)
    question = store.open_question(new.id, now=NOW)
    for wrong in (state, new.nonce, new.id, new.state[:-1], new.state + "x", new.state.lower()):
        assert kind_of(lambda wrong=wrong: question.check_state(wrong)) is ErrorKind.NOT_FOUND


@pytest.mark.parametrize("now", [NOW + 600, NOW + 601, NOW + 10**6])
def test_a_question_ends(store: QuestionStore, now: int) -> None:
    new = add(store)
    assert kind_of(lambda: store.open_question(new.id, now=now)) is ErrorKind.NOT_FOUND
    assert kind_of(lambda: finish(store, new.id, now=now)) is ErrorKind.REPLAY
    result = store.result(new.id)
    assert (result.standing, result.standing_at(now), result.report) == ("open", "expired", None)


def test_a_question_lasts_until_it_ends(store: QuestionStore) -> None:
    new = add(store)
    assert store.open_question(new.id, now=NOW + 599).id == new.id
    assert store.result(new.id).standing_at(NOW + 599) == "open"


def test_K03_only_the_first_answer_is_stored(store: QuestionStore) -> None:
    new = add(store, key=b"k" * 32)
    finish(store, new.id, mark="first")
    assert kind_of(lambda: finish(store, new.id, mark="second")) is ErrorKind.REPLAY
    assert kind_of(lambda: store.open_question(new.id, now=NOW)) is ErrorKind.NOT_FOUND
    result = store.result(new.id)
    assert result.report == {"outcome": "first"}
    assert result.standing_at(NOW + 10**6) == "answered"


def test_Q11_of_many_at_once_one_wins(store: QuestionStore) -> None:
    new = add(store)
    outcomes: list[str] = []
    start = threading.Barrier(12)

    def answer(mark: str) -> None:
        start.wait()
        try:
            finish(store, new.id, mark=mark)
            outcomes.append(mark)
        except CarnetError as error:
            outcomes.append(str(error.kind))

    threads = [threading.Thread(target=answer, args=(f"m{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [mark for mark in outcomes if mark.startswith("m")]
    assert outcomes.count("replay") == 11
    assert store.result(new.id).report == {"outcome": winner}


def test_Q02_a_result_needs_the_token_that_asked(store: QuestionStore) -> None:
    one, two = add(store), add(store)
    assert store.result_by_token(one.id, one.result_token).id == one.id
    for wrong in ("", two.result_token, one.nonce, one.state, one.result_token + "x", "\ud800"):
        assert kind_of(lambda wrong=wrong: store.result_by_token(one.id, wrong)) is (
            ErrorKind.NOT_FOUND
        )


def test_results_are_forgotten_in_time(store: QuestionStore) -> None:
    answered, waiting = add(store), add(store)
    finish(store, answered.id)
    assert store.forget(answered_before=NOW) == 0
    assert store.forget(answered_before=NOW + 1) == 1
    assert kind_of(lambda: store.result(answered.id)) is ErrorKind.NOT_FOUND
    assert store.result(waiting.id).standing == "open"
    assert store.forget(answered_before=NOW + 600) == 0
    assert store.forget(answered_before=NOW + 601) == 1
    assert kind_of(lambda: store.result(waiting.id)) is ErrorKind.NOT_FOUND


def test_an_answered_question_keeps_no_key(store: QuestionStore, tmp_path: Path) -> None:
    new = add(store, key=b"the key of one question, 32 byte")
    finish(store, new.id)
    with store._database.read() as connection:
        kept = connection.exec_driver_sql("SELECT decryption_key FROM questions").scalar()
    assert kept is None


def test_what_anybody_may_post_is_noted_and_ends_nothing(store: QuestionStore) -> None:
    new = add(store)
    store.note(new.id, standing="declined", report=None, wallet_error="access_denied", now=NOW)
    assert store.result(new.id).standing == "declined"
    store.note(new.id, standing="open", report={"outcome": "junk"}, wallet_error=None, now=NOW)
    assert store.open_question(new.id, now=NOW).id == new.id
    finish(store, new.id, mark="the holder's")
    assert store.result(new.id).report == {"outcome": "the holder's"}
    with pytest.raises(CarnetError) as raised:
        store.note(new.id, standing="declined", report=None, wallet_error="x", now=NOW)
    assert raised.value.kind is ErrorKind.REPLAY
    assert store.result(new.id).standing == "answered"


def test_a_deep_report_can_be_read_again(store: QuestionStore) -> None:
    deep: object = "x"
    for _ in range(40):
        deep = {"a": deep}
    new = add(store)
    store.finish(new.id, report={"outcome": "x"}, claims={"c": [deep]}, now=NOW)
    assert store.result(new.id).claims == {"c": [deep]}
