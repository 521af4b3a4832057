"""Where in a template's file a fault is, in words for the office that wrote it."""

from collections.abc import Mapping
from typing import Final

# What `templates` moves into an object of the claims stands under another name in the file.
_LINES: Final[Mapping[tuple[str, ...], str]] = {
    ("level", "eqf"): "level",
    ("assessment", "method"): "method",
    ("assessment", "result"): "result",
    ("assessment", "month"): "assessed_on",
}
_LISTS: Final[Mapping[str, str]] = {"skills": "skill", "evidence": "piece of evidence"}


def place_in_words(pointer: str) -> str:
    """Say where to look; "" for the whole file.

    Args:
        pointer: JSON pointer (RFC 6901) into the claims a template gives.
    """
    steps = tuple(pointer.split("/")[1:])
    if not steps:
        return ""
    if steps in _LINES:
        return f"Look at the line {_LINES[steps]}."
    first, *rest = steps
    if first in _LISTS and rest and rest[0].isdigit():
        where = f"{_LISTS[first]} number {int(rest[0]) + 1}"
        return f"Look at the {where}, its {rest[1]}." if len(rest) > 1 else f"Look at the {where}."
    if rest:
        return f"Look at {rest[0]} under [{first}]."
    return f"Look at {first}."
