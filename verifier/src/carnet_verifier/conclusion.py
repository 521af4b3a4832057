"""From checks to one outcome, failing closed.

1. A failed check rejects; of several grounds the worst leads (the order of `Ground`).
2. A check that could not run leaves the whole undetermined, and so does one that is not
   there: `verified` needs every check of every document, and at least one document.
3. A signer nobody vouches for is "unlisted"; otherwise the whole is verified.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from carnet_verifier.report import Check, CheckId, CheckOutcome, Ground, Outcome

_ENOUGH: Final = {
    CheckId.FORMAT: {CheckOutcome.PASSED},
    CheckId.ISSUER_KEY: {CheckOutcome.PASSED},
    CheckId.SIGNATURE: {CheckOutcome.PASSED},
    CheckId.HOLDER_BINDING: {CheckOutcome.PASSED, CheckOutcome.NOT_APPLICABLE},
    CheckId.VALIDITY: {CheckOutcome.PASSED},
    CheckId.TYPE: {CheckOutcome.PASSED, CheckOutcome.NOT_APPLICABLE},
    CheckId.ISSUER_LISTED: {CheckOutcome.PASSED, CheckOutcome.UNLISTED},
    CheckId.STATUS: {CheckOutcome.PASSED, CheckOutcome.NOT_APPLICABLE},
    CheckId.POLICY: {CheckOutcome.PASSED, CheckOutcome.NOT_APPLICABLE},
}
"""What each check of one document must have found before anything good is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The outcome, its ground when rejected, and the check that decided it."""

    outcome: Outcome
    ground: Ground | None
    leading: Check | None


def conclude(documents: Sequence[Sequence[Check]], overall: Sequence[Check]) -> Conclusion:
    """Conclude from the checks of each document and those of the answer as a whole."""
    checks = [check for document in documents for check in document]
    checks.extend(overall)
    # 1.
    failed = [check for check in checks if check.outcome is CheckOutcome.FAILED]
    for ground in Ground:
        for check in failed:
            # A failure without a ground would be a defect of ours: the worst is assumed.
            if (check.ground or Ground.NOT_AUTHENTIC) is ground:
                return Conclusion(outcome=Outcome.REJECTED, ground=ground, leading=check)
    # 2.
    for check in checks:
        if check.outcome is CheckOutcome.NOT_CHECKED:
            return Conclusion(outcome=Outcome.UNDETERMINED, ground=None, leading=check)
    whole = all(check.outcome is CheckOutcome.PASSED for check in overall)
    if not documents or not whole or not all(_is_complete(one) for one in documents):
        return Conclusion(outcome=Outcome.UNDETERMINED, ground=None, leading=None)
    # 3.
    for check in checks:
        if check.outcome is CheckOutcome.UNLISTED:
            return Conclusion(outcome=Outcome.GENUINE_UNLISTED, ground=None, leading=check)
    return Conclusion(outcome=Outcome.VERIFIED, ground=None, leading=None)


def _is_complete(checks: Sequence[Check]) -> bool:
    """Whether each check ran once, and found what is needed."""
    found = {check.id: check.outcome for check in checks}
    return len(found) == len(checks) and all(
        found.get(check) in enough for check, enough in _ENOUGH.items()
    )
