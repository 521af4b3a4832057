"""Sealed boxes, and the bounds on what protects a passphrase."""

import os
from dataclasses import replace
from typing import Any

import pytest

from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.sealing import (
    KEY_BYTES,
    KdfParameters,
    check_new_passphrase,
    derive_key,
    open_sealed,
    seal,
)

FLOOR = KdfParameters(memory_kib=64 * 1024, passes=3, lanes=1, salt=b"0123456789abcdef")


def policy_refuses(parameters: KdfParameters) -> None:
    for use in (parameters.check, lambda: derive_key("passphrase", parameters)):
        with pytest.raises(InvalidError) as caught:
            use()
        assert caught.value.kind is ErrorKind.VAULT_KDF_POLICY


@pytest.mark.parametrize(
    "weaker_or_dearer",
    [
        {"memory_kib": 64 * 1024 - 1},
        {"memory_kib": 8},
        {"memory_kib": 0},
        {"memory_kib": -1},
        {"memory_kib": 1024 * 1024 + 1},
        {"memory_kib": 64 * 1024 * 1024},
        {"memory_kib": 2**64},
        {"memory_kib": True},
        {"memory_kib": 65536.0},
        {"memory_kib": "65536"},
        {"passes": 2},
        {"passes": 0},
        {"passes": -3},
        {"passes": 11},
        {"passes": 2**31},
        {"passes": None},
        {"lanes": 0},
        {"lanes": 2},
        {"lanes": True},
        {"salt": b""},
        {"salt": b"0123456789abcde"},
        {"salt": b"0123456789abcdefg"},
    ],
)
def test_parameters_outside_their_bounds_are_refused(weaker_or_dearer: dict[str, Any]) -> None:
    policy_refuses(replace(FLOOR, **weaker_or_dearer))


@pytest.mark.parametrize("bound", [{}, {"memory_kib": 1024 * 1024}, {"passes": 10}])
def test_parameters_at_their_bounds_pass(bound: dict[str, Any]) -> None:
    replace(FLOOR, **bound).check()


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"name": "pbkdf2"}, ErrorKind.VAULT_KDF_POLICY),
        ({"name": "argon2i"}, ErrorKind.VAULT_KDF_POLICY),
        ({"name": None}, ErrorKind.VAULT_KDF_POLICY),
        ({"memory_kib": 8}, ErrorKind.VAULT_KDF_POLICY),
        ({"passes": "3"}, ErrorKind.VAULT_KDF_POLICY),
        ({"salt": "AA"}, ErrorKind.VAULT_KDF_POLICY),
        ({"salt": "not base64!"}, ErrorKind.VAULT_CORRUPT),
        ({"salt": None}, ErrorKind.VAULT_CORRUPT),
        ({"extra": 1}, ErrorKind.VAULT_CORRUPT),
    ],
)
def test_stored_parameters_are_read_strictly(changed: dict[str, Any], kind: ErrorKind) -> None:
    with pytest.raises(InvalidError) as caught:
        KdfParameters.from_json({**FLOOR.to_json(), **changed})
    assert caught.value.kind is kind


@pytest.mark.parametrize("value", [None, [], "argon2id", {}, {"name": "argon2id"}])
def test_stored_parameters_that_are_no_object_of_theirs_are_corrupt(value: object) -> None:
    with pytest.raises(InvalidError) as caught:
        KdfParameters.from_json(value)
    assert caught.value.kind is ErrorKind.VAULT_CORRUPT


def test_fresh_parameters_differ_by_salt_and_read_back() -> None:
    one, two = KdfParameters.fresh(), KdfParameters.fresh()
    assert (one.memory_kib, one.passes, one.lanes) == (64 * 1024, 3, 1)
    assert one.salt != two.salt
    assert KdfParameters.from_json(one.to_json()) == one
    with pytest.raises(InvalidError):
        KdfParameters.fresh(passes=2)


@pytest.mark.parametrize(
    "passphrase",
    ["", "x" * 1_025, "é" * 513, "\ud800", "\ufdfa" * 1_024, "x" * (1024 * 1024)],
    ids=["empty", "1025", "1026-bytes", "surrogate", "grows-18-times", "one-mebibyte"],
)
def test_passphrase_that_is_empty_too_long_or_no_text_is_refused(passphrase: str) -> None:
    with pytest.raises(InvalidError) as caught:
        derive_key(passphrase, FLOOR)
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE
    assert "x" * 10 not in str(caught.value)


@pytest.mark.parametrize(
    "passphrase",
    ["", "seven c", "\ufdfa", "e\u0301" * 7, "\ufdfa" * 7],
    ids=["empty", "seven", "one-that-grows", "seven-in-fourteen", "seven-that-grow"],
)
def test_a_new_passphrase_of_few_characters_is_refused(passphrase: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check_new_passphrase(passphrase)
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE


@pytest.mark.parametrize("passphrase", ["eight ch", "e\u0301" * 8, "x" * 2_000])
def test_a_new_passphrase_of_eight_characters_will_do(passphrase: str) -> None:
    check_new_passphrase(passphrase)


def test_passphrase_is_normalised_once_and_keeps_its_spaces() -> None:
    composed, decomposed = derive_key("cl\u00e9 ①", FLOOR), derive_key("cle\u0301 1", FLOOR)
    assert composed == decomposed
    assert len(composed) == KEY_BYTES
    assert derive_key("clé 1 ", FLOOR) != composed
    assert derive_key("clé 1", replace(FLOOR, salt=b"fedcba9876543210")) != composed


def test_passphrase_of_1024_bytes_is_used_whole() -> None:
    assert derive_key("x" * 1_024, FLOOR) != derive_key("x" * 1_023 + "y", FLOOR)


def test_argon2id_agrees_with_another_implementation() -> None:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    other = Argon2id(
        salt=FLOOR.salt, length=32, iterations=3, lanes=1, memory_cost=64 * 1024
    ).derive(b"agreement")
    assert derive_key("agreement", FLOOR) == other


def test_lack_of_memory_is_not_a_wrong_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    import nacl.bindings
    import nacl.exceptions

    def no_memory(*_: object) -> bytes:
        raise nacl.exceptions.RuntimeError("no memory")

    monkeypatch.setattr(nacl.bindings, "crypto_pwhash_alg", no_memory)
    with pytest.raises(UndeterminedError) as caught:
        derive_key("passphrase", FLOOR)
    assert caught.value.kind is ErrorKind.UNAVAILABLE


def corrupt(key: bytes, sealed: bytes, associated: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        open_sealed(key, sealed, associated=associated)
    assert caught.value.kind is ErrorKind.VAULT_CORRUPT


def test_every_flipped_bit_and_every_truncation_is_corrupt() -> None:
    key, plaintext = os.urandom(32), b"the record"
    sealed = seal(key, plaintext, associated=b"table/row/1")
    for position in range(len(sealed)):
        corrupt(key, sealed[:position], b"table/row/1")
        for bit in range(8):
            flipped = bytearray(sealed)
            flipped[position] ^= 1 << bit
            corrupt(key, bytes(flipped), b"table/row/1")
    corrupt(key, sealed + b"\0", b"table/row/1")


@pytest.mark.parametrize("associated", [b"", b"table/row/2", b"table/row/1\0", b"table/row/"])
def test_box_in_another_place_is_corrupt(associated: bytes) -> None:
    key = os.urandom(32)
    corrupt(key, seal(key, b"x", associated=b"table/row/1"), associated)


def test_box_under_another_key_is_corrupt() -> None:
    corrupt(os.urandom(32), seal(os.urandom(32), b"x", associated=b"a"), b"a")


@pytest.mark.parametrize("plaintext", [b"", b"x", bytes(100_000)])
def test_box_opens_where_it_belongs_and_is_different_each_time(plaintext: bytes) -> None:
    key = os.urandom(32)
    one, two = (seal(key, plaintext, associated=b"a") for _ in range(2))
    assert one != two
    assert open_sealed(key, one, associated=b"a") == plaintext
    assert open_sealed(key, two, associated=b"a") == plaintext


def test_xchacha20_poly1305_vector_of_its_draft_opens() -> None:
    """draft-irtf-cfrg-xchacha-03 appendix A.3.1."""
    key = bytes(range(0x80, 0xA0))
    nonce = bytes(range(0x40, 0x58))
    associated = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    ciphertext = bytes.fromhex(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
        "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
    )
    plaintext = open_sealed(key, nonce + ciphertext, associated=associated)
    assert plaintext.startswith(b"Ladies and Gentlemen of the class of '99")
