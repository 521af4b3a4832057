"""Transactions on the verifier's database; SQLite by default, PostgreSQL by URL.

SQLite runs in WAL mode with `synchronous=FULL`, read back on every connection, and a
writing transaction takes the write lock at once, so that what it read cannot change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from carnet_securing.errors import ErrorKind
from carnet_verifier.service.errors import ServiceError, unavailable

HEAD: Final = "0001"
_WRITE: Final = "carnet_write"
_BUSY_MILLISECONDS: Final = 5_000
_SQLITE_FULL: Final = 13


class Database:
    """One engine and its two kinds of transaction."""

    def __init__(self, url: URL | str) -> None:
        parsed = make_url(url)
        self._engine = create_engine(parsed)
        if parsed.get_backend_name() == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._writing = self._engine.execution_options(**{_WRITE: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view.

        Raises:
            ServiceError: `unavailable` or `storage_full`.
        """
        with _explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block ended without an error.

        Raises:
            ServiceError: `unavailable` or `storage_full`; nothing was kept.
        """
        with _explained(), self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def ensure_schema(database: Database) -> None:
    """Create or upgrade the tables.

    Raises:
        ServiceError: `unsupported_version` when a newer Carnet wrote this database.
    """
    with database.read() as connection:
        if _revision(connection) == HEAD:
            return
    with database.write() as connection:
        found = _revision(connection)
        if found == HEAD:
            return
        if found is not None:
            raise ServiceError(
                ErrorKind.UNSUPPORTED_VERSION, "A newer Carnet has written this database."
            )
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 100 ms, and most commands find the schema there
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", "carnet_verifier:service/migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        found = tuple(
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        )
    finally:
        cursor.close()
    if found != ("wal", 2):
        raise unavailable("The database cannot keep writes safe here.")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if isinstance(code, int) and code & 0xFF == _SQLITE_FULL:
            raise ServiceError(ErrorKind.STORAGE_FULL, "There is no room left to write.") from error
        raise unavailable("The database cannot be used now.") from error
