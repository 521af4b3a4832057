"""What a wallet reaches for outside itself, handed in by the edge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from carnet_securing.algorithms import SignatureCheck
from carnet_securing.native import check_signature
from carnet_trust.lookup_cache import LookupCache
from carnet_trust.lookups import Lookups
from carnet_wallet.fail_points import FailPoints, NoFailPoints
from carnet_wallet.web import Web

MakeLookups = Callable[[LookupCache], Lookups]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a wallet reaches for outside itself.

    Attributes:
        web: the guarded client.
        lookups: makes lookups over the cache it is given.
        check: the signature back end.
        asker_roots: reads the DER roots for askers that sign with certificates; none trusts none.
        loopback_http: whether http://localhost may be spoken to.
        fail_points: where a test ends the process.
    """

    web: Web
    lookups: MakeLookups
    check: SignatureCheck = check_signature
    asker_roots: Callable[[], Sequence[bytes]] = tuple
    loopback_http: bool = False
    fail_points: FailPoints = field(default_factory=NoFailPoints)
