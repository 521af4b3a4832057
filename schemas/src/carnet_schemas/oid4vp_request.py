"""The question itself: the parameters of a request and every rule a wallet holds them to.

`check_authorization_request` takes decoded claims, signed or not, and returns a request
that keeps the rules of OpenID4VP 1.0 section 5. It is given what the caller established:
whether a signature was verified, and the identifier the link named. It verifies no
signature and trusts nobody; who asks is authenticated before.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from carnet_schemas.client_id import ClientId, ClientIdPrefix, Signing, parse_client_id
from carnet_schemas.dcql_query import DcqlQuery, parse_dcql
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.messages import FORMAT_SD_JWT_VC, Message, NonEmptyArray, Text, Url
from carnet_schemas.oid4vp_errors import AuthorizationErrorCode, RequestError, invalid_request
from carnet_schemas.paths import JsonObject

STATIC_AUDIENCE: Final = "https://self-issued.me/v2"
"""Section 5.8: the audience when the asker does not know the wallet."""
REQUEST_OBJECT_TYPE: Final = "oauth-authz-req+jwt"
"""RFC 9101: the `typ` of a signed request, and with `application/` its media type."""
VP_TOKEN: Final = "vp_token"  # noqa: S105 - a response type, not a secret

MIN_NONCE_CHARACTERS: Final = 12
"""Section 5.2 recommends 128 bits, and its own examples have 12 characters: fewer are refused."""
MIN_RANDOM_CHARACTERS: Final = 22
"""128 bits in the 66 characters section 5.2 allows need 22 of them."""
MAX_RANDOM_CHARACTERS: Final = 512
DEFAULT_ENC: Final = "A128GCM"
ENC_SUPPORTED: Final = ("A128GCM", "A256GCM")
_PREFERRED_ENC: Final = ("A256GCM", "A128GCM")

_URL_SAFE: Final = re.compile(r"[A-Za-z0-9\-._~]+")


class ResponseMode(StrEnum):
    """The ways an answer travels that Carnet speaks."""

    DIRECT_POST = "direct_post"
    DIRECT_POST_JWT = "direct_post.jwt"


class VerifierInfo(Message):
    """A statement of a third party about the asker (section 5.11); unused unless verified."""

    format: Text
    data: str | JsonObject
    credential_ids: NonEmptyArray[Text] | None = None


class EncryptionKeys(Message):
    """Keys for the answer; ones that cannot be used are passed over, not refused."""

    keys: NonEmptyArray[JsonObject]


class ClientMetadata(Message):
    """What an asker says about itself in a request (section 5.1); all else is ignored."""

    jwks: EncryptionKeys | None = None
    encrypted_response_enc_values_supported: NonEmptyArray[Text] | None = None
    vp_formats_supported: dict[str, JsonObject] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionChoice:
    """The keys and the cipher for an encrypted answer (section 8.3).

    Attributes:
        keys: those that say they are for this, in the asker's order. Whether one can be used,
            a point of its curve among others, is found by who encrypts: the first that can.
        enc: the cipher.
    """

    keys: tuple[JsonObject, ...]
    enc: str


class _Wire(Message):
    response_type: str
    response_mode: str
    response_uri: Url | None = None
    nonce: str
    state: str | None = None
    client_metadata: ClientMetadata | None = None
    verifier_info: NonEmptyArray[VerifierInfo] | None = None
    wallet_nonce: str | None = None
    aud: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request that keeps the rules; built only by `check_authorization_request`."""

    client_id: ClientId
    response_mode: ResponseMode
    response_uri: str
    nonce: str = field(repr=False)
    state: str | None = field(repr=False)
    query: DcqlQuery
    client_metadata: ClientMetadata | None
    verifier_info: tuple[VerifierInfo, ...]


def check_authorization_request(
    claims: JsonObject, *, client_id: ClientId, signed: bool, wallet_nonce: str | None
) -> AuthorizationRequest:
    """Hold a request to the rules of section 5.

    1. The asker inside is the asker of the link, and is signed for as its prefix demands.
    2. The answer goes by `direct_post` to a `response_uri` the prefix allows.
    3. `nonce` has its characters, and enough of them not to be guessed at a glance; `state`,
       where it takes the nonce's place, has room for 128 bits (section 5.3).
    4. There is one question, in DCQL, about a format that is supported.
    5. There is no transaction data, because no type of it is known here.
    6. What the asker says about itself can be used.

    Args:
        claims: the request object or the unsigned parameters, decoded.
        client_id: the identifier the link named.
        signed: whether the request came as a signed object; its signature is the
            caller's to verify.
        wallet_nonce: what the wallet sent when it fetched by POST, else None.

    Raises:
        RequestError: with the kind and the code that fit; a question is never guessed.
    """
    try:
        check_asker(claims, client_id, signed=signed)
        wire = _read(claims)
        check_freshness(claims, signed=signed, wallet_nonce=wallet_nonce)
        query = _question(claims)
        _check_random(wire.nonce, "/nonce", at_least=MIN_NONCE_CHARACTERS)
        _check_state(wire.state, needed=query.needs_state)
        _check_metadata(wire)
        return AuthorizationRequest(
            client_id=client_id,
            response_mode=ResponseMode(wire.response_mode),
            response_uri=response_address(wire.response_uri, client_id),
            nonce=wire.nonce,
            state=wire.state,
            query=query,
            client_metadata=wire.client_metadata,
            verifier_info=wire.verifier_info or (),
        )
    except RequestError:
        raise
    except SchemaError as error:
        raise invalid_request(error.pointer, error.message, kind=error.kind) from None


def _untrusted(pointer: str, message: str) -> RequestError:
    return invalid_request(pointer, message, kind=SchemaErrorKind.REQUEST_UNTRUSTED)


def check_asker(claims: JsonObject, client_id: ClientId, *, signed: bool) -> None:
    """The asker inside is the asker of the link, and signs or not as its prefix demands.

    Raises:
        SchemaError: `request_untrusted`, or `malformed` for an identifier that is none.
    """
    inside = parse_client_id(claims.get("client_id"))
    if inside.text != client_id.text:
        raise _untrusted("/client_id", "The request names another asker than its link.")
    if client_id.signing is Signing.REQUIRED and not signed:
        raise _untrusted("/client_id", "This kind of asker has to sign its request.")
    if client_id.signing is Signing.FORBIDDEN and signed:
        raise _untrusted("/client_id", "This kind of asker cannot sign a request.")


def _read(claims: JsonObject) -> _Wire:
    if "transaction_data" in claims:
        raise RequestError(
            AuthorizationErrorCode.INVALID_TRANSACTION_DATA,
            SchemaErrorKind.MALFORMED,
            "/transaction_data",
            "No kind of transaction is known here.",
        )
    if "redirect_uri" in claims:
        raise invalid_request("/redirect_uri", "An answer that is posted has no redirect.")
    for name in ("request", "request_uri"):
        # RFC 9101 section 4: a request object is the whole question, and leads to no other.
        if name in claims:
            raise invalid_request(f"/{name}", "A request does not hold another request.")
    wire = _Wire.parse(claims)
    if wire.response_type != VP_TOKEN:
        raise RequestError(
            AuthorizationErrorCode.UNSUPPORTED_RESPONSE_TYPE,
            SchemaErrorKind.MALFORMED,
            "/response_type",
            "Only presentations are answered here.",
        )
    if wire.response_mode not in set(ResponseMode):
        raise invalid_request("/response_mode", "The answer cannot travel in this way.")
    return wire


def check_freshness(claims: JsonObject, *, signed: bool, wallet_nonce: str | None) -> None:
    """The request was made for this wallet, and for this fetch of it.

    Raises:
        RequestError: `request_untrusted`.
    """
    # Section 5.8 fixes the audience; one that is left out is tolerated, as many askers do.
    if signed and claims.get("aud") not in (None, STATIC_AUDIENCE):
        raise _untrusted("/aud", "The request was made for somebody else.")
    if wallet_nonce is not None and claims.get("wallet_nonce") != wallet_nonce:
        raise _untrusted("/wallet_nonce", "The request was not made for this fetch.")


def _question(claims: JsonObject) -> DcqlQuery:
    if "scope" in claims:
        if "dcql_query" in claims:
            raise invalid_request("/scope", "There are two questions in one request.")
        raise RequestError(
            AuthorizationErrorCode.INVALID_SCOPE,
            SchemaErrorKind.MALFORMED,
            "/scope",
            "No question is known under a scope.",
        )
    query = parse_dcql(claims.get("dcql_query"))
    if all(asked.format != FORMAT_SD_JWT_VC for asked in query.credentials):
        raise _formats_not_supported("/dcql_query/credentials")
    return query


def _formats_not_supported(pointer: str) -> RequestError:
    return RequestError(
        AuthorizationErrorCode.VP_FORMATS_NOT_SUPPORTED,
        SchemaErrorKind.UNSUPPORTED_VERSION,
        pointer,
        "No format asked for is held here.",
    )


def _check_random(value: str, pointer: str, *, at_least: int) -> None:
    if not at_least <= len(value) <= MAX_RANDOM_CHARACTERS:
        raise invalid_request(pointer, "A random value is shorter or longer than it may be.")
    _check_url_safe(value, pointer)


def _check_url_safe(value: str, pointer: str) -> None:
    if _URL_SAFE.fullmatch(value) is None:
        raise invalid_request(pointer, "A value has characters that are not safe in addresses.")


def _check_state(state: str | None, *, needed: bool) -> None:
    if needed:
        # Section 5.3: without the holder's proof only `state` ties the answer to the question.
        _check_random(state or "", "/state", at_least=MIN_RANDOM_CHARACTERS)
    elif state is not None:
        if len(state) > MAX_RANDOM_CHARACTERS:
            raise invalid_request("/state", "A value is longer than it may be.")
        _check_url_safe(state, "/state")


def usable_state(state: object) -> str | None:
    """The `state` of a request whose other parts may be wrong; None where it is wrong itself."""
    if type(state) is not str:
        return None
    try:
        _check_state(state, needed=False)
    except SchemaError:
        return None
    return state


def _check_metadata(wire: _Wire) -> None:
    formats = wire.client_metadata.vp_formats_supported if wire.client_metadata else None
    if formats is not None and FORMAT_SD_JWT_VC not in formats:
        raise _formats_not_supported("/client_metadata/vp_formats_supported")
    if wire.response_mode == ResponseMode.DIRECT_POST_JWT:
        choose_encryption(wire.client_metadata)


def response_address(response_uri: str | None, client_id: ClientId) -> str:
    """Where the answer goes, as the prefix of the asker allows.

    Raises:
        RequestError: `request_untrusted` for an address of somebody else.
    """
    if client_id.prefix is ClientIdPrefix.REDIRECT_URI:
        # Section 5.9.3: the identifier is the address, which may then be left out.
        if response_uri is not None and response_uri != client_id.value:
            raise _untrusted("/response_uri", "The answer would go to another address.")
        return client_id.value
    if response_uri is None:
        raise invalid_request("/response_uri", "There is no address to answer to.")
    host = (urlsplit(response_uri).hostname or "").lower()
    if client_id.prefix is ClientIdPrefix.X509_SAN_DNS and host != client_id.value.lower():
        raise _untrusted("/response_uri", "The answer would go to another host than the asker's.")
    return response_uri


def choose_encryption(metadata: ClientMetadata | None) -> EncryptionChoice:
    """The keys of the asker that are for an encrypted answer, and its best cipher.

    A key is for P-256 ECDH-ES, says so in `alg`, has a `kid`, and is not for something
    else; others are passed over (section 8.3). Ciphers: of what the asker lists the
    stronger one, whatever its order (HAIP 1.0 section 5), or A128GCM when it lists none.

    Raises:
        RequestError: `invalid_request` when nothing fits.
    """
    if metadata is None or metadata.jwks is None:
        raise no_usable_encryption()
    listed = metadata.encrypted_response_enc_values_supported or (DEFAULT_ENC,)
    enc = next((name for name in _PREFERRED_ENC if name in listed), None)
    keys = tuple(key for key in metadata.jwks.keys if _is_for_answers(key))
    if enc is None or not keys:
        raise no_usable_encryption()
    return EncryptionChoice(keys=keys, enc=enc)


def no_usable_encryption() -> RequestError:
    """The refusal of a request whose answer has to be encrypted and cannot be."""
    return invalid_request(
        "/client_metadata/jwks", "The request gives no usable way to protect the answer."
    )


def _is_for_answers(key: JsonObject) -> bool:
    return (
        key.get("kty") == "EC"
        and key.get("crv") == "P-256"
        and key.get("alg") == "ECDH-ES"
        and key.get("use", "enc") == "enc"
        and type(key.get("kid")) is str
        and key["kid"] != ""
        and "d" not in key
    )


def request_object(
    *,
    client_id: str,
    response_mode: ResponseMode,
    response_uri: str,
    nonce: str,
    state: str,
    query: DcqlQuery,
    client_metadata: ClientMetadata,
    wallet_nonce: str | None = None,
) -> JsonObject:
    """The claims of a request our verifier sends, held to the same rules before it leaves.

    Its own `nonce` has room for 128 bits, as section 5.2 recommends.

    Raises:
        RequestError: when a wallet that keeps the rules would refuse it.
    """
    asker = parse_client_id(client_id)
    claims: dict[str, Any] = {
        "client_id": client_id,
        "response_type": VP_TOKEN,
        "response_mode": response_mode.value,
        "response_uri": response_uri,
        "nonce": nonce,
        "state": state,
        "dcql_query": query.to_json(),
        "client_metadata": client_metadata.to_json(),
    }
    signed = asker.signing is not Signing.FORBIDDEN
    if signed:
        claims["aud"] = STATIC_AUDIENCE
    if wallet_nonce is not None:
        claims["wallet_nonce"] = wallet_nonce
    _check_random(nonce, "/nonce", at_least=MIN_RANDOM_CHARACTERS)
    check_authorization_request(claims, client_id=asker, signed=signed, wallet_nonce=wallet_nonce)
    return claims
