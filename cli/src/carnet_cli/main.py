"""Build the parser, run one command, explain once what went wrong."""

import importlib
import io
import sys
from collections.abc import Sequence
from typing import Final

import typer
from typer.exceptions import TyperException

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
    console = Console("--json" in arguments)
    try:
        app = build(arguments[0] if arguments else None)
        result = app(args=list(arguments), prog_name="carnet", standalone_mode=False)
    except TyperException as error:
        _show_usage(error, console)
        if console.json_output:
            usage = Failure("usage", str(error), "See --help.", ExitCode.USAGE)
            console.out(usage.to_json(), "")
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):  # which is what Ctrl-D becomes on its way here
        result = ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):  # whoever read our output has gone
        return ExitCode.FAILED
    except Exception as error:
        failure = explain(error)
        if failure is None:
            raise
        console.say(f"carnet: {failure.message}")
        if failure.hint:
            console.say(f"hint: {failure.hint}")
        if console.json_output:
            console.out(failure.to_json(), "")
        return failure.code
    if result == ExitCode.INTERRUPTED:
        console.say("Stopped.")
    return result if isinstance(result, int) else ExitCode.OK


def run() -> None:
    """The `carnet` entry point.

    Data is UTF-8 wherever it goes: a terminal or pipe of another encoding must not turn a
    verified document into a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))


def _group() -> None:
    """Keep `carnet` a group even when only one command is loaded."""


def _show_usage(error: TyperException, console: Console) -> None:
    show = getattr(error, "show", None)
    if callable(show):
        show(file=sys.stderr)
    else:
        console.say(str(error))
