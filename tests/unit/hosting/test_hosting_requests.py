"""Bodies under a bound, and the headers every answer has."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from carnet_hosting.answers import NO_STORE, SecurityHeaders, json_response
from carnet_hosting.errors import HostingError
from carnet_hosting.requests import media_type, read_body

MOST = 1_000
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


async def read(request: Request) -> Response:
    try:
        body = await read_body(request, max_bytes=MOST)
    except HostingError as error:
        return json_response({"kind": error.kind, "said": error.message}, status=400)
    return json_response({"bytes": len(body), "type": media_type(request)})


async def page(_request: Request) -> Response:
    return Response("page", headers={"Content-Security-Policy": "default-src 'self'"})


async def missing(_request: Request) -> Response:
    raise HTTPException(404)


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = Starlette(
        routes=[
            Route("/", read, methods=["POST"]),
            Route("/page", page),
            Route("/missing", missing),
        ]
    )
    app.add_middleware(SecurityHeaders)
    return TestClient(app)


@pytest.mark.parametrize("size", [0, 1, MOST])
def test_a_body_is_read_whole(client: TestClient, size: int) -> None:
    assert client.post("/", content=b"x" * size).json()["bytes"] == size


def pieces(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * 100


def test_a_body_in_pieces_without_a_length(client: TestClient) -> None:
    assert client.post("/", content=pieces(10)).json()["bytes"] == MOST


@pytest.mark.parametrize(
    ("headers", "count", "kind"),
    [
        ({}, 11, "too_large"),
        ({}, 10_000, "too_large"),
        ({"content-length": "1001"}, 0, "too_large"),
        ({"content-length": "9" * 100}, 0, "too_large"),
        ({"content-length": "²"}, 0, "too_large"),
        ({"content-length": "-1"}, 0, "too_large"),
        ({"content-length": "1e3"}, 0, "too_large"),
        ({"content-length": ""}, 0, "too_large"),
        ({"content-encoding": "gzip"}, 1, "malformed"),
        ({"content-encoding": "identity, br"}, 1, "malformed"),
    ],
)
def test_a_body_that_is_not_read(
    client: TestClient, headers: dict[str, str], count: int, kind: str
) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    answer = client.post("/", content=pieces(count), headers=list(raw.items()))
    assert answer.json()["kind"] == kind


def test_a_body_cut_short() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    import anyio

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(HostingError) as caught:
        anyio.run(lambda: read_body(request, max_bytes=MOST))
    assert caught.value.message == "The request ended early."


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("application/json", ["application/json", ""]),
        ("Application/JSON ; Charset=UTF-8", ["application/json", "charset=utf-8"]),
        ("", ["", ""]),
    ],
)
def test_a_media_type_in_one_spelling(client: TestClient, said: str, found: list[str]) -> None:
    assert client.post("/", headers={"content-type": said}).json()["type"] == found


@pytest.mark.parametrize("path", ["/", "/missing", "/nowhere"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    answer = client.get(path) if path != "/" else client.post(path)
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY


def test_a_page_keeps_its_own_policy(client: TestClient) -> None:
    headers = client.get("/page").headers
    assert headers["content-security-policy"] == "default-src 'self'"
    assert headers["x-content-type-options"] == "nosniff"


def test_json_is_not_stored_unless_that_is_said() -> None:
    assert json_response({}).headers["cache-control"] == NO_STORE["Cache-Control"]
    cached = json_response({"a": "é"}, status=201, headers={"Cache-Control": "max-age=60"})
    assert (cached.status_code, cached.headers["cache-control"]) == (201, "max-age=60")
    assert bytes(cached.body).decode() == '{"a":"é"}'
    assert cached.headers["content-type"] == "application/json"
