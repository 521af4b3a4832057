"""Asking for a credential and getting it: OpenID4VCI 1.0 sections 7 to 11.

What a proof or a nonce is worth is not decided here: these are the shapes, with the
wire code an issuer answers when a shape is wrong.
"""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.faults import refuse
from carnet_schemas.messages import (
    ErrorText,
    Message,
    NonEmptyArray,
    Text,
)
from carnet_schemas.paths import JsonObject

MAX_CREDENTIALS: Final = 100
"""Most credentials read from one response."""
MAX_CREDENTIAL_CHARACTERS: Final = 8 * 1024 * 1024

_Proof = Annotated[str, Field(min_length=1, max_length=64 * 1024)]
_Nonce = Annotated[str, Field(min_length=1, max_length=1024)]


class CredentialErrorCode(StrEnum):
    """OpenID4VCI 1.0 sections 8.3.1.2 and 9.3."""

    INVALID_CREDENTIAL_REQUEST = "invalid_credential_request"
    UNKNOWN_CREDENTIAL_CONFIGURATION = "unknown_credential_configuration"
    UNKNOWN_CREDENTIAL_IDENTIFIER = "unknown_credential_identifier"
    INVALID_PROOF = "invalid_proof"
    INVALID_NONCE = "invalid_nonce"
    INVALID_ENCRYPTION_PARAMETERS = "invalid_encryption_parameters"
    CREDENTIAL_REQUEST_DENIED = "credential_request_denied"
    INVALID_TRANSACTION_ID = "invalid_transaction_id"


class NotificationErrorCode(StrEnum):
    """OpenID4VCI 1.0 section 11.3."""

    INVALID_NOTIFICATION_ID = "invalid_notification_id"
    INVALID_NOTIFICATION_REQUEST = "invalid_notification_request"


class NotificationEvent(StrEnum):
    """What became of the credentials of one response (OpenID4VCI 1.0 section 11.1)."""

    CREDENTIAL_ACCEPTED = "credential_accepted"
    CREDENTIAL_FAILURE = "credential_failure"
    CREDENTIAL_DELETED = "credential_deleted"


class CredentialRequestError(SchemaError):
    """A credential request that cannot be read, with the code the endpoint answers."""

    def __init__(
        self, error: CredentialErrorCode, kind: SchemaErrorKind, pointer: str, message: str
    ) -> None:
        super().__init__(kind, pointer, message)
        self.error = error


class Proofs(Message):
    """Proofs of one kind. `attestation` is a single key attestation that names the keys."""

    jwt: NonEmptyArray[_Proof] | None = None
    attestation: NonEmptyArray[_Proof] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.jwt is None) == (self.attestation is None):
            raise refuse("Proofs are of one kind that is supported here.")
        if self.attestation is not None and len(self.attestation) != 1:
            raise refuse("There is exactly one key attestation.")
        return self


class ResponseEncryption(Message):
    """The key and cipher with which the wallet wants its answer encrypted."""

    jwk: JsonObject
    enc: Text

    @model_validator(mode="after")
    def _usable_key(self) -> Self:
        if type(self.jwk.get("alg")) is not str:
            raise refuse("The key names its algorithm.")
        if self.jwk.get("use", "enc") != "enc" or "d" in self.jwk or "k" in self.jwk:
            raise refuse("The key is a public key for encryption.")
        return self


class CredentialRequest(Message):
    """OpenID4VCI 1.0 section 8.2; read it with `parse_credential_request`."""

    credential_configuration_id: Text | None = None
    credential_identifier: Text | None = None
    proofs: Proofs | None = None
    credential_response_encryption: ResponseEncryption | None = None

    @model_validator(mode="after")
    def _names_one_credential(self) -> Self:
        if (self.credential_configuration_id is None) == (self.credential_identifier is None):
            raise refuse("A request names a configuration or an identifier, and not both.")
        return self


def parse_credential_request(value: object, *, max_proofs: int) -> CredentialRequest:
    """Read a credential request as an issuer does.

    Args:
        value: decoded JSON of the body, or of the payload of the encrypted request.
        max_proofs: the issuer's batch size, or 1 where it has none.

    Raises:
        CredentialRequestError: with the wire code that fits the part that is wrong.
    """
    if type(value) is not dict:
        raise _bad_request("", "A credential request is an object.")
    if "proof" in value and value.get("proofs") is None:
        # The drafts' single proof is gone; answering as if no proof came would mislead. Beside
        # `proofs` it is one more parameter nobody knows, to be ignored (section 8.2).
        raise _bad_request("/proof", "Proofs come in the member for several.")
    _read_proofs(value.get("proofs"), max_proofs=max_proofs)
    _read_encryption(value.get("credential_response_encryption"))
    try:
        return CredentialRequest.parse(value)
    except SchemaError as error:
        raise _answered(CredentialErrorCode.INVALID_CREDENTIAL_REQUEST, error) from None


def _answered(code: CredentialErrorCode, error: SchemaError) -> CredentialRequestError:
    return CredentialRequestError(code, error.kind, error.pointer, error.message)


def _bad_request(pointer: str, message: str) -> CredentialRequestError:
    return CredentialRequestError(
        CredentialErrorCode.INVALID_CREDENTIAL_REQUEST,
        SchemaErrorKind.MALFORMED,
        pointer,
        message,
    )


def _read_proofs(value: object, *, max_proofs: int) -> None:
    if value is None:
        return
    if type(value) is not dict or len(value) != 1:
        raise CredentialRequestError(
            CredentialErrorCode.INVALID_PROOF,
            SchemaErrorKind.MALFORMED,
            "/proofs",
            "Proofs are of exactly one kind.",
        )
    for proofs in value.values():
        if type(proofs) is list and len(proofs) > max_proofs:
            raise CredentialRequestError(
                CredentialErrorCode.INVALID_CREDENTIAL_REQUEST,
                SchemaErrorKind.TOO_LARGE,
                "/proofs",
                "There are more proofs than one request may carry.",
            )
    try:
        Proofs.parse(value, pointer="/proofs")
    except SchemaError as error:
        raise _answered(CredentialErrorCode.INVALID_PROOF, error) from None


def _read_encryption(value: object) -> None:
    if value is None:
        return
    pointer = "/credential_response_encryption"
    try:
        ResponseEncryption.parse(value, pointer=pointer)
        if type(value) is dict and "zip" in value:
            raise SchemaError(SchemaErrorKind.MALFORMED, pointer, "Nothing is compressed here.")
    except SchemaError as error:
        raise _answered(CredentialErrorCode.INVALID_ENCRYPTION_PARAMETERS, error) from None


class IssuedCredential(Message):
    """One credential as it travels: text for SD-JWT VC, an object for some other formats."""

    credential: (
        Annotated[str, Field(min_length=1, max_length=MAX_CREDENTIAL_CHARACTERS)] | JsonObject
    )


class CredentialResponse(Message):
    """OpenID4VCI 1.0 sections 8.3 and 9.2: the credentials now, or when to ask again."""

    credentials: (
        Annotated[NonEmptyArray[IssuedCredential], Field(max_length=MAX_CREDENTIALS)] | None
    ) = None
    transaction_id: Text | None = None
    interval: Annotated[int | float, Field(gt=0)] | None = None
    notification_id: Text | None = None

    @model_validator(mode="after")
    def _now_or_later(self) -> Self:
        if (self.credentials is None) == (self.transaction_id is None):
            raise refuse("A response holds credentials or a transaction, and not both.")
        if (self.transaction_id is None) != (self.interval is None):
            raise refuse("A transaction and its interval come together.")
        if self.notification_id is not None and self.credentials is None:
            raise refuse("A notification is about credentials that came.")
        return self


class DeferredCredentialRequest(Message):
    """OpenID4VCI 1.0 section 9.1."""

    transaction_id: Text
    credential_response_encryption: ResponseEncryption | None = None


class NonceResponse(Message):
    """OpenID4VCI 1.0 section 7.2."""

    c_nonce: _Nonce


class NotificationRequest(Message):
    """OpenID4VCI 1.0 section 11.1."""

    notification_id: Text
    event: Annotated[NotificationEvent, Field(strict=False)]
    event_description: ErrorText | None = None
