"""Every known error becomes one line, a hint and an exit code; here only."""

import errno
from dataclasses import dataclass

from carnet_cli.exit_codes import ExitCode
from carnet_cli.hints import file_hint, hint_for, schema_hint
from carnet_schemas.errors import SchemaError
from carnet_securing.errors import CarnetError, ErrorKind


class UsageFailedError(Exception):
    """The command was called in a way it cannot be obeyed; the hint says how it can."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Failure:
    """What the person is told about an error; `detail` is for who looks for its cause."""

    kind: str
    message: str
    hint: str
    code: ExitCode
    detail: str = ""

    def to_json(self) -> dict[str, object]:
        """The object `--json` prints on stdout when a command fails."""
        members = {"kind": self.kind, "message": self.message, "hint": self.hint}
        return {"error": members | ({"detail": self.detail} if self.detail else {})}


def explain(error: Exception) -> Failure | None:
    """Describe an expected error; None for one that is a defect of ours."""
    match error:
        case UsageFailedError():
            return Failure("usage", error.message, error.hint, ExitCode.USAGE)
        case CarnetError():
            hint = error.hint or hint_for(error.kind, "en")
            detail = _detail(error)
            return Failure(str(error.kind), error.message, hint, ExitCode.FAILED, detail)
        case SchemaError():
            hint = schema_hint(error) or hint_for(ErrorKind(error.kind.value), "en")
            return Failure(str(error.kind), error.message, hint, ExitCode.FAILED)
        case FileNotFoundError() | IsADirectoryError() | NotADirectoryError() | PermissionError():
            return Failure("usage", about_file(error), file_hint(error, "en"), ExitCode.USAGE)
        case OSError():
            kind = "storage_full" if error.errno == errno.ENOSPC else "unavailable"
            hint = hint_for(ErrorKind(kind), "en")
            return Failure(kind, about_file(error), hint, ExitCode.FAILED)
        case _:
            return None


def _detail(error: CarnetError) -> str:
    """The sentence that plain words were found for, where it says more."""
    cause = error.__cause__
    if not isinstance(cause, CarnetError | SchemaError) or cause.message == error.message:
        return ""
    return cause.message


def about_file(error: OSError) -> str:
    """What the system says about a file, and which file that is."""
    reason = error.strerror or "It could not be read or written"
    return f"{reason}: {error.filename}" if error.filename else f"{reason}."
