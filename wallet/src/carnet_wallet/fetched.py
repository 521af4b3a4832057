"""Fetched public documents, kept inside the vault.

They are public, but which of them are here says where the worker has been: in a folder of
their own they would tell whoever finds the device. Documents of issuers on her list and of
others are kept apart, so that strangers can only push out each other's.
"""

from threading import Lock
from typing import Final

from carnet_securing import base64url
from carnet_securing.errors import CarnetError, UndeterminedError
from carnet_securing.strict_json import JsonObject
from carnet_trust.lookup_cache import CacheRecord, RecordKind
from carnet_wallet.vault.vault import Change, Put, Remove, Vault

FETCHED: Final = "fetched"
FETCHED_LISTED: Final = "fetched_listed"
_MOST_UNLISTED: Final = 64
_MOST_UNLISTED_BYTES: Final = 16 * 2**20


class VaultLookupCache:
    """A `LookupCache` whose records are records of the vault."""

    def __init__(self, vault: Vault) -> None:
        """Use an open vault; the cache ends with it."""
        self._vault = vault
        self._lock = Lock()

    def get(self, kind: RecordKind, name: str) -> CacheRecord | None:
        """The record, or None."""
        record_id = _record_id(kind, name)
        with self._lock:
            for listed, place in ((True, FETCHED_LISTED), (False, FETCHED)):
                if self._vault.holds(place, record_id):
                    stored = self._vault.get(place, record_id)
                    return CacheRecord(
                        kind=kind,
                        name=name,
                        body=base64url.decode(stored["body"]),
                        fetched_at=stored["fetched_at"],
                        listed=listed,
                        marks=stored["marks"],
                    )
        return None

    def put(self, record: CacheRecord) -> None:
        """Keep a record; the oldest of the unlisted ones make room when there are too many.

        Raises:
            UndeterminedError: `storage_full`.
        """
        record_id = _record_id(record.kind, record.name)
        value: JsonObject = {
            "body": base64url.encode(record.body),
            "fetched_at": record.fetched_at,
            "marks": dict(record.marks),
        }
        place, other = (FETCHED_LISTED, FETCHED) if record.listed else (FETCHED, FETCHED_LISTED)
        with self._lock:
            changes: list[Change] = [Put(kind=place, record_id=record_id, value=value)]
            if self._vault.holds(other, record_id):
                changes.append(Remove(kind=other, record_id=record_id))
            if not record.listed:
                changes += self._pushed_out(record_id, len(value["body"]))
            try:
                self._vault.commit(changes)
            except CarnetError as error:
                raise UndeterminedError(error.kind, error.message, hint=error.hint) from None

    def _pushed_out(self, newest: str, size: int) -> list[Change]:
        """What goes so that the unlisted records, the newest among them, keep to their bounds."""
        others = [name for name in self._vault.ids(FETCHED) if name != newest]
        gone: list[Change] = []
        for place, name in enumerate(reversed(others), start=1):
            size += self._vault.size(FETCHED, name)
            if place >= _MOST_UNLISTED or size > _MOST_UNLISTED_BYTES:
                gone.append(Remove(kind=FETCHED, record_id=name))
        return gone


def _record_id(kind: RecordKind, name: str) -> str:
    return f"{kind.value} {name}"
