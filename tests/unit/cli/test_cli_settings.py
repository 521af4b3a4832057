"""What the command line takes from the environment."""

from pathlib import Path

import pytest

from carnet_cli.settings import ca_file, loopback_http_allowed


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CARNET_ALLOW_LOOPBACK_HTTP", "CARNET_CA_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes"])
def test_the_variable_does_what_the_flag_does(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loopback_http_allowed(flag=True)
    assert not loopback_http_allowed(flag=False)
    monkeypatch.setenv("CARNET_ALLOW_LOOPBACK_HTTP", value)
    assert loopback_http_allowed(flag=False)


@pytest.mark.parametrize("value", ["", "0", "false", "no", "on", "2", " 1"])
def test_any_other_value_allows_nothing(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_ALLOW_LOOPBACK_HTTP", value)
    assert not loopback_http_allowed(flag=False)


@pytest.mark.parametrize(
    "url", ["http://localhost", "http://localhost:8002", "http://localhost:8002/t/a"]
)
def test_a_service_made_for_this_machine_may_speak_to_it(url: str) -> None:
    assert loopback_http_allowed(flag=False, own_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://localhost:8002",
        "http://localhost.shop.example",
        "http://localhost@shop.example",
        "http://localhost:8002@shop.example",
        "http://localhost:80a",
        "http://127.0.0.1:8002",
        "http://shop.example/http://localhost",
        " http://localhost",
        "",
    ],
)
def test_any_other_address_allows_nothing(url: str) -> None:
    assert not loopback_http_allowed(flag=False, own_url=url)


def test_the_option_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ca_file(None) is None
    monkeypatch.setenv("CARNET_CA_FILE", "/roots.pem")
    assert ca_file(None) == Path("/roots.pem")
    assert ca_file(Path("mine.pem")) == Path("mine.pem")
