"""What pydantic finds wrong with a value, told as one `SchemaError`: kind, place, sentence.

Both bases read through here (`strict_model` for claims, `messages` for OpenID), so that no
value is ever quoted, nor a member name that the schema does not know.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.languages import LANGUAGES
from carnet_schemas.paths import to_pointer

_KINDS: Final = frozenset(SchemaErrorKind)
_TOO_LARGE: Final = frozenset({"string_too_long", "too_long"})
_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "A required member is missing.",
    "extra_forbidden": "A member is not one the schema knows.",
    "string_too_long": "A text is longer than allowed.",
    "too_long": "A list has more elements than allowed.",
    "string_too_short": "A text is empty.",
    "too_short": "A list has too few elements.",
    "string_pattern_mismatch": "A text does not have the form it must have.",
    "literal_error": "A value is not one of the closed list.",
}
_OTHER: Final = "A value does not have the type or form it must have."


def refuse(message: str, kind: SchemaErrorKind = SchemaErrorKind.MALFORMED) -> PydanticCustomError:
    """What a validator of a model raises: it becomes a `SchemaError` of this kind and sentence."""
    return PydanticCustomError(kind.value, message)


def first_fault(
    error: ValidationError, model: type[BaseModel], *, missing: SchemaErrorKind, pointer: str
) -> SchemaError:
    """The first thing that is wrong.

    Args:
        error: what pydantic raised.
        model: for which model.
        missing: the kind for a member that has to be there and is not.
        pointer: where the value stands in the whole message; put before the place.
    """
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = first["type"]
    place = pointer + to_pointer(_known_steps(first["loc"], _names(model)))
    if name in _KINDS:
        return SchemaError(name, place, first["msg"])
    kind = SchemaErrorKind.MALFORMED
    if name == "missing":
        kind = missing
    elif name in _TOO_LARGE:
        kind = SchemaErrorKind.TOO_LARGE
    return SchemaError(kind, place, _SENTENCES.get(name, _OTHER))


def _known_steps(location: tuple[int | str, ...], names: frozenset[str]) -> tuple[int | str, ...]:
    """The place down to the first name the schema does not define: that one is the sender's."""
    for index, step in enumerate(location):
        if type(step) is str and step not in names:
            return location[:index]
    return location


@cache
def _names(model: type[BaseModel]) -> frozenset[str]:
    """The member names that `model` and the models in it define, and those of a localised text."""
    names: set[str] = set(LANGUAGES)
    for name, field in model.model_fields.items():
        names.add(field.alias or name)
        for inner in _models_in(field.annotation):
            names |= _names(inner)
    return frozenset(names)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
