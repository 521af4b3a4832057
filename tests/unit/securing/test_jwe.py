"""Compact JWE by direct key agreement: refusals, vectors, and one foreign library."""

import base64
import copy
import json
import pickle
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from carnet_securing import base64url, jwe
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwe import (
    DecryptionKey,
    decrypt_jwe,
    encrypt_jwe,
    parse_encryption_key,
    parse_jwe_header,
)
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.limits import PRESENTATION, Limits
from support.keys import signer
from support.shared import vectors

BOTH = ("A128GCM", "A256GCM")
KEY = DecryptionKey.from_private_bytes(signer("decryption").private_bytes())
COMPACT = encrypt_jwe(b"message", key=KEY.public_jwk, enc="A128GCM", kid=KEY.public_jwk.kid)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def kind_of(
    compact: str | bytes,
    *,
    key: DecryptionKey = KEY,
    enc_allowed: Collection[str] = BOTH,
    limits: Limits = PRESENTATION,
) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        decrypt_jwe(compact, decryption_key=key, enc_allowed=enc_allowed, limits=limits)
    return caught.value.kind


def with_header(**changed: Any) -> str:
    """The message under another header; `None` removes a member."""
    members = {**parse_jwe_header(COMPACT, limits=PRESENTATION), **changed}
    header = {name: value for name, value in members.items() if value is not None}
    return ".".join([part(header), *COMPACT.split(".")[1:]])


@pytest.mark.parametrize(
    "alg",
    ["none", "dir", "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "A128KW", "A256GCMKW", "ECDH-ES+A128KW",
     "ECDH-ES+A256KW", "PBES2-HS256+A128KW", "ecdh-es", "ECDH-ES ", "ECDH-1PU", "HPKE-0", ""],
)  # fmt: skip
def test_any_other_key_management_is_not_allowed(alg: str) -> None:
    assert kind_of(with_header(alg=alg)) is ErrorKind.ALG_NOT_ALLOWED
    assert kind_of(with_header(alg=alg, p2c=2**31, p2s="AA")) is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize("enc", ["A192GCM", "A128CBC-HS256", "A256CBC-HS512", "none", "a128gcm"])
def test_any_other_content_encryption_is_not_allowed(enc: str) -> None:
    assert kind_of(with_header(enc=enc)) is ErrorKind.ALG_NOT_ALLOWED
    with pytest.raises(InvalidError) as caught:
        encrypt_jwe(b"", key=KEY.public_jwk, enc=enc, kid=None)
    assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize("allowed", [(), [], frozenset(), ["A256GCM"], ["a128gcm"], [""]])
def test_encryption_outside_the_list_is_not_allowed(allowed: Collection[str]) -> None:
    assert kind_of(COMPACT, enc_allowed=allowed) is ErrorKind.ALG_NOT_ALLOWED


def test_one_text_in_place_of_a_list_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError):
        decrypt_jwe(COMPACT, decryption_key=KEY, enc_allowed="A128GCM", limits=PRESENTATION)


OFF_CURVE = {**KEY.public_jwk.bare().to_json(), "y": signer("x").public_jwk.y}


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"zip": "DEF"}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"zip": ""}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"jku": "https://a.example"}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"x5u": "https://a.example"}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"b64": False}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"crit": ["exp"]}, ErrorKind.CRIT_UNSUPPORTED),
        ({"crit": []}, ErrorKind.CRIT_UNSUPPORTED),
        ({"alg": None}, ErrorKind.MALFORMED),
        ({"alg": 1}, ErrorKind.MALFORMED),
        ({"enc": None}, ErrorKind.MALFORMED),
        ({"enc": ["A128GCM"]}, ErrorKind.MALFORMED),
        ({"kid": 1}, ErrorKind.MALFORMED),
        ({"apu": 1}, ErrorKind.MALFORMED),
        ({"apu": "not base64!"}, ErrorKind.MALFORMED),
        ({"apv": "QQ=="}, ErrorKind.MALFORMED),
        ({"epk": None}, ErrorKind.MALFORMED),
        ({"epk": "key"}, ErrorKind.MALFORMED),
        ({"epk": {}}, ErrorKind.MALFORMED),
        ({"epk": OFF_CURVE}, ErrorKind.MALFORMED),
        ({"epk": {**OFF_CURVE, "crv": "P-384"}}, ErrorKind.MALFORMED),
        ({"epk": {**OFF_CURVE, "crv": "secp256k1"}}, ErrorKind.MALFORMED),
        ({"epk": {"kty": "OKP", "crv": "X25519", "x": "A" * 43}}, ErrorKind.MALFORMED),
        ({"epk": {**OFF_CURVE, "x": "AAAA"}}, ErrorKind.MALFORMED),
        ({"epk": signer("a", "ES384").public_jwk.to_json()}, ErrorKind.MALFORMED),
        ({"epk": {**KEY.public_jwk.to_json(), "d": "AA"}}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"jwk": {"kty": "EC", "d": "AA"}}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"kid": "another"}, ErrorKind.KEY_NOT_FOUND),
        ({"typ": "JWT"}, ErrorKind.BAD_SIGNATURE),
        ({"apu": "QQ"}, ErrorKind.BAD_SIGNATURE),
        ({"enc": "A256GCM"}, ErrorKind.BAD_SIGNATURE),
        ({"epk": signer("other").public_jwk.bare().to_json()}, ErrorKind.BAD_SIGNATURE),
    ],
)
def test_changed_header_is_refused(changed: dict[str, Any], kind: ErrorKind) -> None:
    assert kind_of(with_header(**changed)) is kind


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"alg":"dir","alg":"ECDH-ES"}',
        '{"alg":"ECDH-ES"}'.encode("utf-16"),
    ],
)
def test_ill_formed_header_is_refused(raw: bytes) -> None:
    compact = ".".join([part(raw), *COMPACT.split(".")[1:]])
    assert kind_of(compact) in (ErrorKind.MALFORMED, ErrorKind.DUPLICATE_MEMBER)


def with_part(position: int, value: str) -> str:
    parts = COMPACT.split(".")
    parts[position] = value
    return ".".join(parts)


@pytest.mark.parametrize("length", [0, 1, 4, 8, 12, 15])
def test_truncated_tag_does_not_open(length: int) -> None:
    tag = base64url.decode(COMPACT.split(".")[4])
    assert kind_of(with_part(4, part(tag[:length]))) is ErrorKind.BAD_SIGNATURE


def test_longer_tag_or_tag_moved_into_the_message_does_not_open() -> None:
    _, _, _, ciphertext, tag = COMPACT.split(".")
    raw, raw_tag = base64url.decode(ciphertext), base64url.decode(tag)
    assert kind_of(with_part(4, part(raw_tag + b"\0"))) is ErrorKind.BAD_SIGNATURE
    moved = with_part(3, part(raw + raw_tag[:8]))
    assert kind_of(".".join([*moved.split(".")[:4], part(raw_tag[8:])])) is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("length", [0, 8, 11, 13, 16])
def test_other_length_of_initialisation_vector_is_malformed(length: int) -> None:
    assert kind_of(with_part(2, part(bytes(length)))) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "compact",
    [
        "",
        "....",
        ".....",
        COMPACT + ".",
        COMPACT.rsplit(".", 1)[0],
        COMPACT + "=",
        " " + COMPACT,
        COMPACT + "é",
        with_part(1, "AAAA"),
        with_part(3, "A"),
        with_part(4, "AA=="),
        json.dumps({"protected": "", "ciphertext": ""}),
    ],
)
def test_what_is_not_five_canonical_parts_is_malformed(compact: str) -> None:
    assert kind_of(compact) is ErrorKind.MALFORMED


def test_any_flipped_bit_of_the_message_does_not_open() -> None:
    for position in (2, 3, 4):
        raw = base64url.decode(COMPACT.split(".")[position])
        for bit in range(len(raw) * 8):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << (bit % 8)
            assert kind_of(with_part(position, part(bytes(flipped)))) is ErrorKind.BAD_SIGNATURE


def test_size_of_text_and_of_header_are_checked_before_decoding() -> None:
    limits = replace(PRESENTATION, jwe_bytes=len(COMPACT) - 1)
    assert kind_of(COMPACT, limits=limits) is ErrorKind.TOO_LARGE
    small_header = replace(PRESENTATION, header_bytes=50)
    assert kind_of("!" * 200 + "....", limits=small_header) is ErrorKind.TOO_LARGE
    at_limit = replace(PRESENTATION, jwe_bytes=len(COMPACT))
    assert decrypt_jwe(COMPACT, decryption_key=KEY, enc_allowed=BOTH, limits=at_limit)


def test_another_key_does_not_open() -> None:
    other = DecryptionKey.generate()
    assert kind_of(COMPACT, key=other) is ErrorKind.KEY_NOT_FOUND
    nameless = encrypt_jwe(b"message", key=KEY.public_jwk, enc="A128GCM", kid=None)
    assert kind_of(nameless, key=other) is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"use": "sig"}, ErrorKind.KEY_NOT_TRUSTED),
        ({"key_ops": ("verify",)}, ErrorKind.KEY_NOT_TRUSTED),
        ({"key_ops": ()}, ErrorKind.KEY_NOT_TRUSTED),
        ({"alg": "ES256"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": "ECDH-ES+A128KW"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"crv": "P-384"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"y": signer("x").public_jwk.y}, ErrorKind.MALFORMED),
    ],
)
def test_key_not_meant_for_encryption_is_not_encrypted_to(
    changed: dict[str, Any], kind: ErrorKind
) -> None:
    key = KEY.public_jwk._replace(**changed)
    with pytest.raises(InvalidError) as caught:
        encrypt_jwe(b"", key=key, enc="A128GCM", kid=None)
    assert caught.value.kind is kind
    with pytest.raises(InvalidError) as caught:
        parse_encryption_key(key.to_json())
    assert caught.value.kind in (kind, ErrorKind.MALFORMED)


def test_key_to_encrypt_to_is_read_and_usable() -> None:
    assert parse_encryption_key(KEY.public_jwk.to_json()) == KEY.public_jwk
    with pytest.raises(InvalidError) as caught:
        parse_encryption_key(KEY.public_jwk.to_json() | {"d": "AA"})
    assert caught.value.kind is ErrorKind.HEADER_NOT_ALLOWED


@pytest.mark.parametrize(
    "header",
    [{"alg": "dir"}, {"enc": "x"}, {"epk": {}}, {"kid": "k"}, {"zip": "DEF"}, {"crit": []},
     {"apu": 1}, {"typ": None}],
)  # fmt: skip
def test_header_we_would_refuse_is_not_written(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        encrypt_jwe(b"", key=KEY.public_jwk, enc="A128GCM", kid=None, header=header)
    assert caught.value.kind in (
        ErrorKind.HEADER_NOT_ALLOWED,
        ErrorKind.CRIT_UNSUPPORTED,
        ErrorKind.MALFORMED,
    )


def test_header_is_judged_before_any_key_is_chosen_by_it() -> None:
    for changed, kind in (
        ({"epk": {}}, ErrorKind.MALFORMED),
        ({"epk": {**KEY.public_jwk.bare().to_json(), "x": "A"}}, ErrorKind.MALFORMED),
        ({"alg": "dir"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"zip": "DEF"}, ErrorKind.HEADER_NOT_ALLOWED),
    ):
        with pytest.raises(InvalidError) as caught:
            parse_jwe_header(with_header(**changed), limits=PRESENTATION)
        assert caught.value.kind is kind


def test_header_at_its_limit_is_read_and_one_byte_more_is_not() -> None:
    limits = replace(PRESENTATION, header_bytes=400)
    room = 400 - len(json.dumps(parse_jwe_header(COMPACT, limits=PRESENTATION))) - len(', "x": ""')
    assert len(parse_jwe_header(with_header(x="x" * room), limits=limits)["x"]) == room
    for more in (1, 2, 3, 4):
        assert kind_of(with_header(x="x" * (room + more)), limits=limits) is ErrorKind.TOO_LARGE


@pytest.mark.parametrize("private", [b"", bytes(32), b"\xff" * 32, b"\x01" * 31, b"\x01" * 33])
def test_ill_formed_private_key_is_malformed(private: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        DecryptionKey.from_private_bytes(private)
    assert caught.value.kind is ErrorKind.MALFORMED


def test_agreement_is_with_p256_keys_only() -> None:
    for other in (signer("e", "Ed25519").public_jwk, signer("e", "ES384").public_jwk):
        with pytest.raises(InvalidError):
            KEY.agree(other)


def test_private_key_is_never_shown_copied_or_pickled() -> None:
    assert repr(KEY) == f"DecryptionKey(kid={KEY.public_jwk.kid!r}, private=<hidden>)"
    for take in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            take(KEY)


@pytest.mark.parametrize("enc", BOTH)
@pytest.mark.parametrize("header", [None, {"apu": "QWxpY2U", "apv": "Qm9i", "cty": "json"}])
@pytest.mark.parametrize("plaintext", [b"", b"{}", bytes(50_000)])
def test_message_comes_back_and_the_ephemeral_key_is_fresh(
    enc: str, header: dict[str, Any] | None, plaintext: bytes
) -> None:
    public = KEY.public_jwk
    one, two = (
        encrypt_jwe(plaintext, key=public, enc=enc, kid=public.kid, header=header) for _ in range(2)
    )
    for compact in (one, two.encode()):
        opened = decrypt_jwe(compact, decryption_key=KEY, enc_allowed=[enc], limits=PRESENTATION)
        assert opened == plaintext
    first, second = (parse_jwe_header(text, limits=PRESENTATION) for text in (one, two))
    assert first["epk"] != second["epk"]
    assert first["kid"] == public.kid


def test_decryption_key_publishes_what_it_is_for() -> None:
    fresh = DecryptionKey.generate()
    assert fresh.public_jwk.use == "enc"
    assert fresh.public_jwk.alg == "ECDH-ES"
    assert fresh.public_jwk.kid == fresh.public_jwk.thumbprint
    again = DecryptionKey.from_private_bytes(fresh.private_bytes(), kid="mine")
    assert again.public_jwk.kid == "mine"
    assert again.public_jwk.bare() == fresh.public_jwk.bare()


def test_key_derivation_of_rfc_7518_appendix_c() -> None:
    alice = {
        "kty": "EC",
        "crv": "P-256",
        "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
    }
    bob = DecryptionKey.from_private_bytes(
        base64url.decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw")
    )
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i"}
    derived = jwe._content_key(bob.agree(parse_public_jwk(alice)), header)
    assert base64url.encode(derived) == "VqqN6vgjbSBcIijNcacQGg"


def test_encrypted_response_of_openid4vp_opens() -> None:
    folder = vectors("openid4vp")
    example = json.loads((folder / "1.0-embedded" / "encrypted_response.json").read_text())
    private = example["private_jwk"]
    key = DecryptionKey.from_private_bytes(base64url.decode(private["d"]), kid=private["kid"])
    opened = decrypt_jwe(
        example["response"], decryption_key=key, enc_allowed=["A128GCM"], limits=PRESENTATION
    )
    assert json.loads(opened) == example["expected_payload"]


@pytest.mark.parametrize("enc", BOTH)
def test_joserfc_opens_ours_and_we_open_its_own(enc: str) -> None:
    from joserfc import jwe as other
    from joserfc.jwk import ECKey

    public = KEY.public_jwk.bare().to_json()
    private = ECKey.import_key({**public, "d": base64url.encode(KEY.private_bytes())})
    ours = encrypt_jwe(b"to them", key=KEY.public_jwk, enc=enc, kid=None, header={"apu": "QQ"})
    assert other.decrypt_compact(ours, private, algorithms=["ECDH-ES", enc]).plaintext == b"to them"
    theirs = other.encrypt_compact({"alg": "ECDH-ES", "enc": enc, "apv": "Qm9i"}, b"to us", private)
    opened = decrypt_jwe(theirs, decryption_key=KEY, enc_allowed=[enc], limits=PRESENTATION)
    assert opened == b"to us"
