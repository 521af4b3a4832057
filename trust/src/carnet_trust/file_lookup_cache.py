"""Fetched documents as files: written whole or not at all, and a spoilt file is only a miss.

One file a record: a checksum, a line of JSON, then the bytes as they came. Records that the
trust data asked for and those that strangers' credentials caused lie in two folders, so that
strangers can only push out each other's. Nothing else reads this format.
"""

import hashlib
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from carnet_securing.durable_file import read_private_file, storage_error, write_private_file
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.strict_json import JsonObject, dumps_bytes, loads_object
from carnet_trust.lookup_cache import CacheRecord, RecordKind

_FORMAT: Final = 1
_HEADER_BYTES: Final = 16 * 1024
_MAX_FILE_BYTES: Final = 16 * 1024 * 1024
_MAX_BYTES_IN_MEMORY: Final = 16 * 1024 * 1024
_MAX_DAMAGED_NAMES: Final = 32

_Identity = tuple[int, int, int]


class FileLookupCache:
    """A cache in a folder that several processes may use at once.

    `damaged` names the files that could not be read as records; each counts as absent until
    the next refresh writes it again.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_unlisted: int = 256,
        max_unlisted_bytes: int = 64 * 2**20,
        max_in_memory: int = 64,
    ) -> None:
        """Use (and make, with mode 0700) `directory`.

        Raises:
            UndeterminedError: `storage_full` or `unavailable` when it cannot be made.
        """
        self._folders = {True: directory / "listed", False: directory / "unlisted"}
        try:
            for folder in (directory, *self._folders.values()):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            if (full := storage_error(error)).kind is ErrorKind.STORAGE_FULL:
                raise full from None
            raise UndeterminedError(
                ErrorKind.UNAVAILABLE,
                "The folder for fetched documents cannot be used.",
                hint="Look whether something else stands in its place, or who may write there.",
            ) from None
        self._max_unlisted = max_unlisted
        self._max_unlisted_bytes = max_unlisted_bytes
        self._max_in_memory = max_in_memory
        self._in_memory: OrderedDict[Path, tuple[_Identity, CacheRecord]] = OrderedDict()
        self._lock = Lock()
        self.damaged: tuple[str, ...] = ()

    def get(self, kind: RecordKind, name: str) -> CacheRecord | None:
        """The record, or None when there is none or its file is spoilt."""
        file_name = _file_name(kind, name)
        for folder in self._folders.values():
            record = self._read(folder / file_name, kind, name)
            if record is not None:
                return record
        return None

    def put(self, record: CacheRecord) -> None:
        """Write the record to the disk, then put it in the place of the earlier one.

        Raises:
            UndeterminedError: `storage_full` or `unavailable`; the earlier record stays.
            InvalidError: `forbidden` or `not_found` when the folder was taken away.
        """
        file_name = _file_name(record.kind, record.name)
        write_private_file(self._folders[record.listed] / file_name, _encode(record), replace=True)
        with suppress(OSError):
            (self._folders[not record.listed] / file_name).unlink(missing_ok=True)
        if not record.listed:
            with suppress(OSError):
                self._push_out()

    def _read(self, path: Path, kind: RecordKind, name: str) -> CacheRecord | None:
        try:
            status = path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError:
            self._note_damage(path)
            return None
        identity = (status.st_ino, status.st_mtime_ns, status.st_size)
        with self._lock:
            remembered = self._in_memory.get(path)
        if remembered is not None and remembered[0] == identity:
            return remembered[1]
        try:
            record = _decode(read_private_file(path, max_bytes=_MAX_FILE_BYTES))
            if record.kind is not kind or record.name != name:
                raise _damaged()
        except CarnetError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                self._note_damage(path)
            return None
        with self._lock:
            self._in_memory[path] = (identity, record)
            while len(self._in_memory) > 1 and self._remembers_too_much():
                self._in_memory.popitem(last=False)
        return record

    def _remembers_too_much(self) -> bool:
        sizes = [len(record.body) for _, record in self._in_memory.values()]
        return len(sizes) > self._max_in_memory or sum(sizes) > _MAX_BYTES_IN_MEMORY

    def _note_damage(self, path: Path) -> None:
        with self._lock:
            if path.name not in self.damaged and len(self.damaged) < _MAX_DAMAGED_NAMES:
                self.damaged = (*self.damaged, path.name)

    def _push_out(self) -> None:
        """Remove the oldest unlisted records beyond the bounds."""
        files = []
        for path in self._folders[False].iterdir():
            with suppress(FileNotFoundError):
                status = path.stat()
                files.append((status.st_mtime_ns, status.st_size, path))
        files.sort(reverse=True)
        total = 0
        for position, (_, size, path) in enumerate(files, 1):
            total += size
            if position > 1 and (position > self._max_unlisted or total > self._max_unlisted_bytes):
                with suppress(FileNotFoundError):
                    path.unlink()


def _file_name(kind: RecordKind, name: str) -> str:
    return hashlib.sha256(f"{kind.value}\0{name}".encode()).hexdigest()


def _encode(record: CacheRecord) -> bytes:
    header: JsonObject = {
        "format": _FORMAT,
        "kind": record.kind.value,
        "name": record.name,
        "fetched_at": record.fetched_at,
        "listed": record.listed,
        "marks": dict(record.marks),
    }
    content = dumps_bytes(header) + b"\n" + record.body
    return _checksum(content) + b"\n" + content


def _decode(raw: bytes) -> CacheRecord:
    checksum, _, content = raw.partition(b"\n")
    if checksum != _checksum(content):
        raise _damaged()
    first, _, body = content.partition(b"\n")
    header = loads_object(first, max_bytes=_HEADER_BYTES)
    marks = header.get("marks")
    kind = header.get("kind")
    if (
        header.get("format") != _FORMAT
        or type(header.get("name")) is not str
        or type(header.get("fetched_at")) is not int
        or type(header.get("listed")) is not bool
        or type(marks) is not dict
        or not all(type(mark) is int for mark in marks.values())
        or kind not in tuple(RecordKind)
    ):
        raise _damaged()
    return CacheRecord(
        kind=RecordKind(kind),
        name=header["name"],
        body=body,
        fetched_at=header["fetched_at"],
        listed=header["listed"],
        marks=marks,
    )


def _checksum(content: bytes) -> bytes:
    """Finds accidents, not attackers: whoever can write here can write this as well."""
    return hashlib.sha256(content).hexdigest().encode("ascii")


def _damaged() -> UndeterminedError:
    return UndeterminedError(ErrorKind.UNAVAILABLE, "A kept document is spoilt.")
