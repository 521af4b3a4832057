"""Where a process ends itself: at a moment by name, around a commit, at a call to the disk.

Each counts how often its place was passed and ends the process at the Nth time.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from carnet_hosting.database import Database
from carnet_wallet.vault.files import OperatingSystem
from killloop.journal import Journal


def end_now() -> None:
    """SIGKILL: no handler, no `finally`, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)


class Around(StrEnum):
    """Places every write of the issuer passes, beside its own fail-points."""

    BEFORE_COMMIT = "before_any_commit"
    AFTER_COMMIT = "after_any_commit"


DISK_CALL = "disk_call"
"""The wallet's calls to the disk, counted together."""


@dataclass
class EndAt:
    """A fail-points object of issuer and wallet alike."""

    point: str = ""
    nth: int = 1
    passed: int = field(default=0, init=False)

    def reach(self, point: Any) -> None:
        """Come back, unless this is the place and the time."""
        if str(point) == self.point:
            self.passed += 1
            if self.passed == self.nth:
                end_now()


class WatchedDatabase(Database):
    """The issuer's database; says so when a connection would not write through."""

    def __init__(self, url: Any, *, end: EndAt, journal: Journal) -> None:
        super().__init__(url)
        self._end = end
        self._journal = journal

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As `Database.write`, with a place before and one after the commit."""
        with super().write() as connection:
            if connection.exec_driver_sql("PRAGMA synchronous").scalar() != 2:
                self._journal.wrong("a connection does not write through to the disk")
            yield connection
            self._end.reach(Around.BEFORE_COMMIT)
        self._end.reach(Around.AFTER_COMMIT)


class EndingDisk(OperatingSystem):
    """The wallet's calls to the disk, which end the process before the Nth."""

    def __init__(self, end: EndAt) -> None:
        self._end = end

    def open(self, name: str, flags: int, mode: int, *, dir_fd: int) -> int:
        self._end.reach(DISK_CALL)
        return super().open(name, flags, mode, dir_fd=dir_fd)

    def write(self, fd: int, data: memoryview) -> int:
        self._end.reach(DISK_CALL)
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._end.reach(DISK_CALL)
        super().fsync(fd)

    def rename(self, source: str, target: str, *, dir_fd: int) -> None:
        self._end.reach(DISK_CALL)
        super().rename(source, target, dir_fd=dir_fd)

    def unlink(self, name: str, *, dir_fd: int) -> None:
        self._end.reach(DISK_CALL)
        super().unlink(name, dir_fd=dir_fd)
