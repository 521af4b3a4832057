"""Text that can be shown to a person: bounded, and without characters that deceive the eye.

Bidirectional overrides, zero-width and other invisible characters make one text look like
another (SD-JWT VC-19 section 7.6, UTS 39); control characters reach terminals and
spreadsheets. Such text is refused where it is signed, not only hidden where it is shown.
The zero-width joiners are refused too, although a few languages write names with them:
such a name is written with a space or without.
"""

import unicodedata
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.faults import refuse

_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Letters and marks that fonts draw as nothing.
INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
MAX_STACKED_MARKS: Final = 3

# The part of the rule that a JSON Schema pattern can say (characters of the basic plane).
PLAIN_PATTERN: Final = (
    r"^[^\u0000-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F"
    r"\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uD800-\uF8FF\uFE00-\uFE0F\uFEFF"
    r"\uFFA0\uFFF9-\uFFFB]+$"
)


def check_plain(text: str, *, pointer: str = "", max_characters: int | None = None) -> str:
    """Return `text` if it can be shown as it is.

    Args:
        pointer: where the text stands in its message, for the error.
        max_characters: longest text accepted, in code points.

    Raises:
        SchemaError: `malformed` for an empty or blank text, one that starts or ends with
            white space, or one with a control, bidirectional, zero-width, private-use or
            otherwise invisible character or a pile of combining marks; `too_large`.
    """
    if max_characters is not None and len(text) > max_characters:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "A text is longer than allowed.")
    fault = _fault(text)
    if fault:
        raise SchemaError(SchemaErrorKind.MALFORMED, pointer, fault)
    return text


def _fault(text: str) -> str:
    if not text or text != text.strip():
        return "A text is empty, or starts or ends with white space."
    if text.isascii() and text.isprintable():
        return ""
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category in _REFUSED_CATEGORIES or character in INVISIBLE:
            return "A text holds a control or invisible character."
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > MAX_STACKED_MARKS:
            return "A text holds too many combining marks in a row."
    return ""


def _plain(text: str) -> str:
    fault = _fault(text)
    if fault:
        raise refuse(fault)
    return text


def _text(max_characters: int) -> tuple[object, ...]:
    return (
        StringConstraints(min_length=1, max_length=max_characters),
        AfterValidator(_plain),
        Field(json_schema_extra={"pattern": PLAIN_PATTERN}),
    )


PersonName: TypeAlias = Annotated[str, *_text(100)]
ShortText: TypeAlias = Annotated[str, *_text(200)]
# The longest label of ESCO has 202 characters.
ConceptLabel: TypeAlias = Annotated[str, *_text(300)]
LongText: TypeAlias = Annotated[str, *_text(1000)]
