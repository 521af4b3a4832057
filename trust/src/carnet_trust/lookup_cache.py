"""Where lookups keep what was fetched: an interface, and one in memory.

A record is bytes as they came, plus small members of ours. Nothing read from a cache is
believed more than its source was: status lists are verified again, types are hashed and
parsed again. Keys are only as safe as the place that keeps them.
"""

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from types import MappingProxyType
from typing import Final, Protocol

from carnet_securing.errors import CarnetError

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class RecordKind(StrEnum):
    """What a record holds; part of its key."""

    ISSUER_KEYS = "issuer_keys"
    STATUS_LIST = "status_list"
    AGGREGATION = "aggregation"
    TYPE = "type"
    TYPE_WANTED = "type_wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRecord:
    """One fetched document.

    Attributes:
        kind: what it is.
        name: the issuer, or the issuer and the address, it belongs to.
        body: its bytes, unverified.
        fetched_at: Unix seconds at which it was last seen to be current.
        listed: whether the trust data asked for it; such records are never pushed out by
            what strangers' credentials make us fetch.
        marks: whole numbers kept beside it, such as the highest `iat` seen.
    """

    kind: RecordKind
    name: str
    body: bytes = field(repr=False)
    fetched_at: int
    listed: bool
    marks: Mapping[str, int] = field(default_factory=lambda: _NOTHING)


class LookupCache(Protocol):
    """Keeps records by kind and name. Every method may be called from several threads."""

    def get(self, kind: RecordKind, name: str) -> CacheRecord | None:
        """The record, or None when there is none that can be read."""
        ...

    def put(self, record: CacheRecord) -> None:
        """Keep a record in place of the one of its kind and name.

        Raises:
            UndeterminedError: `storage_full` when it cannot be written.
        """
        ...


def keep(cache: LookupCache, record: CacheRecord) -> None:
    """Put a record where there is room for it: the value that was fetched is good all the same."""
    with suppress(CarnetError):
        cache.put(record)


class MemoryLookupCache:
    """A cache that ends with its process. Records of unlisted issuers push each other out."""

    def __init__(self, *, max_unlisted: int = 256, max_unlisted_bytes: int = 32 * 2**20) -> None:
        """Keep at most this many records, and bytes of them, for issuers nobody listed."""
        self._listed: dict[tuple[RecordKind, str], CacheRecord] = {}
        self._unlisted: OrderedDict[tuple[RecordKind, str], CacheRecord] = OrderedDict()
        self._max_unlisted = max_unlisted
        self._max_unlisted_bytes = max_unlisted_bytes
        self._lock = Lock()

    def get(self, kind: RecordKind, name: str) -> CacheRecord | None:
        """The record, or None."""
        with self._lock:
            return self._listed.get((kind, name)) or self._unlisted.get((kind, name))

    def put(self, record: CacheRecord) -> None:
        """Keep a record."""
        key = (record.kind, record.name)
        with self._lock:
            self._unlisted.pop(key, None)
            if record.listed:
                self._listed[key] = record
                return
            self._listed.pop(key, None)
            self._unlisted[key] = record
            while len(self._unlisted) > 1 and self._too_many():
                self._unlisted.popitem(last=False)

    def _too_many(self) -> bool:
        kept = self._unlisted.values()
        return (
            len(self._unlisted) > self._max_unlisted
            or sum(len(record.body) for record in kept) > self._max_unlisted_bytes
        )
