"""Run the service on a socket: uvicorn, an own refresh timer, and an end with the parent."""

import gc
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn

from carnet_securing.errors import CarnetError
from carnet_securing.fetch_http import HttpFetch
from carnet_verifier.service.facade import Verifier
from carnet_verifier.service.http.app import create_app

_LOG: Final = logging.getLogger(__name__)
REFRESH_SECONDS: Final = 300
"""The `ttl` of our status lists: a timer reads them, never a presentation (ARF VCR_15)."""


def serve(
    verifier: Verifier,
    listener: socket.socket,
    *,
    clock: Callable[[], int],
    announce: Callable[[], None],
    parent_fd: int | None,
    ca_file: Path | None = None,
) -> None:
    """Serve until interrupted, or until the parent is gone.

    Args:
        listener: bound and listening.
        announce: called once the service accepts connections.
        parent_fd: the reading end of a pipe whose closing ends the service.
        ca_file: PEM roots for fetching, in place of the system's.
    """
    config = uvicorn.Config(
        create_app(verifier, clock=clock),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
        limit_concurrency=512,
    )
    # asyncio sets this only on sockets made with an explicit protocol; without it, header and
    # body of an answer wait 40 ms for each other. Accepted sockets inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # What was loaded until here stays: collecting garbage need not look at it again, which
    # doubles the cost of an answer made to cost much.
    gc.freeze()
    server = _AnnouncingServer(config, announce)
    stop = threading.Event()
    refreshing = threading.Thread(
        target=_keep_fresh, args=(verifier, clock, stop, ca_file), daemon=True
    )
    refreshing.start()
    if parent_fd is not None:
        threading.Thread(target=_end_with, args=(parent_fd, server), daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        stop.set()
        verifier.close()


class _AnnouncingServer(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def _keep_fresh(
    verifier: Verifier, clock: Callable[[], int], stop: threading.Event, ca_file: Path | None
) -> None:
    loopback_http = verifier.settings.allow_loopback_http
    with HttpFetch(loopback_http=loopback_http, ca_file=ca_file) as fetch:
        while True:
            try:
                verifier.refresh(fetch, now=clock())
                verifier.forget(now=clock())
            except CarnetError as error:
                _LOG.warning("the refresh did not work: %s", error.kind)
            if stop.wait(REFRESH_SECONDS):
                return


def _end_with(parent_fd: int, server: uvicorn.Server) -> None:
    while os.read(parent_fd, 4096):
        continue
    server.should_exit = True
