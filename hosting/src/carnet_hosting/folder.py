"""The folder of a service, made whole or not at all.

It is filled as a hidden draft beside its place, then renamed; after a crash it is there with
everything in it, or not there. Who fills a draft keeps a lock on it, which ends with the
process, so that the next attempt knows what an interrupted one left and clears it away.
"""

import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from carnet_hosting.errors import HostingError
from carnet_securing.durable_file import make_folder, remove_folders, storage_error, sync_folder
from carnet_securing.errors import ErrorKind

_DRAFT: Final = ".draft"
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_TAKEN: Final = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR, errno.EBUSY})
_NO_PLACE: Final = frozenset({errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.ENOENT})


@contextmanager
def new_folder(directory: Path) -> Iterator[Path]:
    """A folder to fill; it gets its name when the block ends well, and vanishes otherwise.

    When this returns, the folder's name and those of the folders made above it are on the
    disk. The files in it are synced by who writes them.

    Raises:
        HostingError: `conflict` when something is there already.
        CarnetError: `storage_full`, `forbidden` or `unavailable`; nothing is left behind.
    """
    place = directory.absolute()
    made: list[Path] = []
    try:
        with _storage_explained():
            if place.exists() and (not place.is_dir() or any(place.iterdir())):
                raise _occupied()
            make_folder(place.parent, made)
            _clear_left_drafts(place)
            draft, lock = _new_draft(place)
        try:
            yield draft
            with _storage_explained():
                _name(draft, place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            os.close(lock)
    except BaseException:
        remove_folders(made)
        raise


def _new_draft(place: Path) -> tuple[Path, int]:
    """A draft and the descriptor that keeps it ours."""
    while True:
        made = tempfile.mkdtemp(prefix=f".{place.name}.", suffix=_DRAFT, dir=place.parent)
        with suppress(FileNotFoundError, BlockingIOError):
            lock = os.open(made, _FOLDER)
            try:
                _lock(lock)
                if os.fstat(lock).st_nlink:
                    return Path(made), lock
            except BaseException:
                os.close(lock)
                raise
            os.close(lock)
        # Somebody took it for left behind before it was locked: another one.


def _clear_left_drafts(place: Path) -> None:
    """Remove drafts whose maker died; one that cannot be told or removed stays."""
    left = re.compile(rf"\.{re.escape(place.name)}\.[a-z0-9_]{{8}}{re.escape(_DRAFT)}")
    with suppress(OSError):
        for path in place.parent.iterdir():
            if left.fullmatch(path.name):
                _clear(path)


def _clear(path: Path) -> None:
    with suppress(OSError):
        lock = os.open(path, _FOLDER)
        try:
            found = os.fstat(lock)
            if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        # Where folders cannot be locked nobody clears drafts away either.
        return


def _name(draft: Path, place: Path) -> None:
    for folder, _, _ in os.walk(draft):
        sync_folder(Path(folder))
    try:
        draft.rename(place)
    except OSError as error:
        if error.errno in _TAKEN:
            raise _occupied() from None
        raise
    sync_folder(place.parent)


@contextmanager
def _storage_explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        known = storage_error(error)
        if known.kind is ErrorKind.FORBIDDEN or error.errno in _NO_PLACE:
            known = HostingError(
                ErrorKind.FORBIDDEN,
                "The folder cannot be made in this place.",
                hint="Choose another place, or ask for the right to write there.",
            )
        raise known from None


def _occupied() -> HostingError:
    return HostingError(
        ErrorKind.CONFLICT,
        "There is something in this folder already.",
        hint="Choose another folder, or empty this one.",
    )
