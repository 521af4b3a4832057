"""The languages Carnet speaks, language tags, and a text given in several languages."""

from typing import Annotated, Final, TypeAlias

from pydantic import Field, StringConstraints

from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import LongText, ShortText

LANGUAGES: Final = ("fr", "en")
"""The languages in which Carnet speaks to a person."""

LANGUAGE_PATTERN: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$"

# The tags of RFC 5646 that name a language, a script and a region.
LanguageTag: TypeAlias = Annotated[str, StringConstraints(max_length=20, pattern=LANGUAGE_PATTERN)]

# `{"fr": ..., "en": ...}`: which language to show is the reader's choice.
LocalisedText: TypeAlias = Annotated[
    dict[LanguageTag, ShortText], Field(min_length=1, max_length=8)
]


class Statement(StrictModel):
    """A person's own words, in the language she wrote them."""

    text: LongText
    lang: LanguageTag
