"""Several writers of one process, one flush to the disk: group commit for SQLite.

`synchronous=FULL` costs a flush for each commit, and SQLite has one writer at a time, so the
disk would set the number of claims a second. Writers that wait while another one writes
join its transaction instead, each inside a savepoint of its own; the last of them commits,
and only then does any of them return. A writer that fails undoes its own savepoint and
nobody else's. When the commit fails, all who joined are told.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

_MOST_WRITERS: Final = 16
# A writer that was expected may give up waiting; then one of those who wrote commits.
_LOOK_AGAIN_SECONDS: Final = 0.02


class TurnNotTakenError(Exception):
    """Others kept the write lock for longer than this writer wanted to wait."""


@dataclass
class _Batch:
    """One transaction and those who wrote in it."""

    connection: Connection
    writers: int = 0
    failure: BaseException | None = None
    is_over: threading.Event = field(default_factory=threading.Event)


class SharedCommit:
    """Hands out the one writing connection of a process, in turn."""

    def __init__(self, engine: Engine, *, patience: float) -> None:
        """Prepare; `engine` begins its transactions with the write lock."""
        self._engine = engine
        self._patience = patience
        self._turn = threading.Lock()
        self._queue = threading.Lock()
        self._waiting = 0
        self._open: _Batch | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Write in a savepoint; returns when what was written is on the disk.

        Raises:
            TurnNotTakenError: others write for too long.
            DBAPIError: the database refused; nothing of this block was kept.
        """
        self._take_turn()
        try:
            batch = self._open or self._begin()
            try:
                yield from _in_savepoint(batch)
                batch.writers += 1
            finally:
                self._commit_unless_joined(batch)
        finally:
            self._turn.release()
        self._wait_for(batch)

    def _take_turn(self) -> None:
        with self._queue:
            self._waiting += 1
        try:
            taken = self._turn.acquire(timeout=self._patience)
        finally:
            with self._queue:
                self._waiting -= 1
        if not taken:
            raise TurnNotTakenError

    def _begin(self) -> _Batch:
        connection = self._engine.connect()
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        self._open = _Batch(connection)
        return self._open

    def _commit_unless_joined(self, batch: _Batch) -> None:
        """Leave the transaction to the next writer, or end it. The turn is held."""
        if batch.failure is None and self._waiting > 0 and batch.writers < _MOST_WRITERS:
            return
        self._end(batch)

    def _end(self, batch: _Batch) -> None:
        self._open = None
        try:
            if batch.failure is None:
                batch.connection.commit()
        except BaseException as error:
            batch.failure = error
            if not isinstance(error, Exception):
                raise
        finally:
            # A connection that failed may still be inside its transaction: it is not used again.
            with suppress(DBAPIError):
                if batch.failure is not None:
                    batch.connection.invalidate()
                batch.connection.close()
            batch.is_over.set()

    def _wait_for(self, batch: _Batch) -> None:
        while not batch.is_over.wait(_LOOK_AGAIN_SECONDS):
            if self._turn.acquire(blocking=False):
                try:
                    if self._open is batch:
                        self._end(batch)
                finally:
                    self._turn.release()
        if batch.failure is not None:
            raise batch.failure


def _in_savepoint(batch: _Batch) -> Iterator[Connection]:
    """Run one block; a database that loses its transaction loses it for the whole batch."""
    savepoint = batch.connection.begin_nested()
    try:
        yield batch.connection
        savepoint.commit()
    except BaseException as error:
        try:
            savepoint.rollback()
        except Exception:  # noqa: BLE001 - whatever it is, nothing of this transaction is safe
            batch.failure = error
        raise
