"""One server on a real loopback socket: announced when it accepts, ended with its parent."""

import gc
import os
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from carnet_hosting import server as server_module
from carnet_hosting.errors import HostingError
from carnet_hosting.requests import read_body
from carnet_hosting.server import serve


async def who(request: Request) -> Response:
    assert request.client is not None
    try:
        await read_body(request, max_bytes=100)
    except HostingError:
        return PlainTextResponse("cut short", status_code=400)
    return PlainTextResponse(f"{request.client.host} {request.url.scheme}")


APP = Starlette(routes=[Route("/", who, methods=["GET", "POST"])])


@pytest.fixture(autouse=True)
def _thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


@contextmanager
def serving() -> Iterator[str]:
    """Serve until the block ends, then close the parent's end of the pipe."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    reading, writing = os.pipe()
    ready = threading.Event()
    thread = threading.Thread(
        target=serve, args=(APP, listener), kwargs={"announce": ready.set, "parent_fd": reading}
    )
    thread.start()
    try:
        assert ready.wait(10)
        yield url
    finally:
        os.close(writing)
        thread.join(10)
        listener.close()
        os.close(reading)
    assert not thread.is_alive()


def test_it_is_announced_once_and_only_when_it_accepts() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    place = listener.getsockname()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place)
    found: list[object] = []
    reading, writing = os.pipe()

    def announce() -> None:
        with socket.create_connection(place):
            found.append("accepted")
        os.close(writing)

    serve(APP, listener, announce=announce, parent_fd=reading)
    assert found == ["accepted"]
    os.close(reading)


def test_an_announcement_that_fails_ends_it() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))

    def announce() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        serve(APP, listener, announce=announce)
    listener.close()


def test_an_answer_says_when_and_not_by_what() -> None:
    with serving() as url:
        headers = httpx2.get(url).headers
    assert headers["date"].endswith("GMT")
    assert "server" not in headers


def test_what_a_proxy_says_of_its_peer_is_not_believed() -> None:
    said = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    with serving() as url:
        assert httpx2.get(url, headers=said).text == "127.0.0.1 http"


def test_no_address_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as url:
        assert httpx2.get(f"{url}/offers/a-secret").status_code == 404
    said = capfd.readouterr()
    assert "a-secret" not in said.out + said.err


PARTS = [
    b"",
    b"G",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
]


def connected(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize("part", PARTS)
def test_E16_those_who_say_nothing_shut_nobody_out(
    monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr(server_module, "_MOST_CONNECTIONS", 4)
    with serving() as url, ExitStack() as held:
        idle = [held.enter_context(connected(url)) for _ in range(4)]
        for each in idle:
            each.sendall(part)
        assert [httpx2.get(url).status_code for _ in range(3)] == [200] * 3
        # The one that waited longest gave its place.
        assert idle[0].recv(1) == b""


def test_E16_of_many_who_come_in_one_moment_no_more_stay_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "_MOST_CONNECTIONS", 4)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    reading, writing = os.pipe()
    with ExitStack() as held:
        # All of them wait in the kernel, and are accepted in one turn of the loop.
        crowd = [
            held.enter_context(socket.create_connection(listener.getsockname(), timeout=10))
            for _ in range(12)
        ]
        thread = threading.Thread(
            target=serve,
            args=(APP, listener),
            kwargs={"announce": lambda: None, "parent_fd": reading},
        )
        thread.start()
        # Whoever came first gave the place; abort resets, or ends, the connection.
        for each in crowd[:8]:
            with suppress(ConnectionResetError):
                assert each.recv(1) == b""
        for each in crowd[8:]:
            each.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert each.recv(15) == b"HTTP/1.1 200 OK"
        os.close(writing)
        thread.join(10)
    listener.close()
    os.close(reading)


def test_E16_those_who_are_kept_after_an_answer_give_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "_MOST_CONNECTIONS", 4)
    with serving() as url, ExitStack() as held:
        kept = [held.enter_context(httpx2.Client()) for _ in range(6)]
        for _ in range(2):
            assert [each.get(url).status_code for each in kept] == [200] * 6


@pytest.mark.parametrize("part", PARTS)
def test_E16_a_request_has_to_arrive_in_time(monkeypatch: pytest.MonkeyPatch, part: bytes) -> None:
    monkeypatch.setattr(server_module, "_REQUEST_SECONDS", 0.2)
    with serving() as url, connected(url) as slow:
        slow.sendall(part)
        assert slow.recv(1) == b""


def test_E16_the_time_begins_anew_with_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_REQUEST_SECONDS", 0.2)
    with serving() as url, connected(url) as kept:
        kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET / HT")
        answer = b"".join(iter(lambda: kept.recv(4_096), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_all_places_may_be_taken_by_those_who_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_MOST_CONNECTIONS", 2)
    busy, free = threading.Semaphore(0), threading.Event()

    def slowly(_request: Request) -> Response:
        busy.release()
        assert free.wait(10)
        return PlainTextResponse("done")

    monkeypatch.setattr(sys.modules[__name__], "APP", Starlette(routes=[Route("/", slowly)]))
    with serving() as url, ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(httpx2.get, url) for _ in range(2)]
        assert busy.acquire(timeout=10)
        assert busy.acquire(timeout=10)
        with connected(url) as late:
            assert late.recv(1) == b""
        free.set()
        assert [answer.result().text for answer in answers] == ["done", "done"]


def test_answers_are_sent_without_waiting() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    reading, writing = os.pipe()
    found: list[int] = []

    def announce() -> None:
        found.append(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        os.close(writing)

    serve(APP, listener, announce=announce, parent_fd=reading)
    os.close(reading)
    assert found == [1]


def test_what_the_parent_says_is_no_end() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    reading, writing = os.pipe()
    answered: list[int] = []

    def ask() -> None:
        answered.append(httpx2.get(url).status_code)
        os.close(writing)

    def announce() -> None:
        os.write(writing, b"x" * 5_000)
        threading.Thread(target=ask).start()

    serve(APP, listener, announce=announce, parent_fd=reading)
    os.close(reading)
    assert answered == [200]
