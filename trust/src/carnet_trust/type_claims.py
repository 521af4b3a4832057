"""Check a verified credential against the rules of its type (SD-JWT VC-19, "Claim Metadata").

Paths are followed over the signed payload, where hidden array elements still hold their
place and hidden members leave a digest. So "was never issued" and "is not shown to you"
stay apart: only the first is ever held against a credential.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from carnet_securing.disclosure import DIGESTS, HASH_NAME, PLACEHOLDER, Disclosure
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.sd_jwt import VerifiedSdJwt
from carnet_securing.strict_json import JsonObject, JsonValue
from carnet_trust.type_document import Concealment
from carnet_trust.type_metadata import ClaimRule, TypeMetadata

MAX_VISITS: Final = 100_000
"""Members and elements looked at for one credential: a bound on work, about 50 ms."""

_HIDDEN: Final = object()


def check_claims(metadata: TypeMetadata, sd_jwt: VerifiedSdJwt, *, complete: bool) -> None:
    """Check every rule of a type.

    1. A path must fit the claims: a name selects in objects, an index in arrays.
    2. A `mandatory` claim must have been issued. For a verifier an absent claim counts as
       missing only when nothing is hidden where it would stand, or when its own rule says
       that it is never hidden.
    3. A selected claim must be selectively disclosable, or not, as its `sd` says.

    Args:
        metadata: the merged type of this credential.
        sd_jwt: the credential after signature and digests were verified.
        complete: True for a holder, who has every disclosure: then a digest left over is a
            decoy and hides nothing.

    Raises:
        InvalidError: `policy_unmet` when a rule is broken; `too_large` when the type and the
            credential together ask for too much work.
    """
    walk = _Walk(
        by_digest={item.disclosure.digest: item.disclosure for item in sd_jwt.disclosed},
        complete=complete,
    )
    for rule in metadata.claims:
        _check_rule(rule, sd_jwt.payload, walk)


class _Selected(NamedTuple):
    """One selected claim; its value is `_HIDDEN` for an array element that is not shown."""

    value: JsonValue
    concealed: bool


@dataclass(slots=True, kw_only=True)
class _Walk:
    by_digest: dict[str, Disclosure]
    complete: bool
    visits: int = field(default=0)
    may_be_hidden: bool = field(default=False)

    def visit(self, count: int) -> None:
        self.visits += count
        if self.visits > MAX_VISITS:
            raise InvalidError(
                ErrorKind.TOO_LARGE, "Checking a credential against its type takes too long."
            )


def _check_rule(rule: ClaimRule, payload: JsonObject, walk: _Walk) -> None:
    walk.may_be_hidden = False
    selected = [_Selected(payload, concealed=False)]
    last = len(rule.path) - 1
    for position, step in enumerate(rule.path):
        shown = [item.value for item in selected if item.value is not _HIDDEN]
        # A hidden element's contents are unknown: deeper steps select nothing in it.
        walk.may_be_hidden = walk.may_be_hidden or len(shown) < len(selected)
        never_hidden = position == last and rule.sd is Concealment.NEVER
        selected = [found for value in shown for found in _step(value, step, walk, never_hidden)]
    if rule.mandatory and not selected and not walk.may_be_hidden:
        raise _unmet("The certificate lacks something its type requires.")
    wanted = _WANTED[rule.sd]
    if wanted is not None and any(item.concealed is not wanted for item in selected):
        raise _unmet("The certificate hides or shows something against the rules of its type.")


_WANTED: Final = {Concealment.ALWAYS: True, Concealment.NEVER: False, Concealment.ALLOWED: None}


def _step(
    value: JsonValue,
    step: str | int | None,
    walk: _Walk,
    never_hidden: bool,  # noqa: FBT001 - private, one caller
) -> Iterator[_Selected]:
    if type(step) is str:
        return _member(value, step, walk, never_hidden)
    return _elements(value, step if type(step) is int else None, walk)


def _member(value: JsonValue, name: str, walk: _Walk, never_hidden: bool) -> Iterator[_Selected]:  # noqa: FBT001 - as above
    if type(value) is not dict:
        raise _unmet("The certificate does not have the shape its type describes.")
    walk.visit(1)
    if name in value and name not in (DIGESTS, HASH_NAME):
        yield _Selected(value[name], concealed=False)
        return
    digests = value.get(DIGESTS, ())
    walk.visit(len(digests))
    undisclosed = 0
    for digest in digests:
        disclosure = walk.by_digest.get(digest)
        if disclosure is None:
            undisclosed += 1
        elif disclosure.name == name:
            yield _Selected(disclosure.value, concealed=True)
            return
    if undisclosed and not walk.complete and not never_hidden:
        walk.may_be_hidden = True


def _elements(value: JsonValue, index: int | None, walk: _Walk) -> Iterator[_Selected]:
    if type(value) is not list:
        raise _unmet("The certificate does not have the shape its type describes.")
    if index is None:
        walk.visit(len(value))
        chosen = value
    else:
        walk.visit(1)
        chosen = value[index : index + 1]
    for element in chosen:
        if type(element) is dict and PLACEHOLDER in element:
            disclosure = walk.by_digest.get(element[PLACEHOLDER])
            if disclosure is None and walk.complete:
                continue
            shown = _HIDDEN if disclosure is None else disclosure.value
            yield _Selected(shown, concealed=True)
        else:
            yield _Selected(element, concealed=False)


def _unmet(message: str) -> InvalidError:
    return InvalidError(ErrorKind.POLICY_UNMET, message)
