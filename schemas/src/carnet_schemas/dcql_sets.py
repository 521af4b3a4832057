"""Credential sets: which queries together answer a question, and the cheapest such choice.

OpenID4VP 1.0 sections 6.2 and 6.4.2. Without sets, every query must be answered. With
sets, every required set needs one of its options; a query no set names is not requested.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from carnet_schemas.claim_selection import Work
from carnet_schemas.dcql_query import CredentialSet, DcqlQuery
from carnet_schemas.paths import ConcretePath

Weights: TypeAlias = dict[tuple[str, ConcretePath], int]
"""The hidden places an answer opens, by credential, each with the values it reveals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which queries to answer: those that must be, and for each optional set what it adds."""

    required: tuple[str, ...]
    optional: tuple[tuple[str, ...], ...]


def requested_ids(query: DcqlQuery) -> tuple[str, ...]:
    """The queries that may be answered, in the order of the question."""
    if query.credential_sets is None:
        return tuple(asked.id for asked in query.credentials)
    named = {
        name for needed in query.credential_sets for option in needed.options for name in option
    }
    return tuple(asked.id for asked in query.credentials if asked.id in named)


def satisfied_by(query: DcqlQuery, answered: Collection[str]) -> bool:
    """Whether answers to these queries meet every required part of the question."""
    there = set(answered)
    if query.credential_sets is None:
        return all(asked.id in there for asked in query.credentials)
    return all(
        any(there.issuperset(option) for option in needed.options)
        for needed in query.credential_sets
        if needed.is_required
    )


def smallest_choice(
    query: DcqlQuery, weights: Mapping[str, Weights], *, work: Work
) -> Choice | None:
    """The queries whose smallest answers together reveal least; None when a required set fails.

    Args:
        query: the question.
        weights: for each query that can be answered, what its smallest answer opens.
        work: the budget.

    Raises:
        SchemaError: `too_large` past the budget.
    """
    if query.credential_sets is None:
        wanted = requested_ids(query)
        return Choice(required=wanted, optional=()) if set(wanted) <= set(weights) else None
    required = [
        _open_options(needed, weights) for needed in query.credential_sets if needed.is_required
    ]
    optional = [
        _open_options(needed, weights) for needed in query.credential_sets if not needed.is_required
    ]
    if not all(required) or not (required or any(optional)):
        return None
    search = _Search(weights, work)
    search.descend(required, 0, (), frozenset(), 0)
    chosen = search.best
    extras = tuple(search.cheapest(options, chosen) for options in optional if options)
    order = requested_ids(query)
    return Choice(
        required=tuple(name for name in order if name in chosen),
        optional=tuple(extra for extra in dict.fromkeys(extras) if extra),
    )


def _open_options(needed: CredentialSet, weights: Mapping[str, Weights]) -> list[tuple[str, ...]]:
    """The options all of whose queries can be answered, each once, in the asker's order."""
    open_ones = [option for option in needed.options if all(name in weights for name in option)]
    return list(dict.fromkeys(open_ones))


class _Search:
    """Depth-first over one option for each set, cutting branches that reveal no less."""

    __slots__ = ("_best_size", "_weights", "_work", "best")

    def __init__(self, weights: Mapping[str, Weights], work: Work) -> None:
        self._weights = weights
        self._work = work
        self._best_size: int | None = None
        self.best: tuple[str, ...] = ()

    def descend(
        self,
        sets: list[list[tuple[str, ...]]],
        depth: int,
        names: tuple[str, ...],
        opened: frozenset[tuple[str, ConcretePath]],
        size: int,
    ) -> None:
        self._work.combine()
        if self._best_size is not None and size >= self._best_size:
            return
        if depth == len(sets):
            self._best_size, self.best = size, names
            return
        for option in sets[depth]:
            added = tuple(dict.fromkeys(name for name in option if name not in names))
            extra = self._extra(added, opened)
            self._work.visit(len(opened) + len(extra) + len(option))
            self.descend(
                sets,
                depth + 1,
                (*names, *added),
                opened.union(extra),
                size + sum(extra.values()),
            )

    def _extra(
        self, names: tuple[str, ...], opened: frozenset[tuple[str, ConcretePath]]
    ) -> Weights:
        extra: Weights = {}
        for name in names:
            self._work.visit(len(self._weights[name]))
            for place, size in self._weights[name].items():
                if place not in opened:
                    extra[place] = size
        return extra

    def cheapest(self, options: list[tuple[str, ...]], chosen: tuple[str, ...]) -> tuple[str, ...]:
        """What the smallest of `options` adds to `chosen`."""
        opened = frozenset(place for name in chosen for place in self._weights[name])
        self._work.visit(len(opened))
        added = [tuple(name for name in option if name not in chosen) for option in options]
        return min(added, key=lambda names: sum(self._extra(names, opened).values()))
