"""What the vault keeps, as values, and their JSON inside a sealed record.

Kinds: `card` (one certificate as the worker sees it), `copy` (one signed copy with its
key), `claim` (an offer on its way), `showing` (what was shown to whom), `setting`.
Each record carries a version of its own shape, so that a later wallet reads older ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from carnet_schemas.languages import LANGUAGES
from carnet_schemas.paths import ConcretePath, Path, is_prefix
from carnet_securing import base64url
from carnet_securing.errors import ErrorKind
from carnet_securing.held import HeldSdJwt
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.signer import SoftwareSigner
from carnet_securing.status_list import StatusReference
from carnet_securing.strict_json import JsonObject
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.vault import Put

CARD: Final = "card"
COPY: Final = "copy"
CLAIM: Final = "claim"
SHOWING: Final = "showing"
SETTING: Final = "setting"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderKey:
    """A private key of the worker; printing one shows nothing."""

    algorithm: str
    private: bytes = field(repr=False)
    public: PublicJwk = field(repr=False)

    @classmethod
    def fresh(cls, algorithm: str) -> "HolderKey":
        """A new key."""
        signer = SoftwareSigner.generate(algorithm)
        return cls(algorithm=algorithm, private=signer.private_bytes(), public=signer.public_jwk)

    def signer(self) -> SoftwareSigner:
        """The key, ready to sign."""
        return SoftwareSigner.from_private_bytes(
            self.algorithm, self.private, public_jwk=self.public
        )

    def to_json(self) -> JsonObject:
        """For sealing and nothing else."""
        return {
            "algorithm": self.algorithm,
            "private": base64url.encode(self.private),
            "public": self.public.to_json(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "HolderKey":
        """Read back what `to_json` gave."""
        return cls(
            algorithm=stored["algorithm"],
            private=base64url.decode(stored["private"]),
            public=parse_public_jwk(stored["public"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The words of a type: its title, and each claim's label, by language."""

    title: Mapping[str, str]
    claims: tuple[tuple[Path, Mapping[str, str]], ...]

    def of(self, path: ConcretePath) -> Mapping[str, str]:
        """The words for a place in the claims: its type's nearest label, else its own name."""
        fitting = [(pattern, words) for pattern, words in self.claims if is_prefix(pattern, path)]
        if fitting:
            return max(fitting, key=lambda described: len(described[0]))[1]
        name = next((step for step in reversed(path) if isinstance(step, str)), "")
        return dict.fromkeys(LANGUAGES, name)

    def to_json(self) -> JsonObject:
        """For sealing."""
        return {
            "title": dict(self.title),
            "claims": [[list(path), dict(words)] for path, words in self.claims],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Labels":
        """Read back what `to_json` gave."""
        return cls(
            title=stored["title"],
            claims=tuple((tuple(path), words) for path, words in stored["claims"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One certificate as the worker sees it; its copies are separate records.

    `types` is its type and, after it, what that one extends.
    """

    card_id: str
    configuration_id: str
    types: tuple[str, ...]
    issuer: str
    claimed_at: int
    expires_at: int | None
    copies: tuple[str, ...]
    labels: Labels = field(repr=False)

    @property
    def vct(self) -> str:
        """Its type."""
        return self.types[0]

    def put(self) -> Put:
        """The change that keeps it."""
        value = {
            "version": _VERSION,
            "configuration": self.configuration_id,
            "types": list(self.types),
            "issuer": self.issuer,
            "claimed_at": self.claimed_at,
            "expires_at": self.expires_at,
            "copies": list(self.copies),
            "labels": self.labels.to_json(),
        }
        return Put(kind=CARD, record_id=self.card_id, value=value)

    @classmethod
    def from_json(cls, card_id: str, stored: Mapping[str, Any]) -> "Card":
        """Read back what `put` kept."""
        check_version(stored)
        return cls(
            card_id=card_id,
            configuration_id=stored["configuration"],
            types=tuple(stored["types"]),
            issuer=stored["issuer"],
            claimed_at=stored["claimed_at"],
            expires_at=stored["expires_at"],
            copies=tuple(stored["copies"]),
            labels=Labels.from_json(stored["labels"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One signed copy, the key it is bound to, and the askers who have seen it."""

    copy_id: str
    card_id: str
    key: HolderKey = field(repr=False)
    held: HeldSdJwt = field(repr=False)
    status: StatusReference | None = field(repr=False)
    shown_to: tuple[str, ...] = field(default=(), repr=False)

    def put(self) -> Put:
        """The change that keeps it."""
        value = {
            "version": _VERSION,
            "card": self.card_id,
            "key": self.key.to_json(),
            "held": self.held.to_json(),
            "status": None if self.status is None else [self.status.uri, self.status.index],
            "shown_to": list(self.shown_to),
        }
        return Put(kind=COPY, record_id=self.copy_id, value=value)

    @classmethod
    def from_json(cls, copy_id: str, stored: Mapping[str, Any]) -> "Copy":
        """Read back what `put` kept."""
        check_version(stored)
        status = stored["status"]
        return cls(
            copy_id=copy_id,
            card_id=stored["card"],
            key=HolderKey.from_json(stored["key"]),
            held=HeldSdJwt.from_json(stored["held"]),
            status=None if status is None else StatusReference(uri=status[0], index=status[1]),
            shown_to=tuple(stored["shown_to"]),
        )


def check_version(stored: Mapping[str, Any]) -> None:
    """Refuse a record of a shape this wallet does not know.

    Raises:
        VaultError: `unsupported_version`.
    """
    version = stored.get("version")
    if type(version) is not int or version != _VERSION:
        raise VaultError(
            ErrorKind.UNSUPPORTED_VERSION,
            "A part of this wallet was written by a newer Carnet.",
            hint="Update Carnet, then open it again.",
        )
