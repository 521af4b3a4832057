"""Rows K01 to K20: attacks on the binding between a document, its holder and one question.

Row K03, the same answer twice, needs a memory: `test_verifier_attacks` has it.
"""

import hashlib
import hmac
import json
from typing import Any

import pytest

from carnet_securing import base64url
from carnet_securing.credential import holder_key_of
from carnet_securing.did import did_jwk_of
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.held import HeldSdJwt
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_binding import (
    SHOWN_ON_SCREEN,
    VerifiedKeyBinding,
    VerifiedShowing,
    bind,
    bind_shown,
    verify_key_binding,
    verify_shown,
)
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.signer import Signer
from carnet_verifier import Asked, Ground, Outcome
from support.keys import signer
from support.sd_jwts import authentic, digest, disclosure, forge, jwt, payload, verified
from support.sd_jwts import base64url as encode
from support.simulator import NOW
from support.verifying import document_report

WORKER = signer("worker")
AUDIENCE = "x509_san_dns:buyer.example"
NONCE = "n-0S6_WzA2MjMvS2bmYxJQ"
NAME = disclosure("salt-1", "given_name", "Amina")
CITY = disclosure("salt-2", "site", "Lyon")
ISSUED = forge({"_sd": [digest(NAME), digest(CITY)]}, NAME, CITY)
SELECTED = ISSUED.replace(CITY + "~", "")


def claims(selection: str = SELECTED, **changes: Any) -> dict[str, Any]:
    members = {"iat": NOW, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(selection)}
    return {key: value for key, value in {**members, **changes}.items() if value is not ...}


def bound(
    selection: str = SELECTED,
    *,
    key: Signer = WORKER,
    typ: Any = "kb+jwt",
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A selection with a key binding; `...` leaves a claim out."""
    return selection + jwt(claims(selection, **changes), key=key, typ=typ, **(header or {}))


def asked(token: str, **changes: Any) -> VerifiedKeyBinding:
    members: dict[str, Any] = {
        "holder_key": WORKER.public_jwk,
        "audience": AUDIENCE,
        "nonce": NONCE,
        "now": NOW,
        "check": check_signature,
        "algorithms": {"ES256"},
        "limits": PRESENTATION,
    }
    return verify_key_binding(verified(token), **(members | changes))


def shown(token: str, **changes: Any) -> VerifiedShowing:
    members: dict[str, Any] = {
        "holder_key": WORKER.public_jwk,
        "now": NOW,
        "max_age": 300,
        "code": None,
        "check": check_signature,
        "algorithms": {"ES256"},
        "limits": PRESENTATION,
    }
    return verify_shown(verified(token), **(members | changes))


def asked_kind(token: str, **changes: Any) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        asked(token, **changes)
    return caught.value.kind


def shown_kind(token: str, **changes: Any) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        shown(token, **changes)
    return caught.value.kind


def shown_token(**changes: Any) -> str:
    return bound(**{"aud": SHOWN_ON_SCREEN, **changes})


def test_honest_binding_is_verified() -> None:
    answer = asked(bound())
    assert (answer.issued_at, answer.audience, answer.nonce) == (NOW, AUDIENCE, NONCE)
    assert not shown(shown_token()).live


@pytest.mark.parametrize("token", [SELECTED, ISSUED, forge({})])
def test_K01_stripped_binding(token: str) -> None:
    assert asked_kind(token) is ErrorKind.KB_MISSING
    assert shown_kind(token) is ErrorKind.KB_MISSING
    report = document_report(token, binding=Asked(audience=AUDIENCE, nonce=NONCE))
    assert report.outcome is Outcome.REJECTED


def test_K01_binding_that_was_not_asked_for_is_not_needed() -> None:
    """What the caller wants decides, never what came: the same text serves both callers."""
    assert verified(bound()).key_binding is not None
    assert verified(SELECTED).key_binding is None


@pytest.mark.parametrize("nonce", ["older", NONCE + "x", NONCE[:-1], NONCE.lower(), ""])
def test_K02_answer_to_an_earlier_question(nonce: str) -> None:
    assert asked_kind(bound(nonce=nonce)) is ErrorKind.KB_NONCE
    report = document_report(bound(nonce=nonce), binding=Asked(audience=AUDIENCE, nonce=NONCE))
    assert (report.outcome, report.ground) == (Outcome.REJECTED, Ground.NOT_FOR_YOU)


@pytest.mark.parametrize("nonce", [1, ..., "", None, [NONCE], {"nonce": NONCE}, True])
def test_K05_nonce_missing_or_of_another_type(nonce: Any) -> None:
    assert asked_kind(bound(nonce=nonce)) is ErrorKind.KB_NONCE
    assert shown_kind(shown_token(nonce=nonce)) is ErrorKind.KB_NONCE


@pytest.mark.parametrize("nonce", ["", None])
def test_K05_expecting_nothing_accepts_nothing(nonce: Any) -> None:
    assert asked_kind(bound(nonce=nonce), nonce=nonce) is ErrorKind.KB_NONCE
    assert asked_kind(bound(aud=nonce), audience=nonce) is ErrorKind.KB_AUD


@pytest.mark.parametrize(
    "audience",
    [
        "x509_san_dns:other.example",
        AUDIENCE + "/",
        AUDIENCE.upper(),
        [AUDIENCE],
        ...,
        None,
        1,
        "",
        SHOWN_ON_SCREEN,
    ],
)
def test_binding_for_another_audience(audience: Any) -> None:
    assert asked_kind(bound(aud=audience)) is ErrorKind.KB_AUD


TIMES = [
    pytest.param(NOW - 365 * 86_400, id="SEC-K06-year-past"),
    pytest.param(NOW + 365 * 86_400, id="SEC-K06-year-future"),
    pytest.param(NOW - 301, id="SEC-K06-past"),
    pytest.param(NOW + 61, id="SEC-K06-future"),
    pytest.param(..., id="SEC-K06-absent"),
    pytest.param(str(NOW), id="SEC-K06-text"),
    pytest.param(float(NOW) + 0.5, id="SEC-K06-fraction"),
    pytest.param(True, id="SEC-K06-boolean"),
    pytest.param(None, id="SEC-K06-null"),
    pytest.param([NOW], id="SEC-K06-array"),
    pytest.param(-NOW, id="SEC-K06-negative"),
]


@pytest.mark.parametrize("iat", TIMES)
def test_K06_time_of_binding(iat: Any) -> None:
    assert asked_kind(bound(iat=iat)) is ErrorKind.KB_IAT
    assert shown_kind(shown_token(iat=iat)) is ErrorKind.KB_IAT


@pytest.mark.parametrize("offset", [-300, -299, 0, 59, 60])
def test_K06_window_includes_its_ends(offset: int) -> None:
    assert asked(bound(iat=NOW + offset)).issued_at == NOW + offset
    assert shown(shown_token(iat=NOW + offset)).issued_at == NOW + offset


@pytest.mark.parametrize("max_age", [0, 30, 3_600])
def test_K06_age_of_a_showing_is_the_callers(max_age: int) -> None:
    assert shown(shown_token(iat=NOW - max_age), max_age=max_age)
    assert shown_kind(shown_token(iat=NOW - max_age - 1), max_age=max_age) is ErrorKind.KB_IAT


@pytest.mark.parametrize(
    "times",
    [
        {"exp": 1},
        {"exp": NOW - 60},
        {"nbf": NOW + 61},
        {"exp": str(NOW + 60)},
        {"nbf": None},
        {"exp": True},
        {"exp": 1.5e10},
    ],
)
def test_K07_validity_of_the_binding_itself(times: dict[str, Any]) -> None:
    assert asked_kind(bound(**times)) is ErrorKind.KB_IAT
    assert shown_kind(shown_token(**times)) is ErrorKind.KB_IAT


def test_K07_valid_times_are_fine() -> None:
    assert asked(bound(exp=NOW - 59, nbf=NOW + 60))


@pytest.mark.parametrize(
    "typ",
    [
        "jwt",
        "JWT",
        "kb+JWT",
        "KB+JWT",
        "application/kb+jwt",
        "kb+jwt ",
        "",
        "dc+sd-jwt",
        "kb+sd-jwt",
    ],
)
def test_K10_type(typ: Any) -> None:
    assert asked_kind(bound(typ=typ)) is ErrorKind.KB_TYP
    assert shown_kind(shown_token(typ=typ)) is ErrorKind.KB_TYP


def test_K10_absent_type() -> None:
    header = encode(json.dumps({"alg": "ES256"}).encode())
    signing_input = f"{header}.{encode(json.dumps(claims()).encode())}"
    token = f"{SELECTED}{signing_input}.{encode(WORKER.sign(signing_input.encode()))}"
    assert asked_kind(token) is ErrorKind.KB_TYP


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "ES256K", "EdDSA"])
def test_K11_algorithm(algorithm: str) -> None:
    assert asked_kind(bound(header={"alg": algorithm})) is ErrorKind.ALG_NOT_ALLOWED


def test_K11_none_without_signature() -> None:
    header = encode(json.dumps({"alg": "none", "typ": "kb+jwt"}).encode())
    token = f"{SELECTED}{header}.{encode(json.dumps(claims()).encode())}."
    assert asked_kind(token) is ErrorKind.ALG_NOT_ALLOWED


def test_K11_public_key_as_a_shared_secret() -> None:
    header = encode(json.dumps({"alg": "HS256", "typ": "kb+jwt"}).encode())
    signing_input = f"{header}.{encode(json.dumps(claims()).encode())}"
    for secret in (
        base64url.decode(WORKER.public_jwk.x),
        json.dumps(WORKER.public_jwk.bare().to_json()).encode(),
    ):
        mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
        token = f"{SELECTED}{signing_input}.{encode(mac)}"
        assert asked_kind(token) is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize("algorithms", [(), {"EdDSA"}, {"ES384"}])
def test_K11_caller_who_allows_nothing_gets_nothing(algorithms: Any) -> None:
    assert asked_kind(bound(), algorithms=algorithms) is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize("thief", ["school", "thief", "buyer"])
def test_K12_signed_by_somebody_else(thief: str) -> None:
    other = signer(thief)
    assert asked_kind(bound(key=other)) is ErrorKind.BAD_SIGNATURE
    in_header = {"jwk": other.public_jwk.bare().to_json()}
    assert asked_kind(bound(key=other, header=in_header)) is ErrorKind.BAD_SIGNATURE
    assert shown_kind(shown_token(key=other, header=in_header)) is ErrorKind.BAD_SIGNATURE
    named = {"kid": did_jwk_of(other.public_jwk)}
    assert asked_kind(bound(key=other, header=named)) is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("selection", "other"),
    [(SELECTED, ISSUED), (ISSUED, SELECTED), (SELECTED, forge({})), (SELECTED, SELECTED[:-1])],
    ids=["more-shown", "less-shown", "other-document", "without-last-tilde"],
)
def test_binding_moved_to_another_selection(selection: str, other: str) -> None:
    token = selection + jwt(claims(other), key=WORKER, typ="kb+jwt")
    assert asked_kind(token) is ErrorKind.KB_SD_HASH
    moved = selection + jwt(claims(other, aud=SHOWN_ON_SCREEN), key=WORKER, typ="kb+jwt")
    assert shown_kind(moved) is ErrorKind.KB_SD_HASH


@pytest.mark.parametrize(
    "value",
    [..., None, "", 1, digest(SELECTED) + "=", digest(SELECTED)[:-1]],
    ids=["absent", "null", "empty", "number", "padded", "cut"],
)
def test_sd_hash_missing_or_misspelt(value: Any) -> None:
    assert asked_kind(bound(sd_hash=value)) is ErrorKind.KB_SD_HASH


@pytest.mark.parametrize("algorithm", ["sha-384", "sha-512"])
def test_sd_hash_is_taken_with_the_documents_own_algorithm(algorithm: str) -> None:
    hidden = forge({"_sd": [digest(NAME, algorithm)], "_sd_alg": algorithm}, NAME)
    assert asked_kind(bound(hidden)) is ErrorKind.KB_SD_HASH  # this one used sha-256
    held = HeldSdJwt.of(verified(hidden))
    token = bind(
        held.select([("given_name",)]), audience=AUDIENCE, nonce=NONCE, now=NOW, signer=WORKER
    )
    assert asked(token.decode()).nonce == NONCE


def key_of(confirmation: Any) -> PublicJwk:
    return holder_key_of(authentic(forge({"cnf": confirmation})))


PUBLIC = WORKER.public_jwk.bare().to_json()
OTHER = signer("other").public_jwk.bare().to_json()
DID_WEB = "did:web:worker.example#1"


@pytest.mark.parametrize(
    "confirmation",
    [
        pytest.param({"kid": "key-1"}, id="SEC-K14-kid-only"),
        pytest.param({"kid": DID_WEB}, id="SEC-K14-kid-of-did-web"),
        pytest.param({"kid": "did:jwk:abc"}, id="SEC-K14-kid-of-broken-did-jwk"),
        pytest.param({"kid": "did:key:zabc"}, id="SEC-K14-kid-of-broken-did-key"),
        pytest.param(
            {"kid": did_jwk_of(WORKER.public_jwk) + "#1"}, id="SEC-K14-kid-of-another-fragment"
        ),
        pytest.param({"kid": 1}, id="SEC-K14-kid-number"),
        pytest.param({"jku": "https://worker.example/jwks"}, id="SEC-K14-jku"),
        pytest.param({"x5t#S256": "abc"}, id="SEC-K14-x5t"),
        pytest.param({"jwe": "a.b.c.d.e"}, id="SEC-K14-jwe"),
        pytest.param(
            {"jwk": PUBLIC, "kid": did_jwk_of(signer("other").public_jwk)},
            id="SEC-K14-jwk-and-kid-disagree",
        ),
        pytest.param({"jwk": PUBLIC, "kid": "key-1"}, id="SEC-K14-jwk-and-kid"),
        pytest.param({"jwk": PUBLIC, "jku": "https://a.example"}, id="SEC-K14-jwk-and-jku"),
        pytest.param({"jwk": PUBLIC, "jwe": "a.b.c.d.e"}, id="SEC-K14-jwk-and-jwe"),
        pytest.param({"jwk": PUBLIC, "x5t#S256": "abc"}, id="SEC-K14-jwk-and-x5t"),
        pytest.param(
            {"jwk": PUBLIC, "kid": did_jwk_of(WORKER.public_jwk)},
            id="SEC-K14-jwk-and-kid-agree",
        ),
        pytest.param(
            {"kid": did_jwk_of(WORKER.public_jwk), "jku": "https://a.example"},
            id="SEC-K14-kid-and-jku",
        ),
        pytest.param({"jwk": PUBLIC, "kid": None, "unknown": 1}, id="SEC-K14-jwk-and-empty-kid"),
        pytest.param({"JWK": PUBLIC}, id="SEC-K14-another-name"),
        pytest.param({"jwk": {**PUBLIC, "d": PUBLIC["x"]}}, id="SEC-K14-private"),
        pytest.param({"jwk": [PUBLIC, OTHER]}, id="SEC-K14-two-keys"),
        pytest.param({"jwk": {"kty": "oct", "k": "AAAA"}}, id="SEC-K14-symmetric"),
        pytest.param({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}, id="SEC-K14-rsa"),
        pytest.param({"jwk": {**PUBLIC, "y": PUBLIC["y"][:-1]}}, id="SEC-K14-short"),
        pytest.param({"jwk": {**PUBLIC, "crv": "secp256k1"}}, id="SEC-K14-curve"),
        pytest.param({"jwk": "text"}, id="SEC-K14-jwk-text"),
        pytest.param({"unknown": 1}, id="SEC-K14-unknown"),
        pytest.param({}, id="SEC-K14-empty"),
    ],
)
def test_K14_confirmation(confirmation: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        key_of(confirmation)
    assert caught.value.kind is ErrorKind.KB_KEY_INVALID


def test_K14_members_not_understood_are_ignored() -> None:
    beside: dict[str, Any] = {"osc": "AAAA", "https://a.example/level": 3, "x": None}
    by_jwk, by_kid = {"jwk": PUBLIC}, {"kid": did_jwk_of(WORKER.public_jwk)}
    for confirmation in (by_jwk, by_kid):
        assert key_of({**confirmation, **beside}).bare() == WORKER.public_jwk.bare()


@pytest.mark.parametrize("confirmation", ["text", [PUBLIC], None, 1])
def test_K14_confirmation_that_is_no_object(confirmation: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        key_of(confirmation)
    assert caught.value.kind is ErrorKind.MALFORMED


def test_K14_point_off_the_curve_verifies_nothing() -> None:
    crooked = key_of({"jwk": {**PUBLIC, "y": OTHER["y"]}})
    assert asked_kind(bound(), holder_key=crooked) is ErrorKind.MALFORMED


def test_K14_key_of_a_did_that_carries_it() -> None:
    by_jwk = key_of({"kid": did_jwk_of(WORKER.public_jwk) + "#0"})
    assert by_jwk.bare() == WORKER.public_jwk.bare()
    assert asked(bound(), holder_key=by_jwk)
    # From the did:key method's own specification, section 3.
    ed25519 = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    assert key_of({"kid": f"{ed25519}#{ed25519.removeprefix('did:key:')}"}).crv == "Ed25519"


def test_K14_no_confirmation() -> None:
    members = {key: value for key, value in payload().items() if key != "cnf"}
    with pytest.raises(InvalidError) as caught:
        holder_key_of(authentic(jwt(members) + "~"))
    assert caught.value.kind is ErrorKind.KB_KEY_INVALID


def test_K15_smallest_key_is_enough() -> None:
    assert sorted(PUBLIC) == ["crv", "kty", "x", "y"]
    assert asked(bound(), holder_key=key_of({"jwk": PUBLIC}))
    edwards = signer("worker", "EdDSA")
    smallest = edwards.public_jwk.bare().to_json()
    assert sorted(smallest) == ["crv", "kty", "x"]
    token = bound(forge({"cnf": {"jwk": smallest}}), key=edwards)
    assert asked(token, holder_key=key_of({"jwk": smallest}), algorithms={"EdDSA"})


TRANSACTION = encode(b'{"type":"urn:carnet-test:payment","credential_ids":["certificate"]}')


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({}, id="SEC-K19-missing"),
        pytest.param({"transaction_data_hashes": [digest("other")]}, id="SEC-K19-other"),
        pytest.param({"transaction_data_hashes": []}, id="SEC-K19-none"),
        pytest.param({"transaction_data_hashes": digest(TRANSACTION)}, id="SEC-K19-text"),
        pytest.param(
            {"transaction_data_hashes": [digest(TRANSACTION)] * 2}, id="SEC-K19-more-than-sent"
        ),
        pytest.param(
            {
                "transaction_data_hashes": [digest(TRANSACTION)],
                "transaction_data_hashes_alg": "sha-512",
            },
            id="SEC-K19-other-algorithm",
        ),
        pytest.param(
            {
                "transaction_data_hashes": [digest(TRANSACTION, "sha-512")],
                "transaction_data_hashes_alg": "sha-512",
            },
            id="SEC-K19-algorithm-nobody-asked-for",
        ),
        *[
            pytest.param(
                {
                    "transaction_data_hashes": [digest(TRANSACTION)],
                    "transaction_data_hashes_alg": name,
                },
                id=f"SEC-K19-algorithm-{name}",
            )
            for name in ("md5", None, 1, ["sha-256"])
        ],
    ],
)
def test_K19_transaction_data(members: dict[str, Any]) -> None:
    assert asked_kind(bound(**members), transaction_data=[TRANSACTION]) is ErrorKind.KB_SD_HASH


def test_K19_confirmed_as_sent() -> None:
    members: dict[str, Any] = {"transaction_data_hashes": [digest(TRANSACTION)]}
    assert asked(bound(**members), transaction_data=[TRANSACTION])
    by_name: dict[str, Any] = {**members, "transaction_data_hashes_alg": "sha-256"}
    assert asked(bound(**by_name), transaction_data=[TRANSACTION])


def test_K19_confirming_what_nobody_asked() -> None:
    members: dict[str, Any] = {"transaction_data_hashes": [digest(TRANSACTION)]}
    assert asked_kind(bound(**members)) is ErrorKind.KB_SD_HASH
    assert shown_kind(shown_token(**members)) is ErrorKind.KB_SD_HASH


@pytest.mark.parametrize("typ", ["openid4vci-proof+jwt", "oauth-authz-req+jwt", "statuslist+jwt"])
def test_K20_another_signed_text_of_the_holder_as_binding(typ: str) -> None:
    assert asked_kind(bound(typ=typ)) is ErrorKind.KB_TYP
    assert shown_kind(shown_token(typ=typ)) is ErrorKind.KB_TYP


def test_showing_and_answer_are_never_exchanged() -> None:
    assert shown_kind(bound()) is ErrorKind.KB_AUD
    assert asked_kind(shown_token()) is ErrorKind.KB_AUD
    # Not even for a verifier that would call itself the screen.
    assert asked_kind(shown_token(), audience=SHOWN_ON_SCREEN) is ErrorKind.KB_AUD


@pytest.mark.parametrize("code", [..., "123457", "", 123456, None, ["123456"], " 123456"])
def test_showing_bound_to_other_digits(code: Any) -> None:
    assert shown_kind(shown_token(code=code), code="123456") is ErrorKind.KB_NONCE


def test_empty_digits_make_nothing_live() -> None:
    assert shown_kind(shown_token(code=""), code="") is ErrorKind.KB_NONCE


def test_live_showing() -> None:
    held = HeldSdJwt.of(verified(ISSUED))
    selection = held.select([("given_name",)])
    live = bind_shown(selection, now=NOW + 42, signer=WORKER, code="123456").decode()
    answer = shown(live, now=NOW + 50, code="123456")
    assert answer.live
    assert answer.issued_at == NOW  # the minute, not the second
    assert len(base64url.decode(answer.nonce)) == 16
    recorded = shown(live, now=NOW + 50)
    assert not recorded.live
    again = bind_shown(selection, now=NOW + 42, signer=WORKER).decode()
    assert shown(again).nonce != answer.nonce


def test_oversized_binding_is_refused_before_it_is_read() -> None:
    limit = PRESENTATION.key_binding_bytes
    long = bound(padding="x" * limit)
    with pytest.raises(InvalidError) as caught:
        verified(long)
    assert caught.value.kind is ErrorKind.TOO_LARGE


@pytest.mark.parametrize("tail", ["a.b.c", "..", "é.b.c", "e30.e30.AAAA", "[].[].[]"])
def test_binding_that_is_no_signed_text(tail: str) -> None:
    assert asked_kind(SELECTED + tail) in (ErrorKind.MALFORMED, ErrorKind.ALG_NOT_ALLOWED)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"\xff", b'{"iat":1,"iat":2}', b""])
def test_binding_whose_payload_is_no_object(body: bytes) -> None:
    token = SELECTED + jwt(body, key=WORKER, typ="kb+jwt")
    assert asked_kind(token) in (ErrorKind.MALFORMED, ErrorKind.DUPLICATE_MEMBER)
