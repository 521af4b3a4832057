"""What a disk may hold after a power cut, made from the calls a vault made.

The worst the interfaces allow: of what was not synced, any part may be there. A file whose
sync had not returned holds any beginning of its bytes, or zeros; each change of a name
since the folder was last synced may have happened or not, in the order they were made.
"""

import itertools
import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from carnet_wallet.vault.files import OperatingSystem


@dataclass
class File:
    """A file apart from its names: what is safe of it, and what was written."""

    safe: bytes = b""
    written: bytes = b""

    def remains(self) -> set[bytes]:
        """What may be found in it, halves standing for any beginning."""
        if self.safe == self.written:
            return {self.safe}
        half = self.written[: len(self.written) // 2]
        return {self.safe, self.written, half, bytes(len(self.written))}


Names = dict[str, File]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a name: `file` gets it, or it goes when there is none.

    A renamed file may be found under its new name also where its first one was lost.
    """

    name: str
    file: File | None = None
    taken_from: str = ""

    def on(self, names: Names) -> None:
        """Do it."""
        names.pop(self.taken_from, None)
        if self.file is None:
            names.pop(self.name, None)
        else:
            names[self.name] = self.file


@dataclass
class Disk:
    """A folder as it is for certain, and the changes of names that may be lost."""

    names: Names = field(default_factory=dict)
    unsafe: list[Step] = field(default_factory=list)

    def now(self) -> Names:
        """The folder as programs see it."""
        names = dict(self.names)
        for step in self.unsafe:
            step.on(names)
        return names

    def after_a_cut(self, rng: random.Random) -> dict[str, bytes]:
        """One folder that may be found when the power is back."""
        names = dict(self.names)
        for step in self.unsafe:
            if rng.random() < 0.5:
                step.on(names)
        return {name: _content(file, rng) for name, file in names.items()}

    def after_every_cut(self) -> Iterator[dict[str, bytes]]:
        """Every folder that may be found: any of the unsafe names, any remains of each file."""
        for chosen in itertools.product((False, True), repeat=len(self.unsafe)):
            names = dict(self.names)
            for step in itertools.compress(self.unsafe, chosen):
                step.on(names)
            for found in itertools.product(*(sorted(file.remains()) for file in names.values())):
                yield dict(zip(names, found, strict=True))


def _content(file: File, rng: random.Random) -> bytes:
    if file.safe == file.written:
        return file.safe
    return rng.choice(
        [
            file.safe,
            file.written,
            file.written[: rng.randrange(len(file.written) + 1)],
            bytes(len(file.written)),
        ]
    )


class RecordedDisk(OperatingSystem):
    """The machine's calls, each also made on a `Disk` whose power may be cut after any of them.

    `moments` gets one possible folder after every call.
    """

    def __init__(self, place: Path, rng: random.Random) -> None:
        self.disk = Disk(
            names={
                path.name: File(path.read_bytes(), path.read_bytes())
                for path in place.iterdir()
                if path.name != "lock"
            }
        )
        self.moments: list[dict[str, bytes]] = []
        self._rng = rng
        self._open: dict[int, File] = {}

    def open(self, name: str, flags: int, mode: int, *, dir_fd: int) -> int:
        fd = super().open(name, flags, mode, dir_fd=dir_fd)
        self._open[fd] = File()
        self._named(Step(name, self._open[fd]))
        return fd

    def write(self, fd: int, data: memoryview) -> int:
        # Written in pieces, so that the power can also go between them.
        count = super().write(fd, self._piece(data))
        self._open[fd].written += bytes(data[:count])
        self._cut()
        return count

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            self.disk = Disk(names=self.disk.now())
        else:
            self._open[fd].safe = self._open[fd].written
        self._cut()

    def rename(self, source: str, target: str, *, dir_fd: int) -> None:
        super().rename(source, target, dir_fd=dir_fd)
        self._named(Step(target, self.disk.now()[source], taken_from=source))

    def unlink(self, name: str, *, dir_fd: int) -> None:
        super().unlink(name, dir_fd=dir_fd)
        self._named(Step(name))

    def _named(self, step: Step) -> None:
        self.disk.unsafe.append(step)
        self._cut()

    def _piece(self, data: memoryview) -> memoryview:
        return data[: self._rng.randint(1, max(1, len(data)))]

    def _cut(self) -> None:
        self.moments.append(self.disk.after_a_cut(self._rng))


class ExhaustedDisk(RecordedDisk):
    """The same for a change or two: `moments` gets every possible folder after every call."""

    def __init__(self, place: Path) -> None:
        super().__init__(place, random.Random(0))  # noqa: S311 - chance has no part in it

    def _piece(self, data: memoryview) -> memoryview:
        return data

    def _cut(self) -> None:
        self.moments.extend(self.disk.after_every_cut())


class HastyDisk(RecordedDisk):
    """Does not wait for files: what a vault must not be built on."""

    def fsync(self, fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            super().fsync(fd)


class HastyExhaustedDisk(ExhaustedDisk, HastyDisk):
    """Both."""


def restored(files: dict[str, bytes], place: Path) -> Path:
    """A folder with these files, as a wallet keeps them."""
    place.mkdir(mode=0o700)
    for name, data in files.items():
        fd = os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
    return place
