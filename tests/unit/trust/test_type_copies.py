"""Certificates signed with another version of a shipped type: its issuer's copy, never looser."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from carnet_schemas.catalog import type_metadata_bytes, type_metadata_integrity
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_trust.integrity import integrity_of
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.lookups import Lookups, Source
from support.looking_up import cached, on_demand, refreshed, trusting
from support.simulator import DAY, NOW, SKILL_CERTIFICATE, NoWeb, SimulatedIssuer, SimulatedWeb

ADDRESS = "https://school.example/types/skill-certificate/1"
Document = dict[str, Any]


@pytest.fixture
def web() -> SimulatedWeb:
    return SimulatedWeb()


@pytest.fixture
def issuer(web: SimulatedWeb) -> SimulatedIssuer:
    return SimulatedIssuer(web)


@pytest.fixture
def cache() -> MemoryLookupCache:
    return MemoryLookupCache()


def other_bytes(change: Callable[[Document], object] | None = None) -> bytes:
    """The shipped document with a change, and in other bytes even without one."""
    document: Document = json.loads(type_metadata_bytes(SKILL_CERTIFICATE))
    if change is not None:
        change(document)
    return json.dumps(document, indent=3).encode()


def claim(document: Document, *path: str) -> Document:
    (found,) = [each for each in document["claims"] if each["path"] == list(path)]
    assert isinstance(found, dict)
    return found


def refusal(lookups: Lookups, integrity: str, issuer: str | None) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        lookups.type_metadata(SKILL_CERTIFICATE, integrity=integrity, now=NOW, issuer=issuer)
    return caught.value.kind


def test_copy_of_the_signed_hash_is_fetched_once_and_kept(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    body = other_bytes()
    web.put(ADDRESS, body)
    integrity = integrity_of(body)
    for source in (Source.FETCHED, Source.CACHE):
        dated = on_demand(web, cache).type_metadata(
            SKILL_CERTIFICATE, integrity=integrity, now=NOW, issuer=issuer.iss
        )
        assert dated.source is source
    assert web.calls[ADDRESS] == 1
    offline = cached(cache).type_metadata(
        SKILL_CERTIFICATE, integrity=integrity, now=NOW + 400 * DAY, issuer=issuer.iss
    )
    shipped = cached(cache).type_metadata(SKILL_CERTIFICATE, integrity=None, now=NOW)
    assert offline.value == shipped.value


def test_copy_is_brought_by_a_refresh(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    body = other_bytes()
    web.put(ADDRESS, body)
    refreshed(trusting(issuer.entry()), web, cache)
    dated = cached(cache).type_metadata(
        SKILL_CERTIFICATE, integrity=integrity_of(body), now=NOW, issuer=issuer.iss
    )
    assert dated.source is Source.CACHE


def test_refresh_reports_no_problem_when_there_is_no_copy(
    web: SimulatedWeb, issuer: SimulatedIssuer, cache: MemoryLookupCache
) -> None:
    web.fail(ADDRESS)
    assert not refreshed(trusting(issuer.entry()), web, cache).problems
    web.put(ADDRESS, b"<html>")
    assert not refreshed(trusting(issuer.entry()), web, cache).problems


def test_stricter_rules_of_a_copy_count_and_its_words_are_not_shown(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    def change(document: Document) -> None:
        claim(document, "title")["mandatory"] = True
        claim(document, "title")["display"] = [{"locale": "en", "label": "State diploma"}]
        document["display"] = [{"locale": "en", "name": "State diploma"}]
        document["claims"].append({"path": ["own"], "display": [{"locale": "en", "label": "X"}]})

    body = other_bytes(change)
    web.put(ADDRESS, body)
    lookups = on_demand(web)
    theirs = lookups.type_metadata(
        SKILL_CERTIFICATE, integrity=integrity_of(body), now=NOW, issuer=issuer.iss
    ).value
    ours = lookups.type_metadata(SKILL_CERTIFICATE, integrity=None, now=NOW).value
    assert theirs.labels == ours.labels
    ours_by_path = {rule.path: rule for rule in ours.claims}
    for rule in theirs.claims:
        known = ours_by_path.get(rule.path)
        assert rule.labels == (() if known is None else known.labels)
        assert rule.mandatory or known is None or not known.mandatory
    assert {rule.path: rule for rule in theirs.claims}[("title",)].mandatory


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: claim(d, "nature").update(sd="allowed"), id="may-hide"),
        pytest.param(lambda d: claim(d, "nature").update(sd="always"), id="must-hide"),
        pytest.param(lambda d: claim(d, "nature").update(mandatory=False), id="may-miss"),
        pytest.param(lambda d: d.update(vct="urn:carnet:mission:1"), id="another-type"),
        pytest.param(lambda d: d.update(extends="urn:carnet:mission:1"), id="extends"),
        pytest.param(lambda d: d.update(claims="x"), id="ill-formed"),
    ],
)
def test_looser_or_foreign_copy_is_refused(
    web: SimulatedWeb,
    issuer: SimulatedIssuer,
    cache: MemoryLookupCache,
    change: Callable[[Document], object],
) -> None:
    body = other_bytes(change)
    web.put(ADDRESS, body)
    refreshed(trusting(issuer.entry()), web, cache)
    for lookups in (on_demand(web), on_demand(web, cache), cached(cache)):
        assert refusal(lookups, integrity_of(body), issuer.iss) is ErrorKind.METADATA_INTEGRITY


@pytest.mark.parametrize(
    "integrity", [integrity_of(b"x"), "sha256-AAAA", "md5-AAAA", "", "sha256", "x" * 5_000]
)
def test_copy_of_another_hash_is_refused(
    web: SimulatedWeb, issuer: SimulatedIssuer, integrity: str
) -> None:
    web.put(ADDRESS, other_bytes())
    assert refusal(on_demand(web), integrity, issuer.iss) is ErrorKind.METADATA_INTEGRITY


@pytest.mark.parametrize(
    "who", [None, "did:jwk:e30", "https://other.example", "https://10.0.0.1", "x509", ""]
)
def test_copy_is_looked_for_at_its_issuer_only(
    web: SimulatedWeb, issuer: SimulatedIssuer, who: str | None
) -> None:
    body = other_bytes()
    web.put(ADDRESS, body)
    assert refusal(on_demand(web), integrity_of(body), who) is ErrorKind.METADATA_INTEGRITY
    assert web.calls[ADDRESS] == 0
    assert issuer.iss != who


def test_copy_that_is_not_there_is_asked_for_once_a_minute(
    web: SimulatedWeb, issuer: SimulatedIssuer
) -> None:
    web.fail(ADDRESS)
    lookups = on_demand(web)
    for number in range(5):
        integrity = integrity_of(bytes([number]))
        assert refusal(lookups, integrity, issuer.iss) is ErrorKind.METADATA_INTEGRITY
    assert web.calls[ADDRESS] == 1


def test_nothing_is_fetched_when_the_shipped_one_is_meant() -> None:
    integrity = type_metadata_integrity(SKILL_CERTIFICATE)
    dated = on_demand(NoWeb()).type_metadata(
        SKILL_CERTIFICATE, integrity=integrity, now=NOW, issuer="https://school.example"
    )
    assert dated.source is Source.SHIPPED
