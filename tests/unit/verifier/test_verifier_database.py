"""The verifier's database: safe writes on every connection, typed failures, one schema."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, insert
from sqlalchemy.exc import IntegrityError

from carnet_securing.errors import CarnetError, ErrorKind
from carnet_verifier.service.database import HEAD, Database, ensure_schema
from carnet_verifier.service.tables import METADATA, QUESTIONS

ROW = {
    "id": "q1",
    "result_hash": "r1",
    "audience": "a",
    "nonce": "n1",
    "state_hash": "s",
    "query": "{}",
    "request": "{}",
    "standing": "open",
    "created_at": 1,
    "expires_at": 2,
}


def at(path: Path, *, patience: float = 5.0) -> Database:
    return Database(URL.create("sqlite+pysqlite", database=str(path)), patience=patience)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verifier.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = at(path)
    ensure_schema(database)
    yield database
    database.close()


def add(connection: Connection, **changes: str) -> None:
    connection.execute(insert(QUESTIONS).values(**(ROW | changes)))


def rows(database: Database) -> int:
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM questions").scalar()
    assert isinstance(found, int)
    return found


def kind_of(database: Database) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        ensure_schema(database)
    database.close()
    return caught.value.kind


def test_every_connection_writes_through_to_the_disk(database: Database) -> None:
    with database.read() as one, database.read() as two, database.read() as three:
        for connection in (one, two, three):
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_database_that_cannot_be_made_safe_is_not_used() -> None:
    # WAL needs shared memory, which a database in memory does not have.
    assert kind_of(Database(URL.create("sqlite+pysqlite"))) is ErrorKind.UNAVAILABLE


def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as connection:
            add(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert rows(database) == 0


def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    with database.read() as connection:
        add(connection)
    assert rows(database) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"id": "q2", "nonce": "n2"},
        {"id": "q2", "result_hash": "r2"},
        {"id": "q2", "nonce": "n2", "result_hash": "r2", "standing": "maybe"},
    ],
    ids=["id", "result-token", "nonce", "standing"],
)
def test_what_must_be_fresh_cannot_be_stored_twice(
    database: Database, changes: dict[str, str]
) -> None:
    with database.write() as connection:
        add(connection)

    def again() -> None:
        with database.write() as connection:
            add(connection, **changes)

    with pytest.raises(IntegrityError):
        again()
    assert rows(database) == 1


def test_the_migrations_make_the_tables_the_code_uses(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert found == HEAD


def test_there_is_one_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "carnet_verifier:service/migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_opening_twice_changes_nothing(database: Database, path: Path) -> None:
    with database.write() as connection:
        add(connection)
    again = at(path)
    ensure_schema(again)
    assert rows(again) == 1
    again.close()


def test_many_open_at_once_and_one_makes_the_tables(path: Path) -> None:
    opened: list[Database] = []
    start = threading.Barrier(6)

    def open_it() -> None:
        start.wait()
        database = at(path)
        ensure_schema(database)
        opened.append(database)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [rows(database) for database in opened] == [0] * 6
    for database in opened:
        database.close()


def test_a_newer_database_is_left_alone(database: Database, path: Path) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert kind_of(at(path)) is ErrorKind.UNSUPPORTED_VERSION
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert found == "9999"


@pytest.mark.parametrize("data", [b"not a database at all, but long enough to be one" * 50])
def test_a_file_that_is_no_database(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert kind_of(at(path)) is ErrorKind.VAULT_CORRUPT
    assert path.read_bytes() == data


def test_a_damaged_page(database: Database, path: Path) -> None:
    with database.write() as connection:
        for number in range(200):
            add(connection, id=f"q{number}", nonce=f"n{number}", result_hash=f"r{number}")
    database.close()
    driver = sqlite3.connect(path)
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    driver.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    damaged = at(path)
    with pytest.raises(CarnetError) as caught:
        rows(damaged)
    assert caught.value.kind is ErrorKind.VAULT_CORRUPT
    assert caught.value.hint
    damaged.close()


def test_a_locked_database_is_unavailable(database: Database, path: Path) -> None:
    other = at(path, patience=0.05)
    with database.write() as connection:
        add(connection)
        with pytest.raises(CarnetError) as caught, other.write():
            raise AssertionError("two writers at once")
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert rows(other) == 1
    other.close()


def test_a_full_disk_keeps_what_was_there(database: Database) -> None:
    with database.write() as connection:
        add(connection)

    def write_too_much() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            for number in range(2_000):
                add(
                    connection,
                    id=f"q{number} more",
                    nonce=f"n{number} more",
                    result_hash=f"r{number} more",
                    query="x" * 1_000,
                )

    with pytest.raises(CarnetError) as caught:
        write_too_much()
    assert caught.value.kind is ErrorKind.STORAGE_FULL
    assert rows(database) == 1


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    assert kind_of(at(tmp_path / "gone" / "verifier.sqlite3")) is ErrorKind.UNAVAILABLE


def test_when_all_connections_are_out_it_says_busy(path: Path) -> None:
    database = at(path, patience=0.05)
    ensure_schema(database)
    with ExitStack() as held, pytest.raises(CarnetError) as caught:
        _hold(database, held)
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    database.close()


def _hold(database: Database, held: ExitStack) -> None:
    for _ in range(100):
        held.enter_context(database.read())
