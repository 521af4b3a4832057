"""How a worker tells one of her certificates from another: what it is about, and its month."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from carnet_schemas.paths import JsonObject

MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_ABOUT: Final = ("title", "role", "skill", "course")
_WHEN: Final = ("month", "as_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardName:
    """What a certificate is about, by language, and its month (`2026-05`), where it says so.

    Both are the issuer's words, of whatever length and content: clean them before showing.
    """

    about: Mapping[str, str]
    month: str | None


def name_of(claims: JsonObject) -> CardName:
    """The name of a certificate with these claims; empty where they do not tell."""
    found = (_words(claims.get(name)) for name in _ABOUT)
    about = next((words for words in found if words), {})
    months = (claims.get(name) for name in _WHEN)
    return CardName(
        about=about,
        month=next((m for m in months if isinstance(m, str) and _MONTH.fullmatch(m)), None),
    )


def month_words(month: str, lang: str) -> str:
    """A month as a person reads it: `May 2026`."""
    year, number = month.split("-")
    return f"{MONTHS[lang][int(number) - 1]} {year}"


def _words(value: Any) -> dict[str, str]:
    """A text in several languages, a plain text, or what a concept is called."""
    if isinstance(value, str):
        return {"": value}
    if not isinstance(value, dict):
        return {}
    label = value.get("label")
    if isinstance(label, str):
        return {str(value.get("lang", "")): label}
    return {lang: text for lang, text in value.items() if isinstance(text, str)}
