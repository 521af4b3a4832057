"""The answer: what a wallet posts, and what the asker's endpoint says back.

OpenID4VP 1.0 sections 8.1 to 8.5. A post holds a VP token, an encrypted response, or an
error, and nothing decides between them but which of them is there. JSON stays text here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field

from carnet_schemas.dcql_query import MAX_CREDENTIAL_QUERIES
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.messages import (
    ERROR_CODE,
    ERROR_TEXT,
    MAX_ERROR_CODE_CHARACTERS,
    MAX_ERROR_TEXT_CHARACTERS,
    ErrorCode,
    ErrorText,
    Message,
)
from carnet_schemas.paths import JsonObject

MAX_PRESENTATIONS: Final = 100
"""Most presentations in one VP token, over all queries."""
MAX_PRESENTATION_CHARACTERS: Final = 128 * 1024
MAX_STATE_CHARACTERS: Final = 512

_QUERY_ID: Final = re.compile(r"[A-Za-z0-9_\-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainResponse:
    """A VP token posted as JSON text, not yet parsed."""

    unverified_vp_token_text: str = field(repr=False)
    state: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedResponse:
    """An answer to be decrypted; whatever stood beside it in the form is ignored."""

    unverified_jwe: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """The wallet does not answer.

    Attributes:
        error: its code; not one of ours necessarily.
        error_description: its words, or None when they broke RFC 6749's character set.
            From a stranger: escape it wherever it is shown.
        state: ties it to the request.
    """

    error: str
    error_description: str | None
    state: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePayload:
    """What was inside an encrypted answer."""

    vp_token: Mapping[str, tuple[str, ...]] = field(repr=False)
    state: str | None = field(repr=False)


def parse_response_form(
    form: Mapping[str, str],
) -> PlainResponse | EncryptedResponse | ErrorResponse:
    """Read what was posted to the response address.

    Raises:
        SchemaError: `malformed` unless exactly one of a VP token, an encrypted response and
            an error is there.
    """
    if sum(name in form for name in ("vp_token", "response", "error")) != 1:
        raise _not_one_thing()
    if "response" in form:
        return EncryptedResponse(unverified_jwe=form["response"])
    state = _state(form.get("state"))
    if "error" in form:
        return _error(form["error"], form.get("error_description"), state)
    return PlainResponse(unverified_vp_token_text=form["vp_token"], state=state)


def parse_encrypted_payload(value: object) -> ResponsePayload | ErrorResponse:
    """Read the decrypted payload of an encrypted answer (section 8.3).

    Raises:
        SchemaError: `malformed`, or `too_large` beyond a bound.
    """
    if type(value) is not dict or ("vp_token" in value) == ("error" in value):
        raise _not_one_thing()
    state = _state(value.get("state"))
    if "error" in value:
        return _error(value["error"], value.get("error_description"), state)
    return ResponsePayload(vp_token=parse_vp_token(value["vp_token"]), state=state)


def _not_one_thing() -> SchemaError:
    return SchemaError(
        SchemaErrorKind.MALFORMED, "", "An answer holds presentations or an error, and not both."
    )


def _state(value: object) -> str | None:
    if value is None:
        return None
    if type(value) is not str or len(value) > MAX_STATE_CHARACTERS:
        raise SchemaError(SchemaErrorKind.MALFORMED, "/state", "The state is not what was sent.")
    return value


def _error(error: object, description: object, state: str | None) -> ErrorResponse:
    if (
        type(error) is not str
        or len(error) > MAX_ERROR_CODE_CHARACTERS
        or ERROR_CODE.fullmatch(error) is None
    ):
        raise SchemaError(SchemaErrorKind.MALFORMED, "/error", "An error has no proper code.")
    if (
        type(description) is not str
        or len(description) > MAX_ERROR_TEXT_CHARACTERS
        or ERROR_TEXT.fullmatch(description) is None
    ):
        description = None
    return ErrorResponse(error=error, error_description=description, state=state)


def parse_vp_token(value: object) -> Mapping[str, tuple[str, ...]]:
    """Read a VP token: presentations by query identifier, always arrays (section 8.1).

    Only presentations that are text are read, as SD-JWT VC ones are; what was asked
    and how many may come is checked against the question afterwards.

    Raises:
        SchemaError: `malformed`, or `too_large` beyond a bound.
    """
    pointer = "/vp_token"
    if type(value) is not dict or not value:
        raise SchemaError(
            SchemaErrorKind.MALFORMED, pointer, "Presentations come by the name of their query."
        )
    if len(value) > MAX_CREDENTIAL_QUERIES:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "There are too many presentations.")
    token: dict[str, tuple[str, ...]] = {}
    for query_id, presentations in value.items():
        if type(query_id) is not str or _QUERY_ID.fullmatch(query_id) is None:
            raise SchemaError(SchemaErrorKind.MALFORMED, pointer, "A query has no such name.")
        token[query_id] = _presentations(presentations, pointer)
    if sum(len(presentations) for presentations in token.values()) > MAX_PRESENTATIONS:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "There are too many presentations.")
    return MappingProxyType(token)


def _presentations(value: object, pointer: str) -> tuple[str, ...]:
    if type(value) is not list or not value:
        raise SchemaError(
            SchemaErrorKind.MALFORMED, pointer, "A query is answered by an array with something in."
        )
    if len(value) > MAX_PRESENTATIONS:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "There are too many presentations.")
    for presentation in value:
        if type(presentation) is not str or not presentation:
            raise SchemaError(SchemaErrorKind.MALFORMED, pointer, "A presentation is text.")
        if len(presentation) > MAX_PRESENTATION_CHARACTERS:
            raise SchemaError(SchemaErrorKind.TOO_LARGE, pointer, "A presentation is too long.")
    return tuple(value)


def vp_token_json(presentations: Mapping[str, Sequence[str]]) -> JsonObject:
    """The VP token a wallet sends.

    Raises:
        SchemaError: when it breaks the rules it would be read by.
    """
    token: JsonObject = {name: list(texts) for name, texts in presentations.items()}
    parse_vp_token(token)
    return token


class AuthorizationErrorBody(Message):
    """The error a wallet posts; `error_description` is ASCII and says nothing of the person."""

    error: ErrorCode
    error_description: ErrorText | None = None
    state: Annotated[str, Field(max_length=MAX_STATE_CHARACTERS)] | None = None


class DirectPostResult(Message):
    """What the asker's endpoint answers to a post (section 8.2)."""

    redirect_uri: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
