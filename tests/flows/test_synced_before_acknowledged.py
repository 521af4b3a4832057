"""What was acknowledged had been synced: read from the system calls themselves.

A kill -9 loop passes without any sync, because the kernel keeps what a dead process wrote.
So here issuer and wallet work under strace, and every acknowledgement must find nothing
unsynced: no file written and not flushed, no name given before its content was safe, no
folder changed and not flushed (security goals G1 and G4, the trap).
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "killloop" / "acknowledging.py"
CALLS = "openat,mkdir,mkdirat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2"
CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?")
ON = re.compile(r"^\d+<([^>]*)>")
RENAMED = re.compile(r'^\d+<([^>]*)>, "([^"]*)", \d+<([^>]*)>, "([^"]*)"')
RENAMED_BY_PATH = re.compile(r'^"([^"]*)/([^"/]*)", "([^"]*)/([^"/]*)"')


@dataclass
class Watcher:
    """Follows what is written under one folder, and what of it has reached the disk."""

    folder: str
    unsynced: set[str] = field(default_factory=set)
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)
    synced: set[str] = field(default_factory=set)

    def see(self, line: str) -> None:
        """Take in one system call."""
        found = CALL.match(line)
        if found is None or int(found[3]) < 0:
            return
        call, said = found[1], found[2]
        if call.startswith("rename"):
            self._renamed(said)
        elif call == "mkdir":
            self._made(said)
        elif call == "openat":
            if "O_CREAT" in said and self._counts(found[4]):
                self._dirty(str(Path(found[4]).parent))
        else:
            on = ON.match(said)
            if on is not None and on[1].startswith(self.folder):
                self._touched(call, on[1])

    def _touched(self, call: str, path: str) -> None:
        if path.endswith("/acknowledged"):
            self.acknowledged += 1
            if self.unsynced:
                names = sorted(Path(each).name for each in self.unsynced)
                self.problems.append(f"acknowledged before {names} were safe")
        elif call in ("fsync", "fdatasync"):
            self.unsynced.discard(path)
            self.synced.add(Path(path).name)
        elif self._counts(path):
            self._dirty(path)

    def _made(self, said: str) -> None:
        made = said.split('"')[1]
        if self._counts(made) and made != self.folder:
            self._dirty(str(Path(made).parent))

    def _renamed(self, said: str) -> None:
        found = RENAMED.match(said) or RENAMED_BY_PATH.match(said)
        if found is None or not found[1].startswith(self.folder):
            return
        source = f"{found[1]}/{found[2]}"
        if any(path == source or path.startswith(f"{source}/") for path in self.unsynced):
            self.problems.append(f"{found[4]} was named before it was safe")
        self._dirty(found[3])

    def _counts(self, path: str) -> bool:
        """Not what is made again, as the journal's index or a cache, and not the empty lock."""
        return (
            path.startswith(self.folder)
            and not path.endswith(("-shm", "/lock", "/acknowledged"))
            and "/cache/" not in f"{path}/"
        )

    def _dirty(self, path: str) -> None:
        self.unsynced.add(path)


def watched(folder: Path, *options: str) -> Watcher:
    """Run the script under strace and read what it did."""
    log = folder / "log"
    place = folder / "place"
    place.mkdir()
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed, which shows the order of writes and syncs")
    tried = subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("strace may not watch processes on this machine")
    done = subprocess.run(
        [
            *(strace, "-f", "-y", "--seccomp-bpf", "-s", "64"),
            *("-e", f"trace={CALLS}", "-o", str(log)),
            *(sys.executable, str(SCRIPT), str(place), *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    watcher = Watcher(str(place))
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        watcher.see(line)
    assert watcher.acknowledged > 100
    return watcher


def test_S14_E22_nothing_is_acknowledged_before_it_is_on_the_disk(tmp_path: Path) -> None:
    watcher = watched(tmp_path)

    assert watcher.problems == []
    assert {"issuer.db-wal", "vault.new", "purse", "segment-0000000000000001"} <= watcher.synced
    assert {"keys", "schools", "north", "shops", "south"} <= watcher.synced


def test_a_database_that_does_not_wait_for_the_disk_is_noticed(tmp_path: Path) -> None:
    watcher = watched(tmp_path, "hasty")

    assert any("issuer.db-wal" in problem for problem in watcher.problems)
    assert not any("vault" in problem for problem in watcher.problems)
