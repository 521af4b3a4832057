"""Leaves out what a wallet showed beyond the question: it was not asked for, so it is not kept.

What the issuer never hid stays. A step of the question that names one element of an array
keeps any element of that array, since its neighbours moved when others were left out.
"""

from typing import Any, Final

from carnet_schemas.dcql import CredentialQuery
from carnet_schemas.paths import ConcretePath, Path
from carnet_securing.sd_jwt import VerifiedSdJwt
from carnet_securing.strict_json import JsonObject, JsonValue

_REMOVED: Final = object()
_Tree = dict[str | int, Any]


def only_asked(sd_jwt: VerifiedSdJwt, asked: CredentialQuery) -> JsonObject:
    """The claims, without those that were hidden, are shown and were not asked for.

    Args:
        asked: the query. One without `claims` asks for nothing that can be hidden
            (OpenID4VP 1.0 section 6.4.1).
    """
    asked_below: dict[object, list[Path]] = {}
    for claim in asked.claims or ():
        asked_below.setdefault(claim.path[0], []).append(claim.path)
    removals: _Tree = {}
    for shown in sd_jwt.disclosed:
        near = asked_below.get(shown.path[0], ())
        if not any(_overlap(path, shown.path) for path in near):
            _mark(removals, shown.path)
    claims: JsonObject = _without(sd_jwt.claims, removals) if removals else sd_jwt.claims
    return claims


def _overlap(asked: Path, shown: ConcretePath) -> bool:
    """Whether one lies at or below the other."""
    return all(
        type(step) is int if wanted is None or type(wanted) is int else wanted == step
        for wanted, step in zip(asked, shown, strict=False)
    )


def _mark(tree: _Tree, path: ConcretePath) -> None:
    for step in path[:-1]:
        below = tree.setdefault(step, {})
        if below is _REMOVED:
            return
        tree = below
    tree[path[-1]] = _REMOVED


def _without(value: JsonValue, tree: _Tree) -> JsonValue:
    """A copy of the containers on the way to what is removed; the rest is shared."""
    pairs = value.items() if type(value) is dict else enumerate(value)
    kept = [
        (step, _without(inner, tree[step]) if step in tree else inner)
        for step, inner in pairs
        if tree.get(step) is not _REMOVED
    ]
    return dict(kept) if type(value) is dict else [inner for _step, inner in kept]
