"""`carnet demo`: the whole road between separate processes on this machine.

The parent binds the two sockets and hands them to the services, so that no port
can be lost between choosing and binding. Each wallet step is its own process.
Services and steps end when the pipe they got from the parent closes, which the kernel does
however the parent ends; when the last of them has, a sweeper process removes the folder.
"""

from pathlib import Path
from typing import Annotated

import typer

from carnet_cli import options
from carnet_cli.console import Console
from carnet_cli.demo.road import Road
from carnet_cli.demo.sweeper import sweep
from carnet_cli.demo.words import told


def command(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the services running until Ctrl-C.")
    ] = False,
    sweep_folder: Annotated[Path | None, typer.Option("--sweep", hidden=True)] = None,
    parent_fd: options.ParentFd = None,
    json_output: options.Json = False,
) -> None:
    """Run the road once and print the verifier's answers."""
    if sweep_folder is not None and parent_fd is not None:
        sweep(sweep_folder, parent_fd)
        return
    console = Console(json_output)
    with Road.start(console) as road:
        result = road.travel()
        console.out(result, told(result))
        if keep:
            road.wait(console)
