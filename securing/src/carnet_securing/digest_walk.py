"""Put disclosed claims back in their places: one walk over the signed payload.

RFC 9901 section 7.1 steps 3 to 5. The walk takes what `strict_json.loads_members` gives and
makes dictionaries of it on the way, so that every object is looked at once, for duplicate
members and for digests together.
"""

from typing import Any, Final, NamedTuple

from carnet_securing.disclosure import (
    DIGESTS,
    HASH_NAME,
    PLACEHOLDER,
    RESERVED_NAMES,
    ConcretePath,
    Disclosure,
    check_element,
    check_property,
    read,
)
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject, JsonValue, duplicate_member, members

_TEXT_ONLY: Final = frozenset({str})
_OBJECTS_ONLY: Final = frozenset({tuple})
_CONTAINERS: Final = frozenset({tuple, list})
# What a named tuple's own constructor calls, without the frame around it.
_new: Final = tuple.__new__


class Disclosed(NamedTuple):
    """One claim that was hidden and is shown. Parents come before what they contain.

    Indices in `path` count the elements that are left in the processed claims.
    """

    path: ConcretePath
    disclosure: Disclosure


class Revealed(NamedTuple):
    """What the walk found.

    Attributes:
        claims: the processed claims.
        disclosed: what was hidden and is shown.
        concealing: the top-level claims that hold digests, matched or not, at any depth.
    """

    claims: JsonObject
    disclosed: tuple[Disclosed, ...]
    concealing: frozenset[str]


def reveal(payload: JsonObject, by_digest: dict[str, bytes], *, limits: Limits) -> Revealed:
    """Insert what is disclosed, recursively, and drop every digest.

    Args:
        payload: the members of the signed payload, objects inside it as `loads_members` leaves
            them; it is not changed.
        by_digest: each received disclosure under its digest.
        limits: bound of the depth of the processed claims.

    Raises:
        InvalidError: `digest_duplicate`, `disclosure_unreferenced`, `disclosure_malformed`,
            `disclosure_reserved_name`, `disclosure_collision`, `too_deep`, `malformed`
            or `duplicate_member`.
    """
    walk = _Walk(by_digest, limits)
    claims = payload.copy()
    claims.pop(HASH_NAME, None)
    concealing = walk.top(claims)
    # A digest is met once at most, so each disclosure was used exactly when the counts agree.
    if len(walk.disclosed) != len(by_digest):
        raise InvalidError(
            ErrorKind.DISCLOSURE_UNREFERENCED, "A shown claim does not belong to this document."
        )
    return Revealed(claims, tuple(walk.disclosed), frozenset(concealing))


class _Walk:
    __slots__ = ("_by_digest", "_max_bytes", "_max_depth", "_seen", "disclosed")

    def __init__(self, by_digest: dict[str, bytes], limits: Limits) -> None:
        self._by_digest = by_digest
        self._max_bytes = limits.compact_bytes
        self._max_depth = limits.json_depth
        self._seen: set[str] = set()
        self.disclosed: list[Disclosed] = []

    def top(self, claims: JsonObject) -> list[str]:
        """Process the payload itself; the names of the claims in it that hold digests."""
        concealing = []
        digests = _take_digests(claims)
        seen = self._seen
        for name, value in claims.items():
            if type(value) in _CONTAINERS:
                before = len(seen)
                claims[name] = self._any(value, (name,), 2)
                if len(seen) != before:
                    concealing.append(name)
        if digests is not None:
            self._insert(digests, claims, (), 1)
        return concealing

    def _object(
        self, pairs: tuple[tuple[str, JsonValue], ...], path: ConcretePath, depth: int
    ) -> JsonObject:
        if depth > self._max_depth:
            raise _too_deep()
        result = dict(pairs)
        if len(result) != len(pairs):
            raise duplicate_member()
        digests = None if RESERVED_NAMES.isdisjoint(result) else _take_digests(result)
        for name, value in pairs:
            kind = type(value)
            if kind is tuple:
                result[name] = self._object(value, (*path, name), depth + 1)
            elif kind is list and name != DIGESTS:
                result[name] = self._array(value, (*path, name), depth + 1)
        if digests is not None:
            self._insert(digests, result, path, depth)
        return result

    def _insert(
        self, digests: list[JsonValue], target: JsonObject, path: ConcretePath, depth: int
    ) -> None:
        """Insert what is disclosed of one `_sd` array at its level."""
        if digests:
            self._note(digests)
        by_digest = self._by_digest
        for digest in filter(by_digest.__contains__, digests):
            encoded = by_digest[digest]
            content, is_plain = read(encoded, self._max_bytes, self._max_depth - depth + 1)
            name = check_property(content)
            if name in target:
                raise InvalidError(
                    ErrorKind.DISCLOSURE_COLLISION, "A hidden claim repeats a name beside it."
                )
            value = content[2]
            where = (*path, name)
            shown = _new(Disclosed, (where, _new(Disclosure, (encoded, digest, name, value))))
            if is_plain:
                self.disclosed.append(shown)
                target[name] = value
            else:
                target[name] = self._show(shown, depth)

    def _array(self, source: list[JsonValue], path: ConcretePath, depth: int) -> list[JsonValue]:
        if depth > self._max_depth:
            raise _too_deep()
        kinds = {*map(type, source)}
        if kinds.isdisjoint(_CONTAINERS):
            return source
        result: list[JsonValue] = []
        if kinds == _OBJECTS_ONLY:
            # A long list is hidden whole or not at all: its placeholders are taken together.
            try:
                digests = [digest for ((name, digest),) in source if name == PLACEHOLDER]
            except ValueError:
                digests = []
            if len(digests) == len(source):
                self._note(digests)
                for digest in filter(self._by_digest.__contains__, digests):
                    self._append(digest, result, path, depth)
                return result
        for element in source:
            if type(element) is tuple and any(name == PLACEHOLDER for name, _ in element):
                digest = _digest_of(element)
                self._note([digest])
                if digest in self._by_digest:
                    self._append(digest, result, path, depth)
            else:
                result.append(self._any(element, (*path, len(result)), depth + 1))
        return result

    def _append(self, digest: str, target: list[JsonValue], path: ConcretePath, depth: int) -> None:
        """Append the element whose digest stood in an array."""
        encoded = self._by_digest[digest]
        content, is_plain = read(encoded, self._max_bytes, self._max_depth - depth + 1)
        check_element(content)
        value = content[1]
        where = (*path, len(target))
        shown = _new(Disclosed, (where, _new(Disclosure, (encoded, digest, None, value))))
        if is_plain:
            self.disclosed.append(shown)
            target.append(value)
        else:
            target.append(self._show(shown, depth))

    def _show(self, shown: Disclosed, depth: int) -> JsonValue:
        """Record a disclosed claim before what is disclosed inside it, and process it."""
        path, disclosure = shown
        place = len(self.disclosed)
        self.disclosed.append(shown)
        value = self._any(disclosure.value, path, depth + 1)
        self.disclosed[place] = Disclosed(path, disclosure._replace(value=value))
        return value

    def _any(self, value: Any, path: ConcretePath, depth: int) -> JsonValue:
        if type(value) is tuple:
            return self._object(value, path, depth)
        if type(value) is list:
            return self._array(value, path, depth)
        return value

    def _note(self, digests: list[JsonValue]) -> None:
        """Remember digests, each of which may be met once in the whole document."""
        if {*map(type, digests)} != _TEXT_ONLY:
            raise InvalidError(ErrorKind.MALFORMED, "A digest is not a text.")
        seen = self._seen
        expected = len(seen) + len(digests)
        seen.update(digests)
        if len(seen) != expected:
            raise InvalidError(ErrorKind.DIGEST_DUPLICATE, "A digest appears more than once.")


def _take_digests(source: JsonObject) -> list[JsonValue] | None:
    """Take the `_sd` member out of an object, None without one; refuse what is misplaced."""
    if HASH_NAME in source or PLACEHOLDER in source:
        raise InvalidError(
            ErrorKind.MALFORMED, "A name kept for digests stands where no digest belongs."
        )
    if DIGESTS not in source:
        return None
    digests = source.pop(DIGESTS)
    if type(digests) is not list:
        raise InvalidError(ErrorKind.MALFORMED, "A list of digests is not a list.")
    return digests


def _digest_of(pairs: tuple[tuple[str, JsonValue], ...]) -> JsonValue:
    """The digest in an array placeholder, an object with this one member."""
    if len(members(pairs)) != 1:
        raise InvalidError(
            ErrorKind.DISCLOSURE_MALFORMED, "A hidden list element has further members."
        )
    return pairs[0][1]


def _too_deep() -> InvalidError:
    return InvalidError(ErrorKind.TOO_DEEP, "Hidden claims are nested too deeply.")
