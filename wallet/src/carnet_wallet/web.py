"""Typed exchanges with an issuer: JSON both ways, media types checked, bodies bounded.

Everything goes through the one guarded client (`carnet_securing.fetch_http`); nothing here
opens a connection by itself, and redirects are never followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from carnet_schemas.errors import SchemaError
from carnet_schemas.form import encode_form
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetch, Post, Posted
from carnet_securing.strict_json import JsonObject

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
JWT: Final = "application/jwt"
SMALL_BYTES: Final = 64 * 1024
METADATA_BYTES: Final = 1024 * 1024

_GONE: Final = {404: ErrorKind.NOT_FOUND, 410: ErrorKind.EXPIRED}


class Web(Fetch, Post, Protocol):
    """Reads documents and posts messages; `HttpFetch` is one."""

    def check(self, url: str) -> None:
        """Say whether an address may be opened at all, before any name is resolved.

        Raises:
            UndeterminedError: `fetch_blocked`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A JSON answer to a POST: its status and its object, empty when there was no body."""

    status: int
    members: JsonObject = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300

    @property
    def error(self) -> str:
        """The error code of the body (RFC 6749 section 5.2), "" when it names none."""
        code = self.members.get("error")
        return code if type(code) is str else ""


def get_json(web: Web, url: str, *, max_bytes: int = METADATA_BYTES) -> JsonObject:
    """Fetch one JSON object.

    Raises:
        UndeterminedError: `fetch_blocked`, `fetch_failed` or `fetch_too_large`.
        InvalidError: what `strict_json` raises.
    """
    fetched = web.get(url, accept=JSON, max_bytes=max_bytes)
    if fetched.media_type != JSON:
        raise UndeterminedError(
            ErrorKind.FETCH_FAILED,
            "A web address answers with something else.",
            hint="Try again later.",
        )
    return strict_json.loads_object(fetched.unverified_body, max_bytes=max_bytes)


def post_form(web: Web, url: str, form: Mapping[str, str]) -> Answer:
    """Post a form and read a JSON answer.

    Raises:
        UndeterminedError: as `get_json`, and `fetch_failed` for a fault of the server.
    """
    posted = web.post(
        url,
        body=encode_form(form).encode("ascii"),
        content_type=FORM,
        accept=JSON,
        max_bytes=SMALL_BYTES,
    )
    return read_answer(posted)


def post_json(
    web: Web,
    url: str,
    message: JsonObject | None,
    *,
    access_token: str | None = None,
) -> Answer:
    """Post a JSON object, or nothing at all, and read a JSON answer.

    Raises:
        UndeterminedError: as `post_form`.
    """
    posted = web.post(
        url,
        body=b"" if message is None else strict_json.dumps_bytes(message),
        content_type=JSON,
        accept=JSON,
        max_bytes=SMALL_BYTES,
        headers=bearer(access_token),
    )
    return read_answer(posted)


def bearer(access_token: str | None) -> dict[str, str]:
    """The header that carries an access token (RFC 6750 section 2.1)."""
    return {} if access_token is None else {"Authorization": f"Bearer {access_token}"}


def read_answer(posted: Posted, *, max_bytes: int = SMALL_BYTES) -> Answer:
    """Read what came back; a redirect or a fault of the server is not an answer.

    Raises:
        UndeterminedError: `fetch_failed`.
    """
    if not (200 <= posted.status < 300 or 400 <= posted.status < 500):
        raise _no_answer()
    if posted.status == 429:
        raise UndeterminedError(
            ErrorKind.RATE_LIMITED, "The other side is busy.", hint="Try again in a minute."
        )
    if not posted.unverified_body or posted.media_type != JSON:
        if 200 <= posted.status < 300 and posted.unverified_body:
            raise _no_answer()
        return Answer(status=posted.status, members={})
    try:
        members = strict_json.loads_object(posted.unverified_body, max_bytes=max_bytes)
    except CarnetError:
        raise _no_answer() from None
    return Answer(status=posted.status, members=members)


def gone(status: int | None) -> ErrorKind | None:
    """The kind for an address of one offer or request that holds it no more, else None.

    Both 404 and 410 are the far side's own answer; no answer at all says nothing.
    """
    return _GONE.get(status or 0)


def as_kind(error: SchemaError) -> ErrorKind:
    """The error kind a schema's refusal is told as; its kinds are part of the closed list."""
    return ErrorKind(error.kind.value)


def _no_answer() -> UndeterminedError:
    return UndeterminedError(
        ErrorKind.FETCH_FAILED,
        "The other side did not give a usable answer.",
        hint="Try again later.",
    )
