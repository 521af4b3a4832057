"""The Ed25519 pre-check, and the back end behind the signature seam."""

import itertools

import pytest

from carnet_securing import base64url, native
from carnet_securing.algorithms import SIGNATURE_ALGORITHMS, precheck_ed25519
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk
from carnet_securing.native import check_signature
from support.keys import signer

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MESSAGE = b"carnet"
# The eight points of order 1, 2, 4 and 8, and the ways of writing them that are not canonical.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]
NOT_CANONICAL = [(P + k).to_bytes(32, "little").hex() for k in range(19)] + ["ff" * 32]


def ed25519(name: str = "precheck") -> tuple[PublicJwk, bytes, bytes]:
    key = signer(name, "Ed25519")
    return key.public_jwk, base64url.decode(key.public_jwk.x), key.sign(MESSAGE)


def refused(public: bytes, signature: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        precheck_ed25519(public, signature)
    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("point", SMALL_ORDER + NOT_CANONICAL)
def test_small_order_or_other_spelling_is_refused_as_key_and_as_commitment(point: str) -> None:
    _, public, signature = ed25519()
    refused(bytes.fromhex(point), signature)
    refused(public, bytes.fromhex(point) + signature[32:])


@pytest.mark.parametrize("scalar", [ORDER, ORDER + 1, 2**252 + 2**251, 2**255, 2**256 - 1])
def test_scalar_at_or_above_the_group_order_is_refused(scalar: int) -> None:
    _, public, signature = ed25519()
    refused(public, signature[:32] + scalar.to_bytes(32, "little"))


def test_scalar_plus_group_order_is_refused() -> None:
    jwk, public, signature = ed25519()
    scalar = int.from_bytes(signature[32:], "little")
    twin = signature[:32] + (scalar + ORDER).to_bytes(32, "little")
    refused(public, twin)
    with pytest.raises(InvalidError):
        check_signature("Ed25519", jwk, MESSAGE, twin)


@pytest.mark.parametrize(("key_length", "length"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_wrong_lengths_are_refused(key_length: int, length: int) -> None:
    refused(b"\x05" * key_length, b"\x05" * length)


def test_scalar_just_below_the_order_passes_the_precheck() -> None:
    _, public, signature = ed25519()
    precheck_ed25519(public, signature)
    precheck_ed25519(public, signature[:32] + (ORDER - 1).to_bytes(32, "little"))


def test_a_key_or_commitment_with_a_torsion_part_is_judged_without_cofactor() -> None:
    """A key A + T (T of order 8) signs nothing unless the hash happens to cancel T."""
    jwk, _, signature = ed25519()
    from nacl.bindings import crypto_core_ed25519_add

    mixed = crypto_core_ed25519_add(base64url.decode(jwk.x), bytes.fromhex(SMALL_ORDER[4]))
    precheck_ed25519(mixed, signature)
    other = PublicJwk(kty="OKP", crv="Ed25519", x=base64url.encode(mixed))
    with pytest.raises(InvalidError) as caught:
        check_signature("Ed25519", other, MESSAGE, signature)
    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", sorted(SIGNATURE_ALGORITHMS))
def test_signature_holds_for_its_key_and_message_only(algorithm: str) -> None:
    key, stranger = signer("one", algorithm), signer("two", algorithm)
    signature = key.sign(MESSAGE)
    check_signature(algorithm, key.public_jwk, MESSAGE, signature)
    flipped = signature[:-1] + bytes([signature[-1] ^ 1])
    for jwk, message, forged in (
        (stranger.public_jwk, MESSAGE, signature),
        (key.public_jwk, MESSAGE + b".", signature),
        (key.public_jwk, b"", signature),
        (key.public_jwk, MESSAGE, flipped),
        (key.public_jwk, MESSAGE, signature[:-1]),
        (key.public_jwk, MESSAGE, signature + b"\0"),
        (key.public_jwk, MESSAGE, b""),
        (key.public_jwk, MESSAGE, bytes(len(signature))),
    ):
        with pytest.raises(InvalidError) as caught:
            check_signature(algorithm, jwk, message, forged)
        assert caught.value.kind is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", sorted(SIGNATURE_ALGORITHMS))
@pytest.mark.parametrize(
    "claimed", ["ES256", "ES384", "ES512", "EdDSA", "HS256", "RS256", "none", "", "es256"]
)
def test_the_type_of_the_key_fixes_the_algorithm(algorithm: str, claimed: str) -> None:
    key = signer("one", algorithm)
    same = {algorithm, claimed} <= {"EdDSA", "Ed25519"} or algorithm == claimed
    if same:
        check_signature(claimed, key.public_jwk, MESSAGE, key.sign(MESSAGE))
        return
    with pytest.raises(InvalidError) as caught:
        check_signature(claimed, key.public_jwk, MESSAGE, key.sign(MESSAGE))
    assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED


def test_der_encoded_ecdsa_signature_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    key = signer("one")
    raw = key.sign(MESSAGE)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    with pytest.raises(InvalidError) as caught:
        check_signature("ES256", key.public_jwk, MESSAGE, der)
    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("r", [0, P256_ORDER, P256_ORDER - 1, 2**256 - 1])
@pytest.mark.parametrize("s", [0, P256_ORDER, 2**256 - 1])
def test_ecdsa_numbers_out_of_range_are_refused(r: int, s: int) -> None:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    with pytest.raises(InvalidError) as caught:
        check_signature("ES256", signer("one").public_jwk, MESSAGE, signature)
    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", ["ES256", "ES384"])
def test_point_off_its_curve_is_malformed_every_time(algorithm: str) -> None:
    jwk = signer("one", algorithm).public_jwk
    other = signer("two", algorithm).public_jwk
    mixed = PublicJwk(kty=jwk.kty, crv=jwk.crv, x=jwk.x, y=other.y)
    for _ in range(2):  # a failure to load is not remembered as a key
        with pytest.raises(InvalidError) as caught:
            check_signature(algorithm, mixed, MESSAGE, bytes(96 if algorithm == "ES384" else 64))
        assert caught.value.kind is ErrorKind.MALFORMED


def test_coordinates_of_zero_or_above_the_prime_are_malformed() -> None:
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    good = signer("one").public_jwk
    for x in (0, prime, prime + 1, 2**256 - 1):
        jwk = PublicJwk(kty="EC", crv="P-256", x=base64url.encode(x.to_bytes(32, "big")), y=good.y)
        with pytest.raises(InvalidError) as caught:
            check_signature("ES256", jwk, MESSAGE, bytes(64))
        assert caught.value.kind is ErrorKind.MALFORMED


def test_key_put_together_without_its_second_coordinate_checks_nothing() -> None:
    """Such a key cannot be parsed; built by hand, it must not be taken for an Ed25519 key."""
    edwards = signer("two faces", "Ed25519")
    half = PublicJwk(kty="EC", crv="P-256", x=edwards.public_jwk.x, y=None)
    with pytest.raises(InvalidError) as caught:
        check_signature("ES256", half, MESSAGE, edwards.sign(MESSAGE))
    assert caught.value.kind is ErrorKind.MALFORMED


def test_ecdsa_number_without_its_leading_zero_is_refused() -> None:
    key = signer("one")
    for number in itertools.count():
        message = b"%d" % number
        signature = key.sign(message)
        if signature[32] == 0:
            break
    check_signature("ES256", key.public_jwk, message, signature)
    with pytest.raises(InvalidError) as caught:
        check_signature("ES256", key.public_jwk, message, signature[:32] + signature[33:])
    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


def test_precheck_comes_before_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A back end that judges edge cases more mildly changes nothing."""
    jwk, _, signature = ed25519()
    monkeypatch.setattr(native, "_sodium", lambda: (lambda *_: b"", ValueError))
    check_signature("EdDSA", jwk, MESSAGE, signature)
    for forged in (bytes(64), signature[:32] + ORDER.to_bytes(32, "little")):
        with pytest.raises(InvalidError) as caught:
            check_signature("EdDSA", jwk, MESSAGE, forged)
        assert caught.value.kind is ErrorKind.BAD_SIGNATURE
