"""The web application of one or several issuers; tenants differ by their path."""

from collections.abc import Awaitable, Callable
from typing import Final

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from carnet_hosting.answers import SecurityHeaders
from carnet_issuer.config import IssuerConfig
from carnet_issuer.errors import MissingTokenError, OAuthCode, ProtocolError
from carnet_issuer.http import errors
from carnet_issuer.http.endpoints import Clock, Endpoints
from carnet_issuer.http.messages import Incoming, read_incoming
from carnet_issuer.wallet_service import WalletService

_READ: Final = ["GET", "HEAD"]
_WRITE: Final = ["POST"]
# More threads than this only wait for one another: measured, they lengthen the slowest answers.
_THREADS: Final = 16


def create_app(*services: WalletService, clock: Clock) -> FastAPI:
    """Build the application.

    Args:
        services: unlocked issuers; each is served under the path of its own URL.
        clock: the current time in Unix seconds.
    """
    app = FastAPI(
        title="Carnet issuer",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    errors.install(app)
    threads = CapacityLimiter(_THREADS)
    for service in services:
        _add(app, service.config, Endpoints(service, clock), threads)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["ETag", "Retry-After", "WWW-Authenticate"],
        max_age=600,
    )
    app.add_middleware(SecurityHeaders)
    return app


def _add(app: FastAPI, config: IssuerConfig, at: Endpoints, threads: CapacityLimiter) -> None:
    """Well-known names go between host and path (DESIGN section 4, decision 1)."""
    path, issuer = config.path, config.url

    def route(
        at_path: str,
        handle: Callable[[Incoming], Response],
        methods: list[str],
        malformed: OAuthCode = OAuthCode.INVALID_REQUEST,
    ) -> None:
        endpoint = _endpoint(handle, threads, issuer=issuer, malformed=malformed)
        app.add_api_route(at_path, endpoint, methods=methods, response_model=None)

    well_known = {
        "openid-credential-issuer": at.issuer_metadata,
        "oauth-authorization-server": at.authorization_server_metadata,
        "jwt-vc-issuer": at.jwt_vc_issuer_metadata,
    }
    for name, handle in well_known.items():
        route(f"/.well-known/{name}{path}", handle, _READ)
    route(f"{path}/offers/{{address}}", at.offer, _READ)
    route(f"{path}/token", at.token, _WRITE)
    route(f"{path}/nonce", at.nonce, _WRITE)
    route(f"{path}/credential", at.credential, _WRITE, OAuthCode.INVALID_CREDENTIAL_REQUEST)
    route(f"{path}/notification", at.notification, _WRITE, OAuthCode.INVALID_NOTIFICATION_REQUEST)
    route(f"{path}/types/{{slug}}/1", at.type_metadata, _READ)
    route(f"{path}/status", at.status_aggregation, _READ)
    route(f"{path}/status/{{list_id}}", at.status_list, _READ)


def _endpoint(
    handle: Callable[[Incoming], Response],
    threads: CapacityLimiter,
    *,
    issuer: str,
    malformed: OAuthCode,
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            incoming = await read_incoming(request, code=malformed)
            return await to_thread.run_sync(handle, incoming, limiter=threads)
        except MissingTokenError:
            return errors.challenge(issuer)
        except ProtocolError as error:
            return errors.error_response(error, issuer=issuer)

    return endpoint
