"""Transactions on the verifier's database; SQLite by default, PostgreSQL by URL.

1. SQLite runs in WAL mode with `synchronous=FULL`, read back on every connection, and a
   writing transaction takes the write lock at once, so that what it read cannot change.
2. A locked, full, damaged or vanished database is a `ServiceError`, never a defect.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, create_engine, event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from carnet_securing.errors import ErrorKind
from carnet_verifier.service.errors import ServiceError, unavailable

HEAD: Final = "0001"
"""The newest migration. A test compares it with the files of `migrations`."""
PATIENCE_SECONDS: Final = 5.0
_WRITE: Final = "carnet_write"
# Primary result codes of SQLite (sqlite.org/rescode.html), and states of PostgreSQL.
_SQLITE_FULL: Final = 13
_SQLITE_DAMAGED: Final = frozenset({11, 26})
_FULL_STATES: Final = frozenset({"53100", "53200"})


class Database:
    """One engine and its two kinds of transaction."""

    def __init__(self, url: URL, *, patience: float = PATIENCE_SECONDS) -> None:
        """Prepare the engine; nothing is opened yet.

        Args:
            patience: seconds to wait for a lock, or for a connection.
        """
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._engine = (
            _sqlite_engine(url, patience)
            if self.is_sqlite
            else create_engine(url, pool_timeout=patience, pool_pre_ping=True)
        )
        self._writing = self._engine.execution_options(**{_WRITE: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view.

        Raises:
            ServiceError: `unavailable`, `storage_full` or `vault_corrupt`.
        """
        with _explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block ended without an error.

        Raises:
            ServiceError: `unavailable`, `storage_full` or `vault_corrupt`; nothing was kept.
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
        if not database.is_sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4712212)")
        found = _revision(connection)
        if found == HEAD:
            return
        if found is not None:
            raise ServiceError(
                ErrorKind.UNSUPPORTED_VERSION,
                "A newer Carnet has written this database.",
                hint="Use that version, or a copy of the folder from before.",
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


def _sqlite_engine(url: URL, patience: float) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=40,
        pool_timeout=patience,
        connect_args={"timeout": patience, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite does.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
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
    """Turn the database's own failures into one typed error; defects pass through."""
    try:
        yield
    except IntegrityError:
        raise
    except PoolTimeoutError:
        raise unavailable("The database is busy.") from None
    except DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        primary = code & 0xFF if isinstance(code, int) else None
        if primary == _SQLITE_FULL or getattr(error.orig, "sqlstate", None) in _FULL_STATES:
            raise ServiceError(ErrorKind.STORAGE_FULL, "There is no room left to write.") from error
        if primary in _SQLITE_DAMAGED:
            raise ServiceError(
                ErrorKind.VAULT_CORRUPT,
                "The verifier's database is damaged.",
                hint="Move verifier.sqlite3 away; a new one is made. Open questions are lost.",
            ) from error
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise unavailable("The database cannot be used now.") from error
        raise
