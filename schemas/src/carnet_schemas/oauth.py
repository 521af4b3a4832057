"""OAuth 2.0 as OpenID4VCI 1.0 uses it: server metadata, the token request and its answer.

Sources: RFC 6749, RFC 8414, RFC 9396, OpenID4VCI 1.0 sections 5.1.1, 6 and 12.3.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.messages import (
    MAX_STRING_CHARACTERS,
    Array,
    ClaimPath,
    ErrorCode,
    ErrorText,
    IssuerIdentifier,
    Message,
    NonEmptyArray,
    Text,
    Url,
)

PRE_AUTHORIZED_CODE: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
OPENID_CREDENTIAL: Final = "openid_credential"

MAX_TX_CODE_CHARACTERS: Final = 64


class OAuthErrorCode(StrEnum):
    """RFC 6749 section 5.2 and RFC 6750 section 3.1: what our services say."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - an error code, not a secret
    INSUFFICIENT_SCOPE = "insufficient_scope"


class OAuthErrorBody(Message):
    """RFC 6749 section 5.2, as every endpoint of OpenID4VCI answers it (sections 6.3 to 9.3).

    `error` stays text: a server may answer a code of its own.
    """

    error: ErrorCode
    error_description: ErrorText | None = None
    error_uri: Url | None = None


class TokenRequestError(SchemaError):
    """A token request that cannot be read, with the code the endpoint answers."""

    def __init__(self, error: OAuthErrorCode, pointer: str, message: str) -> None:
        super().__init__(SchemaErrorKind.MALFORMED, pointer, message)
        self.error = error


class ClaimWish(Message):
    """A claim the wallet wants in the credential (OpenID4VCI 1.0 appendix B.1)."""

    path: ClaimPath
    mandatory: bool | None = None


class AuthorizationDetail(Message):
    """OpenID4VCI 1.0 sections 5.1.1 and 6.2: one kind of credential asked for or granted."""

    type: Literal["openid_credential"] = OPENID_CREDENTIAL
    credential_configuration_id: Text
    locations: NonEmptyArray[IssuerIdentifier] | None = None
    claims: NonEmptyArray[ClaimWish] | None = None
    credential_identifiers: NonEmptyArray[Text] | None = None


class AuthorizationServerMetadata(Message):
    """RFC 8414 section 2 with OpenID4VCI 1.0 section 12.3; read it with the function below."""

    issuer: IssuerIdentifier
    token_endpoint: Url
    authorization_endpoint: Url | None = None
    pushed_authorization_request_endpoint: Url | None = None
    jwks_uri: Url | None = None
    scopes_supported: NonEmptyArray[Text] | None = None
    response_types_supported: Array[str] | None = None
    grant_types_supported: NonEmptyArray[Text] | None = None
    token_endpoint_auth_methods_supported: NonEmptyArray[Text] | None = None
    code_challenge_methods_supported: NonEmptyArray[Text] | None = None
    authorization_details_types_supported: NonEmptyArray[Text] | None = None
    dpop_signing_alg_values_supported: NonEmptyArray[Text] | None = None
    pre_authorized_grant_anonymous_access_supported: Annotated[
        bool | None, Field(alias="pre-authorized_grant_anonymous_access_supported")
    ] = None

    def grants_pre_authorized_code(self) -> bool:
        """Whether this server says it takes a pre-authorized code.

        A server that lists no grant types takes authorization codes only (RFC 8414
        section 2), but one that speaks of anonymous pre-authorized access means it.
        """
        if self.grant_types_supported is None:
            return self.pre_authorized_grant_anonymous_access_supported is True
        return PRE_AUTHORIZED_CODE in self.grant_types_supported


def parse_authorization_server_metadata(
    value: object, *, issuer: str
) -> AuthorizationServerMetadata:
    """Read a server's metadata and check that it speaks for the server that was asked.

    Args:
        value: decoded JSON.
        issuer: the identifier the address of the metadata was made from.

    Raises:
        SchemaError: `malformed`, `too_large`, or `issuer_mismatch` (RFC 8414 section 3.3).
    """
    metadata = AuthorizationServerMetadata.parse(value)
    if metadata.issuer != issuer:
        raise SchemaError(
            SchemaErrorKind.ISSUER_MISMATCH, "/issuer", "The metadata is of another server."
        )
    return metadata


class TokenRequest(Message):
    """OpenID4VCI 1.0 section 6.1: redeem a pre-authorized code."""

    pre_authorized_code: Text
    tx_code: Annotated[str, Field(min_length=1, max_length=MAX_TX_CODE_CHARACTERS)] | None = None
    client_id: Text | None = None
    authorization_details_text: Text | None = None
    """JSON text, not yet parsed: an array of `AuthorizationDetail`."""

    def to_form(self) -> dict[str, str]:
        """The parameters of the request body."""
        form = {
            "grant_type": PRE_AUTHORIZED_CODE,
            "pre-authorized_code": self.pre_authorized_code,
            "tx_code": self.tx_code,
            "client_id": self.client_id,
            "authorization_details": self.authorization_details_text,
        }
        return {name: value for name, value in form.items() if value is not None}


_FORM_MEMBERS: Final = {
    "pre-authorized_code": "pre_authorized_code",
    "tx_code": "tx_code",
    "client_id": "client_id",
    "authorization_details": "authorization_details_text",
}


def parse_token_request(form: Mapping[str, str]) -> TokenRequest:
    """Read a token request from its form parameters.

    Raises:
        TokenRequestError: `invalid_request`, or `unsupported_grant_type` for any grant
            but the pre-authorized code.
    """
    if "grant_type" not in form:
        raise TokenRequestError(
            OAuthErrorCode.INVALID_REQUEST, "/grant_type", "A token request names its grant."
        )
    if form["grant_type"] != PRE_AUTHORIZED_CODE:
        raise TokenRequestError(
            OAuthErrorCode.UNSUPPORTED_GRANT_TYPE,
            "/grant_type",
            "Only a pre-authorized code is redeemed here.",
        )
    members = {ours: form[wire] for wire, ours in _FORM_MEMBERS.items() if wire in form}
    try:
        return TokenRequest.parse(members)
    except SchemaError as error:
        raise TokenRequestError(
            OAuthErrorCode.INVALID_REQUEST, error.pointer, error.message
        ) from None


AccessToken = Annotated[
    str, Field(min_length=1, max_length=MAX_STRING_CHARACTERS, pattern=r"^[\x21-\x7E]+$")
]
"""What travels in a header after `Bearer`: visible ASCII (RFC 6749 appendix A.12) without the
space, which ends it there; a little more than the `b64token` of RFC 6750 section 2.1."""


class TokenResponse(Message):
    """RFC 6749 section 5.1 with OpenID4VCI 1.0 section 6.2; never cached, never logged."""

    access_token: AccessToken
    token_type: Annotated[str, Field(min_length=1, max_length=32)]
    expires_in: Annotated[int, Field(ge=0)] | None = None
    refresh_token: Text | None = None
    scope: str | None = None
    authorization_details: NonEmptyArray[AuthorizationDetail] | None = None

    @property
    def is_bearer(self) -> bool:
        """Token types compare without case (RFC 6749 section 5.1)."""
        return self.token_type.lower() == "bearer"

    def credential_identifiers(self, configuration_id: str) -> tuple[str, ...]:
        """The identifiers granted for one configuration; empty when there are none.

        When there are some, a credential request must use one (OpenID4VCI 1.0 section 8.2).
        """
        return tuple(
            identifier
            for detail in self.authorization_details or ()
            if detail.credential_configuration_id == configuration_id
            for identifier in detail.credential_identifiers or ()
        )
