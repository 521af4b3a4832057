"""The database: safe writes on every connection, typed failures, one schema."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from carnet_issuer.errors import IssuerError, StoreUnavailableError
from carnet_issuer.store.database import Database, sqlite_url
from carnet_issuer.store.events import EventName, note
from carnet_issuer.store.schema import HEAD, ensure_schema
from carnet_issuer.store.tables import METADATA


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(sqlite_url(tmp_path / "issuer.db"))
    ensure_schema(database)
    return database


def pragma(database: Database, name: str) -> object:
    with database.read() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def events(database: Database) -> int:
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
    assert isinstance(found, int)
    return found


def test_every_connection_writes_through_to_the_disk(database: Database) -> None:
    with database.read(), database.read(), database.read():
        for name, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert pragma(database, name) == value


def test_a_database_that_cannot_be_made_safe_is_not_used(tmp_path: Path) -> None:
    # WAL needs shared memory, which a database in memory does not have.
    with pytest.raises(StoreUnavailableError) as caught:
        ensure_schema(Database("sqlite+pysqlite:///:memory:"))
    assert caught.value.kind == "unavailable"


def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as connection:
            note(connection, EventName.ISSUED, now=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert events(database) == 0


def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    with database.read() as connection:
        note(connection, EventName.ISSUED, now=1)
    assert events(database) == 0


def test_writers_of_one_process_take_turns(database: Database) -> None:
    def write() -> None:
        with database.write() as connection:
            note(connection, EventName.ISSUED, now=events(database))

    threads = [threading.Thread(target=write) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events(database) == 20


def test_E22_locked_by_another_process(database: Database) -> None:
    impatient = Database(database.url, patience=0.05)
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError) as caught, impatient.write():
            pytest.fail("the write lock was taken twice")
        assert (caught.value.kind, caught.value.retry_after) == ("unavailable", 1)
        assert events(impatient) == 0
    finally:
        other.close()
    with impatient.write() as connection:
        note(connection, EventName.ISSUED, now=1)
    impatient.close()


def test_E22_no_room_left(database: Database) -> None:
    def fill() -> None:
        with database.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            for number in range(10_000):
                note(connection, EventName.ISSUED, now=number, detail="x" * 500)

    with pytest.raises(StoreUnavailableError) as caught:
        fill()
    assert caught.value.kind == "storage_full"
    database.close()
    assert events(database) == 0
    with database.write() as connection:
        note(connection, EventName.ISSUED, now=1)
    assert events(database) == 1


def test_E22_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "issuer.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreUnavailableError):
        ensure_schema(Database(sqlite_url(path)))


def test_the_migrations_make_the_tables_the_code_knows(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_newest_migration_is_the_one_the_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", "carnet_issuer:store/migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(IssuerError) as caught:
        ensure_schema(database)
    assert caught.value.kind == "unsupported_version"


def test_two_processes_may_start_on_an_empty_database(tmp_path: Path) -> None:
    databases = [Database(sqlite_url(tmp_path / "issuer.db")) for _ in range(4)]
    threads = [threading.Thread(target=ensure_schema, args=(each,)) for each in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events(databases[0]) == 0
