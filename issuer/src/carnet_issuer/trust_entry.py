"""The entry by which others come to trust this issuer."""

from typing import Any

from carnet_issuer.config import IssuerConfig
from carnet_issuer.metadata import types_of
from carnet_schemas.languages import LANGUAGES
from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.entries import TrustEntry, entry_to_json


def trust_entry(config: IssuerConfig, *, pinned: bool) -> dict[str, Any]:
    """Describe this issuer for somebody's trust file.

    Args:
        pinned: give the key itself instead of the place where it is published. Such an entry
            works without a network, and ends when the key changes.
    """
    route = IssuerKeyRoute.METADATA if config.chain is None else IssuerKeyRoute.X5C
    if pinned:
        route = IssuerKeyRoute.PINNED
    entry = TrustEntry(
        iss=config.url,
        route=route,
        keys=(config.signing_key,) if pinned else (),
        roots=(config.chain.root,) if config.chain is not None and not pinned else (),
        types=tuple(each.vct for each in types_of(config).values()),
        name=dict.fromkeys(LANGUAGES, config.name),
        klass=config.klass,
        since=config.created_at,
    )
    return entry_to_json(entry)
