"""What a wallet in another process speaks to: an issuer and askers that outlive it.

`FarSide` stands in the parent and answers from the issuer's own endpoints; `PipeWeb` stands
in the wallet's process, behind the protocols `Fetch` and `Post`, and sends every message
through the pipe to the parent.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from carnet_issuer.errors import ProtocolError
from carnet_issuer.http.endpoints import Endpoints
from carnet_issuer.http.errors import error_response
from carnet_issuer.http.messages import Incoming
from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetched, FetchFailedError, Posted
from carnet_securing.urls import check_url
from killloop.process import CALL, Link
from killloop.school import OpenSchool
from support.wallet_world import WorldWeb

Watch = Callable[[str, str], None]


class FarSide(WorldWeb):
    """An issuer at its own address, and whoever else a round puts there.

    `watch` is told of every message, and its bearer token, before it is answered: the wallet
    is waiting then, and what it has on its disk is what it would have if it died now.
    """

    def __init__(self, school: OpenSchool, *, now: int, watch: Watch) -> None:
        super().__init__()
        self._home = school.issuer.config.url
        self._watch = watch
        self._endpoints = Endpoints(school.service, lambda: now)

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """As `Fetch.get`."""
        if url in self.pages:
            return super().get(url, accept=accept, max_bytes=max_bytes)
        response = self._answer("GET", url, b"", {"accept": accept})
        if response.status_code != 200:
            raise FetchFailedError(
                ErrorKind.FETCH_FAILED,
                "The simulated host has no such page.",
                status=response.status_code,
            )
        return Fetched(
            url=url, media_type=_media_type(response), unverified_body=bytes(response.body)
        )

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> Posted:
        """As `Post.post`."""
        self._watch(url, (headers or {}).get("Authorization", ""))
        if url in self.handlers:
            return super().post(
                url,
                body=body,
                content_type=content_type,
                accept=accept,
                max_bytes=max_bytes,
                headers=headers,
            )
        sent = {"content-type": content_type, "accept": accept}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        response = self._answer("POST", url, body, sent)
        return Posted(
            status=response.status_code,
            media_type=_media_type(response),
            unverified_body=bytes(response.body),
        )

    def _answer(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        handle, path = self._route(method, url)
        if handle is None:
            return Response(status_code=404)
        incoming = Incoming(
            body=body,
            media_type=headers.get("content-type", ""),
            headers=headers,
            authorization=tuple(v for v in [headers.get("authorization")] if v),
            query={},
            path=path,
        )
        try:
            return handle(incoming)
        except ProtocolError as error:
            return error_response(error, issuer=self._home)

    def _route(
        self, method: str, url: str
    ) -> tuple[Callable[[Incoming], Response] | None, dict[str, str]]:
        at = self._endpoints
        well_known = {
            "openid-credential-issuer": at.issuer_metadata,
            "oauth-authorization-server": at.authorization_server_metadata,
            "jwt-vc-issuer": at.jwt_vc_issuer_metadata,
        }
        counters = {
            "token": at.token,
            "nonce": at.nonce,
            "credential": at.credential,
            "notification": at.notification,
        }
        host, asked = urlsplit(self._home).netloc, urlsplit(url)
        if asked.netloc != host:
            return None, {}
        match method, *asked.path.strip("/").split("/"):
            case "GET", ".well-known", str(name) if name in well_known:
                return well_known[name], {}
            case "GET", "offers", str(address):
                return at.offer, {"address": address}
            case "GET", "types", str(slug), "1":
                return at.type_metadata, {"slug": slug}
            case "GET", "status":
                return at.status_aggregation, {}
            case "GET", "status", str(list_id):
                return at.status_list, {"list_id": list_id}
            case "POST", str(name) if name in counters:
                return counters[name], {}
        return None, {}

    def answer(self, method: str, url: str, how: dict[str, Any]) -> tuple[str, Any]:
        """Answer what came through the pipe."""
        try:
            given = getattr(self, method)(url, **how)
        except UndeterminedError as error:
            status = error.status if isinstance(error, FetchFailedError) else None
            return "failed", (error.kind.value, error.message, status)
        return "answer", {name: getattr(given, name) for name in type(given).__slots__}


class PipeWeb:
    """A `Web` whose other end is the parent."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def check(self, url: str) -> None:
        """As `HttpFetch.check`."""
        check_url(url, loopback_http=False)

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """As `Fetch.get`."""
        return Fetched(**self._ask("get", url, accept=accept, max_bytes=max_bytes))

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> Posted:
        """As `Post.post`."""
        told = self._ask(
            "post",
            url,
            body=body,
            content_type=content_type,
            accept=accept,
            max_bytes=max_bytes,
            headers=dict(headers or {}),
        )
        return Posted(**told)

    def _ask(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        self._link.send((CALL, method, url, how))
        what, told = self._link.recv()
        if what == "failed":
            kind, message, status = told
            raise FetchFailedError(ErrorKind(kind), message, status=status)
        answer: dict[str, Any] = told
        return answer


def _media_type(response: Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip()
