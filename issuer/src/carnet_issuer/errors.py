"""What the issuer refuses: plain errors for its operator, OAuth codes for a wallet.

Only `carnet_issuer.http.errors` turns these into HTTP answers.
"""

from enum import StrEnum

from carnet_securing.errors import CarnetError


class IssuerError(CarnetError):
    """The operator asked for something that cannot be done; the hint says what can."""


class ClassListError(IssuerError):
    """A class list that cannot be read as a whole. Single bad rows are reported, not raised."""


class TemplateError(IssuerError):
    """A template that is malformed, or says what this signer may not say."""


class OAuthCode(StrEnum):
    """Error codes on the wire.

    RFC 6749 section 5.2, RFC 6750 section 3.1, OpenID4VCI 1.0 sections 8.3.1.2 and 11.3.
    """

    INVALID_REQUEST = "invalid_request"
    INVALID_GRANT = "invalid_grant"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a name, not a secret
    INVALID_CREDENTIAL_REQUEST = "invalid_credential_request"
    UNKNOWN_CREDENTIAL_CONFIGURATION = "unknown_credential_configuration"
    UNKNOWN_CREDENTIAL_IDENTIFIER = "unknown_credential_identifier"
    INVALID_PROOF = "invalid_proof"
    INVALID_NONCE = "invalid_nonce"
    INVALID_ENCRYPTION_PARAMETERS = "invalid_encryption_parameters"
    CREDENTIAL_REQUEST_DENIED = "credential_request_denied"
    INVALID_NOTIFICATION_ID = "invalid_notification_id"
    INVALID_NOTIFICATION_REQUEST = "invalid_notification_request"
    INVALID_AUTHORIZATION_DETAILS = "invalid_authorization_details"
    NOT_FOUND = "not_found"
    NOT_IMPLEMENTED = "not_implemented"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


class ProtocolError(Exception):
    """A wallet's message is refused; it learns the code and one ASCII sentence.

    Attributes:
        code: the OAuth error code of the answer.
        description: for the wallet's developer; ASCII without quotes and backslashes
            (OpenID4VCI 1.0 section 8.3.1.2), and never a part of the message refused.
        status: HTTP status of the answer.
        retry_after: seconds to wait, for an answer that asks to slow down.
    """

    def __init__(
        self,
        code: OAuthCode,
        description: str,
        *,
        status: int = 400,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status
        self.retry_after = retry_after


class MissingTokenError(Exception):
    """No access token came; the answer asks for one, no more (RFC 6750 section 3.1)."""


class InvalidTokenError(ProtocolError):
    """The access token is unknown, expired, or for something else (RFC 6750 section 3.1)."""

    def __init__(self, description: str = "The access token is not valid here.") -> None:
        super().__init__(OAuthCode.INVALID_TOKEN, description, status=401)
