"""The credential offer as an object and as a link (OpenID4VCI 1.0 section 4.1). Pure."""

from typing import Any, Final

from carnet_issuer.offers import TX_CODE_DIGITS, MadeOffer
from carnet_schemas.oauth import PRE_AUTHORIZED_CODE
from carnet_schemas.oid4vci import offer_uri_by_reference, offer_uri_by_value
from carnet_securing import strict_json

# ASCII on purpose: wallets print it beside the field, in whatever type face they have.
_TX_CODE_HINT: Final = "Code de remise / collection code: six digits, given to you separately."


def offer_object(
    issuer: str, *, code: str, configuration_id: str, needs_tx_code: bool
) -> dict[str, Any]:
    """The credential offer object."""
    grant: dict[str, Any] = {"pre-authorized_code": code}
    if needs_tx_code:
        grant["tx_code"] = {
            "input_mode": "numeric",
            "length": TX_CODE_DIGITS,
            "description": _TX_CODE_HINT,
        }
    return {
        "credential_issuer": issuer,
        "credential_configuration_ids": [configuration_id],
        "grants": {PRE_AUTHORIZED_CODE: grant},
    }


def offer_link(issuer: str, made: MadeOffer, *, configuration_id: str) -> str:
    """The link a worker opens: by reference, short enough for a QR code, or by value."""
    if made.code is None:
        return offer_uri_by_reference(f"{issuer}/offers/{made.address}")
    shape = offer_object(
        issuer,
        code=made.code,
        configuration_id=configuration_id,
        needs_tx_code=made.tx_code is not None,
    )
    return offer_uri_by_value(strict_json.dumps(shape))
