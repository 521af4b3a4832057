"""What every answer of a service has in common."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carnet_securing import strict_json

JSON: Final = "application/json"
NO_STORE: Final = {"Cache-Control": "no-store"}
_SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def json_response(
    shape: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] = NO_STORE
) -> Response:
    """A JSON answer; not to be stored unless `headers` say so."""
    return Response(
        strict_json.dumps_bytes(dict(shape)), status_code=status, headers=headers, media_type=JSON
    )


class SecurityHeaders:
    """Adds headers that keep answers from being guessed at, framed or referred to.

    An answer that sets one of them itself, as a page does with its policy, keeps its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
