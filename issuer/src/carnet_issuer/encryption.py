"""Encrypted credential requests and responses (OpenID4VCI 1.0 sections 8.2, 8.3 and 10)."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from carnet_issuer.errors import OAuthCode, ProtocolError
from carnet_schemas.oid4vci import CredentialRequest
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError
from carnet_securing.jwe import (
    CONTENT_ENCRYPTIONS,
    KEY_AGREEMENT,
    DecryptionKey,
    decrypt_jwe,
    encrypt_jwe,
    parse_encryption_key,
)
from carnet_securing.jwk import PublicJwk
from carnet_securing.limits import PRESENTATION

MAX_REQUEST_BYTES: Final = 1024 * 1024
_LIMITS: Final = replace(PRESENTATION, jwe_bytes=MAX_REQUEST_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseKey:
    """To whom and how an answer is encrypted; checked."""

    key: PublicJwk = field(repr=False)
    enc: str


def read_request(body: bytes, *, encrypted: bool, key: DecryptionKey) -> Any:
    """Decode a credential request's body, opening it first when it came encrypted.

    Raises:
        ProtocolError: `invalid_credential_request` or `invalid_encryption_parameters`.
    """
    try:
        plain = (
            decrypt_jwe(body, decryption_key=key, enc_allowed=CONTENT_ENCRYPTIONS, limits=_LIMITS)
            if encrypted
            else body
        )
    except CarnetError as error:
        raise ProtocolError(OAuthCode.INVALID_ENCRYPTION_PARAMETERS, error.message) from None
    try:
        return strict_json.loads(plain, max_bytes=MAX_REQUEST_BYTES)
    except CarnetError as error:
        raise ProtocolError(OAuthCode.INVALID_CREDENTIAL_REQUEST, error.message) from None


def response_key(
    request: CredentialRequest, *, encrypted: bool, required: bool
) -> ResponseKey | None:
    """How the answer to a request is to be encrypted, None for not at all.

    A request that wants an encrypted answer must be encrypted itself, or somebody on the
    way could put his own key into it (section 8.2). A key that cannot be used is refused
    here, before anything is issued for it.

    Raises:
        ProtocolError: `invalid_encryption_parameters`.
    """
    wanted = request.credential_response_encryption
    if wanted is None:
        if required:
            raise _refused("Requests and answers are encrypted here.")
        return None
    if not encrypted:
        raise _refused("Only an encrypted request may ask for an encrypted answer.")
    if wanted.enc not in CONTENT_ENCRYPTIONS or wanted.jwk.get("alg") != KEY_AGREEMENT:
        raise _refused("The answer cannot be encrypted in this way.")
    try:
        return ResponseKey(key=parse_encryption_key(wanted.jwk), enc=wanted.enc)
    except CarnetError:
        raise _refused("The key for the answer cannot be used.") from None


def encrypt_answer(answer: bytes, to: ResponseKey) -> bytes:
    """Encrypt a credential response; its bytes stay the stored ones."""
    return encrypt_jwe(answer, key=to.key, enc=to.enc, kid=to.key.kid).encode("ascii")


def _refused(description: str) -> ProtocolError:
    return ProtocolError(OAuthCode.INVALID_ENCRYPTION_PARAMETERS, description)
