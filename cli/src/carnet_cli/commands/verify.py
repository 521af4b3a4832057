"""`carnet verify`: check one document with nothing set up."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from carnet_cli import options
from carnet_cli.console import Console
from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import UsageFailedError, about_file
from carnet_cli.hints import file_hint
from carnet_cli.input_files import InputFileError, content_of, read_at_most, read_trust
from carnet_cli.reports import claim_lines, report_lines
from carnet_cli.settings import loopback_http_allowed, system_now
from carnet_cli.web_client import web_client
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError
from carnet_securing.fetch_budget import Budgeted
from carnet_securing.jws import parse_jws
from carnet_securing.key_binding import SHOWN_ON_SCREEN
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_trust.cached_lookups import CachedLookups
from carnet_trust.given_status import GivenStatusLists
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import Lookups
from carnet_trust.on_demand_lookups import OnDemandLookups
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
        raise UsageFailedError(
            "--fetch-types needs a connection; --offline opens none.", hint="Leave one of them out."
        )
    with _wrong_file_is_wrong_usage():
        document = _read(file)
        trusted = read_trust(trust)
        given = None if status is None else _read_status(status)
    loopback = loopback_http_allowed(flag=allow_loopback_http)
    with web_client(loopback_http=loopback, ca_file=ca_file) as fetch:
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
    if not isinstance(binding, Shown) and _is_code_from_a_screen(document):
        console.say("This is a code from a screen, made for nobody's request.")
        console.say("hint: Add --shown-max-age SECONDS to check it as such, for example 120.")
    exit_code = _CODES[examined.report.outcome]
    if exit_code is not ExitCode.OK:
        raise typer.Exit(exit_code)


def _binding(
    *, nonce: str | None, audience: str | None, max_age: int | None, code: str | None
) -> Asked | Shown | BearerCopy:
    """What is expected of the holder: said by the options, never by the document."""
    if (nonce is None) != (audience is None):
        raise UsageFailedError(
            "--nonce and --audience go together.",
            hint="Give both as you asked with them, or neither for a document by itself.",
        )
    if code is not None and max_age is None:
        raise UsageFailedError(
            "--code goes with --shown-max-age.", hint="Add --shown-max-age SECONDS, such as 120."
        )
    if code is not None and _DIGITS.fullmatch(code) is None:
        raise UsageFailedError("--code is six digits.", hint="Type those you showed the holder.")
    if nonce is not None and audience is not None:
        if max_age is not None:
            raise UsageFailedError(
                "A code from a screen was made for no --nonce.",
                hint="Leave out --nonce and --audience, or --shown-max-age.",
            )
        if not nonce or not audience:
            raise UsageFailedError(
                "--nonce and --audience are not empty.", hint="Give both as you asked with them."
            )
        return Asked(audience=audience, nonce=nonce)
    return BearerCopy() if max_age is None else Shown(max_age=max_age, code=code)


def _with_status(lookups: Lookups, given: bytes | None) -> Lookups:
    if given is None:
        return lookups
    return GivenStatusLists(lookups, (given,), check=check_signature, limits=PRESENTATION)


@contextmanager
def _wrong_file_is_wrong_usage() -> Iterator[None]:
    """Whatever keeps a named file from being used: no verdict on the document."""
    try:
        yield
    except InputFileError as error:
        raise UsageFailedError(error.message, hint=error.hint) from None
    except OSError as error:
        raise UsageFailedError(about_file(error), hint=file_hint(error, "en")) from None


def _read(file: str) -> bytes:
    """The document, without the line ends that editors and shells put around it."""
    if file != "-":
        return read_at_most(Path(file), _MAX_TOKEN).strip()
    if sys.stdin is None:
        raise UsageFailedError("There is nothing to read.", hint="Name a file in place of -.")
    return sys.stdin.buffer.read(_MAX_TOKEN + 1).strip()


def _read_status(file: Path) -> bytes:
    """A token as it stands in its file; what is none at all is the wrong file."""
    token = read_at_most(file, _MAX_TOKEN).strip()
    with content_of(file):
        parse_jws(token, limits=PRESENTATION, max_bytes=_MAX_TOKEN)
    return token


def _is_code_from_a_screen(document: bytes) -> bool:
    """Whether its last part says that it was made for a screen; nothing of it is checked."""
    binding = document.rpartition(b"~")[2]
    try:
        unverified = parse_jws(binding, limits=PRESENTATION).unverified_payload
        claims = strict_json.loads_object(unverified, max_bytes=len(unverified))
    except CarnetError:
        return False
    return claims.get("aud") == SHOWN_ON_SCREEN


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
