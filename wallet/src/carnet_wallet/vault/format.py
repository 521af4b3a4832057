"""The bytes of a vault: one file that names and seals everything, and segments of records.

The file, in order: the magic; the length of the header (4 bytes, big-endian) and the
header; the sealed index; a SHA-256 over all of it. Rules, in the order they are checked:
1. Magic, length and checksum: damage is told from a wrong passphrase.
2. The header is the one canonical JSON spelling of its members, of a known version.
3. Key derivation parameters lie between the floor and the ceiling, whatever the file says.
4. The passphrase opens the data key. Its seal binds vault, version and parameters.
5. The data key opens the index. Its seal binds every byte before it.

A record is sealed with the data key and bound to vault, kind, id, version and slot, so
that it opens only where it belongs. Segments are records one after the other; the index
holds the hash of each segment and the place of each record.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from carnet_securing import base64url, sealing, strict_json
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.sealing import KdfParameters
from carnet_securing.strict_json import JsonObject
from carnet_wallet.errors import VaultError

VERSION: Final = 1
MAGIC: Final = b"carnet-vault\n"
MAX_FILE: Final = 64 * 1024 * 1024
_MAX_HEADER: Final = 16 * 1024
_CHECKSUM: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the file says in clear: which vault, and how the passphrase wraps its key."""

    vault_id: str
    kdf: KdfParameters
    wrapped_key: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """The one canonical spelling."""
        return strict_json.dumps_bytes(
            {
                "version": VERSION,
                "vault": self.vault_id,
                "wrappings": [
                    {
                        "kind": "passphrase",
                        "kdf": self.kdf.to_json(),
                        "key": base64url.encode(self.wrapped_key),
                    }
                ],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one record lies: its slot is given once and never to another record."""

    version: int
    slot: int
    segment: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file of sealed records, as the index knows it."""

    size: int
    digest: str


RecordName = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Everything the vault holds, at one count of its changes."""

    counter: int
    next_slot: int
    segments: Mapping[int, Segment]
    records: Mapping[RecordName, Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedVault:
    """A whole file whose header is well formed; nothing in it is authenticated yet."""

    unverified_header: Header
    bound: bytes = field(repr=False)
    sealed_index: bytes = field(repr=False)


def parse_file(data: bytes) -> LockedVault:
    """Steps 1 to 3 of the rules above.

    Raises:
        VaultError: `vault_corrupt`, `unsupported_version`, `vault_kdf_policy`.
    """
    start = len(MAGIC) + 4
    if len(data) < start + _CHECKSUM or not data.startswith(MAGIC):
        raise corrupt()
    body, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if hashlib.sha256(body).digest() != checksum:
        raise corrupt()
    length = int.from_bytes(data[len(MAGIC) : start], "big")
    if length > _MAX_HEADER or start + length > len(body):
        raise corrupt()
    end = start + length
    return LockedVault(
        unverified_header=_parse_header(body[start:end]), bound=body[:end], sealed_index=body[end:]
    )


def unlock(locked: LockedVault, *, passphrase: str) -> bytes:
    """Step 4: the data key.

    Raises:
        VaultError: `vault_passphrase`, `vault_kdf_policy`.
    """
    header = locked.unverified_header
    try:
        wrapping_key = sealing.derive_key(passphrase, header.kdf)
        return sealing.open_sealed(
            wrapping_key,
            header.wrapped_key,
            associated=_wrapping_bound(header.vault_id, header.kdf),
        )
    except CarnetError as error:
        if error.kind in {ErrorKind.VAULT_KDF_POLICY, ErrorKind.UNAVAILABLE}:
            raise VaultError(error.kind, error.message, hint=error.hint) from None
        raise VaultError(
            ErrorKind.VAULT_PASSPHRASE,
            "This passphrase does not open the wallet.",
            hint="Check capital letters and the keyboard. Nothing was changed.",
        ) from None


def wrap(data_key: bytes, *, vault_id: str, passphrase: str, kdf: KdfParameters) -> Header:
    """Wrap a data key under a passphrase.

    Raises:
        VaultError: `vault_kdf_policy`, `vault_passphrase` (empty or too long).
    """
    try:
        kdf.check()
        wrapping_key = sealing.derive_key(passphrase, kdf)
    except CarnetError as error:
        raise VaultError(error.kind, error.message, hint=error.hint) from None
    wrapped = sealing.seal(wrapping_key, data_key, associated=_wrapping_bound(vault_id, kdf))
    return Header(vault_id=vault_id, kdf=kdf, wrapped_key=wrapped)


def open_index(locked: LockedVault, *, data_key: bytes) -> Index:
    """Step 5: what the vault holds.

    Raises:
        VaultError: `vault_corrupt`.
    """
    try:
        plain = sealing.open_sealed(data_key, locked.sealed_index, associated=locked.bound)
        return _index_of(strict_json.loads_object(plain, max_bytes=MAX_FILE, max_values=MAX_FILE))
    except (CarnetError, KeyError, TypeError, ValueError):
        raise corrupt() from None


def file_bytes(header: Header, index: Index, *, data_key: bytes) -> bytes:
    """The whole file for a header and an index."""
    raw = header.to_bytes()
    bound = MAGIC + len(raw).to_bytes(4, "big") + raw
    plain = strict_json.dumps_bytes(_index_json(index))
    body = bound + sealing.seal(data_key, plain, associated=bound)
    return body + hashlib.sha256(body).digest()


def seal_record(
    value: JsonObject, *, vault_id: str, name: RecordName, version: int, slot: int, data_key: bytes
) -> bytes:
    """Seal one record for its place."""
    return sealing.seal(
        data_key,
        strict_json.dumps_bytes(value),
        associated=_record_bound(vault_id, name, version, slot),
    )


def open_record(
    sealed: bytes, *, vault_id: str, name: RecordName, version: int, slot: int, data_key: bytes
) -> JsonObject:
    """Open one record at its place.

    Raises:
        VaultError: `vault_corrupt`.
    """
    try:
        plain = sealing.open_sealed(
            data_key, sealed, associated=_record_bound(vault_id, name, version, slot)
        )
        size = len(plain)
        return strict_json.loads_object(plain, max_bytes=size, max_depth=64, max_values=size)
    except CarnetError:
        raise corrupt() from None


def segment_name(number: int) -> str:
    """The file name of a segment."""
    return f"segment-{number:016x}"


def segment_number(name: str) -> int | None:
    """The number in a segment's file name, None for any other file."""
    prefix, _, digits = name.partition("-")
    if prefix != "segment" or len(digits) != 16 or set(digits) - set("0123456789abcdef"):
        return None
    return int(digits, 16)


def digest(segment: bytes) -> str:
    """The hash the index keeps of a segment."""
    return hashlib.sha256(segment).hexdigest()


def corrupt() -> VaultError:
    """The one error for every kind of damage: it does not tell where."""
    return VaultError(
        ErrorKind.VAULT_CORRUPT,
        "The wallet's file was changed or damaged.",
        hint="Use your last backup. Nothing of this file was used.",
    )


def _parse_header(raw: bytes) -> Header:
    try:
        members = strict_json.loads_object(raw, max_bytes=_MAX_HEADER)
        if members.get("version") != VERSION and type(members.get("version")) is int:
            raise VaultError(
                ErrorKind.UNSUPPORTED_VERSION,
                "This wallet was written by a newer Carnet.",
                hint="Update Carnet, then open it again.",
            )
        (wrapping,) = members["wrappings"]
        header = Header(
            vault_id=_text(members["vault"]),
            kdf=KdfParameters.from_json(wrapping["kdf"]),
            wrapped_key=base64url.decode(_text(wrapping["key"])),
        )
        canonical = header.to_bytes()
    except VaultError:
        raise
    except InvalidError as error:
        if error.kind is ErrorKind.VAULT_KDF_POLICY:
            raise VaultError(error.kind, error.message, hint=error.hint) from None
        raise corrupt() from None
    except (KeyError, TypeError, ValueError):
        raise corrupt() from None
    if canonical != raw:
        raise corrupt()
    return header


def _wrapping_bound(vault_id: str, kdf: KdfParameters) -> bytes:
    return strict_json.dumps_bytes(["carnet-vault-key", VERSION, vault_id, kdf.to_json()])


def _record_bound(vault_id: str, name: RecordName, version: int, slot: int) -> bytes:
    return strict_json.dumps_bytes(["carnet-vault-record", VERSION, vault_id, *name, version, slot])


def _index_json(index: Index) -> JsonObject:
    return {
        "counter": index.counter,
        "next_slot": index.next_slot,
        "segments": [[number, s.size, s.digest] for number, s in sorted(index.segments.items())],
        "records": [
            [*name, p.version, p.slot, p.segment, p.offset, p.length]
            for name, p in index.records.items()
        ],
    }


def _index_of(members: JsonObject) -> Index:
    segments = {
        _count(number): Segment(size=_count(size), digest=_text(hexadecimal))
        for number, size, hexadecimal in members["segments"]
    }
    records = {
        (_text(kind), _text(name)): Place(
            version=_count(version),
            slot=_count(slot),
            segment=_count(segment),
            offset=_count(offset),
            length=_count(length),
        )
        for kind, name, version, slot, segment, offset, length in members["records"]
    }
    for place in records.values():
        if place.offset + place.length > segments[place.segment].size:
            raise corrupt()
    return Index(
        counter=_count(members["counter"]),
        next_slot=_count(members["next_slot"]),
        segments=segments,
        records=records,
    )


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise corrupt()
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise corrupt()
    return value
