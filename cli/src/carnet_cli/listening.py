"""The socket a service runs on: handed over by a parent, or bound here."""

import socket

from carnet_cli.failures import UsageFailedError


def listener(*, port: int, socket_fd: int | None, host: str) -> socket.socket:
    """A listening socket.

    Args:
        port: TCP port; with `socket_fd` it is the port that socket already has.
        socket_fd: a bound and listening socket inherited from the parent process.
        host: address to bind to when none is inherited.

    Raises:
        UsageFailedError: the port is taken or may not be used.
    """
    if socket_fd is not None:
        return socket.socket(fileno=socket_fd)
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(512)
    except (OSError, OverflowError):
        bound.close()
        raise UsageFailedError(
            f"Port {port} is in use or may not be used.", hint="Choose another with --port."
        ) from None
    return bound
