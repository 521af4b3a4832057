"""Transactions on the issuer's database; an answer is only given after a commit.

1. SQLite runs in WAL mode with `synchronous=FULL` and foreign keys. All three are set on
   every connection and read back: a kill -9 test passes even without them, a power
   cut does not.
2. A writing transaction takes SQLite's write lock at once (`BEGIN IMMEDIATE`), so that what
   it read cannot change before it writes. Threads of this process take turns, and share
   commits when they queue (`shared_commit`).
3. A locked, full or vanished database is a `StoreUnavailableError`, never a defect.

PostgreSQL needs none of the three pragmas; its isolation is `READ COMMITTED`, and every
statement that decides something ("once means once") is a conditional update or a unique key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from carnet_issuer.errors import StoreUnavailableError
from carnet_issuer.store.shared_commit import SharedCommit, TurnNotTakenError
from carnet_securing.errors import ErrorKind

PATIENCE_SECONDS: Final = 5.0
_WRITE: Final = "carnet_write"
# Primary result codes of SQLite (sqlite.org/rescode.html).
_SQLITE_FULL: Final = 13
_SQLITE_BUSY: Final = frozenset({5, 6})
_SQLITE_DAMAGED: Final = frozenset({11, 26})
_SQLITE_READ_ONLY: Final = 8
# Extended ones: a write, a sync, or making room failed (WRITE, FSYNC, DIR_FSYNC, TRUNCATE,
# SHMSIZE; the last is what a full disk gives when the database is only being opened).
_SQLITE_UNWRITTEN: Final = frozenset({778, 1034, 1290, 1546, 4874})
_FULL_STATES: Final = frozenset({"53100", "53200"})  # PostgreSQL: disk_full, out_of_memory


def sqlite_url(path: Path) -> URL:
    """The URL of a database file."""
    return URL.create("sqlite+pysqlite", database=str(path))


class Database:
    """One engine, and the two kinds of transaction."""

    def __init__(self, url: URL | str, *, patience: float = PATIENCE_SECONDS) -> None:
        """Prepare the engine; nothing is opened yet.

        Args:
            url: `sqlite_url(path)`, or a `postgresql+psycopg://` URL.
            patience: seconds to wait for the write lock of SQLite, or for a connection.
        """
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = (
            _sqlite_engine(self.url, patience)
            if self.is_sqlite
            else create_engine(self.url, pool_timeout=patience, pool_pre_ping=True)
        )
        self._shared = SharedCommit(
            self._engine.execution_options(**{_WRITE: True}), patience=patience
        )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; nothing written inside is kept.

        Raises:
            StoreUnavailableError: the database cannot be read now.
        """
        with _explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block has ended without an error.

        Raises:
            StoreUnavailableError: locked, full or gone; nothing was kept.
        """
        if not self.is_sqlite:
            with _explained(), self._engine.begin() as connection:
                yield connection
            return
        try:
            with _explained(), self._shared.write() as connection:
                yield connection
        except TurnNotTakenError:
            raise _unavailable("The database is busy.") from None

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        """A writing transaction for changing the schema: no other may run beside it."""
        with self.write() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4712211)")
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


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
        cursor.execute("PRAGMA foreign_keys=ON")
        found = tuple(
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        )
    finally:
        cursor.close()
    if found != ("wal", 2, 1):
        raise StoreUnavailableError(
            ErrorKind.UNAVAILABLE, "The database cannot keep writes safe here.", retry_after=60
        )


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
        raise _unavailable("The database is busy.") from None
    except OperationalError as error:
        raise _from_driver(error) from error
    except DBAPIError as error:
        if (
            error.connection_invalidated
            or _state(error) in _FULL_STATES
            or _sqlite_code(error) in _SQLITE_DAMAGED
        ):
            raise _from_driver(error) from error
        raise


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _sqlite_code(error: DBAPIError) -> int | None:
    """The primary result code; the extended one has it in its lowest byte."""
    code = _extended_code(error)
    return None if code is None else code & 0xFF


def _extended_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code if isinstance(code, int) else None


def _from_driver(error: DBAPIError) -> StoreUnavailableError:
    code = _sqlite_code(error)
    if code == _SQLITE_FULL or _state(error) in _FULL_STATES:
        return StoreUnavailableError(
            ErrorKind.STORAGE_FULL, "There is no room left to write.", retry_after=60
        )
    if code == _SQLITE_READ_ONLY or _extended_code(error) in _SQLITE_UNWRITTEN:
        return StoreUnavailableError(
            ErrorKind.STORAGE_FULL,
            "The database could not be written.",
            retry_after=60,
            hint="Make room on the disk, or check it, then try again.",
        )
    if code in _SQLITE_BUSY:
        return _unavailable("The database is busy.")
    if code in _SQLITE_DAMAGED:
        return StoreUnavailableError(
            ErrorKind.VAULT_CORRUPT,
            "The database is damaged.",
            retry_after=600,
            hint="Stop the service and restore the folder from a backup.",
        )
    return StoreUnavailableError(
        ErrorKind.UNAVAILABLE, "The database cannot be used now.", retry_after=5
    )


def _unavailable(message: str) -> StoreUnavailableError:
    return StoreUnavailableError(ErrorKind.UNAVAILABLE, message, retry_after=1)
