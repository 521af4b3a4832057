"""Named moments at which a test ends the process, to prove that nothing is lost there."""

from enum import StrEnum
from typing import Protocol


class Moment(StrEnum):
    """The moments between two steps that must not be torn apart, in the order they come."""

    BEFORE_KEY_STORE = "before_key_store"
    AFTER_KEY_STORE = "after_key_store"
    AFTER_TOKEN = "after_token"  # noqa: S105 - a name, not a secret
    BEFORE_CREDENTIAL_STORE = "before_credential_store"
    AFTER_CREDENTIAL_STORE = "after_credential_store"
    BEFORE_NOTIFICATION = "before_notification"
    AFTER_NOTIFICATION = "after_notification"
    BEFORE_HISTORY = "before_history"
    AFTER_HISTORY = "after_history"
    BEFORE_SEND = "before_send"


class FailPoints(Protocol):
    """Is told when a moment is reached, and may never come back."""

    def reach(self, moment: Moment) -> None:
        """Called once each time `moment` is reached."""
        ...


class NoFailPoints:
    """What every real wallet runs with."""

    def reach(self, moment: Moment) -> None:
        """Go on."""
