"""The credential offer: the link a person opens or scans, and the object it stands for.

OpenID4VCI 1.0 section 4.1. A link carries the offer itself or an address to get it
from, never both. The offer by value stays text here: the wallet takes it through
strict JSON and then calls `parse_credential_offer`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.form import encode_form, parse_link
from carnet_schemas.messages import (
    IssuerIdentifier,
    Message,
    Text,
    UniqueArray,
    check_url_syntax,
)
from carnet_schemas.oauth import PRE_AUTHORIZED_CODE

OFFER_SCHEME: Final = "openid-credential-offer"
MAX_OFFER_LINK_CHARACTERS: Final = 64 * 1024


class InputMode(StrEnum):
    """Which characters a transaction code is made of."""

    NUMERIC = "numeric"
    TEXT = "text"


class TxCode(Message):
    """That a transaction code is needed and how to ask for it; present even when empty."""

    input_mode: Annotated[InputMode, Field(strict=False)] | None = None
    length: Annotated[int, Field(ge=1, le=64)] | None = None
    description: Annotated[str, Field(max_length=300)] | None = None

    @property
    def is_numeric(self) -> bool:
        """Digits only, which is the default."""
        return self.input_mode in (None, InputMode.NUMERIC)


class PreAuthorizedGrant(Message):
    """The code that stands for a decision already taken, to be redeemed once."""

    pre_authorized_code: Annotated[Text, Field(alias="pre-authorized_code")]
    tx_code: TxCode | None = None
    authorization_server: IssuerIdentifier | None = None


class AuthorizationCodeGrant(Message):
    """The worker signs in at the issuer before she gets the credential."""

    issuer_state: Text | None = None
    authorization_server: IssuerIdentifier | None = None


class Grants(Message):
    """The ways the issuer offers; others than these two are ignored."""

    authorization_code: AuthorizationCodeGrant | None = None
    pre_authorized_code: Annotated[PreAuthorizedGrant | None, Field(alias=PRE_AUTHORIZED_CODE)] = (
        None
    )


class CredentialOffer(Message):
    """OpenID4VCI 1.0 section 4.1.1."""

    credential_issuer: IssuerIdentifier
    credential_configuration_ids: UniqueArray[Text]
    grants: Grants | None = None

    @property
    def pre_authorized(self) -> PreAuthorizedGrant | None:
        """The pre-authorized grant, where the offer has one."""
        return self.grants.pre_authorized_code if self.grants else None


def parse_credential_offer(value: object) -> CredentialOffer:
    """Read a credential offer object.

    Raises:
        SchemaError: `malformed` or `too_large`.
    """
    return CredentialOffer.parse(value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OfferByValue:
    """The offer stood in the link: JSON text, not yet parsed; it holds a code to redeem."""

    unverified_text: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OfferByReference:
    """The offer is to be fetched. The address may be the secret that opens it."""

    uri: str


def parse_offer_uri(uri: str) -> OfferByValue | OfferByReference:
    """Read the link of an offer, whatever its scheme.

    Raises:
        SchemaError: `too_large`, or `malformed` unless there is exactly one of
            `credential_offer` and `credential_offer_uri`.
    """
    link = parse_link(uri.strip(), max_characters=MAX_OFFER_LINK_CHARACTERS)
    by_value = link.parameters.get("credential_offer")
    by_reference = link.parameters.get("credential_offer_uri")
    if by_value is not None and by_reference is None:
        return OfferByValue(unverified_text=by_value)
    if by_reference is not None and by_value is None:
        check_url_syntax(by_reference, pointer="/credential_offer_uri")
        return OfferByReference(uri=by_reference)
    raise SchemaError(
        SchemaErrorKind.MALFORMED, "", "A link holds an offer or its address, and not both."
    )


def offer_uri_by_reference(url: str) -> str:
    """The link for an offer that is fetched from `url`."""
    check_url_syntax(url)
    return f"{OFFER_SCHEME}://?{encode_form({'credential_offer_uri': url})}"


def offer_uri_by_value(text: str) -> str:
    """The link that holds the offer itself.

    Args:
        text: the offer as JSON text, written by strict JSON.

    Raises:
        SchemaError: `too_large` when the link would be longer than a wallet accepts.
    """
    link = f"{OFFER_SCHEME}://?{encode_form({'credential_offer': text})}"
    if len(link) > MAX_OFFER_LINK_CHARACTERS:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, "", "An offer is too long for a link.")
    return link
