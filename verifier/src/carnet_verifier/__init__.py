"""Check what a worker shows, inside your own program: no web framework, no database.

`verify_answer` for a question you asked, `verify_credential` for a document,
`verify_shown` for a code on a screen. Each returns a `VerifiedAnswer` or raises
`NotVerifiedError` with a full report. Ready answers for your tests: `carnet_verifier.testing`.
"""

from carnet_securing.limits import PRESENTATION
from carnet_trust.trust_file import TrustData, parse_trust_file
from carnet_verifier.answers import Question, examine_answer, verify_answer
from carnet_verifier.binding import Asked, AskedUnbound, BearerCopy, Shown
from carnet_verifier.examined import (
    ExaminedAnswer,
    NotVerifiedError,
    ShownCredential,
    VerifiedAnswer,
)
from carnet_verifier.policy import (
    AllOf,
    AnyOf,
    ClaimIs,
    Examined,
    IssuerClassIs,
    IssuerIs,
    NoFurtherCondition,
    Policy,
    PolicyUnmetError,
    StatusNotOlderThan,
    TypeIs,
)
from carnet_verifier.report import (
    Alert,
    AlertId,
    Check,
    CheckId,
    CheckOutcome,
    Ground,
    Outcome,
    Report,
    Showing,
)
from carnet_verifier.single import examine_single, verify_credential, verify_shown
from carnet_verifier.surroundings import Surroundings

__all__ = [
    "PRESENTATION",
    "Alert",
    "AlertId",
    "AllOf",
    "AnyOf",
    "Asked",
    "AskedUnbound",
    "BearerCopy",
    "Check",
    "CheckId",
    "CheckOutcome",
    "ClaimIs",
    "Examined",
    "ExaminedAnswer",
    "Ground",
    "IssuerClassIs",
    "IssuerIs",
    "NoFurtherCondition",
    "NotVerifiedError",
    "Outcome",
    "Policy",
    "PolicyUnmetError",
    "Question",
    "Report",
    "Showing",
    "Shown",
    "ShownCredential",
    "StatusNotOlderThan",
    "Surroundings",
    "TrustData",
    "TypeIs",
    "VerifiedAnswer",
    "examine_answer",
    "examine_single",
    "parse_trust_file",
    "verify_answer",
    "verify_credential",
    "verify_shown",
]
