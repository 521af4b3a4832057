"""Put disclosed claims back in their places: one walk over the signed payload.

RFC 9901 section 7.1 steps 3 to 5. Nothing is changed in place: a part in which
nothing was hidden comes back as the very same object, which tells a profile
that this part held no digest at any depth.
"""

from typing import Final, NamedTuple

from carnet_securing.disclosure import (
    DIGESTS,
    HASH_NAME,
    PLACEHOLDER,
    ConcretePath,
    Disclosure,
    element_of,
    property_of,
)
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject, JsonValue

_TEXT_ONLY: Final = frozenset({str})


class Disclosed(NamedTuple):
    """One claim that was hidden and is shown. Parents come before what they contain.

    Indices in `path` count the elements that are left in the processed claims.
    """

    path: ConcretePath
    disclosure: Disclosure


def reveal(
    payload: JsonObject, by_digest: dict[str, bytes], *, limits: Limits
) -> tuple[JsonObject, tuple[Disclosed, ...]]:
    """The processed claims, and what was disclosed in them.

    Args:
        payload: the signed payload; it is not changed.
        by_digest: each received disclosure under its digest.
        limits: bound of the depth of the processed claims.

    Raises:
        InvalidError: `digest_duplicate`, `disclosure_unreferenced`, `disclosure_malformed`,
            `disclosure_reserved_name`, `disclosure_collision`, `too_deep`, `malformed`
            or `duplicate_member`.
    """
    walk = _Walk(by_digest, limits)
    top = payload
    if HASH_NAME in payload:
        top = dict(payload)
        del top[HASH_NAME]
    claims = walk.members(top, (), 1)
    # A digest is met once at most, so each disclosure was used exactly when the counts agree.
    if len(walk.disclosed) != len(by_digest):
        raise InvalidError(
            ErrorKind.DISCLOSURE_UNREFERENCED, "A shown claim does not belong to this document."
        )
    return claims, tuple(walk.disclosed)


class _Walk:
    __slots__ = ("_by_digest", "_limits", "_max_depth", "_seen", "disclosed")

    def __init__(self, by_digest: dict[str, bytes], limits: Limits) -> None:
        self._by_digest = by_digest
        self._limits = limits
        self._max_depth = limits.json_depth
        self._seen: set[str] = set()
        self.disclosed: list[Disclosed] = []

    def members(self, source: JsonObject, path: ConcretePath, depth: int) -> JsonObject:
        if depth > self._max_depth:
            raise InvalidError(ErrorKind.TOO_DEEP, "Hidden claims are nested too deeply.")
        if HASH_NAME in source or PLACEHOLDER in source:
            raise InvalidError(
                ErrorKind.MALFORMED, "A name kept for digests stands where no digest belongs."
            )
        result = source
        digests = source.get(DIGESTS, _ABSENT)
        if digests is not _ABSENT:
            result = dict(source)
            del result[DIGESTS]
        for name, value in source.items():
            kind = type(value)
            if kind is dict:
                processed: JsonValue = self.members(value, (*path, name), depth + 1)
            elif kind is list and name != DIGESTS:
                processed = self.elements(value, (*path, name), depth + 1)
            else:
                continue
            if processed is not value:
                if result is source:
                    result = dict(source)
                result[name] = processed
        if digests is not _ABSENT:
            self._insert(digests, result, path, depth)
        return result

    def _insert(
        self, digests: JsonValue, target: JsonObject, path: ConcretePath, depth: int
    ) -> None:
        """Insert what is disclosed of one `_sd` array at its level."""
        if type(digests) is not list:
            raise InvalidError(ErrorKind.MALFORMED, "A list of digests is not a list.")
        if digests:
            self._note(digests)
        by_digest = self._by_digest
        for digest in digests:
            if digest not in by_digest:
                continue
            disclosure = property_of(by_digest[digest], digest, limits=self._limits)
            name = disclosure.name
            if name is None or name in target:
                raise InvalidError(
                    ErrorKind.DISCLOSURE_COLLISION, "A hidden claim repeats a name beside it."
                )
            where = (*path, name)
            self.disclosed.append(Disclosed(where, disclosure))
            target[name] = self.value(disclosure.value, where, depth + 1)

    def elements(self, source: list[JsonValue], path: ConcretePath, depth: int) -> list[JsonValue]:
        if depth > self._max_depth:
            raise InvalidError(ErrorKind.TOO_DEEP, "Hidden claims are nested too deeply.")
        try:
            digests = [element[PLACEHOLDER] for element in source]
        except (KeyError, TypeError, IndexError):
            return self._mixed(source, path, depth)
        return self._placeholders(source, digests, path, depth) if digests else source

    def _placeholders(
        self, source: list[JsonValue], digests: list[JsonValue], path: ConcretePath, depth: int
    ) -> list[JsonValue]:
        """The elements that are disclosed of an array in which every one was hidden."""
        if sum(map(len, source)) != len(source):
            raise _further_members()
        self._note(digests)
        result: list[JsonValue] = []
        for digest in digests:
            if digest in self._by_digest:
                self._append(digest, result, path, depth)
        return result

    def _mixed(self, source: list[JsonValue], path: ConcretePath, depth: int) -> list[JsonValue]:
        """An array with elements that were never hidden."""
        result = source
        for index, element in enumerate(source):
            kind = type(element)
            if kind is dict:
                if PLACEHOLDER in element:
                    if result is source:
                        result = source[:index]
                    if len(element) != 1:
                        raise _further_members()
                    digest = element[PLACEHOLDER]
                    self._note([digest])
                    if digest in self._by_digest:
                        self._append(digest, result, path, depth)
                    continue
                place = index if result is source else len(result)
                processed: JsonValue = self.members(element, (*path, place), depth + 1)
            elif kind is list:
                place = index if result is source else len(result)
                processed = self.elements(element, (*path, place), depth + 1)
            else:
                processed = element
            if result is not source:
                result.append(processed)
            elif processed is not element:
                result = source[:index]
                result.append(processed)
        return result

    def _note(self, digests: list[JsonValue]) -> None:
        """Remember digests, each of which may be met once in the whole document."""
        if {*map(type, digests)} != _TEXT_ONLY:
            raise InvalidError(ErrorKind.MALFORMED, "A digest is not a text.")
        seen = self._seen
        expected = len(seen) + len(digests)
        seen.update(digests)
        if len(seen) != expected:
            raise InvalidError(ErrorKind.DIGEST_DUPLICATE, "A digest appears more than once.")

    def _append(self, digest: str, target: list[JsonValue], path: ConcretePath, depth: int) -> None:
        """Append the element whose digest stood in an array."""
        disclosure = element_of(self._by_digest[digest], digest, limits=self._limits)
        where = (*path, len(target))
        self.disclosed.append(Disclosed(where, disclosure))
        target.append(self.value(disclosure.value, where, depth + 1))

    def value(self, value: JsonValue, path: ConcretePath, depth: int) -> JsonValue:
        kind = type(value)
        if kind is dict:
            return self.members(value, path, depth)
        if kind is list:
            return self.elements(value, path, depth)
        return value


_ABSENT: Final = object()


def _further_members() -> InvalidError:
    return InvalidError(
        ErrorKind.DISCLOSURE_MALFORMED, "A hidden list element has further members."
    )
