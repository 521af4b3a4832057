"""Where a passphrase comes from: a file, CARNET_PASSPHRASE, or the person; never an argument."""

import getpass
import sys
from pathlib import Path

from carnet_cli.failures import UsageFailedError
from carnet_cli.settings import variable

_LONGEST = 1024


def read_passphrase(file: Path | None, *, confirm: bool) -> str:
    """Return the passphrase of an issuer, wallet or verifier folder.

    Args:
        file: `--passphrase-file`; its first line is used, without the line end.
        confirm: ask twice when prompting, for a new folder.

    Raises:
        UsageFailedError: there is none, it is empty, or the two answers differ.
    """
    if file is not None:
        return _checked(_first_line(file))
    named = variable("CARNET_PASSPHRASE")
    if named is not None:
        return _checked(named)
    if not sys.stdin.isatty():
        raise UsageFailedError(
            "A passphrase is needed and there is no terminal to ask for it.",
            hint="Use --passphrase-file FILE or set CARNET_PASSPHRASE.",
        )
    answer = getpass.getpass("Passphrase: ", stream=sys.stderr)
    if confirm and getpass.getpass("The same again: ", stream=sys.stderr) != answer:
        raise UsageFailedError("The two passphrases differ.")
    return _checked(answer)


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            return stream.readline(4 * _LONGEST).rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageFailedError("The passphrase file is not UTF-8 text.") from None


def _checked(passphrase: str) -> str:
    if not passphrase:
        raise UsageFailedError("The passphrase is empty.")
    return passphrase
