"""Files of one private folder, written so that an acknowledged write is on stable storage.

Rules:
1. The folder is ours alone: owned by this user, mode 0700, not a link. Files are 0600,
   regular, with one name, and opened without following links.
2. One process at a time (an advisory lock held as long as the folder is open).
3. A file is complete or absent: new files are written and synced before they are named
   by anything; a replacement is written beside, synced, renamed, and the folder synced.
4. After a failed sync nothing more is written until the folder is opened again: what the
   kernel dropped may not be reported a second time.

Does not look inside the files: `carnet_wallet.vault.format` does.
"""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, Protocol, Self

from carnet_securing.durable_file import make_folder, remove_folders
from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.format import corrupt

_LOCK: Final = "lock"
_STORAGE: Final = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EROFS,
        errno.EFBIG,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
    }
)
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class SystemCalls(Protocol):
    """The calls that can fail while writing; a test makes the Nth one fail."""

    def open(self, name: str, flags: int, mode: int, *, dir_fd: int) -> int: ...
    def write(self, fd: int, data: memoryview) -> int: ...
    def fsync(self, fd: int) -> None: ...
    def rename(self, source: str, target: str, *, dir_fd: int) -> None: ...
    def unlink(self, name: str, *, dir_fd: int) -> None: ...


class OperatingSystem:
    """The calls of this machine."""

    def open(self, name: str, flags: int, mode: int, *, dir_fd: int) -> int:
        return os.open(name, flags, mode, dir_fd=dir_fd)

    def write(self, fd: int, data: memoryview) -> int:
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def rename(self, source: str, target: str, *, dir_fd: int) -> None:
        os.rename(source, target, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)

    def unlink(self, name: str, *, dir_fd: int) -> None:
        os.unlink(name, dir_fd=dir_fd)


class PrivateFolder:
    """An open, locked folder that belongs to this user alone."""

    def __init__(
        self, fd: int, lock_fd: int, calls: SystemCalls, made: Sequence[Path] = ()
    ) -> None:
        self._fd = fd
        self._lock_fd = lock_fd
        self._calls = calls
        self._made = made
        self._broken = False

    @classmethod
    def create(
        cls, path: Path, *, leftovers: Collection[str], calls: SystemCalls | None = None
    ) -> Self:
        """Make the folder, or take an empty one of ours, and open it.

        Args:
            path: where; folders above it are made too.
            leftovers: names an interrupted attempt may have left, which do not count.
            calls: the system calls for writing.

        Raises:
            VaultError: `conflict` when something is there already, `forbidden`,
                `vault_busy`, `storage_full`.
        """
        made: list[Path] = []
        try:
            make_folder(path, made, mode=0o700)
            return cls._taken(_open_folder(path), leftovers, calls, made)
        except OSError as error:
            remove_folders(made)
            raise storage_error(error) from None
        except BaseException:
            remove_folders(made)
            raise

    @classmethod
    def _taken(
        cls, fd: int, leftovers: Collection[str], calls: SystemCalls | None, made: Sequence[Path]
    ) -> Self:
        try:
            _check_owner(os.fstat(fd))
            _check_empty(fd, leftovers)
            os.fchmod(fd, 0o700)
        except BaseException:
            os.close(fd)
            raise
        folder = cls._locked(fd, calls, made)
        try:
            _check_empty(fd, leftovers)
        except BaseException:
            folder.close()
            raise
        return folder

    @classmethod
    def open(cls, path: Path, *, calls: SystemCalls | None = None) -> Self:
        """Open and lock an existing folder.

        Raises:
            VaultError: `not_found`, `forbidden` (a link, another owner, readable by
                others), `vault_busy` when another process has it open.
        """
        try:
            fd = _open_folder(path)
        except OSError as error:
            raise storage_error(error) from None
        try:
            status = os.fstat(fd)
            _check_owner(status)
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise _exposed()
        except BaseException:
            os.close(fd)
            raise
        return cls._locked(fd, calls)

    @classmethod
    def _locked(cls, fd: int, calls: SystemCalls | None, made: Sequence[Path] = ()) -> Self:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            lock_fd = os.open(_LOCK, flags, 0o600, dir_fd=fd)
        except OSError as error:
            os.close(fd)
            raise storage_error(error) from None
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(lock_fd).st_nlink:
                # Removed by `abandon` meanwhile: it would lock nothing.
                raise BlockingIOError
        except OSError:
            os.close(lock_fd)
            os.close(fd)
            raise VaultError(
                ErrorKind.VAULT_BUSY,
                "This wallet is open in another program.",
                hint="Close the other one, then try again.",
            ) from None
        return cls(fd, lock_fd, calls or OperatingSystem(), made)

    def close(self) -> None:
        """Release the lock; closing twice does nothing."""
        if self._fd >= 0:
            os.close(self._lock_fd)
            os.close(self._fd)
            self._fd = self._lock_fd = -1

    def abandon(self, names: Collection[str]) -> None:
        """Undo `create`: remove these files, the lock and the folders it made, as far as it goes.

        Only for the one who created it and was acknowledged nothing.
        """
        for name in (*names, _LOCK):
            self.discard(name)
        self.close()
        remove_folders(self._made)

    def names(self) -> tuple[str, ...]:
        """What lies in the folder."""
        return tuple(sorted(os.listdir(self._fd)))  # noqa: PTH208 - by descriptor, not path

    def read(self, name: str, *, max_bytes: int) -> bytes:
        """One whole file.

        Raises:
            VaultError: `not_found`, `forbidden` (link, second name, readable by others),
                `vault_corrupt` when larger than it can be.
        """
        try:
            fd = os.open(name, _READ, dir_fd=self._fd)
        except OSError as error:
            raise storage_error(error) from None
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(fd)
            _check_owner(status)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
                raise _linked()
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise _exposed()
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise corrupt()
        return data

    def write_new(self, name: str, data: bytes) -> None:
        """Write and sync a file that nothing names yet; a leftover of that name is dropped.

        Raises:
            VaultError: `storage_full`; what was there before is untouched.
        """
        self._check_whole()
        try:
            self._write_synced(name, data)
            self._sync(self._fd)
        except OSError as error:
            self.discard(name)
            raise storage_error(error) from None

    def replace(self, name: str, data: bytes) -> None:
        """Put `data` in place of a file's content: after this call it is the new one, durably.

        Raises:
            VaultError: `storage_full`; the file holds the old content, whole. When the very
                last sync failed it may hold the new one, whole.
        """
        self._check_whole()
        beside = name + ".new"
        try:
            self._write_synced(beside, data)
            self._calls.rename(beside, name, dir_fd=self._fd)
            self._sync(self._fd)
        except OSError as error:
            self.discard(beside)
            raise storage_error(error) from None

    def discard(self, name: str) -> None:
        """Remove a file nothing names any more; failing is harmless, opening tries again."""
        with contextlib.suppress(OSError):
            self._calls.unlink(name, dir_fd=self._fd)

    def _write_synced(self, name: str, data: bytes) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._calls.unlink(name, dir_fd=self._fd)
        fd = self._calls.open(name, _CREATE, 0o600, dir_fd=self._fd)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._calls.write(fd, rest) :]
            self._sync(fd)
        finally:
            os.close(fd)

    def _sync(self, fd: int) -> None:
        try:
            self._calls.fsync(fd)
        except OSError:
            self._broken = True
            raise

    def _check_whole(self) -> None:
        if self._broken:
            raise VaultError(
                ErrorKind.STORAGE_FULL,
                "The storage failed before; nothing more is written.",
                hint="Close the wallet, check the disk, then open it again.",
            )


def storage_error(error: OSError) -> VaultError:
    """The typed error for a failure of the file system; paths are not repeated."""
    if error.errno in _STORAGE:
        return VaultError(
            ErrorKind.STORAGE_FULL,
            "The wallet could not be written.",
            hint="Make room on the disk, then try again. What you had is still there.",
        )
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return VaultError(
            ErrorKind.NOT_FOUND,
            "There is no wallet here.",
            hint="Check the name of its folder, or make one with `carnet wallet init`.",
        )
    if error.errno == errno.ELOOP:
        return _linked()
    return VaultError(
        ErrorKind.FORBIDDEN,
        "The wallet cannot be reached on this computer.",
        hint="Check that you may use its folder.",
    )


def _open_folder(path: Path) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags)
    except NotADirectoryError:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "link") from None
        raise


def _check_owner(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise VaultError(
            ErrorKind.FORBIDDEN,
            "The wallet belongs to another user.",
            hint="Only that user can open it.",
        )


def _check_empty(fd: int, leftovers: Collection[str]) -> None:
    if set(os.listdir(fd)) - {_LOCK, *leftovers}:
        raise VaultError(
            ErrorKind.CONFLICT,
            "There is something in this folder already.",
            hint="Choose a new folder for the wallet.",
        )


def _linked() -> VaultError:
    return VaultError(
        ErrorKind.FORBIDDEN,
        "A part of the wallet is a link.",
        hint="Name the real folder, with its files in it.",
    )


def _exposed() -> VaultError:
    return VaultError(
        ErrorKind.FORBIDDEN,
        "Others on this computer can read the wallet's folder.",
        hint="Make it private (mode 700 for the folder, 600 for the files).",
    )
