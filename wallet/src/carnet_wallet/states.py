"""Whether a certificate is still good, from what lookups know; doubt is never bad news.

A list that cannot be reached, or that says nothing usable, makes the answer `unknown`,
never `withdrawn` (row T of the catalogue; DESIGN 4: unknown is not withdrawn).
"""

from enum import StrEnum

from carnet_securing.credential import parse_credential
from carnet_securing.errors import CarnetError
from carnet_securing.limits import ISSUED
from carnet_securing.status_list import Status
from carnet_trust.issuers import find_issuer
from carnet_wallet.acceptance import Judges
from carnet_wallet.matching import HeldCard


class CardState(StrEnum):
    """What `carnet wallet list` says of a certificate."""

    VALID = "valid"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


def state_of(one: HeldCard, *, judges: Judges, now: int) -> CardState:
    """The state of a card: its worst copy, since its issuer withdraws all of them together."""
    if one.has_ended(now):
        return CardState.EXPIRED
    try:
        values = _statuses(one, judges=judges, now=now)
    except CarnetError:
        return CardState.UNKNOWN
    if Status.INVALID in values:
        return CardState.WITHDRAWN
    if Status.SUSPENDED in values:
        return CardState.PAUSED
    return CardState.VALID if values <= {Status.VALID} else CardState.UNKNOWN


def _statuses(one: HeldCard, *, judges: Judges, now: int) -> set[int]:
    if all(copy.status is None for copy in one.copies):
        return set()
    unverified = parse_credential(one.held.whole(), limits=ISSUED)
    found = find_issuer(
        unverified, trust=judges.trust, lookups=judges.lookups, now=now, limits=ISSUED
    )
    references = [copy.status for copy in one.copies if copy.status is not None]
    lists = {
        uri: judges.lookups.status_list(uri, found=found, now=now).value
        for uri in dict.fromkeys(reference.uri for reference in references)
    }
    return {int(lists[reference.uri].status(reference.index)) for reference in references}
