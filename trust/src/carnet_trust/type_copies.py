"""An issuer's own copy of a type we ship, for certificates signed with other bytes than ours.

An issuer with another version of Carnet signs the hash of the document it has, and serves
that document at `{issuer}/types/<type>/1`. Its hash makes it the one that was signed for; it
does not make it ours: its rules count where they are stricter, and its words are not shown.
"""

from collections.abc import Callable

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_securing.errors import CarnetError
from carnet_securing.limits import Limits
from carnet_trust.integrity import check_integrity
from carnet_trust.issuer_home import home_of
from carnet_trust.lookup_cache import CacheRecord, LookupCache, RecordKind, keep
from carnet_trust.lookups import Dated, Source
from carnet_trust.type_metadata import TypeMetadata, within_shipped

FetchCopy = Callable[[str], bytes | None]
"""Fetches an issuer's copy from an address; None when it is not to be had now."""


def copy_address(vct: str, *, issuer: str | None) -> str | None:
    """Where an issuer serves a type that we ship too; None when there is no such place."""
    home = None if issuer is None else home_of(issuer)
    known = CREDENTIAL_TYPES.get(vct)
    return None if home is None or known is None else f"{home}/types/{known.slug}/1"


def issuers_copy(
    vct: str,
    *,
    integrity: str,
    issuer: str | None,
    cache: LookupCache,
    fetch_copy: FetchCopy | None,
    limits: Limits,
    now: int,
) -> Dated[TypeMetadata] | None:
    """The copy that was signed for, kept or fetched, held to the rules that ship.

    Returns:
        None when no copy of that hash is to be had, or it is looser than what ships.
    """
    record = cache.get(RecordKind.TYPE, copy_name(vct, integrity))
    if record is not None:
        metadata = _read(vct, record.body, integrity, limits)
        if metadata is not None:
            return Dated(value=metadata, fetched_at=record.fetched_at, source=Source.CACHE)
    address = copy_address(vct, issuer=issuer)
    body = None if address is None or fetch_copy is None else fetch_copy(address)
    metadata = None if body is None else _read(vct, body, integrity, limits)
    if body is None or metadata is None:
        return None
    keep_copy(vct, body, integrity=integrity, cache=cache, listed=False, now=now)
    return Dated(value=metadata, fetched_at=now, source=Source.FETCHED)


def keep_copy(
    vct: str, body: bytes, *, integrity: str, cache: LookupCache, listed: bool, now: int
) -> None:
    """Keep a copy under the integrity that certificates name it by; so kept, it never ages."""
    name = copy_name(vct, integrity)
    keep(
        cache,
        CacheRecord(kind=RecordKind.TYPE, name=name, body=body, fetched_at=now, listed=listed),
    )


def copy_name(vct: str, integrity: str) -> str:
    """The name of the record of a document that is pinned by its hash."""
    return f"{vct} {integrity}"


def _read(vct: str, body: bytes, integrity: str, limits: Limits) -> TypeMetadata | None:
    try:
        check_integrity(body, integrity)
        return within_shipped(vct, body, limits=limits)
    except CarnetError:
        return None
