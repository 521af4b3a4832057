"""Private files: written whole or not at all, read only where nobody else could touch them.

With the folders above them, which a power cut may take as well.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError

_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_CLOSE_ON_EXEC: Final = getattr(os, "O_CLOEXEC", 0)
_POSIX: Final = os.name == "posix"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.ELOOP, errno.EROFS, errno.EISDIR})


def write_private_file(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file for its owner alone (mode 0600), durable when this returns.

    The bytes and then the name reach the disk: fsync of a new file, rename, fsync of the folder.
    After a crash the old content or the new is there, whole. A symbolic link at `path` is
    replaced, never followed.

    Raises:
        InvalidError: `conflict` when something is there and `replace` is false; `not_found` (no
            such folder) or `forbidden`.
        UndeterminedError: `storage_full`, or `unavailable` for another fault of the storage.
    """
    if not replace and os.path.lexists(path):
        raise InvalidError(
            ErrorKind.CONFLICT,
            "A file is already there, and it is not overwritten.",
            hint="Move it away first, or choose another place.",
        )
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        try:
            _write_new(temporary, data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise storage_error(error) from None


def read_private_file(path: Path, *, max_bytes: int) -> bytes:
    """Read a file that only its owner can read or change.

    Raises:
        InvalidError: `not_found`; `forbidden` for a symbolic link, something that is no plain
            file, another owner, or a mode that lets others in; `too_large`.
        UndeterminedError: `unavailable` for a fault of the storage.
    """
    try:
        # Non-blocking, so that a pipe put in the file's place does not hold us up.
        flags = os.O_RDONLY | _NO_FOLLOW | _CLOSE_ON_EXEC | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or (_POSIX and not _owner_only(found)):
                raise InvalidError(
                    ErrorKind.FORBIDDEN,
                    "A private file is open to others, so it is not used.",
                    hint="Make it yours alone: chmod 600.",
                )
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise storage_error(error) from None
    if len(data) > max_bytes:
        raise InvalidError(ErrorKind.TOO_LARGE, "A private file is larger than allowed.")
    return data


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _CLOSE_ON_EXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path, made: list[Path], *, mode: int = 0o777) -> None:
    """Make a folder and those above it; each is named in the one above, durably.

    Without that a power cut could take the folder with everything acknowledged in it.

    Args:
        made: grows by each folder that was not there before, also when this fails.
        mode: of the innermost; those above it are as the process makes folders.

    Raises:
        OSError: as the system says.
    """
    place = path.absolute()
    missing = [each for each in (place, *place.parents) if not each.exists()]
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            each.mkdir(mode=mode if each == place else 0o777)
            made.append(each)
    for above in {each.parent for each in (place, *missing)}:
        # A folder one may pass through but not read cannot be synced by its name.
        with contextlib.suppress(PermissionError):
            sync_folder(above)


def remove_folders(made: Sequence[Path]) -> None:
    """Remove what `make_folder` made, the innermost first; one with something in it stays."""
    for each in reversed(made):
        with contextlib.suppress(OSError):
            each.rmdir()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; raises OSError."""
    if not _POSIX:
        return
    descriptor = os.open(folder, os.O_RDONLY | _CLOSE_ON_EXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _owner_only(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def storage_error(error: OSError) -> CarnetError:
    """The typed error for a failure of the file system; paths are not repeated."""
    if error.errno in _FULL:
        return UndeterminedError(
            ErrorKind.STORAGE_FULL,
            "There is no room left to write; nothing was changed.",
            hint="Free some space and try again.",
        )
    if error.errno == errno.ENOENT:
        return InvalidError(ErrorKind.NOT_FOUND, "The file or its folder is not there.")
    if error.errno in _FORBIDDEN:
        return InvalidError(ErrorKind.FORBIDDEN, "The file may not be used from here.")
    return UndeterminedError(ErrorKind.UNAVAILABLE, "The storage did not work.")
