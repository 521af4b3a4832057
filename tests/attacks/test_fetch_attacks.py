"""Attacks on fetching: rows V14 to V17, W15, W16, T16 and T17 of the threat catalogue.

Real sockets on loopback. `watched_connections` sees every address below all libraries, and
refuses those of other machines before a packet leaves.
"""

import gzip
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from carnet_securing import status_list
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetched
from carnet_securing.fetch_http import HttpFetch
from carnet_securing.limits import PRESENTATION
from carnet_securing.urls import check_url
from support.certificates import write_server_files
from support.hostile_server import (
    Behaviour,
    Connection,
    HostileServer,
    Received,
    answer,
    drip,
    endless,
    gzip_bomb,
    raw,
    redirect,
    silent,
    watched_connections,
)

PUBLIC = "93.184.215.14"
HASTY = replace(PRESENTATION, fetch_timeout=0.25)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def fetch() -> Iterator[HttpFetch]:
    with HttpFetch(loopback_http=True, limits=PRESENTATION) as client:
        yield client


def get(fetch: HttpFetch, url: str, max_bytes: int = 1000, max_redirects: int = 0) -> Fetched:
    return fetch.get(
        url, accept="application/json", max_bytes=max_bytes, max_redirects=max_redirects
    )


def refusal(fetch: HttpFetch, url: str, max_bytes: int = 1000, max_redirects: int = 0) -> ErrorKind:
    with pytest.raises(UndeterminedError) as caught:
        get(fetch, url, max_bytes, max_redirects)
    return caught.value.kind


class Resolver:
    """Answers with the next list of addresses each time, and the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


# Row V14, redirects


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/",
        "https://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://public.example/",
        "https://user@public.example/",
        "https://intranet/",
        "file:///etc/passwd",
        "gopher://public.example/",
        "//10.0.0.1/",
        "https://public.example/#part",
        "javascript:alert(1)",
        "http://[",
        "https://public.example:99999/",
        "\\\\10.0.0.1\\share",
        "https://2130706433/",
    ],
)
def test_V14_a_redirect_to_a_forbidden_place_is_not_followed(
    server: HostileServer, fetch: HttpFetch, location: str
) -> None:
    server.on("/start", redirect(location))

    with watched_connections() as seen:
        assert refusal(fetch, server.url("/start"), max_redirects=3) is ErrorKind.FETCH_BLOCKED

    assert {host for host, _ in seen} <= {"127.0.0.1", "::1"}


def test_V14_no_redirect_is_followed_unless_asked_for(
    server: HostileServer, fetch: HttpFetch
) -> None:
    server.on("/start", redirect("/end"))
    server.on("/end", answer(body=b"{}"))

    assert refusal(fetch, server.url("/start")) is ErrorKind.FETCH_BLOCKED
    assert [request.target for request in server.requests] == ["/start"]


def test_V14_https_never_leads_to_http(tmp_path: Path) -> None:
    root_file, server_file = write_server_files(tmp_path)
    with (
        HostileServer() as plain,
        HostileServer(server_file=server_file) as secure,
        HttpFetch(loopback_http=True, ca_file=root_file) as fetch,
    ):
        plain.on("/end", answer(body=b"{}"))
        secure.on("/start", redirect(plain.url("/end")))

        assert refusal(fetch, secure.url("/start"), max_redirects=3) is ErrorKind.FETCH_BLOCKED
        assert plain.requests == []


def test_V14_a_public_host_cannot_lead_to_this_machine(tmp_path: Path) -> None:
    """Even where loopback is allowed, only the person's own address may name it."""
    root_file, server_file = write_server_files(tmp_path, dns=["localhost", "public.example"])
    with (
        HostileServer(server_file=server_file) as secure,
        HttpFetch(loopback_http=True, ca_file=root_file) as fetch,
    ):
        target = secure.url("/end")
        public = check_url("https://public.example/", loopback_http=True)
        with pytest.raises(UndeterminedError) as caught:
            fetch._redirected(public, target)

    assert caught.value.kind is ErrorKind.FETCH_BLOCKED


# T16: redirect chains of status lists


def test_T16_a_redirect_loop_ends_after_three(server: HostileServer, fetch: HttpFetch) -> None:
    server.on("/loop", redirect("/loop"))

    with pytest.raises(UndeterminedError) as caught:
        status_list.fetch_status_token(server.url("/loop"), fetch=fetch, limits=PRESENTATION)

    assert caught.value.kind is ErrorKind.STATUS_UNAVAILABLE
    assert isinstance(caught.value.__cause__, UndeterminedError)
    assert caught.value.__cause__.kind is ErrorKind.FETCH_BLOCKED
    assert len(server.requests) == 1 + PRESENTATION.status_redirects


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_T16_up_to_three_redirects_are_followed(
    server: HostileServer, fetch: HttpFetch, hops: int
) -> None:
    for hop in range(hops):
        server.on(f"/{hop}", redirect(f"/{hop + 1}", status=[301, 302, 307][hop]))
    server.on(f"/{hops}", answer(body=b"[]"))

    fetched = get(fetch, server.url("/0"), max_redirects=3)

    assert fetched.unverified_body == b"[]"
    assert fetched.url.endswith(f"/{hops}")


def test_T16_the_fourth_redirect_is_one_too_many(server: HostileServer, fetch: HttpFetch) -> None:
    for hop in range(20):
        server.on(f"/{hop}", redirect(f"/{hop + 1}"))

    assert refusal(fetch, server.url("/0"), max_redirects=3) is ErrorKind.FETCH_BLOCKED
    assert len(server.requests) == 4


def test_T16_redirects_share_one_deadline(server: HostileServer) -> None:
    """Most of the time goes by before the first redirect; the second one gets what is left."""
    now = 0.0

    def late(location: str, seconds: float) -> Behaviour:
        def behave(request: Received, connection: Connection) -> bool:
            nonlocal now
            now += seconds
            return redirect(location)(request, connection)

        return behave

    server.on("/start", late("/middle", PRESENTATION.fetch_timeout - 0.5))
    server.on("/middle", late("/end", 1.0))
    server.on("/end", answer(body=b"{}"))
    with HttpFetch(loopback_http=True, clock=lambda: now) as fetch:
        assert refusal(fetch, server.url("/start"), max_redirects=3) is ErrorKind.FETCH_FAILED

    assert [request.target for request in server.requests] == ["/start", "/middle"]


# V15: DNS rebinding


def test_V15_the_connection_goes_to_the_address_that_was_checked() -> None:
    resolver = Resolver([PUBLIC], ["127.0.0.1"])
    with HttpFetch(resolve=resolver) as fetch, watched_connections() as seen:
        assert refusal(fetch, "https://rebinding.example/") is ErrorKind.FETCH_FAILED

    assert seen == [(PUBLIC, 443)]
    assert resolver.asked == ["rebinding.example"]


def test_V15_the_second_answer_is_checked_like_the_first() -> None:
    resolver = Resolver([PUBLIC], ["127.0.0.1"])
    with HttpFetch(resolve=resolver) as fetch, watched_connections() as seen:
        refusal(fetch, "https://rebinding.example/")
        assert refusal(fetch, "https://rebinding.example/") is ErrorKind.FETCH_BLOCKED

    assert seen == [(PUBLIC, 443)]


@pytest.mark.parametrize("mixed", [[PUBLIC, "10.0.0.1"], ["::1", PUBLIC], [PUBLIC, "fd00::1"]])
def test_V15_one_forbidden_address_among_good_ones_blocks_the_host(mixed: list[str]) -> None:
    with HttpFetch(resolve=Resolver(mixed)) as fetch, watched_connections() as seen:
        assert refusal(fetch, "https://rebinding.example/") is ErrorKind.FETCH_BLOCKED

    assert seen == []


def test_V15_a_local_name_must_be_local() -> None:
    """`localhost` answered by a hostile resolver does not get plain http to anywhere."""
    with (
        HttpFetch(loopback_http=True, resolve=Resolver([PUBLIC])) as fetch,
        watched_connections() as seen,
    ):
        assert refusal(fetch, "http://localhost:8000/") is ErrorKind.FETCH_BLOCKED

    assert seen == []


def test_V15_a_checked_address_still_needs_the_certificate_of_the_name(tmp_path: Path) -> None:
    root_file, server_file = write_server_files(tmp_path, dns=["localhost"])
    with (
        HostileServer(server_file=server_file) as server,
        HttpFetch(
            ca_file=root_file,
            loopback_hosts={"issuer.example"},
            resolve=Resolver(["127.0.0.1"]),
        ) as fetch,
    ):
        server.on("/", answer(body=b"{}"))

        url = server.url("/", host="issuer.example")
        assert refusal(fetch, url) is ErrorKind.FETCH_FAILED
        assert server.requests == []


# V16: error bodies


@pytest.mark.parametrize(
    "status", [201, 202, 203, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 503]
)
def test_V16_the_body_of_another_status_is_never_used(
    server: HostileServer, fetch: HttpFetch, status: int
) -> None:
    body = b"" if status in (204, 304) else b'{"keys":[]}'
    server.on("/keys", answer(status, body, headers={"Location": "/elsewhere"}))
    server.on("/elsewhere", answer(body=b"{}"))

    assert refusal(fetch, server.url("/keys"), max_redirects=3) is ErrorKind.FETCH_FAILED
    assert [request.target for request in server.requests] == ["/keys"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_V16_a_redirect_to_nowhere_is_no_document(
    server: HostileServer, fetch: HttpFetch, status: int
) -> None:
    server.on("/keys", answer(status, b'{"keys":[]}'))

    assert refusal(fetch, server.url("/keys"), max_redirects=3) is ErrorKind.FETCH_FAILED


# V17: slow, endless, inflated. These servers stop for nobody: that a call comes back at all
# is the proof, and no clock of a busy machine is asked.

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LONG = HEAD + b"Content-Length: 1000000000\r\n\r\n"


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(silent(), id="no-answer"),
        pytest.param(silent(b"HTTP/1.1 200 O"), id="half-a-status-line"),
        pytest.param(silent(LONG), id="no-body"),
        pytest.param(drip(b""), id="one-byte-at-a-time"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), id="slow-header"),
        pytest.param(drip(LONG), id="slow-body"),
        pytest.param(
            endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), id="informational-for-ever"
        ),
    ],
)
def test_V17_a_slow_server_is_left_at_the_deadline(
    server: HostileServer, behaviour: object
) -> None:
    server.on("/", behaviour)  # type: ignore[arg-type]
    with HttpFetch(loopback_http=True, limits=HASTY) as fetch:
        assert refusal(fetch, server.url("/"), max_bytes=10_000_000) is ErrorKind.FETCH_FAILED


def test_V17_a_slow_resolver_is_left_at_the_deadline() -> None:
    release = threading.Event()

    def never(host: str, port: int) -> Sequence[str]:
        release.wait()
        return []

    with HttpFetch(resolve=never, limits=HASTY) as fetch:
        try:
            assert refusal(fetch, "https://slow.example/") is ErrorKind.FETCH_FAILED
        finally:
            release.set()


def test_V17_a_slow_handshake_is_left_at_the_deadline(tmp_path: Path) -> None:
    """A server that accepts and never speaks TLS."""
    root_file, _ = write_server_files(tmp_path)
    with (
        HostileServer() as mute,
        HttpFetch(ca_file=root_file, loopback_hosts={"localhost"}, limits=HASTY) as fetch,
    ):
        url = mute.url("/").replace("http:", "https:")

        assert refusal(fetch, url) is ErrorKind.FETCH_FAILED


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(endless(CHUNKED), id="chunked-for-ever"),
        pytest.param(endless(HEAD + b"\r\n", b"x" * 65_536), id="until-close-for-ever"),
        pytest.param(answer(body=b"x" * 1001), id="one-byte-too-many"),
        pytest.param(
            raw(LONG, b"x" * 2000),
            id="announced-too-long",
        ),
    ],
)
def test_V17_too_much_is_not_read(
    server: HostileServer, fetch: HttpFetch, behaviour: object
) -> None:
    server.on("/", behaviour)  # type: ignore[arg-type]

    assert refusal(fetch, server.url("/")) is ErrorKind.FETCH_TOO_LARGE


def refusal_of_list(fetch: HttpFetch, url: str, max_bytes: int = 1000) -> ErrorKind:
    """As `refusal`, for the one kind of document that is asked for packed."""
    with pytest.raises(UndeterminedError) as caught:
        fetch.get(url, accept=status_list.STATUS_LIST_MEDIA_TYPE, max_bytes=max_bytes)
    return caught.value.kind


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(gzip_bomb(100), id="gzip-bomb"),
        pytest.param(
            answer(body=gzip.compress(b"x" * 1001), headers={"Content-Encoding": "gzip"}),
            id="one-byte-too-many-once-unpacked",
        ),
    ],
)
def test_V17_too_much_is_not_unpacked(
    server: HostileServer, fetch: HttpFetch, behaviour: object
) -> None:
    server.on("/", behaviour)  # type: ignore[arg-type]

    assert refusal_of_list(fetch, server.url("/")) is ErrorKind.FETCH_TOO_LARGE


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "br", "deflate", "zstd", "*"])
def test_V17_a_coding_nobody_asked_for_is_refused_unread(
    server: HostileServer, fetch: HttpFetch, coding: str
) -> None:
    packed = gzip.compress(b"{}")
    server.on("/", answer(body=packed, headers={"Content-Encoding": coding}))

    assert refusal(fetch, server.url("/")) is ErrorKind.FETCH_FAILED
    with pytest.raises(UndeterminedError) as caught:
        fetch.post(
            server.url("/"),
            body=b"",
            content_type="application/json",
            accept="application/json",
            max_bytes=1000,
        )
    assert caught.value.kind is ErrorKind.FETCH_FAILED
    assert {request.headers["accept-encoding"] for request in server.requests} == {"identity"}


def test_V17_a_bomb_within_the_wire_limit_is_not_unpacked(
    server: HostileServer, fetch: HttpFetch
) -> None:
    import tracemalloc

    server.on("/", gzip_bomb(200))
    tracemalloc.start()
    try:
        kind = refusal_of_list(fetch, server.url("/"), max_bytes=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kind is ErrorKind.FETCH_TOO_LARGE
    assert peak < 8_000_000


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(raw(LONG, b"{}"), id="cut-off"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" * 2), id="cut-header"),
        pytest.param(raw(b"not http at all\r\n\r\n"), id="not-http"),
        pytest.param(raw(b""), id="hung-up"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n"), id="malformed-header"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000), id="huge-header"),
        pytest.param(raw(CHUNKED, b"zz\r\n"), id="malformed-chunk"),
        pytest.param(answer(body=b"{}", headers={"Content-Encoding": "br"}), id="brotli"),
        pytest.param(
            answer(body=gzip.compress(b"{}"), headers={"Content-Encoding": "deflate"}),
            id="gzip-called-deflate",
        ),
        pytest.param(answer(body=b"{}", headers={"Content-Encoding": "gzip"}), id="not-gzip"),
        pytest.param(
            answer(body=gzip.compress(b"{}")[:-1], headers={"Content-Encoding": "gzip"}),
            id="cut-gzip",
        ),
        pytest.param(
            answer(body=gzip.compress(b"{}") + b"x", headers={"Content-Encoding": "gzip"}),
            id="gzip-and-more",
        ),
        pytest.param(
            answer(body=zlib.compress(b"{}"), headers={"Content-Encoding": "gzip"}),
            id="zlib-called-gzip",
        ),
        pytest.param(
            answer(body=b"{}", headers={"Content-Encoding": "gzip, gzip"}), id="twice-gzip"
        ),
    ],
)
def test_V17_a_damaged_answer_is_no_answer(
    server: HostileServer, fetch: HttpFetch, behaviour: object
) -> None:
    server.on("/", behaviour)  # type: ignore[arg-type]

    assert refusal(fetch, server.url("/")) is ErrorKind.FETCH_FAILED
    assert refusal_of_list(fetch, server.url("/")) is ErrorKind.FETCH_FAILED


# W15: addresses and names of internal places

FORBIDDEN_ADDRESSES = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "224.0.1.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::93.184.215.14",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:5db8:d70e::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "not an address",
    "",
]


@pytest.mark.parametrize(
    "address", [pytest.param(a, id=f"SEC-W15-address-{a or 'empty'}") for a in FORBIDDEN_ADDRESSES]
)
def test_W15_a_forbidden_address_is_never_connected_to(address: str) -> None:
    with HttpFetch(resolve=Resolver([address])) as fetch, watched_connections() as seen:
        # What `nip.io` and its like do: a public name for any address.
        assert refusal(fetch, "https://internal.nip.example/") is ErrorKind.FETCH_BLOCKED

    assert seen == []


FORBIDDEN_HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.0x1",
    "0",
    "0.0.0.0",  # noqa: S104 - as above
    "10.0.0.1",
    "169.254.169.254",
    "93.184.215.14",
    "1.2.3.4.5",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1%25eth0]",
    "[2606:4700::1]",
    "[v1.fe80::a]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "printer.localhost",
    "db.internal",
    "nas.local",
    "router.home.arpa",
    "intranet",
    "xn--",
    "example.com.",
    "exa mple.com",
    "exa\tmple.com",
    "example.com\\@evil.example",
    "good.example@evil.example",
    "good.example:80@evil.example",
    "good.example%40evil.example",
    "%6cocalhost",
    "ⓛocalhost",
    "１２７.0.0.1",
    "127。0。0。1",
    "éxample.com",
    "example..com",
    ".example.com",
    "-example.com",
    "a" * 64 + ".example",
    "a." * 127 + "example",
    "*.example.com",
    "example.com:0",
    "example.com:65536",
    "example.com:+443",
    "example.com:443:443",
    "example.com:",
    "",
]


@pytest.mark.parametrize(
    "host", [pytest.param(h, id=f"SEC-W15-host-{h[:20]!a}") for h in FORBIDDEN_HOSTS]
)
def test_W15_a_forbidden_host_is_not_even_resolved(host: str) -> None:
    resolver = Resolver(["127.0.0.1"])
    with HttpFetch(resolve=resolver) as fetch, watched_connections() as seen:
        assert refusal(fetch, f"https://{host}/x") is ErrorKind.FETCH_BLOCKED

    assert seen == []
    assert resolver.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://public.example/",
        "HTTP://public.example/",
        "ftp://public.example/",
        "file:///etc/passwd",
        "data:application/json,{}",
        "unix:/run/x.sock",
        "//public.example/",
        "/relative",
        "",
        "https:/public.example",
        "https:public.example",
        " https://public.example/",
        "https://public.example/ ",
        "https://public.example/\n",
        "https://public.example/\r\nHost: evil",
        "https://public.example/\x00",
        "https://public.example/%zz",
        "https://public.example/é",
        "https://public.example/a#b",
        "https://public.example\\path",
        "https://public.example/" + "a" * 3000,
        "https://public.example/?a=<script>",
    ],
)
def test_W15_only_plain_https_urls_are_opened(url: str) -> None:
    resolver = Resolver(["127.0.0.1"])
    with HttpFetch(loopback_http=True, resolve=resolver) as fetch:
        assert refusal(fetch, url) is ErrorKind.FETCH_BLOCKED

    assert resolver.asked == []


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4007::1"]
)
def test_W15_public_addresses_are_connected_to(address: str) -> None:
    with HttpFetch(resolve=Resolver([address])) as fetch, watched_connections() as seen:
        # Refused by the watch, since it is another machine's.
        assert refusal(fetch, "https://public.example/") is ErrorKind.FETCH_FAILED

    assert seen == [(address, 443)]


def test_W15_loopback_without_the_flag_is_blocked(server: HostileServer) -> None:
    with HttpFetch() as fetch, watched_connections() as seen:
        for host in ("localhost", "127.0.0.1", "[::1]"):
            assert refusal(fetch, server.url("/", host=host)) is ErrorKind.FETCH_BLOCKED

    assert seen == []


def test_W15_a_loopback_host_needs_its_own_authority() -> None:
    with pytest.raises(ValueError, match="ca_file"):
        HttpFetch(loopback_hosts={"localhost"})


# W16: nothing ambient


def test_W16_proxies_netrc_and_cookies_are_not_used(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://a:b@localhost:{server.port + 1 & 0xFFFF}")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    server.on("/first", answer(body=b"{}", headers={"Set-Cookie": "id=1; Path=/"}))
    server.on("/second", redirect("/third"))
    server.on("/third", answer(body=b"{}"))

    with HttpFetch(loopback_http=True) as fetch:
        get(fetch, server.url("/first"))
        get(fetch, server.url("/second"), max_redirects=1)

    assert [request.target for request in server.requests] == ["/first", "/second", "/third"]
    allowed = {"host", "accept", "accept-encoding", "user-agent"}
    assert all(set(request.headers) == allowed for request in server.requests)


def test_W16_session_keys_of_tls_are_not_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    root_file, server_file = write_server_files(tmp_path)
    with HttpFetch(ca_file=root_file, loopback_hosts={"localhost"}) as fetch:
        monkeypatch.delenv("SSLKEYLOGFILE")
        with HostileServer(server_file=server_file) as server:
            server.on("/", answer(body=b"{}"))
            get(fetch, server.url("/"))

    assert not log.exists()


def test_W16_authorization_of_a_post_stays_with_its_host(
    server: HostileServer, fetch: HttpFetch
) -> None:
    with HostileServer() as other:
        other.on("/", answer(body=b"{}"))
        server.on("/token", redirect(other.url("/"), status=307))

        posted = fetch.post(
            server.url("/token"),
            body=b"{}",
            content_type="application/json",
            accept="application/json",
            max_bytes=100,
            headers={"Authorization": "Bearer secret"},
        )

        assert posted.status == 307
        assert other.requests == []


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "a€"])
def test_W16_a_header_cannot_be_smuggled(
    server: HostileServer, fetch: HttpFetch, value: str
) -> None:
    with pytest.raises(UndeterminedError) as caught:
        fetch.post(
            server.url("/"),
            body=b"",
            content_type="application/json",
            accept="application/json",
            max_bytes=100,
            headers={"Authorization": value},
        )

    assert caught.value.kind is ErrorKind.FETCH_FAILED
    assert server.requests == []


# T17: what comes is no status list


@pytest.mark.parametrize(
    ("behaviour", "family", "kind"),
    [
        pytest.param(
            answer(body=b"<html>", media_type="text/html"),
            InvalidError,
            ErrorKind.STATUS_INVALID,
            id="SEC-T17-html",
        ),
        pytest.param(
            answer(body=b"{}", media_type="application/json"),
            InvalidError,
            ErrorKind.STATUS_INVALID,
            id="SEC-T17-json",
        ),
        pytest.param(
            answer(body=b"\xd2\x84", media_type="application/statuslist+cwt"),
            InvalidError,
            ErrorKind.STATUS_INVALID,
            id="SEC-T17-cwt",
        ),
        pytest.param(
            answer(body=b"<html>", media_type="application/statuslist+jwt"),
            InvalidError,
            ErrorKind.STATUS_INVALID,
            id="SEC-T17-html-called-jwt",
        ),
        pytest.param(
            answer(body=b"", media_type="application/statuslist+jwt"),
            InvalidError,
            ErrorKind.STATUS_INVALID,
            id="SEC-T17-empty",
        ),
        pytest.param(
            answer(304), UndeterminedError, ErrorKind.STATUS_UNAVAILABLE, id="SEC-T17-304"
        ),
        pytest.param(
            answer(206, b"x", "application/statuslist+jwt"),
            UndeterminedError,
            ErrorKind.STATUS_UNAVAILABLE,
            id="SEC-T17-206",
        ),
        pytest.param(
            answer(500), UndeterminedError, ErrorKind.STATUS_UNAVAILABLE, id="SEC-T18-500"
        ),
        pytest.param(
            raw(b""), UndeterminedError, ErrorKind.STATUS_UNAVAILABLE, id="SEC-T18-hung-up"
        ),
    ],
)
def test_T17_another_document_is_no_status_list(
    server: HostileServer,
    fetch: HttpFetch,
    behaviour: object,
    family: type[CarnetError],
    kind: ErrorKind,
) -> None:
    server.on("/status/1", behaviour)  # type: ignore[arg-type]

    with pytest.raises(family) as caught:
        status_list.fetch_status_token(server.url("/status/1"), fetch=fetch, limits=PRESENTATION)

    assert caught.value.kind is kind
