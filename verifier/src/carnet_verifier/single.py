"""Check one document that answers no question of ours: a file, a copy, a code on a screen."""

from typing import Final

from carnet_securing.algorithms import SignatureCheck
from carnet_securing.limits import Limits
from carnet_trust.lookups import Lookups
from carnet_trust.trust_file import TrustData
from carnet_verifier.binding import Asked, BearerCopy, Binding, Shown
from carnet_verifier.examination import examine
from carnet_verifier.examined import (
    ExaminedAnswer,
    ShownCredential,
    VerifiedAnswer,
    report_of,
    require_verified,
    shown,
)
from carnet_verifier.policy import Policy
from carnet_verifier.surroundings import Surroundings

ONLY: Final = "document"
"""The key under which a single document stands in `credentials`."""


def verify_credential(
    document: str | bytes,
    *,
    binding: Asked | BearerCopy,
    trust: TrustData,
    lookups: Lookups,
    policy: Policy,
    now: int,
    check: SignatureCheck,
    limits: Limits,
) -> VerifiedAnswer:
    """Return one verified certificate.

    Args:
        binding: `Asked` for a presentation made for an audience and a nonce you chose,
            `BearerCopy` for a file or a printed copy, which proves the document only.

    Raises:
        NotVerifiedError: with the report, for every outcome but `verified`.
    """
    around = Surroundings(
        trust=trust, lookups=lookups, policy=policy, now=now, check=check, limits=limits
    )
    return require_verified(examine_single(document, binding=binding, surroundings=around))


def verify_shown(
    document: str | bytes,
    *,
    max_age: int,
    code: str | None,
    trust: TrustData,
    lookups: Lookups,
    policy: Policy,
    now: int,
    check: SignatureCheck,
    limits: Limits,
) -> VerifiedAnswer:
    """Return one verified certificate shown on its holder's screen.

    Args:
        max_age: oldest code accepted, in seconds.
        code: the six digits your own page shows; None accepts what may be a recording.

    Raises:
        NotVerifiedError: with the report, for every outcome but `verified`.
    """
    around = Surroundings(
        trust=trust, lookups=lookups, policy=policy, now=now, check=check, limits=limits
    )
    binding = Shown(max_age=max_age, code=code)
    return require_verified(examine_single(document, binding=binding, surroundings=around))


def examine_single(
    document: str | bytes, *, binding: Binding, surroundings: Surroundings
) -> ExaminedAnswer:
    """Examine one document completely and report; never raises for its content."""
    one = examine(document, binding=binding, surroundings=surroundings, credential="")
    credentials: dict[str, tuple[ShownCredential, ...]] = {}
    if one.authentic is not None:
        credentials[ONLY] = (shown(one, claims=one.authentic.claims),)
    report = report_of([one], (), now=surroundings.now)
    return ExaminedAnswer(report=report, credentials=credentials)
