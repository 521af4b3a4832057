"""A day in words, without the machine's locale."""

import pytest

from carnet_verifier.dates import day_words


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (0, "1er janvier 1970", "1 January 1970"),
        (1_789_862_400, "20 septembre 2026", "20 September 2026"),
        (1_709_164_800, "29 février 2024", "29 February 2024"),
        (1_785_542_399, "31 juillet 2026", "31 July 2026"),
        (1_785_542_400, "1er août 2026", "1 August 2026"),
        (-1, "31 décembre 1969", "31 December 1969"),
    ],
)
def test_days_by_universal_time(seconds: int, french: str, english: str) -> None:
    assert day_words(seconds) == {"fr": french, "en": english}


@pytest.mark.parametrize("seconds", [2**53, -(2**53), 10**12, 253_402_300_800, -62_135_596_801])
def test_days_no_calendar_has(seconds: int) -> None:
    assert day_words(seconds) is None
