"""Write docs/cli.md from the commands themselves. Run with --check to compare."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from carnet_cli.exit_codes import ExitCode
from carnet_cli.main import build

TARGET = Path(__file__).resolve().parents[2] / "docs" / "cli.md"

_INTRODUCTION = """\
# The command line
stdout is data: plain lines, or one JSON text with `--json`. stderr is talk. A command that fails
prints one sentence and a hint, and with `--json` also `{"error": {"kind", "message", "hint"}}` on
stdout.

A passphrase comes from `--passphrase-file`, else from `CARNET_PASSPHRASE`, else from a prompt;
without a terminal that is exit status 2. It is never an argument. `CARNET_ALLOW_LOOPBACK_HTTP=1`
does what `--allow-loopback-http` does: it allows `http://localhost`, for trying.

| exit status | meaning |
|---|---|
"""
_MEANINGS = {
    ExitCode.OK: "done; for `verify`: verified",
    ExitCode.FAILED: "refused or failed, with a reason",
    ExitCode.USAGE: "wrong usage",
    ExitCode.GENUINE_UNLISTED: "`verify`: genuine, nobody you trust vouches for the issuer",
    ExitCode.UNDETERMINED: "`verify`: something could not be checked",
    ExitCode.REJECTED: "`verify`: rejected, with a ground",
    ExitCode.INTERRUPTED: "interrupted",
}


def expected() -> str:
    """The text docs/cli.md must have."""
    rows = "".join(f"| {int(code)} | {_MEANINGS[code]} |\n" for code in ExitCode)
    root = typer.main.get_command(build(None))
    return _INTRODUCTION + rows + "".join(_commands(root, "carnet"))


def _commands(command: Any, name: str) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if children:
        for child_name in children:
            yield from _commands(children[child_name], f"{name} {child_name}")
        return
    visible = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [one for one in visible if one.param_type_name == "argument"]
    given = [one for one in visible if one.param_type_name == "option" and one.name != "help"]
    usage = " ".join([name, *(one.metavar or str(one.name).upper() for one in arguments)])
    yield f"\n## `{usage}`\n{_paragraph(command.help)}\n"
    if given:
        yield "\n| option | meaning |\n|---|---|\n"
    for one in given:
        must = " Required." if one.required else ""
        yield f"| `{'`, `'.join(one.opts)}` | {_paragraph(one.help or '')}{must} |\n"


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").split())


def main() -> int:
    """Write the page, or with --check say whether it is up to date."""
    if "--check" not in sys.argv:
        TARGET.write_text(expected(), encoding="utf-8")
        return 0
    return 0 if TARGET.read_text(encoding="utf-8") == expected() else 1


if __name__ == "__main__":
    sys.exit(main())
