"""Kills the demo at a named moment of one of its processes.

A test gives every process a copy of this file as `sitecustomize`, which Python loads before
anything else. A moment is an audit event and a pattern that its arguments match. The process
whose moment it was goes on once the folder of the demo is gone, as a slow one would: whoever
removes the folder before everybody has ended has it made again.
"""

import os
import re
import signal
import sys
import time
from pathlib import Path

MOMENT = "CARNET_TEST_MOMENT"
_FIRST = "CARNET_TEST_FIRST_PROCESS"
_LONGEST_WAIT = 20.0


def watch(moment: str, first: int) -> None:
    """Kill process `first` when the moment has come."""
    event, _, pattern = moment.partition(" ")
    wanted = re.compile(pattern)

    def come(name: str, arguments: tuple[object, ...]) -> None:
        if name == event and wanted.search(" ".join(map(str, arguments))):
            os.kill(first, signal.SIGKILL)
            _be_slow()

    sys.addaudithook(come)


def _be_slow() -> None:
    if "serve" in sys.argv:
        return  # the folder waits for it
    home = Path(os.environ["TMPDIR"])
    until = time.monotonic() + _LONGEST_WAIT
    while list(home.glob("carnet-demo-*")) and time.monotonic() < until:
        time.sleep(0.01)


if MOMENT in os.environ:
    watch(os.environ[MOMENT], int(os.environ.setdefault(_FIRST, str(os.getpid()))))
