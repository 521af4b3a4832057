"""Group commit: nobody returns before the disk has it, and nobody pays for another's fault."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from carnet_hosting.database import Database, sqlite_url
from carnet_hosting.errors import StoreUnavailableError
from support.small_store import METADATA, note


@pytest.fixture
def database(tmp_path: Path) -> Database:
    path = tmp_path / "notes.db"
    path.touch()
    database = Database(sqlite_url(path))
    with database.write() as connection:
        METADATA.create_all(connection)
    return database


def kept(database: Database) -> set[int]:
    """What another process sees, which is what was committed."""
    with sqlite3.connect(str(database.url.database)) as other:
        found = {at for (at,) in other.execute("SELECT at FROM notes")}
    other.close()
    return found


def commits(database: Database) -> list[int]:
    """Counts commits from now on."""
    seen: list[int] = []
    event.listen(database._engine, "commit", lambda _: seen.append(1))
    return seen


def all_at_once(count: int, work: Callable[[int], None]) -> list[BaseException | None]:
    """Run in threads that start together; how each one ended."""
    gate = threading.Barrier(count)
    ends: list[BaseException | None] = [None] * count

    def run(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - the test looks at every end
            ends[number] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return ends


def test_who_returns_is_on_the_disk(database: Database) -> None:
    missing: list[int] = []

    def work(number: int) -> None:
        with database.write() as connection:
            note(connection, number)
        if number not in kept(database):
            missing.append(number)

    assert set(all_at_once(40, work)) == {None}
    assert missing == []
    assert kept(database) == set(range(40))


def test_writers_that_queue_share_commits(database: Database) -> None:
    seen = commits(database)

    def work(number: int) -> None:
        with database.write() as connection:
            note(connection, number)

    all_at_once(40, work)
    assert kept(database) == set(range(40))
    assert len(seen) < 40


def test_who_fails_undoes_only_her_own(database: Database) -> None:
    def work(number: int) -> None:
        with database.write() as connection:
            note(connection, number)
            if number % 3 == 0:
                raise KeyError(number)

    ends = all_at_once(30, work)
    assert [isinstance(end, KeyError) for end in ends] == [n % 3 == 0 for n in range(30)]
    assert kept(database) == {n for n in range(30) if n % 3}


def test_one_bad_statement_undoes_only_its_own(database: Database) -> None:
    def work(number: int) -> None:
        with database.write() as connection:
            note(connection, number)
            if number == 5:
                connection.exec_driver_sql("INSERT INTO notes (words) VALUES (NULL)")

    ends = all_at_once(20, work)
    assert [n for n, end in enumerate(ends) if end is not None] == [5]
    assert kept(database) == set(range(20)) - {5}


def test_E22_when_the_commit_fails_all_who_joined_are_told(database: Database) -> None:
    is_full = threading.Event()
    is_full.set()

    def full(_connection: object) -> None:
        if is_full.is_set():
            raise sqlite3.OperationalError("database or disk is full")

    def work(number: int) -> None:
        with database.write() as connection:
            note(connection, number)

    event.listen(database._engine, "commit", full)
    ends = all_at_once(20, work)
    assert all(end is not None for end in ends)
    assert kept(database) == set()
    is_full.clear()
    work(99)
    assert kept(database) == {99}


def test_E22_a_disk_that_fills_up_under_many_writers(database: Database) -> None:
    def limit(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined] # a driver's connection
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages + 4}")

    database.close()
    event.listen(database._engine, "connect", limit)

    def work(number: int) -> None:
        with database.write() as connection:
            note(connection, number, "x" * 3_000)

    ends = all_at_once(24, work)
    refused = {n for n, end in enumerate(ends) if end is not None}
    assert refused
    for number in refused:
        error = ends[number]
        assert isinstance(error, StoreUnavailableError)
        assert error.kind == "storage_full"
    assert kept(database) == set(range(24)) - refused


def test_a_writer_who_gives_up_strands_nobody(database: Database) -> None:
    impatient = Database(database.url, patience=0.05)
    inside, go = threading.Event(), threading.Event()

    def slow() -> None:
        with impatient.write() as connection:
            note(connection, 1)
            inside.set()
            go.wait(10)

    def hasty() -> None:
        with impatient.write():
            pytest.fail("two writers had the lock at once")

    first = threading.Thread(target=slow)
    first.start()
    assert inside.wait(10)
    with pytest.raises(StoreUnavailableError):
        hasty()
    go.set()
    first.join(timeout=10)
    assert kept(database) == {1}
