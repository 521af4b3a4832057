"""The client for the web as the command line makes it, under the roots a person named."""

from pathlib import Path

from carnet_cli.failures import UsageFailedError
from carnet_cli.settings import ca_file as ca_file_of
from carnet_securing.fetch_http import HttpFetch


def web_client(*, loopback_http: bool, ca_file: Path | None) -> HttpFetch:
    """A client; `ca_file` is what `--ca-file` says.

    Raises:
        UsageFailedError: the roots cannot be read.
    """
    roots = ca_file_of(ca_file)
    try:
        return HttpFetch(loopback_http=loopback_http, ca_file=roots)
    except OSError:
        raise UsageFailedError(
            f"No roots can be read from this file: {roots}",
            hint="--ca-file and CARNET_CA_FILE name a file of certificates in PEM.",
        ) from None


def readable_roots(ca_file: Path | None) -> Path | None:
    """The roots for clients that are made later, where nobody could be told; None: the system's.

    Raises:
        UsageFailedError: the roots cannot be read.
    """
    roots = ca_file_of(ca_file)
    if roots is not None:
        with web_client(loopback_http=False, ca_file=roots):
            pass
    return roots
