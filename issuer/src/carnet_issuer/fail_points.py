"""Named moments at which a test may kill the process or make a step fail.

The object is handed in when the issuer is opened; nothing here reads the environment.
"""

from enum import StrEnum
from typing import Final, Protocol


class FailPoint(StrEnum):
    """The moments between which a crash must lose nothing (security goal G1)."""

    AFTER_REDEEM = "after_redeem"
    AFTER_INTENT = "after_intent"
    AFTER_SIGN = "after_sign"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_REPLY = "before_reply"


class FailPoints(Protocol):
    """Told each time the issuer passes a named moment."""

    def reach(self, point: FailPoint) -> None:
        """Return to go on; never returning, or raising, is the simulated failure."""
        ...


class _Undisturbed:
    def reach(self, point: FailPoint) -> None:
        del point


UNDISTURBED: Final[FailPoints] = _Undisturbed()
"""What a running issuer uses: every moment passes."""
