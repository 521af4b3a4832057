"""Every known error becomes one line, a hint and an exit code; here only."""

import errno
from dataclasses import dataclass

from carnet_cli.exit_codes import ExitCode
from carnet_schemas.errors import SchemaError
from carnet_securing.errors import CarnetError


class UsageFailedError(Exception):
    """The command was called in a way it cannot be obeyed."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Failure:
    """What the person is told about an error."""

    kind: str
    message: str
    hint: str
    code: ExitCode

    def to_json(self) -> dict[str, object]:
        """The object `--json` prints on stdout when a command fails."""
        return {"error": {"kind": self.kind, "message": self.message, "hint": self.hint}}


def explain(error: Exception) -> Failure | None:
    """Describe an expected error; None for one that is a defect of ours."""
    match error:
        case UsageFailedError():
            return Failure("usage", error.message, error.hint, ExitCode.USAGE)
        case CarnetError():
            return Failure(str(error.kind), error.message, error.hint, ExitCode.FAILED)
        case SchemaError():
            place = f"Look at {error.pointer}" if error.pointer else ""
            hint = ". ".join(part for part in (error.hint.rstrip("."), place) if part)
            return Failure(str(error.kind), error.message, hint, ExitCode.FAILED)
        case FileNotFoundError() | IsADirectoryError() | NotADirectoryError() | PermissionError():
            return Failure("usage", _about_file(error), "", ExitCode.USAGE)
        case OSError():
            return Failure(
                "storage_full" if error.errno == errno.ENOSPC else "unavailable",
                _about_file(error),
                "",
                ExitCode.FAILED,
            )
        case _:
            return None


def _about_file(error: OSError) -> str:
    reason = error.strerror or "It could not be read or written"
    return f"{reason}: {error.filename}" if error.filename else f"{reason}."
