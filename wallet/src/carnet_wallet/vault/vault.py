"""A vault: open it with a passphrase, read records, change several at once or none.

Every change is one transaction: its records go into a new segment, synced; then the file
that names them is replaced, synced. A crash leaves the state before or after, never
between, and a change that was acknowledged is there. Opening checks every byte first.

Rollback: the count of changes is sealed in the index. A caller that remembers it passes
`at_least`; segments left behind by a later state are noticed without it. A whole folder
put back to an earlier day on a lone device cannot be noticed; docs/vault.md says so.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from carnet_securing.errors import ErrorKind
from carnet_securing.sealing import KdfParameters
from carnet_securing.strict_json import JsonObject
from carnet_wallet.errors import VaultError
from carnet_wallet.vault import format as vault_format
from carnet_wallet.vault.files import PrivateFolder, SystemCalls
from carnet_wallet.vault.format import Header, Index, LockedVault, Place, RecordName, Segment

FILE: Final = "vault"
_MOST_SEGMENTS: Final = 32
_DEAD_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Keep `value` as the record (`kind`, `record_id`), new or in place of the old one."""

    kind: str
    record_id: str
    value: JsonObject = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Drop the record (`kind`, `record_id`)."""

    kind: str
    record_id: str


Change = Put | Remove


class Vault:
    """An open vault; one process has it at a time."""

    def __init__(
        self,
        folder: PrivateFolder,
        *,
        header: Header,
        data_key: bytes,
        index: Index,
        segments: dict[int, bytes],
    ) -> None:
        self._folder = folder
        self._header = header
        self._data_key = data_key
        self._index = index
        self._segments = segments

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        passphrase: str,
        kdf: KdfParameters,
        calls: SystemCalls | None = None,
    ) -> Self:
        """Make a new, empty vault in a new or empty folder; when that fails, nothing is left.

        Raises:
            VaultError: `conflict`, `forbidden`, `vault_kdf_policy`, `vault_passphrase`,
                `storage_full`.
        """
        data_key, vault_id = secrets.token_bytes(32), secrets.token_hex(16)
        header = vault_format.wrap(data_key, vault_id=vault_id, passphrase=passphrase, kdf=kdf)
        index = Index(counter=0, next_slot=0, segments={}, records={})
        folder = PrivateFolder.create(path, leftovers=(FILE + ".new",), calls=calls)
        try:
            folder.replace(FILE, vault_format.file_bytes(header, index, data_key=data_key))
        except BaseException:
            folder.abandon((FILE, FILE + ".new"))
            raise
        return cls(folder, header=header, data_key=data_key, index=index, segments={})

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        passphrase: str,
        at_least: int = 0,
        calls: SystemCalls | None = None,
    ) -> Self:
        """Open a vault after checking all of it.

        Args:
            path: its folder.
            passphrase: normalised once (NFKC); never stored.
            at_least: the count of changes the caller remembers; an older state is refused.
            calls: the system calls for writing.

        Raises:
            VaultError: `not_found`, `forbidden`, `vault_busy`, `vault_corrupt`,
                `vault_kdf_policy`, `vault_passphrase`, `vault_rollback`,
                `unsupported_version`.
        """

        def unlock(locked: LockedVault) -> bytes:
            return vault_format.unlock(locked, passphrase=passphrase)

        return cls._unlocked(path, unlock=unlock, at_least=at_least, calls=calls)

    @classmethod
    def open_with_key(
        cls, path: Path, *, data_key: bytes, at_least: int = 0, calls: SystemCalls | None = None
    ) -> Self:
        """As `open`, for a caller that unlocked this vault before and still has its data key.

        Raises:
            VaultError: as `open`; `vault_corrupt` when the key is not this vault's.
        """
        return cls._unlocked(path, unlock=lambda _: data_key, at_least=at_least, calls=calls)

    @classmethod
    def _unlocked(
        cls,
        path: Path,
        *,
        unlock: Callable[[LockedVault], bytes],
        at_least: int,
        calls: SystemCalls | None,
    ) -> Self:
        folder = PrivateFolder.open(path, calls=calls)
        try:
            locked = vault_format.parse_file(folder.read(FILE, max_bytes=vault_format.MAX_FILE))
            data_key = unlock(locked)
            index = vault_format.open_index(locked, data_key=data_key)
            if index.counter < at_least:
                raise _rolled_back()
            segments = _read_segments(folder, index)
            _clear_leftovers(folder, index)
        except BaseException:
            folder.close()
            raise
        return cls(
            folder,
            header=locked.unverified_header,
            data_key=data_key,
            index=index,
            segments=segments,
        )

    @property
    def counter(self) -> int:
        """How many changes were made; a caller may remember it for `at_least`."""
        return self._index.counter

    @property
    def vault_id(self) -> str:
        """A random name, the same as long as the vault lives."""
        return self._header.vault_id

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids of all records of a kind, oldest first."""
        found = [(p.slot, name[1]) for name, p in self._index.records.items() if name[0] == kind]
        return tuple(record_id for _, record_id in sorted(found))

    def holds(self, kind: str, record_id: str) -> bool:
        """Whether there is such a record."""
        return (kind, record_id) in self._index.records

    def get(self, kind: str, record_id: str) -> JsonObject:
        """One record.

        Raises:
            VaultError: `not_found`.
        """
        place = self._index.records.get((kind, record_id))
        if place is None:
            raise VaultError(
                ErrorKind.NOT_FOUND,
                "The wallet holds nothing under this name.",
                hint="Look at the list of your certificates.",
            )
        return self._open((kind, record_id), place)

    def size(self, kind: str, record_id: str) -> int:
        """How many bytes a record takes in its segment; 0 when there is none."""
        place = self._index.records.get((kind, record_id))
        return 0 if place is None else place.length

    def records(self, kind: str) -> Iterator[tuple[str, JsonObject]]:
        """All records of a kind with their ids, oldest first."""
        for record_id in self.ids(kind):
            yield record_id, self.get(kind, record_id)

    def commit(self, changes: Sequence[Change]) -> None:
        """Make all changes or none; when this returns they are on stable storage.

        Raises:
            VaultError: `storage_full` (the old state stands), `not_found` for a removal of
                what is not there.
        """
        if not changes:
            return
        records = dict(self._index.records)
        number, next_slot = self._index.counter + 1, self._index.next_slot
        written = bytearray()
        for change in changes:
            name = (change.kind, change.record_id)
            before = records.pop(name, None)
            if isinstance(change, Remove):
                if before is None:
                    raise VaultError(ErrorKind.NOT_FOUND, "The wallet holds nothing to remove.")
                continue
            version = 1 if before is None else before.version + 1
            slot = next_slot if before is None else before.slot
            next_slot += before is None
            sealed = vault_format.seal_record(
                change.value,
                vault_id=self.vault_id,
                name=name,
                version=version,
                slot=slot,
                data_key=self._data_key,
            )
            records[name] = _placed(written, sealed, version=version, slot=slot, segment=number)
        if self._wants_folding(records):
            records = {
                name: self._carried(written, place, into=number) for name, place in records.items()
            }
        self._write(self._header, self._data_key, number, next_slot, records, bytes(written))

    def change_passphrase(self, passphrase: str, *, kdf: KdfParameters) -> None:
        """Seal everything anew under a new data key, wrapped by the new passphrase only.

        Raises:
            VaultError: `storage_full`, `vault_kdf_policy`, `vault_passphrase`. Then the old
                passphrase works; only when the very last sync failed it may be the new one.
        """
        data_key = secrets.token_bytes(32)
        header = vault_format.wrap(data_key, vault_id=self.vault_id, passphrase=passphrase, kdf=kdf)
        number, written = self._index.counter + 1, bytearray()
        records = {}
        for name, place in self._index.records.items():
            sealed = vault_format.seal_record(
                self._open(name, place),
                vault_id=self.vault_id,
                name=name,
                version=place.version,
                slot=place.slot,
                data_key=data_key,
            )
            records[name] = _placed(
                written, sealed, version=place.version, slot=place.slot, segment=number
            )
        self._write(header, data_key, number, self._index.next_slot, records, bytes(written))

    def abandon(self) -> None:
        """Remove a vault that was just created, with all in it and the folders made for it."""
        names = [n for n in self._folder.names() if vault_format.segment_number(n) is not None]
        self._folder.abandon((FILE, FILE + ".new", *names))
        self.close()

    def close(self) -> None:
        """Forget the key and release the folder."""
        self._data_key = b""
        self._segments = {}
        self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self, name: RecordName, place: Place) -> JsonObject:
        sealed = self._segments[place.segment][place.offset : place.offset + place.length]
        return vault_format.open_record(
            sealed,
            vault_id=self.vault_id,
            name=name,
            version=place.version,
            slot=place.slot,
            data_key=self._data_key,
        )

    def _wants_folding(self, records: dict[RecordName, Place]) -> bool:
        live = sum(p.length for p in records.values() if p.segment in self._index.segments)
        held = sum(s.size for s in self._index.segments.values())
        return len(self._index.segments) >= _MOST_SEGMENTS or held - live > live + _DEAD_BYTES

    def _carried(self, written: bytearray, place: Place, *, into: int) -> Place:
        if place.segment == into:
            return place
        sealed = self._segments[place.segment][place.offset : place.offset + place.length]
        return _placed(written, sealed, version=place.version, slot=place.slot, segment=into)

    def _write(
        self,
        header: Header,
        data_key: bytes,
        number: int,
        next_slot: int,
        records: dict[RecordName, Place],
        written: bytes,
    ) -> None:
        named = {place.segment for place in records.values()}
        segments = {n: s for n, s in self._index.segments.items() if n in named}
        held = {n: self._segments[n] for n in segments}
        if written:
            segments[number] = Segment(size=len(written), digest=vault_format.digest(written))
            held[number] = written
            self._folder.write_new(vault_format.segment_name(number), written)
        index = Index(counter=number, next_slot=next_slot, segments=segments, records=records)
        # When this fails the segment stays: after a failed last sync the new file may already
        # name it. Opening again drops it when nothing does.
        self._folder.replace(FILE, vault_format.file_bytes(header, index, data_key=data_key))
        dropped = set(self._index.segments) - set(segments)
        self._header, self._data_key, self._index, self._segments = header, data_key, index, held
        for old in dropped:
            self._folder.discard(vault_format.segment_name(old))


def _placed(written: bytearray, sealed: bytes, *, version: int, slot: int, segment: int) -> Place:
    place = Place(
        version=version, slot=slot, segment=segment, offset=len(written), length=len(sealed)
    )
    written += sealed
    return place


def _read_segments(folder: PrivateFolder, index: Index) -> dict[int, bytes]:
    segments = {}
    for number, expected in index.segments.items():
        try:
            data = folder.read(vault_format.segment_name(number), max_bytes=expected.size)
        except VaultError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                raise vault_format.corrupt() from None
            raise
        if len(data) != expected.size or vault_format.digest(data) != expected.digest:
            raise vault_format.corrupt()
        segments[number] = data
    return segments


def _clear_leftovers(folder: PrivateFolder, index: Index) -> None:
    """Drop what an interrupted change left; a segment of a later state means a rollback."""
    numbers = [vault_format.segment_number(name) for name in folder.names()]
    left = [n for n in numbers if n is not None and n not in index.segments]
    if any(number > index.counter + 1 for number in left):
        raise _rolled_back()
    for number in left:
        folder.discard(vault_format.segment_name(number))
    folder.discard(FILE + ".new")


def _rolled_back() -> VaultError:
    return VaultError(
        ErrorKind.VAULT_ROLLBACK,
        "This is an older state of the wallet.",
        hint="Somebody or a backup program put old files back. Use your newest copy.",
    )
