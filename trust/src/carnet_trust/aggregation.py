"""Which status lists an issuer publishes (Token Status List, "Status List Aggregation").

An address that stands there is the same for whoever looks. One that only a document names
may be that one person's (section "Issuer Tracking of Referenced Tokens"; ADR 10).
"""

from dataclasses import dataclass
from typing import Final

from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetch
from carnet_securing.issuer_key import metadata_url
from carnet_securing.strict_json import dumps_bytes, loads_object
from carnet_securing.urls import check_url
from carnet_trust.issuer_home import home_of, is_under
from carnet_trust.lookup_cache import CacheRecord, LookupCache, RecordKind, keep

MAX_LISTS: Final = 1_000

_MAX_AGGREGATION_BYTES: Final = 512 * 1024
_MAX_METADATA_BYTES: Final = 256 * 1024
_AUTHORIZATION_SERVER: Final = "oauth-authorization-server"
_PUBLISHED: Final = "published"


class NoAggregationError(UndeterminedError):
    """The issuer's metadata can be read, or there is none, and names no aggregation."""

    def __init__(self) -> None:
        super().__init__(
            ErrorKind.STATUS_UNAVAILABLE,
            "The issuer does not say in one place where its lists are.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLists:
    """The lists of an issuer, as last seen.

    Attributes:
        uris: their addresses.
        published: whether the issuer named them; else they were met in documents.
        asked_at: Unix seconds at which the issuer was last asked.
    """

    uris: tuple[str, ...]
    published: bool
    asked_at: int


def may_name_a_person(uri: str) -> bool:
    """Whether an address has a part that no list needs: user info, a query or a fragment."""
    authority = uri.partition("://")[2].partition("/")[0]
    return "?" in uri or "#" in uri or "@" in authority


def is_issuers_list(uri: str, *, issuer: str, cache: LookupCache) -> bool:
    """Whether a list is under the issuer's own address or among those known of it."""
    home = home_of(issuer)
    return (home is not None and is_under(uri, home)) or uri in aggregated(issuer, cache=cache)


def aggregated(issuer: str, *, cache: LookupCache) -> tuple[str, ...]:
    """The lists known of an issuer: those it was last seen to publish, else those met."""
    known = known_lists(issuer, cache=cache)
    return () if known is None else known.uris


def known_lists(issuer: str, *, cache: LookupCache) -> KnownLists | None:
    """What was kept of an issuer; None when nothing that can be read."""
    record = cache.get(RecordKind.AGGREGATION, issuer)
    if record is None:
        return None
    try:
        uris = parse_aggregation(record.body)
    except CarnetError:
        return None
    return KnownLists(
        uris=uris,
        published=record.marks.get(_PUBLISHED, 0) == 1,
        asked_at=record.fetched_at,
    )


def keep_lists(known: KnownLists, *, issuer: str, listed: bool, cache: LookupCache) -> None:
    """Remember the lists of an issuer in place of what was known of them."""
    record = CacheRecord(
        kind=RecordKind.AGGREGATION,
        name=issuer,
        body=dumps_bytes({"status_lists": list(known.uris)}),
        fetched_at=known.asked_at,
        listed=listed,
        marks={_PUBLISHED: int(known.published)},
    )
    keep(cache, record)


def parse_aggregation(body: bytes) -> tuple[str, ...]:
    """Read a status list aggregation: the addresses of all lists of an issuer.

    Raises:
        InvalidError: `status_invalid` for another shape, and what the JSON parser raises.
    """
    lists = loads_object(body, max_bytes=_MAX_AGGREGATION_BYTES).get("status_lists")
    if (
        type(lists) is not list
        or len(lists) > MAX_LISTS
        or not all(type(uri) is str for uri in lists)
    ):
        raise InvalidError(ErrorKind.STATUS_INVALID, "A list of status lists is malformed.")
    return tuple(dict.fromkeys(lists))


def fetch_endpoint(issuer: str, *, fetch: Fetch, loopback_http: bool) -> str:
    """Where the issuer's authorization server metadata says that its aggregation is.

    Token Status List, "Issuer Metadata": `status_list_aggregation_endpoint`.

    Raises:
        NoAggregationError: it names none, or the issuer has no address of its own.
        InvalidError: `issuer_mismatch`, or why the metadata cannot be read.
        UndeterminedError: why it could not be fetched.
    """
    home = home_of(issuer)
    if home is None:
        raise NoAggregationError
    url = metadata_url(home, well_known=_AUTHORIZATION_SERVER)
    check_url(url, loopback_http=loopback_http)
    fetched = fetch.get(url, accept="application/json", max_bytes=_MAX_METADATA_BYTES)
    metadata = loads_object(fetched.unverified_body, max_bytes=_MAX_METADATA_BYTES)
    if metadata.get("issuer") not in (home, issuer):
        raise InvalidError(ErrorKind.ISSUER_MISMATCH, "The metadata is of another issuer.")
    endpoint = metadata.get("status_list_aggregation_endpoint")
    if type(endpoint) is not str:
        raise NoAggregationError
    return endpoint


def fetch_aggregation(endpoint: str, *, fetch: Fetch, loopback_http: bool) -> tuple[str, ...]:
    """Fetch the addresses of all lists.

    Raises:
        InvalidError: as `parse_aggregation`.
        UndeterminedError: why it could not be fetched.
    """
    check_url(endpoint, loopback_http=loopback_http)
    fetched = fetch.get(endpoint, accept="application/json", max_bytes=_MAX_AGGREGATION_BYTES)
    return parse_aggregation(fetched.unverified_body)
