"""What a disk may hold after a power cut, made from the calls a vault made.

The worst the interfaces allow: of what was not synced, any part may be there. A file whose
sync had not returned holds any beginning of its bytes, or zeros; each change of a name
since the folder was last synced may have happened or not, in the order they were made.
"""

import os
import random
import stat
from dataclasses import dataclass, field
from pathlib import Path

from carnet_wallet.vault.files import OperatingSystem


@dataclass
class File:
    """A file apart from its names: what is safe of it, and what was written."""

    safe: bytes = b""
    written: bytes = b""


Names = dict[str, File]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a name: `file` gets it, or it goes when there is none."""

    name: str
    file: File | None = None
    taken_from: str = ""

    def on(self, names: Names) -> None:
        """Do it, as far as it can be done there."""
        if self.taken_from:
            moved = names.pop(self.taken_from, None)
            if moved is not None:
                names[self.name] = moved
        elif self.file is None:
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
        count = super().write(fd, data[: self._rng.randint(1, max(1, len(data)))])
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
        self._named(Step(target, taken_from=source))

    def unlink(self, name: str, *, dir_fd: int) -> None:
        super().unlink(name, dir_fd=dir_fd)
        self._named(Step(name))

    def _named(self, step: Step) -> None:
        self.disk.unsafe.append(step)
        self._cut()

    def _cut(self) -> None:
        self.moments.append(self.disk.after_a_cut(self._rng))


class HastyDisk(RecordedDisk):
    """The same without waiting for files: what a vault must not be built on."""

    def fsync(self, fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            super().fsync(fd)


def restored(files: dict[str, bytes], place: Path) -> Path:
    """A folder with these files, as a wallet keeps them."""
    place.mkdir(mode=0o700)
    for name, data in files.items():
        fd = os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
    return place
