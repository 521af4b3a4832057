"""Paths into claims: member names, array indices, and None for every element of an array.

OpenID4VP 1.0 section 7 and SD-JWT VC type metadata write them as JSON arrays, so a name
that contains a dot, a slash or nothing at all is never ambiguous.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from carnet_schemas.errors import SchemaError, SchemaErrorKind

JsonObject = dict[str, Any]
JsonValue = Any

Step: TypeAlias = str | int | None
Path: TypeAlias = tuple[Step, ...]
ConcretePath: TypeAlias = tuple[str | int, ...]

MAX_PATH_STEPS: Final = 32
MAX_NAME_CHARACTERS: Final = 1024


def parse_path(value: JsonValue, *, pointer: str = "") -> Path:
    """Read a claims path pointer (OpenID4VP 1.0 section 7): a non-empty array of steps.

    Args:
        value: decoded JSON.
        pointer: where `value` stands in the message, for the error.

    Raises:
        SchemaError: `malformed` for another shape, `too_large` beyond the bounds.
    """
    if type(value) is not list or not value:
        raise SchemaError(SchemaErrorKind.MALFORMED, pointer, "A claim path is a non-empty array.")
    if len(value) > MAX_PATH_STEPS:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "A claim path has too many steps.")
    for index, step in enumerate(value):
        _check_step(step, pointer=f"{pointer}/{index}")
    return tuple(value)


def _check_step(step: JsonValue, *, pointer: str) -> None:
    if step is None:
        return
    if type(step) is str:
        if len(step) > MAX_NAME_CHARACTERS:
            raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "A claim name is too long.")
        return
    if type(step) is not int or step < 0:
        raise SchemaError(
            SchemaErrorKind.MALFORMED,
            pointer,
            "A step of a claim path is a name, an index from 0, or null.",
        )


def select(claims: JsonValue, path: Path) -> Iterator[tuple[ConcretePath, JsonValue]]:
    """Every place `path` selects, as a concrete path with its value, in document order.

    A step that does not fit what it meets selects nothing (OpenID4VP 1.0 section
    7.1.1 steps 2 to 4 name that an error of the query; what to do is the caller's choice).
    The work is bounded by the size of `claims` times the length of `path`.
    """
    yield from _select(claims, path, 0, ())


def _select(
    value: JsonValue, path: Path, depth: int, so_far: ConcretePath
) -> Iterator[tuple[ConcretePath, JsonValue]]:
    if depth == len(path):
        yield so_far, value
        return
    step = path[depth]
    if step is None:
        if type(value) is list:
            for index, element in enumerate(value):
                yield from _select(element, path, depth + 1, (*so_far, index))
    elif type(step) is str:
        if type(value) is dict and step in value:
            yield from _select(value[step], path, depth + 1, (*so_far, step))
    elif type(step) is int and type(value) is list and step < len(value):
        yield from _select(value[step], path, depth + 1, (*so_far, step))


def matches(pattern: Path, concrete: ConcretePath) -> bool:
    """Whether `pattern` selects exactly the place `concrete`."""
    return len(pattern) == len(concrete) and is_prefix(pattern, concrete)


def is_prefix(pattern: Path, concrete: Sequence[Step]) -> bool:
    """Whether `concrete` lies at or below the place `pattern` selects."""
    if len(pattern) > len(concrete):
        return False
    return all(
        type(step) is int if wanted is None else type(wanted) is type(step) and wanted == step
        for wanted, step in zip(pattern, concrete, strict=False)
    )


def to_pointer(path: Sequence[Step]) -> str:
    """The path as a JSON pointer (RFC 6901 section 3); None is written `-`."""
    return "".join(f"/{_escaped(step)}" for step in path)


def _escaped(step: Step) -> str:
    if step is None:
        return "-"
    return str(step).replace("~", "~0").replace("/", "~1")
