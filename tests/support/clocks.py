"""Time as a value that tests move."""

from dataclasses import dataclass


@dataclass
class SettableClock:
    """A clock that stands still until a test moves it."""

    now: int

    def __call__(self) -> int:
        return self.now
