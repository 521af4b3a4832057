"""The one hardened HTTP client (extra `http`): everything Carnet reads or posts goes through it.

https only, vetted addresses only, one deadline for the whole call, a cap on the body both
as received and as decoded, no content coding but one that was asked for, and nothing
ambient: no proxy or certificate variables, no netrc, no cookies, no credentials, no
`Referer`. Built on `httpcore2` itself, below the layer of `httpx2` where such conveniences
would have to be switched off one by one.
"""

import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin

import httpcore2

from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetched, FetchFailedError, Posted
from carnet_securing.limits import PRESENTATION, Limits
from carnet_securing.network import Deadline, Resolve, VettedBackend, system_resolver
from carnet_securing.urls import CheckedUrl, check_url

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_USER_AGENT: Final = "carnet"
# Token Status List section 8 has servers pack them; everything else is asked for as it is.
_MAY_BE_PACKED: Final = frozenset({"application/statuslist+jwt"})
_MAX_CONNECTIONS: Final = 20
_KEEPALIVE_SECONDS: Final = 2.0  # below the five seconds after which common servers hang up


class HttpFetch:
    """`Fetch` and `Post` over real sockets; a context manager whose connections are reused.

    Safe to share between threads. Make one for the life of a process or of a command.
    """

    def __init__(
        self,
        *,
        loopback_http: bool = False,
        ca_file: Path | None = None,
        loopback_hosts: Collection[str] = (),
        limits: Limits = PRESENTATION,
        resolve: Resolve = system_resolver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a client; no connection is opened yet.

        Args:
            loopback_http: allow http and https to `localhost`, 127.0.0.1 and ::1, which
                then must be this machine. For trying and testing (DESIGN 4.10).
            ca_file: PEM roots that replace the system's. For a test authority.
            loopback_hosts: hosts that may, and then must, be this machine, over https
                only. Needs `ca_file`, so that no public certificate can ever vouch for
                a service of this machine.
            limits: `fetch_timeout` bounds each call with all its redirects.
            resolve: how a host's addresses are found.
            clock: a clock that never goes back, in seconds.

        Raises:
            ValueError: `loopback_hosts` without `ca_file`.
            OSError: when `ca_file` cannot be read.
        """
        if loopback_hosts and ca_file is None:
            raise ValueError("loopback_hosts needs ca_file")
        self._loopback_http = loopback_http
        self._loopback_hosts = frozenset(loopback_hosts)
        self._seconds = limits.fetch_timeout
        self._deadline = Deadline(clock)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_system_tls() if ca_file is None else _tls(ca_file),
            max_connections=_MAX_CONNECTIONS,
            keepalive_expiry=_KEEPALIVE_SECONDS,
            network_backend=VettedBackend(
                deadline=self._deadline,
                loopback_http=loopback_http,
                loopback_hosts=self._loopback_hosts,
                resolve=resolve,
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every pooled connection."""
        self._pool.close()

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """Fetch a document; a redirect target is checked like the first URL.

        Raises:
            FetchFailedError: `fetch_failed` for an answer other than 200.
            UndeterminedError: `fetch_blocked` for a URL or address that may not be opened or
                one redirect too many; `fetch_too_large`; `fetch_failed` for everything else.
        """
        self._deadline.start(self._seconds)
        checked = self._check(url)
        for _ in range(max_redirects + 1):
            status, headers, body = self._send("GET", checked, _headers(accept), None, max_bytes)
            if status == 200:
                return Fetched(
                    url=checked.text,
                    media_type=_media_type(headers),
                    unverified_body=body,
                    headers=headers,
                )
            if status not in _REDIRECTS or "location" not in headers:
                raise FetchFailedError(
                    ErrorKind.FETCH_FAILED,
                    "A web address did not give the document.",
                    status=status,
                )
            checked = self._redirected(checked, headers["location"])
        raise _blocked("A web address leads on to other addresses too often.")

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> Posted:
        """Post a message; every status is an answer, and redirects are not followed.

        Raises:
            UndeterminedError: `fetch_blocked`, `fetch_failed` or `fetch_too_large`.
        """
        self._deadline.start(self._seconds)
        sent = {**_headers(accept), "Content-Type": content_type, **(headers or {})}
        status, received, answer = self._send("POST", self._check(url), sent, body, max_bytes)
        return Posted(
            status=status,
            media_type=_media_type(received),
            unverified_body=answer,
            headers=received,
        )

    def check(self, url: str) -> None:
        """Say whether `get` and `post` would open `url`, as far as its text tells.

        Raises:
            UndeterminedError: `fetch_blocked`.
        """
        self._check(url)

    def _check(self, url: str) -> CheckedUrl:
        return check_url(
            url, loopback_http=self._loopback_http, loopback_hosts=self._loopback_hosts
        )

    def _redirected(self, origin: CheckedUrl, location: str) -> CheckedUrl:
        try:
            target = self._check(urljoin(origin.text, location))
        except ValueError:
            raise _blocked("A web address leads to a malformed one.") from None
        downgraded = origin.scheme == "https" and target.scheme != "https"
        if downgraded or (target.loopback and not origin.loopback):
            raise _blocked("A web address leads to a less safe one.")
        return target

    def _send(
        self,
        method: str,
        url: CheckedUrl,
        headers: Mapping[str, str],
        body: bytes | None,
        max_bytes: int,
    ) -> tuple[int, dict[str, str], bytes]:
        """One request and its whole answer. The body of a refused answer is not read."""
        target = httpcore2.URL(
            scheme=url.scheme, host=url.host, port=url.port, target=url.target.encode("ascii")
        )
        fields = {"Host": url.origin.partition("://")[2], **headers}
        waits = {"pool": self._seconds}
        try:
            with self._pool.stream(
                method,
                target,
                headers=[(n.encode("ascii"), v.encode("latin-1")) for n, v in fields.items()],
                content=body,
                extensions={"timeout": waits},
            ) as response:
                received = _received(response.headers)
                if method == "GET" and response.status != 200:
                    return response.status, received, b""
                _check_coding(received, asked=headers["Accept-Encoding"])
                chunks = _bounded(response.iter_stream(), max_bytes)
                return response.status, received, _decode(chunks, received, max_bytes)
        except UndeterminedError:
            raise
        except httpcore2.TimeoutException:
            raise _failed("A web address did not answer in time.") from None
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.UnsupportedProtocol,
            OSError,
            ValueError,
        ):
            raise _failed("A web address could not be reached.") from None


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    # Not create_default_context(): that one obeys SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(cafile=str(ca_file))
    return context


@lru_cache(maxsize=1)
def _system_tls() -> ssl.SSLContext:
    """Loading the system's roots takes about 20 ms; one context serves every client."""
    return _tls(None)


def _headers(accept: str) -> dict[str, str]:
    return {
        "Accept": accept,
        "Accept-Encoding": "gzip" if accept in _MAY_BE_PACKED else "identity",
        "User-Agent": _USER_AGENT,
    }


def _received(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; the first of a repeated one counts."""
    headers: dict[str, str] = {}
    for name, value in raw:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return headers


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _bounded(chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > max_bytes:
            raise _too_large()
        yield chunk


def _coding(headers: Mapping[str, str]) -> str:
    return headers.get("content-encoding", "identity").strip().lower()


def _check_coding(headers: Mapping[str, str], *, asked: str) -> None:
    """Refuse a packed body nobody asked for before a byte of it is read."""
    coding = "gzip" if _coding(headers) == "x-gzip" else _coding(headers)
    if coding not in ("identity", asked):
        raise _failed("A web address answers in a coding nobody asked for.")


def _decode(chunks: Iterator[bytes], headers: Mapping[str, str], max_bytes: int) -> bytes:
    """Undo the content coding under the same cap."""
    if _coding(headers) == "identity":
        return b"".join(chunks)
    body = bytearray()
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        for chunk in chunks:
            body += inflate.decompress(chunk, max_bytes + 1 - len(body))
            if len(body) > max_bytes:
                raise _too_large()
    except zlib.error:
        raise _failed("A web address answers with damaged data.") from None
    if not inflate.eof or inflate.unused_data:
        raise _failed("A web address answers with damaged data.")
    return bytes(body)


def _failed(message: str) -> UndeterminedError:
    return UndeterminedError(ErrorKind.FETCH_FAILED, message)


def _blocked(message: str) -> UndeterminedError:
    return UndeterminedError(ErrorKind.FETCH_BLOCKED, message)


def _too_large() -> UndeterminedError:
    return UndeterminedError(ErrorKind.FETCH_TOO_LARGE, "A web address answers with too much data.")
