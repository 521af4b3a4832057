"""What a wallet tells an asker when it does not answer: OpenID4VP 1.0 section 8.5."""

from enum import StrEnum

from carnet_schemas.errors import SchemaError, SchemaErrorKind


class AuthorizationErrorCode(StrEnum):
    """RFC 6749 section 4.1.2.1 and OpenID4VP 1.0 section 8.5.

    `access_denied` stands for every reason of the person and of her wallet's content:
    not there, does not fit, not shown. The asker never learns which.
    """

    INVALID_REQUEST = "invalid_request"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    ACCESS_DENIED = "access_denied"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    INVALID_CLIENT = "invalid_client"
    VP_FORMATS_NOT_SUPPORTED = "vp_formats_not_supported"
    INVALID_REQUEST_URI_METHOD = "invalid_request_uri_method"
    INVALID_TRANSACTION_DATA = "invalid_transaction_data"
    WALLET_UNAVAILABLE = "wallet_unavailable"


class RequestError(SchemaError):
    """A request a wallet does not process, with the code it may answer.

    Whether anything is answered at all is the wallet's decision: an asker that was not
    authenticated learns nothing.
    """

    def __init__(
        self, error: AuthorizationErrorCode, kind: SchemaErrorKind, pointer: str, message: str
    ) -> None:
        super().__init__(kind, pointer, message)
        self.error = error


def invalid_request(
    pointer: str, message: str, *, kind: SchemaErrorKind = SchemaErrorKind.MALFORMED
) -> RequestError:
    """The error for a request that breaks a rule of section 5."""
    return RequestError(AuthorizationErrorCode.INVALID_REQUEST, kind, pointer, message)
