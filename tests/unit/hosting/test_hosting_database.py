"""The database: safe writes on every connection, and typed failures."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from carnet_hosting.database import Database, sqlite_url
from carnet_hosting.database_faults import explained
from carnet_hosting.errors import StoreUnavailableError
from support.small_store import METADATA, note, noted


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    path.touch()
    database = Database(sqlite_url(path), when_damaged="Move it away.")
    with database.write() as connection:
        METADATA.create_all(connection)
    yield database
    database.close()


def pragma(database: Database, name: str) -> object:
    with database.read() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def refused(database: Database) -> StoreUnavailableError:
    with pytest.raises(StoreUnavailableError) as caught:
        noted(database)
    database.close()
    return caught.value


def test_every_connection_writes_through_to_the_disk(database: Database) -> None:
    with database.read(), database.read(), database.read():
        for name, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert pragma(database, name) == value


def test_a_database_that_cannot_be_made_safe_is_not_used() -> None:
    # WAL needs shared memory, which a database in memory does not have.
    assert refused(Database("sqlite+pysqlite:///:memory:")).kind == "unavailable"


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite itself refuses some of them; without a second try about one round in twenty fails."""
    failures: list[BaseException] = []
    for number in range(60):
        path = tmp_path / f"{number}.db"
        path.touch()
        databases = [Database(sqlite_url(path)) for _ in range(6)]
        start = threading.Barrier(len(databases))

        def read(one: Database, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                with one.read() as connection:
                    connection.execute(text("SELECT 1"))
            except StoreUnavailableError as error:
                failures.append(error)

        threads = [threading.Thread(target=read, args=(one,)) for one in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in databases:
            one.close()
    assert failures == []


def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as connection:
            note(connection, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert noted(database) == []


def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    with database.read() as connection:
        note(connection, 1)
    assert noted(database) == []


def test_what_must_be_single_is_refused_as_such(database: Database) -> None:
    def twice() -> None:
        with database.write() as connection:
            note(connection, 1)
            note(connection, 1)

    with pytest.raises(IntegrityError):
        twice()
    assert noted(database) == []


def test_a_defect_is_no_failure_of_the_database(database: Database) -> None:
    def misspelled() -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO notes VALUES (:at, :words)"), {"at": object()})

    with pytest.raises(Exception, match="bind parameter"):
        misspelled()


def test_writers_of_one_process_take_turns(database: Database) -> None:
    def write() -> None:
        with database.write() as connection:
            note(connection, len(noted(database)) + threading.get_ident())

    threads = [threading.Thread(target=write) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(noted(database)) == 20


def test_E22_locked_by_another_process(database: Database, path: Path) -> None:
    impatient = Database(database.url, patience=0.05)
    other = sqlite3.connect(str(path), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError) as caught, impatient.write():
            pytest.fail("the write lock was taken twice")
        assert (caught.value.kind, caught.value.retry_after) == ("unavailable", 1)
        assert noted(impatient) == []
    finally:
        other.close()
    with impatient.write() as connection:
        note(connection, 1)
    impatient.close()


def test_E22_no_room_left(database: Database) -> None:
    def fill() -> None:
        with database.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            for number in range(10_000):
                note(connection, number, "x" * 500)

    with pytest.raises(StoreUnavailableError) as caught:
        fill()
    assert (caught.value.kind, caught.value.retry_after) == ("storage_full", 60)
    database.close()
    assert noted(database) == []
    with database.write() as connection:
        note(connection, 1)
    assert noted(database) == [1]


def test_E22_a_file_that_is_no_database(path: Path) -> None:
    data = b"not a database at all, but long enough to be one" * 50
    path.write_bytes(data)
    error = refused(Database(sqlite_url(path), when_damaged="Move it away."))
    assert (error.kind, error.hint) == ("vault_corrupt", "Move it away.")
    assert path.read_bytes() == data


def test_E22_a_damaged_page(database: Database, path: Path) -> None:
    with database.write() as connection:
        for number in range(2_000):
            note(connection, number, "x" * 20)
    database.close()
    driver = sqlite3.connect(path)
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    driver.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    assert refused(database).kind == "vault_corrupt"


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    assert refused(Database(sqlite_url(tmp_path / "gone" / "notes.db"))).kind == "unavailable"


def test_when_all_connections_are_out_it_says_busy(database: Database) -> None:
    impatient = Database(database.url, patience=0.05)
    with ExitStack() as held, pytest.raises(StoreUnavailableError) as caught:
        _hold(impatient, held)
    assert caught.value.message == "The database is busy."
    impatient.close()


def _hold(database: Database, held: ExitStack) -> None:
    for _ in range(100):
        held.enter_context(database.read())


@pytest.mark.parametrize(
    ("code", "kind", "retry_after"),
    [
        (5, "unavailable", 1),  # BUSY
        (261, "unavailable", 1),  # BUSY_RECOVERY
        (8, "storage_full", 60),  # READONLY
        (1032, "storage_full", 60),  # READONLY_DBMOVED
        (13, "storage_full", 60),  # FULL
        (778, "storage_full", 60),  # IOERR_WRITE
        (1034, "storage_full", 60),  # IOERR_FSYNC
        (266, "unavailable", 5),  # IOERR_READ
        (14, "unavailable", 5),  # CANTOPEN
        (11, "vault_corrupt", 600),  # CORRUPT
        (26, "vault_corrupt", 600),  # NOTADB
        (None, "unavailable", 5),
    ],
)
def test_E22_every_fault_of_the_disk_has_its_words(
    code: int | None, kind: str, retry_after: int
) -> None:
    driver = sqlite3.OperationalError("simulated")
    if code is not None:
        driver.sqlite_errorcode = code

    def fails() -> None:
        with explained(when_damaged="Move it away."):
            raise OperationalError("SELECT 1", {}, driver)

    with pytest.raises(StoreUnavailableError) as caught:
        fails()
    error = caught.value
    assert (error.kind, error.retry_after) == (kind, retry_after)
    assert error.hint
    assert "simulated" not in error.message


class _DriverError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("state", ["53100", "53200"])
def test_E22_postgresql_without_room(state: str) -> None:
    def fails() -> None:
        with explained(when_damaged=""):
            raise ProgrammingError("INSERT", {}, _DriverError(state))

    with pytest.raises(StoreUnavailableError) as caught:
        fails()
    assert caught.value.kind == "storage_full"


def test_a_wrong_statement_is_a_defect_of_ours() -> None:
    def fails() -> None:
        with explained(when_damaged=""):
            raise ProgrammingError("INSERT", {}, _DriverError("42601"))

    with pytest.raises(ProgrammingError):
        fails()
