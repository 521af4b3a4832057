"""Reading headers, and holding up who fails too often."""

import pytest

from carnet_issuer.http.messages import accepts_gzip, prefers
from carnet_issuer.http.peer_limit import PeerLimit

JWT, JSON = "application/jwt", "application/json"


@pytest.mark.parametrize(
    ("accept", "signed"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/jwt", True),
        ("application/jwt, */*", False),
        ("application/jwt, */*;q=0.5", True),
        ("application/jwt;q=0.9, application/json;q=0.5", True),
        ("application/jwt;q=0.5, application/json;q=0.9", False),
        ("application/json, application/jwt", False),
        ("application/jwt;q=0", False),
        ("APPLICATION/JWT", True),
        ("application/jwt;q=x", False),
        ("application/jwt;q=" + "9" * 99, False),
        ("," * 5000, False),
    ],
)
def test_unsigned_unless_signed_is_preferred(accept: str, signed: bool) -> None:
    assert prefers(accept, JWT, over=JSON) is signed


@pytest.mark.parametrize(
    ("header", "packed"),
    [
        ("", False),
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("gzip;q=0", False),
        ("*", True),
        ("identity", False),
        ("gzip;q=0, *", False),
    ],
)
def test_gzip_only_where_it_is_taken(header: str, packed: bool) -> None:
    assert accepts_gzip(header) is packed


def test_I03_a_peer_waits_after_too_many_failures_and_no_other_does() -> None:
    limit = PeerLimit(failures=3, window=60)
    for _ in range(3):
        assert limit.seconds_to_wait("a", now=100) == 0
        limit.failed("a", now=100)
    assert limit.seconds_to_wait("a", now=110) == 50
    assert limit.seconds_to_wait("b", now=110) == 0
    assert limit.seconds_to_wait("a", now=160) == 0
    limit.failed("a", now=160)
    assert limit.seconds_to_wait("a", now=161) == 0


def test_the_table_of_peers_is_bounded() -> None:
    limit = PeerLimit(failures=1)
    for number in range(12_000):
        limit.failed(str(number), now=1)
    assert len(limit._counts) == 10_000
    assert limit.seconds_to_wait("11999", now=2) > 0


def test_a_clock_that_goes_back_holds_nobody_up_for_ever() -> None:
    limit = PeerLimit(failures=1, window=60)
    limit.failed("a", now=1_000_000)
    assert limit.seconds_to_wait("a", now=10) == 0
