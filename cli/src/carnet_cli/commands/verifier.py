"""`carnet verifier`: ask for claims, and read what the answer is worth."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from carnet_cli import options
from carnet_cli.console import Console
from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import UsageFailedError
from carnet_cli.input_files import content_of, read_at_most, read_certificate, read_trust
from carnet_cli.listening import listener, said_of
from carnet_cli.passphrase import read_passphrase
from carnet_cli.reports import claim_lines, report_lines
from carnet_cli.settings import loopback_http_allowed, system_now
from carnet_cli.web_client import readable_roots, web_client
from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing import strict_json
from carnet_verifier.service import Certificate, Verifier
from carnet_verifier.service.settings import Identification

app = typer.Typer(no_args_is_help=True)

_MAX_QUERY: Final = 256 * 1024
_MAX_PEM: Final = 4 * 1024 * 1024
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The verifier's folder.")]


@app.command("init")
def init(
    directory: _Folder,
    *,
    name: Annotated[str, typer.Option("--name", help="Who asks, in words.")],
    url: Annotated[str, typer.Option("--url", help="Where wallets reach it, no slash at the end.")],
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Trust entries. Without, everyone is unlisted.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="PEM chain to ask under, leaf first.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="PEM key of that chain.")] = None,
    x509_hash: Annotated[
        bool, typer.Option("--x509-hash", help="Ask under the certificate's hash, not its host.")
    ] = False,
    response_mode: Annotated[
        ResponseMode, typer.Option("--response-mode", help="How answers travel.")
    ] = ResponseMode.DIRECT_POST_JWT,
    allow_loopback_http: options.AllowLoopbackHttp = False,
    passphrase_file: options.PassphraseFile = None,
    json_output: options.Json = False,
) -> None:
    """Make a verifier in a new folder."""
    console = Console(json_output)
    verifier = Verifier.create(
        directory,
        name=name,
        url=url,
        passphrase=read_passphrase(passphrase_file, confirm=True),
        trust=read_trust(trust),
        certificate=_certificate(certificate, key, by_hash=x509_hash),
        response_mode=response_mode,
        allow_loopback_http=loopback_http_allowed(flag=allow_loopback_http, own_url=url),
    )
    with closing(verifier):
        settings = verifier.settings
    console.out(
        {"name": settings.name, "url": settings.url, "client_id": settings.client_id},
        f"{settings.name} asks as {settings.client_id}",
    )


@app.command("serve")
def serve(
    directory: _Folder,
    *,
    port: Annotated[int, typer.Option("--port", help="TCP port.", min=0, max=65535)],
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    ca_file: options.CaFile = None,
    socket_fd: options.SocketFd = None,
    parent_fd: options.ParentFd = None,
    passphrase_file: options.PassphraseFile = None,
    json_output: options.Json = False,
) -> None:
    """Serve requests, take answers, and keep lists fresh."""
    from carnet_verifier.service.http.server import (  # noqa: PLC0415 - the web framework is slow
        serve as serve_verifier,
    )

    console = Console(json_output)
    roots = readable_roots(ca_file)
    passphrase = read_passphrase(passphrase_file, confirm=False)
    # The port first: whoever finds it taken need not wait for the passphrase to be tried.
    with (
        closing(listener(port=port, socket_fd=socket_fd, host=host)) as bound,
        _opened(directory, console, passphrase=passphrase) as verifier,
    ):
        said = said_of(bound, verifier.settings.url)
        serve_verifier(
            verifier,
            bound,
            clock=system_now,
            announce=lambda: console.out(*said),
            parent_fd=parent_fd,
            ca_file=roots,
        )


@app.command("trust")
def trust_command(
    directory: _Folder,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Trust entries.")],
    *,
    json_output: options.Json = False,
) -> None:
    """Choose whom you trust, in place of what was chosen before. Restart `serve` after it."""
    console = Console(json_output)
    trusted = read_trust(file)
    Verifier.write_trust(directory, trusted)
    issuers = [entry.iss for entry in trusted.entries]
    console.out({"issuers": issuers}, issuers or "Nobody is trusted: everyone is unlisted.")


@app.command("refresh")
def refresh(
    directory: _Folder, *, ca_file: options.CaFile = None, json_output: options.Json = False
) -> None:
    """Fetch keys, lists of withdrawals and types of every listed issuer."""
    console = Console(json_output)
    with (
        _opened(directory, console) as verifier,
        web_client(loopback_http=verifier.settings.allow_loopback_http, ca_file=ca_file) as fetch,
    ):
        report = verifier.refresh(fetch, now=system_now())
    problems = [{"kind": str(one.kind), "message": one.message} for one in report.problems]
    issuers = [
        {"iss": one.iss, "keys": one.keys, "lists": one.lists, "types": one.types}
        for one in report.issuers
    ]
    lines = [f"{one['iss']}: {one['keys']} keys, {one['lists']} lists" for one in issuers]
    console.out({"issuers": issuers, "problems": problems}, lines or "No issuer is listed.")
    for problem in problems:
        console.say(f"not fetched: {problem['message']}")
    if problems:
        raise typer.Exit(ExitCode.FAILED)


@app.command("ask")
def ask(
    directory: _Folder,
    *,
    query: Annotated[Path, typer.Option("--query", help="A DCQL query, as JSON.")],
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Ask without a name; wallets say so.")
    ] = False,
    json_output: options.Json = False,
) -> None:
    """Store a question and print the link a wallet receives."""
    console = Console(json_output)
    with content_of(query):
        asked_for = strict_json.loads(read_at_most(query, _MAX_QUERY), max_bytes=_MAX_QUERY)
    with _opened(directory, console) as verifier:
        asked = verifier.ask(asked_for, unsigned=unsigned, now=system_now())
    data = {
        "id": asked.id,
        "request_uri": asked.request_uri,
        "result_uri": asked.result_uri,
        "result_token": asked.result_token,
    }
    console.out(data, [f"id: {asked.id}", asked.request_uri])


@app.command("answer")
def answer(
    directory: _Folder,
    question: Annotated[str, typer.Argument(metavar="ID", help="From `ask`.")],
    *,
    json_output: options.Json = False,
) -> None:
    """Print what became of a question; `outcome` is null while no answer has come."""
    console = Console(json_output)
    with _opened(directory, console) as verifier:
        result = verifier.result(question)
    report: dict[str, Any] = dict(result.report or {})
    standing = result.standing_at(system_now())
    data = {
        "id": result.id,
        "standing": standing,
        "outcome": report.get("outcome"),
        "ground": report.get("ground"),
        "checks": report.get("checks", []),
        "claims": result.claims or {},
        "report": result.report,
        "wallet_error": result.wallet_error,
    }
    console.out(data, _answer_lines(report, result.claims or {}) if report else _WAITING[standing])


_WAITING: Final = {
    "open": "No answer has come yet.",
    "declined": "Nothing was shown. This says nothing about the person.",
    "expired": "No answer came in time. This says nothing about the person.",
}


def _answer_lines(report: dict[str, Any], claims: Mapping[str, Any]) -> list[str]:
    lines = report_lines(report)
    for several in claims.values():
        for one in several:
            lines += claim_lines(one["type"], one["claims"])
    return lines


@contextmanager
def _opened(
    directory: Path, console: Console, *, passphrase: str | None = None
) -> Iterator[Verifier]:
    with closing(Verifier.open(directory, passphrase=passphrase)) as verifier:
        if verifier.database_was_made:
            console.say("The verifier's database was gone or empty; a new one was made.")
            console.say("Questions asked before and their results are forgotten: ask again.")
        yield verifier


def _certificate(chain: Path | None, key: Path | None, *, by_hash: bool) -> Certificate | None:
    files = read_certificate(chain, key, max_bytes=_MAX_PEM)
    if files is None:
        if by_hash:
            raise UsageFailedError(
                "--x509-hash needs --certificate and --key.", hint="Give all three, or none."
            )
        return None
    kind = Identification.X509_HASH if by_hash else Identification.X509_SAN_DNS
    return Certificate(chain_pem=files[0], key_pem=files[1], identification=kind)
