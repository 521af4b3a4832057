"""What HTTP says about keeping a document, within our bounds; the last good one outlives it."""

from collections.abc import Mapping

import pytest

from carnet_securing.errors import UndeterminedError
from carnet_securing.issuer_key import metadata_url
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.strict_json import dumps_bytes
from carnet_trust.http_freshness import lifetime_of
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import Dated, LookupAlert, Lookups, Source
from support.looking_up import cached, on_demand, refreshed, trusting
from support.simulator import DAY, NOW, SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb

SUBTYPE = "https://school.example/types/forklift/1"
DIRECTIVES: list[tuple[str, int | None]] = [
    ("", None),
    ("public", None),
    ("s-maxage=900", None),
    ("x-max-age=900", None),
    ("no-store", 60),
    ("No-Store, max-age=900", 60),
    ("no-cache", 60),
    ('no-cache="set-cookie"', 60),
    ("max-age=0", 60),
    ("max-age=59", 60),
    ("max-age=-1", 60),
    ("max-age=soon", 60),
    ("max-age", 60),
    ("max-age=١٢", 60),
    ("," * 2_000 + "max-age=900", 60),
    ("max-age=61", 61),
    ("public, max-age=900", 900),
    ("MAX-AGE = 900", 900),
    ('max-age="900"', 900),
    ("max-age=900, max-age=300", 300),
    ("max-age=86401", 86_400),
    ("max-age=" + "9" * 500, 86_400),
]


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


@pytest.fixture
def issuer(web: SimulatedWeb) -> SimulatedIssuer:
    return SimulatedIssuer(web)


@pytest.mark.parametrize(("control", "seconds"), DIRECTIVES, ids=range(len(DIRECTIVES)))
def test_directives_count_within_bounds(control: str, seconds: int | None) -> None:
    assert lifetime_of({"cache-control": control} if control else {}) == seconds


@pytest.mark.parametrize(
    ("age", "seconds"), [("0", 900), ("300", 600), ("900", 60), ("x", 900), ("9" * 40, 60)]
)
def test_time_spent_on_the_way_is_taken_off(age: str, seconds: int) -> None:
    assert lifetime_of({"cache-control": "max-age=900", "age": age}) == seconds


def serve_metadata(issuer: SimulatedIssuer, headers: Mapping[str, str]) -> str:
    url = metadata_url(issuer.url)
    issuer.web.put(url, issuer.metadata, headers=headers)
    return url


def keys(lookups: Lookups, issuer: SimulatedIssuer, later: int = 0) -> Dated[object]:
    found = lookups.issuer_keys(
        issuer.iss, route=IssuerKeyRoute.METADATA, kid=issuer.kid, entry=None, now=NOW + later
    )
    return Dated(
        value=found.value, fetched_at=found.fetched_at, source=found.source, alerts=found.alerts
    )


@pytest.mark.parametrize(
    ("control", "fresh_for"),
    [("no-store", 60), ("max-age=5", 60), ("max-age=300", 300), ("max-age=604800", 86_400)],
)
def test_keys_are_asked_for_again_when_their_publisher_says(
    issuer: SimulatedIssuer, control: str, fresh_for: int
) -> None:
    url = serve_metadata(issuer, {"cache-control": control})
    lookups = on_demand(issuer.web)
    for later in (0, 1, fresh_for - 1):
        keys(lookups, issuer, later)
    assert issuer.web.calls[url] == 1
    assert keys(lookups, issuer, fresh_for).source is Source.FETCHED
    assert issuer.web.calls[url] == 2


def test_the_shortest_of_several_documents_counts(issuer: SimulatedIssuer) -> None:
    url, jwks = metadata_url(issuer.url), "https://keys.example/jwks.json"
    found = [key.to_json() for key in issuer.published]
    document = dumps_bytes({"issuer": issuer.url, "jwks_uri": jwks})
    issuer.web.put(url, document, headers={"cache-control": "max-age=3600"})
    issuer.web.put(jwks, dumps_bytes({"keys": found}), headers={"cache-control": "max-age=120"})
    lookups = on_demand(issuer.web)
    for later in (0, 119, 120):
        keys(lookups, issuer, later)
    assert issuer.web.calls[url] == 2


def test_the_last_good_keys_are_kept_whatever_was_said(issuer: SimulatedIssuer) -> None:
    serve_metadata(issuer, {"cache-control": "no-store"})
    cache = MemoryLookupCache()
    keys(on_demand(issuer.web, cache), issuer)
    issuer.web.is_down = True
    dated = keys(on_demand(issuer.web, cache), issuer, DAY)
    assert (dated.alerts, dated.fetched_at) == ((LookupAlert.LAST_GOOD_KEPT,), NOW)
    assert keys(cached(cache), issuer, DAY).source is Source.CACHE
    with pytest.raises(UndeterminedError):
        keys(cached(cache), issuer, 8 * DAY)


def test_a_refresh_asks_anew_whatever_was_said(issuer: SimulatedIssuer) -> None:
    long = {"cache-control": "max-age=86400"}
    url = serve_metadata(issuer, long)
    body = dumps_bytes({"vct": SUBTYPE, "extends": SKILL_CERTIFICATE})
    issuer.web.put(SUBTYPE, body, headers=long)
    cache = MemoryLookupCache()
    trust = trusting(issuer.entry(types=(SKILL_CERTIFICATE, SUBTYPE)))
    for later in (0, 1):
        refreshed(trust, issuer.web, cache, now=NOW + later)
    assert (issuer.web.calls[url], issuer.web.calls[SUBTYPE]) == (2, 2)


@pytest.mark.parametrize(
    ("control", "fresh_for"), [("no-store", 60), ("max-age=300", 300), ("max-age=1000000", DAY)]
)
def test_types_are_asked_for_again_when_their_publisher_says(
    web: SimulatedWeb, control: str, fresh_for: int
) -> None:
    body = dumps_bytes({"vct": SUBTYPE, "extends": SKILL_CERTIFICATE})
    web.put(SUBTYPE, body, headers={"cache-control": control})
    lookups = on_demand(web, fetch_types=True)
    for later in (0, fresh_for - 1):
        lookups.type_metadata(SUBTYPE, integrity=None, now=NOW + later)
    assert web.calls[SUBTYPE] == 1
    lookups.type_metadata(SUBTYPE, integrity=None, now=NOW + fresh_for)
    assert web.calls[SUBTYPE] == 2
    web.is_down = True
    kept = lookups.type_metadata(SUBTYPE, integrity=None, now=NOW + 3 * DAY)
    assert kept.alerts == (LookupAlert.LAST_GOOD_KEPT,)


def test_T15_a_header_does_not_speak_for_a_status_list(issuer: SimulatedIssuer) -> None:
    cache = MemoryLookupCache()
    page = issuer.web.pages[issuer.status_uri]
    assert not isinstance(page, UndeterminedError)
    issuer.web.put(
        issuer.status_uri,
        page.body,
        media_type=page.media_type,
        headers={"cache-control": "max-age=86400"},
    )
    refreshed(trusting(issuer.entry()), issuer.web, cache)
    issuer.now = NOW + issuer_ttl(issuer)
    from support.looking_up import found

    lookups = on_demand(issuer.web, cache)
    token = issuer.issue(status=issuer.next_status())
    who = found(token, trust=trusting(issuer.entry()), lookups=lookups, now=issuer.now)
    before = issuer.web.calls[issuer.status_uri]
    lookups.status_list(issuer.status_uri, found=who, now=issuer.now)
    assert issuer.web.calls[issuer.status_uri] == before + 1


def issuer_ttl(issuer: SimulatedIssuer) -> int:
    assert issuer.status_ttl is not None
    return issuer.status_ttl
