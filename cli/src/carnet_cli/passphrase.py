"""Where a passphrase comes from: a file, CARNET_PASSPHRASE, or the person; never an argument."""

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carnet_cli.failures import UsageFailedError
from carnet_cli.settings import variable
from carnet_securing.errors import InvalidError
from carnet_securing.sealing import check_new_passphrase

_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What a person is asked at the keyboard, without the colon."""

    first: str = "Passphrase"
    again: str = "The same again"


_ENGLISH: Final = Prompts()


def read_passphrase(file: Path | None, *, confirm: bool, prompts: Prompts = _ENGLISH) -> str:
    """Return the passphrase of an issuer, wallet or verifier folder.

    Args:
        file: `--passphrase-file`; its first line is used, without the line end.
        confirm: for a new folder: ask twice when prompting, and refuse a short one.
        prompts: how to ask.

    Raises:
        UsageFailedError: there is none, it is empty, or the two answers differ; a new one is
            too short.
    """
    named = variable("CARNET_PASSPHRASE")
    if file is None and named is not None:
        return _checked(named, new=confirm)
    return _given(
        file,
        confirm=confirm,
        prompts=prompts,
        hint="Use --passphrase-file FILE or set CARNET_PASSPHRASE.",
    )


def read_new_passphrase(file: Path | None, *, prompts: Prompts = _ENGLISH) -> str:
    """Return the passphrase to come; CARNET_PASSPHRASE holds the one that still is.

    Args:
        file: `--new-passphrase-file`.
        prompts: how to ask; always twice.

    Raises:
        UsageFailedError: as `read_passphrase`.
    """
    return _given(file, confirm=True, prompts=prompts, hint="Use --new-passphrase-file FILE.")


def _given(file: Path | None, *, confirm: bool, prompts: Prompts, hint: str) -> str:
    if file is not None:
        return _checked(_first_line(file), new=confirm)
    if not sys.stdin.isatty():
        raise UsageFailedError(
            "A passphrase is needed and there is no terminal to ask for it.", hint=hint
        )
    answer = getpass.getpass(f"{prompts.first}: ", stream=sys.stderr)
    if confirm and getpass.getpass(f"{prompts.again}: ", stream=sys.stderr) != answer:
        raise UsageFailedError(
            "The two passphrases differ.", hint="Try again; nothing was changed."
        )
    return _checked(answer, new=confirm)


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            return stream.readline(4 * _LONGEST).rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageFailedError(
            "The passphrase file is not UTF-8 text.",
            hint="Save it as UTF-8, with the passphrase on its first line.",
        ) from None


def _checked(passphrase: str, *, new: bool) -> str:
    if not passphrase:
        raise UsageFailedError(
            "The passphrase is empty.",
            hint="Look at the first line of the file, or at CARNET_PASSPHRASE.",
        )
    if new:
        try:
            check_new_passphrase(passphrase)
        except InvalidError as error:
            raise UsageFailedError(error.message, hint=error.hint) from None
    return passphrase
