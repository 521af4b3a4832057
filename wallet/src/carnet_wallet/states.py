"""Whether a certificate is still good, from what lookups know; doubt is never bad news.

A list that cannot be reached, or that says nothing usable, makes the answer `unknown`,
never `withdrawn` (row T of the catalogue; DESIGN 4: unknown is not withdrawn).
"""

from dataclasses import dataclass
from enum import StrEnum

from carnet_securing.credential import parse_credential
from carnet_securing.errors import CarnetError
from carnet_securing.limits import ISSUED
from carnet_securing.status_list import Status
from carnet_trust.issuers import find_issuer
from carnet_wallet.acceptance import Judges
from carnet_wallet.card_names import CardName
from carnet_wallet.cards import HeldCard
from carnet_wallet.records import Card


class CardState(StrEnum):
    """What `carnet wallet list` says of a certificate."""

    VALID = "valid"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStanding:
    """A state, and when what it rests on was current.

    `checked_at` is the oldest of the lists that were read, in Unix seconds; None where no
    list was needed or none could be had.
    """

    state: CardState
    checked_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCard:
    """A certificate in the list, what it is called, and how it stands."""

    card: Card
    name: CardName
    standing: CardStanding

    @property
    def state(self) -> CardState:
        """Its state, without when that was known."""
        return self.standing.state


def standing_of(one: HeldCard, *, judges: Judges, now: int) -> CardStanding:
    """How a card stands: as its worst copy, since its issuer withdraws all of them together."""
    if one.has_ended(now):
        return CardStanding(state=CardState.EXPIRED, checked_at=None)
    try:
        values, checked_at = _statuses(one, judges=judges, now=now)
    except CarnetError:
        return CardStanding(state=CardState.UNKNOWN, checked_at=None)
    return CardStanding(state=_worst(values), checked_at=checked_at)


def _worst(values: set[int]) -> CardState:
    if Status.INVALID in values:
        return CardState.WITHDRAWN
    if Status.SUSPENDED in values:
        return CardState.PAUSED
    return CardState.VALID if values <= {Status.VALID} else CardState.UNKNOWN


def _statuses(one: HeldCard, *, judges: Judges, now: int) -> tuple[set[int], int | None]:
    if all(copy.status is None for copy in one.copies):
        return set(), None
    unverified = parse_credential(one.held.whole(), limits=ISSUED)
    found = find_issuer(
        unverified, trust=judges.trust, lookups=judges.lookups, now=now, limits=ISSUED
    )
    references = [copy.status for copy in one.copies if copy.status is not None]
    lists = {
        uri: judges.lookups.status_list(uri, found=found, now=now)
        for uri in dict.fromkeys(reference.uri for reference in references)
    }
    values = {int(lists[place.uri].value.status(place.index)) for place in references}
    return values, min(dated.fetched_at for dated in lists.values())
