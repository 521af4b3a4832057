"""Words that say in which language they are: one text in several, or a person's own in hers."""

from typing import Annotated, TypeAlias

from pydantic import Field

from carnet_schemas.languages import LanguageTag
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import LongText, ShortText

# `{"fr": ..., "en": ...}`: which language to show is the reader's choice.
LocalisedText: TypeAlias = Annotated[
    dict[LanguageTag, ShortText], Field(min_length=1, max_length=8)
]


class Statement(StrictModel):
    """A person's own words, in the language she wrote them."""

    text: LongText
    lang: LanguageTag
