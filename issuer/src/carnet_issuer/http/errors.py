"""Every error of the issuer's endpoints becomes an OAuth body; here only.

Bad input never gives a 5xx. A database that is busy, full or away gives 503 with
`Retry-After` and its kind. Nothing of the request is quoted, and nothing is cached.
"""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from carnet_hosting.answers import NO_STORE, json_response
from carnet_hosting.errors import StoreUnavailableError
from carnet_issuer.errors import OAuthCode, ProtocolError

_LOG = logging.getLogger("carnet_issuer")


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(StoreUnavailableError, _unavailable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


def challenge(issuer: str) -> Response:
    """The answer to a request without an access token (RFC 6750 section 3.1)."""
    return Response(status_code=401, headers={**NO_STORE, **_authenticate(issuer)})


def error_response(error: ProtocolError, *, issuer: str) -> Response:
    """The answer that says why a message to an issuer was refused."""
    headers = dict(NO_STORE)
    if error.status == 401:
        headers |= _authenticate(issuer, f', error="{error.code.value}"')
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    shape = {"error": error.code.value, "error_description": error.description}
    return json_response(shape, status=error.status, headers=headers)


def _authenticate(issuer: str, why: str = "") -> dict[str, str]:
    # One realm an issuer: tokens of one tenant mean nothing to another on the same host.
    return {"WWW-Authenticate": f'Bearer realm="{issuer}"{why}'}


def _unavailable(_request: Request, error: Exception) -> Response:
    if not isinstance(error, StoreUnavailableError):
        raise error
    _LOG.warning("answering 503: %s", error.kind)
    shape: Mapping[str, Any] = {
        "error": OAuthCode.TEMPORARILY_UNAVAILABLE.value,
        "error_description": "Nothing was changed. Try again in a moment.",
        "kind": error.kind.value,
    }
    headers = {**NO_STORE, "Retry-After": str(error.retry_after)}
    return json_response(shape, status=503, headers=headers)


def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = OAuthCode.NOT_FOUND if error.status_code == 404 else OAuthCode.INVALID_REQUEST
    return json_response(
        {"error": code.value},
        status=error.status_code,
        headers={**NO_STORE, **(error.headers or {})},
    )


def _defect(_request: Request, _error: Exception) -> Response:
    return json_response({"error": "server_error"}, status=500)
