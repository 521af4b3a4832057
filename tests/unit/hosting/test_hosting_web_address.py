"""Addresses that will be signed or shown: wallets can open them, others can compare them."""

import pytest

from carnet_hosting.errors import HostingError
from carnet_hosting.web_address import check_web_address


def check(url: str, *, loopback: bool = False) -> None:
    check_web_address(
        url, allow_loopback_http=loopback, called="The shop", instead="instead", spelling="spelling"
    )


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("https://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example/t/nord", False),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000/t/x", True),
    ],
)
def test_addresses_that_will_do(url: str, loopback: bool) -> None:
    check(url, loopback=loopback)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("", False),
        ("shop.example", False),
        ("https://", False),
        ("https://shop.example?x=1", False),
        ("https://shop.example#x", False),
        ("https://user@shop.example", False),
        ("https://shop.example/a/../b", False),
        ("https://shop.example/a/%2e%2e/b", False),
        ("https://10.0.0.1", False),
        ("https://127.0.0.1", False),
        ("https://shop.internal", False),
        ("https://shop.example:99999", False),
        ("HTTPS://shop.example", False),
        ("ftp://shop.example", False),
        ("http://shop.example", False),
        ("http://shop.example", True),
        ("http://localhost:8000", False),
        ("http://localhost.evil.example", True),
        ("https://shop.example/" + "a" * 3_000, False),
    ],
)
def test_an_address_no_wallet_could_open(url: str, loopback: bool) -> None:
    with pytest.raises(HostingError) as caught:
        check(url, loopback=loopback)
    assert caught.value.kind == "malformed"
    assert caught.value.message == "The shop is not one that wallets can open."
    assert caught.value.hint == "instead"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/",
        "https://shop.example/t/",
        "https://shop.example/a%20b",
        "https://shop.example/.well-known/x",
    ],
)
def test_an_address_that_two_would_spell_differently(url: str) -> None:
    with pytest.raises(HostingError) as caught:
        check(url)
    assert caught.value.message == "The shop ends with a slash or has a special character."
    assert caught.value.hint == "spelling"
