"""Build the parser, run one command, explain once what went wrong."""

import importlib
import io
import sys
from collections.abc import Sequence
from typing import Final

import typer
from typer.exceptions import TyperException

from carnet_cli import interruption
from carnet_cli.console import Console
from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import Failure, explain

_GROUPS: Final = {
    "issuer": "Issue certificates to a class, pause and withdraw them.",
    "wallet": "Keep certificates and choose what to show.",
    "verifier": "Ask for claims and read the answer.",
}
_COMMANDS: Final = {
    "verify": "Check one certificate or presentation.",
    "demo": "The whole road from class list to answer, on this machine.",
}


def build(first: str | None) -> typer.Typer:
    """The parser; when `first` names one command only that one is imported.

    A wallet command must not pay for the web framework and database of the services.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="What a worker can do and has done: issue it, carry it, check it.",
    )
    known = first in _GROUPS or first in _COMMANDS
    app.callback()(_group)
    for name, text in _GROUPS.items():
        if not known or name == first:
            module = importlib.import_module(f"carnet_cli.commands.{name}")
            app.add_typer(module.app, name=name, help=text)
    for name, text in _COMMANDS.items():
        if not known or name == first:
            module = importlib.import_module(f"carnet_cli.commands.{name}")
            app.command(name, help=text)(module.command)
    return app


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        return _run(arguments, Console("--json" in arguments))
    finally:
        interruption.command_ended()


def speak_utf8() -> None:
    """Write UTF-8 whatever the terminal or pipe says that it takes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _run(arguments: Sequence[str], console: Console) -> int:
    try:
        app = build(arguments[0] if arguments else None)
        interruption.command_begins()
        result = app(args=list(arguments), prog_name="carnet", standalone_mode=False)
    except TyperException as error:
        return _wrong_usage(error, console)
    except (KeyboardInterrupt, typer.Abort):  # which is what Ctrl-D becomes on its way here
        result = ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):  # whoever read our output has gone
        return ExitCode.FAILED
    except Exception as error:
        failure = explain(error)
        if interruption.was_heard():
            result = ExitCode.INTERRUPTED
        elif failure is None:
            raise
        else:
            return _told(failure, console)
    if result == ExitCode.INTERRUPTED:
        console.say("Stopped.")
    return result if isinstance(result, int) else ExitCode.OK


def _told(failure: Failure, console: Console) -> int:
    console.say(f"carnet: {failure.message}")
    if failure.hint:
        console.say(f"hint: {failure.hint}")
    if console.json_output:
        console.out(failure.to_json(), "")
    return failure.code


def _wrong_usage(error: TyperException, console: Console) -> int:
    show = getattr(error, "show", None)
    if callable(show):
        show(file=sys.stderr)
    else:
        console.say(str(error))
    if console.json_output:
        usage = Failure("usage", str(error), "See --help.", ExitCode.USAGE)
        console.out(usage.to_json(), "")
    return ExitCode.USAGE


def _group() -> None:
    """Keep `carnet` a group even when only one command is loaded."""
