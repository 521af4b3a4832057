"""Compact JWS: reading under limits, verifying under explicit lists, signing."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from carnet_securing import jws
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jws import UnverifiedJws, parse_jws, sign_jws, verify_jws
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from support.keys import signer

KEY = signer("issuer")
TYP = "carnet-test+jwt"
TOKEN = sign_jws(b"payload", signer=KEY, typ=TYP)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(header: object, payload: bytes = b"payload") -> str:
    """A token with any header at all, honestly signed."""
    signing_input = f"{part(header)}.{part(payload)}"
    return f"{signing_input}.{part(KEY.sign(signing_input.encode()))}"


def kind_of_parse(compact: str | bytes, **bounds: int) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        parse_jws(compact, limits=replace(PRESENTATION, **bounds))
    return caught.value.kind


def verify(unverified: UnverifiedJws, **changed: Any) -> jws.VerifiedJws:
    expected: dict[str, Any] = {
        "key": KEY.public_jwk,
        "algorithms": ["ES256"],
        "types": [TYP],
        "check": check_signature,
    }
    return verify_jws(unverified, **{**expected, **changed})


def kind_of_verify(compact: str, **changed: Any) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        verify(parse_jws(compact, limits=PRESENTATION), **changed)
    return caught.value.kind


@pytest.mark.parametrize(
    "compact",
    [
        "",
        ".",
        "..",
        "...",
        "a",
        TOKEN + ".",
        TOKEN + ".AAAA",
        TOKEN.rsplit(".", 1)[0],
        "." + TOKEN.split(".", 1)[1],
        " " + TOKEN,
        TOKEN + "\n",
        TOKEN.replace(".", ". ", 1),
        TOKEN + "=",
        TOKEN.replace(".", "=.", 1),
        TOKEN + "é",
        TOKEN + "\ud800",
        json.dumps({"payload": "", "protected": "", "signature": ""}),
    ],
    ids=range(17),
)
def test_what_is_not_three_canonical_parts_is_malformed(compact: str) -> None:
    assert kind_of_parse(compact) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "header",
    [b"", b"null", b"[]", b'"ES256"', b"{", b'{"alg":"ES256"', b'\xff{"alg":"ES256"}',
     '{"alg":"ES256"}'.encode("utf-16"), {}, {"typ": TYP}, {"alg": None}, {"alg": 1},
     {"alg": ["ES256"]}, {"alg": "ES256", "typ": 1}, {"alg": "ES256", "typ": None},
     {"alg": "ES256", "kid": 7}, {"alg": "ES256", "kid": {}}, {"alg": "ES256", "cty": []},
     {"alg": "ES256", "jwk": "key"}, {"alg": "ES256", "jwk": None}, {"alg": "ES256", "x5c": []},
     {"alg": "ES256", "x5c": "MII"}, {"alg": "ES256", "x5c": [1]}, {"alg": "ES256", "x5c": None}],
)  # fmt: skip
def test_ill_formed_header_is_malformed(header: object) -> None:
    assert kind_of_parse(token(header)) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b'{"alg":"none","alg":"ES256"}', ErrorKind.DUPLICATE_MEMBER),
        (b'{"alg":"ES256","jwk":{"kty":"EC","kty":"EC"}}', ErrorKind.DUPLICATE_MEMBER),
        (b'{"alg":"ES256","x":' + b"[" * 40 + b"]" * 40 + b"}", ErrorKind.TOO_DEEP),
        ({"alg": "none"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": "ES512"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": "es256"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": "ES256 "}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": ""}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": "ES256", "b64": True}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"alg": "ES256", "b64": False, "crit": ["b64"]}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"alg": "ES256", "jku": "https://a.example"}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"alg": "ES256", "x5u": "https://a.example"}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"alg": "ES256", "zip": "DEF"}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"alg": "ES256", "crit": []}, ErrorKind.CRIT_UNSUPPORTED),
        ({"alg": "ES256", "crit": ["exp"], "exp": 1}, ErrorKind.CRIT_UNSUPPORTED),
        ({"alg": "ES256", "crit": None}, ErrorKind.CRIT_UNSUPPORTED),
        ({"alg": "ES256", "jwk": {"kty": "EC", "d": "A"}}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"alg": "ES256", "own": [{"kty": "oct", "k": "A"}]}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"alg": "ES256", "x5c": ["MII"] * 6}, ErrorKind.TOO_LARGE),
    ],
)
def test_header_that_is_never_accepted_is_refused_when_read(
    header: object, kind: ErrorKind
) -> None:
    for _ in range(2):  # also the second time, when a cache could answer
        assert kind_of_parse(token(header)) is kind


def test_size_of_token_and_of_header_are_checked_before_decoding() -> None:
    assert kind_of_parse("!" * 1_000, compact_bytes=999) is ErrorKind.TOO_LARGE
    assert kind_of_parse(b"!" * 1_000, compact_bytes=999) is ErrorKind.TOO_LARGE
    assert kind_of_parse("!" * 200 + ".a.a", header_bytes=100) is ErrorKind.TOO_LARGE
    assert kind_of_parse("." * 100_000) is ErrorKind.MALFORMED
    with pytest.raises(InvalidError) as caught:
        parse_jws(TOKEN, limits=PRESENTATION, max_bytes=len(TOKEN) - 1)
    assert caught.value.kind is ErrorKind.TOO_LARGE
    parse_jws(TOKEN, limits=PRESENTATION, max_bytes=len(TOKEN))


def test_header_at_its_limit_is_read_and_one_byte_more_is_not() -> None:
    limit = PRESENTATION.header_bytes
    room = limit - len('{"alg":"ES256","kid":""}')
    fits, too_long = ('{"alg":"ES256","kid":"' + "k" * n + '"}' for n in (room, room + 1))
    assert len(parse_jws(token(fits.encode()), limits=PRESENTATION).unverified_header["kid"]) > 0
    assert kind_of_parse(token(too_long.encode())) is ErrorKind.TOO_LARGE


def test_a_cached_header_still_obeys_tighter_limits() -> None:
    parse_jws(TOKEN, limits=PRESENTATION)
    assert kind_of_parse(TOKEN, header_bytes=10) is ErrorKind.TOO_LARGE


def test_changing_a_parsed_header_changes_no_other() -> None:
    compact = token({"alg": "ES256", "typ": TYP, "x5c": ["MIIA"], "jwk": {"kty": "EC"}})
    for text in (TOKEN, compact):
        first = parse_jws(text, limits=PRESENTATION).unverified_header
        first["alg"] = "none"
        first.setdefault("x5c", []).append("MIIB")
        first.setdefault("jwk", {})["d"] = "A"
        second = parse_jws(text, limits=PRESENTATION).unverified_header
        assert second["alg"] == "ES256"
        assert second.get("x5c", ["MIIA"]) == ["MIIA"]
        assert second.get("jwk", {"kty": "EC"}) == {"kty": "EC"}


def test_header_cache_is_bounded() -> None:
    for number in range(1_100):
        parse_jws(token({"alg": "ES256", "kid": f"{number}"}), limits=PRESENTATION)
    assert len(jws._headers) <= 512
    assert all(len(key) <= 2_048 for key in jws._headers)


@pytest.mark.parametrize("algorithms", [[], (), frozenset(), ["ES384"], ["EdDSA"], ["none"], [""]])
def test_algorithm_outside_the_list_is_not_allowed(algorithms: Any) -> None:
    assert kind_of_verify(TOKEN, algorithms=algorithms) is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize(
    "types", [[], (), ["jwt"], ["JWT"], [TYP.upper()], [f"application/{TYP}"], [TYP[:-1]], [""]]
)
def test_type_outside_the_list_does_not_match(types: Any) -> None:
    assert kind_of_verify(TOKEN, types=types) is ErrorKind.TYP_MISMATCH


def test_missing_type_matches_nothing() -> None:
    compact = token({"alg": "ES256"})
    assert kind_of_verify(compact) is ErrorKind.TYP_MISMATCH
    assert kind_of_verify(compact, types=[]) is ErrorKind.TYP_MISMATCH


def test_one_text_in_place_of_a_list_is_a_mistake_of_the_program() -> None:
    unverified = parse_jws(TOKEN, limits=PRESENTATION)
    for changed in ({"algorithms": "ES256,ES384"}, {"types": TYP}):
        with pytest.raises(TypeError):
            verify(unverified, **changed)


def test_key_decides_after_the_lists() -> None:
    key = KEY.public_jwk
    both = ["ES256", "ES384", "EdDSA"]
    edwards = signer("issuer", "EdDSA").public_jwk
    assert kind_of_verify(TOKEN, key=edwards, algorithms=both) is ErrorKind.ALG_NOT_ALLOWED
    assert kind_of_verify(TOKEN, key=key._replace(alg="ES384")) is ErrorKind.ALG_NOT_ALLOWED
    assert kind_of_verify(TOKEN, key=key._replace(use="enc")) is ErrorKind.KEY_NOT_TRUSTED
    assert kind_of_verify(TOKEN, key=key._replace(key_ops=("sign",))) is ErrorKind.KEY_NOT_TRUSTED
    assert kind_of_verify(TOKEN, key=signer("other").public_jwk) is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("position", [0, 1, 2])
def test_any_changed_part_breaks_the_signature(position: int) -> None:
    parts = TOKEN.split(".")
    other = sign_jws(b"other", signer=KEY, typ=TYP, header={"kid": "k"}).split(".")
    parts[position] = other[position]
    assert kind_of_verify(".".join(parts)) is ErrorKind.BAD_SIGNATURE


def test_key_in_the_header_is_never_used() -> None:
    thief = signer("thief")
    header = {"jwk": thief.public_jwk.to_json(), "kid": KEY.public_jwk.kid}
    compact = sign_jws(b"{}", signer=thief, typ=TYP, header=header)
    assert kind_of_verify(compact) is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA", "Ed25519"])
def test_signed_text_verifies_and_keeps_its_header(algorithm: str) -> None:
    key = signer("holder", algorithm)
    header = {"kid": "k", "x5c": ["MIIA"], "jwk": key.public_jwk.bare().to_json()}
    for extra in (None, {}, header):
        compact = sign_jws(b"\x00payload\xff", signer=key, typ=TYP, header=extra)
        for form in (compact, compact.encode()):
            verified = verify(
                parse_jws(form, limits=PRESENTATION), key=key.public_jwk, algorithms={algorithm}
            )
            assert verified.payload == b"\x00payload\xff"
            assert verified.header == {"alg": algorithm, "typ": TYP, **(extra or {})}
            assert verified.key == key.public_jwk


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"typ": "other"},
        {"b64": False},
        {"jku": "https://a.example"},
        {"crit": ["x"]},
        {"kid": 1},
        {"jwk": {"kty": "EC", "d": "A"}},
        {"x5c": []},
        {"own": b"bytes"},
    ],
)
def test_header_we_would_refuse_is_not_signed(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        sign_jws(b"", signer=KEY, typ=TYP, header=header)
    assert caught.value.kind in (
        ErrorKind.HEADER_NOT_ALLOWED,
        ErrorKind.CRIT_UNSUPPORTED,
        ErrorKind.MALFORMED,
    )


def test_rules_about_the_key_hold_whatever_back_end_stands_behind_them() -> None:
    def accepts_everything(*_: object) -> None:
        return None

    unverified = parse_jws(TOKEN, limits=PRESENTATION)
    verify(unverified, check=accepts_everything)
    for key, kind in (
        (signer("issuer", "ES384").public_jwk, ErrorKind.ALG_NOT_ALLOWED),
        (KEY.public_jwk._replace(alg="HS256"), ErrorKind.ALG_NOT_ALLOWED),
        (KEY.public_jwk._replace(use="enc"), ErrorKind.KEY_NOT_TRUSTED),
    ):
        assert kind_of_verify(TOKEN, key=key, check=accepts_everything) is kind


def test_five_certificates_are_read_and_six_are_not() -> None:
    header = {"alg": "ES256", "typ": TYP, "x5c": ["MIIA"] * 5}
    assert parse_jws(token(header), limits=PRESENTATION).unverified_header == header
    header["x5c"] = ["MIIA"] * 6
    assert kind_of_parse(token(header)) is ErrorKind.TOO_LARGE


def test_nothing_of_a_token_is_printed() -> None:
    unverified = parse_jws(TOKEN, limits=PRESENTATION)
    verified = verify(unverified)
    assert "payload" not in repr(unverified).replace("unverified_payload", "")
    assert repr(unverified) == "UnverifiedJws()"
    assert "VerifiedJws(key=" in repr(verified)
    assert "'payload" not in repr(verified)


def test_token_of_rfc_7515_appendix_a_3_is_read() -> None:
    compact = (
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    unverified = parse_jws(compact, limits=PRESENTATION)
    assert unverified.unverified_header == {"alg": "ES256"}
    assert unverified.unverified_payload.startswith(b'{"iss":"joe"')
    assert len(unverified.signature) == 64
