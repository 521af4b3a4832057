"""Which URLs may be opened; the long tables are in tests/attacks/test_fetch_attacks.py."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.urls import (
    LOOPBACK_HOSTS,
    MAX_URL_BYTES,
    CheckedUrl,
    check_address,
    check_issuer_identifier,
    check_url,
    has_dot_segments,
)
from support.fuzzing import fuzz


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://a.example", "https://a.example", "/"),
        ("https://a.example/", "https://a.example", "/"),
        ("HTTPS://A.Example/B", "https://a.example", "/B"),
        ("https://a.example:443/b", "https://a.example", "/b"),
        ("https://a.example:8443/b?c=d&e=%20", "https://a.example:8443", "/b?c=d&e=%20"),
        ("https://a.example?c", "https://a.example", "/?c"),
        ("https://xn--e1afmkfd.example/", "https://xn--e1afmkfd.example", "/"),
        ("https://a_b.example/", "https://a_b.example", "/"),
        ("https://1.example/", "https://1.example", "/"),
    ],
)
def test_public_https_urls_pass(url: str, origin: str, target: str) -> None:
    checked = check_url(url, loopback_http=False)

    assert checked.origin == origin
    assert checked.target == target
    assert not checked.loopback


def test_lengths_are_kept_to_the_letter() -> None:
    longest_url = "https://a.example/".ljust(MAX_URL_BYTES, "a")
    longest_host = "a." * 123 + "example"
    assert len(longest_host) == 253

    assert check_url(longest_url, loopback_http=False).text == longest_url
    assert check_url(f"https://{longest_host}/", loopback_http=False).host == longest_host
    assert check_url(f"https://{'a' * 63}.example/", loopback_http=False).port == 443
    assert check_url("https://a.example:65535/", loopback_http=False).port == 65_535
    assert check_url("https://a.example:1/", loopback_http=False).port == 1
    for url in (longest_url + "a", f"https://a{longest_host}/", f"https://{'a' * 64}.example/"):
        with pytest.raises(UndeterminedError):
            check_url(url, loopback_http=False)
    assert check_issuer_identifier(longest_url) == "https://a.example"
    with pytest.raises(InvalidError):
        check_issuer_identifier(longest_url + "a")


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "[::1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_loopback_passes_with_the_flag_only(scheme: str, host: str) -> None:
    url = f"{scheme}://{host}:8000/x"

    assert check_url(url, loopback_http=True).loopback
    with pytest.raises(UndeterminedError) as caught:
        check_url(url, loopback_http=False)
    assert caught.value.kind is ErrorKind.FETCH_BLOCKED


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.example/",
        "http://127.0.0.2/",
        "http://127.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://public.example/",
        "https://192.168.0.1/",
        "https://db.localhost/",
        "ws://localhost/",
    ],
)
def test_the_flag_allows_loopback_and_nothing_else(url: str) -> None:
    with pytest.raises(UndeterminedError) as caught:
        check_url(url, loopback_http=True)
    assert caught.value.kind is ErrorKind.FETCH_BLOCKED


def test_a_declared_loopback_host_passes_over_https_only() -> None:
    declared = {"issuer.test", "127.0.0.1"}

    assert check_url("https://issuer.test/", loopback_http=False, loopback_hosts=declared).loopback
    assert check_url("https://127.0.0.1/", loopback_http=False, loopback_hosts=declared).loopback
    assert not check_url(
        "https://other.example/", loopback_http=False, loopback_hosts=declared
    ).loopback
    for url in ("http://issuer.test/", "http://127.0.0.1/", "https://localhost/"):
        with pytest.raises(UndeterminedError):
            check_url(url, loopback_http=False, loopback_hosts=declared)


@pytest.mark.parametrize(
    ("issuer", "origin"),
    [
        ("https://i.example", "https://i.example"),
        ("https://i.example/", "https://i.example"),
        ("https://i.example:8443/t/1", "https://i.example:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_issuer_identifiers_keep_their_letters(issuer: str, origin: str) -> None:
    assert check_issuer_identifier(issuer) == origin


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "i.example",
        "HTTPS://i.example",
        "did:web:i.example",
        "https://i.example?x",
        "https://i.example/?",
        "https://i.example/#x",
        "https://i.example#",
        "https://good@i.example/",
        "https://i.example/../t",
        "https://i.example/%2e%2e/t",
        "https://i.example/t/.",
        "https://i.example/%2E%2E%2ft",
        "https://i.example/a b",
        "https://",
        "https:///t",
    ],
)
def test_other_issuer_identifiers_are_refused(issuer: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check_issuer_identifier(issuer)
    assert caught.value.kind is ErrorKind.ISSUER_MISMATCH


def test_dot_segments_are_seen_through_encoding() -> None:
    for path in ("/a/../b", "/a/.", "..", "/%2e%2E/", "/a%2f..%2Fb", "/a%5c..", "/.%2e"):
        assert has_dot_segments(path)
    for path in ("", "/", "/a..b/", "/...", "/.well-known/x"):
        assert not has_dot_segments(path)


def checked_or_refused(url: str, *, loopback_http: bool) -> CheckedUrl | ErrorKind:
    try:
        return check_url(url, loopback_http=loopback_http)
    except CarnetError as error:
        return error.kind


def refusal_of_address(address: str, *, loopback: bool) -> ErrorKind | None:
    try:
        check_address(address, loopback=loopback)
    except CarnetError as error:
        return error.kind
    return None


@fuzz(200)
@given(st.text(max_size=80) | st.from_regex(r"https?://[^/]{0,20}(:[0-9]{0,6})?/.{0,20}"))
@example("https://a.example/\n")
@example("https://[::1%25lo]/")
def test_any_text_is_a_checked_url_or_a_typed_error(text: str) -> None:
    for loopback_http in (False, True):
        checked = checked_or_refused(text, loopback_http=loopback_http)
        if not isinstance(checked, CheckedUrl):
            assert checked is ErrorKind.FETCH_BLOCKED
            continue
        assert checked.scheme == "https" or (loopback_http and checked.host in LOOPBACK_HOSTS)
        # What is sent is what was checked.
        assert check_url(checked.text, loopback_http=loopback_http) == checked


@fuzz(200)
@given(st.ip_addresses())
def test_no_special_purpose_address_passes(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    for loopback in (False, True):
        refusal = refusal_of_address(str(address), loopback=loopback)
        if refusal is None:
            assert address.is_loopback if loopback else address.is_global
        else:
            assert refusal is ErrorKind.FETCH_BLOCKED


@fuzz(200)
@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_typed_error(text: str) -> None:
    assert refusal_of_address(text, loopback=False) in (None, ErrorKind.FETCH_BLOCKED)


def test_an_ipv6_origin_keeps_its_brackets() -> None:
    checked = CheckedUrl(scheme="http", host="::1", port=80, target="/", loopback=True)

    assert checked.text == "http://[::1]/"
