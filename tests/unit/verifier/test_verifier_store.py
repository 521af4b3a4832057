"""The verifier's database: the tables the code uses, and what must be fresh is fresh."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from carnet_hosting.database import Database
from carnet_hosting.errors import HostingError, StoreUnavailableError
from carnet_verifier.service.tables import METADATA, QUESTIONS, STORE

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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = STORE.make(tmp_path, None)
    yield database
    database.close()


def add(connection: Connection, **changes: str) -> None:
    connection.execute(insert(QUESTIONS).values(**(ROW | changes)))


def rows(database: Database) -> int:
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM questions").scalar()
    assert isinstance(found, int)
    return found


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


def test_there_is_one_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", STORE.migrations)
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [STORE.newest]


def test_a_newer_database_is_left_alone(tmp_path: Path, database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(HostingError) as caught:
        STORE.open(tmp_path, None)
    assert caught.value.kind == "unsupported_version"
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert found == "9999"


def test_E22_a_damaged_database_may_be_made_anew(tmp_path: Path) -> None:
    (tmp_path / "verifier.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreUnavailableError) as caught:
        STORE.open(tmp_path, None)
    assert caught.value.kind == "vault_corrupt"
    assert "verifier.sqlite3" in caught.value.hint


def test_the_driver_of_postgresql_comes_with_the_verifier() -> None:
    assert STORE.driver == "carnet-verifier[postgres]"
