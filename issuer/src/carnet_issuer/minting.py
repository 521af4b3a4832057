"""From a record to signed copies. Pure but for salts: no clock, no database, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from carnet_schemas import catalog
from carnet_securing.credential_issue import issue_credential
from carnet_securing.jwk import PublicJwk
from carnet_securing.limits import ISSUED
from carnet_securing.signer import Signer
from carnet_securing.status_list import StatusReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Everything that will be signed, fixed before the first signature is made.

    Attributes:
        vct, claims: what is said; complete and checked.
        keys: one holder key for each copy.
        status_uri: the list; `indices` one place for each copy.
        issued_at: the start of the day, `expires_at` the end of a month, or None: copies
            and people of one day cannot be told apart by them (Y01).
    """

    vct: str
    claims: Mapping[str, Any] = field(repr=False)
    keys: tuple[PublicJwk, ...]
    status_uri: str
    indices: tuple[int, ...]
    issued_at: int
    expires_at: int | None

    def to_json(self) -> dict[str, Any]:
        """What the intent row keeps; the claims stand in the record it belongs to."""
        return {
            "vct": self.vct,
            "keys": [key.thumbprint for key in self.keys],
            "status_uri": self.status_uri,
            "indices": list(self.indices),
            "iat": self.issued_at,
            "exp": self.expires_at,
        }


def mint(
    intent: Intent, *, issuer: str, signer: Signer, x5c: Sequence[bytes] = ()
) -> Sequence[str]:
    """Sign a copy for each key, each with fresh salts and its own place in the list.

    Fewer when they are large (DESIGN 4.7): as many as a wallet reads in one answer, and one at
    least. The places of those left out are never used.
    """
    conceal = catalog.concealable_paths(intent.vct, dict(intent.claims))
    integrity = catalog.type_metadata_integrity(intent.vct)
    copies: list[str] = []
    for key, index in zip(intent.keys, intent.indices, strict=True):
        copy = issue_credential(
            intent.claims,
            vct=intent.vct,
            issuer=issuer,
            conceal=conceal,
            holder_key=key,
            status=StatusReference(uri=intent.status_uri, index=index),
            issued_at=intent.issued_at,
            expires_at=intent.expires_at,
            vct_integrity=integrity,
            signer=signer,
            x5c=x5c,
        )
        if copies and sum(map(len, (*copies, copy))) > ISSUED.compact_bytes:
            break
        copies.append(copy)
    return copies
