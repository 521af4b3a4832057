"""One disclosure: salt, name, value, and the digest that stands for it (RFC 9901 section 4.2)."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from carnet_securing import base64url, strict_json
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.strict_json import JsonValue

Path = tuple[str | int | None, ...]
"""A place in the claims: names, array indices, and None for every element of an array."""

ConcretePath = tuple[str | int, ...]
"""A place in the claims that names exactly one value."""

DIGESTS: Final = "_sd"
PLACEHOLDER: Final = "..."
HASH_NAME: Final = "_sd_alg"
RESERVED_NAMES: Final = frozenset({DIGESTS, PLACEHOLDER, HASH_NAME})

DEFAULT_HASH: Final = "sha-256"
_HASHES: Final[dict[str, Callable[[bytes], Any]]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
HASH_ALGORITHMS: Final = frozenset(_HASHES)
"""Names of the IANA registry that are strong enough (RFC 9901 section 9.4); no other is known."""

_SALT_BYTES: Final = 16
_BACKSLASH: Final = ord("\\")
_BRACE: Final = ord("{")


class Disclosure(NamedTuple):
    """A claim the holder may show: `name` is None for an array element.

    `encoded` is the received base64url text, over which `digest` was taken. `value` is
    processed: what is disclosed inside it is in its place, and no digest is left.
    """

    encoded: bytes
    digest: str
    name: str | None
    value: JsonValue

    def __repr__(self) -> str:
        return f"Disclosure(digest={self.digest!r})"


def check_hash_algorithm(name: object, *, allowed: Collection[str]) -> str:
    """The `_sd_alg` value, if it is known and allowed (RFC 9901 section 7.1 step 2.d).

    Raises:
        InvalidError: `hash_alg_not_allowed`.
    """
    if type(name) is str and name in allowed and name in _HASHES:
        return name
    raise InvalidError(
        ErrorKind.HASH_ALG_NOT_ALLOWED, "The hash algorithm of the hidden claims is not allowed."
    )


def digest(data: bytes, *, algorithm: str) -> str:
    """The base64url digest of ASCII bytes as they were received (RFC 9901 section 4.2.3)."""
    return base64url.encode(_HASHES[algorithm](data).digest())


def by_digest(received: Sequence[bytes], *, algorithm: str) -> dict[str, bytes]:
    """Each disclosure under its digest; as many as received unless one came twice."""
    hash_bytes = _HASHES[algorithm]
    return {base64url.encode(hash_bytes(one).digest()): one for one in received}


def digests(encoded: Sequence[bytes], *, algorithm: str) -> list[str]:
    """As `digest`, of many disclosures at once: encoding them together is cheaper."""
    hash_bytes = _HASHES[algorithm]
    return base64url.encode_each([hash_bytes(one).digest() for one in encoded])


def new_salts(count: int) -> list[str]:
    """`count` salts of 128 random bits, from one read of the generator (RFC 9901 section 9.3)."""
    random = os.urandom(_SALT_BYTES * count)
    return base64url.encode_each(
        [random[start : start + _SALT_BYTES] for start in range(0, len(random), _SALT_BYTES)]
    )


def read(encoded: bytes, max_bytes: int, max_depth: int) -> tuple[list[JsonValue], bool]:
    """The JSON array in a disclosure, and whether no digest can be anywhere in it.

    Where one can be, objects are left as `strict_json.loads_members` leaves them. Which shape
    the array must have depends on where its digest was found.

    Raises:
        InvalidError: `disclosure_malformed`, or `too_large`, `too_deep` and `duplicate_member`
            of its JSON.
    """
    try:
        raw = base64url.decode(encoded)
        # Digests are in objects, under names that only escapes could disguise.
        is_plain = _BRACE not in raw or (
            b"_sd" not in raw and b"..." not in raw and _BACKSLASH not in raw
        )
        loads = strict_json.loads if is_plain else strict_json.loads_members
        content = loads(raw, max_bytes=max_bytes, max_depth=max_depth)
    except InvalidError as error:
        if error.kind is ErrorKind.MALFORMED:
            raise _malformed() from None
        raise
    if type(content) is not list or not content or type(content[0]) is not str:
        raise _malformed()
    return content, is_plain


def check_property(content: list[JsonValue]) -> str:
    """The name in the disclosure of an object property (RFC 9901 section 7.1 step 3.c.ii).

    Raises:
        InvalidError: `disclosure_malformed` unless it is salt, name and value;
            `disclosure_reserved_name`.
    """
    name = content[1] if len(content) == 3 else None
    if type(name) is not str:
        raise _malformed()
    if name in RESERVED_NAMES:
        if name == HASH_NAME:
            raise InvalidError(
                ErrorKind.MALFORMED, "The hash algorithm of hidden claims is itself hidden."
            )
        raise InvalidError(
            ErrorKind.DISCLOSURE_RESERVED_NAME, "A hidden claim has a name kept for digests."
        )
    return name


def check_element(content: list[JsonValue]) -> None:
    """Check the disclosure of an array element (RFC 9901 section 7.1 step 3.c.iii).

    Raises:
        InvalidError: `disclosure_malformed` unless it is salt and value.
    """
    if len(content) != 2:
        raise _malformed()


def children(parent: JsonValue, step: str | int | None) -> Iterator[tuple[str | int, JsonValue]]:
    """What one step of a path leads to; every element of an array for None.

    Raises:
        InvalidError: `claim_missing` when it leads nowhere.
    """
    if isinstance(step, str) and isinstance(parent, dict) and step in parent:
        yield step, parent[step]
    elif step is None and isinstance(parent, list):
        yield from enumerate(parent)
    elif type(step) is int and isinstance(parent, list) and 0 <= step < len(parent):
        yield step, parent[step]
    else:
        raise InvalidError(ErrorKind.CLAIM_MISSING, "A claim that is named is not there.")


def _malformed() -> InvalidError:
    return InvalidError(ErrorKind.DISCLOSURE_MALFORMED, "A hidden claim is not well formed.")
