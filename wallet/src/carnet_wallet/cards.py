"""The worker's certificates as they are held: a card, its copies, and which copy comes next.

All copies of a card say the same and hide the same (`acceptance`). Copies are chosen for an
asker: one each, and the last one that nobody has seen is used again, with a plain word,
rather than refused (DESIGN 4, decision 7).
"""

from dataclasses import dataclass, field

from carnet_securing.held import HeldSdJwt
from carnet_securing.jws import parse_jws
from carnet_securing.limits import ISSUED
from carnet_securing.strict_json import JsonObject
from carnet_wallet.records import CARD, COPY, Card, Copy
from carnet_wallet.vault.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCopy:
    """A copy, and whether somebody else has seen it."""

    copy: Copy
    seen_by_others: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCard:
    """A card with its copies, as read from the vault."""

    card: Card
    copies: tuple[Copy, ...] = field(repr=False)

    @property
    def held(self) -> HeldSdJwt:
        """What every copy says."""
        return self.copies[0].held

    @property
    def header(self) -> JsonObject:
        """The header its issuer signed; the signature was verified when the card was kept."""
        signed = self.held.whole().partition(b"~")[0]
        return parse_jws(signed, limits=ISSUED).unverified_header

    def has_ended(self, now: int) -> bool:
        """Whether it has expired."""
        return self.card.expires_at is not None and now >= self.card.expires_at

    def copy_for(self, asker: str) -> ChosenCopy:
        """The copy this asker is shown: the one it has seen before, else one nobody has seen.

        The last copy nobody has seen is kept for all further askers together, and said so.
        """
        for copy in self.copies:
            if asker in copy.shown_to:
                return ChosenCopy(copy=copy, seen_by_others=len(copy.shown_to) > 1)
        for copy in self.copies:
            if not copy.shown_to:
                return ChosenCopy(copy=copy, seen_by_others=False)
        return ChosenCopy(copy=self.copies[-1], seen_by_others=True)


def read_card(vault: Vault, card_id: str) -> HeldCard:
    """One card with its copies.

    Raises:
        VaultError: `not_found`.
    """
    card = Card.from_json(card_id, vault.get(CARD, card_id))
    copies = tuple(Copy.from_json(name, vault.get(COPY, name)) for name in card.copies)
    return HeldCard(card=card, copies=copies)


def read_cards(vault: Vault) -> dict[str, HeldCard]:
    """Every card by its id, oldest first."""
    return {card_id: read_card(vault, card_id) for card_id in vault.ids(CARD)}
