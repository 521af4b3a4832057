"""What a power cut may leave of a change, image by image (rows S11, S12, S14; goal G4).

A model of a disk that keeps only what was synced, in any mixture with what was not: file
contents lost, cut short or there; names lost or there, in any combination. Each image is
opened as a vault: it must hold the state before or after, and after the acknowledgement
the one after.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.files import OperatingSystem
from carnet_wallet.vault.vault import Change, Put, Remove, Vault
from support.vaults import contents, filled_vault, fresh_kdf


@dataclass
class Inode:
    """A file: what was written, and how much of it was synced."""

    written: bytes = b""
    synced: bytes = b""

    def contents(self) -> set[bytes]:
        """What may be found in it after a power cut."""
        if self.synced == self.written:
            return {self.synced}
        return {self.synced, self.written, self.written[: len(self.written) // 2]}


@dataclass
class ModelDisk(OperatingSystem):
    """Does the real calls and keeps, after each, every image a power cut could leave."""

    names: dict[str, Inode] = field(default_factory=dict)
    synced_names: dict[str, Inode] = field(default_factory=dict)
    pending: list[Callable[[dict[str, Inode]], None]] = field(default_factory=list)
    open_files: dict[int, Inode] = field(default_factory=dict)
    images: list[dict[str, bytes]] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> "ModelDisk":
        names = {
            path.name: Inode(path.read_bytes(), path.read_bytes()) for path in folder.iterdir()
        }
        return cls(names=dict(names), synced_names=dict(names))

    def open(self, name: str, flags: int, mode: int, *, dir_fd: int) -> int:
        fd = super().open(name, flags, mode, dir_fd=dir_fd)
        inode = Inode()
        self.open_files[fd] = inode
        self._rename_later(lambda names: names.__setitem__(name, inode))
        return fd

    def write(self, fd: int, data: memoryview) -> int:
        count = super().write(fd, data)
        self.open_files[fd].written += bytes(data[:count])
        self._snap()
        return count

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        if os.fstat(fd).st_mode & 0o040000:
            self.synced_names = dict(self.names)
            self.pending.clear()
        else:
            self.open_files[fd].synced = self.open_files[fd].written
        self._snap()

    def rename(self, source: str, target: str, *, dir_fd: int) -> None:
        super().rename(source, target, dir_fd=dir_fd)
        inode = self.names[source]

        def step(names: dict[str, Inode]) -> None:
            names.pop(source, None)
            names[target] = inode

        self._rename_later(step)

    def unlink(self, name: str, *, dir_fd: int) -> None:
        super().unlink(name, dir_fd=dir_fd)
        self._rename_later(lambda names: names.pop(name, None))

    def _rename_later(self, step: Callable[[dict[str, Inode]], object]) -> None:
        step(self.names)
        self.pending.append(step)  # type: ignore[arg-type]
        self._snap()

    def _snap(self) -> None:
        self.images.extend(self.possible())

    def possible(self) -> Iterator[dict[str, bytes]]:
        """Every image: any subset of names not yet synced, any content not yet synced."""
        for chosen in itertools.product((False, True), repeat=len(self.pending)):
            names = dict(self.synced_names)
            for take, step in zip(chosen, self.pending, strict=True):
                if take:
                    step(names)
            choices = [sorted(inode.contents()) for inode in names.values()]
            for found in itertools.product(*choices):
                yield dict(zip(names, found, strict=True))


def lay_out(image: dict[str, bytes], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, data in image.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(data)


def distinct(images: list[dict[str, bytes]]) -> list[dict[str, bytes]]:
    return list({tuple(sorted(image.items())): image for image in images}.values())


CHANGES: dict[str, list[Change]] = {
    "a new record": [Put(kind="history", record_id="h", value={"n": 1})],
    "a record replaced": [Put(kind="card", record_id="a", value={"title": "x", "n": 3})],
    "a record removed": [Remove(kind="copy", record_id="a2")],
    "all at once": [
        Put(kind="card", record_id="a", value={"title": "y"}),
        Remove(kind="copy", record_id="a1"),
        Put(kind="copy", record_id="a3", value={"key": "k3"}),
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_S11_a_power_cut_leaves_the_state_before_or_after(tmp_path: Path, name: str) -> None:
    place, image_place = tmp_path / "carnet", tmp_path / "image"
    key = filled_vault(place)
    before = contents(place, key)
    disk = ModelDisk.of(place)
    with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
        disk.images.clear()
        vault.commit(CHANGES[name])
    acknowledged = distinct(list(disk.possible()))
    after = contents(place, key)
    assert after != before

    images = distinct(disk.images)
    assert len(images) >= 5
    for image in images:
        lay_out(image, image_place)
        assert contents(image_place, key) in (before, after)
    for image in acknowledged:
        lay_out(image, image_place)
        assert contents(image_place, key) == after


def test_S12_a_power_cut_during_a_passphrase_change_leaves_one_key(tmp_path: Path) -> None:
    place, image_place = tmp_path / "carnet", tmp_path / "image"
    old_key = filled_vault(place)
    held = contents(place, old_key)
    disk = ModelDisk.of(place)
    with Vault.open_with_key(place, data_key=old_key, calls=disk) as vault:
        disk.images.clear()
        vault.change_passphrase("autre phrase", kdf=fresh_kdf())
        new_key = vault._data_key
    acknowledged = distinct(list(disk.possible()))

    for image in distinct(disk.images):
        lay_out(image, image_place)
        opened = [key for key in (old_key, new_key) if opens(image_place, key, held)]
        assert len(opened) == 1
    for image in acknowledged:
        lay_out(image, image_place)
        assert opens(image_place, new_key, held)
        assert not opens(image_place, old_key, held)


def opens(place: Path, key: bytes, held: dict[tuple[str, str], object]) -> bool:
    kinds = []
    try:
        assert contents(place, key) == held
    except VaultError as error:
        kinds.append(error.kind)
    assert kinds in ([], [ErrorKind.VAULT_CORRUPT])
    return not kinds


def test_S14_without_the_sync_of_a_file_the_model_finds_a_loss(tmp_path: Path) -> None:
    """The model is not blind: a vault that skips its syncs does not pass it."""

    class Forgetful(ModelDisk):
        def fsync(self, fd: int) -> None:
            self._snap()

    place, image_place = tmp_path / "carnet", tmp_path / "image"
    key = filled_vault(place)
    before = contents(place, key)
    disk = Forgetful.of(place)
    with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
        disk.images.clear()
        vault.commit(CHANGES["a new record"])
    after = contents(place, key)
    losses = 0
    for image in distinct(disk.images):
        lay_out(image, image_place)
        try:
            losses += contents(image_place, key) not in (before, after)
        except VaultError:
            losses += 1

    assert losses > 0
