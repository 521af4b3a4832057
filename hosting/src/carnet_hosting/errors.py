"""What a service says when it cannot be set up, or cannot do its work now."""

from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError


class HostingError(CarnetError):
    """Folder, settings, address or request will not do; the hint says what would."""


class DatabaseLostError(HostingError):
    """The database that was made is gone, or holds nothing; only making makes a new one."""


class StoreUnavailableError(UndeterminedError):
    """The database is locked, full or gone; nothing was changed, and trying again is right.

    Attributes:
        retry_after: seconds.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        retry_after: int = 5,
        hint: str = "Try again in a moment.",
    ) -> None:
        super().__init__(kind, message, hint=hint)
        self.retry_after = retry_after
