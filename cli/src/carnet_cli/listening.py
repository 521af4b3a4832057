"""The socket a service runs on: handed over by a parent, or bound here."""

import socket
from typing import Final

from carnet_securing.errors import CarnetError, ErrorKind

_BACKLOG: Final = 512


class PortUnavailableError(CarnetError):
    """The service cannot listen where it was told to."""


def listener(*, port: int, socket_fd: int | None, host: str) -> socket.socket:
    """A listening socket.

    Args:
        port: TCP port, 0 for any; of no effect with `socket_fd`.
        socket_fd: a bound socket inherited from the parent process.
        host: address to bind to when none is inherited, IPv4 or IPv6.

    Raises:
        PortUnavailableError: `unavailable`, the port is taken or may not be used.
    """
    if socket_fd is not None:
        return socket.socket(fileno=socket_fd)
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        reason = (error.strerror or "the address is not known").lower()
        raise PortUnavailableError(
            ErrorKind.UNAVAILABLE,
            f"Port {port} of {host} cannot be used: {reason}.",
            hint="Stop what uses it, or choose another with --port or --host.",
        ) from None
    return bound


def said_of(bound: socket.socket, url: str) -> tuple[dict[str, object], str]:
    """What a service says once it listens, as data and for a person."""
    port = bound.getsockname()[1]
    return (
        {"url": url, "port": port},
        f"Listening for {url} on port {port}. Ctrl-C ends it.",
    )
