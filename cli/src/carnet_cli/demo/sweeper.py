"""Removes the demo's folder once every process that uses it has ended."""

import os
import shutil
import signal
from pathlib import Path

MARKER = ".carnet-demo"


def sweep(folder: Path, alive_fd: int) -> None:
    """Wait until no process holds the other end of `alive_fd`, then remove `folder`.

    Only a folder that carries the demo's marker is removed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.read(alive_fd, 4096):
        continue
    if (folder / MARKER).is_file():
        shutil.rmtree(folder, ignore_errors=True)
