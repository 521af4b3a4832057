"""The only place that opens a socket: vetted addresses, and one deadline for each call.

An `httpcore2` network backend. The host is resolved once, every address is checked, and
the connection goes to a checked address, so that a name which answers differently the
second time (DNS rebinding) gains nothing. TLS still verifies the host name.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

import httpcore2

from carnet_securing.urls import LOOPBACK_HOSTS, check_address

Resolve = Callable[[str, int], Sequence[str]]
"""Numeric addresses of a host, in the order to try them; raises `OSError` when there are none."""

_MAX_ADDRESSES: Final = 4
_WRITE_BYTES: Final = 16 * 1024


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the operating system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class Deadline(threading.local):
    """When the call of this thread must be over; a call is one request with its redirects."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._at = 0.0

    def start(self, seconds: float) -> None:
        """Give the calling thread `seconds` from now on."""
        self._at = self._clock() + seconds

    def left(self, error: type[httpcore2.TimeoutException]) -> float:
        """Seconds left, always positive.

        Raises:
            httpcore2.TimeoutException: `error`, when none are.
        """
        left = self._at - self._clock()
        if left <= 0:
            raise error
        return left


class VettedBackend(httpcore2.NetworkBackend):
    """Connects to checked addresses only, and hands out streams that keep the deadline."""

    def __init__(
        self,
        *,
        deadline: Deadline,
        loopback_http: bool,
        loopback_hosts: Collection[str],
        resolve: Resolve,
    ) -> None:
        self._deadline = deadline
        self._loopback = frozenset(loopback_hosts) | (LOOPBACK_HOSTS if loopback_http else set())
        self._resolve = resolve
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline of the call replaces it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Resolve, check every address, then connect to the first that answers.

        Raises:
            UndeterminedError: `fetch_blocked` when any of the addresses is forbidden.
            httpcore2.ConnectError: when no address answers.
        """
        addresses = self._addresses(host, port)
        for address in addresses:
            check_address(address, loopback=host in self._loopback)
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                stream = self._inner.connect_tcp(
                    address,
                    port,
                    timeout=self._deadline.left(httpcore2.ConnectTimeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except httpcore2.ConnectError:
                continue
            return _DeadlineStream(stream, self._deadline)
        raise httpcore2.ConnectError

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        found: list[Sequence[str]] = []

        def ask() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, UnicodeError):
                return

        asking = threading.Thread(target=ask, daemon=True, name="resolve")
        asking.start()
        asking.join(self._deadline.left(httpcore2.ConnectTimeout))
        if asking.is_alive():
            raise httpcore2.ConnectTimeout
        if not found:
            raise httpcore2.ConnectError
        return found[0]


class _DeadlineStream(httpcore2.NetworkStream):
    """A stream whose every wait ends with the call, however slowly the far side drips."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        return self._inner.read(max_bytes, self._deadline.left(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        for start in range(0, len(buffer), _WRITE_BYTES):
            piece = buffer[start : start + _WRITE_BYTES]
            self._inner.write(piece, self._deadline.left(httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(
            ssl_context, server_hostname, self._deadline.left(httpcore2.ConnectTimeout)
        )
        return _DeadlineStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
