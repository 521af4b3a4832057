"""The languages Carnet speaks to people, and the tags that name a language."""

from typing import Annotated, Final, TypeAlias

from pydantic import StringConstraints

LANGUAGES: Final = ("fr", "en")

LANGUAGE_PATTERN: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$"

# The tags of RFC 5646 that name a language, a script and a region.
LanguageTag: TypeAlias = Annotated[str, StringConstraints(max_length=20, pattern=LANGUAGE_PATTERN)]
