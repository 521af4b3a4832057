"""Reading headers."""

import pytest

from carnet_issuer.http.messages import accepts_gzip, prefers

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
