"""Who is asking, as the wallet may say it.

A known asker is one whose authenticated client identifier stands in the trust data. A
name from the request, its certificate or its metadata is never shown.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from carnet_schemas.client_id import ClientIdPrefix
from carnet_securing import base64url
from carnet_securing.did import key_of_did_url
from carnet_securing.errors import CarnetError
from carnet_trust.display_name import (
    DisplayName,
    entry_name,
    host_name,
    identifier_name,
    key_name,
    short_form,
)
from carnet_trust.trust_file import TrustData


class AskerKind(StrEnum):
    """Whether the reader's trust data names the asker."""

    KNOWN = "known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerName:
    """How an asker is shown.

    Attributes:
        kind: `known` when trust data in force lists the identifier.
        name: the trust data's name; for an unknown asker the host its answer or key belongs
            to, or a short form of its key.
        client_id: the identifier, prefix included; the audience of every answer.
    """

    kind: AskerKind
    name: str
    client_id: str


def asker_name(client_id: str, *, trust: TrustData, lang: str, now: int) -> AskerName:
    """Name an asker.

    Args:
        client_id: the client identifier, after the request was authenticated under it. Under
            `redirect_uri:` nothing is authenticated, and no entry can list such a one.
        trust: whose names the reader accepts.
        lang: `fr` or `en`.
        now: Unix seconds; an entry that is not in force names nobody.
    """
    entry = trust.entry_for_asker(client_id)
    if entry is not None and entry.holds_at(now):
        name = entry_name(entry, lang=lang).text
        return AskerName(kind=AskerKind.KNOWN, name=name, client_id=client_id)
    return AskerName(kind=AskerKind.UNKNOWN, name=_stranger(client_id), client_id=client_id)


def _stranger(client_id: str) -> str:
    prefix, _, value = client_id.partition(":")
    named: DisplayName | None = None
    match prefix:
        case ClientIdPrefix.X509_SAN_DNS:
            named = host_name(value)
        case ClientIdPrefix.REDIRECT_URI:
            named = identifier_name(value.partition("?")[0])
        case ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
            named = _did_name(value)
    return _digest(client_id) if named is None else named.text


def _did_name(did: str) -> DisplayName | None:
    if not did.startswith(("did:jwk:", "did:key:")):
        return identifier_name(did)
    try:
        return key_name(key_of_did_url(did))
    except CarnetError:
        return None


def _digest(client_id: str) -> str:
    """No word of an identifier is shown: whoever asks would have chosen it."""
    return short_form(
        base64url.encode(hashlib.sha256(client_id.encode("utf-8", "backslashreplace")).digest())
    )
