"""At most one attempt a minute for each document, however often it is asked for (row J12)."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from carnet_securing.errors import CarnetError, InvalidError, UndeterminedError

_MAX_NAMES: Final = 4_096
_STRIPES: Final = 64


class Attempts:
    """Remembers when each document was last tried, and how a failed try ended."""

    def __init__(self, *, retry_after: int) -> None:
        """Allow one try in `retry_after` seconds."""
        self._retry_after = retry_after
        self._tried: OrderedDict[str, tuple[int, CarnetError | None]] = OrderedDict()
        self._lock = Lock()
        # Two threads that want one document make one request; others rarely share a lock.
        self._stripes = tuple(Lock() for _ in range(_STRIPES))

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold everyone else who wants this document until the block ends."""
        with self._stripes[hash(name) % _STRIPES]:
            yield

    def is_due(self, name: str, *, now: int) -> bool:
        """Whether a try is allowed now; a clock that went backwards allows one."""
        with self._lock:
            tried = self._tried.get(name)
        return tried is None or not 0 <= now - tried[0] < self._retry_after

    def note(self, name: str, *, now: int, error: CarnetError | None) -> None:
        """Remember a try and its failure."""
        with self._lock:
            self._tried.pop(name, None)
            self._tried[name] = (now, error)
            while len(self._tried) > _MAX_NAMES:
                self._tried.popitem(last=False)

    def last_error(self, name: str) -> CarnetError | None:
        """How the last try failed, as a new error; None when it did not, or there was none."""
        with self._lock:
            tried = self._tried.get(name)
        error = None if tried is None else tried[1]
        if error is None:
            return None
        family = InvalidError if isinstance(error, InvalidError) else UndeterminedError
        return family(error.kind, error.message, hint=error.hint)
