"""The in-memory web of `wallet_world`, served on a real loopback socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from carnet_securing.errors import UndeterminedError
from support.wallet_world import WorldWeb

MAX = 10**8


@contextmanager
def served(web: WorldWeb) -> Iterator[str]:
    """Serve what lies under `base` of the web; gives `base`, http://localhost:PORT."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                fetched = web.get(base + self.path, accept="", max_bytes=MAX)
            except UndeterminedError:
                self._answer(404, "text/plain", b"")
            else:
                self._answer(200, fetched.media_type, fetched.unverified_body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                posted = web.post(
                    base + self.path,
                    body=body,
                    content_type=self.headers.get("Content-Type", ""),
                    accept="",
                    max_bytes=MAX,
                    headers=dict(self.headers.items()),
                )
            except UndeterminedError:
                self._answer(503, "text/plain", b"")
            else:
                self._answer(posted.status, posted.media_type, posted.unverified_body)

        def _answer(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            if media_type:
                self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://localhost:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield base
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
