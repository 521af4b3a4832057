"""What a wallet's request says: body, media type, access token, and the answer it prefers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from carnet_hosting.errors import HostingError
from carnet_hosting.requests import media_type, read_body
from carnet_issuer.errors import InvalidTokenError, MissingTokenError, OAuthCode, ProtocolError

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_TOKEN_CHARACTERS: Final = 512
JWT: Final = "application/jwt"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Incoming:
    """One request, its body read whole."""

    body: bytes
    media_type: str
    headers: Mapping[str, str]
    authorization: tuple[str, ...]
    query: Mapping[str, str]
    path: Mapping[str, str]
    parameters: str = field(default="")


async def read_incoming(request: Request, *, code: OAuthCode) -> Incoming:
    """Read a request and its body, up to `MAX_BODY_BYTES`.

    Raises:
        ProtocolError: `code`, as the endpoint calls a malformed request, for a larger or a
            compressed body. The status is 400: OpenID4VCI 1.0 section 8.3.1.2 and RFC 6749
            section 5.2 want no other.
    """
    try:
        body = await read_body(request, max_bytes=MAX_BODY_BYTES)
    except HostingError as error:
        raise ProtocolError(code, error.message) from None
    name, parameters = media_type(request)
    return Incoming(
        body=body,
        media_type=name,
        parameters=parameters,
        headers=request.headers,
        authorization=tuple(request.headers.getlist("authorization")),
        query=request.query_params,
        path=request.path_params,
    )


def require_media_type(incoming: Incoming, allowed: Collection[str], *, code: OAuthCode) -> str:
    """The media type of a body, if it is allowed and in UTF-8.

    Raises:
        ProtocolError: `code`.
    """
    if incoming.media_type not in allowed or incoming.parameters.replace('"', "") not in (
        "",
        "charset=utf-8",
    ):
        raise ProtocolError(code, "The body has another media type than it must.")
    return incoming.media_type


def bearer_token(incoming: Incoming) -> str:
    """The access token of the `Authorization` header, its one place (RFC 6750 section 2).

    Raises:
        ProtocolError: `invalid_request` when it also stands in the address, or twice.
        MissingTokenError: none came; credentials of another scheme are none.
        InvalidTokenError: what came cannot be one.
    """
    if "access_token" in incoming.query or len(incoming.authorization) > 1:
        raise ProtocolError(
            OAuthCode.INVALID_REQUEST, "An access token stands in one Authorization header."
        )
    scheme, _, token = (incoming.authorization or ("",))[0].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise MissingTokenError
    if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii() or " " in token:
        raise InvalidTokenError
    return token


def prefers(accept: str, wanted: str, *, over: str) -> bool:
    """Whether an `Accept` header names `wanted` with more weight than `over`."""
    weights = _weights(accept)
    other = max(weights.get(name, 0.0) for name in (over, "application/*", "*/*"))
    return weights.get(wanted, 0.0) > min(other, weights.get(over, other))


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an `Accept-Encoding` header takes gzip."""
    weights = _weights(accept_encoding)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in header[:1024].split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            weights[name] = float(weight) if len(weight) <= 5 else 0.0
        except ValueError:
            weights[name] = 0.0
    return weights
