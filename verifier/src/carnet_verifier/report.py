"""The answer a buyer or a platform gets: an outcome, its ground, and every check behind it.

Nothing here decides; `assemble` only orders what the checks found. Only the ground
`not_authentic` uses words of fraud: every other refusal says that the document is
genuine, who signed it and what to do (DESIGN section 4, "The answer").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

Text = Mapping[str, str]
"""One sentence in each language: `fr` and `en`."""


class Outcome(StrEnum):
    """What the whole examination says."""

    VERIFIED = "verified"
    GENUINE_UNLISTED = "genuine_unlisted"
    UNDETERMINED = "undetermined"
    REJECTED = "rejected"


class Ground(StrEnum):
    """Why something was rejected; the headline of the report."""

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
    QUESTION = "question"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, free of claim values.

    Attributes:
        kind: error kind when the check failed or could not run, else empty.
        ground: the ground this failure gives, None unless `outcome` is failed.
        text: one plain sentence.
        does_not_prove: what a reader must not conclude from it; may be empty.
        what_to_do: the next step for the reader; may be empty.
        source: what the check relied on ("cache", a host, "the document itself").
        age: seconds since that source was fetched, None where it has no age.
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
            "credential": self.credential,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole answer, without claim values."""

    outcome: Outcome
    ground: Ground | None
    headline: Text
    issuers: tuple[str, ...]
    checks: tuple[Check, ...]

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form of docs/verifier.md."""
        return {
            "outcome": str(self.outcome),
            "ground": None if self.ground is None else str(self.ground),
            "headline": dict(self.headline),
            "issuers": list(self.issuers),
            "checks": [check.to_json() for check in self.checks],
        }


_GROUNDS_WORST_FIRST: Final = tuple(Ground)


def conclude(checks: Sequence[Check]) -> tuple[Outcome, Ground | None]:
    """The worst finding leads: rejected, then undetermined, then unlisted, then verified.

    No checks at all prove nothing: that is undetermined, never verified.
    """
    grounds = {check.ground for check in checks if check.outcome is CheckOutcome.FAILED}
    for ground in _GROUNDS_WORST_FIRST:
        if ground in grounds:
            return Outcome.REJECTED, ground
    if grounds:
        return Outcome.REJECTED, Ground.NOT_AUTHENTIC
    found = {check.outcome for check in checks}
    if CheckOutcome.NOT_CHECKED in found or CheckOutcome.PASSED not in found:
        return Outcome.UNDETERMINED, None
    if CheckOutcome.UNLISTED in found:
        return Outcome.GENUINE_UNLISTED, None
    return Outcome.VERIFIED, None
