"""Check a verified credential against the rules of its type (SD-JWT VC-19, "Claim Metadata").

Paths are followed over the signed payload, where hidden array elements still hold their
place and hidden members leave a digest. So "was never issued" and "is not shown to you"
stay apart: only the first is ever held against a credential.
"""

from typing import Final

from carnet_schemas.paths import Path
from carnet_securing import base64url, strict_json
from carnet_securing.disclosure import DIGESTS, HASH_NAME, PLACEHOLDER, Disclosure
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.sd_jwt import VerifiedSdJwt
from carnet_securing.strict_json import JsonObject, JsonValue
from carnet_trust.rule_tree import RuleNode
from carnet_trust.type_metadata import TypeMetadata

MAX_VISITS: Final = 100_000
"""Members and elements looked at for one credential: a bound on work, about 50 ms."""


def check_claims(metadata: TypeMetadata, sd_jwt: VerifiedSdJwt, *, complete: bool) -> None:
    """Check every rule of a type.

    1. A path must fit the claims: a name selects in objects, an index in arrays.
    2. A selected claim must be selectively disclosable, or not, as its `sd` says.
    3. A `mandatory` claim must have been issued. For a verifier an absent claim counts as
       missing only when nothing is hidden where it would stand, or when its own rule says
       that it is never hidden.

    Args:
        metadata: the merged type of this credential.
        sd_jwt: the credential after signature and digests were verified.
        complete: True for a holder, who has every disclosure: then a digest left over is a
            decoy and hides nothing.

    Raises:
        InvalidError: `policy_unmet` when a rule is broken; `too_large` when the type and the
            credential together ask for too much work.
    """
    shown = {item.disclosure.digest: item.disclosure for item in sd_jwt.disclosed}
    walk = _Walk(shown, complete=complete)
    # 1. and 2.
    walk.enter(metadata.tree, sd_jwt.payload)
    # 3.
    if not metadata.tree.mandatory_below <= walk.met | walk.excused:
        raise _unmet("The document lacks something its type requires.")


class _Walk:
    """One walk over rules and payload. Its depth is that of the rules' paths, 32 at most."""

    __slots__ = ("_complete", "_shown", "_visits", "excused", "met")

    def __init__(self, shown: dict[str, Disclosure], *, complete: bool) -> None:
        self._shown = shown
        self._complete = complete
        self._visits = 0
        self.met: set[Path] = set()
        self.excused: set[Path] = set()

    def enter(self, node: RuleNode, value: JsonValue) -> None:
        """Follow every step of the rules from one value."""
        if node.names:
            if type(value) is not dict:
                raise _misshapen()
            self._members(node, value)
        if node.elements:
            if type(value) is not list:
                raise _misshapen()
            self._elements(node, value)

    def _members(self, node: RuleNode, members: JsonObject) -> None:
        digests = members.get(DIGESTS, ())
        self._visit(len(node.names) + len(digests))
        shown = self._shown
        revealed = {shown[digest].name: shown[digest] for digest in digests if digest in shown}
        may_hide = not self._complete and len(revealed) < len(digests)
        for name, child in node.names.items():
            if name in members and name not in _NOT_CLAIMS:
                self._select(child, members[name], concealed=False)
            elif name in revealed:
                self._reveal(child, revealed[name])
            elif may_hide and child.mandatory_below:
                # Were one that is never hidden hidden here, it would break its own rule: either
                # way it is not as it must be.
                never = {child.mandatory} if child.concealed is False else set()
                self.excused |= child.mandatory_below - never

    def _elements(self, node: RuleNode, elements: list[JsonValue]) -> None:
        for index, child in node.elements.items():
            chosen = elements if index is None else elements[index : index + 1]
            self._visit(len(chosen) + 1)
            for element in chosen:
                if type(element) is not dict or PLACEHOLDER not in element:
                    self._select(child, element, concealed=False)
                    continue
                disclosure = self._shown.get(element[PLACEHOLDER])
                if disclosure is not None:
                    self._reveal(child, disclosure)
                elif not self._complete:
                    # It was issued; what is in it is not known.
                    self._note(child, concealed=True)
                    self.excused |= child.mandatory_below

    def _reveal(self, node: RuleNode, disclosure: Disclosure) -> None:
        """Select what was hidden, as it was signed: `Disclosure.value` holds no digests."""
        self._note(node, concealed=True)
        if node.names or node.elements:
            raw = base64url.decode(disclosure.encoded)
            content = strict_json.loads(raw, max_bytes=len(raw))
            self.enter(node, content[-1])

    def _select(self, node: RuleNode, value: JsonValue, *, concealed: bool) -> None:
        self._note(node, concealed=concealed)
        if node.names or node.elements:
            self.enter(node, value)

    def _note(self, node: RuleNode, *, concealed: bool) -> None:
        if node.concealed is not None and node.concealed is not concealed:
            raise _unmet("The document hides or shows something against the rules of its type.")
        if node.mandatory is not None:
            self.met.add(node.mandatory)

    def _visit(self, count: int) -> None:
        self._visits += count
        if self._visits > MAX_VISITS:
            raise InvalidError(
                ErrorKind.TOO_LARGE, "Checking a document against its type takes too long."
            )


_NOT_CLAIMS: Final = frozenset({DIGESTS, HASH_NAME})


def _misshapen() -> InvalidError:
    return _unmet("The document does not have the shape its type describes.")


def _unmet(message: str) -> InvalidError:
    return InvalidError(ErrorKind.POLICY_UNMET, message)
