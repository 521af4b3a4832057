"""From the link of a request to a question whose asker is authenticated.

`UnverifiedRequest -> AuthenticatedRequest -> ResolvedRequest`, OpenID4VP 1.0 section 5:

1. `receive`: the link is read and the request object fetched, once, following no redirect.
   What is shown, agreed to and answered is this very object, named by its hash (row P10).
2. `authenticate`: by the prefix of the client identifier and nothing else (`asker_keys`);
   `redirect_uri` cannot be signed, so nobody is authenticated. Every other prefix is refused.
3. `resolve`: the rules of section 5, held by `carnet_schemas.oid4vp`. What could not be
   answered is refused here, before she sees it: an address this wallet never opens, an
   encryption it cannot make.

A refusal after the signature held says where its asker may be told which rule was broken.

The name of an asker is never taken from the request or its certificate; it comes from the
worker's trust data (`carnet_trust.askers`).
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final

from carnet_schemas.client_id import ClientId, ClientIdPrefix
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.form import encode_form
from carnet_schemas.oid4vp import (
    REQUEST_OBJECT_TYPE,
    AuthorizationErrorCode,
    AuthorizationRequest,
    ErrorRoute,
    RequestByReference,
    RequestByValue,
    RequestError,
    ResponseMode,
    UnsignedRequest,
    check_authorization_request,
    choose_encryption,
    error_route,
    no_usable_encryption,
    parse_request_uri,
)
from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import FetchFailedError
from carnet_securing.jws import UnverifiedJws, parse_jws
from carnet_securing.jwt import check_times
from carnet_securing.limits import PRESENTATION
from carnet_securing.strict_json import JsonObject
from carnet_wallet.asker_keys import AskerKeys, verified_claims
from carnet_wallet.encryption import AnswerEncryption, answer_encryption
from carnet_wallet.errors import ASK_AGAIN, RequestRefusedError, closed_address, untrusted
from carnet_wallet.web import FORM, Web, as_kind, gone

_MEDIA_TYPE: Final = f"application/{REQUEST_OBJECT_TYPE}"
_PREFIXES: Final = (
    ClientIdPrefix.DECENTRALIZED_IDENTIFIER,
    ClientIdPrefix.X509_SAN_DNS,
    ClientIdPrefix.X509_HASH,
    ClientIdPrefix.REDIRECT_URI,
)
_NOT_SIGNED_PROPERLY: Final = frozenset(
    {
        ErrorKind.ALG_NOT_ALLOWED,
        ErrorKind.CRIT_UNSUPPORTED,
        ErrorKind.HEADER_NOT_ALLOWED,
        ErrorKind.BAD_SIGNATURE,
    }
)
_ENDED: Final = "This request has ended."
_BAD_TIMES: Final = {
    ErrorKind.EXPIRED: _ENDED,
    ErrorKind.NOT_YET_VALID: "This request is not valid yet.",
    ErrorKind.MALFORMED: "A time in this request is not a whole number.",
}
_WALLET_METADATA: Final = {
    "vp_formats_supported": {
        "dc+sd-jwt": {
            # Fully-specified names only (appendix B.3.4); an asker may still say `EdDSA`.
            "sd-jwt_alg_values": ["ES256", "ES384", "Ed25519"],
            "kb-jwt_alg_values": ["ES256", "Ed25519"],
        }
    },
    "client_id_prefixes_supported": [prefix.value for prefix in _PREFIXES],
    "request_object_signing_alg_values_supported": ["ES256", "ES384", "EdDSA", "Ed25519"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedRequest:
    """A request as it came; either a signed object or parameters nobody signed.

    `digest` names the exact object: its bytes for a signed one, the whole link otherwise.
    """

    client_id: ClientId
    unverified_jws: UnverifiedJws | None = field(repr=False)
    unverified_claims: JsonObject = field(repr=False)
    wallet_nonce: str | None = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedRequest:
    """A request whose asker is who its identifier says.

    `signed` is False only under `redirect_uri:`, where the identifier says where the answer
    goes and nothing about who asks.
    """

    client_id: ClientId
    signed: bool
    claims: JsonObject = field(repr=False)
    wallet_nonce: str | None = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRequest:
    """A question that keeps the rules, from an asker whose identifier was authenticated.

    `encryption` is how its answer is encrypted; None where it travels as it is.
    """

    request: AuthorizationRequest
    encryption: AnswerEncryption | None
    asker_authenticated: bool
    digest: str


def receive(uri: str, *, web: Web) -> UnverifiedRequest:
    """Step 1.

    Raises:
        RequestRefusedError: `not_found` or `expired` for a request its asker has taken away;
            `malformed`, `too_large` or `request_untrusted`.
        UndeterminedError: `fetch_blocked`, `fetch_failed` (a redirect among them) or
            `fetch_too_large`.
    """
    try:
        link = _parsed(uri)
        _check_prefix(link)
        match link:
            case RequestByReference():
                return _fetched(link, web=web)
            case RequestByValue():
                text = link.unverified_jwt.encode("ascii", "replace")
                return _signed(link.client_id, text, wallet_nonce=None)
            case UnsignedRequest():
                return _unsigned(link, uri)
    except SchemaError as error:
        raise refused(error) from None
    except InvalidError as error:
        if error.kind in _NOT_SIGNED_PROPERLY:
            raise untrusted("The request is not signed as it has to be.") from None
        raise RequestRefusedError(error.kind, error.message, hint=ASK_AGAIN) from None


def _parsed(uri: str) -> RequestByReference | RequestByValue | UnsignedRequest:
    try:
        return parse_request_uri(uri)
    except SchemaError as error:
        if error.kind is not SchemaErrorKind.MALFORMED:
            raise
        raise RequestRefusedError(
            ErrorKind.MALFORMED,
            "This is not the link of a request.",
            hint=ASK_AGAIN,
            wire_code=refused(error).wire_code,
        ) from error


def authenticate(
    unverified: UnverifiedRequest, *, keys: AskerKeys, now: int
) -> AuthenticatedRequest:
    """Step 2.

    Raises:
        RequestRefusedError: `request_untrusted` for everything that is wrong with a signature,
            a key, a chain or a prefix; `expired`, `not_yet_valid` or `malformed` for the times
            of a request whose signature holds.
        UndeterminedError: a document of the asker could not be fetched.
    """
    client_id, jws = unverified.client_id, unverified.unverified_jws
    if jws is None:
        if client_id.prefix is not ClientIdPrefix.REDIRECT_URI:
            raise untrusted("The request is not signed, and this kind of asker has to sign.")
        claims = unverified.unverified_claims
    else:
        try:
            claims = verified_claims(client_id, jws, keys=keys, now=now)
        except InvalidError:
            raise untrusted(
                "It is not sure who asks: the request's signature does not hold."
            ) from None
    authenticated = AuthenticatedRequest(
        client_id=client_id,
        signed=jws is not None,
        claims=claims,
        wallet_nonce=unverified.wallet_nonce,
        digest=unverified.digest,
    )
    if jws is not None:
        _check_times(authenticated, now=now)
    return authenticated


def resolve(authenticated: AuthenticatedRequest, *, web: Web) -> ResolvedRequest:
    """Step 3.

    Raises:
        RequestRefusedError: the kind of the rule that was broken; `wire_code` says which error
            OpenID4VP has for it, and `route` where to. `fetch_blocked` for an answer that
            would go to an address this wallet never opens; then nobody is told.
    """
    try:
        request = check_authorization_request(
            authenticated.claims,
            client_id=authenticated.client_id,
            signed=authenticated.signed,
            wallet_nonce=authenticated.wallet_nonce,
        )
        encryption = None
        if request.response_mode is ResponseMode.DIRECT_POST_JWT:
            encryption = answer_encryption(choose_encryption(request.client_metadata))
            if encryption is None:
                raise no_usable_encryption()
    except SchemaError as error:
        raise refused(error, route=_route(authenticated)) from None
    try:
        web.check(request.response_uri)
    except UndeterminedError as error:
        raise closed_address(error.kind) from None
    return ResolvedRequest(
        request=request,
        encryption=encryption,
        asker_authenticated=authenticated.signed,
        digest=authenticated.digest,
    )


def refused(error: SchemaError, *, route: ErrorRoute | None = None) -> RequestRefusedError:
    """The refusal for a request that breaks a rule.

    An asker that is not the one it says, or asks for another wallet, is told nothing.
    """
    kind = as_kind(error)
    return RequestRefusedError(
        kind,
        error.message,
        hint=ASK_AGAIN,
        wire_code=error.error.value if isinstance(error, RequestError) else "",
        route=None if kind is ErrorKind.REQUEST_UNTRUSTED else route,
    )


def _route(authenticated: AuthenticatedRequest) -> ErrorRoute | None:
    if not authenticated.signed:
        return None
    return error_route(
        authenticated.claims,
        client_id=authenticated.client_id,
        wallet_nonce=authenticated.wallet_nonce,
    )


def _check_times(authenticated: AuthenticatedRequest, *, now: int) -> None:
    try:
        check_times(authenticated.claims, now=now, leeway=PRESENTATION.leeway)
    except InvalidError as error:
        raise RequestRefusedError(
            error.kind,
            _BAD_TIMES.get(error.kind, error.message),
            hint=ASK_AGAIN,
            wire_code=AuthorizationErrorCode.INVALID_REQUEST.value,
            route=_route(authenticated),
        ) from None


def _check_prefix(link: RequestByReference | RequestByValue | UnsignedRequest) -> None:
    """Refuse what could never be authenticated before anything is fetched for it."""
    prefix, unsigned = link.client_id.prefix, isinstance(link, UnsignedRequest)
    if prefix not in _PREFIXES:
        raise untrusted("The asker is named in a way this wallet cannot check.")
    if unsigned and prefix is not ClientIdPrefix.REDIRECT_URI:
        raise untrusted("The request is not signed, and this kind of asker has to sign.")
    if not unsigned and prefix is ClientIdPrefix.REDIRECT_URI:
        raise untrusted("An asker of this kind cannot sign, and this request is signed.")


def _fetched(link: RequestByReference, *, web: Web) -> UnverifiedRequest:
    limit = PRESENTATION.request_object_bytes
    if link.method == "get":
        try:
            fetched = web.get(link.request_uri, accept=_MEDIA_TYPE, max_bytes=limit)
        except FetchFailedError as error:
            _check_not_gone(error.status)
            raise
        _check_media_type(fetched.media_type)
        return _signed(link.client_id, fetched.unverified_body, wallet_nonce=None)
    wallet_nonce = secrets.token_urlsafe(16)
    form = {
        "wallet_metadata": strict_json.dumps(_WALLET_METADATA),
        "wallet_nonce": wallet_nonce,
    }
    posted = web.post(
        link.request_uri,
        body=encode_form(form).encode("ascii"),
        content_type=FORM,
        accept=_MEDIA_TYPE,
        max_bytes=limit,
    )
    _check_not_gone(posted.status)
    if posted.status != 200:
        raise untrusted("The request could not be fetched where it should be.")
    _check_media_type(posted.media_type)
    return _signed(link.client_id, posted.unverified_body, wallet_nonce=wallet_nonce)


def _check_not_gone(status: int | None) -> None:
    """An asker takes a request away once it was answered or has ended."""
    kind = gone(status)
    if kind is not None:
        raise RequestRefusedError(kind, _ENDED, hint=ASK_AGAIN) from None


def _check_media_type(media_type: str) -> None:
    if media_type != _MEDIA_TYPE:
        raise untrusted("What was fetched is not a signed request.")


def _signed(client_id: ClientId, text: bytes, *, wallet_nonce: str | None) -> UnverifiedRequest:
    limit = PRESENTATION.request_object_bytes
    jws = parse_jws(text, limits=PRESENTATION, max_bytes=limit)
    return UnverifiedRequest(
        client_id=client_id,
        unverified_jws=jws,
        unverified_claims=strict_json.loads_object(jws.unverified_payload, max_bytes=limit),
        wallet_nonce=wallet_nonce,
        digest=hashlib.sha256(text).hexdigest(),
    )


def _unsigned(link: UnsignedRequest, uri: str) -> UnverifiedRequest:
    limit = PRESENTATION.request_object_bytes
    parsed = {
        name: strict_json.loads(text, max_bytes=limit)
        for name, text in link.unverified_texts.items()
    }
    return UnverifiedRequest(
        client_id=link.client_id,
        unverified_jws=None,
        unverified_claims=link.claims(parsed),
        wallet_nonce=None,
        digest=hashlib.sha256(uri.strip().encode("utf-8", "surrogatepass")).hexdigest(),
    )
