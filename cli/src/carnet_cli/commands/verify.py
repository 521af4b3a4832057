"""`carnet verify`: check one document with nothing set up."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from carnet_cli import options
from carnet_cli.console import Console
from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import UsageFailedError
from carnet_cli.input_files import read_at_most
from carnet_cli.reports import claim_lines, report_lines
from carnet_cli.settings import ca_file as ca_file_of
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
from carnet_trust.trust_file import MAX_FILE_BYTES, TrustData, parse_trust_file
from carnet_verifier import (
    Asked,
    BearerCopy,
    ExaminedAnswer,
    NoFurtherCondition,
    Outcome,
    Shown,
    Surroundings,
    examine_single,
)

_MAX_TOKEN: Final = 8 * 1024 * 1024
_DIGITS: Final = re.compile(r"[0-9]{6}")
_CODES: Final = {
    Outcome.VERIFIED: ExitCode.OK,
    Outcome.GENUINE_UNLISTED: ExitCode.GENUINE_UNLISTED,
    Outcome.UNDETERMINED: ExitCode.UNDETERMINED,
    Outcome.REJECTED: ExitCode.REJECTED,
}


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The document, or - for stdin.")],
    *,
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Trust entries. Without, everyone is unlisted.")
    ] = None,
    nonce: Annotated[str | None, typer.Option("--nonce", help="The one you asked with.")] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="The identifier you asked under.")
    ] = None,
    shown_max_age: Annotated[
        int | None,
        typer.Option(
            "--shown-max-age", help="A code from a screen: its oldest age in seconds.", min=1
        ),
    ] = None,
    code: Annotated[
        str | None, typer.Option("--code", help="The six digits you showed the holder.")
    ] = None,
    status: Annotated[
        Path | None,
        typer.Option("--status", help="A file with the status list, not fetched then."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Open no connection.")] = False,
    fetch_types: Annotated[
        bool,
        typer.Option(
            "--fetch-types", help="Also fetch what an unknown type means; its publisher sees it."
        ),
    ] = False,
    ca_file: options.CaFile = None,
    allow_loopback_http: options.AllowLoopbackHttp = False,
    json_output: options.Json = False,
) -> None:
    """Check a certificate, a presentation made for your nonce, or a code from a screen.

    Exit status: 0 verified, 10 genuine but unlisted, 11 could not be checked, 12 rejected,
    2 wrong usage.
    """
    console = Console(json_output)
    binding = _binding(nonce=nonce, audience=audience, max_age=shown_max_age, code=code)
    if offline and fetch_types:
        raise UsageFailedError("--fetch-types needs a connection; --offline opens none.")
    document = _read(file)
    trusted = TrustData.of(())
    if trust is not None:
        trusted = parse_trust_file(read_at_most(trust, MAX_FILE_BYTES))
    given = None if status is None else read_at_most(status, _MAX_TOKEN).strip()
    loopback = loopback_http_allowed(flag=allow_loopback_http)
    with HttpFetch(loopback_http=loopback, ca_file=ca_file_of(ca_file)) as fetch:
        lookups: Lookups = (
            CachedLookups(MemoryLookupCache(), check=check_signature, limits=PRESENTATION)
            if offline
            else OnDemandLookups(
                MemoryLookupCache(),
                fetch=Budgeted(fetch, PRESENTATION),
                check=check_signature,
                limits=PRESENTATION,
                loopback_http=loopback,
                fetch_types=fetch_types,
            )
        )
        examined = examine_single(
            document,
            binding=binding,
            surroundings=Surroundings(
                trust=trusted,
                lookups=_with_status(lookups, given),
                policy=NoFurtherCondition(),
                now=system_now(),
                check=check_signature,
                limits=PRESENTATION,
            ),
        )
    console.out(_data(examined), _lines(examined))
    exit_code = _CODES[examined.report.outcome]
    if exit_code is not ExitCode.OK:
        raise typer.Exit(exit_code)


def _binding(
    *, nonce: str | None, audience: str | None, max_age: int | None, code: str | None
) -> Asked | Shown | BearerCopy:
    """What is expected of the holder: said by the options, never by the document."""
    if (nonce is None) != (audience is None):
        raise UsageFailedError("--nonce and --audience go together.")
    if code is not None and max_age is None:
        raise UsageFailedError("--code goes with --shown-max-age.")
    if code is not None and _DIGITS.fullmatch(code) is None:
        raise UsageFailedError("--code is six digits.")
    if nonce is not None and audience is not None:
        if max_age is not None:
            raise UsageFailedError("A code from a screen was made for no --nonce.")
        if not nonce or not audience:
            raise UsageFailedError("--nonce and --audience are not empty.")
        return Asked(audience=audience, nonce=nonce)
    return BearerCopy() if max_age is None else Shown(max_age=max_age, code=code)


def _with_status(lookups: Lookups, given: bytes | None) -> Lookups:
    if given is None:
        return lookups
    return GivenStatusLists(lookups, (given,), check=check_signature, limits=PRESENTATION)


def _read(file: str) -> bytes:
    """The document, without the line ends that editors and shells put around it."""
    if file == "-":
        return sys.stdin.buffer.read(_MAX_TOKEN + 1).strip()
    return read_at_most(Path(file), _MAX_TOKEN).strip()


def _data(examined: ExaminedAnswer) -> dict[str, Any]:
    shown = next(iter(examined.credentials.values()), ())
    return {
        **examined.report.to_json(),
        "type": shown[0].vct if shown else None,
        "claims": dict(shown[0].claims) if shown else {},
    }


def _lines(examined: ExaminedAnswer) -> list[str]:
    lines = report_lines(examined.report.to_json())
    for shown in next(iter(examined.credentials.values()), ()):
        lines += claim_lines(shown.vct, shown.claims)
    return lines
