"""Typed readers over decoded JSON of the trust layer; each failure names the member.

Member names are ours or a specification's, so a message may say them. It never says a
value: that is the input.
"""

from collections.abc import Collection
from typing import NoReturn

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.strict_json import JsonObject, JsonValue


def read_object(value: JsonValue, *, what: str) -> JsonObject:
    """Return `value` when it is a JSON object."""
    if type(value) is not dict:
        malformed(f"{what} is not an object.")
    return value


def reject_unknown(members: JsonObject, known: Collection[str], *, what: str) -> None:
    """Refuse members outside a closed list."""
    if not members.keys() <= set(known):
        malformed(f"{what} has a member that is not known here. Known are: {', '.join(known)}.")


def read_text(members: JsonObject, name: str, *, what: str, max_length: int) -> str:
    """Read a required, non-empty string of at most `max_length` characters."""
    value = members.get(name)
    if type(value) is not str or not 0 < len(value) <= max_length:
        malformed(f"{what} needs `{name}`: a text of 1 to {max_length} characters.")
    return value


def read_texts(
    members: JsonObject, name: str, *, what: str, max_items: int, max_length: int
) -> tuple[str, ...]:
    """Read a required array of different non-empty strings; the array may be empty."""
    value = members.get(name)
    if (
        type(value) is not list
        or len(value) > max_items
        or not all(type(item) is str and 0 < len(item) <= max_length for item in value)
        or len(set(value)) != len(value)
    ):
        malformed(f"{what} needs `{name}`: at most {max_items} different texts in an array.")
    return tuple(value)


def malformed(message: str) -> NoReturn:
    """Raise `malformed` with one sentence."""
    raise InvalidError(ErrorKind.MALFORMED, message)
