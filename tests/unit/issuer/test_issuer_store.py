"""The issuer's database: the tables the code knows, and nothing that dangles."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from carnet_hosting.database import Database
from carnet_hosting.errors import HostingError, StoreUnavailableError
from carnet_issuer.store.tables import IMPORTS, METADATA, STORE


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = STORE.make(tmp_path, None)
    yield database
    database.close()


def test_the_migrations_make_the_tables_the_code_knows(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_newest_migration_is_the_one_the_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", STORE.migrations)
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [STORE.newest]


def test_nothing_belongs_to_what_is_not_there(database: Database) -> None:
    def dangle() -> None:
        with database.write() as connection:
            connection.execute(
                insert(IMPORTS).values(
                    id="i", template_id="nobody", file_digest="", report="", created_at=1
                )
            )

    with pytest.raises(IntegrityError):
        dangle()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path, database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(HostingError) as caught:
        STORE.open(tmp_path, None)
    assert caught.value.kind == "unsupported_version"


def test_E22_a_damaged_database_wants_the_backup(tmp_path: Path) -> None:
    (tmp_path / "issuer.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreUnavailableError) as caught:
        STORE.open(tmp_path, None)
    assert caught.value.kind == "vault_corrupt"
    assert "backup" in caught.value.hint


def test_the_driver_of_postgresql_comes_with_the_issuer() -> None:
    assert STORE.driver == "carnet-issuer[postgres]"
