"""Nonces (`c_nonce`): made without being stored, spent exactly once.

A nonce is 16 random bytes, the second at which it ends, and a MAC over both under a key
of this service. Asking for one writes nothing, so nobody can fill the database by asking;
spending one inserts its hash under a unique key in the transaction that uses it.
"""

import hashlib
import hmac
import os
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from carnet_issuer.store.tables import SPENT_NONCES
from carnet_securing import base64url
from carnet_securing.errors import InvalidError

_RANDOM_BYTES: Final = 16
_TIME_BYTES: Final = 6
_MAC_BYTES: Final = 16
_LENGTH: Final = _RANDOM_BYTES + _TIME_BYTES + _MAC_BYTES


def new_nonce(key: bytes, *, issuer: str, expires_at: int) -> str:
    """Make a nonce for one issuer."""
    body = os.urandom(_RANDOM_BYTES) + expires_at.to_bytes(_TIME_BYTES, "big")
    return base64url.encode(body + _mac(key, issuer, body))


def nonce_expiry(key: bytes, nonce: str, *, issuer: str, now: int) -> int | None:
    """When a nonce of ours ends, None when it is foreign, altered or over."""
    if len(nonce) > 2 * _LENGTH:
        return None
    try:
        raw = base64url.decode(nonce)
    except InvalidError:
        return None
    body, mac = raw[: _RANDOM_BYTES + _TIME_BYTES], raw[_RANDOM_BYTES + _TIME_BYTES :]
    if len(raw) != _LENGTH or not hmac.compare_digest(mac, _mac(key, issuer, body)):
        return None
    expires_at = int.from_bytes(body[_RANDOM_BYTES:], "big")
    return expires_at if now < expires_at else None


def spend(connection: Connection, nonces: Collection[tuple[str, int]]) -> bool:
    """Spend nonces with their ends, all or, when one was spent before, none (False).

    On PostgreSQL two transactions can still meet at the unique key; the later one fails
    with an `IntegrityError` and is tried again from its beginning.
    """
    hashes = {hashlib.sha256(nonce.encode()).hexdigest(): end for nonce, end in nonces}
    spent = connection.execute(_SPENT, {"hashes": list(hashes)}).first()
    if spent is not None or len(hashes) != len(nonces):
        return False
    connection.execute(
        insert(SPENT_NONCES), [{"hash": h, "expires_at": end} for h, end in hashes.items()]
    )
    return True


def forget_expired(connection: Connection, *, now: int) -> None:
    """Drop spent nonces that time alone refuses by now."""
    connection.execute(delete(SPENT_NONCES).where(SPENT_NONCES.c.expires_at <= now))


def _mac(key: bytes, issuer: str, body: bytes) -> bytes:
    message = b"carnet-c-nonce\x00" + issuer.encode() + b"\x00" + body
    return hmac.digest(key, message, hashlib.sha256)[:_MAC_BYTES]


_SPENT: Final = (
    select(SPENT_NONCES.c.hash)
    .where(SPENT_NONCES.c.hash.in_(bindparam("hashes", expanding=True)))
    .limit(1)
)
