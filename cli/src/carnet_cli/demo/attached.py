"""A step of the demo as a process that ends when the demo does, whatever it is doing then."""

import os
import threading

_ENDED = 1


def run(parent_fd: int) -> None:
    """Run `carnet` until it is done, or until nobody holds the writing end of `parent_fd`."""
    threading.Thread(target=_end_with, args=(parent_fd,), daemon=True).start()
    from carnet_cli.entry import run as run_carnet  # noqa: PLC0415 - the thread comes first

    run_carnet()


def _end_with(parent_fd: int) -> None:
    while os.read(parent_fd, 4096):
        continue
    os._exit(_ENDED)
