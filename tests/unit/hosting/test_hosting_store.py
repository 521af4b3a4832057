"""Opening a role's database: the schema it knows, brought up once, or a plain refusal."""

import builtins
import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, text

from carnet_hosting.errors import DatabaseLostError, HostingError, StoreUnavailableError
from carnet_hosting.store import Store
from carnet_securing.errors import CarnetError
from support.postgres import PostgresServer
from support.small_store import METADATA, note, noted, small_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return small_store(tmp_path)


def refused(opening: Callable[[], object]) -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        opening()
    return caught.value


def set_revision(store: Store, directory: Path, revision: str) -> None:
    database = store.make(directory, None)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
    database.close()


def test_a_file_in_the_folder_for_its_owner_alone(tmp_path: Path, store: Store) -> None:
    database = store.make(tmp_path, None)
    with database.write() as connection:
        note(connection, 1)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("notes.db*")}
    assert found == {"notes.db": 0o600, "notes.db-wal": 0o600, "notes.db-shm": 0o600}
    database.close()


@pytest.mark.parametrize("again", ["open", "make"])
def test_opening_again_changes_nothing(tmp_path: Path, store: Store, again: str) -> None:
    database = store.make(tmp_path, None)
    with database.write() as connection:
        note(connection, 1)
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    database.close()
    opened = getattr(store, again)(tmp_path, None)
    assert noted(opened) == [1]
    opened.close()


def _put_another(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE unheard_of (id INTEGER)")


LOST: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "another": _put_another,
}


def tables(path: Path) -> list[tuple[str]] | None:
    """None where there is no file, and nothing to look into where it is empty."""
    if not path.exists() or not path.stat().st_size:
        return [] if path.exists() else None
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name FROM sqlite_master").fetchall()


@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
def test_only_making_makes_a_database(
    tmp_path: Path, store: Store, lose: Callable[[Path], object]
) -> None:
    store.make(tmp_path, None).close()
    lose(tmp_path / "notes.db")
    before = tables(tmp_path / "notes.db")
    error = refused(lambda: store.open(tmp_path, None))
    assert isinstance(error, DatabaseLostError)
    assert (error.kind, error.hint) == ("vault_corrupt", "Move notes.db away.")
    assert tables(tmp_path / "notes.db") == before


def test_a_server_without_tables_is_no_database_either(
    tmp_path: Path, store: Store, postgres_url: URL
) -> None:
    error = refused(lambda: store.open(tmp_path, str(postgres_url)))
    assert isinstance(error, DatabaseLostError)
    store.make(tmp_path, str(postgres_url)).close()
    store.open(tmp_path, str(postgres_url)).close()


def test_a_file_lost_while_it_is_open_is_not_made_anew(tmp_path: Path, store: Store) -> None:
    database = store.make(tmp_path, None)
    database.close()
    (tmp_path / "notes.db").unlink()
    assert refused(lambda: noted(database)).kind == "unavailable"
    assert not (tmp_path / "notes.db").exists()


def test_an_older_database_is_brought_up(tmp_path: Path, store: Store) -> None:
    older = small_store(tmp_path, newest="0001").make(tmp_path, None)
    with older.write() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES (1)")
    older.close()
    database = store.open(tmp_path, None)
    with database.write() as connection:
        note(connection, 2, "words")
    assert noted(database) == [1, 2]
    database.close()


@pytest.mark.parametrize("revision", ["0003", "9999", ""])
def test_a_newer_database_is_left_alone(tmp_path: Path, store: Store, revision: str) -> None:
    set_revision(store, tmp_path, revision)
    error = refused(lambda: store.open(tmp_path, None))
    assert isinstance(error, HostingError)
    assert error.kind == "unsupported_version"
    older = small_store(tmp_path, newest="0001")
    assert refused(lambda: older.open(tmp_path, None)).kind == "unsupported_version"


def test_a_migration_that_fails_leaves_what_was_there(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = small_store(tmp_path, newest="0001")
    older.make(tmp_path, None).close()
    (tmp_path / "migrations-0002" / "versions" / "0002_words.py").write_text(
        "from alembic import op\n"
        'revision, down_revision = "0002", "0001"\n'
        "def upgrade():\n"
        '    op.execute("ALTER TABLE notes RENAME TO memories")\n'
        '    op.execute("SELECT nonsense")\n'
    )
    assert refused(lambda: store.open(tmp_path, None)).kind == "unavailable"
    opened = older.open(tmp_path, None)
    assert noted(opened) == []
    opened.close()


@pytest.mark.parametrize("place", ["file", "server"])
def test_many_open_at_once_and_one_makes_the_tables(
    tmp_path: Path, store: Store, request: pytest.FixtureRequest, place: str
) -> None:
    address = str(request.getfixturevalue("postgres_url")) if place == "server" else None
    found: list[list[int]] = []
    start = threading.Barrier(6)

    def open_it() -> None:
        start.wait()
        database = store.make(tmp_path, address)
        found.append(noted(database))
        database.close()

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 6


@pytest.mark.parametrize(
    "address",
    ["", "not a url", "mysql://x/y", "sqlite:////tmp/elsewhere.db", "postgres", "://"],
)
def test_an_address_of_another_database(tmp_path: Path, store: Store, address: str) -> None:
    error = refused(lambda: store.make(tmp_path, address))
    assert error.kind == "malformed"
    assert "postgresql" in error.hint
    assert not address or address not in error.message
    assert not list(tmp_path.glob("notes.db*"))


def test_without_the_driver_it_says_what_to_install(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    error = refused(lambda: store.open(tmp_path, "postgresql+psycopg://nobody@localhost/x"))
    assert error.kind == "unavailable"
    assert error.hint == "pip install 'carnet-notes[postgres]'"


def test_a_damaged_file_has_the_role_s_own_advice(tmp_path: Path, store: Store) -> None:
    (tmp_path / "notes.db").write_bytes(b"not a database" * 400)
    error = refused(lambda: store.open(tmp_path, None))
    assert isinstance(error, StoreUnavailableError)
    assert (error.kind, error.hint) == ("vault_corrupt", "Move notes.db away.")


def test_a_folder_that_is_gone(tmp_path: Path, store: Store) -> None:
    assert refused(lambda: store.make(tmp_path / "gone", None)).kind == "not_found"
    assert refused(lambda: store.open(tmp_path / "gone", None)).kind == "vault_corrupt"


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, "storage_full"), (errno.EACCES, "forbidden"), (errno.EIO, "unavailable")],
)
def test_E22_a_file_that_cannot_be_made(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, number: int, kind: str
) -> None:
    def fails(*_: object) -> int:
        raise OSError(number, "simulated", "a path")

    monkeypatch.setattr(os, "open", fails)
    error = refused(lambda: store.make(tmp_path, None))
    assert error.kind == kind
    assert "a path" not in error.message


def test_on_a_server_it_is_whole_or_not_at_all_too(
    tmp_path: Path, store: Store, postgres_url: URL
) -> None:
    database = store.make(tmp_path, str(postgres_url))

    def write_and_fail() -> None:
        with database.write() as connection:
            note(connection, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with database.read() as connection:
        note(connection, 2)
    assert noted(database) == []
    with database.write() as connection:
        note(connection, 3)
    database.close()
    assert noted(database) == [3]
    assert not list(tmp_path.glob("notes.db*"))
    database.close()


def test_a_server_that_is_not_there(tmp_path: Path, store: Store) -> None:
    address = f"postgresql+psycopg://nobody@/notes?host={tmp_path}"
    error = refused(lambda: store.open(tmp_path, address))
    assert isinstance(error, StoreUnavailableError)
    assert error.kind == "unavailable"
    assert str(tmp_path) not in error.message


def test_a_server_that_ends_and_comes_back(
    tmp_path: Path, store: Store, postgres: PostgresServer
) -> None:
    database = store.make(tmp_path, str(postgres.new_database()))
    with database.write() as connection:
        note(connection, 1)
    postgres.stop()
    try:
        with pytest.raises(StoreUnavailableError):
            noted(database)
    finally:
        postgres.start()
    assert noted(database) == [1]
    database.close()
