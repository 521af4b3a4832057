"""Rows J01 to J44: attacks on signed and encrypted texts, through every way in.

Most rows run on every path into securing, the services and the command line: a check that
one path has and another lacks is no check.
"""

import hmac
import itertools
import json
import socket
import tracemalloc
import zlib
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from carnet_securing import base64url
from carnet_securing.credential import parse_credential
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.issuer_key import select_issuer_key
from carnet_securing.jwe import DecryptionKey, decrypt_jwe, encrypt_jwe, parse_jwe_header
from carnet_securing.jwk import PublicJwk, parse_jwks, parse_public_jwk, select_key
from carnet_securing.jws import parse_jws, sign_jws, verify_jws
from carnet_securing.jwt import verify_jwt
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from support.bounded_work import least_cpu
from support.entry_paths import ALGORITHMS, ENTRY_PATHS, EntryPath, part
from support.keys import signer
from support.looking_up import on_demand
from support.role_paths import role_paths
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb

KEY = signer("school")
TYP = "carnet-test+jwt"
PATHS = (*ENTRY_PATHS, *role_paths())
paths = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)


def verify(token: str, key: PublicJwk = KEY.public_jwk) -> object:
    return verify_jws(
        parse_jws(token, limits=PRESENTATION),
        key=key,
        algorithms=ALGORITHMS,
        types=[TYP],
        check=check_signature,
    )


def kind_under(token: str, key: PublicJwk) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        verify(token, key)
    return caught.value.kind


@paths
def test_control_an_honest_text_passes(path: EntryPath) -> None:
    """Without this, every refusal below could have another cause."""
    assert path.run(path.token()) is not None


@paths
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
def test_J01_algorithm_none_without_signature(path: EntryPath, alg: str) -> None:
    token = path.token(header={**path.header, "alg": alg}, signature=b"")
    path.refuses(token, ErrorKind.ALG_NOT_ALLOWED)


@paths
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
def test_J02_algorithm_none_with_a_real_signature(path: EntryPath, alg: str) -> None:
    honest = base64url.decode(path.token().rsplit(".", 1)[1])
    for signature in (None, honest):
        token = path.token(header={**path.header, "alg": alg}, signature=signature)
        path.refuses(token, ErrorKind.ALG_NOT_ALLOWED)


def _public_forms() -> dict[str, bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    jwk = KEY.public_jwk
    point = b"\x04" + base64url.decode(jwk.x) + base64url.decode(jwk.y or "")
    from carnet_securing.native import ecdsa_for, load_ec_public_key

    key = load_ec_public_key(ecdsa_for("ES256"), jwk.x, jwk.y or "")
    spki = PublicFormat.SubjectPublicKeyInfo
    return {
        "jwk": json.dumps(jwk.to_json()).encode(),
        "pem": key.public_bytes(Encoding.PEM, spki),
        "der": key.public_bytes(Encoding.DER, spki),
        "point": point,
        "x": base64url.decode(jwk.x),
        "x-text": jwk.x.encode(),
        "empty": b"",
    }


@paths
@pytest.mark.parametrize("form", _public_forms())
@pytest.mark.parametrize("bits", [256, 384, 512])
def test_J03_public_key_as_mac_secret(path: EntryPath, form: str, bits: int) -> None:
    header = {**path.header, "alg": f"HS{bits}"}
    signing_input = path.token(header=header).rsplit(".", 1)[0]
    mac = hmac.new(_public_forms()[form], signing_input.encode(), f"sha{bits}").digest()
    token = path.token(header=header, signature=mac)
    path.refuses(token, ErrorKind.ALG_NOT_ALLOWED)


@paths
@pytest.mark.parametrize("alg", ["ES384", "EdDSA", "Ed25519", "HS256", "RS256", "ES512", "ES256K"])
def test_J04_header_picks_another_algorithm_for_the_key(path: EntryPath, alg: str) -> None:
    token = path.token(header={**path.header, "alg": alg})
    path.refuses(token, ErrorKind.ALG_NOT_ALLOWED, ErrorKind.KEY_NOT_FOUND)
    bare = KEY.public_jwk.bare()
    assert kind_under(_signed({"alg": alg, "typ": TYP}), bare) is ErrorKind.ALG_NOT_ALLOWED


def _signed(header: Any, payload: bytes = b"{}") -> str:
    signing_input = f"{part(header)}.{part(payload)}"
    return f"{signing_input}.{part(KEY.sign(signing_input.encode()))}"


@pytest.mark.parametrize("alg", ["ES256K", "HS256", "ES384", "RS256", "none", "ECDH-ES"])
def test_J05_key_bound_to_another_algorithm_than_the_header(alg: str) -> None:
    bound = KEY.public_jwk._replace(alg=alg)
    assert kind_under(_signed({"alg": "ES256", "typ": TYP}), bound) is ErrorKind.ALG_NOT_ALLOWED
    with pytest.raises(InvalidError) as caught:
        check_signature("ES256", bound, b"m", KEY.sign(b"m"))
    assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED


def test_J08_unknown_kid_with_a_key_in_the_header_falls_back_to_nothing() -> None:
    thief = signer("thief")
    header = {"kid": "unknown", "jwk": thief.public_jwk.to_json()}
    token = sign_jws(b"{}", signer=thief, typ=TYP, header=header)
    kid = parse_jws(token, limits=PRESENTATION).unverified_header["kid"]
    for keys in ((), (KEY.public_jwk,)):
        with pytest.raises(InvalidError) as caught:
            select_key(keys, kid=kid, algorithm="ES256")
        assert caught.value.kind is ErrorKind.KEY_NOT_FOUND
        with pytest.raises(InvalidError) as caught:
            select_issuer_key(keys, issuer="https://school.example", kid=kid, algorithm="ES256")
        assert caught.value.kind is ErrorKind.KEY_NOT_FOUND


@paths
def test_J08_key_in_the_header_signs_for_nobody(path: EntryPath) -> None:
    thief = signer("thief")
    for kid in (path.key.public_jwk.kid, thief.public_jwk.kid, "unknown"):
        header = {**path.header, "kid": kid, "jwk": thief.public_jwk.to_json()}
        forged = replace(path, key=thief).token(header=header)
        path.refuses(forged, ErrorKind.BAD_SIGNATURE, ErrorKind.KEY_NOT_FOUND)


@paths
@pytest.mark.parametrize(
    "member",
    [
        {"jku": "https://evil.example/jwks"},
        {"x5u": "http://169.254.169.254/latest/meta-data"},
        {"jku": ""},
        {"x5u": None},
    ],
)
def test_J09_remote_key_is_refused_and_never_fetched(
    path: EntryPath, member: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_: object, **__: object) -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket, "socket", opened)
    monkeypatch.setattr(socket, "getaddrinfo", opened)
    token = path.token(header={**path.header, **member})
    path.refuses(token, ErrorKind.HEADER_NOT_ALLOWED)


INJECTIONS = [
    "../../dev/null",
    "/dev/null",
    "' OR 1=1--",
    "key\u0000x",
    "k" * 10_000,
    "https://evil.example/key",
    "did:web:evil.example#key",
    "file:///etc/passwd",
    "${jndi:ldap://evil.example}",
    "",
]


@pytest.mark.parametrize("kid", INJECTIONS, ids=range(len(INJECTIONS)))
def test_J10_kid_is_compared_and_nothing_else(kid: str) -> None:
    token = _signed({"alg": "ES256", "typ": TYP, "kid": kid})
    found = parse_jws(token, limits=PRESENTATION).unverified_header["kid"]
    keys = (KEY.public_jwk,)
    with pytest.raises(InvalidError) as caught:
        select_key(keys, kid=found, algorithm="ES256")
    assert caught.value.kind is ErrorKind.KEY_NOT_FOUND
    with pytest.raises(InvalidError) as caught:
        select_issuer_key(keys, issuer="https://school.example", kid=found, algorithm="ES256")
    assert caught.value.kind is ErrorKind.KEY_NOT_FOUND


@pytest.mark.parametrize("kid", INJECTIONS, ids=range(len(INJECTIONS)))
def test_J10_kid_of_a_credential_leads_to_no_other_key(kid: str) -> None:
    path = next(path for path in PATHS if path.name == "credential-of-a-found-issuer")
    token = path.token(header={**path.header, "kid": kid})
    path.refuses(token, ErrorKind.KEY_NOT_FOUND)


def test_J12_a_thousand_unknown_kids_cost_one_refresh_a_minute() -> None:
    web = SimulatedWeb()
    issuer = SimulatedIssuer(web)
    lookups = on_demand(web)

    def keys(kid: str | None, now: int) -> tuple[PublicJwk, ...]:
        return lookups.issuer_keys(
            issuer.iss, route=IssuerKeyRoute.METADATA, kid=kid, entry=issuer.entry(), now=now
        ).value

    assert keys(issuer.kid, NOW)
    before = web.total
    for number in range(1_000):
        assert keys(f"unknown-{number}", NOW + 70 + number % 50) == tuple(issuer.published)
    assert web.total - before <= 1
    web.is_down = True
    assert keys("unknown-again", NOW + 300) == tuple(issuer.published), "kept on error"


@paths
@pytest.mark.parametrize(
    "crit",
    [{"crit": ["x"], "x": 1}, {"crit": ["exp"], "exp": 2_000_000_000}, {"crit": ["kid"]}],
)
def test_J13_unknown_critical_member(path: EntryPath, crit: dict[str, Any]) -> None:
    token = path.token(header={**path.header, **crit})
    path.refuses(token, ErrorKind.CRIT_UNSUPPORTED)


@paths
@pytest.mark.parametrize(
    "crit", [[], ["alg"], "x", ["x", "x"], ["absent"], [1], None, {}, False, [""]], ids=str
)
def test_J14_ill_formed_critical_member(path: EntryPath, crit: object) -> None:
    token = path.token(header={**path.header, "crit": crit})
    path.refuses(token, ErrorKind.CRIT_UNSUPPORTED)


@paths
@pytest.mark.parametrize("b64", [False, True, None, "false"])
@pytest.mark.parametrize("crit", [{"crit": ["b64"]}, {}])
def test_J15_unencoded_payload(path: EntryPath, b64: object, crit: dict[str, Any]) -> None:
    token = path.token(header={**path.header, "b64": b64, **crit})
    path.refuses(token, ErrorKind.HEADER_NOT_ALLOWED)


@paths
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"alg":"none",', ""),
        ("", ',"alg":"none"'),
        ("", ',"\\u0061lg":"ES256"'),
        ('"typ":"JWT",', ""),
        ("", ',"typ":"JWT"'),
        ('"kid":"x","kid":"y",', ""),
        ("", ',"jwk":{"kty":"EC","kty":"oct"}'),
    ],
)
def test_J17_duplicate_header_member(path: EntryPath, before: str, after: str) -> None:
    honest = json.dumps(path.header)
    header = "{" + before + honest[1:-1] + after + "}"
    path.refuses(path.token(header=header.encode()), ErrorKind.DUPLICATE_MEMBER)


@paths
@pytest.mark.parametrize("after", [True, False])
def test_J18_duplicate_payload_member(path: EntryPath, after: bool) -> None:
    honest = json.dumps(path.payload)
    for name in path.payload:
        extra = f'"{name}":"https://evil.example"'
        payload = f"{honest[:-1]},{extra}}}" if after else f"{{{extra},{honest[1:]}"
        path.refuses(path.token(payload=payload.encode()), ErrorKind.DUPLICATE_MEMBER)
    nested = honest[:-1] + ',"cnf2":{"jwk":{"x":1,"x":2}}}'
    path.refuses(path.token(payload=nested.encode()), ErrorKind.DUPLICATE_MEMBER)


ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]


@paths
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_J19_other_encoding_of_header_or_payload(path: EntryPath, encoding: str) -> None:
    header, payload = (json.dumps(value) for value in (path.header, path.payload))
    path.refuses(path.token(header=header.encode(encoding)), ErrorKind.MALFORMED)
    path.refuses(path.token(payload=payload.encode(encoding)), ErrorKind.MALFORMED)


@paths
@pytest.mark.parametrize(
    "raw",
    [
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\xbd\xed\xb8\x80",
        b"\xff",
        b"\xc3",
        b"\xf5\x80\x80\x80",
    ],
    ids=["overlong-2", "overlong-3", "cesu-8", "ff", "cut", "too-far"],
)
def test_J19_bytes_that_are_not_utf8(path: EntryPath, raw: bytes) -> None:
    for name, value in (("header", path.header), ("payload", path.payload)):
        spoilt = json.dumps(value).encode()[:-1] + b',"x":"' + raw + b'"}'
        path.refuses(path.token(**{name: spoilt}), ErrorKind.MALFORMED)


@paths
@pytest.mark.parametrize("text", ["\\ud800", "\\udfff", "\\ud83d x", "\\ude00\\ud83d"])
def test_J20_lone_surrogate(path: EntryPath, text: str) -> None:
    for name, value in (("header", path.header), ("payload", path.payload)):
        for member in (f'"x":"{text}"', f'"{text}":1', f'"x":[{{"y":"{text}"}}]'):
            spoilt = f"{json.dumps(value)[:-1]},{member}}}".encode()
            path.refuses(path.token(**{name: spoilt}), ErrorKind.MALFORMED)


def _with_time(path: EntryPath, claim: str, value: str) -> str:
    members = {name: member for name, member in path.payload.items() if name != claim}
    return path.token(payload=f'{json.dumps(members)[:-1]},"{claim}":{value}}}'.encode())


NOT_A_TIME = {ErrorKind.MALFORMED, ErrorKind.KB_IAT, ErrorKind.STATUS_INVALID}


@paths
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0.0", "1.8e9", '"1999"', "true", "[1]",
     "null", "{}"],
)  # fmt: skip
def test_J21_time_that_is_no_whole_number(path: EntryPath, claim: str, value: str) -> None:
    token = _with_time(path, claim, value)
    if value in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999"):
        path.refuses(token, ErrorKind.MALFORMED)
    else:
        path.refuses(token, *NOT_A_TIME)


@paths
@pytest.mark.parametrize("digits", [17, 4_300, 4_301, 60_000])
def test_J22_huge_integer_costs_nothing(path: EntryPath, digits: int) -> None:
    for value in ("9" * digits, "-" + "9" * digits):
        token = _with_time(path, "exp", value)
        kind, seconds = least_cpu(partial(path.refusal, token))
        assert kind in {ErrorKind.MALFORMED, ErrorKind.TOO_LARGE} | path.says
        assert seconds < 0.1


def test_J22_a_million_digits_cost_nothing() -> None:
    token = _signed({"alg": "ES256", "typ": TYP}, b'{"exp":' + b"9" * 1_000_000 + b"}")

    def kind() -> ErrorKind:
        with pytest.raises(InvalidError) as caught:
            verify_jwt(
                parse_jws(token, limits=PRESENTATION, max_bytes=2_000_000),
                key=KEY.public_jwk,
                algorithms=ALGORITHMS,
                types=[TYP],
                check=check_signature,
                now=NOW,
                leeway=0,
            )
        return caught.value.kind

    found, seconds = least_cpu(kind)
    assert found is ErrorKind.MALFORMED
    assert seconds < 0.1


@pytest.mark.parametrize("position", [0, 1, 2])
def test_J24_oversized_part_is_refused_before_decoding(position: int) -> None:
    parts = ["eyJhbGciOiJFUzI1NiJ9", "e30", "AAAA"]
    parts[position] = "A" * 64 * 1024 * 1024
    token = ".".join(parts)

    def kinds() -> set[ErrorKind]:
        found = set()
        for read in (parse_jws, parse_credential):
            with pytest.raises(InvalidError) as caught:
                read(token, limits=PRESENTATION)
            found.add(caught.value.kind)
        return found

    tracemalloc.start()
    try:
        found, seconds = least_cpu(kinds)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == {ErrorKind.TOO_LARGE}
    assert peak < 1024 * 1024
    assert seconds < 0.1


@paths
def test_J24_header_over_its_limit(path: EntryPath) -> None:
    header = {**path.header, "x": "x" * 16 * 1024}
    path.refuses(path.token(header=header), ErrorKind.TOO_LARGE)


def _spoil(text: str, junk: str) -> list[str]:
    return [text + junk, junk + text, text[:5] + junk + text[5:]]


@paths
@pytest.mark.parametrize("junk", ["=", "==", " ", "\n", "\r\n", "\t", "+", "/", "!", "\u00a0", "é"])
def test_J25_junk_in_any_part(path: EntryPath, junk: str) -> None:
    for position in range(3):
        parts = path.token().split(".")
        for spoilt in _spoil(parts[position], junk):
            token = ".".join([*parts[:position], spoilt, *parts[position + 1 :]])
            if path.name == "command-line" and token[0] in " \t\r\n":
                continue  # a text file may begin and end with white space
            path.refuses(token, ErrorKind.MALFORMED)


@paths
def test_J25_trailing_bits_that_are_not_zero(path: EntryPath) -> None:
    """64 signature bytes end in a character with four spare bits."""
    head, signature = path.token().rsplit(".", 1)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])
    for spare in range(1, 16):
        token = f"{head}.{signature[:-1]}{alphabet[last + spare]}"
        path.refuses(token, ErrorKind.MALFORMED)


@paths
def test_J26_number_of_parts(path: EntryPath) -> None:
    header, payload, signature = path.token().split(".")
    for token in (
        header,
        f"{header}.{payload}",
        f"{header}.{payload}.{signature}.",
        f"{header}.{payload}.{signature}.{signature}",
        f"{header}.{payload}.{signature}.a.b",
        f".{payload}.{signature}",
        f"{header}..{payload}.{signature}",
        "..",
        ".",
    ):
        path.refuses(token, ErrorKind.MALFORMED)


@paths
def test_J26_empty_payload_or_signature(path: EntryPath) -> None:
    header, payload, signature = path.token().split(".")
    path.refuses(f"{header}.{payload}.", ErrorKind.BAD_SIGNATURE)
    path.refuses(f"{header}..{signature}", ErrorKind.BAD_SIGNATURE, ErrorKind.MALFORMED)


@paths
def test_J27_json_serialisation(path: EntryPath) -> None:
    protected, payload, signature = path.token().split(".")
    flat = {"protected": protected, "payload": payload, "signature": signature}
    general = {"payload": payload, "signatures": [flat]}
    for value in (flat, general, {**flat, "header": {"alg": "none"}}):
        path.refuses(json.dumps(value), ErrorKind.MALFORMED)


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@paths
def test_J30_the_twin_of_an_ecdsa_signature_is_accepted(path: EntryPath) -> None:
    """JOSE has no low-s rule: whoever recognises a token by its bytes is wrong."""
    head, signature = path.token().rsplit(".", 1)
    raw = base64url.decode(signature)
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    assert twin != raw
    assert path.run(f"{head}.{part(twin)}") is not None


ED_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_J31_ed25519_edges_are_bad_signatures(alg: str) -> None:
    key = signer("edge", alg)
    token = sign_jws(b"{}", signer=key, typ=TYP)
    verify(token, key.public_jwk)
    head, signature = token.rsplit(".", 1)
    raw = base64url.decode(signature)
    scalar = int.from_bytes(raw[32:], "little")
    forged = [
        raw[:32] + (scalar + ED_ORDER).to_bytes(32, "little"),
        bytes(64),
        b"\x01" + bytes(63),
        bytes(32) + raw[32:],
        (2**255 - 19 + 1).to_bytes(32, "little") + raw[32:],
        raw[:31] + bytes([raw[31] ^ 0x80]) + raw[32:],
        raw + b"\0",
        raw[:63],
    ]
    for signature_bytes in forged:
        assert kind_under(f"{head}.{part(signature_bytes)}", key.public_jwk) is (
            ErrorKind.BAD_SIGNATURE
        )
    for small_order in (bytes(32), b"\x01" + bytes(31), (2**255 - 19).to_bytes(32, "little")):
        weak = key.public_jwk._replace(x=base64url.encode(small_order))
        # Under a small-order key and S = 0, "R = A" would verify any message.
        for signature_bytes in (small_order + bytes(32), raw):
            assert kind_under(f"{head}.{part(signature_bytes)}", weak) is ErrorKind.BAD_SIGNATURE


def test_J32_algorithm_and_curve_do_not_go_together() -> None:
    token = _signed({"alg": "ES256", "typ": TYP})
    p384, edwards = signer("p384", "ES384").public_jwk, signer("ed", "EdDSA").public_jwk
    for key in (p384, edwards, p384.bare(), edwards.bare()):
        assert kind_under(token, key) is ErrorKind.ALG_NOT_ALLOWED
    x25519 = {"kty": "OKP", "crv": "X25519", "x": edwards.x}
    secp256k1 = {**KEY.public_jwk.bare().to_json(), "crv": "secp256k1"}
    for members in (x25519, secp256k1):
        with pytest.raises(InvalidError) as caught:
            parse_public_jwk(members)
        assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED


def test_J32_point_of_secp256k1_called_p256_is_malformed() -> None:
    generator = PublicJwk(
        kty="EC",
        crv="P-256",
        x=part(bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")),
        y=part(bytes.fromhex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")),
    )
    assert kind_under(_signed({"alg": "ES256", "typ": TYP}), generator) is ErrorKind.MALFORMED


def test_J33_point_off_its_curve_or_of_another_length_is_malformed() -> None:
    good = KEY.public_jwk.bare().to_json()
    for x, y in ((good["x"], good["x"]), (part(bytes(32)), part(bytes(32))),
                 (part(b"\xff" * 32), good["y"])):  # fmt: skip
        key = parse_public_jwk({**good, "x": x, "y": y})
        assert kind_under(_signed({"alg": "ES256", "typ": TYP}), key) is ErrorKind.MALFORMED
    raw = base64url.decode(good["x"])
    for x in (raw[1:], raw[:-1], raw + b"\0", b"\0" + raw, b""):
        with pytest.raises(InvalidError) as caught:
            parse_public_jwk({**good, "x": part(x)})
        assert caught.value.kind is ErrorKind.MALFORMED


def test_J33_coordinate_with_its_leading_zero_dropped_is_malformed() -> None:
    for number in itertools.count():
        jwk = signer(f"leading zero {number}").public_jwk.bare().to_json()
        raw = base64url.decode(jwk["x"])
        if raw[0] == 0:
            break
    parse_public_jwk(jwk)
    with pytest.raises(InvalidError) as caught:
        parse_public_jwk({**jwk, "x": part(raw[1:])})
    assert caught.value.kind is ErrorKind.MALFORMED


@paths
def test_J34_psychic_signature(path: EntryPath) -> None:
    for signature in (
        bytes(64),
        bytes(32) + b"\0" * 31 + b"\1",
        P256_ORDER.to_bytes(32, "big") * 2,
        b"\0" * 31 + b"\1" + bytes(32),
    ):
        path.refuses(path.token(signature=signature), ErrorKind.BAD_SIGNATURE)


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_J35_rsa_of_any_strength_is_not_allowed(alg: str) -> None:
    for modulus in (b"\xc5" * 128, b"\xc5" * 256, b"\xc5" * 512):
        for exponent in ("AQ", "Aw", "AQAB"):
            members = {"kty": "RSA", "n": part(modulus), "e": exponent, "kid": "r", "alg": alg}
            with pytest.raises(InvalidError) as caught:
                parse_public_jwk(members)
            assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED
            assert parse_jwks({"keys": [members]}, limits=PRESENTATION) == ()
    with pytest.raises(InvalidError) as caught:
        parse_jws(_signed({"alg": alg, "typ": TYP}), limits=PRESENTATION)
    assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize(
    "purpose",
    [{"use": "enc"}, {"use": "none"}, {"key_ops": ()}, {"key_ops": ("encrypt",)},
     {"key_ops": ("sign", "deriveKey")}, {"use": "sig", "key_ops": ("wrapKey",)}],
)  # fmt: skip
def test_J36_key_for_another_purpose(purpose: dict[str, Any]) -> None:
    key = KEY.public_jwk._replace(**purpose)
    token = _signed({"alg": "ES256", "typ": TYP})
    assert kind_under(token, key) is ErrorKind.KEY_NOT_TRUSTED
    with pytest.raises(InvalidError) as caught:
        check_signature("ES256", key, b"m", KEY.sign(b"m"))
    assert caught.value.kind is ErrorKind.KEY_NOT_TRUSTED
    with pytest.raises(InvalidError) as caught:
        select_key((key,), kid=key.kid, algorithm="ES256")
    assert caught.value.kind is ErrorKind.KEY_NOT_TRUSTED


@paths
@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "EC", "crv": "P-256", "x": "A", "y": "A", "d": "A"},
        {"kty": "OKP", "crv": "Ed25519", "x": "A", "d": ""},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "RSA", "n": "A", "e": "AQAB", "p": "A"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "A", "priv": "A"},
    ],
    ids=lambda jwk: jwk["kty"],
)
def test_J37_private_key_in_the_header(path: EntryPath, jwk: dict[str, str]) -> None:
    for member in ({"jwk": jwk}, {"jwks": {"keys": [jwk]}}, {"own": [{"deep": jwk}]}):
        token = path.token(header={**path.header, **member})
        path.refuses(token, ErrorKind.HEADER_NOT_ALLOWED)
    with pytest.raises(InvalidError) as caught:
        parse_jwks({"keys": [KEY.public_jwk.to_json(), jwk]}, limits=PRESENTATION)
    assert caught.value.kind is ErrorKind.HEADER_NOT_ALLOWED
    assert caught.value.hint


TOKEN_TYPES = (
    "dc+sd-jwt",
    "kb+jwt",
    "statuslist+jwt",
    "oauth-authz-req+jwt",
    "openid4vci-proof+jwt",
    "at+jwt",
)
FOREIGN_TYPES = ("JWT", "jwt", "vc+sd-jwt", "id_token", "DC+SD-JWT", "application/dc+sd-jwt", "")


@pytest.mark.parametrize(("made", "wanted"), list(itertools.permutations(TOKEN_TYPES, 2)))
def test_J38_each_type_offered_as_each_other(made: str, wanted: str) -> None:
    token = sign_jws(b"{}", signer=KEY, typ=made)
    with pytest.raises(InvalidError) as caught:
        verify_jws(
            parse_jws(token, limits=PRESENTATION),
            key=KEY.public_jwk,
            algorithms=ALGORITHMS,
            types=[wanted],
            check=check_signature,
        )
    assert caught.value.kind is ErrorKind.TYP_MISMATCH


@paths
@pytest.mark.parametrize("typ", [*TOKEN_TYPES, *FOREIGN_TYPES, None])
def test_J38_another_type_on_every_path(path: EntryPath, typ: str | None) -> None:
    if typ == path.typ:
        return
    header = {name: value for name, value in path.header.items() if name != "typ"}
    token = path.token(header=header if typ is None else {**header, "typ": typ})
    path.refuses(token, ErrorKind.TYP_MISMATCH, ErrorKind.KB_TYP)


@paths
@pytest.mark.parametrize("cty", [None, "JWT", "jwt"])
def test_J39_signed_text_inside_a_signed_text(path: EntryPath, cty: str | None) -> None:
    header = path.header if cty is None else {**path.header, "cty": cty}
    unsigned = f"{part({'alg': 'none'})}.{part(path.payload)}."
    for inner in (path.token(), unsigned, "a.b.c.d.e"):
        for payload in (inner.encode(), json.dumps(inner).encode()):
            token = path.token(header=header, payload=payload)
            path.refuses(token, ErrorKind.MALFORMED)


DECRYPTION_KEY = DecryptionKey.from_private_bytes(signer("decryption").private_bytes())


def encrypted(plaintext: bytes = b"{}", **header: Any) -> str:
    """An honest JWE; members of `header` replace its own afterwards, None removes them."""
    compact = encrypt_jwe(plaintext, key=DECRYPTION_KEY.public_jwk, enc="A256GCM", kid=None)
    members = {**parse_jwe_header(compact, limits=PRESENTATION), **header}
    kept = {name: value for name, value in members.items() if value is not None}
    return compact if not header else ".".join([part(kept), *compact.split(".")[1:]])


def opened(compact: str) -> bytes:
    return decrypt_jwe(
        compact,
        decryption_key=DECRYPTION_KEY,
        enc_allowed=["A128GCM", "A256GCM"],
        limits=PRESENTATION,
    )


def kind_opening(compact: str) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        opened(compact)
    return caught.value.kind


@pytest.mark.parametrize("cty", [None, "JWT"])
def test_J39_unsigned_text_inside_an_encrypted_text(cty: str | None) -> None:
    unsigned = f"{part({'alg': 'none', 'typ': TYP})}.{part({'sub': 'admin'})}."
    header = {} if cty is None else {"cty": cty}
    compact = encrypt_jwe(
        unsigned.encode(), key=DECRYPTION_KEY.public_jwk, enc="A128GCM", kid=None, header=header
    )
    with pytest.raises(InvalidError) as caught:
        verify(opened(compact).decode())
    assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED
    with pytest.raises(InvalidError) as caught:
        parse_jws(compact, limits=PRESENTATION)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize("zip_value", ["DEF", "def", "GZ", "", 1, []])
def test_J40_compressed_encrypted_text_is_never_inflated(zip_value: object) -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(bytes(60 * 1024 * 1024)) + deflate.flush()
    tracemalloc.start()
    try:
        kind = kind_opening(encrypted(bomb, zip=zip_value))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kind is ErrorKind.HEADER_NOT_ALLOWED
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("alg", ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"])
def test_J41_password_based_key_costs_nothing(alg: str) -> None:
    compact = encrypted(alg=alg, p2c=2**31, p2s=part(bytes(16)))
    kind, seconds = least_cpu(lambda: kind_opening(compact))
    assert kind is ErrorKind.ALG_NOT_ALLOWED
    assert seconds < 0.05


@pytest.mark.parametrize("alg", ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "dir", "A128KW", "none"])
def test_J42_rsa_and_other_key_management(alg: str) -> None:
    first, _, *rest = encrypted(alg=alg).split(".")
    for encrypted_key in ("", part(bytes(256))):
        compact = ".".join([first, encrypted_key, *rest])
        assert kind_opening(compact) is ErrorKind.ALG_NOT_ALLOWED


def test_J43_invalid_ephemeral_key() -> None:
    good = signer("ephemeral").public_jwk.bare().to_json()
    p384 = signer("ephemeral", "ES384").public_jwk.bare().to_json()
    invalid: list[Any] = [
        None,
        "key",
        [],
        {},
        {**good, "y": good["x"]},
        {**good, "x": part(bytes(32)), "y": part(bytes(32))},
        {**good, "crv": "P-384"},
        {**good, "crv": "secp256k1"},
        {**good, "kty": "OKP"},
        p384,
        {"kty": "OKP", "crv": "X25519", "x": good["x"]},
        {**good, "x": good["x"][:-1]},
    ]
    for epk in invalid:
        assert kind_opening(encrypted(epk=epk)) is ErrorKind.MALFORMED
    assert kind_opening(encrypted(epk={**good, "d": "AA"})) is ErrorKind.HEADER_NOT_ALLOWED


@pytest.mark.parametrize("length", [0, 1, 4, 8, 12, 13, 14, 15, 17, 32])
def test_J44_tag_of_another_length(length: int) -> None:
    head, tag = encrypted().rsplit(".", 1)
    raw = (base64url.decode(tag) + bytes(16))[:length]
    assert kind_opening(f"{head}.{part(raw)}") is ErrorKind.BAD_SIGNATURE


def test_J44_control_the_whole_tag_opens() -> None:
    assert opened(encrypted(b"message")) == b"message"


def test_every_row_of_the_catalogue_has_its_test() -> None:
    rows = [*range(1, 6), *range(8, 11), 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 24, 25, 26, 27]
    rows += range(30, 45)
    tested = {name[6:8] for name in globals() if name.startswith("test_J")}
    assert tested == {f"{row:02}" for row in rows}
