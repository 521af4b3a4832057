"""An issuer's keys as a cache record, and how a new set is compared with the one before.

W12: a key replaced under the same `kid` is noticed. V26: a key the issuer took away is
remembered, so that its signatures are refused for what they are.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from carnet_securing.did import key_of_did_url
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.issuer_key import full_kid, replaced_under_same_kid
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.strict_json import JsonObject, dumps_bytes, loads_object
from carnet_trust.entries import TrustEntry
from carnet_trust.http_freshness import FRESH_FOR
from carnet_trust.lookup_cache import CacheRecord, LookupCache, RecordKind
from carnet_trust.lookups import Dated, LookupAlert, Source

FETCHED_ROUTES: Final = frozenset({IssuerKeyRoute.METADATA, IssuerKeyRoute.DID_WEB})
"""Routes whose keys lie at the issuer's own address; the others need no connection."""

_MAX_REMOVED: Final = 128
_MAX_BODY_BYTES: Final = 256 * 1024
_MAX_PARSED: Final = 256
_ALERT_SECONDS: Final = 7 * 86_400
_REPLACED_AT: Final = "replaced_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKeys:
    """What is known about the keys of one issuer by one route.

    Attributes:
        keys: the keys it publishes.
        removed: names of keys it published before and no longer does, two for most keys.
        fetched_at: Unix seconds at which `keys` were current.
        replaced_at: when a key was last seen to change under an unchanged name.
        fresh_for: for how many seconds their publisher wants them used; None if it did not say.
    """

    keys: tuple[PublicJwk, ...]
    removed: tuple[str, ...] = ()
    fetched_at: int
    replaced_at: int | None = None
    fresh_for: int | None = None

    def check_not_removed(self, kid: str | None, *, issuer: str) -> None:
        """Refuse a key by name when the issuer took it away.

        Raises:
            InvalidError: `key_not_trusted`.
        """
        if kid is not None and full_kid(kid, issuer=issuer) in self.removed:
            raise InvalidError(
                ErrorKind.KEY_NOT_TRUSTED, "The issuer no longer vouches for the signing key."
            )

    def dated(self, source: Source, *more: LookupAlert, now: int) -> Dated[tuple[PublicJwk, ...]]:
        """The keys with their age, and what is odd about them."""
        recent = self.replaced_at is not None and now < self.replaced_at + _ALERT_SECONDS
        odd = (LookupAlert.SAME_KID_OTHER_KEY,) if recent else ()
        return Dated(
            value=self.keys, fetched_at=self.fetched_at, source=source, alerts=(*odd, *more)
        )


def has_key(keys: tuple[PublicJwk, ...], *, issuer: str, kid: str | None) -> bool:
    """Whether a key of that name is among `keys`; a token without a name fits any."""
    return kid is None or full_kid(kid, issuer=issuer) in _names(keys)


def record_name(issuer: str, route: IssuerKeyRoute) -> str:
    """The name of the record: keys found by one route never serve another."""
    return f"{route.value} {issuer}"


def keys_without_fetching(
    issuer: str, *, route: IssuerKeyRoute, entry: TrustEntry | None, now: int
) -> Dated[tuple[PublicJwk, ...]]:
    """The keys of a route that needs no connection: pinned, or a DID that carries its key.

    Raises:
        InvalidError: `key_not_trusted` when nothing is pinned, and why the DID is refused.
    """
    if route in (IssuerKeyRoute.DID_JWK, IssuerKeyRoute.DID_KEY):
        return Dated(value=(key_of_did_url(issuer),), fetched_at=now, source=Source.CREDENTIAL)
    if route is IssuerKeyRoute.PINNED and entry is not None and entry.keys:
        return Dated(value=entry.keys, fetched_at=now, source=Source.TRUST_FILE)
    raise InvalidError(ErrorKind.KEY_NOT_TRUSTED, "No key of this signer is trusted.")


def next_record(
    keys: tuple[PublicJwk, ...],
    *,
    before: KnownKeys | None,
    name: str,
    listed: bool,
    now: int,
    fresh_for: int | None = None,
) -> CacheRecord:
    """The record of freshly fetched keys, compared with what was known before."""
    old = () if before is None else before.keys
    names = _names(keys)
    gone = [*(() if before is None else before.removed), *_names(old)]
    removed = [name for name in dict.fromkeys(gone) if name not in names][-_MAX_REMOVED:]
    replaced = bool(replaced_under_same_kid(old, keys))
    replaced_at = now if replaced else None if before is None else before.replaced_at
    marks = {_REPLACED_AT: replaced_at, FRESH_FOR: fresh_for}
    body: JsonObject = {"keys": [key.to_json() for key in keys], "removed": removed}
    return CacheRecord(
        kind=RecordKind.ISSUER_KEYS,
        name=name,
        body=dumps_bytes(body),
        fetched_at=now,
        listed=listed,
        marks={name: value for name, value in marks.items() if value is not None},
    )


class KeyRecords:
    """Reads key records from a cache; one that has not changed is not parsed again."""

    def __init__(self, cache: LookupCache) -> None:
        """Read from `cache`."""
        self._cache = cache
        self._parsed: OrderedDict[str, tuple[CacheRecord, KnownKeys | None]] = OrderedDict()
        self._lock = Lock()

    def read(self, name: str, *, now: int, max_age: int) -> KnownKeys | None:
        """The keys under a record's name; None when there are none, or only older ones."""
        record = self._cache.get(RecordKind.ISSUER_KEYS, name)
        if record is None or now - record.fetched_at > max_age:
            return None
        with self._lock:
            parsed = self._parsed.get(name)
        if parsed is not None and parsed[0] is record:
            return parsed[1]
        known = read_record(record)
        with self._lock:
            self._parsed[name] = (record, known)
            while len(self._parsed) > _MAX_PARSED:
                self._parsed.popitem(last=False)
        return known


def read_record(record: CacheRecord | None) -> KnownKeys | None:
    """What a record says; None for no record, or one that cannot be read."""
    if record is None:
        return None
    try:
        body = loads_object(record.body, max_bytes=_MAX_BODY_BYTES)
        keys = tuple(parse_public_jwk(key) for key in body["keys"])
        removed = tuple(kid for kid in body["removed"] if type(kid) is str)
    except (CarnetError, KeyError, TypeError):
        return None
    return KnownKeys(
        keys=keys,
        removed=removed,
        fetched_at=record.fetched_at,
        replaced_at=record.marks.get(_REPLACED_AT),
        fresh_for=record.marks.get(FRESH_FOR),
    )


def _names(keys: Iterable[PublicJwk]) -> dict[str, None]:
    """Every name a token can call one of these keys by, in their order."""
    return {name: None for key in keys for name in (key.kid, key.thumbprint) if name is not None}
