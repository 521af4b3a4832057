import re

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.text import PLAIN_PATTERN, check_plain

# W09: what deceives the eye, by name.
DECEIVING = {
    "right-to-left override": "Jean \u202e naej",
    "left-to-right isolate": "a\u2066b",
    "zero-width joiner": "a\u200db",
    "zero-width non-joiner": "a\u200cb",
    "zero-width space": "a\u200bb",
    "byte order mark": "a\ufeffb",
    "soft hyphen": "a\u00adb",
    "word joiner": "a\u2060b",
    "Hangul filler": "a\u3164b",
    "half-width Hangul filler": "a\uffa0b",
    "braille blank": "a\u2800b",
    "grapheme joiner": "a\u034fb",
    "variation selector": "a\ufe0fb",
    "Arabic letter mark": "a\u061cb",
    "Mongolian separator": "a\u180eb",
    "private use": "a\ue000b",
    "lone surrogate": "a\ud800b",
    "NUL": "a\x00b",
    "escape": "a\x1b[31mb",
    "line feed": "a\nb",
    "tab": "a\tb",
    "next line": "a\x85b",
    "line separator": "a\u2028b",
    "delete": "a\x7fb",
}
ASTRAL = {"tag letter": "a\U000e0041b", "selector 256": "a\U000e01efb"}
OTHER = {
    "empty": "",
    "blank": " ",
    "leading space": " Amina",
    "trailing no-break space": "Amina\u00a0",
    "pile of marks": "e" + "\u0301" * 4,
}
FINE = [
    "Formation à la sécurité électrique : travaux du bâtiment",
    "Prix\u00a0: 4\u202fheures",
    "Nguyễn Østergård Çelik Bůžek Weiß",
    "Nguye\u0302\u0303n",
    "王小明",
    "Олександр",
    "محمد",
    "श्रेया",
    "=SUM(A1) <b>&amp;</b> {{7*7}} %s",
    "🙂",
]


@pytest.mark.parametrize("name", [*DECEIVING, *ASTRAL, *OTHER])
def test_W09_text_that_cannot_be_shown_is_refused(name: str) -> None:
    text = (DECEIVING | ASTRAL | OTHER)[name]
    with pytest.raises(SchemaError) as caught:
        check_plain(text, pointer="/title/fr")
    assert caught.value.kind == "malformed"
    assert caught.value.pointer == "/title/fr"
    assert not text.strip() or text not in str(caught.value)


@pytest.mark.parametrize("text", FINE)
def test_text_of_any_script_is_kept_as_it_is(text: str) -> None:
    assert check_plain(text) is text
    assert re.search(PLAIN_PATTERN, text)


@pytest.mark.parametrize("name", DECEIVING)
def test_the_json_schema_pattern_refuses_the_same(name: str) -> None:
    assert not re.search(PLAIN_PATTERN, DECEIVING[name])


def test_length_is_bounded() -> None:
    assert check_plain("a" * 10, max_characters=10)
    with pytest.raises(SchemaError) as caught:
        check_plain("a" * 11, max_characters=10)
    assert caught.value.kind == "too_large"
