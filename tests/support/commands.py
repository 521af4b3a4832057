"""`carnet` as a process of its own, as a person's shell starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from carnet_cli.demo.processes import BoundSocket

RUN: Final = "from carnet_cli.entry import run; run()"
# A shell's background job ignores Ctrl-C and hands that on; a person's terminal does not.
HEAR_CTRL_C: Final = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"

# `-P` keeps the current folder off the import path.
CARNET: Final = (sys.executable, "-P", "-c", RUN)
CARNET_AT_A_TERMINAL: Final = (sys.executable, "-P", "-c", f"{HEAR_CTRL_C}; {RUN}")


@contextmanager
def serving(
    arguments: Sequence[str],
    bound: BoundSocket,
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Run `carnet … serve` on a bound socket, from its ready line, which is given, to the end.

    What it says goes into `log`. It ends as in the demo, when the pipe of its parent closes.
    """
    reading, writing = os.pipe()
    descriptor = bound.listener.fileno()
    handed = ["--port", str(bound.port), "--socket-fd", str(descriptor)]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*CARNET, *arguments, *handed, "--parent-fd", str(reading), "--json"],
            pass_fds=[descriptor, reading],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    bound.listener.close()
    os.close(reading)
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert ready, log.read_text("utf-8", "replace")
        yield json.loads(ready)
    finally:
        os.close(writing)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
