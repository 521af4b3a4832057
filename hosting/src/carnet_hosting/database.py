"""Transactions on a service's database; an answer is only given after a commit.

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

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, event, func, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import QueuePool

from carnet_hosting.database_faults import busy, explained
from carnet_hosting.errors import StoreUnavailableError
from carnet_hosting.shared_commit import SharedCommit, TurnNotTakenError
from carnet_securing.errors import ErrorKind

PATIENCE_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.005
_WRITE: Final = "carnet_write"


def sqlite_url(path: Path) -> URL:
    """The URL of a database file that is there; connecting never makes one."""
    return URL.create(
        "sqlite+pysqlite",
        database=f"file:{quote(str(path.absolute()))}",
        query={"mode": "rw", "uri": "true"},
    )


class Database:
    """One engine, and the two kinds of transaction."""

    def __init__(
        self,
        url: URL | str,
        *,
        patience: float = PATIENCE_SECONDS,
        when_damaged: str = "Restore it from a backup.",
    ) -> None:
        """Prepare the engine; nothing is opened yet.

        Args:
            url: `sqlite_url(path)`, or a `postgresql+psycopg://` URL.
            patience: seconds to wait for the write lock of SQLite, or for a connection.
            when_damaged: what the person can do about a database that is damaged.
        """
        self._when_damaged = when_damaged
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
        with explained(when_damaged=self._when_damaged), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block has ended without an error.

        Raises:
            StoreUnavailableError: locked, full or gone; nothing was kept.
        """
        if not self.is_sqlite:
            with explained(when_damaged=self._when_damaged), self._engine.begin() as connection:
                yield connection
            return
        try:
            with explained(when_damaged=self._when_damaged), self._shared.write() as connection:
                yield connection
        except TurnNotTakenError:
            raise busy() from None

    @contextmanager
    def exclusive(self, lock: int) -> Iterator[Connection]:
        """A writing transaction beside which no other with the same lock runs.

        Args:
            lock: on PostgreSQL, the number of the advisory lock that keeps others out.
        """
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(lock)))
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
        _switch_to_wal(cursor)
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
            ErrorKind.UNAVAILABLE,
            "The database cannot keep writes safe here.",
            retry_after=60,
            hint="Keep the folder on a disk of this machine, not on a network one.",
        )


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Once for the life of a file; whoever else is at it now does the same.

    SQLite answers "locked" at once there, without its patience: of two who both read the old
    header, neither may wait for the other.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
