"""Removes the demo's folder once every process that uses it has ended."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

MARKER: Final = ".carnet-demo"
_TRIES: Final = 10


def sweep(folder: Path, alive_fd: int) -> None:
    """Wait until no process holds the other end of `alive_fd`, then remove `folder`.

    Only a folder that carries the demo's marker is removed, or one that is empty: its maker
    may end between making and marking it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.read(alive_fd, 4096):
        continue
    if not (folder / MARKER).is_file():
        with suppress(OSError):
            folder.rmdir()
        return
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
