"""What the exit status of `carnet` means (documented in docs/cli.md)."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Stable: scripts depend on these numbers."""

    OK = 0
    FAILED = 1
    USAGE = 2
    GENUINE_UNLISTED = 10
    UNDETERMINED = 11
    REJECTED = 12
    INTERRUPTED = 130
