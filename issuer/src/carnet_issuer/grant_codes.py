"""Pre-authorized codes: short lived, however long the address of their offer lives.

OpenID4VCI 1.0 section 4.1.1 wants a code short lived and single use; a letter takes a week.
So each look at an offer makes a code: the offer's seed, the second at which the code ends,
and a MAC over both under a key of the service. Nothing is stored for it, so looking writes
nothing, and the codes of one offer share its tries and its one redemption. The code of an
offer by value cannot be made anew; its offer ends with it.

What is stored of either is a hash, under purposes of their own: the seed in a code that is
over is not a code.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from carnet_issuer.errors import OAuthCode, ProtocolError
from carnet_issuer.opaque import stored
from carnet_securing import base64url
from carnet_securing.errors import InvalidError

CODE_LIFETIME: Final = 600
_SEED: Final = "pre-authorized-code"
_BY_VALUE: Final = "pre-authorized-code by value"
_SEED_BYTES: Final = 32
_TIME_BYTES: Final = 6
_MAC_BYTES: Final = 16
_BODY_BYTES: Final = _SEED_BYTES + _TIME_BYTES
_MAX_CHARACTERS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedCode:
    """A code that is in time: how its offer is found, and what its collection code is bound to."""

    hash: str
    secret: str = field(repr=False)


def seed_of(address: str) -> str:
    """The seed of an offer's codes, from the random part of its address."""
    return stored(address, purpose=_SEED)


def by_reference(address: str) -> PresentedCode:
    """How the codes of an offer by reference are found again."""
    seed = seed_of(address)
    return PresentedCode(hash=stored(seed, purpose=_SEED), secret=seed)


def by_value(code: str) -> PresentedCode:
    """How the one code of an offer by value is found again."""
    return PresentedCode(hash=stored(code, purpose=_BY_VALUE), secret=code)


def make_code(key: bytes, address: str, *, issuer: str, expires_at: int) -> str:
    """A code for the offer at an address, worth nothing from `expires_at` on."""
    body = bytes.fromhex(seed_of(address)) + expires_at.to_bytes(_TIME_BYTES, "big")
    return base64url.encode(body + _mac(key, issuer, body))


def read_code(key: bytes, code: str, *, issuer: str, now: int) -> PresentedCode:
    """Find out which offer a code is for; whether that one is open is the database's to say.

    Raises:
        ProtocolError: `invalid_grant` for a code that is over. One that is altered or foreign
            is taken for a code by value, which it then is not.
    """
    raw = _decoded(code)
    if len(raw) != _BODY_BYTES + _MAC_BYTES:
        return by_value(code)
    body, mac = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, issuer, body)):
        return by_value(code)
    if int.from_bytes(body[_SEED_BYTES:], "big") <= now:
        raise ProtocolError(
            OAuthCode.INVALID_GRANT, "The code is over. Open the offer again for a new one."
        )
    seed = body[:_SEED_BYTES].hex()
    return PresentedCode(hash=stored(seed, purpose=_SEED), secret=seed)


def _decoded(code: str) -> bytes:
    if len(code) > _MAX_CHARACTERS:
        return b""
    try:
        return base64url.decode(code)
    except InvalidError:
        return b""


def _mac(key: bytes, issuer: str, body: bytes) -> bytes:
    message = b"carnet-pre-authorized-code\x00" + issuer.encode() + b"\x00" + body
    return hmac.digest(key, message, hashlib.sha256)[:_MAC_BYTES]
