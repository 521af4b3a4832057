"""The verifier over HTTP: request objects, answers, results; every error in one place.

Bodies are read whole under a bound and parsed strictly; FastAPI's own body models and its
422 are not used (docs/adr/0004-parsing-boundary.md). Nothing is logged about an answer.
"""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from carnet_hosting.answers import NO_STORE, SecurityHeaders, json_response
from carnet_hosting.errors import StoreUnavailableError
from carnet_hosting.requests import FORM, media_type, read_body
from carnet_schemas.errors import SchemaError
from carnet_schemas.form import parse_form
from carnet_schemas.oid4vp_request import REQUEST_OBJECT_TYPE
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_verifier.service.answering import MAX_FORM_BYTES
from carnet_verifier.service.errors import ServiceError
from carnet_verifier.service.facade import Verifier

_REQUEST_OBJECT: Final = f"application/{REQUEST_OBJECT_TYPE}"
_MAX_NONCE: Final = 512
_STATUS: Final = {
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.STORAGE_FULL: 503,
    ErrorKind.VAULT_CORRUPT: 503,
}


async def _body(request: Request) -> bytes:
    """The whole form, under a bound."""
    if media_type(request)[0] != FORM:
        raise _NotAFormError
    return await read_body(request, max_bytes=MAX_FORM_BYTES)


class _NotAFormError(Exception):
    """The wrong media type: 415."""


Body = Annotated[bytes, Depends(_body)]


def create_app(verifier: Verifier, *, clock: Callable[[], int]) -> FastAPI:
    """The application over one open verifier.

    Args:
        clock: the current time in Unix seconds, read once for each call.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    _add_request_routes(app, verifier, clock)
    _add_answer_routes(app, verifier, clock)
    _add_error_handlers(app)
    app.add_middleware(SecurityHeaders)

    @app.get("/.well-known/did.json")
    @app.get("/did.json")
    def did_document() -> Response:
        document = verifier.did_document()
        if document is None:
            raise ServiceError(ErrorKind.NOT_FOUND, "There is nothing here.")
        return json_response(document)

    return app


def _add_request_routes(app: FastAPI, verifier: Verifier, clock: Callable[[], int]) -> None:
    @app.get("/request/{question_id}")
    def request_object(question_id: str) -> Response:
        signed = verifier.request_object(question_id, wallet_nonce=None, now=clock())
        return Response(signed, media_type=_REQUEST_OBJECT, headers=NO_STORE)

    @app.post("/request/{question_id}")
    def request_object_for(question_id: str, body: Body) -> Response:
        """OpenID4VP 1.0 section 5.10: the wallet's nonce goes into the signed object."""
        wallet_nonce = _form(body).get("wallet_nonce")
        if wallet_nonce is not None and len(wallet_nonce) > _MAX_NONCE:
            raise ServiceError(ErrorKind.TOO_LARGE, "The wallet's nonce is too long.")
        signed = verifier.request_object(question_id, wallet_nonce=wallet_nonce, now=clock())
        return Response(signed, media_type=_REQUEST_OBJECT, headers=NO_STORE)


def _add_answer_routes(app: FastAPI, verifier: Verifier, clock: Callable[[], int]) -> None:
    @app.post("/response/{question_id}")
    def response(question_id: str, body: Body) -> Response:
        """Section 8.2. The wallet learns that its answer arrived, never what it was worth."""
        verifier.receive(question_id, body, now=clock())
        return json_response({})

    @app.get("/result/{question_id}")
    def result(question_id: str, request: Request) -> Response:
        """For whoever asked, by the token that `ask` returned (section 13.3)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            asking = {"WWW-Authenticate": 'Bearer realm="result"'}
            return json_response({}, status=401, headers=NO_STORE | asking)
        found = verifier.result_by_token(question_id, token.strip())
        report = found.report or {}
        return json_response(
            {
                "id": found.id,
                "standing": found.standing_at(clock()),
                "expires_at": found.expires_at,
                "outcome": report.get("outcome"),
                "ground": report.get("ground"),
                "report": found.report,
                "claims": found.claims,
            }
        )


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(CarnetError)
    def refused(_request: Request, error: CarnetError) -> Response:
        status = _STATUS.get(error.kind, 400)
        seconds = error.retry_after if isinstance(error, StoreUnavailableError) else 5
        headers = {"Retry-After": str(seconds)} if status == 503 else {}
        return _error(status, "invalid_request", error.message, headers)

    @app.exception_handler(SchemaError)
    def malformed(_request: Request, error: SchemaError) -> Response:
        return _error(400, "invalid_request", error.message, {})

    @app.exception_handler(_NotAFormError)
    def not_a_form(_request: Request, _refused: _NotAFormError) -> Response:
        return _error(415, "invalid_request", "A form is expected here.", {})

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, _refused: RequestValidationError) -> Response:
        return _error(400, "invalid_request", "The request is not complete.", {})

    @app.exception_handler(HTTPException)
    def other(_request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})  # a 405 says what is allowed
        return _error(error.status_code, "invalid_request", "There is nothing here.", headers)


def _form(body: bytes) -> dict[str, str]:
    return parse_form(body.decode("ascii", "replace"), max_characters=MAX_FORM_BYTES)


def _error(status: int, code: str, description: str, headers: dict[str, str]) -> Response:
    shape = {"error": code, "error_description": description}
    return json_response(shape, status=status, headers=NO_STORE | headers)
