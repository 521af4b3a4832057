"""Run the application on a socket until it is told to stop, or its parent is gone."""

import os
import socket
import threading
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.types import ASGIApp

_KEEP_ALIVE_SECONDS: Final = 15
_BACKLOG: Final = 512


def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    on_ready: Callable[[], None],
    parent_fd: int | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Addresses of offers are secrets, so no request line is logged (E27), and what a proxy
    says about its peer is not believed.

    Args:
        listener: a bound socket.
        on_ready: called once, when the socket is listening.
        parent_fd: the reading end of a pipe; when the last writer is gone, so is the service.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
        backlog=_BACKLOG,
        ws="none",
    )
    server = uvicorn.Server(config)
    # asyncio sets this only on sockets made with an explicit protocol; without it, header and
    # body of an answer wait 40 ms for each other. Accepted sockets inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.listen(_BACKLOG)
    if parent_fd is not None:
        threading.Thread(target=_end_with_parent, args=(server, parent_fd), daemon=True).start()
    on_ready()
    server.run(sockets=[listener])


def _end_with_parent(server: uvicorn.Server, parent_fd: int) -> None:
    while os.read(parent_fd, 1):
        pass
    server.should_exit = True
