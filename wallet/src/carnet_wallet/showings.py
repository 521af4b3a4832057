"""The worker's own history: what was shown to whom, when, written before anything leaves."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from carnet_schemas.paths import ConcretePath
from carnet_securing.strict_json import JsonObject
from carnet_wallet.records import SHOWING, Card, Copy, check_version
from carnet_wallet.vault.vault import Put, Remove

_VERSION: Final = 1


class Outcome(StrEnum):
    """What became of an answer; `leaving` also stands when it was never learnt."""

    LEAVING = "leaving"
    RECEIVED = "received"
    REFUSED = "refused"
    ON_SCREEN = "on_screen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCard:
    """One certificate of a showing, and the places that were opened for it.

    `parts` names each claim that was opened, whole or in part, as she knew it then: by its
    member name, the words by language.
    """

    card_id: str
    copy_id: str
    title: Mapping[str, str]
    paths: tuple[ConcretePath, ...] = field(repr=False)
    parts: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, card: Card, copy: Copy, paths: Sequence[ConcretePath]) -> Self:
        """What the history keeps of a copy opened at some places."""
        return cls(
            card_id=card.card_id,
            copy_id=copy.copy_id,
            title=card.labels.title,
            paths=tuple(paths),
            parts={str(path[0]): dict(card.labels.of(path[:1])) for path in paths},
        )

    def to_json(self) -> JsonObject:
        """For sealing."""
        return {
            "card": self.card_id,
            "copy": self.copy_id,
            "title": dict(self.title),
            "paths": [list(path) for path in self.paths],
            "parts": {name: dict(words) for name, words in self.parts.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what `to_json` gave."""
        return cls(
            card_id=stored["card"],
            copy_id=stored["copy"],
            title=stored["title"],
            paths=tuple(tuple(path) for path in stored["paths"]),
            parts=stored["parts"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """One line of the history.

    Attributes:
        asker: the client identifier; "" for a code on the screen, which nobody asked for.
        asker_name: as it was shown to her then.
        known: whether her trust data named the asker then.
        request_digest: the hash of the exact request, "" for the screen.
    """

    showing_id: str = field(default_factory=lambda: secrets.token_hex(8))
    at: int
    asker: str
    asker_name: str
    known: bool
    request_digest: str
    cards: tuple[ShownCard, ...]
    outcome: Outcome

    def ended(self, outcome: Outcome) -> Self:
        """The line once it is known what became of it."""
        return replace(self, outcome=outcome)

    def put(self) -> Put:
        """The change that keeps it."""
        value = {
            "version": _VERSION,
            "at": self.at,
            "asker": self.asker,
            "asker_name": self.asker_name,
            "known": self.known,
            "request": self.request_digest,
            "cards": [card.to_json() for card in self.cards],
            "outcome": self.outcome.value,
        }
        return Put(kind=SHOWING, record_id=self.showing_id, value=value)

    def remove(self) -> Remove:
        """The change that takes it back: it is known that nothing has left."""
        return Remove(kind=SHOWING, record_id=self.showing_id)

    @classmethod
    def from_json(cls, showing_id: str, stored: Mapping[str, Any]) -> Self:
        """Read back what `put` kept."""
        check_version(stored)
        return cls(
            showing_id=showing_id,
            at=stored["at"],
            asker=stored["asker"],
            asker_name=stored["asker_name"],
            known=stored["known"],
            request_digest=stored["request"],
            cards=tuple(ShownCard.from_json(card) for card in stored["cards"]),
            outcome=Outcome(stored["outcome"]),
        )
