"""Integrity metadata of referenced documents (SD-JWT VC, section "Integrity of Referenced
Documents"; syntax of W3C SRI section 3.1).

Only what the strongest known algorithm says counts: a weaker digest beside it must not be
a way in.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from carnet_securing import standard_base64
from carnet_securing.errors import ErrorKind, InvalidError

_STRENGTH: Final[tuple[tuple[str, Callable[[bytes], Any]], ...]] = (
    ("sha512", hashlib.sha512),
    ("sha384", hashlib.sha384),
    ("sha256", hashlib.sha256),
)
_MAX_CHARACTERS: Final = 2_048


def check_integrity(document: bytes, integrity: str) -> None:
    """Check the bytes of a document, as retrieved, against integrity metadata.

    Args:
        document: the bytes that were hashed by whoever referred to them.
        integrity: one or more `algorithm-digest` expressions, digests in standard base64.

    Raises:
        InvalidError: `metadata_integrity` when no expression of the strongest algorithm
            present matches, when none is of a known algorithm, or when it is malformed.
    """
    if len(integrity) > _MAX_CHARACTERS:
        raise _failed("An integrity value is longer than allowed.")
    expressions = [_split(part) for part in integrity.split()]
    for name, new_hash in _STRENGTH:
        wanted = [digest for algorithm, digest in expressions if algorithm == name]
        if wanted:
            if new_hash(document).digest() not in [_decode(text) for text in wanted]:
                raise _failed("A document is not the one that was signed for.")
            return
    raise _failed("An integrity value uses no algorithm that is known here.")


def integrity_of(document: bytes) -> str:
    """The `sha256-…` integrity metadata of a document."""
    return f"sha256-{standard_base64.encode(hashlib.sha256(document).digest())}"


def _split(expression: str) -> tuple[str, str]:
    algorithm, separator, rest = expression.partition("-")
    if not separator:
        raise _failed("An integrity value is malformed.")
    return algorithm, rest.partition("?")[0]


def _decode(text: str) -> bytes:
    try:
        return standard_base64.decode(text)
    except InvalidError:
        raise _failed("An integrity value is malformed.") from None


def _failed(message: str) -> InvalidError:
    return InvalidError(ErrorKind.METADATA_INTEGRITY, message)
