"""Run the service on a socket, with a timer beside it that keeps its lookups fresh."""

import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from carnet_hosting import server
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
        listener, announce, parent_fd: as `carnet_hosting.server.serve` takes them.
        ca_file: PEM roots for fetching, in place of the system's.
    """
    app = create_app(verifier, clock=clock)
    stop = threading.Event()
    refreshing = threading.Thread(
        target=_keep_fresh, args=(verifier, clock, stop, ca_file), daemon=True
    )
    refreshing.start()
    try:
        server.serve(app, listener, announce=announce, parent_fd=parent_fd)
    finally:
        stop.set()
        verifier.close()


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
