"""Refreshing: every listed issuer's turn, nothing of a stranger, one problem at a time."""

import json

import pytest

from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE
from carnet_trust.integrity import integrity_of
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import LookupAlert, Source
from carnet_trust.trust_file import TrustData
from support.looking_up import cached, on_demand, refreshed, trusting
from support.simulator import DAY, NOW, SKILL_CERTIFICATE, NoWeb, SimulatedIssuer, SimulatedWeb

SUBTYPE = "https://school.example/types/forklift/1"


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


@pytest.fixture
def issuer(web: SimulatedWeb) -> SimulatedIssuer:
    return SimulatedIssuer(web)


@pytest.fixture
def cache() -> MemoryLookupCache:
    return MemoryLookupCache()


def subtype(web: SimulatedWeb, **members: object) -> bytes:
    body = json.dumps({"vct": SUBTYPE, "extends": SKILL_CERTIFICATE} | members).encode()
    web.put(SUBTYPE, body)
    return body


def test_each_issuer_has_its_line(web: SimulatedWeb, cache: MemoryLookupCache) -> None:
    first = SimulatedIssuer(web)
    second = SimulatedIssuer(
        web, url="https://b.example/t/1", name="b", route=IssuerKeyRoute.DID_WEB
    )
    report = refreshed(trusting(first.entry(), second.entry()), web, cache)
    assert [(one.iss, one.keys, one.lists) for one in report.issuers] == [
        (first.iss, 1, 1),
        (second.iss, 1, 1),
    ]
    assert not report.problems


def test_nothing_is_fetched_for_an_issuer_that_may_sign_nothing(
    issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    report = refreshed(trusting(issuer.entry(types=())), NoWeb(), cache)
    assert report.issuers == ()
    assert refreshed(TrustData.EMPTY, NoWeb(), cache).issuers == ()


def test_a_refresh_fetches_also_what_is_fresh(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    for _ in range(2):
        refreshed(trusting(issuer.entry()), web, cache)
    assert web.calls[issuer.status_uri] == 2


def test_one_broken_issuer_stops_nobody(web: SimulatedWeb, cache: MemoryLookupCache) -> None:
    broken = SimulatedIssuer(web, url="https://broken.example", name="broken")
    good = SimulatedIssuer(web)
    web.fail("https://broken.example/.well-known/jwt-vc-issuer")
    web.fail("https://broken.example/.well-known/oauth-authorization-server")
    report = refreshed(trusting(broken.entry(), good.entry()), web, cache)
    assert (report.issuers[0].keys, report.issuers[0].lists) == (None, 0)
    assert {problem.kind for problem in report.issuers[0].problems} == {ErrorKind.FETCH_FAILED}
    assert report.issuers[1].lists == 1


def test_an_outage_leaves_the_last_good_values(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    trust = trusting(issuer.entry())
    refreshed(trust, web, cache)
    web.is_down = True
    report = refreshed(trust, web, cache, now=NOW + DAY)
    assert report.problems
    dated = cached(cache).issuer_keys(
        issuer.iss, route=issuer.route, kid=issuer.kid, entry=issuer.entry(), now=NOW + DAY
    )
    assert dated.fetched_at == NOW


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", ErrorKind.STATUS_INVALID),
        (b'{"status_lists":7}', ErrorKind.STATUS_INVALID),
        (b'{"status_lists":[7]}', ErrorKind.STATUS_INVALID),
        (json.dumps({"status_lists": ["u"] * 1_001}).encode(), ErrorKind.STATUS_INVALID),
        (b"<html>", ErrorKind.MALFORMED),
        (b'{"status_lists":["http://a.example/1"]}', ErrorKind.FETCH_BLOCKED),
        (b'{"status_lists":["https://127.0.0.1/1"]}', ErrorKind.FETCH_BLOCKED),
        (b'{"status_lists":["not a url"]}', ErrorKind.FETCH_BLOCKED),
        (b'{"status_lists":["https://a.example/1"]}', ErrorKind.STATUS_UNAVAILABLE),
        (b" " * 600_000, ErrorKind.FETCH_TOO_LARGE),
    ],
)
def test_a_bad_aggregation(
    web: SimulatedWeb,
    issuer: SimulatedIssuer,
    cache: MemoryLookupCache,
    body: bytes,
    kind: ErrorKind,
) -> None:
    web.put(f"{issuer.url}/status", body)
    report = refreshed(trusting(issuer.entry()), web, cache)
    assert [problem.kind for problem in report.problems] == [kind]
    assert report.issuers[0].keys == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", ErrorKind.ISSUER_MISMATCH),
        (b'{"issuer":"https://evil.example"}', ErrorKind.ISSUER_MISMATCH),
        (b'{"issuer":"https://school.example"}', ErrorKind.STATUS_UNAVAILABLE),
        (
            b'{"issuer":"https://school.example","status_list_aggregation_endpoint":7}',
            ErrorKind.STATUS_UNAVAILABLE,
        ),
        (
            b'{"issuer":"https://school.example","status_list_aggregation_endpoint":"http://[::1]/"}',
            ErrorKind.FETCH_BLOCKED,
        ),
    ],
)
def test_no_usable_aggregation_endpoint(
    web: SimulatedWeb,
    issuer: SimulatedIssuer,
    cache: MemoryLookupCache,
    body: bytes,
    kind: ErrorKind,
) -> None:
    web.put(f"{issuer.url}/.well-known/oauth-authorization-server", body)
    report = refreshed(trusting(issuer.entry()), web, cache)
    assert [problem.kind for problem in report.problems] == [kind]


def test_lists_met_before_are_refreshed_without_an_aggregation(
    web: SimulatedWeb, cache: MemoryLookupCache
) -> None:
    issuer = SimulatedIssuer(web, route=IssuerKeyRoute.DID_JWK)
    trust = trusting(issuer.entry())
    report = refreshed(trust, web, cache)
    assert [problem.kind for problem in report.problems] == [ErrorKind.STATUS_UNAVAILABLE]
    from support.looking_up import found

    token = issuer.issue(status=issuer.next_status())
    result = found(token, trust=trust, lookups=cached(cache))
    on_demand(web, cache).status_list(issuer.status_uri, found=result, now=NOW)
    issuer.now = NOW + DAY
    assert refreshed(trust, web, cache, now=NOW + DAY).issuers[0].lists == 1
    dated = cached(cache).status_list(issuer.status_uri, found=result, now=NOW + DAY)
    assert dated.fetched_at == NOW + DAY


def test_an_older_list_does_not_replace_a_newer_one(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    trust = trusting(issuer.entry())
    old = issuer.status_token()
    issuer.now = NOW + 100
    refreshed(trust, web, cache, now=NOW + 100)
    web.put(issuer.status_uri, old, media_type=STATUS_LIST_MEDIA_TYPE)
    report = refreshed(trust, web, cache, now=NOW + 200)
    assert [problem.kind for problem in report.problems] == [ErrorKind.STATUS_INVALID]
    assert report.issuers[0].lists == 0


def test_a_key_replaced_under_its_name_is_reported(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:

    from support.keys import signer

    trust = trusting(issuer.entry())
    issuer.published = [issuer.published[0]._replace(kid="main")]
    refreshed(trust, web, cache)
    issuer.published = [signer("other").public_jwk._replace(kid="main")]
    report = refreshed(trust, web, cache, now=NOW + 60)
    assert report.issuers[0].alerts == (LookupAlert.SAME_KID_OTHER_KEY,)


class TestTypes:
    def test_our_own_are_never_fetched(self, cache: MemoryLookupCache) -> None:
        for lookups in (cached(cache), on_demand(NoWeb(), cache, fetch_types=True)):
            dated = lookups.type_metadata(SKILL_CERTIFICATE, integrity=None, now=NOW)
            assert dated.source is Source.SHIPPED

    def test_our_own_must_be_the_ones_signed_for(self, cache: MemoryLookupCache) -> None:
        for lookups in (cached(cache), on_demand(NoWeb(), cache, fetch_types=True)):
            with pytest.raises(InvalidError) as caught:
                lookups.type_metadata(SKILL_CERTIFICATE, integrity=integrity_of(b"x"), now=NOW)
            assert caught.value.kind is ErrorKind.METADATA_INTEGRITY

    @pytest.mark.parametrize("vct", ["urn:example:unknown:1", "urn:carnet:nothing:1", "x", ""])
    def test_a_name_without_an_address_is_unknown(self, cache: MemoryLookupCache, vct: str) -> None:
        for lookups in (cached(cache), on_demand(NoWeb(), cache, fetch_types=True)):
            with pytest.raises(UndeterminedError) as caught:
                lookups.type_metadata(vct, integrity=None, now=NOW)
            assert caught.value.kind is ErrorKind.UNAVAILABLE

    def test_a_listed_subtype_comes_with_a_refresh(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        body = subtype(web)
        trust = trusting(issuer.entry(types=(SUBTYPE,)))
        assert refreshed(trust, web, cache).issuers[0].types == 1
        dated = cached(cache).type_metadata(SUBTYPE, integrity=integrity_of(body), now=NOW + DAY)
        assert dated.value.lineage == (SUBTYPE, SKILL_CERTIFICATE)
        assert (dated.source, dated.fetched_at) == (Source.CACHE, NOW)

    def test_one_fetched_by_hash_never_ages(
        self, web: SimulatedWeb, cache: MemoryLookupCache
    ) -> None:
        body = subtype(web)
        lookups = on_demand(web, cache, fetch_types=True)
        lookups.type_metadata(SUBTYPE, integrity=integrity_of(body), now=NOW)
        dated = on_demand(NoWeb(), cache, fetch_types=True).type_metadata(
            SUBTYPE, integrity=integrity_of(body), now=NOW + 400 * DAY
        )
        assert dated.source is Source.CACHE

    def test_one_without_a_hash_is_fetched_every_day_and_kept_through_an_outage(
        self, web: SimulatedWeb, cache: MemoryLookupCache
    ) -> None:
        subtype(web)
        lookups = on_demand(web, cache, fetch_types=True)
        for later in (0, DAY - 1, DAY, DAY + 1):
            lookups.type_metadata(SUBTYPE, integrity=None, now=NOW + later)
        assert web.calls[SUBTYPE] == 2
        web.is_down = True
        dated = lookups.type_metadata(SUBTYPE, integrity=None, now=NOW + 10 * DAY)
        assert dated.alerts == (LookupAlert.LAST_GOOD_KEPT,)
        with pytest.raises(UndeterminedError):
            lookups.type_metadata(SUBTYPE, integrity=None, now=NOW + 200 * DAY)

    def test_another_version_signed_for_is_fetched(
        self, web: SimulatedWeb, cache: MemoryLookupCache
    ) -> None:
        subtype(web)
        lookups = on_demand(web, cache, fetch_types=True)
        lookups.type_metadata(SUBTYPE, integrity=None, now=NOW)
        newer = subtype(web, name="Forklift, corrected")
        dated = lookups.type_metadata(SUBTYPE, integrity=integrity_of(newer), now=NOW + 1)
        assert dated.source is Source.FETCHED

    @pytest.mark.parametrize("vct", ["http://types.example/t", "https://10.0.0.1/t"])
    def test_an_address_that_may_not_be_opened(
        self, web: SimulatedWeb, cache: MemoryLookupCache, vct: str
    ) -> None:
        with pytest.raises(UndeterminedError) as caught:
            on_demand(web, cache, fetch_types=True).type_metadata(vct, integrity=None, now=NOW)
        assert caught.value.kind is ErrorKind.FETCH_BLOCKED
        assert web.total == 0

    def test_a_page_is_no_description(self, web: SimulatedWeb, cache: MemoryLookupCache) -> None:
        web.put(SUBTYPE, subtype(web), media_type="text/html")
        with pytest.raises(UndeterminedError) as caught:
            on_demand(web, cache, fetch_types=True).type_metadata(SUBTYPE, integrity=None, now=NOW)
        assert caught.value.kind is ErrorKind.FETCH_FAILED

    def test_a_broken_description_is_not_kept_over_a_good_one(
        self, web: SimulatedWeb, cache: MemoryLookupCache
    ) -> None:
        good = subtype(web)
        lookups = on_demand(web, cache, fetch_types=True)
        lookups.type_metadata(SUBTYPE, integrity=None, now=NOW)
        web.put(SUBTYPE, b'{"vct":"https://evil.example"}')
        with pytest.raises(InvalidError):
            lookups.type_metadata(SUBTYPE, integrity=None, now=NOW + 2 * DAY)
        dated = cached(cache).type_metadata(SUBTYPE, integrity=integrity_of(good), now=NOW)
        assert dated.value.vct == SUBTYPE

    def test_a_description_that_loosens_ours_is_refused(
        self, web: SimulatedWeb, cache: MemoryLookupCache
    ) -> None:
        subtype(web, claims=[{"path": ["nature"], "sd": "always"}])
        with pytest.raises(InvalidError) as caught:
            on_demand(web, cache, fetch_types=True).type_metadata(SUBTYPE, integrity=None, now=NOW)
        assert caught.value.kind is ErrorKind.MALFORMED
