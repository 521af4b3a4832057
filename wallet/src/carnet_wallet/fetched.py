"""Fetched public documents, kept inside the vault.

They are public, but which of them are here says where the worker has been: in a folder of
their own they would tell whoever finds the device. Records nobody listed push each other out.
"""

from threading import Lock
from typing import Final

from carnet_securing import base64url
from carnet_securing.errors import CarnetError, UndeterminedError
from carnet_securing.strict_json import JsonObject
from carnet_trust.lookup_cache import CacheRecord, RecordKind
from carnet_wallet.vault.vault import Change, Put, Remove, Vault

FETCHED: Final = "fetched"
_MOST: Final = 128


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
            if record_id not in self._vault.ids(FETCHED):
                return None
            stored = self._vault.get(FETCHED, record_id)
        return CacheRecord(
            kind=kind,
            name=name,
            body=base64url.decode(stored["body"]),
            fetched_at=stored["fetched_at"],
            listed=stored["listed"],
            marks=stored["marks"],
        )

    def put(self, record: CacheRecord) -> None:
        """Keep a record; the oldest one makes room when there are too many.

        Raises:
            UndeterminedError: `storage_full`.
        """
        value: JsonObject = {
            "body": base64url.encode(record.body),
            "fetched_at": record.fetched_at,
            "listed": record.listed,
            "marks": dict(record.marks),
        }
        record_id = _record_id(record.kind, record.name)
        with self._lock:
            changes: list[Change] = [Put(kind=FETCHED, record_id=record_id, value=value)]
            held = self._vault.ids(FETCHED)
            if record_id not in held and len(held) >= _MOST:
                changes.append(Remove(kind=FETCHED, record_id=held[0]))
            try:
                self._vault.commit(changes)
            except CarnetError as error:
                raise UndeterminedError(error.kind, error.message, hint=error.hint) from None


def _record_id(kind: RecordKind, name: str) -> str:
    return f"{kind.value} {name}"
