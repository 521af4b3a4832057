"""Hide claims behind digests and sign the rest: issuing an SD-JWT (RFC 9901 section 4)."""

import random
from collections.abc import Collection, Mapping
from typing import Any, Final

from carnet_securing import base64url, disclosure, strict_json
from carnet_securing.disclosure import DEFAULT_HASH, DIGESTS, HASH_NAME, PLACEHOLDER, Path
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jws import sign_jws
from carnet_securing.signer import Signer
from carnet_securing.strict_json import JsonObject, JsonValue

_RANDOM: Final = random.SystemRandom()


class _Node:
    """One place named by a path to conceal, or on the way to one."""

    __slots__ = ("children", "concealed")

    def __init__(self) -> None:
        self.concealed = False
        # Names below an object, indices below an array.
        self.children: dict[Any, _Node] = {}

    def child(self, step: Any) -> "_Node":
        known = self.children.get(step)
        if known is None:
            known = self.children[step] = _Node()
        return known


def issue_sd_jwt(
    payload: JsonObject,
    *,
    conceal: Collection[Path],
    signer: Signer,
    typ: str,
    header: Mapping[str, Any] | None = None,
    decoys: int = 0,
    hash_algorithm: str = DEFAULT_HASH,
) -> str:
    """Sign `payload` with the claims at `conceal` hidden, and return the compact form.

    A path may name a claim and another one something inside it: the inner claim is then
    hidden inside the disclosure of the outer one (RFC 9901 section 4.2.6). None in a path means
    every element of an array. Digests are sorted, which hides the order of the claims.

    Args:
        payload: the claims in clear; it is not changed.
        conceal: the places to hide.
        typ: the `typ` of the header, for example `dc+sd-jwt`.
        header: further header parameters, for example `kid` or `x5c`.
        decoys: digests of nothing, added to each object and array that hides something.

    Raises:
        InvalidError: `conflict` if a claim has a name kept for digests, `claim_missing` if a
            path leads nowhere, `hash_alg_not_allowed`, `malformed` for a value JSON cannot say.
    """
    disclosure.check_hash_algorithm(hash_algorithm, allowed=disclosure.HASH_ALGORITHMS)
    if HASH_NAME in payload:
        raise _conflict()
    root = _Node()
    concealed = sum([_plant(root, payload, path) for path in conceal])
    mint = _Mint(concealed, decoys, hash_algorithm)
    signed = mint.conceal_in_object(payload, root)
    if concealed:
        signed[HASH_NAME] = hash_algorithm
    text = strict_json.dumps(signed)
    if mint.is_suspicious(text, hash_names=1 if concealed else 0):
        _refuse_reserved(payload)
    jwt = sign_jws(_utf8(text), signer=signer, typ=typ, header=header)
    return b"~".join((jwt.encode("ascii"), *mint.disclosures, b"")).decode("ascii")


class _Mint:
    """Turns the claims to hide into disclosures, children before the parent that holds them."""

    __slots__ = ("_algorithm", "_decoys", "_salts", "_texts", "_written", "disclosures")

    def __init__(self, concealed: int, decoys: int, algorithm: str) -> None:
        self.disclosures: list[bytes] = []
        self._salts = iter(disclosure.new_salts(concealed))
        self._decoys = decoys
        self._algorithm = algorithm
        self._texts: list[str] = []
        self._written = 0

    def conceal_in_object(self, source: JsonObject, node: _Node) -> JsonObject:
        """A copy of an object with what `node` names hidden."""
        result = source.copy()
        contents = []
        for name, child in node.children.items():
            value = source[name]
            if child.children:
                value = result[name] = self._conceal_in(value, child)
            if child.concealed:
                if name in disclosure.RESERVED_NAMES:
                    raise _conflict()
                del result[name]
                contents.append(f"{strict_json.dumps(name)},{strict_json.dumps(value)}")
        if contents:
            if DIGESTS in result:
                raise _conflict()
            digests = self._disclose(contents)
            digests += self._decoy_digests()
            digests.sort()
            result[DIGESTS] = digests
            self._written += 1
        return result

    def _conceal_in_array(self, source: list[JsonValue], node: _Node) -> list[JsonValue]:
        result = source.copy()
        contents, places = [], []
        for place, child in node.children.items():
            value = source[place]
            if child.children:
                value = result[place] = self._conceal_in(value, child)
            if child.concealed:
                places.append(place)
                contents.append(strict_json.dumps(value))
        if contents:
            for place, digest in zip(places, self._disclose(contents), strict=True):
                result[place] = {PLACEHOLDER: digest}
            for decoy in self._decoy_digests():
                result.insert(_RANDOM.randrange(len(result) + 1), {PLACEHOLDER: decoy})
            self._written += len(contents) + self._decoys
        return result

    def _conceal_in(self, value: JsonValue, node: _Node) -> JsonValue:
        if isinstance(value, dict):
            return self.conceal_in_object(value, node)
        return self._conceal_in_array(value, node)

    def _disclose(self, contents: list[str]) -> list[str]:
        """Make one disclosure of each content; their digests, in the same order."""
        hidden = [
            base64url.encode_bytes(_utf8(f'["{salt}",{content}]'))
            for content, salt in zip(contents, self._salts, strict=False)
        ]
        self._texts += contents
        self.disclosures += hidden
        return disclosure.digests(hidden, algorithm=self._algorithm)

    def _decoy_digests(self) -> list[str]:
        return disclosure.digests(
            [salt.encode("ascii") for salt in disclosure.new_salts(self._decoys)],
            algorithm=self._algorithm,
        )

    def is_suspicious(self, text: str, *, hash_names: int) -> bool:
        """Whether what was written has more members with reserved names than are due.

        Such a member is a claim with a reserved name, or a name that ends like one.
        """
        written = "\n".join((*self._texts, text))
        seen = written.count('"_sd":') + written.count('"...":') + written.count('"_sd_alg":')
        return seen != self._written + hash_names


def _plant(node: _Node, value: JsonValue, path: Path) -> int:
    """Mark the places `path` names, each of which must exist; how many were not marked yet."""
    if not path:
        raise _missing()
    for place, step in enumerate(path):
        if step is None and type(value) is list:
            rest = path[place + 1 :]
            children = [(node.child(index), element) for index, element in enumerate(value)]
            if not rest:
                return sum([_mark(child) for child, _ in children])
            return sum([_plant(child, element, rest) for child, element in children])
        is_name = type(step) is str and type(value) is dict and step in value
        is_index = type(step) is int and type(value) is list and 0 <= step < len(value)
        if not (is_name or is_index):
            raise _missing()
        node, value = node.child(step), value[step]
    return _mark(node)


def _mark(node: _Node) -> int:
    if node.concealed:
        return 0
    node.concealed = True
    return 1


def _refuse_reserved(value: JsonValue) -> None:
    if isinstance(value, dict):
        if not disclosure.RESERVED_NAMES.isdisjoint(value):
            raise _conflict()
        for member in value.values():
            _refuse_reserved(member)
    elif isinstance(value, list):
        for element in value:
            _refuse_reserved(element)


def _missing() -> InvalidError:
    return InvalidError(ErrorKind.CLAIM_MISSING, "A claim to hide is not among the claims.")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidError(ErrorKind.MALFORMED, "A value cannot be written as JSON.") from None


def _conflict() -> InvalidError:
    return InvalidError(
        ErrorKind.CONFLICT,
        "A claim has a name that is kept for digests.",
        hint="Rename the claim: _sd, _sd_alg and ... cannot be used.",
    )
