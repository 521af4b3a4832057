"""The only reader of the environment and of the clock (the outermost edge)."""

import os
import time
from collections.abc import Callable
from pathlib import Path

_TRUE = {"1", "true", "yes"}


def system_now() -> int:
    """The current time in Unix seconds."""
    return int(time.time())  # noqa: TID251 - the edge reads the clock


Clock = Callable[[], int]


def loopback_http_allowed(*, flag: bool) -> bool:
    """Whether http://localhost may be spoken to: `--allow-loopback-http` or its variable."""
    return flag or _variable("CARNET_ALLOW_LOOPBACK_HTTP").lower() in _TRUE


def passphrase_variable() -> str | None:
    """The value of CARNET_PASSPHRASE, None when it is not set."""
    return os.environ.get("CARNET_PASSPHRASE")  # noqa: TID251 - the edge reads variables


def variable(name: str) -> str | None:
    """The value of one variable of the environment, None when it is not set."""
    return os.environ.get(name)  # noqa: TID251 - the edge reads variables


def ca_file(given: Path | None) -> Path | None:
    """The roots for TLS: `--ca-file`, else CARNET_CA_FILE, else None for the system's."""
    named = _variable("CARNET_CA_FILE")
    return given or (Path(named) if named else None)


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a process we start, with `changes`."""
    return {**os.environ, **changes}  # noqa: TID251 - the edge reads variables


def _variable(name: str) -> str:
    return variable(name) or ""
