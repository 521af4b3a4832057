"""A claim on its way: what must survive a crash between two messages to the issuer.

The offer's code and the keys are stored before the token is asked for, the token before
credentials are. So a lost credential answer can be asked for again with the same token and
keys, and only a lost token answer needs a new offer (DESIGN 4, decision 9).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from carnet_schemas.oauth import TokenResponse
from carnet_schemas.oid4vci import CredentialOffer, parse_credential_offer
from carnet_securing.strict_json import JsonObject
from carnet_wallet.offers import MOST_CERTIFICATES, ResolvedOffer, too_many_certificates
from carnet_wallet.records import CLAIM, HolderKey, check_version
from carnet_wallet.vault.vault import Put, Remove

MOST_COPIES: Final = 10
_VERSION: Final = 1


class Stage(StrEnum):
    """How far a claim has come."""

    ASKED = "asked"
    """The token was asked for, or is about to be."""
    GRANTED = "granted"
    """The token is stored; credentials can be asked for until it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of certificate of the offer, the keys for its copies, and what came of it."""

    configuration_id: str
    identifier: str | None
    algorithm: str
    keys: tuple[HolderKey, ...] = field(repr=False)
    card_id: str | None = None
    notification_id: str | None = field(default=None, repr=False)

    def to_json(self) -> JsonObject:
        """For sealing."""
        return {
            "configuration": self.configuration_id,
            "identifier": self.identifier,
            "algorithm": self.algorithm,
            "keys": [key.to_json() for key in self.keys],
            "card": self.card_id,
            "notification": self.notification_id,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what `to_json` gave."""
        return cls(
            configuration_id=stored["configuration"],
            identifier=stored["identifier"],
            algorithm=stored["algorithm"],
            keys=tuple(HolderKey.from_json(key) for key in stored["keys"]),
            card_id=stored["card"],
            notification_id=stored["notification"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Everything needed to go on with a claim after a crash."""

    claim_id: str
    offer: CredentialOffer = field(repr=False)
    started_at: int
    stage: Stage
    parts: tuple[Part, ...]
    access_token: str = field(default="", repr=False)
    token_ends_at: int | None = None

    @classmethod
    def begin(cls, claim_id: str, resolved: ResolvedOffer, *, now: int) -> Self:
        """A new claim with a fresh key for each copy to come."""
        batch = resolved.metadata.batch_credential_issuance
        copies = 1 if batch is None else min(batch.batch_size, MOST_COPIES)
        return cls(
            claim_id=claim_id,
            offer=resolved.offer,
            started_at=now,
            stage=Stage.ASKED,
            parts=tuple(
                Part(
                    configuration_id=wanted.configuration_id,
                    identifier=None,
                    algorithm=wanted.algorithm,
                    keys=_fresh_keys(wanted.algorithm, copies),
                )
                for wanted in resolved.wanted
            ),
        )

    @property
    def is_collected(self) -> bool:
        """Whether every certificate of the offer is kept, and only its issuer may not know."""
        return all(part.card_id is not None for part in self.parts)

    def has_ended(self, now: int) -> bool:
        """Whether its token is good for nothing more; one without a known end never is."""
        return self.token_ends_at is not None and now >= self.token_ends_at

    def granted(self, token: TokenResponse, *, now: int) -> Self:
        """The claim with its token; a configuration granted several times gets as many parts.

        Raises:
            ClaimRefusedError: `too_large` for more parts than `MOST_CERTIFICATES`.
        """
        names = (part.configuration_id for part in self.parts)
        identifiers = {name: dict.fromkeys(token.credential_identifiers(name)) for name in names}
        if sum(len(granted) or 1 for granted in identifiers.values()) > MOST_CERTIFICATES:
            raise too_many_certificates()
        parts: list[Part] = []
        for part in self.parts:
            first, *more = identifiers[part.configuration_id] or (None,)
            parts.append(replace(part, identifier=first))
            parts += [
                replace(part, identifier=other, keys=_fresh_keys(part.algorithm, len(part.keys)))
                for other in more
            ]
        ends_at = None if token.expires_in is None else now + token.expires_in
        return replace(
            self,
            stage=Stage.GRANTED,
            parts=tuple(parts),
            access_token=token.access_token,
            token_ends_at=ends_at,
        )

    def with_part(self, number: int, part: Part) -> Self:
        """The claim with one part replaced."""
        parts = list(self.parts)
        parts[number] = part
        return replace(self, parts=tuple(parts))

    def put(self) -> Put:
        """The change that keeps it."""
        value = {
            "version": _VERSION,
            "offer": self.offer.to_json(),
            "started_at": self.started_at,
            "stage": self.stage.value,
            "parts": [part.to_json() for part in self.parts],
            "access_token": self.access_token,
            "token_ends_at": self.token_ends_at,
        }
        return Put(kind=CLAIM, record_id=self.claim_id, value=value)

    def remove(self) -> Remove:
        """The change that ends it."""
        return Remove(kind=CLAIM, record_id=self.claim_id)

    @classmethod
    def from_json(cls, claim_id: str, stored: Mapping[str, Any]) -> Self:
        """Read back what `put` kept."""
        check_version(stored)
        return cls(
            claim_id=claim_id,
            offer=parse_credential_offer(stored["offer"]),
            started_at=stored["started_at"],
            stage=Stage(stored["stage"]),
            parts=tuple(Part.from_json(part) for part in stored["parts"]),
            access_token=stored["access_token"],
            token_ends_at=stored["token_ends_at"],
        )


def _fresh_keys(algorithm: str, count: int) -> tuple[HolderKey, ...]:
    return tuple(HolderKey.fresh(algorithm) for _ in range(count))
