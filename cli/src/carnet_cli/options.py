"""Options that several commands share, spelled and explained once."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON text on stdout.")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="First line is the passphrase. Else CARNET_PASSPHRASE, else a prompt.",
    ),
]
AllowLoopbackHttp = Annotated[
    bool,
    typer.Option(
        "--allow-loopback-http",
        help="For trying: allow http://localhost. Also CARNET_ALLOW_LOOPBACK_HTTP=1.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        help="For trying: PEM roots in place of the system's. Also CARNET_CA_FILE.",
    ),
]
SocketFd = Annotated[
    int | None, typer.Option("--socket-fd", hidden=True, help="A bound socket handed over.")
]
ParentFd = Annotated[
    int | None, typer.Option("--parent-fd", hidden=True, help="End when this pipe closes.")
]
