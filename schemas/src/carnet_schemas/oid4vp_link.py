"""The link that opens a wallet with a request: OpenID4VP 1.0 sections 5.4, 5.10 and 9.

A link carries the address of a signed request, the signed request itself, or the
parameters of an unsigned one. Beside a signed request only `client_id`,
`request_uri` and `request_uri_method` count; everything else in the link is ignored.
JSON in parameters stays text: the wallet takes it through strict JSON.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from carnet_schemas.client_id import ClientId, parse_client_id
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.form import encode_form, parse_link
from carnet_schemas.messages import check_url_syntax
from carnet_schemas.oid4vp_errors import AuthorizationErrorCode, RequestError, invalid_request
from carnet_schemas.paths import JsonObject

REQUEST_SCHEME: Final = "openid4vp"
MAX_REQUEST_LINK_CHARACTERS: Final = 64 * 1024

JSON_PARAMETERS: Final = frozenset(
    {"dcql_query", "client_metadata", "transaction_data", "verifier_info"}
)
"""Parameters that hold JSON when they stand in a link (section 5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestByReference:
    """The request is to be fetched; it must then be signed."""

    client_id: ClientId
    request_uri: str = field(repr=False)
    method: Literal["get", "post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestByValue:
    """The signed request stood in the link, not yet verified."""

    client_id: ClientId
    unverified_jwt: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedRequest:
    """The parameters stood in the link, signed by nobody.

    Attributes:
        client_id: who says to ask.
        unverified_texts: the parameters that are JSON, as text still to be parsed.
    """

    client_id: ClientId
    unverified_texts: Mapping[str, str] = field(repr=False)
    _plain: Mapping[str, str] = field(repr=False)

    def claims(self, parsed: Mapping[str, object]) -> JsonObject:
        """The request as an object.

        Args:
            parsed: for each of `unverified_texts`, its value after strict JSON.

        Raises:
            SchemaError: `malformed` when one is missing or does not belong.
        """
        if set(parsed) != set(self.unverified_texts):
            raise SchemaError(
                SchemaErrorKind.MALFORMED, "", "The JSON of a request is not complete."
            )
        return {**self._plain, **parsed}


def parse_request_uri(uri: str) -> RequestByReference | RequestByValue | UnsignedRequest:
    """Read the link of a request, whatever its scheme.

    Raises:
        RequestError: with the code a wallet would answer.
    """
    try:
        link = parse_link(uri.strip(), max_characters=MAX_REQUEST_LINK_CHARACTERS)
        client_id = parse_client_id(link.parameters.get("client_id"))
        return _by_kind(link.parameters, client_id)
    except RequestError:
        raise
    except SchemaError as error:
        raise invalid_request(error.pointer, error.message, kind=error.kind) from None


def _by_kind(
    parameters: Mapping[str, str], client_id: ClientId
) -> RequestByReference | RequestByValue | UnsignedRequest:
    address, inline = parameters.get("request_uri"), parameters.get("request")
    method = parameters.get("request_uri_method", "get")
    if address is not None and inline is not None:
        raise invalid_request("/request", "A link holds a request or its address, and not both.")
    if "request_uri_method" in parameters and address is None:
        raise invalid_request("/request_uri_method", "There is no address to use a method on.")
    if address is not None:
        if method not in ("get", "post"):
            raise RequestError(
                AuthorizationErrorCode.INVALID_REQUEST_URI_METHOD,
                SchemaErrorKind.MALFORMED,
                "/request_uri_method",
                "The way to fetch a request is not one there is.",
            )
        check_url_syntax(address, pointer="/request_uri")
        return RequestByReference(
            client_id=client_id,
            request_uri=address,
            method="post" if method == "post" else "get",
        )
    if inline is not None:
        return RequestByValue(client_id=client_id, unverified_jwt=inline)
    return UnsignedRequest(
        client_id=client_id,
        unverified_texts={
            name: text for name, text in parameters.items() if name in JSON_PARAMETERS
        },
        _plain={name: text for name, text in parameters.items() if name not in JSON_PARAMETERS},
    )


def request_uri_by_reference(
    client_id: str,
    url: str,
    *,
    method: Literal["get", "post"] = "get",
) -> str:
    """The link for a signed request that is fetched from `url`."""
    check_url_syntax(url)
    parameters = {"client_id": client_id, "request_uri": url}
    if method == "post":
        parameters["request_uri_method"] = method
    return f"{REQUEST_SCHEME}://?{encode_form(parameters)}"


def request_uri_by_value(claims: JsonObject, *, write_json: Callable[[object], str]) -> str:
    """The link that holds an unsigned request.

    Args:
        claims: the request, as `request_object` makes it.
        write_json: strict JSON's writer; this package writes no text of its own.

    Raises:
        SchemaError: `too_large` when the link would be longer than a wallet accepts.
    """
    parameters = {
        name: write_json(value) if name in JSON_PARAMETERS else str(value)
        for name, value in claims.items()
        if name != "aud"
    }
    link = f"{REQUEST_SCHEME}://?{encode_form(parameters)}"
    if len(link) > MAX_REQUEST_LINK_CHARACTERS:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, "", "A request is too long for a link.")
    return link
