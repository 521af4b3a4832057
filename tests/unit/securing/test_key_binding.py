"""Binding a selection and reading the binding back; attacks on it are in tests/attacks."""

import json
from dataclasses import replace
from typing import Any

import pytest

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.held import HeldSdJwt, Selection
from carnet_securing.key_binding import (
    SHOWN_ON_SCREEN,
    VerifiedKeyBinding,
    bind,
    bind_shown,
    verify_key_binding,
    verify_shown,
)
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from carnet_securing.signer import Signer
from support.keys import signer
from support.sd_jwts import digest, verified
from support.simulator import NOW

WORKER = signer("worker")
HELD = HeldSdJwt.of(
    verified(
        issue_sd_jwt({"a": 1, "b": 2}, conceal=[("a",)], signer=signer("school"), typ="dc+sd-jwt")
    )
)
SELECTION = HELD.select([("a",)])


def bound(*, key: Signer = WORKER, **changes: Any) -> bytes:
    members: dict[str, Any] = {"audience": "buyer", "nonce": "n1", "now": NOW}
    return bind(SELECTION, signer=key, **(members | changes))


def check(token: bytes, **changes: Any) -> VerifiedKeyBinding:
    members: dict[str, Any] = {
        "holder_key": WORKER.public_jwk,
        "audience": "buyer",
        "nonce": "n1",
        "now": NOW,
        "check": check_signature,
        "algorithms": {"ES256", "EdDSA"},
        "limits": PRESENTATION,
    }
    return verify_key_binding(verified(token), **(members | changes))


def parts(token: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.rsplit(b"~", 1)[1].split(b".")
    return json.loads(base64url.decode(header)), json.loads(base64url.decode(payload))


def test_what_is_signed() -> None:
    header, payload = parts(bound())
    assert header == {"alg": "ES256", "typ": "kb+jwt"}
    assert payload == {
        "iat": NOW,
        "aud": "buyer",
        "nonce": "n1",
        "sd_hash": digest(SELECTION.decode()),
    }
    assert bound().startswith(SELECTION)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_round_trip(algorithm: str) -> None:
    key = signer("worker", algorithm)
    answer = check(bound(key=key), holder_key=key.public_jwk)
    assert (answer.audience, answer.nonce, answer.issued_at) == ("buyer", "n1", NOW)


def test_further_claims_are_signed_and_read() -> None:
    answer = check(bound(extra={"purpose": "test"}))
    assert answer.claims["purpose"] == "test"


@pytest.mark.parametrize("name", ["iat", "aud", "nonce", "sd_hash"])
def test_further_claims_never_replace_a_required_one(name: str) -> None:
    with pytest.raises(InvalidError) as caught:
        bound(extra={name: "x"})
    assert caught.value.kind is ErrorKind.CONFLICT


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"audience": "other"}, ErrorKind.KB_AUD),
        ({"audience": ""}, ErrorKind.KB_AUD),
        ({"audience": SHOWN_ON_SCREEN}, ErrorKind.KB_AUD),
        ({"nonce": "n2"}, ErrorKind.KB_NONCE),
        ({"nonce": ""}, ErrorKind.KB_NONCE),
        ({"now": NOW + 301}, ErrorKind.KB_IAT),
        ({"now": NOW - 61}, ErrorKind.KB_IAT),
        ({"holder_key": signer("other").public_jwk}, ErrorKind.BAD_SIGNATURE),
        ({"algorithms": ()}, ErrorKind.ALG_NOT_ALLOWED),
        ({"algorithms": {"EdDSA"}}, ErrorKind.ALG_NOT_ALLOWED),
        ({"transaction_data": ["x"]}, ErrorKind.KB_SD_HASH),
        ({"limits": replace(PRESENTATION, key_binding_past=-1)}, ErrorKind.KB_IAT),
    ],
)
def test_what_the_verifier_does_not_expect(changes: dict[str, Any], kind: ErrorKind) -> None:
    with pytest.raises(InvalidError) as caught:
        check(bound(), **changes)
    assert caught.value.kind is kind


def test_limits_bound_the_age() -> None:
    strict = replace(PRESENTATION, key_binding_past=10, leeway=5)
    assert check(bound(), now=NOW + 10, limits=strict)
    assert check(bound(), now=NOW - 5, limits=strict)
    for now in (NOW + 11, NOW - 6):
        with pytest.raises(InvalidError):
            check(bound(), now=now, limits=strict)


@pytest.mark.parametrize("now", [NOW, NOW + 1, NOW + 59])
def test_showing_says_the_minute(now: int) -> None:
    minute = NOW - NOW % 60
    token = bind_shown(SELECTION, now=now - NOW % 60, signer=WORKER)
    assert parts(token)[1]["iat"] == minute
    assert parts(token)[1]["aud"] == SHOWN_ON_SCREEN
    assert "code" not in parts(token)[1]


@pytest.mark.parametrize(("code", "live"), [(None, False), ("493021", True)])
def test_showing_round_trip(code: str | None, live: bool) -> None:
    token = bind_shown(SELECTION, now=NOW, signer=WORKER, code=code)
    showing = verify_shown(
        verified(token),
        holder_key=WORKER.public_jwk,
        now=NOW + 60,
        max_age=120,
        code=code,
        check=check_signature,
        algorithms={"ES256"},
        limits=PRESENTATION,
    )
    assert showing.live is live


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"code": "493022"}, ErrorKind.KB_NONCE),
        ({"code": ""}, ErrorKind.KB_NONCE),
        ({"max_age": -61}, ErrorKind.KB_IAT),
        ({"now": NOW + 3_600}, ErrorKind.KB_IAT),
        ({"now": NOW - 3_600}, ErrorKind.KB_IAT),
        ({"holder_key": signer("other").public_jwk}, ErrorKind.BAD_SIGNATURE),
        ({"algorithms": ()}, ErrorKind.ALG_NOT_ALLOWED),
    ],
)
def test_showing_that_is_not_expected(changes: dict[str, Any], kind: ErrorKind) -> None:
    token = bind_shown(SELECTION, now=NOW, signer=WORKER, code="493021")
    members: dict[str, Any] = {
        "holder_key": WORKER.public_jwk,
        "now": NOW,
        "max_age": 300,
        "code": "493021",
        "check": check_signature,
        "algorithms": {"ES256"},
        "limits": PRESENTATION,
    }
    with pytest.raises(InvalidError) as caught:
        verify_shown(verified(token), **(members | changes))
    assert caught.value.kind is kind


def test_selection_is_bytes_with_a_hash() -> None:
    selection = Selection.of(b"a.b.c~", hash_algorithm="sha-512")
    assert selection == b"a.b.c~"
    assert selection.hash_algorithm == "sha-512"


def test_nothing_secret_is_printed() -> None:
    answer = check(bound(nonce="n1", extra={"purpose": "hidden"}))
    assert repr(answer) == f"VerifiedKeyBinding(issued_at={NOW}, audience='buyer')"
