"""The answer a buyer or a platform gets: an outcome, its ground, and every check behind it.

The values only; `conclusion` decides between them and `texts` words them. Nothing here
carries a claim of the document, but for the day it ends or begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Text = Mapping[str, str]
"""One sentence in each language: `fr` and `en`."""


class Outcome(StrEnum):
    """What the whole examination says."""

    VERIFIED = "verified"
    GENUINE_UNLISTED = "genuine_unlisted"
    UNDETERMINED = "undetermined"
    REJECTED = "rejected"


class Ground(StrEnum):
    """Why something was rejected, the worst first; it is what the headline says.

    Only `not_authentic` may use words of fraud: every other refusal is about a document
    that is genuine (DESIGN section 4, "The answer").
    """

    NOT_AUTHENTIC = "not_authentic"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    NOT_FOR_YOU = "not_for_you"
    POLICY_UNMET = "policy_unmet"


class CheckOutcome(StrEnum):
    """What one check found. `not_applicable` is never a failure and never a success."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"
    NOT_APPLICABLE = "not_applicable"
    UNLISTED = "unlisted"


class CheckId(StrEnum):
    """Every check, in the order it runs."""

    FORMAT = "format"
    ISSUER_KEY = "issuer_key"
    SIGNATURE = "signature"
    HOLDER_BINDING = "holder_binding"
    VALIDITY = "validity"
    TYPE = "type"
    ISSUER_LISTED = "issuer_listed"
    STATUS = "status"
    POLICY = "policy"
    QUESTION = "question"


class Showing(StrEnum):
    """What a code on a screen is worth: made for the looker's digits, or perhaps a copy."""

    LIVE = "live"
    RECORDED = "recorded"


class AlertId(StrEnum):
    """What a reader should know about a source that was relied on all the same.

    All but the last are `carnet_trust.lookups.LookupAlert`; `lookalike_name` marks a host
    whose name is written in letters that can look like others (attack row W08).
    """

    SAME_KID_OTHER_KEY = "same_kid_other_key"
    OLDER_LIST_OFFERED = "older_list_offered"
    LAST_GOOD_KEPT = "last_good_kept"
    FEW_IN_LIST = "few_in_list"
    UNPUBLISHED_LIST = "unpublished_list"
    LOOKALIKE_NAME = "lookalike_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert with its sentence. It never changes an outcome."""

    id: AlertId
    text: Text

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form of docs/verifier.md."""
        return {"id": str(self.id), "text": dict(self.text)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, free of claim values.

    Attributes:
        kind: error kind when the check failed or could not run, else empty.
        ground: the ground this failure gives, None unless `outcome` is failed.
        text: one plain sentence.
        does_not_prove: what a reader must not conclude from it; may be empty.
        what_to_do: the next step for the reader; may be empty.
        source: where what the check relied on came from, empty for the document itself.
        age: seconds since that source was current, None where it has no age.
        alerts: what is odd about that source.
        when: the moment an end or a beginning is about, in Unix seconds.
        credential: query id of the certificate it concerns, empty for the whole answer.
    """

    id: CheckId
    outcome: CheckOutcome
    text: Text
    kind: str = ""
    ground: Ground | None = None
    does_not_prove: Text = field(default_factory=dict)
    what_to_do: Text = field(default_factory=dict)
    source: str = ""
    age: int | None = None
    alerts: tuple[Alert, ...] = ()
    when: int | None = None
    credential: str = ""

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form of docs/verifier.md."""
        return {
            "id": str(self.id),
            "outcome": str(self.outcome),
            "text": dict(self.text),
            "kind": self.kind,
            "ground": None if self.ground is None else str(self.ground),
            "does_not_prove": dict(self.does_not_prove),
            "what_to_do": dict(self.what_to_do),
            "source": self.source,
            "age": self.age,
            "alerts": [alert.to_json() for alert in self.alerts],
            "when": self.when,
            "credential": self.credential,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole answer, without claim values.

    Attributes:
        headline: the first sentence a reader sees.
        what_to_do: the next step; empty when everything holds.
        checked_at: the moment all of it is about, in Unix seconds.
        showing: for a code on a screen that is authentic, what it is worth.
        issuers: the names of those who signed, each once; of authentic documents only.
        leading: the check that decides the outcome; None when everything holds.
    """

    outcome: Outcome
    ground: Ground | None
    headline: Text
    what_to_do: Text
    checked_at: int
    showing: Showing | None
    issuers: tuple[Text, ...]
    checks: tuple[Check, ...]
    leading: Check | None

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form of docs/verifier.md."""
        return {
            "outcome": str(self.outcome),
            "ground": None if self.ground is None else str(self.ground),
            "headline": dict(self.headline),
            "what_to_do": dict(self.what_to_do),
            "checked_at": self.checked_at,
            "showing": None if self.showing is None else str(self.showing),
            "issuers": [dict(name) for name in self.issuers],
            "checks": [check.to_json() for check in self.checks],
        }
