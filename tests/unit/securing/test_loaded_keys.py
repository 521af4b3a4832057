"""Loaded keys are kept from their second use on, and never more than a bounded number."""

import os

import pytest

from carnet_securing import native
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.native import check_signature, forget_keys
from carnet_securing.signer import SoftwareSigner
from support.keys import signer

MESSAGE = b"carnet"
KEY = signer("school").public_jwk.bare()
SIGNATURE = signer("school").sign(MESSAGE)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_keys()


def check() -> None:
    check_signature("ES256", KEY, MESSAGE, SIGNATURE)


def test_key_met_once_is_let_go_and_met_twice_is_kept() -> None:
    check()
    assert native._loaded == {}
    check()
    (kept,) = native._loaded.values()
    check()
    (still,) = native._loaded.values()
    assert still is kept
    forget_keys()
    check()
    assert native._loaded == {}


def test_keys_of_strangers_do_not_push_an_issuers_key_out() -> None:
    check()
    check()
    (kept,) = native._loaded.values()
    for _ in range(50):
        stranger = SoftwareSigner.generate()
        message = os.urandom(8)
        check_signature("ES256", stranger.public_jwk, message, stranger.sign(message))
    (still,) = native._loaded.values()
    assert still is kept


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_KEPT_KEYS", 3)
    monkeypatch.setattr(native, "_REMEMBERED_KEYS", 5)
    for number in range(20):
        key = signer(f"many {number}")
        for _ in range(3):
            check_signature("ES256", key.public_jwk, MESSAGE, key.sign(MESSAGE))
        assert len(native._loaded) <= 3
        assert len(native._met_once) <= 5


def test_same_coordinates_on_another_curve_are_another_key() -> None:
    check()
    check()
    with pytest.raises(InvalidError) as caught:
        check_signature("ES384", KEY._replace(crv="P-384"), MESSAGE, bytes(96))
    assert caught.value.kind is ErrorKind.MALFORMED


def test_point_off_the_curve_is_never_kept() -> None:
    for _ in range(3):
        with pytest.raises(InvalidError):
            check_signature("ES256", KEY._replace(y=KEY.x), MESSAGE, SIGNATURE)
    assert native._loaded == {}
