"""Random strings that mean something only here, and the hashes they are stored as."""

import hashlib
import secrets
from typing import Final

_SECRET_BYTES: Final = 32
_IDENTIFIER_BYTES: Final = 16


def new_secret() -> str:
    """256 random bits as URL-safe text: codes, tokens, notification ids."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_identifier() -> str:
    """128 random bits as URL-safe text: names that must not be guessed but are no secret."""
    return secrets.token_urlsafe(_IDENTIFIER_BYTES)


def new_record_id() -> str:
    """A short name an operator can type; knowing one gives nothing."""
    return secrets.token_hex(8)


def stored(secret: str, *, purpose: str) -> str:
    """The form in which a secret is kept. A random secret needs no slow hash."""
    return hashlib.sha256(f"{purpose}:{secret}".encode()).hexdigest()
