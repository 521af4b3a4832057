"""Strangers' text on one line: what cannot be seen goes, what misleads is marked."""

import time

import pytest

from carnet_trust.clean_text import TextMark, clean_text

PLAIN = [
    "Centre du Moulin",
    "École d'Électricité (site 2)",
    "Οργανισμός",
    "Школа Мельница",
    "株式会社テスト ABC",
    "مدرسة",
    "A" * 60,
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays(text: str) -> None:
    cleaned = clean_text(text, max_length=60)
    assert cleaned.text == text
    assert not cleaned.marks


@pytest.mark.parametrize(
    "hidden",
    [
        "\u202e", "\u202d", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c",
        "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e",
        "\u3164", "\u115f", "\uffa0", "\u2800", "\u034f", "\ufe0f", "\U000e0041", "\U000e0100",
        "\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ue000", "\U000f0000", "\ud800", "\uffff",
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_taken_out_and_said(hidden: str) -> None:
    cleaned = clean_text(f"Cen{hidden}tre", max_length=60)
    assert cleaned.text == "Centre"
    assert TextMark.HIDDEN_CHARACTERS in cleaned.marks


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\t", "\u2028", "\u2029", "\x85"])
def test_one_line_only(line_end: str) -> None:
    cleaned = clean_text(f"Centre{line_end}Vérifié", max_length=60)
    assert cleaned.text == "Centre Vérifié"
    assert TextMark.HIDDEN_CHARACTERS in cleaned.marks


def test_spaces_collapse() -> None:
    assert clean_text("  a \u00a0  b ", max_length=9).text == "a b"


def test_piles_of_marks_are_cut() -> None:
    cleaned = clean_text("z" + "\u0334" * 50 + "y", max_length=60)
    assert cleaned.text.count("\u0334") == 3
    assert TextMark.HIDDEN_CHARACTERS in cleaned.marks


@pytest.mark.parametrize(
    "text", ["Аcme Staffing", "Acmе", "ΑBC", "раypal", "Centre Мoulin", "Ꭺcme"]
)
def test_words_of_two_alphabets_are_marked(text: str) -> None:
    cleaned = clean_text(text, max_length=60)
    assert cleaned.text == text
    assert TextMark.MIXED_SCRIPTS in cleaned.marks


def test_words_of_one_alphabet_each_are_not() -> None:
    assert not clean_text("Acme Школа", max_length=60).marks


@pytest.mark.parametrize("length", [61, 1_000, 10**6])
def test_long_text_is_shortened_in_little_time(length: int) -> None:
    start = time.process_time()
    cleaned = clean_text("x" * length, max_length=60)
    assert time.process_time() - start < 0.1
    assert len(cleaned.text) == 60
    assert cleaned.text.endswith("…")
    assert cleaned.marks == {TextMark.SHORTENED}


def test_names_are_composed() -> None:
    assert clean_text("E\u0301cole", max_length=60).text == "École"


def test_nothing_visible_is_nothing() -> None:
    assert clean_text("\u200b\u3164", max_length=60).text == ""
