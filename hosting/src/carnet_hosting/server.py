"""One server on a socket, until it is told to stop or its parent is gone."""

import gc
import os
import socket
import threading
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from carnet_hosting.connections import bounded_protocol

_MOST_CONNECTIONS: Final = 512
"""Well under the usual 1,024 open files of a process, which the database needs some of."""
_KEEP_ALIVE_SECONDS: Final = 5
"""A connection counts while it is kept: longer, and a class that claims fills them all."""
_REQUEST_SECONDS: Final = 30
"""For the largest body over a bad telephone line."""
_LAST_ANSWERS_SECONDS: Final = 5


def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    announce: Callable[[], None],
    parent_fd: int | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until the parent is gone.

    Addresses of offers are secrets, so no request line is logged (E27), and what a proxy
    says about its peer is not believed.

    Args:
        listener: a bound socket.
        announce: called once, when connections are accepted.
        parent_fd: the reading end of a pipe; when the last writer is gone, so is the service.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="off",
        ws="none",
        proxy_headers=False,
        server_header=False,
        # RFC 9110 section 6.6.1: who has a clock sends `Date`; caches count from it.
        date_header=True,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
        http=bounded_protocol(most=_MOST_CONNECTIONS, seconds=_REQUEST_SECONDS),
        backlog=_MOST_CONNECTIONS,
    )
    server = _AnnouncingServer(config, announce)
    # asyncio sets this only on sockets made with an explicit protocol; without it, header and
    # body of an answer wait 40 ms for each other. Accepted sockets inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # What was loaded until here stays: collecting garbage need not look at it again, which
    # doubles the cost of an answer made to cost much.
    gc.freeze()
    if parent_fd is not None:
        threading.Thread(target=_end_with_parent, args=(server, parent_fd), daemon=True).start()
    server.run(sockets=[listener])


class _AnnouncingServer(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def _end_with_parent(server: uvicorn.Server, parent_fd: int) -> None:
    while os.read(parent_fd, 4096):
        continue
    server.should_exit = True
