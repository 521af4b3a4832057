"""What every examination needs and no document chooses."""

from dataclasses import dataclass

from carnet_securing.algorithms import SignatureCheck
from carnet_securing.limits import Limits
from carnet_trust.lookups import Lookups
from carnet_trust.trust_file import TrustData
from carnet_verifier.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Handed to each examination; every member is required."""

    trust: TrustData
    lookups: Lookups
    policy: Policy
    now: int
    check: SignatureCheck
    limits: Limits
