"""Where an asker may be told that its request breaks a rule: OpenID4VP 1.0 sections 8.2 to 8.5.

A request that cannot be answered can still say where its error goes. Only what that needs is
read here, and it is held to the same rules as for an answer: the asker inside is the one that
was authenticated, the request is for this wallet and this fetch, and the address is one that
the prefix of the asker allows. Where any of it fails there is no route, and nothing is sent.
"""

from dataclasses import dataclass, field
from typing import Final

from carnet_schemas.client_id import ClientId
from carnet_schemas.errors import SchemaError
from carnet_schemas.messages import check_url_syntax
from carnet_schemas.oid4vp_request import (
    ClientMetadata,
    EncryptionChoice,
    ResponseMode,
    check_asker,
    check_freshness,
    choose_encryption,
    response_address,
    usable_state,
)
from carnet_schemas.paths import JsonObject

_MODES: Final = {mode.value for mode in ResponseMode}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRoute:
    """Where an error goes, and how.

    Attributes:
        response_uri: the address.
        state: what ties the error to the request; None where it cannot be sent back.
        encryption: the key and cipher under `direct_post.jwt`; None to send it in clear, which
            section 8.3.1 allows for an error when nothing fits.
    """

    response_uri: str
    state: str | None = field(repr=False)
    encryption: EncryptionChoice | None


def error_route(
    claims: JsonObject, *, client_id: ClientId, wallet_nonce: str | None
) -> ErrorRoute | None:
    """The route for errors of a signed request, or None where there is none to be trusted.

    Args:
        claims: the request object, its signature verified.
        client_id: the identifier the link named, for which the signature stands.
        wallet_nonce: what the wallet sent when it fetched by POST, else None.
    """
    mode, address = claims.get("response_mode"), claims.get("response_uri")
    if type(mode) is not str or mode not in _MODES or type(address) is not str:
        return None
    try:
        check_asker(claims, client_id, signed=True)
        check_freshness(claims, signed=True, wallet_nonce=wallet_nonce)
        check_url_syntax(address)
        response_uri = response_address(address, client_id)
    except SchemaError:
        return None
    encrypted = mode == ResponseMode.DIRECT_POST_JWT
    return ErrorRoute(
        response_uri=response_uri,
        state=usable_state(claims.get("state")),
        encryption=_encryption(claims.get("client_metadata")) if encrypted else None,
    )


def _encryption(metadata: object) -> EncryptionChoice | None:
    try:
        return choose_encryption(ClientMetadata.parse(metadata))
    except SchemaError:
        return None
