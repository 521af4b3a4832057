"""What a round's process tried and what was acknowledged to it, line by line, synced.

A line is written after the acknowledgement it reports, and before the attempt it announces;
so what is in the journal as acknowledged must be found again after any kill.
"""

import json
import os
import threading
from pathlib import Path
from typing import Any

Fact = dict[str, Any]

TRY, ACK, WRONG = "try", "ack", "wrong"


class Journal:
    """A file of one process at a time that only grows, but for a line that was cut short."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            whole, end, _cut = path.read_bytes().rpartition(b"\n")
            os.truncate(path, len(whole + end))
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def tries(self, what: str, **facts: Any) -> None:
        """Announce an attempt."""
        self._write(TRY, what, facts)

    def acknowledged(self, what: str, **facts: Any) -> None:
        """Report an answer."""
        self._write(ACK, what, facts)

    def wrong(self, what: str) -> None:
        """Report something that may not happen, seen by the process itself."""
        self._write(WRONG, what, {})

    def _write(self, stage: str, what: str, facts: Fact) -> None:
        line = json.dumps({"stage": stage, "what": what, **facts}) + "\n"
        with self._lock:
            os.write(self._fd, line.encode("ascii"))
            os.fsync(self._fd)


def read_journal(path: Path) -> list[Fact]:
    """Every whole line; one that was cut short acknowledged nothing."""
    if not path.exists():
        return []
    *lines, _cut = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines]


def of(facts: list[Fact], stage: str, what: str) -> list[Fact]:
    """The facts of one stage about one thing."""
    return [fact for fact in facts if fact["stage"] == stage and fact["what"] == what]
