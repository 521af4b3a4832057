"""Vaults for tests: cheap to reopen with the data key, and a disk whose Nth call fails."""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path

from carnet_securing.sealing import KdfParameters
from carnet_wallet.vault import format as vault_format
from carnet_wallet.vault.files import OperatingSystem
from carnet_wallet.vault.vault import FILE, Put, Vault

PASSPHRASE = "rue des Lilas 14"


def fresh_kdf() -> KdfParameters:
    """The cheapest parameters the policy allows."""
    return KdfParameters.fresh()


def blank_vault(path: Path) -> bytes:
    """An empty vault, its data key; all of one test run are copies of one, made once."""
    return _copied(path, "blank")


def filled_vault(path: Path, *, alone: bool = False) -> bytes:
    """A closed vault after three commits, its data key.

    All of one test run are copies of one, which saves the passphrase's cost; with `alone` it
    is a vault of its own.
    """
    return _fill(path) if alone else _copied(path, "filled")


@cache
def _templates() -> tuple[tempfile.TemporaryDirectory[str], dict[str, bytes]]:
    folder = tempfile.TemporaryDirectory(prefix="carnet-vaults-", ignore_cleanup_errors=True)
    with Vault.create(Path(folder.name) / "blank", passphrase=PASSPHRASE, kdf=fresh_kdf()) as vault:
        blank = vault._data_key
    return folder, {"blank": blank, "filled": _fill(Path(folder.name) / "filled")}


def _copied(path: Path, name: str) -> bytes:
    folder, keys = _templates()
    shutil.copytree(Path(folder.name) / name, path)
    return keys[name]


def _fill(path: Path) -> bytes:
    with Vault.create(path, passphrase=PASSPHRASE, kdf=fresh_kdf()) as vault:
        vault.commit([Put(kind="card", record_id="a", value={"title": "Électricité", "n": 1})])
        vault.commit(
            [
                Put(kind="copy", record_id="a1", value={"key": "k1"}),
                Put(kind="copy", record_id="a2", value={"key": "k2"}),
            ]
        )
        vault.commit([Put(kind="card", record_id="a", value={"title": "Électricité", "n": 2})])
        return vault._data_key


def contents(path: Path, data_key: bytes) -> dict[tuple[str, str], object]:
    """Everything a vault holds, read through the data key."""
    with Vault.open_with_key(path, data_key=data_key) as vault:
        return {name: vault.get(*name) for name in vault._index.records}


def with_checksum(body: bytes) -> bytes:
    """A vault file an attacker edited and gave a fitting checksum."""
    return body + hashlib.sha256(body).digest()


def edit_file(path: Path, data: bytes) -> None:
    """Write a file of the vault as an attacker with access to the disk would."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(data)


def vault_file(path: Path) -> Path:
    """The file that names and seals everything."""
    return path / FILE


def segment_files(path: Path) -> list[Path]:
    """The files of sealed records, oldest first."""
    return sorted(p for p in path.iterdir() if vault_format.segment_number(p.name) is not None)


class FailingDisk(OperatingSystem):
    """The machine's calls, of which the Nth fails with one error; later ones may fail too."""

    def __init__(self, nth: int, error: int = errno.ENOSPC, *, only: str | None = None) -> None:
        self.calls = 0
        self._nth = nth
        self._error = error
        self._only = only

    def _count(self, name: str) -> None:
        if self._only in {None, name}:
            self.calls += 1
            if self.calls == self._nth:
                raise OSError(self._error, "injected")

    def open(self, name: str, flags: int, mode: int, *, dir_fd: int) -> int:
        self._count("open")
        return super().open(name, flags, mode, dir_fd=dir_fd)

    def write(self, fd: int, data: memoryview) -> int:
        self._count("write")
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._count("fsync")
        super().fsync(fd)

    def rename(self, source: str, target: str, *, dir_fd: int) -> None:
        self._count("rename")
        super().rename(source, target, dir_fd=dir_fd)

    def unlink(self, name: str, *, dir_fd: int) -> None:
        self._count("unlink")
        super().unlink(name, dir_fd=dir_fd)


class RecordingDisk(OperatingSystem):
    """Writes down the order of calls, to prove that syncs come before names."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []
        self._names: dict[int, str] = {}

    def open(self, name: str, flags: int, mode: int, *, dir_fd: int) -> int:
        fd = super().open(name, flags, mode, dir_fd=dir_fd)
        self._names[fd] = name
        self.log.append(("open", name))
        return fd

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        self.log.append(("fsync", "." if is_folder else self._names[fd]))

    def rename(self, source: str, target: str, *, dir_fd: int) -> None:
        super().rename(source, target, dir_fd=dir_fd)
        self.log.append(("rename", target))

    def unlink(self, name: str, *, dir_fd: int) -> None:
        super().unlink(name, dir_fd=dir_fd)
        self.log.append(("unlink", name))


class ShortWrites(OperatingSystem):
    """Writes at most seven bytes a call, as a system may."""

    def write(self, fd: int, data: memoryview) -> int:
        return super().write(fd, data[:7])
