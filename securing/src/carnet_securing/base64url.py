"""Canonical unpadded base64url (RFC 4648 section 5, RFC 7515 section 2), nothing else.

Padding, white space, foreign characters and non-zero trailing bits are errors:
two spellings of the same bytes would make two digests of one disclosure.
"""

import binascii
from typing import Final

from carnet_securing.errors import ErrorKind, InvalidError

_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_FROM_STANDARD: Final = bytes.maketrans(b"+/", b"-_")
_LAST_OF_TWO: Final = frozenset(b"AQgw")
_LAST_OF_THREE: Final = frozenset(b"AEIMQUYcgkosw048")
_PADDING: Final = (b"", b"", b"==", b"=")


def encode(data: bytes) -> str:
    """Encode bytes without padding."""
    return encode_bytes(data).decode("ascii")


def encode_bytes(data: bytes) -> bytes:
    """Encode bytes without padding, as ASCII bytes."""
    return binascii.b2a_base64(data, newline=False).translate(_FROM_STANDARD).rstrip(b"=")


def decode(text: str | bytes) -> bytes:
    """Decode the canonical form.

    Raises:
        InvalidError: `malformed` for anything but the one canonical spelling.
    """
    try:
        raw = text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise _malformed() from None
    remainder = len(raw) & 3
    if remainder == 1:
        raise _malformed()
    if (remainder == 2 and raw[-1] not in _LAST_OF_TWO) or (
        remainder == 3 and raw[-1] not in _LAST_OF_THREE
    ):
        raise _malformed()
    try:
        return binascii.a2b_base64(
            raw.translate(_TO_STANDARD) + _PADDING[remainder], strict_mode=True
        )
    except binascii.Error:
        raise _malformed() from None


def _malformed() -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, "A part is not canonical base64url text.")
