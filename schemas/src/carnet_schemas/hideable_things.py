"""What of a credential can stay hidden, counted as a person would count it.

A thing is a top-level claim with all that stands in it; the three kinds of name are one thing.
To want any part of a thing is to want it. For each Carnet type the things that can be hidden
are known; of a type of somebody else's, which may extend one of ours, any of them may be there.

1. A question wants nearly everything of a type when it wants more than three quarters of its
   things. All of them would be too few to refuse: most certificates do not fill every one.
2. An answer shows everything of a certificate when no thing of it stays hidden, and there are
   more than `MODEST_THINGS`. Only who holds the certificate can know that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.paths import ConcretePath, Path, Step, is_prefix

MODEST_THINGS: Final = 3
"""Who wants no more things than these wants little, even where a certificate holds no more."""

_NAMES: Final = frozenset({"given_name", "family_name", "usual_name"})
_NAME: Final = "name"


def _thing(path: Path) -> Step:
    return _NAME if path[0] in _NAMES else path[0]


def _hideable(vct: str) -> tuple[Path, ...]:
    """The outermost claims of a type that can stay hidden."""
    hidden = [claim.path for claim in CREDENTIAL_TYPES[vct].claims if claim.sd != "never"]
    return tuple(
        path
        for path in hidden
        if not any(other != path and is_prefix(other, path) for other in hidden)
    )


def _numbered() -> tuple[dict[Step, list[tuple[Path, int]]], dict[str, int]]:
    """A bit for each thing of each type: hideable claims with their bit, by first step; and
    the bits of each type."""
    claims: dict[Step, list[tuple[Path, int]]] = defaultdict(list)
    types: dict[str, int] = {}
    bits: dict[tuple[str, Step], int] = {}
    for vct in CREDENTIAL_TYPES:
        types[vct] = 0
        for path in _hideable(vct):
            bit = bits.setdefault((vct, _thing(path)), 1 << len(bits))
            types[vct] |= bit
            claims[path[0]].append((path, bit))
    return dict(claims), types


_CLAIMS, _TYPES = _numbered()
_ALL: Final = tuple(_TYPES.values())


def types_that_may_answer(vct_values: Collection[str]) -> tuple[int, ...]:
    """For each Carnet type that a question for these types may reach, the bits of its things."""
    if all(vct in _TYPES for vct in vct_values):
        return tuple(_TYPES[vct] for vct in dict.fromkeys(vct_values))
    return _ALL


def things_at(path: Path) -> int:
    """The bits of every thing a path takes the whole or a part of."""
    things = 0
    for claim, bit in _CLAIMS.get(path[0], ()):
        if path[: len(claim)] == claim or claim[: len(path)] == path:
            things |= bit
    return things


def is_nearly_everything(things: int, types: Iterable[int]) -> bool:
    """Whether things are more than three quarters of what one of the types can hide."""
    return any((things & own).bit_count() * 4 > own.bit_count() * 3 for own in types if own)


def shows_everything(
    opened: Collection[ConcretePath], disclosable: Collection[ConcretePath]
) -> bool:
    """Whether an answer that opens some places of a certificate leaves no thing of it hidden.

    Args:
        opened: the places that are opened.
        disclosable: every place that stays hidden unless opened.
    """
    shown = {_thing(path) for path in opened}
    hidden = {_thing(path) for path in set(disclosable).difference(opened)}
    # One kind of name tells who she is; the others then hide nothing.
    hidden -= {_NAME} & shown
    return not hidden and len(shown) > MODEST_THINGS
