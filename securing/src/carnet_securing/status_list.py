"""Read Token Status Lists: reference, token, bounded inflate, look-up.

draft-ietf-oauth-status-list-21. The order of the draft's "Validation Rules" holds: a
caller verifies the credential first and fetches its list afterwards; nothing here fetches
on its own. An `InvalidError` of this module speaks about the list, never about the
credential: no statement about the credential's status can be made then.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

from carnet_securing import base64url, strict_json
from carnet_securing.algorithms import SIGNATURE_ALGORITHMS, SignatureCheck
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetch
from carnet_securing.jwk import PublicJwk
from carnet_securing.jws import UnverifiedJws, parse_jws, verify_jws
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject

STATUS_LIST_TYP: Final = "statuslist+jwt"
STATUS_LIST_MEDIA_TYPE: Final = "application/statuslist+jwt"
ALLOWED_BITS: Final = frozenset({1, 2, 4, 8})

TTL_DEFAULT: Final = 300
"""Seconds a list without `ttl` is taken as fresh."""
TTL_FLOOR: Final = 60
"""A hostile issuer cannot make us knock more often than this, in seconds."""
TTL_CEILING: Final = 86_400
"""Nor freeze us on one list for longer than this, in seconds."""

_MAX_INTEGER: Final = 2**53
_MAX_URI: Final = 2_048
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+")
_INFLATE_STEP: Final = 1 << 20


class Status(IntEnum):
    """What a list says about one credential; values without a name here keep their number.

    0x03 and 0x0C to 0x0F are application specific, the others reserved (section "Status
    Types Values"). Nobody may read an unnamed value as valid.
    """

    VALID = 0
    INVALID = 1
    SUSPENDED = 2

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if type(value) is not int or not 0 <= value <= 255:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"OTHER_{value}"
        member._value_ = value
        return member


# Looking one up is several times faster than making it.
_STATUSES: Final = tuple(Status(value) for value in range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReference:
    """Where a credential's status stands: a list's URI and an index in it."""

    uri: str = field(repr=False)
    index: int = field(repr=False)

    def to_json(self) -> JsonObject:
        """The value of a credential's `status` claim."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}


def parse_status(claim: object) -> StatusReference:
    """Read a `status` claim (section "Referenced Token in JOSE").

    Raises:
        InvalidError: `status_invalid` for a claim of another shape or without a usable
            `uri`; `status_index` for an index that is not a non-negative integer.
        UndeterminedError: `status_unavailable` when the claim names only status mechanisms
            that this software does not know.
    """
    if type(claim) is not dict or not claim:
        raise _invalid("A credential's status reference is malformed.")
    if "status_list" not in claim:
        raise UndeterminedError(
            ErrorKind.STATUS_UNAVAILABLE, "A credential uses a status method that is not known."
        )
    reference = claim["status_list"]
    if type(reference) is not dict:
        raise _invalid("A credential's status reference is malformed.")
    uri = reference.get("uri")
    if type(uri) is not str or len(uri) > _MAX_URI or not _URI.fullmatch(uri):
        raise _invalid("A credential's status reference has no usable address.")
    index = _natural(reference.get("idx"))
    if index is None:
        raise InvalidError(ErrorKind.STATUS_INDEX, "A place in a status list is not a number.")
    return StatusReference(uri=uri, index=index)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedStatusToken:
    """A status list token taken apart; says only which key it claims to be signed with."""

    jws: UnverifiedJws = field(repr=False)

    @property
    def unverified_kid(self) -> str | None:
        """The `kid` of its header, to select a key with."""
        kid: str | None = self.jws.unverified_header.get("kid")  # a text, says `parse_jws`
        return kid

    @property
    def unverified_algorithm(self) -> str:
        """The `alg` of its header."""
        algorithm: str = self.jws.unverified_header["alg"]
        return algorithm

    @property
    def unverified_x5c(self) -> object:
        """The `x5c` of its header, for `x509.decode_x5c`, or None."""
        return self.jws.unverified_header.get("x5c")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedStatusList:
    """A list whose signature, subject, times and shape hold; entries are inflated once.

    `issued_at` is to be remembered by URI and given back as `newest_seen_iat`.
    """

    uri: str
    bits: int
    entries: bytes = field(repr=False)
    issued_at: int
    expires_at: int | None
    ttl: int | None
    aggregation_uri: str | None

    def __len__(self) -> int:
        return len(self.entries) * 8 // self.bits

    def status(self, index: int) -> Status:
        """Look one entry up, least significant bits first.

        Raises:
            InvalidError: `status_index` for an index outside the list.
        """
        if _natural(index) is None or index >= len(self):
            raise InvalidError(
                ErrorKind.STATUS_INDEX, "A credential's place is outside of its status list."
            )
        position = index * self.bits
        mask = (1 << self.bits) - 1
        return _STATUSES[self.entries[position >> 3] >> (position & 7) & mask]

    def fresh_until(self, fetched_at: int) -> int:
        """Unix time until which a copy fetched at `fetched_at` needs no fresh one.

        `ttl` and `exp` decide, clamped to `TTL_FLOOR` and `TTL_CEILING`; HTTP cache headers
        do not (sections "Status List Response" and "Expiration and Caching").
        """
        ttl = TTL_DEFAULT if self.ttl is None else self.ttl
        until = fetched_at + max(TTL_FLOOR, min(ttl, TTL_CEILING))
        if self.expires_at is None:
            return until
        return min(until, max(self.expires_at, fetched_at + TTL_FLOOR))


def parse_status_token(token: str | bytes, *, limits: Limits) -> UnverifiedStatusToken:
    """Take a fetched status list token apart, verifying nothing.

    Raises:
        InvalidError: the kinds of `jws.parse_jws`, or `too_large` over
            `limits.status_token_bytes`.
    """
    return UnverifiedStatusToken(
        jws=parse_jws(token, limits=limits, max_bytes=limits.status_token_bytes)
    )


def verify_status_list(
    token: str | bytes | UnverifiedStatusToken,
    *,
    uri: str,
    key: PublicJwk,
    now: int,
    newest_seen_iat: int | None,
    check: SignatureCheck,
    limits: Limits,
) -> VerifiedStatusList:
    """Verify a status list token (section "Validation Rules", steps 3 to 5).

    1. Signature by `key` with the explicit type `statuslist+jwt`.
    2. `sub` equals `uri`, byte for byte.
    3. `iat` is there, not in the future, and not before `newest_seen_iat`: an older list
       would bring withdrawn credentials back to life.
    4. `nbf` and `exp` hold, `ttl` is positive, no `aud` names somebody else.
    5. `status_list` has the right shape and inflates, alone, within the bound.

    Args:
        token: as fetched, or already taken apart.
        uri: the `uri` of the credential's reference.
        key: the issuer's key, selected by the caller's trust and never by the token.
        now: Unix seconds.
        newest_seen_iat: `issued_at` of the newest list accepted under this URI so far, or
            None when there was none.
        check: the signature back end.
        limits: sizes and leeway.

    Raises:
        InvalidError: `status_invalid` for steps 2 to 5 but expiry; `bad_signature`,
            `typ_mismatch` and the other kinds of `jws` for step 1.
        UndeterminedError: `status_unavailable` for an expired list.
    """
    if not isinstance(token, UnverifiedStatusToken):
        token = parse_status_token(token, limits=limits)
    verified = verify_jws(
        token.jws,
        key=key,
        algorithms=SIGNATURE_ALGORITHMS,
        types=frozenset({STATUS_LIST_TYP}),
        check=check,
    )
    claims = strict_json.loads_object(verified.payload, max_bytes=limits.status_token_bytes)
    if claims.get("sub") != uri:
        raise _invalid("A status list is for another address.")
    if "aud" in claims:
        raise _invalid("A status list is addressed to somebody else.")
    issued_at = _issued_at(claims, now=now, leeway=limits.leeway, newest_seen_iat=newest_seen_iat)
    bits, entries, aggregation_uri = _entries(claims.get("status_list"), limits)
    verified_list = VerifiedStatusList(
        uri=uri,
        bits=bits,
        entries=entries,
        issued_at=issued_at,
        expires_at=_time(claims, "exp"),
        ttl=_ttl(claims),
        aggregation_uri=aggregation_uri,
    )
    _check_not_expired(verified_list, now=now, leeway=limits.leeway)
    return verified_list


def fetch_status_token(uri: str, *, fetch: Fetch, limits: Limits) -> UnverifiedStatusToken:
    """Fetch the token a reference names, following a few re-checked redirects.

    Only after the credential's signature and its issuer have been checked (section
    "Validation Rules"): an unsigned credential must not make us fetch anything.

    Raises:
        UndeterminedError: `status_unavailable` when nothing could be fetched.
        InvalidError: `status_invalid` when what came is not a status list token.
    """
    try:
        fetched = fetch.get(
            uri,
            accept=STATUS_LIST_MEDIA_TYPE,
            max_bytes=limits.status_token_bytes,
            max_redirects=limits.status_redirects,
        )
    except UndeterminedError as error:
        raise UndeterminedError(
            ErrorKind.STATUS_UNAVAILABLE, "The status list could not be fetched."
        ) from error
    if fetched.media_type != STATUS_LIST_MEDIA_TYPE:
        raise _invalid("A status address gives something else than a status list.")
    try:
        return parse_status_token(fetched.unverified_body, limits=limits)
    except CarnetError as error:
        raise _invalid("A status address gives something else than a status list.") from error


def inflate(compressed: bytes, *, max_bytes: int) -> bytes:
    """Inflate one zlib stream (RFC 1950) that must fill its input and stay within a bound.

    Raises:
        InvalidError: `status_invalid` for raw deflate, gzip, a preset dictionary, a damaged
            or cut stream, a second stream or trailing data, or more than `max_bytes`.
    """
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS)
    pieces: list[bytes] = []
    room = max_bytes
    try:
        while not inflater.eof:
            piece = inflater.decompress(compressed, min(room + 1, _INFLATE_STEP))
            compressed = inflater.unconsumed_tail
            room -= len(piece)
            if room < 0:
                raise _invalid("A status list is larger than allowed.")
            if not piece and not inflater.eof:
                raise _invalid("A status list's data is cut off.")
            pieces.append(piece)
    except zlib.error:
        raise _invalid("A status list's data is damaged.") from None
    if inflater.unused_data:
        raise _invalid("A status list's data does not end where it should.")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _entries(value: object, limits: Limits) -> tuple[int, bytes, str | None]:
    if type(value) is not dict:
        raise _invalid("A status list token holds no status list.")
    bits, encoded, aggregation = (value.get(n) for n in ("bits", "lst", "aggregation_uri"))
    if type(bits) is not int or bits not in ALLOWED_BITS:
        raise _invalid("A status list uses a size of entry that does not exist.")
    if type(encoded) is not str or not (aggregation is None or type(aggregation) is str):
        raise _invalid("A status list is malformed.")
    try:
        compressed = base64url.decode(encoded)
    except InvalidError:
        raise _invalid("A status list is malformed.") from None
    return bits, inflate(compressed, max_bytes=limits.status_inflated_bytes), aggregation


def _issued_at(
    claims: Mapping[str, object], *, now: int, leeway: int, newest_seen_iat: int | None
) -> int:
    issued_at = _time(claims, "iat")
    if issued_at is None:
        raise _invalid("A status list does not say when it was issued.")
    not_before = _time(claims, "nbf")
    if issued_at > now + leeway or (not_before is not None and not_before > now + leeway):
        raise _invalid("A status list comes from the future.")
    if newest_seen_iat is not None and issued_at < newest_seen_iat:
        raise _invalid("A status list is older than one seen before.")
    return issued_at


def _check_not_expired(verified: VerifiedStatusList, *, now: int, leeway: int) -> None:
    if verified.expires_at is not None and verified.expires_at + leeway <= now:
        raise UndeterminedError(ErrorKind.STATUS_UNAVAILABLE, "The status list is out of date.")


def _time(claims: Mapping[str, object], name: str) -> int | None:
    if name not in claims:
        return None
    time = _natural(claims[name])
    if time is None:
        raise _invalid("A status list has a malformed date.")
    return time


def _ttl(claims: Mapping[str, object]) -> int | None:
    if "ttl" not in claims:
        return None
    ttl = claims["ttl"]
    # The draft says "number"; a boolean is an int to Python and no number to JSON.
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not 0 < ttl <= _MAX_INTEGER:
        raise _invalid("A status list has a malformed lifetime.")
    return max(1, int(ttl))


def _natural(value: object) -> int | None:
    """The value when it is a non-negative JSON integer; 5.0, true and "5" are none."""
    return value if type(value) is int and 0 <= value <= _MAX_INTEGER else None


def _invalid(message: str) -> InvalidError:
    return InvalidError(ErrorKind.STATUS_INVALID, message)
