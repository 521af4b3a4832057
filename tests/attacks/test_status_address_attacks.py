"""Row Y04: an issuer gives each person an address of her own, and waits for it to be opened.

For status lists (Token Status List, "Issuer Tracking of Referenced Tokens"): as a query, as
a path, as a list of few places, and as one list for each copy of one claim. Rules: ADR 10.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE, StatusReference
from carnet_securing.status_list_build import StatusListBuilder
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_verifier import Check, CheckId, CheckOutcome, Outcome, Report
from carnet_verifier.report import AlertId
from support.examining import Bench
from support.looking_up import cached, on_demand, refreshed
from support.simulator import NOW
from support.wallet_world import DAY, OfferingIssuer, World

SERVER = "https://school.example/.well-known/oauth-authorization-server"
ALICE = "https://school.example/status/alice-marie-dupont"
LISTED = pytest.mark.parametrize("listed", [True, False], ids=["listed", "unlisted"])


@pytest.fixture
def bench() -> Bench:
    return Bench()


@dataclass
class Checked:
    """A report, and what was asked of the issuer on the way to it."""

    report: Report
    opened: set[str]

    @property
    def status(self) -> Check:
        return next(one for one in self.report.checks if one.id is CheckId.STATUS)


def keep_list_at(bench: Bench, uri: str, *, size: int = 2_048, published: bool = False) -> str:
    """A document whose status is in a list of its own; its issuer names it or not."""
    issuer, others = bench.issuer, f"{bench.issuer.url}/status/all"
    issuer.status_uri, issuer.statuses = uri, StatusListBuilder(size=size)
    bench.web.put(uri, issuer.status_token, media_type=STATUS_LIST_MEDIA_TYPE)
    if not published:
        named = json.dumps({"status_lists": [others]}).encode()
        bench.web.put(f"{issuer.url}/status", named)
    return bench.issue(status=StatusReference(uri=uri, index=3))


def names_no_lists(bench: Bench) -> None:
    """The issuer says nowhere where its lists are."""
    bench.web.put(SERVER, json.dumps({"issuer": bench.issuer.url}).encode())


def checked(bench: Bench, document: str, *, listed: bool = True, **changes: Any) -> Checked:
    before = bench.web.calls.copy()
    if not listed:
        changes["trust"] = type(bench.trust).EMPTY
    report = bench.report(document, **changes)
    return Checked(report=report, opened=set(bench.web.calls - before))


# An address with room for a name


@LISTED
@pytest.mark.parametrize("published", [True, False], ids=["published", "unpublished"])
@pytest.mark.parametrize(
    "uri",
    [
        f"{ALICE}?who=alice",
        f"{ALICE}?",
        "https://school.example/status/1?0",
        "https://alice@school.example/status/1",
        "https://alice:1@school.example/status/1",
        f"{ALICE}#alice",
    ],
)
def test_Y04_an_address_with_room_for_a_name_is_not_opened(
    bench: Bench, uri: str, published: bool, listed: bool
) -> None:
    document = keep_list_at(bench, uri, published=published)
    seen = checked(bench, document, listed=listed)
    assert seen.report.outcome is Outcome.UNDETERMINED
    assert (seen.status.outcome, seen.status.kind) == (
        CheckOutcome.NOT_CHECKED,
        ErrorKind.STATUS_UNAVAILABLE,
    )
    # Nothing about lists was asked at all.
    assert seen.opened == {"https://school.example/.well-known/jwt-vc-issuer"}


# An address that only the document names


@LISTED
@pytest.mark.parametrize("size", [128, 2_048])
def test_Y04_a_list_beside_those_its_issuer_publishes_is_not_opened(
    bench: Bench, size: int, listed: bool
) -> None:
    document = keep_list_at(bench, ALICE, size=size)
    seen = checked(bench, document, listed=listed)
    assert seen.report.outcome is Outcome.UNDETERMINED
    assert ALICE not in seen.opened
    assert seen.status.text["en"] == (
        "The list of withdrawals was not accepted: it may single out this one person."
    )
    assert "Mill" in seen.status.what_to_do["en"] or not listed


def test_Y04_what_is_opened_is_the_same_for_ten_people_with_ten_addresses(bench: Bench) -> None:
    documents = [keep_list_at(bench, f"{ALICE}/{n}") for n in range(10)]
    lookups = on_demand(bench.web)
    opened = [checked(bench, document, lookups=lookups).opened for document in documents]
    assert not any(ALICE in url for urls in opened for url in urls)
    assert opened[1:] == [set()] * 9


def test_Y04_another_process_with_the_same_copies_opens_it_no_more(bench: Bench) -> None:
    cache = MemoryLookupCache()
    document = keep_list_at(bench, ALICE)
    checked(bench, document, lookups=on_demand(bench.web, cache))
    bench.web.is_down = True
    for now in (NOW + 100, NOW + DAY):
        seen = checked(bench, document, lookups=on_demand(bench.web, cache), now=now)
        assert seen.status.outcome is CheckOutcome.NOT_CHECKED
        assert ALICE not in seen.opened


@LISTED
@pytest.mark.parametrize("size", [4, 128, 1_020])
def test_Y04_few_in_a_list_that_only_the_document_names_is_not_silent(
    bench: Bench, size: int, listed: bool
) -> None:
    names_no_lists(bench)
    document = keep_list_at(bench, ALICE, size=size)
    cache = MemoryLookupCache()
    for lookups in (on_demand(bench.web, cache), on_demand(bench.web, cache)):
        seen = checked(bench, document, listed=listed, lookups=lookups)
        assert seen.report.outcome is Outcome.UNDETERMINED
        assert seen.status.kind == ErrorKind.STATUS_UNAVAILABLE
    # Its own `ttl` decides when it is read again, not how often she is checked.
    assert bench.web.calls[ALICE] == 1
    # And no timer goes on asking for it.
    refreshed(bench.trust, bench.web, cache, now=NOW + 60)
    assert bench.web.calls[ALICE] == 1


@LISTED
def test_Y04_many_in_a_list_that_only_the_document_names_is_said(
    bench: Bench, listed: bool
) -> None:
    names_no_lists(bench)
    document = keep_list_at(bench, ALICE, size=1_024)
    lookups = on_demand(bench.web)
    for _ in range(2):
        seen = checked(bench, document, listed=listed, lookups=lookups)
        assert seen.report.outcome is (Outcome.VERIFIED if listed else Outcome.GENUINE_UNLISTED)
        assert [one.id for one in seen.status.alerts] == [AlertId.UNPUBLISHED_LIST]
    assert bench.web.calls[ALICE] == 1


def test_Y04_few_in_a_list_that_is_published_is_said(bench: Bench) -> None:
    document = keep_list_at(bench, ALICE, size=64, published=True)
    seen = checked(bench, document)
    assert seen.report.outcome is Outcome.VERIFIED
    assert [one.id for one in seen.status.alerts] == [AlertId.FEW_IN_LIST]


def test_Y04_a_refresh_and_cached_lookups_open_no_address_of_a_document(bench: Bench) -> None:
    cache = MemoryLookupCache()
    document = keep_list_at(bench, ALICE)
    refreshed(bench.trust, bench.web, cache)
    seen = checked(bench, document, lookups=cached(cache))
    assert seen.report.outcome is Outcome.UNDETERMINED
    assert seen.opened == set()
    assert bench.web.calls[ALICE] == 0


# What the wallet takes


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "carnet")


def claim_with_lists(world: World, uris: list[str]) -> CarnetError | None:
    """Claim copies that name these lists, one after the other; why they were refused."""
    issuer = OfferingIssuer(world.web, batch=len(uris) if len(uris) > 1 else None)
    issuer.make = lambda key, number: issuer.signing.issue(
        issuer.claims,
        holder_key=key,
        status=StatusReference(uri=uris[number], index=number),
        issued_at=NOW - NOW % DAY,
    )
    with world.open() as wallet:
        try:
            wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)
        except CarnetError as error:
            assert wallet.list(now=NOW) == ()
            assert wallet._vault.ids("copy") == ()
            return error
        assert len(wallet.list(now=NOW)) == 1
    return None


@pytest.mark.parametrize(
    ("copies", "lists"), [(10, 10), (10, 9), (10, 6), (5, 5), (5, 3), (4, 3), (3, 3)]
)
def test_Y04_copies_with_a_list_each_are_not_kept(world: World, copies: int, lists: int) -> None:
    uris = [f"https://school.example/status/alice/copy{n % lists}" for n in range(copies)]
    error = claim_with_lists(world, uris)
    assert error is not None
    assert error.kind is ErrorKind.STATUS_INVALID
    assert error.hint == "Nothing was kept. Tell the issuer."


@pytest.mark.parametrize("copies", [1, 10])
@pytest.mark.parametrize("room", ["?who=alice", "?", "#alice"])
def test_Y04_copies_whose_list_has_room_for_a_name_are_not_kept(
    world: World, copies: int, room: str
) -> None:
    error = claim_with_lists(world, [f"https://school.example/status/1{room}"] * copies)
    assert error is not None
    assert error.kind is ErrorKind.STATUS_INVALID


def test_Y04_user_info_in_the_address_of_a_list_is_not_kept(world: World) -> None:
    error = claim_with_lists(world, ["https://alice@school.example/status/1"] * 10)
    assert error is not None
    assert error.kind is ErrorKind.STATUS_INVALID


@pytest.mark.parametrize(("copies", "lists"), [(10, 1), (10, 2), (10, 5), (2, 2), (3, 2), (1, 1)])
def test_Y04_copies_over_a_few_lists_are_kept(world: World, copies: int, lists: int) -> None:
    """Lists fill up, and issuers are told to use several side by side ("Unlinkability")."""
    uris = [f"https://school.example/status/{n % lists}" for n in range(copies)]
    assert claim_with_lists(world, uris) is None
