"""Files a command writes beside what it prints: looked at before the work, never in its way."""

import os
import secrets
from pathlib import Path

from carnet_securing.durable_file import write_private_file
from carnet_securing.errors import CarnetError, ErrorKind


class ResultFileError(CarnetError):
    """The file a person asked for cannot be written where she wants it."""


def check_place(path: Path, *, option: str, replace: bool) -> None:
    """Refuse a place no private file can be put at, before anything else is done.

    Args:
        option: the option that named the place, for the hint.
        replace: whether a plain file that is there may be replaced.

    Raises:
        ResultFileError: `conflict`, or the kind `write_private_file` would give.
    """
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file() or not replace):
        raise ResultFileError(
            ErrorKind.CONFLICT,
            "Something is already at the place of the file; nothing was done.",
            hint=f"Give {option} the name of a new file.",
        )
    probe = path.with_name(f".{secrets.token_hex(8)}.try")
    try:
        write_private_file(probe, b"")
    except CarnetError as error:
        raise ResultFileError(
            error.kind,
            "No file can be written at that place; nothing was done.",
            hint=f"Check the folder and its rights, or give {option} another place.",
        ) from None
    finally:
        probe.unlink(missing_ok=True)
