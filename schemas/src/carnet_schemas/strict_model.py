"""The strict pydantic model every message and claims set derives from, and its one reader.

1. Decoded JSON in, never bytes: what came over the wire went through the strict parser.
2. No coercion, no unknown member, no null: a member is there with its type, or absent.
3. What fails is one `SchemaError` with a JSON pointer; no value is ever quoted, nor a
   member name that the schema does not know.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError
from pydantic import model_validator as _model_validator
from pydantic_core import PydanticCustomError

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.paths import JsonValue, to_pointer

M = TypeVar("M", bound=BaseModel)

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


class StrictModel(BaseModel):
    """A frozen model over decoded JSON, as described in the module docstring."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=False,
    )

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Nothing: claims and codes must not reach a log through a `repr`."""
        return ()

    @_model_validator(mode="wrap")
    @classmethod
    def _no_null(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse null members: an optional claim that is not there is absent."""
        if type(value) is dict and None in value.values():
            raise fail(SchemaErrorKind.MALFORMED, "A member is null; leave it out instead.")
        return handler(value)


def fail(kind: SchemaErrorKind, message: str) -> PydanticCustomError:
    """An error to raise inside a validator; `read` turns it into a `SchemaError` of `kind`."""
    return PydanticCustomError(kind.value, message)


def read(model: type[M], value: JsonValue, *, pointer: str = "") -> M:
    """Validate decoded JSON against `model`.

    Args:
        pointer: where `value` stands in the whole message; put before the place of an error.

    Raises:
        SchemaError: the first thing wrong, as `claim_missing`, `too_large`, `malformed` or
            the kind a validator chose.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _schema_error(error, value, pointer) from None


def _schema_error(error: ValidationError, value: JsonValue, pointer: str) -> SchemaError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = first["type"]
    missing = name == "missing"
    place = pointer + to_pointer(_known_steps(first["loc"], value, missing=missing))
    if name in _KINDS:
        return SchemaError(name, place, first["msg"])
    sentence = _SENTENCES.get(name, "A value does not have the type it must have.")
    if missing:
        return SchemaError(SchemaErrorKind.CLAIM_MISSING, place, sentence)
    if name in _TOO_LARGE:
        return SchemaError(SchemaErrorKind.TOO_LARGE, place, sentence)
    if name == "extra_forbidden":
        place = place.rpartition("/")[0]
    return SchemaError(SchemaErrorKind.MALFORMED, place, sentence)


def _known_steps(
    location: tuple[int | str, ...], value: JsonValue, *, missing: bool
) -> tuple[int | str, ...]:
    """The part of pydantic's location that is a place in `value`.

    What pydantic appends for union members and dictionary keys is cut off; the name of a
    missing member comes from the model, so it stays.
    """
    known: list[int | str] = []
    here: Any = value
    for index, step in enumerate(location):
        if location[index + 1 : index + 2] == ("[key]",):
            break
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            if missing and index == len(location) - 1:
                known.append(step)
            break
        known.append(step)
    return tuple(known)
