"""Software signers: what they refuse to load, and what they never show."""

import copy
import pickle

import pytest

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.native import check_signature
from carnet_securing.signer import Signer, SoftwareSigner
from support.keys import signer

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ALGORITHMS = {"ES256": 32, "ES384": 48, "EdDSA": 32, "Ed25519": 32}


@pytest.mark.parametrize("algorithm", ["ES512", "ES256K", "RS256", "HS256", "none", "", "Ed448"])
def test_other_algorithm_is_not_generated(algorithm: str) -> None:
    with pytest.raises(InvalidError) as caught:
        SoftwareSigner.generate(algorithm)
    assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize(
    ("algorithm", "private"),
    [
        ("ES256", bytes(32)),
        ("ES256", P256_ORDER.to_bytes(32, "big")),
        ("ES256", b"\xff" * 32),
        ("ES256", b"\x01" * 31),
        ("ES256", b"\x01" * 33),
        ("ES256", b""),
        ("ES384", bytes(48)),
        ("ES384", b"\xff" * 48),
        ("ES384", b"\x01" * 32),
        ("Ed25519", b"\x01" * 31),
        ("EdDSA", b"\x01" * 64),
        ("RS256", b"\x01" * 32),
        ("none", b""),
    ],
)
def test_key_of_wrong_length_or_range_is_malformed(algorithm: str, private: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        SoftwareSigner.from_private_bytes(algorithm, private)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize("algorithm", ["ES256", "ES384"])
def test_public_half_of_another_key_is_refused(algorithm: str) -> None:
    mine, other = signer("mine", algorithm), signer("other", algorithm)
    with pytest.raises(InvalidError):
        SoftwareSigner.from_private_bytes(
            algorithm, mine.private_bytes(), public_jwk=other.public_jwk
        )
    with pytest.raises(InvalidError):
        SoftwareSigner.from_private_bytes(
            algorithm, mine.private_bytes(), public_jwk=signer("mine", "Ed25519").public_jwk
        )


def test_foreign_public_half_never_enters_an_ed25519_signature() -> None:
    """Signing under a foreign public key would give the private one away."""
    mine, other = signer("mine", "Ed25519"), signer("other", "Ed25519")
    loaded = SoftwareSigner.from_private_bytes(
        "Ed25519", mine.private_bytes(), public_jwk=other.public_jwk
    )
    assert loaded.public_jwk == mine.public_jwk
    assert loaded.sign(b"m") == mine.sign(b"m")


@pytest.mark.parametrize(("algorithm", "length"), ALGORITHMS.items())
def test_generated_key_signs_and_loads_again(algorithm: str, length: int) -> None:
    fresh: Signer = SoftwareSigner.generate(algorithm)
    assert isinstance(fresh, SoftwareSigner)
    assert fresh.algorithm == algorithm
    assert fresh.public_jwk.kid == fresh.public_jwk.thumbprint
    assert fresh.public_jwk.alg == algorithm
    assert len(fresh.private_bytes()) == length
    for public in (None, fresh.public_jwk, fresh.public_jwk.bare()):
        loaded = SoftwareSigner.from_private_bytes(
            algorithm, fresh.private_bytes(), public_jwk=public
        )
        assert loaded.public_jwk == fresh.public_jwk
        signature = loaded.sign(b"message")
        assert len(signature) == (96 if algorithm == "ES384" else 64)
        check_signature(algorithm, fresh.public_jwk, b"message", signature)


def test_signature_of_rfc_8037_appendix_a() -> None:
    seed = base64url.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    key = SoftwareSigner.from_private_bytes("EdDSA", seed)
    assert key.public_jwk.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    assert base64url.encode(key.sign(signed)) == (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_private_key_is_never_shown_copied_or_pickled(algorithm: str) -> None:
    key = signer("secret", algorithm)
    for text in (repr(key), str(key), f"{key}"):
        assert base64url.encode(key.private_bytes()) not in text
        assert key.private_bytes().hex() not in text
        assert "hidden" in text
    for take in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            take(key)


def test_test_keys_are_the_same_each_time_and_differ_by_name_and_algorithm() -> None:
    keys = {signer(name, alg).private_bytes() for name in "ab" for alg in ALGORITHMS}
    assert len(keys) == 8
    signer.cache_clear()
    assert signer("a").private_bytes() in keys
