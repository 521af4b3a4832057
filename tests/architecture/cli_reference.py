"""Write docs/cli.md from the commands themselves. Run with --check to compare."""

import sys
from collections.abc import Iterator
from enum import StrEnum
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
stdout; `carnet wallet` speaks to a worker, so a technical sentence it found plain words for stands
there as `detail`. What each command prints as JSON stands below it; more members may come, none
goes. Ctrl-C says "Stopped.", from the first moment.

A passphrase comes from `--passphrase-file`, else from `CARNET_PASSPHRASE`, else from a prompt;
without a terminal that is exit status 2. It is never an argument. A new one has at least 8
characters; a folder made under a shorter one still opens.

| exit status | meaning |
|---|---|
"""
_MEANINGS = {
    ExitCode.OK: "done; for `verify`: verified",
    ExitCode.FAILED: "refused or failed, with a reason; also a port that is taken",
    ExitCode.USAGE: "wrong usage; for `verify` also a named file that cannot be used",
    ExitCode.GENUINE_UNLISTED: "`verify`: genuine, nobody you trust vouches for the issuer",
    ExitCode.UNDETERMINED: "`verify`: something could not be checked",
    ExitCode.REJECTED: "`verify`: rejected, with a ground",
    ExitCode.INTERRUPTED: "interrupted",
}
_SHARED = ("--allow-loopback-http", "--ca-file", "--json", "--lang", "--passphrase-file")
"""Options of many commands: explained once."""

_REPORT = (
    "outcome", "ground", "headline", "what_to_do", "checked_at", "showing", "issuers", "checks",
)  # fmt: skip
_CARD = ("id", "type", "issuer")
PRINTS: dict[str, tuple[str, ...]] = {
    "verify": (*_REPORT, "type", "claims"),
    "demo": (
        "outcome", "after_withdrawal", "after_withdrawal_ground", "people", "copies", "claims",
        "checks", "checks_after_withdrawal", "report", "report_after_withdrawal", "preview",
        "addresses", "timings",
    ),
    "issuer init": ("url", "name", "class", "key"),
    "issuer template": ("id", "type", "valid_until"),
    "issuer import": ("imported", "rejected", "blank", "rows", "notes", "columns", "records"),
    "issuer offer": ("record", "offer_uri", "tx_code", "expires_at"),
    "issuer list": ("id", "holder", "type", "state", "template", "valid_until", "reason"),
    "issuer withdraw": ("id", "state", "reason"),
    "issuer pause": ("id", "state", "reason"),
    "issuer resume": ("id", "state", "reason"),
    "issuer trust-entry": ("iss", "route", "types", "name", "class"),
    "issuer serve": ("url", "port"),
    "wallet init": ("directory", "trust_entries"),
    "wallet trust": ("changed",),
    "wallet passphrase": ("changed",),
    "wallet claim": (*_CARD, "copies", "certificates"),
    "wallet list": (*_CARD, "title", "month", "state", "checked_at"),
    "wallet show": (*_CARD, "claims", "copies", "unseen_copies", "expires_at"),
    "wallet present": (
        "shown",
        "asker",
        "certificates",
        "continue_at",
        "continue_refused",
    ),
    "wallet screen": ("id", "claims", "text"),
    "wallet history": ("at", "asker", "outcome", "certificates"),
    "verifier init": ("name", "url", "client_id"),
    "verifier serve": ("url", "port"),
    "verifier trust": ("issuers",),
    "verifier refresh": ("issuers", "problems"),
    "verifier ask": ("id", "request_uri", "result_uri", "result_token"),
    "verifier answer": (
        "id", "standing", "outcome", "ground", "checks", "claims", "report", "wallet_error",
    ),
}  # fmt: skip
"""Members of the JSON of each command that did what it was told; tests compare."""
LISTS = frozenset({"issuer list", "wallet list", "wallet history"})
"""Commands that print an array of such objects."""


def expected() -> str:
    """The text docs/cli.md must have."""
    exits = "".join(f"| {int(code)} | {_MEANINGS[code]} |\n" for code in ExitCode)
    commands = dict(_commands(typer.main.get_command(build(None)), ""))
    shared = {
        one.opts[0]: one for command in commands.values() for one in _options(command, shared=True)
    }
    told = "".join(_option(shared[name]) for name in _SHARED)
    return (
        f"{_INTRODUCTION}{exits}\n| option of several commands | meaning |\n|---|---|\n{told}"
        + "".join("".join(_section(name, command)) for name, command in commands.items())
    )


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    if not children:
        yield name, command
    for child_name, child in children.items():
        yield from _commands(child, f"{name} {child_name}".strip())


def _section(name: str, command: Any) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    own, shared = _options(command, shared=False), _options(command, shared=True)
    usage = " ".join([name, *(one.metavar or str(one.name).upper() for one in arguments)])
    yield f"\n## `carnet {usage}`\n{_paragraph(command.help)}\n"
    if own:
        yield "\n| option | meaning |\n|---|---|\n"
        yield from (_option(one) for one in own)
    also = ", ".join(f"`{one.opts[0]}`" for one in shared)
    what = "an array of objects with" if name in LISTS else "an object with"
    members = ", ".join(f"`{member}`" for member in PRINTS[name])
    yield f"\nAlso {also}. Its JSON is {what} {members}.\n"


def _options(command: Any, *, shared: bool) -> list[Any]:
    given = [one for one in command.params if one.param_type_name == "option"]
    visible = [one for one in given if one.name != "help" and not getattr(one, "hidden", False)]
    return sorted(
        (one for one in visible if (one.opts[0] in _SHARED) is shared),
        key=lambda one: one.opts[0] if shared else "",
    )


def _option(one: Any) -> str:
    kind = one.type_descriptor.annotation
    listed = ""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        listed = f" One of: {', '.join(kind)}. Else {one.default}."
    must = " Required." if one.required else ""
    return f"| `{one.opts[0]}` | {_paragraph(one.help)}{listed}{must} |\n"


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
