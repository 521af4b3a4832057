"""Keys and status lists, cached and on demand: fresh, stale, failed, replayed."""

import json
from collections.abc import Callable
from functools import partial

import pytest

from carnet_securing.credential import IssuerKey
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Fetched
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE, StatusReference
from carnet_trust.given_status import GivenStatusLists
from carnet_trust.lookup_cache import CacheRecord, MemoryLookupCache, RecordKind
from carnet_trust.lookups import Dated, FoundIssuer, Freshness, LookupAlert, Lookups, Source
from carnet_trust.trust_file import TrustData
from support.certificates import Recipe, chain
from support.keys import signer
from support.looking_up import cached, found, on_demand, refreshed, trusting
from support.simulator import DAY, NOW, NoWeb, SimulatedIssuer, SimulatedWeb


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


@pytest.fixture
def issuer(web: SimulatedWeb) -> SimulatedIssuer:
    return SimulatedIssuer(web)


@pytest.fixture
def cache() -> MemoryLookupCache:
    return MemoryLookupCache()


def refused(call: Callable[[], object], kind: ErrorKind) -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        call()
    assert caught.value.kind is kind
    return caught.value


def keys(
    lookups: Lookups, issuer: SimulatedIssuer, *, kid: str | None = None, now: int = NOW
) -> Dated[tuple[str, ...]]:
    dated = lookups.issuer_keys(
        issuer.iss, route=issuer.route, kid=kid or issuer.kid, entry=issuer.entry(), now=now
    )
    return Dated(
        value=tuple(key.thumbprint for key in dated.value),
        fetched_at=dated.fetched_at,
        source=dated.source,
        alerts=dated.alerts,
    )


def known(issuer: SimulatedIssuer, *, listed: bool = True) -> FoundIssuer:
    key = issuer.signer.public_jwk
    return FoundIssuer(
        issuer_key=IssuerKey(issuer=issuer.iss, key=key, route=issuer.route),
        entry=issuer.entry() if listed else None,
        keys=Dated(value=(key,), fetched_at=NOW, source=Source.CACHE),
    )


KEYS_URL = "https://school.example/.well-known/jwt-vc-issuer"


class TestKeysOnDemand:
    def test_are_fetched_once_while_fresh(self, web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
        lookups = on_demand(web)
        assert keys(lookups, issuer).source is Source.FETCHED
        for later in (1, 60, 899):
            dated = keys(lookups, issuer, now=NOW + later)
            assert (dated.source, dated.age(NOW + later)) == (Source.CACHE, later)
        assert web.calls[KEYS_URL] == 1

    def test_are_fetched_again_after_fifteen_minutes(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        lookups = on_demand(web)
        keys(lookups, issuer)
        assert keys(lookups, issuer, now=NOW + 900).source is Source.FETCHED
        assert web.calls[KEYS_URL] == 2

    def test_another_process_uses_what_one_fetched(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        keys(on_demand(web, cache), issuer)
        assert keys(on_demand(NoWeb(), cache), issuer).source is Source.CACHE

    def test_a_new_name_is_worth_one_fetch_a_minute(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        lookups = on_demand(web)
        keys(lookups, issuer)
        issuer.rotate("school 2")
        assert keys(lookups, issuer, now=NOW + 59).source is Source.CACHE
        dated = keys(lookups, issuer, now=NOW + 60)
        assert dated.source is Source.FETCHED
        assert dated.value == (issuer.signer.public_jwk.thumbprint,)

    def test_the_last_good_keys_outlive_an_outage_for_a_week(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        lookups = on_demand(web)
        keys(lookups, issuer)
        web.is_down = True
        for later in (900, DAY, 7 * DAY):
            dated = keys(lookups, issuer, now=NOW + later)
            assert dated.alerts == (LookupAlert.LAST_GOOD_KEPT,)
            assert dated.age(NOW + later) == later
        error = refused(
            lambda: keys(lookups, issuer, now=NOW + 7 * DAY + 1), ErrorKind.FETCH_FAILED
        )
        assert isinstance(error, UndeterminedError)

    def test_a_failure_is_remembered_for_a_minute(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        lookups = on_demand(web)
        web.is_down = True
        for later in range(0, 60, 5):
            refused(partial(keys, lookups, issuer, now=NOW + later), ErrorKind.FETCH_FAILED)
        assert web.calls[KEYS_URL] == 1
        web.is_down = False
        assert keys(lookups, issuer, now=NOW + 60).source is Source.FETCHED

    def test_a_clock_set_back_fetches_anew(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        lookups = on_demand(web)
        keys(lookups, issuer)
        assert keys(lookups, issuer, now=NOW - DAY).source is Source.FETCHED

    def test_a_spoilt_record_is_fetched_anew(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        for body in (b"", b"[]", b"{}", b'{"keys":7,"removed":[]}', b'{"keys":[7],"removed":[]}'):
            cache.put(
                CacheRecord(
                    kind=RecordKind.ISSUER_KEYS,
                    name=f"metadata {issuer.iss}",
                    body=body,
                    fetched_at=NOW,
                    listed=True,
                )
            )
            assert keys(on_demand(web, cache), issuer).source is Source.FETCHED

    def test_keys_of_one_route_never_serve_another(
        self, web: SimulatedWeb, cache: MemoryLookupCache
    ) -> None:
        issuer = SimulatedIssuer(web, route=IssuerKeyRoute.DID_WEB)
        cache.put(
            CacheRecord(
                kind=RecordKind.ISSUER_KEYS,
                name=f"metadata {issuer.iss}",
                body=b'{"keys":[],"removed":[]}',
                fetched_at=NOW,
                listed=True,
            )
        )
        assert len(keys(on_demand(web, cache), issuer).value) == 1

    @pytest.mark.parametrize(
        ("body", "media_type", "kind"),
        [
            (b"<html>", "text/html", ErrorKind.FETCH_FAILED),
            (b"<html>", "application/json", ErrorKind.MALFORMED),
            (b"{}", "application/json", ErrorKind.ISSUER_MISMATCH),
            (b'{"issuer":"https://evil.example","jwks":{"keys":[]}}', "application/json",
             ErrorKind.ISSUER_MISMATCH),
            (b'{"issuer":"https://school.example"}', "application/json", ErrorKind.MALFORMED),
            (b"x" * 70_000, "application/json", ErrorKind.FETCH_TOO_LARGE),
        ],
    )  # fmt: skip
    def test_documents_that_are_no_keys(
        self,
        web: SimulatedWeb,
        issuer: SimulatedIssuer,
        body: bytes,
        media_type: str,
        kind: ErrorKind,
    ) -> None:
        web.put(KEYS_URL, body, media_type=media_type)
        lookups = on_demand(web)
        refused(lambda: keys(lookups, issuer), kind)
        refused(lambda: keys(lookups, issuer, now=NOW + 1), kind)

    @pytest.mark.parametrize("jwks_uri", ["https://keys.example/jwks", "https://school.example/k"])
    def test_keys_by_reference(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, jwks_uri: str
    ) -> None:
        metadata = f'{{"issuer":"{issuer.url}","jwks_uri":"{jwks_uri}"}}'
        web.put(KEYS_URL, metadata.encode())
        web.put(jwks_uri, issuer.metadata().partition(b'"jwks":')[2][:-1])
        assert keys(on_demand(web), issuer).value == (issuer.signer.public_jwk.thumbprint,)

    @pytest.mark.parametrize(
        "jwks_uri",
        ["http://keys.example", "https://10.0.0.1/k", "https://localhost/k", "file:///k"],
    )
    def test_keys_by_a_reference_that_may_not_be_opened(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, jwks_uri: str
    ) -> None:
        web.put(KEYS_URL, f'{{"issuer":"{issuer.url}","jwks_uri":"{jwks_uri}"}}'.encode())
        refused(lambda: keys(on_demand(web), issuer), ErrorKind.FETCH_BLOCKED)
        assert list(web.calls) == [KEYS_URL]


class TestCachedKeys:
    def test_are_read_and_never_fetched(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        refused(lambda: keys(cached(cache), issuer), ErrorKind.UNAVAILABLE)
        refreshed(trusting(issuer.entry()), web, cache)
        calls = web.total
        dated = keys(cached(cache), issuer, now=NOW + DAY)
        assert (dated.source, dated.age(NOW + DAY)) == (Source.CACHE, DAY)
        assert web.total == calls

    def test_a_week_is_the_longest(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        refreshed(trusting(issuer.entry()), web, cache)
        keys(cached(cache), issuer, now=NOW + 7 * DAY)
        error = refused(
            lambda: keys(cached(cache), issuer, now=NOW + 7 * DAY + 1), ErrorKind.UNAVAILABLE
        )
        assert isinstance(error, UndeterminedError)
        assert error.hint


@pytest.mark.parametrize("make", ["cached", "on_demand"])
@pytest.mark.parametrize(
    ("route", "entry_keys"), [(IssuerKeyRoute.PINNED, ()), (IssuerKeyRoute.X5C, ())]
)
def test_routes_that_look_nothing_up(
    make: str, route: IssuerKeyRoute, entry_keys: tuple[()], issuer: SimulatedIssuer
) -> None:
    lookups: Lookups = cached(MemoryLookupCache()) if make == "cached" else on_demand(NoWeb())
    refused(
        lambda: lookups.issuer_keys(issuer.iss, route=route, kid=None, entry=None, now=NOW),
        ErrorKind.KEY_NOT_TRUSTED,
    )


def status(
    lookups: Lookups,
    issuer: SimulatedIssuer,
    reference: StatusReference,
    *,
    now: int = NOW,
    listed: bool = True,
) -> int:
    dated = lookups.status_list(reference.uri, found=known(issuer, listed=listed), now=now)
    return dated.value.status(reference.index)


class TestStatusOnDemand:
    def test_says_what_the_issuer_says(self, web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
        first, second, third = (issuer.next_status() for _ in range(3))
        issuer.withdraw(second)
        issuer.pause(third)
        lookups = on_demand(web)
        assert [status(lookups, issuer, one) for one in (first, second, third)] == [0, 1, 2]
        assert web.calls[issuer.status_uri] == 1

    @pytest.mark.parametrize(
        ("ttl", "fresh_for"), [(300, 300), (1, 60), (59, 60), (10**9, 86_400), (None, 300)]
    )
    def test_is_kept_as_long_as_its_ttl_says_within_bounds(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, ttl: int | None, fresh_for: int
    ) -> None:
        issuer.status_ttl, issuer.status_lifetime = ttl, None
        reference, lookups = issuer.next_status(), on_demand(web)
        status(lookups, issuer, reference)
        status(lookups, issuer, reference, now=NOW + fresh_for - 1)
        assert web.calls[issuer.status_uri] == 1
        status(lookups, issuer, reference, now=NOW + fresh_for)
        assert web.calls[issuer.status_uri] == 2

    def test_a_withdrawal_is_seen_after_the_ttl(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        reference, lookups = issuer.next_status(), on_demand(web)
        assert status(lookups, issuer, reference) == 0
        issuer.withdraw(reference)
        assert status(lookups, issuer, reference, now=NOW + 299) == 0
        assert status(lookups, issuer, reference, now=NOW + 300) == 1

    @pytest.mark.parametrize(("ttl", "at_most"), [(300, 60), (10**6, 60), (300, 900)])
    def test_who_wants_to_know_now_asks_again_sooner_but_never_later(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, ttl: int, at_most: int
    ) -> None:
        issuer.status_ttl, issuer.status_lifetime = ttl, None
        reference = issuer.next_status()
        lookups = on_demand(web, freshness=Freshness(status_at_most=at_most))
        assert status(lookups, issuer, reference) == 0
        issuer.withdraw(reference)
        due = NOW + min(ttl, at_most)
        assert status(lookups, issuer, reference, now=due - 1) == 0
        assert web.calls[issuer.status_uri] == 1
        assert status(lookups, issuer, reference, now=due) == 1
        assert web.calls[issuer.status_uri] == 2

    def test_an_outage_keeps_the_last_good_list_and_its_age(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        reference, lookups = issuer.next_status(), on_demand(web)
        status(lookups, issuer, reference)
        web.is_down = True
        dated = lookups.status_list(reference.uri, found=known(issuer), now=NOW + 4_000)
        assert LookupAlert.LAST_GOOD_KEPT in dated.alerts
        assert dated.age(NOW + 4_000) == 4_000
        for later in range(4_001, 4_060, 7):
            lookups.status_list(reference.uri, found=known(issuer), now=NOW + later)
        assert web.calls[reference.uri] == 2

    def test_few_places_single_a_person_out(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        from carnet_securing.status_list_build import StatusListBuilder

        issuer.statuses = StatusListBuilder(size=1_020)
        dated = on_demand(web).status_list(issuer.status_uri, found=known(issuer), now=NOW)
        assert dated.alerts == (LookupAlert.FEW_IN_LIST,)

    def test_a_list_signed_by_a_newer_key_is_read(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        reference, lookups = issuer.next_status(), on_demand(web)
        token = issuer.issue(status=reference)
        old = found(token, trust=trusting(issuer.entry()), lookups=lookups)
        issuer.rotate("school 2")
        dated = lookups.status_list(reference.uri, found=old, now=NOW + 60)
        assert dated.value.status(reference.index) == 0

    @pytest.mark.parametrize(
        ("body", "media_type"),
        [
            (b"<html>", "text/html"),
            (b"<html>", STATUS_LIST_MEDIA_TYPE),
            (b"", STATUS_LIST_MEDIA_TYPE),
            (b"e30.e30.e30", STATUS_LIST_MEDIA_TYPE),
        ],
    )
    def test_something_else_at_its_address(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, body: bytes, media_type: str
    ) -> None:
        web.put(issuer.status_uri, body, media_type=media_type)
        refused(
            lambda: status(on_demand(web), issuer, issuer.next_status()), ErrorKind.STATUS_INVALID
        )

    def test_a_list_of_another_issuer(self, web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
        evil = SimulatedIssuer(web, url="https://evil.example", name="evil")
        evil.status_uri = issuer.status_uri
        web.put(issuer.status_uri, evil.status_token, media_type=STATUS_LIST_MEDIA_TYPE)
        refused(
            lambda: status(on_demand(web), issuer, issuer.next_status()), ErrorKind.KEY_NOT_FOUND
        )

    def test_a_list_for_another_address(self, web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
        other = f"{issuer.url}/status/other"
        web.put(f"{issuer.url}/status", json.dumps({"status_lists": [other]}).encode())
        web.put(other, issuer.status_token, media_type=STATUS_LIST_MEDIA_TYPE)
        refused(
            lambda: status(on_demand(web), issuer, StatusReference(uri=other, index=1)),
            ErrorKind.STATUS_INVALID,
        )

    def test_a_strangers_list_stays_at_the_strangers_address(
        self, web: SimulatedWeb, issuer: SimulatedIssuer
    ) -> None:
        for uri in (
            "https://victim.example/status/1",
            "https://school.example.evil.example/status/1",
            "https://school.example@evil.example/status/1",
            "http://school.example/status/1",
            "https://school.example:444/status/1",
            "https://school.example",
        ):
            refused(
                partial(
                    status, on_demand(web), issuer, StatusReference(uri=uri, index=1), listed=False
                ),
                ErrorKind.STATUS_UNAVAILABLE,
            )
        assert web.total == 0

    def test_a_listed_issuer_may_keep_its_lists_elsewhere(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        issuer.status_uri = "https://status.example/1"
        web.put(issuer.status_uri, issuer.status_token, media_type=STATUS_LIST_MEDIA_TYPE)
        assert status(on_demand(web, cache), issuer, issuer.next_status()) == 0
        # From now on a refresh knows of it, and so does whoever only reads.
        assert status(cached(cache), issuer, issuer.next_status()) == 0

    @pytest.mark.parametrize(
        "uri", ["http://status.example/1", "https://10.0.0.1/1", "https://localhost/1"]
    )
    def test_no_list_at_an_address_that_may_not_be_opened(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, uri: str
    ) -> None:
        refused(
            lambda: status(on_demand(web), issuer, StatusReference(uri=uri, index=1)),
            ErrorKind.STATUS_UNAVAILABLE,
        )
        assert web.total == 0

    def test_a_place_outside_the_list(self, web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
        for index in (2**20, 2**31, 2**53):
            reference = StatusReference(uri=issuer.status_uri, index=index)
            refused(
                partial(status, on_demand(web), issuer, reference),
                ErrorKind.STATUS_INDEX,
            )


class TestCachedStatus:
    def test_reads_what_a_refresh_brought(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        reference = issuer.next_status()
        refused(lambda: status(cached(cache), issuer, reference), ErrorKind.STATUS_UNAVAILABLE)
        refreshed(trusting(issuer.entry()), web, cache)
        issuer.withdraw(reference)
        assert status(cached(cache), issuer, reference, now=NOW + DAY) == 0
        issuer.now = NOW + DAY
        refreshed(trusting(issuer.entry()), web, cache, now=NOW + DAY)
        assert status(cached(cache), issuer, reference, now=NOW + DAY) == 1

    def test_only_lists_the_issuer_publishes(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        refreshed(trusting(issuer.entry()), web, cache)
        for uri in (
            "https://victim.example/status/1",
            f"{issuer.url}.evil.example/status/1",
            f"{issuer.url}/../x",
            f"{issuer.url}/status/%2e%2e/x",
            issuer.url,
        ):
            refused(
                partial(status, cached(cache), issuer, StatusReference(uri=uri, index=1)),
                ErrorKind.STATUS_UNAVAILABLE,
            )

    def test_a_poisoned_cache_says_nothing(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        refreshed(trusting(issuer.entry()), web, cache)
        evil = SimulatedIssuer(SimulatedWeb(), name="evil")
        name = f"metadata {issuer.iss} {issuer.status_uri}"
        good = cache.get(RecordKind.STATUS_LIST, name)
        assert good is not None
        for body in (evil.status_token(), b"", good.body[:-1], b"x" + good.body[1:]):
            cache.put(
                CacheRecord(
                    kind=RecordKind.STATUS_LIST,
                    name=name,
                    body=body,
                    fetched_at=NOW,
                    listed=True,
                )
            )
            refused(
                lambda: status(cached(cache), issuer, issuer.next_status()),
                ErrorKind.STATUS_UNAVAILABLE,
            )

    def test_a_spoilt_aggregation_names_no_list(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        issuer.status_uri = "https://status.example/1"
        cache.put(
            CacheRecord(
                kind=RecordKind.AGGREGATION,
                name=issuer.iss,
                body=b"spoilt",
                fetched_at=NOW,
                listed=True,
            )
        )
        refused(
            lambda: status(cached(cache), issuer, issuer.next_status()),
            ErrorKind.STATUS_UNAVAILABLE,
        )

    def test_another_issuers_list_is_not_read_under_this_name(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        tenant = SimulatedIssuer(web, url=f"{issuer.url}/t/b", name="tenant")
        refreshed(trusting(tenant.entry()), web, cache)
        refused(
            lambda: status(cached(cache), issuer, StatusReference(uri=tenant.status_uri, index=1)),
            ErrorKind.STATUS_UNAVAILABLE,
        )


class TestGivenStatus:
    def given(self, lookups: Lookups, *tokens: bytes) -> GivenStatusLists:
        return GivenStatusLists(lookups, tokens, check=check_signature, limits=PRESENTATION)

    def test_answers_from_files_alone(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        refreshed(trusting(issuer.entry()), web, cache)
        reference = issuer.next_status()
        old = issuer.status_token()
        issuer.withdraw(reference)
        issuer.now = NOW + 100
        new = issuer.status_token()
        calls = web.total
        for tokens in ((old, new), (new, old), (b"junk", new)):
            lookups = self.given(cached(cache), *tokens)
            dated = lookups.status_list(reference.uri, found=known(issuer), now=NOW + 200)
            assert dated.value.status(reference.index) == 1
            assert (dated.source, dated.age(NOW + 200)) == (Source.GIVEN, 100)
        assert web.total == calls

    def test_no_file_or_the_wrong_one(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        refreshed(trusting(issuer.entry()), web, cache)
        reference = issuer.next_status()
        base = cached(cache)
        refused(lambda: status(self.given(base), issuer, reference), ErrorKind.STATUS_UNAVAILABLE)
        evil = SimulatedIssuer(SimulatedWeb(), name="evil").status_token()
        refused(lambda: status(self.given(base, evil), issuer, reference), ErrorKind.KEY_NOT_FOUND)
        other = StatusReference(uri=f"{issuer.url}/status/other", index=1)
        refused(
            lambda: status(self.given(base, issuer.status_token()), issuer, other),
            ErrorKind.STATUS_INVALID,
        )

    def test_a_file_out_of_date_is_not_checked(
        self, web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
    ) -> None:
        refreshed(trusting(issuer.entry()), web, cache)
        for lifetime, issued_at in ((DAY, NOW), (None, NOW - 6 * DAY)):
            issuer.status_lifetime, issuer.now = lifetime, issued_at
            lookups = self.given(cached(cache), issuer.status_token())
            error = refused(
                partial(status, lookups, issuer, issuer.next_status(), now=NOW + DAY + 60),
                ErrorKind.STATUS_UNAVAILABLE,
            )
            assert isinstance(error, UndeterminedError)


class TestStatusOfCertifiedIssuers:
    def certified(self, web: SimulatedWeb) -> tuple[SimulatedIssuer, FoundIssuer, TrustData]:
        certificates = chain(
            leaf=Recipe(name="leaf", uris=["https://school.example"], dns=["school.example"])
        )
        issuer = SimulatedIssuer(web, name="leaf")
        issuer.signer = signer("leaf")
        issuer.x5c = certificates.ders
        trust = trusting(issuer.entry(route=IssuerKeyRoute.X5C, roots=(certificates.root.der,)))
        token = issuer.issue(x5c=certificates.ders)
        return issuer, found(token, trust=trust, lookups=on_demand(NoWeb())), trust

    def test_its_list_carries_a_chain(self, web: SimulatedWeb) -> None:
        issuer, result, trust = self.certified(web)
        cache = MemoryLookupCache()
        report = refreshed(trust, web, cache)
        assert not report.problems
        assert report.issuers[0].lists == 1
        reference = issuer.next_status()
        dated = cached(cache).status_list(reference.uri, found=result, now=NOW)
        assert dated.value.status(reference.index) == 0

    def test_a_list_by_the_key_of_the_credential_needs_none(self, web: SimulatedWeb) -> None:
        issuer, result, _ = self.certified(web)
        issuer.x5c = ()
        on_demand(web).status_list(issuer.status_uri, found=result, now=NOW)

    def test_a_list_under_another_chain(self, web: SimulatedWeb) -> None:
        issuer, result, trust = self.certified(web)
        issuer.x5c = chain(
            root=Recipe(name="other root", ca=True),
            leaf=Recipe(name="leaf", dns=["school.example"]),
        ).ders
        refused(
            lambda: on_demand(web).status_list(issuer.status_uri, found=result, now=NOW),
            ErrorKind.CHAIN_INVALID,
        )
        report = refreshed(trust, web, MemoryLookupCache())
        assert [problem.kind for problem in report.problems] == [ErrorKind.CHAIN_INVALID]

    def test_a_list_by_another_key_without_a_chain(self, web: SimulatedWeb) -> None:
        issuer, result, trust = self.certified(web)
        issuer.x5c, issuer.signer = (), signer("evil")
        refused(
            lambda: on_demand(web).status_list(issuer.status_uri, found=result, now=NOW),
            ErrorKind.BAD_SIGNATURE,
        )
        report = refreshed(trust, web, MemoryLookupCache())
        assert [problem.kind for problem in report.problems] == [ErrorKind.KEY_NOT_FOUND]


class Slow:
    """A `Fetch` that counts how many of one address run at once."""

    def __init__(self, web: SimulatedWeb) -> None:
        self.web = web

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        return self.web.get(url, accept=accept, max_bytes=max_bytes, max_redirects=max_redirects)


def test_many_threads_make_one_request(web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    lookups, reference = on_demand(Slow(web)), issuer.next_status()
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: status(lookups, issuer, reference), range(64)))
    assert set(results) == {0}
    assert web.calls[KEYS_URL] == 1
    assert web.calls[issuer.status_uri] == 1


def test_a_full_disk_does_not_stop_a_check(web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
    class Full(MemoryLookupCache):
        def put(self, record: CacheRecord) -> None:
            raise UndeterminedError(ErrorKind.STORAGE_FULL, "Full.")

    assert status(on_demand(web, Full()), issuer, issuer.next_status()) == 0
    report = refreshed(trusting(issuer.entry()), web, Full())
    assert ErrorKind.STORAGE_FULL in {problem.kind for problem in report.problems}


def test_unknown_is_never_invalid(web: SimulatedWeb, issuer: SimulatedIssuer) -> None:
    web.is_down = True
    for lookups in (on_demand(web), cached(MemoryLookupCache())):
        with pytest.raises(UndeterminedError):
            keys(lookups, issuer)
        with pytest.raises(UndeterminedError):
            status(lookups, issuer, issuer.next_status())
        with pytest.raises(UndeterminedError):
            lookups.type_metadata("https://types.example/t", integrity=None, now=NOW)


def test_the_error_families_are_kept_when_remembered(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    web.put(KEYS_URL, b"{}")
    lookups = on_demand(web)
    for later in (0, 1):
        with pytest.raises(InvalidError):
            keys(lookups, issuer, now=NOW + later)
