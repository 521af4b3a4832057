"""Who may issue which type, and until when."""

import pytest

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.acceptance import check_may_issue
from carnet_trust.entries import EndReason, OrganisationClass, TrustEntry

SKILL = "urn:carnet:skill-certificate:1"
NOW = 1_000


def entry(**changes: object) -> TrustEntry:
    members: dict[str, object] = {
        "iss": "https://a.example",
        "route": IssuerKeyRoute.METADATA,
        "types": (SKILL,),
        "name": {"fr": "A"},
        "klass": OrganisationClass.TRAINING_BODY,
    }
    return TrustEntry(**(members | changes))  # type: ignore[arg-type]


def refused(listed: TrustEntry, *, vct: str = SKILL, issued_at: int | None = 900) -> None:
    with pytest.raises(InvalidError) as caught:
        check_may_issue(listed, vct=vct, issued_at=issued_at, now=NOW)
    assert caught.value.kind is ErrorKind.POLICY_UNMET


def test_a_listed_type() -> None:
    check_may_issue(entry(), vct=SKILL, issued_at=None, now=NOW)
    check_may_issue(entry(since=NOW, until=NOW + 1), vct=SKILL, issued_at=900, now=NOW)


@pytest.mark.parametrize(
    "vct",
    [
        "urn:carnet:mission:1",
        "urn:carnet:skill-certificate:2",
        "urn:carnet:skill-certificate:1 ",
        "urn:carnet:skill-certificate:1/",
        "URN:carnet:skill-certificate:1",
        "urn:carnet:Skill-Certificate:1",
        "urn:carnet:skill%2Dcertificate:1",
        "urn:carnet:skill-certificate",
        "",
    ],
)
def test_any_other_type(vct: str) -> None:
    refused(entry(), vct=vct)


def test_types_are_compared_byte_for_byte() -> None:
    composed, decomposed = "urn:x:\u00e9", "urn:x:e\u0301"
    refused(entry(types=(composed,)), vct=decomposed)
    check_may_issue(entry(types=(composed,)), vct=composed, issued_at=None, now=NOW)


def test_no_types_allow_nothing() -> None:
    refused(entry(types=()))


def test_not_before_since() -> None:
    refused(entry(since=NOW + 1))


@pytest.mark.parametrize("reason", [None, *EndReason])
def test_after_the_end_only_earlier_work_of_a_closed_issuer_stands(
    reason: EndReason | None,
) -> None:
    ended = entry(until=950, reason=reason)
    if reason in (EndReason.CLOSED, EndReason.REPLACED):
        check_may_issue(ended, vct=SKILL, issued_at=949, now=NOW)
    else:
        refused(ended, issued_at=949)
    refused(ended, issued_at=950)
    refused(ended, issued_at=None)


def test_an_end_to_come_changes_nothing_yet() -> None:
    for reason in (None, *EndReason):
        coming = entry(until=NOW + 1, reason=reason)
        check_may_issue(coming, vct=SKILL, issued_at=None, now=NOW)


def test_an_ended_entry_says_nothing_of_other_types() -> None:
    refused(entry(until=950, reason=EndReason.CLOSED), vct="urn:carnet:mission:1", issued_at=1)
