"""What a claims path pointer selects, under one budget of work for the whole question.

OpenID4VP 1.0 section 7.1.1: a step that does not fit what it meets aborts the whole path, a
name or index that is missing drops that branch, and an empty selection is an error. An
aborted and an empty selection read the same here: the claim is not there.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from carnet_schemas.dcql_query import ClaimQuery
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.paths import ConcretePath, JsonValue, Path

MAX_COMBINATIONS: Final = 10_000
"""Most combinations of claims or credentials weighed for one question."""
MAX_VISITS: Final = 50_000
"""Most places in claims looked at for one question: about 30 ms."""

Place: TypeAlias = tuple[ConcretePath, JsonValue]


class Work:
    """Counts what one evaluation does and stops it at its bound."""

    __slots__ = ("_combinations", "_visits")

    def __init__(self) -> None:
        self._visits = 0
        self._combinations = 0

    def visit(self, places: int) -> None:
        """Count places looked at.

        Raises:
            SchemaError: `too_large` past the bound.
        """
        self._visits += places
        if self._visits > MAX_VISITS:
            raise SchemaError(SchemaErrorKind.TOO_LARGE, "", "A question needs too much work.")

    def combine(self) -> None:
        """Count one combination.

        Raises:
            SchemaError: `too_large` past the bound.
        """
        self._combinations += 1
        if self._combinations > MAX_COMBINATIONS:
            raise SchemaError(
                SchemaErrorKind.TOO_LARGE, "", "A question has too many combinations."
            )


def resolve(
    claims: JsonValue,
    path: Path,
    *,
    work: Work,
    original_indices: Mapping[ConcretePath, tuple[int, ...]],
) -> tuple[Place, ...]:
    """The places `path` selects, in document order; none when it selects nothing or aborts.

    Args:
        claims: the claims as they can be read.
        path: the claims path pointer.
        work: the budget.
        original_indices: for arrays some of whose elements are hidden, where the readable
            elements stood when all were there; paths in the result use those positions.

    Raises:
        SchemaError: `too_large` past the budget.
    """
    selected: list[Place] = [((), claims)]
    for step in path:
        work.visit(len(selected))
        found: list[Place] = []
        for place, value in selected:
            if isinstance(step, str):
                if type(value) is not dict:
                    return ()
                if step in value:
                    found.append(((*place, step), value[step]))
            else:
                if type(value) is not list:
                    return ()
                found.extend(_elements(place, value, step, work, original_indices.get(place)))
        selected = found
    return tuple(selected)


def _elements(
    place: ConcretePath,
    array: list[JsonValue],
    step: int | None,
    work: Work,
    originals: tuple[int, ...] | None,
) -> list[Place]:
    if step is not None and originals is None:
        return [((*place, step), array[step])] if step < len(array) else []
    work.visit(len(array) + 2)
    positions = originals if originals is not None else range(len(array))
    return [
        ((*place, position), element)
        for position, element in zip(positions, array, strict=True)
        if step is None or step == position
    ]


def matching(places: tuple[Place, ...], claim: ClaimQuery, *, work: Work) -> tuple[Place, ...]:
    """Of the selected places, those whose value is one the query names.

    Type and value both match exactly (section 6.3): `true` is not `1`, and `1.0` is not
    `1`. Without `values` every place answers.
    """
    if claim.values is None:
        return places
    work.visit(len(places) * len(claim.values))
    return tuple(
        (place, value)
        for place, value in places
        if any(type(value) is type(wanted) and value == wanted for wanted in claim.values)
    )
