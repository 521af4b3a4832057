"""A credential as its holder keeps it: taken apart once, ready to show any part of it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from carnet_securing import disclosure
from carnet_securing.disclosure import ConcretePath, Path
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.sd_jwt import VerifiedSdJwt
from carnet_securing.strict_json import JsonObject, JsonValue

_VERSION: Final = 1


class Selection(bytes):
    """The issuer-signed JWT and the chosen disclosures, each with its tilde, ready to be bound.

    Attributes:
        hash_algorithm: what `sd_hash` of a key binding must be taken with (RFC 9901 section 4.3.1).
    """

    hash_algorithm: str

    @classmethod
    def of(cls, encoded: bytes, *, hash_algorithm: str) -> "Selection":
        """Name the hash algorithm that goes with an encoded selection."""
        selection = cls(encoded)
        selection.hash_algorithm = hash_algorithm
        return selection


class HeldSdJwt:
    """A verified SD-JWT kept parsed, so that showing some claims costs a few copies.

    Attributes:
        claims: the processed claims with everything disclosed; read them, do not change them.
        hash_algorithm: the credential's own.
    """

    __slots__ = ("_jwt", "_parents", "_places", "_texts", "claims", "hash_algorithm")

    def __init__(
        self,
        *,
        jwt: bytes,
        disclosures: Mapping[ConcretePath, bytes],
        claims: JsonObject,
        hash_algorithm: str,
    ) -> None:
        """Use `of` or `from_json`. `disclosures` come in the order they are sent, by place."""
        self._jwt = jwt
        self._texts = [b"~" + text for text in disclosures.values()]
        self._places = {path: index for index, path in enumerate(disclosures)}
        self._parents: list[int | None] | None = None
        self.claims = claims
        self.hash_algorithm = hash_algorithm

    @classmethod
    def of(cls, verified: VerifiedSdJwt) -> "HeldSdJwt":
        """Keep an SD-JWT as its issuer sent it.

        Raises:
            InvalidError: `kb_unexpected` when it came with a key binding, which only a
                holder makes (RFC 9901 section 7.2).
        """
        if verified.key_binding is not None:
            raise InvalidError(
                ErrorKind.KB_UNEXPECTED, "An issuer sent a document that is already bound."
            )
        return cls(
            jwt=verified.hashed_part.split(b"~", 1)[0],
            disclosures={path: shown.encoded for path, shown in verified.disclosed},
            claims=verified.claims,
            hash_algorithm=verified.hash_algorithm,
        )

    def __repr__(self) -> str:
        return f"HeldSdJwt(disclosures={len(self._texts)})"

    def to_json(self) -> JsonObject:
        """A form the vault can seal and `from_json` reads back without parsing a token."""
        return {
            "version": _VERSION,
            "jwt": self._jwt.decode("ascii"),
            "hash": self.hash_algorithm,
            "disclosures": [
                [list(path), self._texts[index][1:].decode("ascii")]
                for path, index in self._places.items()
            ],
            "claims": self.claims,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "HeldSdJwt":
        """Read back what `to_json` gave. It is trusted as the vault that sealed it.

        Raises:
            InvalidError: `unsupported_version`, or `malformed` when a member is missing.
        """
        if stored.get("version") != _VERSION:
            raise InvalidError(
                ErrorKind.UNSUPPORTED_VERSION, "A kept document is of a version not known here."
            )
        try:
            return cls(
                jwt=stored["jwt"].encode("ascii"),
                disclosures={
                    tuple(path): text.encode("ascii") for path, text in stored["disclosures"]
                },
                claims=stored["claims"],
                hash_algorithm=stored["hash"],
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidError(ErrorKind.MALFORMED, "A kept document is not complete.") from None

    def paths(self) -> tuple[ConcretePath, ...]:
        """Every place the holder can choose to show or to hide, parents first."""
        return tuple(self._places)

    def paths_within(self, path: ConcretePath) -> tuple[ConcretePath, ...]:
        """The places at or below `path` that can be hidden separately, parents first.

        `select` adds what a place needs above it, and nothing below it: a caller that wants
        a claim with all its contents selects these.
        """
        length = len(path)
        return tuple(place for place in self._places if place[:length] == path)

    def whole(self) -> bytes:
        """The credential with every disclosure, each parent before what it hides."""
        return b"".join((self._jwt, *self._texts, b"~"))

    def select(self, paths: Collection[Path]) -> Selection:
        """The smallest selection that shows the claims at `paths` (RFC 9901 section 7.2).

        A disclosure that another one hides brings its parents along. A claim that is never
        hidden adds nothing. None in a path stands for every element of an array.

        Raises:
            InvalidError: `claim_missing` for a path that leads nowhere in this credential.
        """
        chosen: set[int] = set()
        places = self._places
        for path in paths:
            index = places.get(path)  # type: ignore[arg-type]  # with None in it, it is not there
            if index is not None:
                if index not in chosen:
                    chosen.add(index)
                    self._add_parents(index, chosen)
                continue
            for concrete in self._expand(path):
                chosen.update(self._enclosing(concrete))
        texts = self._texts
        return Selection.of(
            b"".join((self._jwt, *[texts[index] for index in sorted(chosen)], b"~")),
            hash_algorithm=self.hash_algorithm,
        )

    def _add_parents(self, index: int, chosen: set[int]) -> None:
        if self._parents is None:
            self._parents = [self._parent(path) for path in self._places]
        parents = self._parents
        parent = parents[index]
        while parent is not None and parent not in chosen:
            chosen.add(parent)
            parent = parents[parent]

    def _parent(self, path: ConcretePath) -> int | None:
        for length in range(len(path) - 1, 0, -1):
            if (index := self._places.get(path[:length])) is not None:
                return index
        return None

    def _enclosing(self, path: ConcretePath) -> Iterable[int]:
        for length in range(1, len(path) + 1):
            if (index := self._places.get(path[:length])) is not None:
                yield index

    def _expand(self, path: Path) -> list[ConcretePath]:
        """The concrete places a path means in the claims; each step must lead somewhere."""
        found: list[tuple[ConcretePath, JsonValue]] = [((), self.claims)]
        for step in path:
            found = [
                ((*place, key), value)
                for place, parent in found
                for key, value in disclosure.children(parent, step)
            ]
        return [place for place, _ in found]
