"""Which lists an issuer publishes: asked once for everybody, and what an outage changes."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE
from carnet_securing.status_list_build import StatusListBuilder
from carnet_trust.aggregation import MAX_LISTS, aggregated, known_lists, may_name_a_person
from carnet_trust.lookup_cache import LookupCache, MemoryLookupCache
from carnet_trust.lookups import FoundIssuer, LookupAlert, Lookups, UnsharedListError
from carnet_trust.trust_file import TrustData
from support.looking_up import cached, found, on_demand, refreshed, trusting
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb

SERVER = "https://school.example/.well-known/oauth-authorization-server"
AGGREGATION = "https://school.example/status"
DAY = 86_400


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


@pytest.fixture
def issuer(web: SimulatedWeb) -> SimulatedIssuer:
    made = SimulatedIssuer(web)
    made.statuses = StatusListBuilder(size=2_048)
    return made


@pytest.fixture
def cache() -> MemoryLookupCache:
    return MemoryLookupCache()


def known(issuer: SimulatedIssuer, *, listed: bool = True) -> FoundIssuer:
    trust = trusting(issuer.entry()) if listed else TrustData.EMPTY
    return found(issuer.issue(), trust=trust, lookups=on_demand(issuer.web))


def alerts(
    lookups: Lookups, issuer: SimulatedIssuer, uri: str = "", *, listed: bool = True, now: int = NOW
) -> tuple[LookupAlert, ...]:
    """Look a list up; what is said about it."""
    who = known(issuer, listed=listed)
    return lookups.status_list(uri or issuer.status_uri, found=who, now=now).alerts


def refused(lookups: Lookups, issuer: SimulatedIssuer, uri: str = "", *, now: int = NOW) -> str:
    with pytest.raises(UndeterminedError) as caught:
        alerts(lookups, issuer, uri, now=now)
    assert caught.value.kind is ErrorKind.STATUS_UNAVAILABLE
    return type(caught.value).__name__


def names(web: SimulatedWeb, *uris: str) -> None:
    web.put(AGGREGATION, json.dumps({"status_lists": list(uris)}).encode())


def new_list(issuer: SimulatedIssuer, name: str) -> str:
    """Another list of the issuer's, not published."""
    issuer.status_uri = f"{issuer.url}/status/{name}"
    issuer.web.put(issuer.status_uri, issuer.status_token, media_type=STATUS_LIST_MEDIA_TYPE)
    return issuer.status_uri


@pytest.mark.parametrize("listed", [True, False])
def test_a_published_list_is_read_and_asked_about_once_in_fifteen_minutes(
    web: SimulatedWeb, issuer: SimulatedIssuer, listed: bool
) -> None:
    lookups = on_demand(web)
    for later in (0, 1, 300, 899):
        assert alerts(lookups, issuer, listed=listed, now=NOW + later) == ()
    assert (web.calls[SERVER], web.calls[AGGREGATION]) == (1, 1)
    alerts(lookups, issuer, listed=listed, now=NOW + 900)
    assert (web.calls[SERVER], web.calls[AGGREGATION]) == (2, 2)


def test_what_a_refresh_brought_is_not_asked_for_again(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    refreshed(trusting(issuer.entry()), web, cache)
    alerts(on_demand(web, cache), issuer, now=NOW + 100)
    assert (web.calls[SERVER], web.calls[AGGREGATION]) == (1, 1)


def test_a_new_list_is_asked_about_after_a_minute(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    first, lookups = issuer.status_uri, on_demand(web)
    names(web, first)
    alerts(lookups, issuer, first)
    second = new_list(issuer, "second")
    assert refused(lookups, issuer, second, now=NOW + 59) == "UnsharedListError"
    assert web.calls[AGGREGATION] == 1
    names(web, first, second)
    assert alerts(lookups, issuer, second, now=NOW + 60) == ()
    assert web.calls[AGGREGATION] == 2


def test_a_flood_of_unknown_lists_makes_one_request_a_minute(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    lookups = on_demand(web)
    for second in range(0, 120, 5):
        uri = f"{issuer.url}/status/x{second}"
        refused(lookups, issuer, uri, now=NOW + second)
        assert web.calls[uri] == 0
    assert web.calls[AGGREGATION] == 2


def test_an_outage_keeps_what_the_issuer_last_published(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    names(web, issuer.status_uri)
    alerts(on_demand(web, cache), issuer)
    web.take_away(SERVER)
    first, other = issuer.status_uri, new_list(issuer, "other")
    for later in (1_000, DAY):
        lookups = on_demand(web, cache)
        assert refused(lookups, issuer, other, now=NOW + later) == "UnsharedListError"
    issuer.status_uri = first
    assert alerts(on_demand(web, cache), issuer, first, now=NOW + DAY + 1) == ()
    assert web.calls[other] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"<html>",
        b'{"status_lists":[7]}',
        json.dumps({"status_lists": ["u"] * (MAX_LISTS + 1)}).encode(),
    ],
)
def test_an_issuer_that_says_where_and_then_nothing_leaves_it_open(
    web: SimulatedWeb, issuer: SimulatedIssuer, body: bytes
) -> None:
    web.put(AGGREGATION, body)
    lookups = on_demand(web)
    for later in (0, 1, 59):
        refused(lookups, issuer, now=NOW + later)
    assert (web.calls[AGGREGATION], web.calls[issuer.status_uri]) == (1, 0)
    names(web, issuer.status_uri)
    assert alerts(lookups, issuer, now=NOW + 60) == ()


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"<html>",
        b"{}",
        b'{"issuer":"https://evil.example","status_list_aggregation_endpoint":"https://evil.example/s"}',
        b'{"issuer":"https://school.example"}',
        b'{"issuer":"https://school.example","status_list_aggregation_endpoint":7}',
    ],
)
def test_an_issuer_that_publishes_nothing_is_read_where_the_document_says(
    web: SimulatedWeb, issuer: SimulatedIssuer, body: bytes | None
) -> None:
    if body is None:
        web.take_away(SERVER)
    else:
        web.put(SERVER, body)
    lookups = on_demand(web)
    for later in (0, 1, 59):
        assert alerts(lookups, issuer, now=NOW + later) == (LookupAlert.UNPUBLISHED_LIST,)
    assert (web.calls[SERVER], web.calls[issuer.status_uri]) == (1, 1)
    assert web.calls["https://evil.example/s"] == 0


def test_an_issuer_that_begins_to_publish_is_believed(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    web.put(SERVER, b'{"issuer":"https://school.example"}')
    lookups = on_demand(web)
    assert alerts(lookups, issuer) == (LookupAlert.UNPUBLISHED_LIST,)
    web.put(SERVER, issuer.server)
    assert alerts(lookups, issuer, now=NOW + 899) == (LookupAlert.UNPUBLISHED_LIST,)
    assert alerts(lookups, issuer, now=NOW + 900) == ()
    names(web, f"{issuer.url}/status/other")
    assert refused(lookups, issuer, now=NOW + 1_800) == "UnsharedListError"


def test_an_issuer_that_stops_publishing_is_read_where_the_document_says(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    lookups = on_demand(web, cache)
    alerts(lookups, issuer)
    web.put(SERVER, b'{"issuer":"https://school.example"}')
    assert alerts(lookups, issuer, now=NOW + 900) == (LookupAlert.UNPUBLISHED_LIST,)


@pytest.mark.parametrize(
    "endpoint", ["https://victim.example/s", "https://school.example.evil.example/s"]
)
def test_a_stranger_does_not_make_us_ask_a_third_party(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache, endpoint: str
) -> None:
    server = {"issuer": issuer.url, "status_list_aggregation_endpoint": endpoint}
    web.put(SERVER, json.dumps(server).encode())
    web.put(endpoint, b'{"status_lists":["https://victim.example/1"]}')
    lookups = on_demand(web, cache)
    assert alerts(lookups, issuer, listed=False) == (LookupAlert.UNPUBLISHED_LIST,)
    assert web.calls[endpoint] == 0


def test_a_stranger_cannot_publish_a_third_partys_address(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    names(web, issuer.status_uri, "https://victim.example/1")
    lookups = on_demand(web, cache)
    assert alerts(lookups, issuer, listed=False) == ()
    for kept in (lookups, on_demand(web, cache)):
        with pytest.raises(UndeterminedError):
            alerts(kept, issuer, "https://victim.example/1", listed=False)
    assert web.calls["https://victim.example/1"] == 0


def test_an_issuer_without_an_address_publishes_nothing(web: SimulatedWeb) -> None:
    issuer = SimulatedIssuer(web, route=IssuerKeyRoute.DID_JWK)
    assert alerts(on_demand(web), issuer) == (LookupAlert.UNPUBLISHED_LIST,)
    assert web.total == 1


def test_a_list_met_on_the_way_is_no_published_list(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    web.take_away(SERVER)
    alerts(on_demand(web, cache), issuer)
    kept = known_lists(issuer.iss, cache=cache)
    assert kept is not None
    assert (kept.uris, kept.published) == ((issuer.status_uri,), False)
    # What was met stands in nobody's way once the issuer publishes.
    web.put(SERVER, issuer.server)
    names(web, f"{issuer.url}/status/other")
    assert refused(on_demand(web, cache), issuer, now=NOW + 60) == "UnsharedListError"
    assert aggregated(issuer.iss, cache=cache) == (f"{issuer.url}/status/other",)
    with pytest.raises(UnsharedListError):
        alerts(on_demand(web, cache), issuer, now=NOW + DAY)


def test_a_list_only_read_ahead_is_read_in_peace(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    web.take_away(SERVER)
    alerts(on_demand(web, cache), issuer)
    assert alerts(cached(cache), issuer) == ()


def test_many_threads_ask_once(web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
    lookups, who = on_demand(web), known(issuer)
    look = partial(lookups.status_list, issuer.status_uri, found=who, now=NOW)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: look().alerts, range(64)))
    assert set(answers) == {()}
    assert (web.calls[SERVER], web.calls[AGGREGATION]) == (1, 1)


@pytest.mark.parametrize(
    ("uri", "may"),
    [
        ("https://school.example/status/1", False),
        ("https://school.example/@org/status/1", False),
        ("https://school.example:444/status/1", False),
        ("https://school.example/status/1?a", True),
        ("https://school.example?", True),
        ("https://school.example/1#", True),
        ("https://alice@school.example/1", True),
        ("https://alice@school.example", True),
        ("https://:@school.example/1", True),
    ],
)
def test_an_address_with_room_for_a_name(uri: str, may: bool) -> None:
    assert may_name_a_person(uri) is may


def test_a_spoilt_record_is_as_none(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: LookupCache
) -> None:
    from carnet_trust.lookup_cache import CacheRecord, RecordKind

    spoilt = CacheRecord(
        kind=RecordKind.AGGREGATION,
        name=issuer.iss,
        body=b"spoilt",
        fetched_at=NOW,
        listed=True,
        marks={"published": 1},
    )
    cache.put(spoilt)
    assert known_lists(issuer.iss, cache=cache) is None
    assert alerts(on_demand(web, cache), issuer) == ()
