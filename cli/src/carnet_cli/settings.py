"""The only reader of the environment and of the clock (the outermost edge)."""

import os
import re
import time
from pathlib import Path
from typing import Final

_TRUE: Final = {"1", "true", "yes"}
_LOOPBACK_HTTP: Final = re.compile(r"http://localhost(:[0-9]+)?(/.*)?")


def system_now() -> int:
    """The current time in Unix seconds."""
    return int(time.time())  # noqa: TID251 - the edge reads the clock


def loopback_http_allowed(*, flag: bool, own_url: str = "") -> bool:
    """Whether http://localhost may be spoken to: for trying and testing.

    Args:
        flag: `--allow-loopback-http`; CARNET_ALLOW_LOOPBACK_HTTP does the same.
        own_url: the address a service is made for, where one is; being such an address it
            says so too.
    """
    if flag or (variable("CARNET_ALLOW_LOOPBACK_HTTP") or "").lower() in _TRUE:
        return True
    return _LOOPBACK_HTTP.fullmatch(own_url) is not None


def variable(name: str) -> str | None:
    """The value of one variable of the environment, None when it is not set."""
    return os.environ.get(name)  # noqa: TID251 - the edge reads variables


def ca_file(given: Path | None) -> Path | None:
    """The roots for TLS: `--ca-file`, else CARNET_CA_FILE, else None for the system's."""
    named = variable("CARNET_CA_FILE")
    return given or (Path(named) if named else None)


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a process we start, with `changes`."""
    return {**os.environ, **changes}  # noqa: TID251 - the edge reads variables
