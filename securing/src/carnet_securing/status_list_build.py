"""Build, pack and sign Token Status Lists (draft-ietf-oauth-status-list-21)."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from carnet_securing import base64url, strict_json
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jws import sign_jws
from carnet_securing.signer import Signer
from carnet_securing.status_list import ALLOWED_BITS, STATUS_LIST_TYP, Status

DEFAULT_SIZE: Final = 2**20
"""Entries of a list: large enough that fetching it says nothing about one person."""
DEFAULT_BITS: Final = 2

# Level 9 packs 1 % better and takes fifteen times as long.
_COMPRESSION_LEVEL: Final = 6


class StatusListBuilder:
    """A packed array of statuses, all `VALID` at first, least significant bits first.

    A withdrawal is final: an entry once `INVALID` keeps that value (EUDI ARF, VCR_04).
    """

    __slots__ = ("_bits", "_mask", "_packed", "_size")

    def __init__(self, size: int = DEFAULT_SIZE, bits: int = DEFAULT_BITS) -> None:
        """Make an array of `size` entries of `bits` bits.

        Raises:
            InvalidError: `status_invalid` for `bits` other than 1, 2, 4, 8, or a size that
                does not fill whole bytes.
        """
        if type(bits) is not int or bits not in ALLOWED_BITS:
            raise InvalidError(ErrorKind.STATUS_INVALID, "An entry has 1, 2, 4 or 8 bits.")
        if type(size) is not int or size <= 0 or size * bits % 8:
            raise InvalidError(ErrorKind.STATUS_INVALID, "A status list fills whole bytes.")
        self._bits = bits
        self._mask = (1 << bits) - 1
        self._size = size
        self._packed = bytearray(size * bits // 8)

    @property
    def bits(self) -> int:
        """Bits of one entry."""
        return self._bits

    def __len__(self) -> int:
        return self._size

    def get(self, index: int) -> Status:
        """Read one entry.

        Raises:
            InvalidError: `status_index` outside of the list.
        """
        byte, shift = self._place(index)
        return Status(self._packed[byte] >> shift & self._mask)

    def set(self, index: int, value: int) -> None:
        """Write one entry.

        Raises:
            InvalidError: `status_index` outside of the list; `status_invalid` for a value
                that its bits cannot hold; `conflict` for undoing a withdrawal.
        """
        byte, shift = self._place(index)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= self._mask:
            raise InvalidError(ErrorKind.STATUS_INVALID, "A status does not fit its entry.")
        before = self._packed[byte] >> shift & self._mask
        if before == Status.INVALID and value != Status.INVALID:
            raise InvalidError(
                ErrorKind.CONFLICT,
                "A withdrawn credential cannot be made valid again.",
                hint="Issue a new one.",
            )
        self._packed[byte] = self._packed[byte] & ~(self._mask << shift) | value << shift

    def update(self, entries: Iterable[tuple[int, int]]) -> None:
        """Write many `(index, value)` pairs; raises as `set` does, at the first bad one."""
        for index, value in entries:
            self.set(index, value)

    def packed(self) -> bytes:
        """The array, uncompressed."""
        return bytes(self._packed)

    def _place(self, index: int) -> tuple[int, int]:
        if type(index) is not int or not 0 <= index < self._size:
            raise InvalidError(ErrorKind.STATUS_INDEX, "A place is outside of the status list.")
        position = index * self._bits
        return position >> 3, position & 7


def compress(packed: bytes | bytearray) -> bytes:
    """Pack a byte array as one zlib stream (section "Compressed Byte Array", step 4)."""
    return zlib.compress(packed, _COMPRESSION_LEVEL)


def sign_status_list(
    packed: bytes | bytearray,
    *,
    bits: int,
    uri: str,
    issued_at: int,
    expires_at: int | None,
    ttl: int | None,
    aggregation_uri: str | None,
    signer: Signer,
    issuer: str | None = None,
    x5c: Sequence[str] = (),
) -> str:
    """Compress and sign a packed array (section "Status List Token in JWT Format").

    Args:
        packed: `StatusListBuilder.packed()`.
        bits: bits of one entry.
        uri: where the token will be served; becomes `sub`.
        issued_at: Unix seconds; never lower than that of the token served before.
        expires_at: Unix seconds, or None.
        ttl: seconds a reader may keep it, or None.
        aggregation_uri: where all lists of this issuer are named, or None.
        signer: the issuer's key; its `kid` goes into the header.
        issuer: becomes `iss`, by which verifiers of other makers find the key; the
            specification asks for none, and reads none.
        x5c: certificates in standard base64 for the header, leaf first.

    Raises:
        InvalidError: `status_invalid` for values no reader would accept.
    """
    if type(bits) is not int or bits not in ALLOWED_BITS:
        raise InvalidError(ErrorKind.STATUS_INVALID, "An entry has 1, 2, 4 or 8 bits.")
    if (ttl is not None and ttl <= 0) or (expires_at is not None and expires_at <= issued_at):
        raise InvalidError(ErrorKind.STATUS_INVALID, "A status list would be out of date at once.")
    status_list = {"bits": bits, "lst": base64url.encode(compress(packed))}
    if aggregation_uri is not None:
        status_list["aggregation_uri"] = aggregation_uri
    claims = {
        "iss": issuer,
        "sub": uri,
        "iat": issued_at,
        "exp": expires_at,
        "ttl": ttl,
        "status_list": status_list,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    header: dict[str, object] = {"x5c": list(x5c)} if x5c else {}
    if signer.public_jwk.kid is not None:
        header["kid"] = signer.public_jwk.kid
    return sign_jws(
        strict_json.dumps_bytes(present), signer=signer, typ=STATUS_LIST_TYP, header=header
    )
