"""Where a service listens, and what is said when it cannot."""

import socket

import pytest

from carnet_cli.failures import explain
from carnet_cli.listening import PortUnavailableError, listener, said_of


def test_any_free_port_is_bound_and_listened_on() -> None:
    with listener(port=0, socket_fd=None, host="127.0.0.1") as bound:
        port = bound.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            assert client.getpeername() == ("127.0.0.1", port)
        assert said_of(bound, "https://school.example") == (
            {"url": "https://school.example", "port": port},
            f"Listening for https://school.example on port {port}. Ctrl-C ends it.",
        )


def test_a_socket_that_was_handed_over_is_taken_as_it_is() -> None:
    given = socket.create_server(("127.0.0.1", 0))
    address = given.getsockname()
    with listener(port=1, socket_fd=given.detach(), host="not used") as bound:
        assert bound.getsockname() == address


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_taken_port_is_unavailable_with_a_hint(host: str) -> None:
    try:
        taken = listener(port=0, socket_fd=None, host=host)
    except PortUnavailableError:
        pytest.skip("this machine has no such address")
    with taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnavailableError) as caught:
            listener(port=port, socket_fd=None, host=host)
    failure = explain(caught.value)
    assert failure is not None
    assert (failure.kind, failure.code) == ("unavailable", 1)
    assert str(port) in failure.message
    assert "--port" in failure.hint


@pytest.mark.parametrize("host", ["192.0.2.1", "no host at all", "::ffff::1"])
def test_an_address_of_another_machine_is_unavailable(host: str) -> None:
    with pytest.raises(PortUnavailableError) as caught:
        listener(port=0, socket_fd=None, host=host)
    assert caught.value.kind == "unavailable"
