"""The hardened client on good days; tests/attacks/test_fetch_attacks.py has the bad ones."""

import gzip
import pickle
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetched, FetchFailedError
from carnet_securing.fetch_budget import Budgeted
from carnet_securing.fetch_http import HttpFetch
from carnet_securing.limits import PRESENTATION
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE
from support.certificates import write_server_files
from support.hostile_server import (
    Connection,
    HostileServer,
    Received,
    answer,
    endless,
    redirect,
)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def fetch() -> Iterator[HttpFetch]:
    with HttpFetch(loopback_http=True) as client:
        yield client


def get(fetch: HttpFetch, url: str, max_bytes: int = 1000, max_redirects: int = 0) -> Fetched:
    return fetch.get(
        url, accept="application/json", max_bytes=max_bytes, max_redirects=max_redirects
    )


def post(fetch: HttpFetch, url: str, max_bytes: int = 1000) -> tuple[int, bytes]:
    posted = fetch.post(
        url,
        body=b"grant_type=x",
        content_type="application/x-www-form-urlencoded",
        accept="application/json",
        max_bytes=max_bytes,
    )
    return posted.status, posted.unverified_body


def test_a_document_comes_with_its_media_type(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/a?b=c", answer(body=b"{}", media_type="Application/JSON ; charset=utf-8"))

    fetched = get(fetch, server.url("/a?b=c"))

    assert fetched.unverified_body == b"{}"
    assert fetched.media_type == "application/json"
    assert fetched.url == server.url("/a?b=c")
    assert fetched.headers["content-length"] == "2"
    request = server.requests[0]
    assert (request.method, request.target) == ("GET", "/a?b=c")
    assert request.headers["host"] == f"localhost:{server.port}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "identity"


def test_a_document_of_exactly_the_limit_passes(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/", answer(body=b"x" * 1000))

    assert len(get(fetch, server.url("/")).unverified_body) == 1000


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "identity"])
def test_a_status_list_may_come_packed(
    server: HostileServer, fetch: HttpFetch, coding: str
) -> None:
    body = b"x" * 1000
    packed = body if coding == "identity" else gzip.compress(body)
    server.on("/", answer(body=packed, headers={"Content-Encoding": coding}))

    fetched = fetch.get(server.url("/"), accept=STATUS_LIST_MEDIA_TYPE, max_bytes=1000)

    assert fetched.unverified_body == body
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_an_empty_document_is_a_document(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/", answer(body=b""))

    assert get(fetch, server.url("/"), max_bytes=0).unverified_body == b""


def test_a_connection_is_used_again(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/", answer(body=b"{}"))

    for _ in range(5):
        get(fetch, server.url("/"))
    post(fetch, server.url("/"))

    assert len(server.requests) == 6
    assert server.connections == 1


def test_a_refused_answer_does_not_spoil_the_next(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/bad", endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
    server.on("/", answer(body=b"{}"))

    for _ in range(3):
        with pytest.raises(UndeterminedError):
            get(fetch, server.url("/bad"))
        assert get(fetch, server.url("/")).unverified_body == b"{}"


def test_a_host_with_several_addresses_is_tried_in_order(server: HostileServer) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        return ["::1", "127.0.0.9", "127.0.0.1"]

    server.on("/", answer(body=b"{}"))
    with HttpFetch(loopback_http=True, resolve=resolve) as fetch:
        assert get(fetch, server.url("/")).unverified_body == b"{}"


def nowhere(_host: str, _port: int) -> Sequence[str]:
    return []


def unknown(_host: str, _port: int) -> Sequence[str]:
    raise OSError("no such name")


def unwritable(_host: str, _port: int) -> Sequence[str]:
    raise UnicodeError("no such label")


@pytest.mark.parametrize("resolve", [nowhere, unknown, unwritable])
def test_a_name_that_cannot_be_resolved_is_a_failed_fetch(
    resolve: Callable[[str, int], Sequence[str]],
) -> None:
    with HttpFetch(resolve=resolve) as fetch, pytest.raises(UndeterminedError) as caught:
        get(fetch, "https://issuer.example/")

    assert caught.value.kind is ErrorKind.FETCH_FAILED


def test_a_redirect_may_be_relative(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/a/b", redirect("../c?d=1"))
    server.on("/c?d=1", answer(body=b"{}"))

    assert get(fetch, server.url("/a/b"), max_redirects=1).url == server.url("/c?d=1")


def test_a_redirect_may_lead_to_another_checked_host(
    server: HostileServer, fetch: HttpFetch
) -> None:
    with HostileServer() as other:
        server.on("/", redirect(other.url("/list", host="127.0.0.1")))
        other.on("/list", answer(body=b"{}"))

        assert get(fetch, server.url("/"), max_redirects=1).unverified_body == b"{}"


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 403, 500])
def test_a_post_gives_any_status_with_its_body(
    server: HostileServer, fetch: HttpFetch, status: int
) -> None:
    body = b"" if status == 204 else b'{"error":"invalid_grant"}'
    server.on("/token", answer(status, body, headers={"Location": "/elsewhere"}))

    assert post(fetch, server.url("/token")) == (status, body)
    assert len(server.requests) == 1
    assert server.requests[0].body == b"grant_type=x"
    assert server.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_the_answer_to_a_post_is_bounded(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/", answer(400, b"x" * 1001))

    with pytest.raises(UndeterminedError) as caught:
        post(fetch, server.url("/"))

    assert caught.value.kind is ErrorKind.FETCH_TOO_LARGE


def test_a_large_body_is_posted_whole(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/", answer(200, b"{}"))
    body = bytes(range(256)) * 4096

    fetch.post(
        server.url("/"),
        body=body,
        content_type="application/octet-stream",
        accept="application/json",
        max_bytes=100,
    )

    assert server.requests[0].body == body


def test_nobody_listening_is_a_failed_fetch(fetch: HttpFetch) -> None:
    with HostileServer() as gone:
        url = gone.url("/")

    with pytest.raises(UndeterminedError) as caught:
        get(fetch, url)

    assert caught.value.kind is ErrorKind.FETCH_FAILED


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "issuer.example"])
def test_https_on_this_machine_under_a_test_authority(tmp_path: Path, host: str) -> None:
    root_file, server_file = write_server_files(tmp_path, dns=["localhost", "issuer.example"])
    with (
        HostileServer(server_file=server_file) as server,
        HttpFetch(
            ca_file=root_file,
            loopback_hosts={"localhost", "127.0.0.1", "issuer.example"},
            resolve=lambda _host, _port: ["127.0.0.1"],
        ) as fetch,
    ):
        server.on("/", answer(body=b"{}"))

        assert get(fetch, server.url("/", host=host)).unverified_body == b"{}"


def test_a_server_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    _, server_file = write_server_files(tmp_path)
    with (
        HostileServer(server_file=server_file) as server,
        HttpFetch(loopback_http=True) as fetch,
    ):
        server.on("/", answer(body=b"{}"))
        with pytest.raises(UndeterminedError) as caught:
            get(fetch, server.url("/"))

        assert caught.value.kind is ErrorKind.FETCH_FAILED
        assert server.requests == []


def test_loopback_hosts_do_not_allow_plain_http(tmp_path: Path, server: HostileServer) -> None:
    root_file, _ = write_server_files(tmp_path)
    with (
        HttpFetch(ca_file=root_file, loopback_hosts={"localhost"}) as fetch,
        pytest.raises(UndeterminedError) as caught,
    ):
        get(fetch, server.url("/"))

    assert caught.value.kind is ErrorKind.FETCH_BLOCKED
    assert server.requests == []


def test_one_client_serves_many_threads_each_with_its_own_deadline(server: HostileServer) -> None:
    release = threading.Event()

    def held(_request: Received, connection: Connection) -> bool:
        release.wait(10)
        return answer(body=b"held")(_request, connection)

    server.on("/held", held)
    server.on("/", answer(body=b"{}"))
    bodies: list[bytes] = []
    with HttpFetch(loopback_http=True) as fetch:
        waiting = threading.Thread(
            target=lambda: bodies.append(get(fetch, server.url("/held")).unverified_body)
        )
        waiting.start()
        threads = [
            threading.Thread(
                target=lambda: bodies.append(get(fetch, server.url("/")).unverified_body)
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        release.set()
        waiting.join()

    assert sorted(bodies) == [b"held"] + [b"{}"] * 8


def test_the_deadline_is_kept_by_the_clock_that_was_given(server: HostileServer) -> None:
    """Each look at the clock costs a second here: a drip ends after a few of them."""
    ticks = iter(range(1_000_000))
    server.on("/", endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x"))
    with (
        HttpFetch(loopback_http=True, clock=lambda: float(next(ticks))) as fetch,
        pytest.raises(UndeterminedError) as caught,
    ):
        get(fetch, server.url("/"), max_bytes=10_000_000)

    assert caught.value.kind is ErrorKind.FETCH_FAILED
    assert next(ticks) < 20


class Recorded:
    """A `Fetch` over a table."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        self.asked.append(url)
        return Fetched(url=url, media_type=accept, unverified_body=b"")


def test_a_verification_has_so_many_fetches_and_no_more() -> None:
    inner = Recorded()
    budgeted = Budgeted(inner, replace(PRESENTATION, fetches_per_verification=2))

    for number in range(2):
        budgeted.get(f"https://h.example/{number}", accept="*/*", max_bytes=1)
    with pytest.raises(UndeterminedError) as caught:
        budgeted.get("https://h.example/2", accept="*/*", max_bytes=1)

    assert caught.value.kind is ErrorKind.FETCH_BLOCKED
    assert len(inner.asked) == 2


def test_a_verification_has_so_much_time_for_fetches() -> None:
    now = [100.0]
    inner = Recorded()
    budgeted = Budgeted(inner, PRESENTATION, clock=lambda: now[0])

    now[0] += PRESENTATION.verification_fetch_timeout - 0.001
    budgeted.get("https://h.example/", accept="*/*", max_bytes=1)
    now[0] += 0.001
    with pytest.raises(UndeterminedError) as caught:
        budgeted.get("https://h.example/", accept="*/*", max_bytes=1)

    assert caught.value.kind is ErrorKind.FETCH_BLOCKED


def test_a_budget_of_zero_allows_nothing() -> None:
    budgeted = Budgeted(Recorded(), replace(PRESENTATION, fetches_per_verification=0))

    with pytest.raises(UndeterminedError):
        budgeted.get("https://h.example/", accept="*/*", max_bytes=1)


@pytest.mark.parametrize("status", [201, 400, 404, 410, 500])
def test_a_document_that_is_not_given_says_with_which_status(
    server: HostileServer, fetch: HttpFetch, status: int
) -> None:
    server.on("/gone", answer(status, b'{"error":"a secret of the far side"}'))

    with pytest.raises(FetchFailedError) as caught:
        get(fetch, server.url("/gone"))

    assert (caught.value.kind, caught.value.status) == (ErrorKind.FETCH_FAILED, status)
    assert "secret" not in repr(vars(caught.value))
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made two lines above
    assert (type(again), again.status, again.kind) == (FetchFailedError, status, caught.value.kind)


def test_no_answer_at_all_has_no_status(fetch: HttpFetch) -> None:
    with pytest.raises(UndeterminedError) as caught:
        get(fetch, "http://localhost:1/")

    assert not isinstance(caught.value, FetchFailedError)
