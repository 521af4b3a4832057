"""Each check of an examination with what makes it fail, and what leaves it open."""

from collections.abc import Callable
from typing import Any

import pytest

from carnet_schemas.catalog import type_metadata_bytes
from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.issuer_key import metadata_url
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE, StatusReference
from carnet_securing.status_list_build import StatusListBuilder
from carnet_trust.entries import EndReason
from carnet_trust.integrity import integrity_of
from carnet_trust.lookup_cache import MemoryLookupCache
from carnet_trust.trust_file import TrustData
from carnet_verifier import (
    AlertId,
    CheckId,
    CheckOutcome,
    Examined,
    Ground,
    Outcome,
    PolicyUnmetError,
    Report,
    StatusNotOlderThan,
)
from support.credential_samples import SKILL_CERTIFICATE as SKILL_CERTIFICATE_CLAIMS
from support.examining import Bench, line
from support.keys import signer as key_called
from support.looking_up import cached, on_demand, refreshed
from support.simulator import (
    DAY,
    NOW,
    SKILL_CERTIFICATE,
    SimulatedIssuer,
    SimulatedWeb,
)

OWN_TYPE = "https://school.example/types/own/1"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def judged(report: Report) -> tuple[Outcome, Ground | None]:
    return report.outcome, report.ground


def test_a_good_certificate_passes_every_check(bench: Bench) -> None:
    report = bench.report(bench.issue())
    assert judged(report) == (Outcome.VERIFIED, None)
    assert [check.id for check in report.checks] == [
        one for one in CheckId if one is not CheckId.QUESTION
    ]
    assert report.what_to_do == {}
    assert report.checked_at == NOW
    assert report.issuers == (
        {"fr": "Centre de formation du Moulin", "en": "Mill Training Centre"},
    )


# Format, key, signature


@pytest.mark.parametrize(
    "document", ["", "~", "a.b.c", "a.b.c~", "{}", "\x00", "é~", "x" * 200_000], ids=range(8)
)
def test_what_does_not_read_says_no_more(bench: Bench, document: str) -> None:
    report = bench.report(document)
    assert judged(report) == (Outcome.REJECTED, Ground.NOT_AUTHENTIC)
    assert [check.id for check in report.checks] == [CheckId.FORMAT]
    assert not report.issuers
    assert not bench.web.total


def test_a_forged_signature_names_no_issuer_and_fetches_no_list(bench: Bench) -> None:
    forged = bench.issue(signer=key_called("forger"))
    forged = forged.replace(forged.split(".")[0], bench.issue().split(".")[0])
    report = bench.report(forged)
    assert judged(report) == (Outcome.REJECTED, Ground.NOT_AUTHENTIC)
    assert line(report, CheckId.SIGNATURE).kind == "bad_signature"
    assert not report.issuers
    assert "Mill" not in report.headline["en"]
    assert bench.web.calls[bench.issuer.status_uri] == 0


def test_a_key_that_cannot_be_fetched_accuses_nobody(bench: Bench) -> None:
    document = bench.issue()
    bench.web.is_down = True
    report = bench.report(document)
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert line(report, CheckId.ISSUER_KEY).outcome is CheckOutcome.NOT_CHECKED
    assert "key is missing" in report.headline["en"]
    assert "internet" in report.what_to_do["en"]


def test_a_key_that_was_never_refreshed_wants_a_refresh(bench: Bench) -> None:
    report = bench.report(bench.issue(), lookups=cached(MemoryLookupCache()))
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert line(report, CheckId.ISSUER_KEY).kind == "unavailable"
    assert "Refresh" in report.what_to_do["en"]


@pytest.mark.parametrize(
    "metadata",
    [
        b"<html>",
        b"[]",
        b'{"issuer":"https://evil.example","jwks":{"keys":[]}}',
        b'{"issuer":"https://school.example"}',
        b'{"issuer":"https://school.example","issuer":"https://school.example"}',
    ],
    ids=range(5),
)
def test_an_issuers_broken_metadata_accuses_nobody(bench: Bench, metadata: bytes) -> None:
    document = bench.issue()
    bench.web.put(metadata_url(bench.issuer.url), metadata)
    report = bench.report(document)
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert line(report, CheckId.ISSUER_KEY).outcome is CheckOutcome.NOT_CHECKED


def test_V26_a_key_the_issuer_took_away_does_speak_against_the_document(bench: Bench) -> None:
    cache = MemoryLookupCache()
    document = bench.issue()
    refreshed(bench.trust, bench.web, cache)
    bench.issuer.rotate("school 2")
    refreshed(bench.trust, bench.web, cache, now=NOW + 1_000)
    report = bench.report(document, lookups=cached(cache), now=NOW + 1_000)
    assert judged(report) == (Outcome.REJECTED, Ground.NOT_AUTHENTIC)
    assert line(report, CheckId.ISSUER_KEY).kind == "key_not_trusted"


@pytest.mark.parametrize("did", ["did:jwk:AAAA", "did:key:zzzz", "did:jwk:", "did:key:z6Mk"])
def test_a_did_that_holds_no_key_is_the_documents_own_fault(bench: Bench, did: str) -> None:
    report = bench.report(bench.issue(issuer=did))
    assert judged(report) == (Outcome.REJECTED, Ground.NOT_AUTHENTIC)


# Validity


@pytest.mark.parametrize(
    ("changes", "ground", "words"),
    [
        (
            {"expires_at": NOW - DAY, "issued_at": NOW - 9 * DAY},
            Ground.EXPIRED,
            "expired on 14 January 2027",
        ),
        ({"issued_at": NOW + 30 * DAY}, Ground.NOT_YET_VALID, "valid only from 14 February 2027"),
        ({"expires_at": -(10**15)}, Ground.EXPIRED, "but expired."),
        ({"issued_at": 10**15}, Ground.NOT_YET_VALID, "but not valid yet."),
    ],
    ids=["expired", "future", "no-such-day", "no-such-day-to-come"],
)
def test_times_give_the_day_where_there_is_one(
    bench: Bench, changes: dict[str, Any], ground: Ground, words: str
) -> None:
    report = bench.report(bench.issue(**changes))
    assert judged(report) == (Outcome.REJECTED, ground)
    assert words in report.headline["en"]
    assert "{" not in report.headline["fr"] + line(report, CheckId.VALIDITY).text["fr"]
    assert line(report, CheckId.VALIDITY).when is not None


def test_a_certificate_addressed_to_somebody_is_not_for_us(bench: Bench) -> None:
    addressed = {**SKILL_CERTIFICATE_CLAIMS, "aud": "https://other.example"}
    report = bench.report(bench.issue(addressed))
    assert judged(report) == (Outcome.REJECTED, Ground.NOT_FOR_YOU)
    assert "addressed" in line(report, CheckId.VALIDITY).text["en"]


# Type


def own_type(bench: Bench, *, extends: str | None = SKILL_CERTIFICATE, **members: Any) -> bytes:
    document: dict[str, Any] = {"vct": OWN_TYPE, **members}
    if extends is not None:
        document["extends"] = extends
        document["extends#integrity"] = integrity_of(type_metadata_bytes(extends))
    body = strict_json.dumps_bytes(document)
    bench.web.put(OWN_TYPE, body)
    bench.trust = TrustData.of([bench.issuer.entry(types=(OWN_TYPE, SKILL_CERTIFICATE))])
    return body


@pytest.mark.parametrize("vct", ["urn:example:anything:1", OWN_TYPE, "badge"])
@pytest.mark.parametrize("fetch_types", [False, True])
def test_a_type_nobody_describes_has_no_rules_to_break(
    bench: Bench, vct: str, fetch_types: bool
) -> None:
    trust = TrustData.of([bench.issuer.entry(types=(vct,))])
    document = bench.issue({"title": "x"}, vct=vct)
    bench.web.take_away(vct)
    lookups = on_demand(bench.web, fetch_types=fetch_types)
    report = bench.report(document, trust=trust, lookups=lookups)
    assert judged(report) == (Outcome.VERIFIED, None)
    rules = line(report, CheckId.TYPE)
    assert rules.outcome is CheckOutcome.NOT_APPLICABLE
    assert rules.text["en"] == "No rules are known for this type."


BASE_TYPE = "https://school.example/types/base/1"
OWN_EXTENDING = strict_json.dumps_bytes(
    {"vct": OWN_TYPE, "extends": BASE_TYPE, "claims": [{"path": ["must"], "mandatory": True}]}
)


def with_own_type(bench: Bench, page: bytes | int | None) -> TrustData:
    """Trust in the issuer's own type, whose address gives this page, this status or nothing."""
    if isinstance(page, bytes):
        bench.web.put(OWN_TYPE, page)
    elif page is None:
        bench.web.fail(OWN_TYPE)
    else:
        bench.web.take_away(OWN_TYPE, status=page)
    return TrustData.of([bench.issuer.entry(types=(OWN_TYPE,))])


@pytest.mark.parametrize("ahead_of_time", [False, True])
@pytest.mark.parametrize("page", [OWN_EXTENDING, 500, 403, None, b"<html>"])
def test_V20_rules_that_could_not_be_had_are_not_rules_that_are_absent(
    bench: Bench, page: bytes | int | None, ahead_of_time: bool
) -> None:
    trust = with_own_type(bench, page)
    cache = MemoryLookupCache()
    if ahead_of_time:
        refreshed(trust, bench.web, cache)
    lookups = cached(cache) if ahead_of_time else on_demand(bench.web, fetch_types=True)
    report = bench.report(bench.issue({"title": "x"}, vct=OWN_TYPE), trust=trust, lookups=lookups)
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert line(report, CheckId.TYPE).outcome is CheckOutcome.NOT_CHECKED


@pytest.mark.parametrize("status", [404, 410])
def test_an_address_that_has_no_description_says_so_ahead_of_time_too(
    bench: Bench, status: int
) -> None:
    trust = with_own_type(bench, None)
    cache = MemoryLookupCache()
    refreshed(trust, bench.web, cache)
    document = bench.issue({"title": "x"}, vct=OWN_TYPE)
    assert bench.report(document, trust=trust, lookups=cached(cache)).outcome is (
        Outcome.UNDETERMINED
    )
    bench.web.take_away(OWN_TYPE, status=status)
    refreshed(trust, bench.web, cache, now=NOW + 60)
    report = bench.report(document, trust=trust, lookups=cached(cache), now=NOW + 60)
    assert judged(report) == (Outcome.VERIFIED, None)
    assert line(report, CheckId.TYPE).outcome is CheckOutcome.NOT_APPLICABLE


def signed_for(bench: Bench, integrity: str, **changes: Any) -> str:
    """A document of the own type that signs for its description."""
    from support import sd_jwts

    members = {
        "vct": OWN_TYPE,
        "vct#integrity": integrity,
        "cnf": {"jwk": key_called("worker").public_jwk.bare().to_json()},
        **changes,
    }
    return sd_jwts.forge(members)


@pytest.mark.parametrize("fetch_types", [False, True])
def test_a_description_that_was_signed_for_must_be_had(bench: Bench, fetch_types: bool) -> None:
    body = own_type(bench, extends=None)
    bench.web.fail(OWN_TYPE)
    report = bench.report(
        signed_for(bench, integrity_of(body)), lookups=on_demand(bench.web, fetch_types=fetch_types)
    )
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert line(report, CheckId.TYPE).outcome is CheckOutcome.NOT_CHECKED
    assert "rules of this type are missing" in report.headline["en"]


def test_V12_a_description_that_was_not_signed_for_is_refused(bench: Bench) -> None:
    own_type(bench, extends=None)
    report = bench.report(
        signed_for(bench, integrity_of(b"{}")), lookups=on_demand(bench.web, fetch_types=True)
    )
    assert judged(report) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert line(report, CheckId.TYPE).kind == "metadata_integrity"
    assert "not those the issuer signed" in line(report, CheckId.TYPE).text["en"]


@pytest.mark.parametrize(
    "body", [b"[]", b'{"vct":"urn:other:1"}', b"<html>", b'{"vct":1}', b'{"a":1,"a":1}']
)
def test_V19_a_wrong_description_leaves_the_type_unchecked(bench: Bench, body: bytes) -> None:
    own_type(bench)
    bench.web.put(OWN_TYPE, body)
    report = bench.report(
        bench.issue({"x": 1}, vct=OWN_TYPE), lookups=on_demand(bench.web, fetch_types=True)
    )
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert line(report, CheckId.TYPE).outcome is CheckOutcome.NOT_CHECKED


def test_a_described_type_that_is_followed(bench: Bench) -> None:
    body = own_type(bench, extends=None, claims=[{"path": ["room"], "sd": "never"}])
    report = bench.report(
        signed_for(bench, integrity_of(body), room="12"),
        lookups=on_demand(bench.web, fetch_types=True),
    )
    assert judged(report) == (Outcome.VERIFIED, None)
    assert line(report, CheckId.TYPE).source == "fetched"


@pytest.mark.parametrize(
    ("claims", "members"),
    [
        ([{"path": ["room"], "sd": "always"}], {"room": "12"}),
        ([{"path": ["room"], "mandatory": True}], {}),
        ([{"path": ["room", "floor"], "sd": "never"}], {"room": ["12"]}),
    ],
    ids=["shown-openly", "missing", "misshapen"],
)
def test_V20_rules_of_a_type_are_held_against_it(
    bench: Bench, claims: list[Any], members: dict[str, Any]
) -> None:
    body = own_type(bench, extends=None, claims=claims)
    report = bench.report(
        signed_for(bench, integrity_of(body), **members),
        lookups=on_demand(bench.web, fetch_types=True),
    )
    assert judged(report) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert line(report, CheckId.TYPE).kind == "policy_unmet"


@pytest.mark.parametrize(
    "claims",
    [
        {"nature": "end_of_training", "title": {"en": "x"}, "month": "2026-05", "birthdate": "x"},
        {"nature": "of_my_own", "title": {"en": "x"}, "month": "2026-05"},
        {"nature": "end_of_training", "title": "x", "month": "2026-05"},
        {"nature": "end_of_training", "title": {"en": "x"}, "month": "May"},
        {"nature": "rncp", "title": {"en": "x"}, "month": "2026-05"},
        {"nature": "end_of_training", "title": {"en": "x"}, "month": "2026-05", "pay": 12},
    ],
    ids=["never-list", "nature", "title", "month", "rncp-without-sheet", "pay"],
)
def test_our_own_types_hold_their_whole_model(bench: Bench, claims: dict[str, Any]) -> None:
    conceal = [(name,) for name in claims if name != "nature"]
    report = bench.report(bench.issue(claims, conceal=conceal))
    assert judged(report) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert line(report, CheckId.TYPE).outcome is CheckOutcome.FAILED
    assert report.headline["en"].endswith("But it breaks the rules of its type.")


# Listed


def test_an_unlisted_issuer_is_not_refused(bench: Bench) -> None:
    report = bench.report(bench.issue(), trust=TrustData.of([]))
    assert judged(report) == (Outcome.GENUINE_UNLISTED, None)
    listed = line(report, CheckId.ISSUER_LISTED)
    assert listed.outcome is CheckOutcome.UNLISTED
    assert listed.kind == ""
    assert "says nothing against" in listed.does_not_prove["en"]
    assert report.issuers == ({"fr": "school.example", "en": "school.example"},)
    assert report.what_to_do == listed.what_to_do


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"types": ("urn:carnet:mission:1",)}, "not for this type"),
        ({"types": (SKILL_CERTIFICATE.upper(),)}, "not for this type"),
        ({"since": NOW + DAY}, "not at this date"),
        ({"until": NOW - 2 * DAY, "reason": EndReason.CLOSED}, "not at this date"),
        ({"until": NOW - 1, "reason": EndReason.KEY_STOLEN}, "not at this date"),
    ],
    ids=["another-type", "type-by-the-byte", "not-yet", "no-longer", "key-stolen"],
)
def test_V10_a_listed_issuer_may_say_what_its_entry_says(
    bench: Bench, entry: dict[str, Any], words: str
) -> None:
    trust = TrustData.of([bench.issuer.entry(**entry)])
    report = bench.report(bench.issue(), trust=trust)
    assert judged(report) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert words in line(report, CheckId.ISSUER_LISTED).text["en"]
    assert report.headline["en"].endswith("But your lists do not cover this case.")


def test_W08_a_name_in_foreign_letters_is_shown_as_it_is_written_and_marked() -> None:
    bench = Bench()
    lookalike = SimulatedIssuer(bench.web, url="https://xn--sch0l-4ve.example", name="other")
    report = bench.report(lookalike.issue())
    assert report.outcome is Outcome.GENUINE_UNLISTED
    (alert,) = line(report, CheckId.ISSUER_LISTED).alerts
    assert alert.id is AlertId.LOOKALIKE_NAME
    assert "xn--sch0l-4ve.example" in report.headline["en"]


# Status


def test_withdrawn_and_paused(bench: Bench) -> None:
    for change, ground, words in (
        (bench.issuer.withdraw, Ground.WITHDRAWN, "Genuine, but withdrawn by Mill"),
        (bench.issuer.pause, Ground.PAUSED, "Genuine, but put on hold by Mill"),
    ):
        place = bench.issuer.next_status()
        change(place)
        report = bench.report(bench.issue(status=place))
        assert judged(report) == (Outcome.REJECTED, ground)
        assert report.headline["en"].startswith(words)
        assert line(report, CheckId.STATUS).source == "fetched"
        assert line(report, CheckId.STATUS).age == 0


def test_T21_a_state_unknown_here_is_neither_good_nor_bad(bench: Bench) -> None:
    place = bench.issuer.next_status()
    bench.issuer.statuses.set(place.index, 3)
    report = bench.report(bench.issue(status=place))
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert "unknown here" in line(report, CheckId.STATUS).text["en"]


def test_T04_a_place_the_list_does_not_have(bench: Bench) -> None:
    place = StatusReference(uri=bench.issuer.status_uri, index=2**20)
    report = bench.report(bench.issue(status=place))
    assert judged(report) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert line(report, CheckId.STATUS).kind == "status_index"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda web, uri: web.fail(uri),
        lambda web, uri: web.put(uri, b"<html>", media_type="text/html"),
        lambda web, uri: web.put(uri, b"", media_type=STATUS_LIST_MEDIA_TYPE),
        lambda web, uri: web.put(uri, b"a.b.c", media_type=STATUS_LIST_MEDIA_TYPE),
    ],
    ids=["down", "html", "empty", "not-a-token"],
)
def test_T18_a_list_that_cannot_be_read_is_neither_good_nor_bad(
    bench: Bench, spoil: Callable[[SimulatedWeb, str], None]
) -> None:
    document = bench.issue()
    spoil(bench.web, bench.issuer.status_uri)
    report = bench.report(document)
    assert judged(report) == (Outcome.UNDETERMINED, None)
    assert line(report, CheckId.STATUS).outcome is CheckOutcome.NOT_CHECKED
    assert "list of withdrawals is missing" in report.headline["en"]
    assert "withdrawn" not in report.headline["en"]


def test_a_list_signed_by_somebody_else_says_nothing(bench: Bench) -> None:
    place = bench.issuer.next_status()
    document = bench.issue(status=place)
    stranger = SimulatedIssuer(SimulatedWeb(), name="stranger")
    stranger.withdraw(place)
    bench.web.put(bench.issuer.status_uri, stranger.status_token, media_type=STATUS_LIST_MEDIA_TYPE)
    assert judged(bench.report(document)) == (Outcome.UNDETERMINED, None)


def test_without_a_list_there_is_nothing_to_withdraw(bench: Bench) -> None:
    report = bench.report(bench.issue(status=None))
    assert judged(report) == (Outcome.VERIFIED, None)
    assert line(report, CheckId.STATUS).outcome is CheckOutcome.NOT_APPLICABLE


# Alerts


def test_the_last_good_list_is_used_and_said_to_be_that(bench: Bench) -> None:
    cache = MemoryLookupCache()
    document = bench.issue()
    assert bench.report(document, lookups=on_demand(bench.web, cache)).outcome is Outcome.VERIFIED
    bench.web.is_down = True
    later = NOW + 2_000
    report = bench.report(document, lookups=on_demand(bench.web, cache), now=later)
    assert report.outcome is Outcome.VERIFIED
    for check in (CheckId.STATUS, CheckId.ISSUER_KEY):
        (alert,) = line(report, check).alerts
        assert alert.id is AlertId.LAST_GOOD_KEPT
        assert line(report, check).age == 2_000
    assert line(report, CheckId.STATUS).to_json()["alerts"] == [
        {
            "id": "last_good_kept",
            "text": {
                "fr": "La mise à jour n'a pas abouti. La dernière copie lisible est utilisée.",
                "en": "The update did not work. The last readable copy is used.",
            },
        }
    ]


def test_T12_an_older_list_offered_is_said(bench: Bench) -> None:
    cache = MemoryLookupCache()
    document = bench.issue()
    bench.report(document, lookups=on_demand(bench.web, cache))
    bench.issuer.now = NOW - DAY
    report = bench.report(document, lookups=on_demand(bench.web, cache), now=NOW + 2_000)
    alerts = {alert.id for alert in line(report, CheckId.STATUS).alerts}
    assert alerts == {AlertId.LAST_GOOD_KEPT, AlertId.OLDER_LIST_OFFERED}


def test_W12_a_key_replaced_under_its_name_is_said(bench: Bench) -> None:
    cache = MemoryLookupCache()
    refreshed(bench.trust, bench.web, cache)
    old = bench.issuer.signer.public_jwk
    bench.issuer.rotate("school 2")
    new = bench.issuer.signer.public_jwk
    bench.issuer.published = [new._replace(kid=old.kid)]
    refreshed(bench.trust, bench.web, cache, now=NOW + 1_000)
    report = bench.report(bench.issue(), lookups=cached(cache), now=NOW + 1_000)
    assert report.outcome is Outcome.VERIFIED
    (alert,) = line(report, CheckId.ISSUER_KEY).alerts
    assert alert.id is AlertId.SAME_KID_OTHER_KEY


def test_a_key_newer_than_our_copies_leaves_the_document_unchecked(bench: Bench) -> None:
    cache = MemoryLookupCache()
    refreshed(bench.trust, bench.web, cache)
    bench.issuer.rotate("school 2")
    document = bench.issue(issued_at=NOW)
    report = bench.report(document, lookups=cached(cache), now=NOW + DAY)
    assert judged(report) == (Outcome.UNDETERMINED, None)
    said = line(report, CheckId.ISSUER_KEY).text["en"]
    assert said == "The key of this organisation is not known here yet."
    refreshed(bench.trust, bench.web, cache, now=NOW + DAY)
    assert bench.report(document, lookups=cached(cache), now=NOW + DAY).outcome is Outcome.VERIFIED


@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("time", [NOW + 0.5, str(NOW), True, None])
def test_J21_a_time_that_is_no_whole_number_is_the_issuers_fault_and_no_forgery(
    bench: Bench, name: str, time: object
) -> None:
    from support import sd_jwts

    members = {
        "vct": SKILL_CERTIFICATE,
        "nature": "attendance",
        "cnf": {"jwk": key_called("worker").public_jwk.bare().to_json()},
        name: time,
    }
    report = bench.report(sd_jwts.forge(members))
    assert judged(report) == (Outcome.REJECTED, Ground.POLICY_UNMET)
    assert line(report, CheckId.VALIDITY).kind == "malformed"
    assert line(report, CheckId.SIGNATURE).outcome is CheckOutcome.PASSED


def test_few_in_a_list_is_said(bench: Bench) -> None:
    place = StatusReference(uri=bench.issuer.status_uri, index=5)
    document = bench.issue(status=place)
    bench.issuer.statuses = StatusListBuilder(size=64)
    (alert,) = line(bench.report(document), CheckId.STATUS).alerts
    assert alert.id is AlertId.FEW_IN_LIST


# Policy


class Refuses:
    """A policy that does what it was made with."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def require(self, examined: Examined) -> None:
        """Raise it."""
        if self.error is not None:
            raise self.error


def test_an_own_policy_is_a_check(bench: Bench) -> None:
    report = bench.report(bench.issue(), policy=Refuses(None))
    assert judged(report) == (Outcome.VERIFIED, None)
    assert line(report, CheckId.POLICY).outcome is CheckOutcome.PASSED


@pytest.mark.parametrize(
    ("error", "outcome", "ground"),
    [
        (PolicyUnmetError("No."), Outcome.REJECTED, Ground.POLICY_UNMET),
        (InvalidError(ErrorKind.FORBIDDEN, "No."), Outcome.REJECTED, Ground.POLICY_UNMET),
        (UndeterminedError(ErrorKind.FETCH_FAILED, "?"), Outcome.UNDETERMINED, None),
    ],
    ids=["unmet", "another-kind", "not-known"],
)
def test_a_policy_that_is_not_met_or_not_known(
    bench: Bench, error: Exception, outcome: Outcome, ground: Ground | None
) -> None:
    assert judged(bench.report(bench.issue(), policy=Refuses(error))) == (outcome, ground)


def test_a_defect_of_an_own_policy_is_not_hidden(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError):
        bench.report(bench.issue(), policy=Refuses(ZeroDivisionError()))


def test_a_policy_on_the_age_of_the_list(bench: Bench) -> None:
    cache = MemoryLookupCache()
    document = bench.issue()
    refreshed(bench.trust, bench.web, cache)
    for now, outcome in ((NOW + 60, Outcome.VERIFIED), (NOW + 61, Outcome.REJECTED)):
        policy = StatusNotOlderThan(60)
        report = bench.report(document, lookups=cached(cache), policy=policy, now=now)
        assert report.outcome is outcome


def test_no_policy_is_asked_about_what_has_ended(bench: Bench) -> None:
    document = bench.issue(expires_at=NOW - DAY, issued_at=NOW - 9 * DAY)
    report = bench.report(document, policy=Refuses(ZeroDivisionError()))
    assert judged(report) == (Outcome.REJECTED, Ground.EXPIRED)
