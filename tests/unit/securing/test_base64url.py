"""One spelling of each byte string, and no other."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind, InvalidError

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def refused(text: str | bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        base64url.decode(text)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "text",
    ["QQ==", "QUI=", "QUJD=", "QQ=", "=", "====", "QQ==QQ==", "QUJD====", "Q===", "QU=I"],
)
def test_padding_is_refused(text: str) -> None:
    refused(text)
    refused(text.encode())


@pytest.mark.parametrize("text", ["A", "AAAAA", "AAAAAAAAA"])
def test_length_no_bytes_have_is_refused(text: str) -> None:
    refused(text)


@pytest.mark.parametrize("character", [chr(c) for c in range(256) if chr(c) not in ALPHABET])
def test_foreign_character_is_refused_anywhere(character: str) -> None:
    for text in (f"{character}UJD", f"QU{character}D", f"QUJ{character}", f"QUJDQ{character}"):
        refused(text)
        refused(text.encode("latin-1"))


@pytest.mark.parametrize("character", ["é", "Ａ", "\ud800", "\u200b", "😀"])
def test_character_outside_latin_1_is_refused(character: str) -> None:
    refused(f"QUJ{character}")


def test_only_one_spelling_of_trailing_bits_is_accepted() -> None:
    accepted = 0
    for last in ALPHABET:
        for text in (f"A{last}", f"AA{last}"):
            try:
                assert base64url.encode(base64url.decode(text)) == text
                accepted += 1
            except InvalidError:
                continue
    assert accepted == 4 + 16


@pytest.mark.parametrize("length", range(35))
def test_every_length_reads_back_and_agrees_with_the_standard_library(length: int) -> None:
    data = bytes((7 * position + 0xF8) % 256 for position in range(length))
    text = base64url.encode(data)
    assert text == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert base64url.decode(text) == data
    assert base64url.decode(base64url.encode_bytes(data)) == data


@given(st.integers(1, 70).flatmap(lambda size: st.lists(st.binary(min_size=size, max_size=size))))
def test_encoding_together_is_encoding_each(parts: list[bytes]) -> None:
    assert base64url.encode_each(parts) == [base64url.encode(part) for part in parts]


def test_example_of_rfc_7515_appendix_c() -> None:
    assert base64url.encode(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"
    assert base64url.decode("A-z_4ME") == bytes([3, 236, 255, 224, 193])
