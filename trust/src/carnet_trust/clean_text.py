"""Text that a stranger wrote, made safe to show on one line.

SD-JWT VC, section "Risks Associated with Textual Information"; Unicode TR 36 and TS 39.
Nothing here decides what a name means: a cleaned name is still a stranger's word.
Escaping for HTML, a terminal or a PDF belongs to whoever writes there.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet_schemas.text import INVISIBLE, MAX_STACKED_MARKS

ELLIPSIS: Final = "…"
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Scripts that a reader takes for one another; Han, kana and Latin often stand side by side.
_LOOKALIKE_SCRIPTS: Final = frozenset(
    {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET"}
)


class TextMark(StrEnum):
    """What was odd about a text, so that it can be said beside it."""

    HIDDEN_CHARACTERS = "hidden_characters"
    MIXED_SCRIPTS = "mixed_scripts"
    SHORTENED = "shortened"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanText:
    """One line without control, bidirectional or invisible characters, in form NFC."""

    text: str
    marks: frozenset[TextMark]


def clean_text(text: str, *, max_length: int) -> CleanText:
    """Strip what cannot be seen, join lines, limit the length, and say what was done.

    Args:
        text: any text, of any length.
        max_length: longest result, in characters; a longer one ends with an ellipsis.
    """
    marks: set[TextMark] = set()
    # Cut first: the work is bounded by what can be shown, not by what was sent.
    window = text[: 4 * max_length]
    if len(window) < len(text):
        marks.add(TextMark.SHORTENED)
    visible = _visible(window)
    if visible != window:
        marks.add(TextMark.HIDDEN_CHARACTERS)
    line = " ".join(unicodedata.normalize("NFC", visible).split())
    if len(line) > max_length or TextMark.SHORTENED in marks:
        marks.add(TextMark.SHORTENED)
        line = line[: max_length - 1].rstrip() + ELLIPSIS
    if _has_mixed_scripts(line):
        marks.add(TextMark.MIXED_SCRIPTS)
    return CleanText(text=line, marks=frozenset(marks))


def _visible(text: str) -> str:
    kept: list[str] = []
    combining = 0
    for character in text:
        if character in "\t\n\r\u2028\u2029\u0085":
            kept.append(" ")
            continue
        category = unicodedata.category(character)
        if category in _HIDDEN_CATEGORIES or character in INVISIBLE:
            continue
        combining = combining + 1 if category.startswith("M") else 0
        if combining <= MAX_STACKED_MARKS:
            kept.append(character)
    return "".join(kept)


def _has_mixed_scripts(text: str) -> bool:
    """Whether one word mixes letters of scripts that look alike (TS 39 section 5.1)."""
    return any(len(_scripts(word)) > 1 for word in text.split())


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(character, "").partition(" ")[0] for character in word)
    return {name for name in names if name in _LOOKALIKE_SCRIPTS}
