"""The endpoints of one issuer: decode a request, make one call, encode the answer."""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from carnet_hosting.answers import JSON, NO_STORE, json_response
from carnet_hosting.requests import FORM
from carnet_issuer.errors import OAuthCode
from carnet_issuer.http.messages import (
    JWT,
    Incoming,
    accepts_gzip,
    bearer_token,
    prefers,
    require_media_type,
)
from carnet_issuer.wallet_service import WalletService

STATUS_LIST: Final = "application/statuslist+jwt"
Clock = Callable[[], int]
_METADATA_CACHE: Final = {"Cache-Control": "public, max-age=300"}
_TYPE_CACHE: Final = {"Cache-Control": "public, max-age=86400"}
_STATUS_CACHE: Final = {"Cache-Control": "public, max-age=30"}


class Endpoints:
    """Handlers over one `WalletService`."""

    def __init__(self, service: WalletService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    def offer(self, incoming: Incoming) -> Response:
        """GET: the offer object. Looking at it redeems nothing (E27)."""
        shape = self._service.offer(incoming.path["address"], now=self._clock())
        if shape is None:
            return json_response({"error": OAuthCode.NOT_FOUND.value}, status=404)
        return json_response(shape)

    def token(self, incoming: Incoming) -> Response:
        """POST: redeem a code (RFC 6749 section 3.2).

        Tries are counted by offer, never by address: behind a proxy a whole class has one
        address, and a stranger's wrong codes must hold up nobody who has a right one.
        """
        require_media_type(incoming, (FORM,), code=OAuthCode.INVALID_REQUEST)
        return json_response(self._service.token(incoming.body, now=self._clock()))

    def nonce(self, _incoming: Incoming) -> Response:
        """POST: a fresh nonce (OpenID4VCI 1.0 section 7)."""
        return json_response({"c_nonce": self._service.nonce(now=self._clock())})

    def credential(self, incoming: Incoming) -> Response:
        """POST: credentials for proofs (OpenID4VCI 1.0 section 8)."""
        access_token = bearer_token(incoming)
        media_type = require_media_type(
            incoming, (JSON, JWT), code=OAuthCode.INVALID_CREDENTIAL_REQUEST
        )
        answer = self._service.credential(
            incoming.body,
            encrypted=media_type == JWT,
            access_token=access_token,
            now=self._clock(),
        )
        return Response(answer.body, media_type=JWT if answer.encrypted else JSON, headers=NO_STORE)

    def notification(self, incoming: Incoming) -> Response:
        """POST: what became of the credentials (OpenID4VCI 1.0 section 11)."""
        access_token = bearer_token(incoming)
        require_media_type(incoming, (JSON,), code=OAuthCode.INVALID_NOTIFICATION_REQUEST)
        self._service.notification(incoming.body, access_token=access_token, now=self._clock())
        return Response(status_code=204, headers=NO_STORE)

    def issuer_metadata(self, incoming: Incoming) -> Response:
        """GET: credential issuer metadata, signed when the reader prefers it so."""
        headers = {**_METADATA_CACHE, "Vary": "Accept", "Content-Language": "fr, en"}
        if prefers(incoming.headers.get("accept", ""), JWT, over=JSON):
            signed = self._service.signed_issuer_metadata(now=self._clock())
            return Response(signed, media_type=JWT, headers=headers)
        return json_response(self._service.issuer_metadata(), headers=headers)

    def authorization_server_metadata(self, _incoming: Incoming) -> Response:
        """GET: RFC 8414."""
        return json_response(self._service.authorization_server_metadata(), headers=_METADATA_CACHE)

    def jwt_vc_issuer_metadata(self, _incoming: Incoming) -> Response:
        """GET: the keys of this issuer (SD-JWT VC)."""
        return json_response(self._service.jwt_vc_issuer_metadata(), headers=_METADATA_CACHE)

    def type_metadata(self, incoming: Incoming) -> Response:
        """GET: the exact bytes whose hash is signed into credentials."""
        document = self._service.type_document(incoming.path["slug"])
        if document is None:
            return json_response({"error": OAuthCode.NOT_FOUND.value}, status=404)
        headers = {**_TYPE_CACHE, "ETag": f'"{document.integrity}"'}
        if _is_known(incoming, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(document.body, media_type=JSON, headers=headers)

    def status_list(self, incoming: Incoming) -> Response:
        """GET: a signed status list, the same bytes for everyone.

        The two codings are two representations, so each has its own strong validator (RFC
        9110 section 8.8.3.3). Lists of the past are not kept (Token Status List, section
        "Historical Resolution").
        """
        if "time" in incoming.query:
            return json_response({"error": OAuthCode.NOT_IMPLEMENTED.value}, status=501)
        found = self._service.status_list(incoming.path["list_id"], now=self._clock())
        if found is None:
            return json_response({"error": OAuthCode.NOT_FOUND.value}, status=404)
        packs = accepts_gzip(incoming.headers.get("accept-encoding", ""))
        # Who takes gzip can also use an unpacked copy it holds, but not the other way round.
        tags = (found.compressed_etag, found.etag) if packs else (found.etag,)
        headers = {**_STATUS_CACHE, "Vary": "Accept-Encoding"}
        for tag in tags:
            if _is_known(incoming, tag):
                return Response(status_code=304, headers={**headers, "ETag": tag})
        headers |= {"ETag": tags[0], "Content-Type": STATUS_LIST}
        if packs:
            headers["Content-Encoding"] = "gzip"
        return Response(found.compressed if packs else found.token, headers=headers)

    def status_aggregation(self, _incoming: Incoming) -> Response:
        """GET: where all status lists are."""
        return json_response(self._service.status_aggregation(), headers=_STATUS_CACHE)


def _is_known(incoming: Incoming, etag: str) -> bool:
    held = incoming.headers.get("if-none-match", "")[:1024]
    return etag in [tag.strip().removeprefix("W/") for tag in held.split(",")]
