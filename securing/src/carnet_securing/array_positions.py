"""Where shown array elements stood while others of the array stay hidden.

Processing drops the digests of elements that are not shown (RFC 9901 section 7.1 step 3.d), so
an element's index shrinks. A question that names an index means the index before that:
this walk finds it again. A decoy in an array cannot be told from a hidden element and
counts as one.

It checks nothing: every digest was checked when the SD-JWT was verified.
"""

from collections.abc import Mapping

from carnet_securing import base64url, strict_json
from carnet_securing.disclosure import DIGESTS, PLACEHOLDER, ConcretePath
from carnet_securing.sd_jwt import VerifiedSdJwt
from carnet_securing.strict_json import JsonObject, JsonValue


def original_positions(verified: VerifiedSdJwt) -> Mapping[ConcretePath, tuple[int, ...]]:
    """For each array with hidden elements, the positions its shown elements had.

    The work is that of reading the signed payload and the shown disclosures once more.

    Args:
        verified: an SD-JWT whose signature and digests hold.

    Returns:
        By the path of the array, itself in original positions; other arrays are left out.
    """
    walk = _Walk(verified)
    walk.value(strict_json.loads(verified.signed, max_bytes=len(verified.signed)), ())
    return walk.positions


class _Walk:
    __slots__ = ("_contents", "positions")

    def __init__(self, verified: VerifiedSdJwt) -> None:
        self._contents = {shown.digest: shown.encoded for _path, shown in verified.disclosed}
        self.positions: dict[ConcretePath, tuple[int, ...]] = {}

    def value(self, value: JsonValue, path: ConcretePath) -> None:
        if type(value) is dict:
            self._object(value, path)
        elif type(value) is list:
            self._array(value, path)

    def _object(self, value: JsonObject, path: ConcretePath) -> None:
        for name, inner in value.items():
            if name != DIGESTS:
                self.value(inner, (*path, name))
        for digest in value.get(DIGESTS, ()):
            if digest in self._contents:
                _salt, name, inner = self._content(digest)
                self.value(inner, (*path, name))

    def _array(self, value: list[JsonValue], path: ConcretePath) -> None:
        shown: list[int] = []
        for position, element in enumerate(value):
            if type(element) is not dict or PLACEHOLDER not in element:
                inner = element
            elif element[PLACEHOLDER] in self._contents:
                _salt, inner = self._content(element[PLACEHOLDER])
            else:
                continue
            shown.append(position)
            self.value(inner, (*path, position))
        if len(shown) != len(value):
            self.positions[path] = tuple(shown)

    def _content(self, digest: str) -> list[JsonValue]:
        raw = base64url.decode(self._contents[digest])
        content: list[JsonValue] = strict_json.loads(raw, max_bytes=len(raw))
        return content
