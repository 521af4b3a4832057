"""Canonical unpadded base64url (RFC 4648 section 5, RFC 7515 section 2), nothing else.

Padding, white space, foreign characters and non-zero trailing bits are errors:
two spellings of the same bytes would make two digests of one disclosure.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from typing import Final

from carnet_securing.errors import ErrorKind, InvalidError

_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_FROM_STANDARD: Final = bytes.maketrans(b"+/", b"-_")
# The last character of a group of 1, 2 or 3: its unused bits are zero; one alone is nothing.
_LAST: Final = (frozenset(b""), frozenset(b""), frozenset(b"AQgw"), frozenset(b"AEIMQUYcgkosw048"))
_PADDING: Final = (b"", b"", b"==", b"=")


def encode(data: bytes) -> str:
    """Encode bytes without padding."""
    return b2a_base64(data, newline=False).translate(_FROM_STANDARD).rstrip(b"=").decode("ascii")


def encode_bytes(data: bytes) -> bytes:
    """Encode bytes without padding, as ASCII bytes."""
    return b2a_base64(data, newline=False).translate(_FROM_STANDARD).rstrip(b"=")


def encode_each(parts: Sequence[bytes]) -> list[str]:
    """As `encode`, of parts of one length in a single pass: cheaper for many.

    Each part is filled up to whole groups of three bytes. The filling is zero bits, as in the
    last group of the unpadded form, so cutting the extra characters leaves exactly what
    encoding each part alone would give.
    """
    if not parts:
        return []
    length = len(parts[0])
    filler = bytes(-length % 3)
    text = b2a_base64(filler.join(parts) + filler, newline=False)
    characters = text.translate(_FROM_STANDARD).decode("ascii")
    width = (length + len(filler)) // 3 * 4
    keep = width - len(filler)
    return [characters[start : start + keep] for start in range(0, len(characters), width)]


def decode(text: str | bytes) -> bytes:
    """Decode the canonical form.

    Raises:
        InvalidError: `malformed` for anything but the one canonical spelling.
    """
    try:
        raw = text.encode("ascii") if isinstance(text, str) else text
        remainder = len(raw) & 3
        if remainder and raw[-1] not in _LAST[remainder]:
            raise _malformed()
        return a2b_base64(raw.translate(_TO_STANDARD) + _PADDING[remainder], strict_mode=True)
    except ValueError:
        raise _malformed() from None


def _malformed() -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, "A part is not canonical base64url text.")
