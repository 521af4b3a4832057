"""How often one peer may fail at the token endpoint before it has to wait.

Five tries per offer stop guessing at one offer; this stops one peer from going through
many (row I03). Only failures count, so a class behind one address is not held up. The
table is bounded and in memory: it protects, it decides nothing that must be remembered.
"""

import threading
from collections import OrderedDict
from typing import Final

FAILURES: Final = 300
WINDOW_SECONDS: Final = 600
_MAX_PEERS: Final = 10_000


class PeerLimit:
    """Counts failures by peer in fixed windows of time."""

    def __init__(self, *, failures: int = FAILURES, window: int = WINDOW_SECONDS) -> None:
        self._failures = failures
        self._window = window
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def seconds_to_wait(self, peer: str, *, now: int) -> int:
        """How long the peer must wait, 0 when it may go on."""
        with self._lock:
            began, count = self._counts.get(peer, (now, 0))
        left = began + self._window - now
        return left if count >= self._failures and 0 < left <= self._window else 0

    def failed(self, peer: str, *, now: int) -> None:
        """Count one failure."""
        with self._lock:
            began, count = self._counts.pop(peer, (now, 0))
            fresh = 0 <= now - began < self._window
            self._counts[peer] = (began, count + 1) if fresh else (now, 1)
            if len(self._counts) > _MAX_PEERS:
                self._counts.popitem(last=False)
