"""`carnet verify`: check one document with nothing set up."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from carnet_cli import options
from carnet_cli.console import Console
from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import UsageFailedError
from carnet_cli.reports import report_lines
from carnet_cli.settings import loopback_http_allowed, system_now
from carnet_securing.fetch_budget import Budgeted
from carnet_securing.fetch_http import HttpFetch
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_trust.cached_lookups import CachedLookups
from carnet_trust.given_status import GivenStatusLists
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import Lookups
from carnet_trust.on_demand_lookups import OnDemandLookups
from carnet_trust.trust_file import TrustData, parse_trust_file
from carnet_verifier import (
    Asked,
    BearerCopy,
    ExaminedAnswer,
    NoFurtherCondition,
    Outcome,
    Surroundings,
    examine_single,
)

_MAX_TOKEN: Final = 8 * 1024 * 1024
_CODES: Final = {
    Outcome.VERIFIED: ExitCode.OK,
    Outcome.GENUINE_UNLISTED: ExitCode.GENUINE_UNLISTED,
    Outcome.UNDETERMINED: ExitCode.UNDETERMINED,
    Outcome.REJECTED: ExitCode.REJECTED,
}


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The document, or - for stdin.")],
    *,
    trust: Annotated[Path | None, typer.Option("--trust", help="Trust entries.")] = None,
    nonce: Annotated[str | None, typer.Option("--nonce", help="The one you asked with.")] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="The identifier you asked under.")
    ] = None,
    status: Annotated[
        Path | None, typer.Option("--status", help="A status list token, instead of fetching it.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Open no connection.")] = False,
    allow_loopback_http: options.AllowLoopbackHttp = False,
    json_output: options.Json = False,
) -> None:
    """Check a certificate, or a presentation made for your nonce and audience.

    Exit status: 0 verified, 10 genuine but unlisted, 11 could not be checked, 12 rejected,
    2 wrong usage.
    """
    console = Console(json_output)
    if (nonce is None) != (audience is None):
        raise UsageFailedError("--nonce and --audience go together.")
    binding = (
        BearerCopy() if nonce is None or audience is None else Asked(audience=audience, nonce=nonce)
    )
    document = _read(file)
    loopback = loopback_http_allowed(flag=allow_loopback_http)
    with HttpFetch(loopback_http=loopback) as fetch:
        examined = examine_single(
            document,
            binding=binding,
            surroundings=Surroundings(
                trust=TrustData.of(()) if trust is None else parse_trust_file(trust.read_bytes()),
                lookups=_lookups(fetch, status=status, offline=offline, loopback=loopback),
                policy=NoFurtherCondition(),
                now=system_now(),
                check=check_signature,
                limits=PRESENTATION,
            ),
        )
    console.out(_data(examined), report_lines(examined.report.to_json()))
    code = _CODES[examined.report.outcome]
    if code is not ExitCode.OK:
        raise typer.Exit(code)


def _lookups(fetch: HttpFetch, *, status: Path | None, offline: bool, loopback: bool) -> Lookups:
    cache = MemoryLookupCache()
    lookups: Lookups = (
        CachedLookups(cache, check=check_signature, limits=PRESENTATION)
        if offline
        else OnDemandLookups(
            cache,
            fetch=Budgeted(fetch, PRESENTATION),
            check=check_signature,
            limits=PRESENTATION,
            loopback_http=loopback,
            fetch_types=True,
        )
    )
    if status is None:
        return lookups
    return GivenStatusLists(
        lookups, (status.read_bytes(),), check=check_signature, limits=PRESENTATION
    )


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(_MAX_TOKEN + 1).strip()
    with Path(file).open("rb") as stream:
        return stream.read(_MAX_TOKEN + 1).strip()


def _data(examined: ExaminedAnswer) -> dict[str, Any]:
    shown = next(iter(examined.credentials.values()), ())
    return {
        **examined.report.to_json(),
        "type": shown[0].vct if shown else None,
        "claims": dict(shown[0].claims) if shown else {},
    }
