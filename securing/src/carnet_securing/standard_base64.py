"""Canonical padded base64 (RFC 4648 section 4), where a standard asks for it.

Certificates in `x5c` (RFC 7515 section 4.1.6) and digests in integrity metadata (W3C
SRI section 3.1) are written so; everything else of ours is base64url.
"""

import binascii

from carnet_securing.errors import ErrorKind, InvalidError


def encode(data: bytes) -> str:
    """Encode with padding."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode(text: str) -> bytes:
    """Decode the one canonical spelling.

    Raises:
        InvalidError: `malformed` for any other text, base64url included.
    """
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _malformed() from None
    # Strict mode still ignores bits after the last byte.
    if encode(data) != text:
        raise _malformed()
    return data


def _malformed() -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, "A part is not canonical base64 text.")
