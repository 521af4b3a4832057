"""Loaded keys are kept from their second use on, and never more than a bounded number."""

import os

import pytest

from carnet_securing import native
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.native import check_signature, forget_keys, load_ec_public_key
from carnet_securing.signer import SoftwareSigner
from support.keys import signer

KEY = signer("school").public_jwk


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_keys()


def load() -> object:
    return load_ec_public_key(KEY.crv, KEY.x, KEY.y or "")


def test_key_met_once_is_let_go() -> None:
    first = load()
    assert native._loaded == {}
    second = load()
    assert second is not first
    assert load() is second


def test_keys_of_strangers_do_not_push_an_issuers_key_out() -> None:
    load()
    kept = load()
    for _ in range(50):
        stranger = SoftwareSigner.generate()
        message = os.urandom(8)
        check_signature("ES256", stranger.public_jwk, message, stranger.sign(message))
    assert load() is kept
    assert len(native._loaded) == 1


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_KEPT_KEYS", 3)
    monkeypatch.setattr(native, "_REMEMBERED_KEYS", 5)
    for name in range(20):
        key = signer(f"many {name}").public_jwk
        for _ in range(3):
            load_ec_public_key(key.crv, key.x, key.y or "")
        assert len(native._loaded) <= 3
        assert len(native._met_once) <= 5


def test_same_coordinates_on_another_curve_are_another_key() -> None:
    load()
    load()
    for crv in ("P-384", "secp256k1"):
        with pytest.raises(InvalidError) as caught:
            load_ec_public_key(crv, KEY.x, KEY.y or "")
        assert caught.value.kind is ErrorKind.MALFORMED


def test_point_off_the_curve_is_never_kept() -> None:
    for _ in range(3):
        with pytest.raises(InvalidError):
            load_ec_public_key(KEY.crv, KEY.x, KEY.x)
    assert native._loaded == {}
