"""JWT claims: strict payload after the signature, and times by an injected clock."""

from typing import Any

import pytest

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jws import parse_jws, sign_jws
from carnet_securing.jwt import VerifiedJwt, check_times, verify_jwt
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from support.keys import signer

KEY = signer("issuer")
TYP = "carnet-test+jwt"
NOW = 1_900_000_000


def verify(payload: bytes, **changed: Any) -> VerifiedJwt:
    unverified = parse_jws(sign_jws(payload, signer=KEY, typ=TYP), limits=PRESENTATION)
    expected: dict[str, Any] = {
        "key": KEY.public_jwk,
        "algorithms": ["ES256"],
        "types": [TYP],
        "check": check_signature,
        "now": NOW,
        "leeway": 60,
    }
    return verify_jwt(unverified, **{**expected, **changed})


def kind_of(payload: bytes, **changed: Any) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        verify(payload, **changed)
    return caught.value.kind


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"", ErrorKind.MALFORMED),
        (b"text", ErrorKind.MALFORMED),
        (b"[]", ErrorKind.MALFORMED),
        (b'"text"', ErrorKind.MALFORMED),
        (b"null", ErrorKind.MALFORMED),
        (b'{"iss":"a"', ErrorKind.MALFORMED),
        ('{"iss":"a"}'.encode("utf-16"), ErrorKind.MALFORMED),
        (b'{"iss":"a","iss":"b"}', ErrorKind.DUPLICATE_MEMBER),
        (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", ErrorKind.TOO_DEEP),
    ],
)
def test_payload_that_is_not_a_strict_object_is_refused(payload: bytes, kind: ErrorKind) -> None:
    assert kind_of(payload) is kind


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    ["true", "false", "null", '"1900000000"', "1900000000.0", "1.9e9", "-0.0", "[1]", "{}", '""'],
)
def test_time_that_is_not_a_whole_number_is_malformed(claim: str, value: str) -> None:
    assert kind_of(f'{{"{claim}":{value}}}'.encode()) is ErrorKind.MALFORMED


@pytest.mark.parametrize("required", [["exp"], ["iat"], ["nbf"], ["exp", "iat"], ("nbf", "exp")])
def test_required_time_that_is_missing_is_named_so(required: Any) -> None:
    assert kind_of(b"{}", require=required) is ErrorKind.TIME_MISSING
    assert kind_of(b'{"Exp":1}', require=required) is ErrorKind.TIME_MISSING


def test_signature_is_checked_before_the_payload_is_read() -> None:
    other = signer("other").public_jwk
    assert kind_of(b"not json", key=other) is ErrorKind.BAD_SIGNATURE
    assert kind_of(b'{"exp":1}', key=other) is ErrorKind.BAD_SIGNATURE
    assert kind_of(b'{"exp":1}', types=[]) is ErrorKind.TYP_MISMATCH
    assert kind_of(b'{"exp":1}', algorithms=[]) is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize(
    ("claims", "leeway", "kind"),
    [
        ({"exp": NOW}, 0, ErrorKind.EXPIRED),
        ({"exp": NOW - 1}, 0, ErrorKind.EXPIRED),
        ({"exp": NOW - 60}, 60, ErrorKind.EXPIRED),
        ({"exp": 0}, 60, ErrorKind.EXPIRED),
        ({"exp": -1}, 60, ErrorKind.EXPIRED),
        ({"nbf": NOW + 1}, 0, ErrorKind.NOT_YET_VALID),
        ({"nbf": NOW + 61}, 60, ErrorKind.NOT_YET_VALID),
        ({"iat": NOW + 1}, 0, ErrorKind.NOT_YET_VALID),
        ({"iat": NOW + 61}, 60, ErrorKind.NOT_YET_VALID),
        ({"nbf": NOW - 9, "exp": NOW + 9, "iat": NOW + 70}, 60, ErrorKind.NOT_YET_VALID),
        ({"nbf": NOW + 600, "exp": NOW - 600}, 60, ErrorKind.EXPIRED),
    ],
)
def test_time_just_outside_its_bound_is_refused(
    claims: dict[str, int], leeway: int, kind: ErrorKind
) -> None:
    with pytest.raises(InvalidError) as caught:
        check_times(claims, now=NOW, leeway=leeway)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("claims", "leeway"),
    [
        ({}, 0),
        ({"exp": NOW + 1}, 0),
        ({"exp": NOW - 59}, 60),
        ({"nbf": NOW}, 0),
        ({"nbf": NOW + 60}, 60),
        ({"iat": NOW}, 0),
        ({"iat": NOW + 60}, 60),
        ({"iat": 0, "nbf": 0, "exp": 2**53}, 0),
    ],
)
def test_time_just_inside_its_bound_is_accepted(claims: dict[str, int], leeway: int) -> None:
    check_times(claims, now=NOW, leeway=leeway)


@pytest.mark.parametrize("now", [951_782_400, 2_147_483_647, 2_147_483_648, 4_102_444_800])
def test_leap_day_2038_and_2100_are_numbers_like_others(now: int) -> None:
    check_times({"iat": now, "nbf": now, "exp": now + 1}, now=now, leeway=0)
    with pytest.raises(InvalidError):
        check_times({"exp": now}, now=now, leeway=0)


def test_verified_claims_come_back_and_are_not_printed() -> None:
    verified = verify(b'{"iss":"canary","iat":1,"exp":2000000000}', require=["exp", "iat"])
    assert verified.claims["iss"] == "canary"
    assert verified.header["typ"] == TYP
    assert verified.key == KEY.public_jwk
    assert "canary" not in repr(verified)
