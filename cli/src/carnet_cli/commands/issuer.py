"""`carnet issuer`: from a class list to certificates that workers claim."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from carnet_cli import options
from carnet_cli.console import Console
from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import UsageFailedError, explain
from carnet_cli.input_files import read_at_most, read_certificate
from carnet_cli.listening import listener, said_of
from carnet_cli.passphrase import read_passphrase
from carnet_cli.result_files import check_place
from carnet_cli.settings import system_now
from carnet_issuer.class_list.columns import Column
from carnet_issuer.class_list.rejected_file import rejected_csv
from carnet_issuer.class_list.table import MAX_FILE_BYTES
from carnet_issuer.errors import IssuerError
from carnet_issuer.offer_picture import offer_png
from carnet_issuer.service import Issuer
from carnet_issuer.signing_chain import MAX_PEM_BYTES, read_certified_key
from carnet_issuer.standing import Action, parse_reason, reasons_of
from carnet_issuer.templates import MAX_TEMPLATE_BYTES
from carnet_securing import strict_json
from carnet_securing.durable_file import write_private_file
from carnet_securing.errors import CarnetError
from carnet_trust.entries import OrganisationClass

app = typer.Typer(no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The issuer's folder.")]
RecordId = Annotated[str, typer.Argument(metavar="ID", help="A record's id; see `list`.")]


@app.command()
def init(
    directory: Folder,
    *,
    name: Annotated[str, typer.Option("--name", help="What the issuer is called.")],
    url: Annotated[
        str, typer.Option("--url", help="Its address, signed exactly so into every certificate.")
    ],
    klass: Annotated[
        OrganisationClass, typer.Option("--class", help="What kind of organisation it is.")
    ] = OrganisationClass.TRAINING_BODY,
    encrypted_only: Annotated[
        bool, typer.Option("--encrypted-only", help="Refuse requests that are not encrypted.")
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", help="PEM chain of the signing key, leaf first, root last."),
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="PEM key of that chain.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="A PostgreSQL URL instead of a file.")
    ] = None,
    allow_loopback_http: Annotated[
        bool, typer.Option("--allow-loopback-http", hidden=True)
    ] = False,
    passphrase_file: options.PassphraseFile = None,
    json_output: options.Json = False,
) -> None:
    """Make an issuer: settings, a sealed signing key, an empty database.

    An address http://localhost:PORT is for trying; the folder remembers that it is one.
    """
    del allow_loopback_http  # other commands take it; here the address says it
    now = system_now()
    files = read_certificate(certificate, key, max_bytes=MAX_PEM_BYTES)
    certified = files and read_certified_key(
        certificates=files[0], key=files[1], issuer=url, now=now
    )
    passphrase = read_passphrase(passphrase_file, confirm=True)
    with Issuer.create(
        directory,
        name=name,
        url=url,
        passphrase=passphrase,
        now=now,
        klass=klass,
        certified=certified,
        encryption_required=encrypted_only,
        database=database,
    ) as issuer:
        kid = issuer.config.signing_key.thumbprint
        Console(json_output).out(
            {"url": url, "name": name, "class": klass.value, "key": kid},
            [f"{name} can sign as {url}.", f"Key {kid}.", "Keep the passphrase: nobody else can."],
        )


@app.command()
def template(
    directory: Folder,
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What a certificate says.")],
    *,
    json_output: options.Json = False,
) -> None:
    """Check and add a template: what the certificates of a class say."""
    with Issuer.open(directory) as issuer:
        added = issuer.add_template(read_at_most(file, MAX_TEMPLATE_BYTES), now=system_now())
    Console(json_output).out(
        {"id": added.id, "type": added.vct, "valid_until": added.valid_until},
        f"Template {added.id} added.",
    )


@app.command(name="import")
def import_class(
    directory: Folder,
    file: Annotated[Path, typer.Argument(metavar="CLASS", help="A class list: .csv or .xlsx.")],
    *,
    template_id: Annotated[str, typer.Option("--template", help="The id `template` printed.")],
    sheet: Annotated[str | None, typer.Option("--sheet", help="Which sheet of a workbook.")] = None,
    rejected_file: Annotated[
        Path | None, typer.Option("--rejected", help="Write rejected rows here, as CSV.")
    ] = None,
    another: Annotated[
        list[int] | None,
        typer.Option(
            "--another",
            metavar="ROW",
            help="This row is another person of the same name, or one in place of a withdrawn"
            " certificate. May be given several times.",
        ),
    ] = None,
    json_output: options.Json = False,
) -> int:
    """Make a record of each good row; say of every other row why not."""
    if rejected_file is not None:
        check_place(rejected_file, option="--rejected", replace=False)
    with Issuer.open(directory) as issuer:
        report, read = issuer.import_class(
            read_at_most(file, MAX_FILE_BYTES),
            template_id=template_id,
            now=system_now(),
            sheet=sheet,
            another=another or (),
        )
    shape = report.to_json()
    for line in _columns_told(shape["columns"]):
        Console(json_output).say(line)
    lines = [
        f"{shape['imported']} imported, {len(shape['rejected'])} rejected, {shape['blank']} blank."
    ]
    lines += [f"Row {row['row']}: {row['reason']}" for row in shape["rejected"]]
    content = rejected_csv(read, list(report.rejected)) if rejected_file is not None else b""
    return _report(shape, lines, rejected_file, content, replace=False, json_output=json_output)


def _columns_told(columns: dict[str, Any]) -> list[str]:
    """Which column was taken for what, and which were not used."""
    used = ", ".join(f"{header} ({_MEANS[name]})" for name, header in columns["used"].items())
    told = [f"Columns: {used}."]
    if columns["left_out"]:
        told.append(f"Not used: {', '.join(columns['left_out'])}.")
    if columns["never"]:
        told.append(f"Left out, never on a certificate: {', '.join(columns['never'])}.")
    return told


_MEANS: Final = {
    Column.FAMILY_NAME: "family name",
    Column.GIVEN_NAME: "first name",
    Column.USUAL_NAME: "usual name",
    Column.EMAIL: "mail",
    Column.PHONE: "phone",
    Column.RESULT: "result",
    Column.HOURS: "hours",
}


@app.command()
def offer(
    directory: Folder,
    *,
    record_id: Annotated[str, typer.Option("--record", help="The record's id; see `list`.")],
    no_tx_code: Annotated[
        bool, typer.Option("--no-tx-code", help="No collection code: whoever has the link claims.")
    ] = False,
    by_value: Annotated[
        bool,
        typer.Option(
            "--by-value", help="Put the offer itself into the link; it lives ten minutes."
        ),
    ] = False,
    expires_in: Annotated[
        int | None,
        typer.Option(
            "--expires-in",
            min=1,
            max=30 * 86_400,
            help="Seconds it can be used: with a code thirty days at most, else a week; without"
            " one ten minutes at most, else ten minutes.",
        ),
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Write the link as a QR code.")] = None,
    json_output: options.Json = False,
) -> int:
    """Offer a certificate to its worker. Hand over link and collection code apart."""
    if png is not None:
        check_place(png, option="--png", replace=True)
    drawn = b""

    def draw(link: str) -> None:
        nonlocal drawn
        drawn = offer_png(link) if png is not None else b""

    with Issuer.open(directory) as issuer:
        made = issuer.offer(
            record_id,
            now=system_now(),
            with_code=not no_tx_code,
            by_value=by_value,
            lifetime=expires_in,
            before_kept=draw,
        )
    lines = [made.offer_uri]
    if made.tx_code is not None:
        lines.append(f"Collection code: {made.tx_code}")
    return _report(made.to_json(), lines, png, drawn, replace=True, json_output=json_output)


def _report(
    shape: dict[str, Any],
    lines: list[str],
    file: Path | None,
    content: bytes,
    *,
    replace: bool,
    json_output: bool,
) -> int:
    """Print what was done, also when the file that goes with it cannot be written after all."""
    console, failure = Console(json_output), None
    try:
        if file is not None:
            write_private_file(file, content, replace=replace)
    except CarnetError as error:
        failure = explain(error)
    console.out(shape if failure is None else {**shape, **failure.to_json()}, lines)
    if failure is None:
        return ExitCode.OK
    console.say(f"carnet: the file was not written: {failure.message}")
    console.say(f"hint: {failure.hint}" if failure.hint else "The rest was done.")
    return failure.code


@app.command(name="list")
def list_records(directory: Folder, *, json_output: options.Json = False) -> None:
    """List every record with its state."""
    with Issuer.open(directory) as issuer:
        found = issuer.list(now=system_now())
    lines = [f"{each.id}  {each.state.value:<9}  {each.holder}" for each in found]
    Console(json_output).out([each.to_json() for each in found], lines)


@app.command()
def withdraw(
    directory: Folder,
    record_id: RecordId,
    *,
    reason: Annotated[str, typer.Option("--reason", help=reasons_of(Action.WITHDRAW))],
    json_output: options.Json = False,
) -> None:
    """Withdraw every copy of a certificate, for good."""
    _change(directory, record_id, Action.WITHDRAW, reason, json_output=json_output)


@app.command()
def pause(
    directory: Folder,
    record_id: RecordId,
    *,
    reason: Annotated[str, typer.Option("--reason", help=reasons_of(Action.PAUSE))],
    json_output: options.Json = False,
) -> None:
    """Put every copy of a certificate on hold."""
    _change(directory, record_id, Action.PAUSE, reason, json_output=json_output)


@app.command()
def resume(
    directory: Folder,
    record_id: RecordId,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help=reasons_of(Action.RESUME))
    ] = "review_ended",
    json_output: options.Json = False,
) -> None:
    """End a pause."""
    _change(directory, record_id, Action.RESUME, reason, json_output=json_output)


@app.command(name="trust-entry")
def trust_entry(
    directory: Folder,
    *,
    pinned: Annotated[
        bool, typer.Option("--pinned", help="Give the key itself, for use without a network.")
    ] = False,
    json_output: options.Json = False,
) -> None:
    """Print the entry by which others come to trust this issuer."""
    with Issuer.open(directory) as issuer:
        entry = issuer.trust_entry(pinned=pinned)
    Console(json_output).out(entry, strict_json.dumps(entry))


@app.command()
def serve(
    directory: Folder,
    *,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="On this machine.")],
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    socket_fd: options.SocketFd = None,
    parent_fd: options.ParentFd = None,
    passphrase_file: options.PassphraseFile = None,
    json_output: options.Json = False,
) -> None:
    """Let workers claim, and publish keys, types and status lists."""
    from carnet_hosting.server import serve as run  # noqa: PLC0415 - the web framework, 0.3 s
    from carnet_issuer.http.app import create_app  # noqa: PLC0415 - as above

    console = Console(json_output)
    with Issuer.open(directory) as issuer:
        passphrase = read_passphrase(passphrase_file, confirm=False)
        # The port first: whoever finds it taken need not wait for the passphrase to be tried.
        with closing(listener(port=port, socket_fd=socket_fd, host=host)) as bound:
            application = create_app(issuer.unlock(passphrase=passphrase), clock=system_now)
            said = said_of(bound, issuer.config.url)
            run(application, bound, announce=lambda: console.out(*said), parent_fd=parent_fd)


def _change(
    directory: Path, record_id: str, action: Action, reason: str, *, json_output: bool
) -> None:
    try:
        parsed = parse_reason(reason, action)
    except IssuerError as error:
        raise UsageFailedError(error.message, hint=error.hint) from None
    with Issuer.open(directory) as issuer:
        change = {
            Action.WITHDRAW: issuer.withdraw,
            Action.PAUSE: issuer.pause,
            Action.RESUME: issuer.resume,
        }[action]
        change(record_id, parsed, now=system_now())
        record = next(r for r in issuer.list(now=system_now()) if r.id == record_id)
    state, why = record.state.value, record.reason or parsed.value
    Console(json_output).out(
        {"id": record_id, "state": state, "reason": why}, f"{record_id}: {state}."
    )
