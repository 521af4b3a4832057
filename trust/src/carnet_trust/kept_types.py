"""Type documents: shipped with us, kept in a cache, or fetched when that is allowed."""

from collections.abc import Callable
from typing import Final

from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetch, Fetched, FetchFailedError
from carnet_securing.limits import Limits
from carnet_securing.urls import check_url
from carnet_trust.http_freshness import FRESH_FOR, lifetime_of
from carnet_trust.integrity import check_integrity
from carnet_trust.lookup_cache import CacheRecord, LookupCache, RecordKind, keep
from carnet_trust.lookups import Dated, Freshness, LookupAlert, Source
from carnet_trust.type_copies import FetchCopy, copy_name, issuers_copy
from carnet_trust.type_document import parse_type_document
from carnet_trust.type_metadata import TypeMetadata, resolve_type, shipped_document, shipped_type

_NOTHING_THERE: Final = (404, 410)
_ABSENT: Final = "absent"

FetchDocument = Callable[[str], Fetched]
"""Fetches the document of an https type; its bytes are checked by whoever asked."""


def resolve(
    vct: str,
    *,
    integrity: str | None,
    cache: LookupCache,
    freshness: Freshness,
    fetch_document: FetchDocument | None,
    limits: Limits,
    now: int,
    listed: bool = False,
    anew: bool = False,
    issuer: str | None = None,
    fetch_copy: FetchCopy | None = None,
) -> Dated[TypeMetadata]:
    """Resolve a type from what is at hand, and fetch only with `fetch_document`.

    Args:
        integrity: `vct#integrity` as signed; a document kept under it never ages.
        listed: whether the trust data asked for it.
        anew: fetch what no integrity pins even when it is fresh.
        issuer: who signed `integrity`; for a type that ships, its copy may be the one meant.
        fetch_copy: fetches such a copy, when that is allowed.

    Raises:
        UndeterminedError: `unavailable` when nobody describes the type, as far as is known:
            nothing is at hand, nothing may be fetched and nothing was missed, or its address
            says that there is nothing. Another kind when there may be a description, or an
            extended one, that could not be had: then its rules are unknown, not absent.
        InvalidError: as `resolve_type`.
    """
    shipped = shipped_type(vct)
    document = shipped_document(vct)
    if shipped is not None and document is not None:
        if integrity is not None and not _matches(document, integrity):
            copy = issuers_copy(
                vct,
                integrity=integrity,
                issuer=issuer,
                cache=cache,
                fetch_copy=fetch_copy,
                limits=limits,
                now=now,
            )
            if copy is not None:
                return copy
            check_integrity(document, integrity)
        return Dated(value=shipped, fetched_at=now, source=Source.SHIPPED)

    def read(name: str, expected: str | None) -> Dated[bytes]:
        return _document(
            name,
            expected,
            cache=cache,
            freshness=freshness,
            fetch_document=fetch_document,
            limits=limits,
            listed=listed,
            anew=anew,
            now=now,
        )

    return resolve_type(vct, integrity=integrity, read=read, limits=limits)


def fetch_type_document(vct: str, *, fetch: Fetch, limits: Limits, loopback_http: bool) -> Fetched:
    """Fetch the document at an https `vct` (SD-JWT VC-19, "From a URL in the `vct` Claim").

    Raises:
        UndeterminedError: `fetch_blocked`, `fetch_failed` or `fetch_too_large`.
    """
    check_url(vct, loopback_http=loopback_http)
    fetched = fetch.get(vct, accept="application/json", max_bytes=limits.type_metadata_bytes)
    if fetched.media_type != "application/json" and not fetched.media_type.endswith("+json"):
        raise UndeterminedError(
            ErrorKind.FETCH_FAILED, "A type's address gives something else than its description."
        )
    return fetched


def _document(
    vct: str,
    integrity: str | None,
    *,
    cache: LookupCache,
    freshness: Freshness,
    fetch_document: FetchDocument | None,
    limits: Limits,
    listed: bool,
    anew: bool,
    now: int,
) -> Dated[bytes]:
    shipped = shipped_document(vct)
    if shipped is not None:
        return Dated(value=shipped, fetched_at=now, source=Source.SHIPPED)
    record = _record(vct, integrity, cache=cache, freshness=freshness, now=now)
    static = record is not None and integrity is not None
    fresh = record is not None and not anew and _is_fresh(record, freshness, now=now)
    if record is not None and (static or fresh or fetch_document is None):
        return Dated(value=record.body, fetched_at=record.fetched_at, source=Source.CACHE)
    if fetch_document is None or not vct.startswith(("https://", "http://")):
        raise _not_at_hand(vct, cache)
    listed = listed or (record is not None and record.listed)
    try:
        body, lifetime = _fetch(vct, integrity, fetch_document, limits=limits)
    except CarnetError as error:
        if record is not None and isinstance(error, UndeterminedError):
            return Dated(
                value=record.body,
                fetched_at=record.fetched_at,
                source=Source.CACHE,
                alerts=(LookupAlert.LAST_GOOD_KEPT,),
            )
        absent = isinstance(error, FetchFailedError) and error.status in _NOTHING_THERE
        if listed and record is None:
            keep(cache, _want(vct, absent=absent, now=now))
        if absent:
            raise _no_description() from error
        raise
    keep(
        cache,
        CacheRecord(
            kind=RecordKind.TYPE,
            name=_name(vct, integrity),
            body=body,
            fetched_at=now,
            listed=listed,
            marks={} if lifetime is None else {FRESH_FOR: lifetime},
        ),
    )
    return Dated(value=body, fetched_at=now, source=Source.FETCHED)


def _fetch(
    vct: str, integrity: str | None, fetch_document: FetchDocument, *, limits: Limits
) -> tuple[bytes, int | None]:
    fetched = fetch_document(vct)
    body = fetched.unverified_body
    if integrity is not None:
        check_integrity(body, integrity)
    parse_type_document(body, vct=vct, limits=limits)
    return body, lifetime_of(fetched.headers)


def _want(vct: str, *, absent: bool, now: int) -> CacheRecord:
    """Notes that a listed type has no description, or one that could not be had."""
    return CacheRecord(
        kind=RecordKind.TYPE_WANTED,
        name=vct,
        body=b"",
        fetched_at=now,
        listed=True,
        marks={_ABSENT: int(absent)},
    )


def _not_at_hand(vct: str, cache: LookupCache) -> UndeterminedError:
    wanted = cache.get(RecordKind.TYPE_WANTED, vct)
    if wanted is None or wanted.marks.get(_ABSENT) == 1:
        return _no_description()
    return UndeterminedError(
        ErrorKind.FETCH_FAILED, "The description of this type of document could not be fetched."
    )


def _no_description() -> UndeterminedError:
    return UndeterminedError(
        ErrorKind.UNAVAILABLE, "There is no description of this type of document at hand."
    )


def _record(
    vct: str, integrity: str | None, *, cache: LookupCache, freshness: Freshness, now: int
) -> CacheRecord | None:
    """The kept document: one signed for by hash never ages, and another version never serves."""
    if integrity is None:
        record = cache.get(RecordKind.TYPE, vct)
        too_old = record is not None and now - record.fetched_at > freshness.types_max_age
        return None if too_old else record
    for name in (_name(vct, integrity), vct):
        record = cache.get(RecordKind.TYPE, name)
        if record is not None and _matches(record.body, integrity):
            return record
    return None


def _is_fresh(record: CacheRecord, freshness: Freshness, *, now: int) -> bool:
    return 0 <= now - record.fetched_at < record.marks.get(FRESH_FOR, freshness.types_ttl)


def _matches(body: bytes, integrity: str) -> bool:
    try:
        check_integrity(body, integrity)
    except InvalidError:
        return False
    return True


def _name(vct: str, integrity: str | None) -> str:
    return vct if integrity is None else copy_name(vct, integrity)
