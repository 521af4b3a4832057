"""One server on a real loopback socket: announced when it accepts, ended with its parent."""

import gc
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from carnet_hosting import server as server_module
from carnet_hosting.server import serve


def who(request: Request) -> Response:
    assert request.client is not None
    return PlainTextResponse(f"{request.client.host} {request.url.scheme}")


APP = Starlette(routes=[Route("/", who)])


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


def test_more_connections_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_MOST_CONNECTIONS", 4)
    with serving() as url, ExitStack() as held:
        for _ in range(3):
            assert held.enter_context(httpx2.Client()).get(url).status_code == 200
        assert httpx2.get(url).status_code == 503
        held.close()
        assert httpx2.get(url).status_code == 200


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
