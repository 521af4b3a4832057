"""A loopback HTTP server that misbehaves on purpose, on real sockets, and a socket watch.

Each path is given a behaviour: a function that writes what it wants to the connection.
Endless ones end when the server is closed, through one event; nothing sleeps.
"""

import gzip
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_MAX_HEAD = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as it came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """What a behaviour can do to the client."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self._sock = sock
        self._stopping = stopping
        self.received: list[bytes] = []

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Wait until the server is closed, at most `seconds`; True when it is closed."""
        return self._stopping.wait(seconds)

    def until_closed(self) -> None:
        self._stopping.wait()


Behaviour = Callable[[Received, Connection], bool]
"""Returns whether the connection stays open for another request."""


def answer(
    status: int = 200,
    body: bytes = b"",
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Behaviour:
    """A whole, well-formed answer."""

    def behave(_request: Received, connection: Connection) -> bool:
        fields = {
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        connection.send(head.encode("latin-1") + b"\r\n" + body)
        return True

    return behave


def redirect(location: str, status: int = 302) -> Behaviour:
    """Send the client elsewhere."""
    return answer(status, headers={"Location": location})


def raw(*pieces: bytes) -> Behaviour:
    """Send exactly these bytes and hang up."""

    def behave(_request: Received, connection: Connection) -> bool:
        for piece in pieces:
            connection.send(piece)
        return False

    return behave


def silent(head: bytes = b"") -> Behaviour:
    """Send `head`, then nothing, for ever."""

    def behave(_request: Received, connection: Connection) -> bool:
        connection.send(head)
        connection.until_closed()
        return False

    return behave


def drip(head: bytes, every: float = 0.01) -> Behaviour:
    """Send `head`, then one byte at a time, for ever: each read succeeds, none completes."""

    def behave(_request: Received, connection: Connection) -> bool:
        connection.send(head)
        while not connection.pause(every):
            connection.send(b"x")
        return False

    return behave


def endless(head: bytes, piece: bytes = b"10000\r\n" + b"x" * 0x10000 + b"\r\n") -> Behaviour:
    """Send `head`, then `piece` again and again as fast as it is taken."""

    def behave(_request: Received, connection: Connection) -> bool:
        connection.send(head)
        while not connection.pause(0):
            connection.send(piece)
        return False

    return behave


def gzip_bomb(megabytes: int) -> Behaviour:
    """A small gzip body that unpacks to `megabytes` MiB."""
    return answer(
        200, gzip.compress(bytes(megabytes << 20), 9), headers={"Content-Encoding": "gzip"}
    )


class HostileServer:
    """Listens on 127.0.0.1; a context manager."""

    def __init__(self, *, server_file: Path | None = None) -> None:
        """Bind a free port, with TLS when a PEM chain and key are given."""
        self._context: ssl.SSLContext | None = None
        if server_file is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(server_file)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[Received] = []
        self.connections = 0
        self._behaviours: dict[str, Behaviour] = {}
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        # A blocked accept() only notices when the socket is shut down.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def on(self, path: str, behaviour: Behaviour) -> None:
        """Behave like this for `path` (the target, with its query)."""
        self._behaviours[path] = behaviour

    def url(self, path: str, *, host: str = "localhost") -> str:
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://{host}:{self.port}{path}"

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(lambda sock=sock: self._serve(sock))  # type: ignore[misc]

    def _serve(self, sock: socket.socket) -> None:
        self._open.add(sock)
        try:
            if self._context is not None:
                plain, sock = sock, self._context.wrap_socket(sock, server_side=True)
                self._open.discard(plain)
                self._open.add(sock)
            connection = Connection(sock, self._stopping)
            while (request := self._read(sock)) is not None:
                self.requests.append(request)
                behave = self._behaviours.get(request.target, answer(404))
                if not behave(request, connection):
                    return
        except (OSError, ValueError):
            return
        finally:
            self._open.discard(sock)
            sock.close()

    def _read(self, sock: socket.socket) -> Received | None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = sock.recv(4096)
            if not piece or len(data) > _MAX_HEAD:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        while len(body) < length:
            body += sock.recv(4096)
        return Received(method=method, target=target, headers=headers, body=body)


_watching: list[list[tuple[str, int]]] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _watching:
        return
    address = arguments[1]
    if not isinstance(address, tuple):
        return
    host, port = str(address[0]), int(address[1])
    for seen in _watching:
        seen.append((host, port))
    if host not in ("127.0.0.1", "::1"):
        raise ConnectionRefusedError("tests reach no other machine")


_installed = threading.Event()


@contextmanager
def watched_connections() -> Iterator[list[tuple[str, int]]]:
    """Every address a socket of this process tries to connect to, below all libraries.

    Attempts to leave this machine are recorded and refused before a packet is sent.
    """
    if not _installed.is_set():
        _installed.set()
        sys.addaudithook(_watch)
    seen: list[tuple[str, int]] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        # By identity: two empty records are equal.
        _watching[:] = [other for other in _watching if other is not seen]
