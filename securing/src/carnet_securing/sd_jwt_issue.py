"""Hide claims behind digests and sign the rest: issuing an SD-JWT (RFC 9901 sections 4 and 5.1)."""

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
        self.children: dict[str | int, _Node] = {}


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
    hidden inside the disclosure of the outer one (section 4.2.6). None in a path means
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
    for path in conceal:
        _plant(root, payload, path)
    mint = _Mint(_count(root), decoys, hash_algorithm)
    signed = mint.object(payload, root)
    if mint.hides:
        signed[HASH_NAME] = hash_algorithm
    text = strict_json.dumps(signed)
    mint.account(text, hash_names=1 if mint.hides else 0)
    if mint.suspicious:
        _refuse_reserved(payload)
    jwt = sign_jws(_utf8(text), signer=signer, typ=typ, header=header)
    return "~".join((jwt, *(one.decode("ascii") for one in mint.disclosures), ""))


class _Mint:
    """Turns the claims to hide into disclosures, children before the parent that holds them.

    The bytes it writes are also counted for the members that digests use. More of them
    than this class put there means a claim with a reserved name (or a text that looks like
    one), and only then are the claims walked for it.
    """

    def __init__(self, concealed: int, decoys: int, algorithm: str) -> None:
        self.disclosures: list[bytes] = []
        self.hides = concealed > 0
        self._salts = iter(disclosure.new_salts(concealed))
        self._decoys = decoys
        self._algorithm = algorithm
        self._reserved_written = 0
        self._reserved_seen = 0

    @property
    def suspicious(self) -> bool:
        return self._reserved_seen != self._reserved_written

    def object(self, members: JsonObject, node: _Node) -> JsonObject:
        result = dict(members)
        hidden: list[bytes] = []
        for name, child in node.children.items():
            value = self._value(result[str(name)], child)
            if child.concealed:
                del result[str(name)]
                hidden.append(self._disclose(f"{strict_json.dumps(name)},", str(name), value))
            else:
                result[str(name)] = value
        if hidden:
            digests = disclosure.digests(hidden, algorithm=self._algorithm)
            digests += self._decoy_digests()
            digests.sort()
            if DIGESTS in result:
                raise _conflict()
            result[DIGESTS] = digests
            self._reserved_written += 1
            self.disclosures += hidden
        return result

    def _array(self, elements: list[JsonValue], node: _Node) -> list[JsonValue]:
        result = list(elements)
        places: list[int] = []
        hidden: list[bytes] = []
        for index, child in node.children.items():
            place = int(index)
            result[place] = self._value(result[place], child)
            if child.concealed:
                places.append(place)
                hidden.append(self._disclose("", "", result[place]))
        if hidden:
            digests = disclosure.digests(hidden, algorithm=self._algorithm)
            for place, digest in zip(places, digests, strict=True):
                result[place] = {PLACEHOLDER: digest}
            for decoy in self._decoy_digests():
                result.insert(_RANDOM.randrange(len(result) + 1), {PLACEHOLDER: decoy})
            self._reserved_written += len(hidden) + self._decoys
            self.disclosures += hidden
        return result

    def _value(self, value: JsonValue, node: _Node) -> JsonValue:
        if not node.children:
            return value
        return self.object(value, node) if isinstance(value, dict) else self._array(value, node)

    def _disclose(self, written_name: str, name: str, value: JsonValue) -> bytes:
        if name in disclosure.RESERVED_NAMES:
            raise _conflict()
        written = strict_json.dumps(value)
        if type(value) is dict or type(value) is list:
            self.account(written)
        text = f'["{next(self._salts)}",{written_name}{written}]'
        return base64url.encode_bytes(_utf8(text))

    def account(self, text: str, *, hash_names: int = 0) -> None:
        """Count the members of `text` that have a reserved name."""
        self._reserved_seen += (
            text.count('"_sd":') + text.count('"...":') + text.count('"_sd_alg":') - hash_names
        )

    def _decoy_digests(self) -> list[str]:
        return disclosure.digests(
            [salt.encode("ascii") for salt in disclosure.new_salts(self._decoys)],
            algorithm=self._algorithm,
        )


def _plant(root: _Node, payload: JsonObject, path: Path) -> None:
    """Mark the places `path` names; every step must exist."""
    if not path:
        raise InvalidError(ErrorKind.CLAIM_MISSING, "A path to hide names no claim.")
    places: list[tuple[_Node, JsonValue]] = [(root, payload)]
    for step in path:
        places = [
            (node.children.setdefault(key, _Node()), value)
            for node, parent in places
            for key, value in disclosure.children(parent, step)
        ]
    for node, _ in places:
        node.concealed = True


def _count(node: _Node) -> int:
    return sum(child.concealed + _count(child) for child in node.children.values())


def _refuse_reserved(value: JsonValue) -> None:
    if isinstance(value, dict):
        if not disclosure.RESERVED_NAMES.isdisjoint(value):
            raise _conflict()
        for member in value.values():
            _refuse_reserved(member)
    elif isinstance(value, list):
        for element in value:
            _refuse_reserved(element)


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
