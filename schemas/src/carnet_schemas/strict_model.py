"""The strict pydantic model every message and claims set derives from, and its one reader.

1. Decoded JSON in, never bytes: what came over the wire went through the strict parser.
2. No coercion, no unknown member, no null: a member is there with its type, or absent.
3. What fails is one `SchemaError` with a JSON pointer that quotes nothing (`faults`).
"""

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError
from pydantic import model_validator as _model_validator

from carnet_schemas.errors import SchemaErrorKind
from carnet_schemas.faults import first_fault, refuse
from carnet_schemas.paths import JsonValue

M = TypeVar("M", bound=BaseModel)


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
            raise refuse("A member is null; leave it out instead.")
        return handler(value)


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
        raise first_fault(
            error, model, missing=SchemaErrorKind.CLAIM_MISSING, pointer=pointer
        ) from None
