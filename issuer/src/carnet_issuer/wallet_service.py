"""What wallets and readers ask of a running issuer: one method for each endpoint.

Messages come in as decoded parts and go out as values; HTTP is not known here.
"""

import threading
from dataclasses import dataclass, field
from typing import Any, Final

from carnet_hosting.database import Database
from carnet_hosting.errors import StoreUnavailableError
from carnet_issuer import metadata as documents
from carnet_issuer.config import IssuerConfig
from carnet_issuer.encryption import encrypt_answer, read_request, response_key
from carnet_issuer.errors import OAuthCode, ProtocolError
from carnet_issuer.fail_points import FailPoint, FailPoints
from carnet_issuer.grant_codes import CODE_LIFETIME, make_code, read_code
from carnet_issuer.issuance import Issuance
from carnet_issuer.nonces import forget_expired, new_nonce
from carnet_issuer.notifications import forget_answers, receive_notification
from carnet_issuer.offer_object import offer_object
from carnet_issuer.offers import find_offer, redeem
from carnet_issuer.service_secrets import ServiceSecrets
from carnet_issuer.status_publication import PublishedList, StatusPublisher
from carnet_schemas import catalog
from carnet_schemas.errors import SchemaError
from carnet_schemas.form import parse_form
from carnet_schemas.oauth import AuthorizationDetail, TokenRequestError, parse_token_request
from carnet_schemas.oid4vci import (
    CredentialRequestError,
    NotificationRequest,
    parse_credential_request,
)
from carnet_securing import strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import CarnetError
from carnet_securing.signer import Signer

_MAX_DETAILS: Final = 16
_MAX_MESSAGE_BYTES: Final = 64 * 1024
_SWEEP_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialAnswer:
    """A credential response; `encrypted` decides its media type."""

    body: bytes = field(repr=False)
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDocument:
    """The exact bytes of a type's metadata and their integrity."""

    body: bytes
    integrity: str


class WalletService:
    """One issuer, unlocked."""

    def __init__(
        self,
        *,
        database: Database,
        config: IssuerConfig,
        signer: Signer,
        secrets: ServiceSecrets,
        check: SignatureCheck,
        fail_points: FailPoints,
    ) -> None:
        self.config = config
        self._database = database
        self._signer = signer
        self._secrets = secrets
        self._fail_points = fail_points
        self._publisher = StatusPublisher(database, config, signer)
        self._issuance = Issuance(
            database=database,
            config=config,
            signer=signer,
            secrets=secrets,
            check=check,
            fail_points=fail_points,
        )
        self._metadata = documents.issuer_metadata(
            config, request_key=secrets.request_key.public_jwk
        )
        # Read now: a service that runs depends on no file of its program, whatever becomes of it.
        self._types = {
            each.slug: TypeDocument(
                body=catalog.type_metadata_bytes(vct),
                integrity=catalog.type_metadata_integrity(vct),
            )
            for vct, each in catalog.CREDENTIAL_TYPES.items()
        }
        self._signed: tuple[int, bytes] = (0, b"")
        self._swept_at = 0
        self._sweeping = threading.Lock()

    def offer(self, address: str, *, now: int) -> dict[str, Any] | None:
        """The offer at an address, None when it cannot be redeemed (any more).

        Each look gives a code of ten minutes; all of them lead to the one redemption.
        """
        with self._database.read() as connection:
            found = find_offer(connection, address, now=now)
        if found is None:
            return None
        code = make_code(
            self._secrets.nonce_key,
            address,
            issuer=self.config.url,
            expires_at=min(now + CODE_LIFETIME, found.expires_at),
        )
        return offer_object(
            self.config.url,
            code=code,
            configuration_id=found.configuration_id,
            needs_tx_code=found.needs_tx_code,
        )

    def token(self, body: bytes, *, now: int) -> dict[str, Any]:
        """Redeem a code; the answer is a token response (RFC 6749 section 5.1).

        Raises:
            ProtocolError: `invalid_request`, `invalid_grant`, `unsupported_grant_type` or
                `invalid_authorization_details`.
        """
        try:
            request = parse_token_request(parse_form(_ascii(body)))
            details = _details(request.authorization_details_text)
        except TokenRequestError as error:
            raise ProtocolError(OAuthCode(error.error), error.message) from None
        except SchemaError as error:
            raise ProtocolError(OAuthCode.INVALID_REQUEST, error.message) from None
        code = read_code(
            self._secrets.nonce_key, request.pre_authorized_code, issuer=self.config.url, now=now
        )
        with self._database.write() as connection:
            outcome = redeem(
                connection,
                code=code,
                tx_code=request.tx_code,
                asked_for=details,
                token_lifetime=self.config.times.token,
                now=now,
            )
        if isinstance(outcome, ProtocolError):
            raise outcome
        self._fail_points.reach(FailPoint.AFTER_REDEEM)
        answer: dict[str, Any] = {
            "access_token": outcome.access_token,
            "token_type": "Bearer",
            "expires_in": self.config.times.token,
        }
        if outcome.credential_identifier is not None:
            answer["authorization_details"] = [
                {
                    "type": "openid_credential",
                    "credential_configuration_id": outcome.configuration_id,
                    "credential_identifiers": [outcome.credential_identifier],
                }
            ]
        self._fail_points.reach(FailPoint.BEFORE_REPLY)
        return answer

    def nonce(self, *, now: int) -> str:
        """A fresh nonce; nothing is stored for it."""
        self._sweep(now)
        return new_nonce(
            self._secrets.nonce_key,
            issuer=self.config.url,
            expires_at=now + self.config.times.nonce,
        )

    def credential(
        self, body: bytes, *, encrypted: bool, access_token: str, now: int
    ) -> CredentialAnswer:
        """Answer a credential request.

        Raises:
            ProtocolError: with the code of OpenID4VCI 1.0 section 8.3.1.
            StoreUnavailableError: nothing was issued.
        """
        if self.config.encryption_required and not encrypted:
            raise ProtocolError(
                OAuthCode.INVALID_ENCRYPTION_PARAMETERS, "Requests are encrypted here."
            )
        decoded = read_request(body, encrypted=encrypted, key=self._secrets.request_key)
        try:
            request = parse_credential_request(decoded, max_proofs=self.config.batch_size)
        except CredentialRequestError as error:
            raise ProtocolError(OAuthCode(error.error), error.message) from None
        to = response_key(request, encrypted=encrypted, required=self.config.encryption_required)
        answer = self._issuance.issue(request, access_token=access_token, now=now)
        if to is not None:
            answer = encrypt_answer(answer, to)
        self._fail_points.reach(FailPoint.BEFORE_REPLY)
        return CredentialAnswer(body=answer, encrypted=to is not None)

    def notification(self, body: bytes, *, access_token: str, now: int) -> None:
        """Take note of what became of the credentials.

        Raises:
            ProtocolError: `invalid_notification_request` or `invalid_notification_id`.
        """
        try:
            decoded = strict_json.loads(body, max_bytes=_MAX_MESSAGE_BYTES)
            request = NotificationRequest.parse(decoded)
        except (CarnetError, SchemaError) as error:
            raise ProtocolError(OAuthCode.INVALID_NOTIFICATION_REQUEST, error.message) from None
        with self._database.write() as connection:
            receive_notification(connection, request, access_token=access_token, now=now)

    def issuer_metadata(self) -> dict[str, Any]:
        """Credential issuer metadata, unsigned."""
        return self._metadata

    def signed_issuer_metadata(self, *, now: int) -> bytes:
        """Credential issuer metadata as a JWT, signed at most once in five minutes."""
        signed_at, token = self._signed
        if not token or not 0 <= now - signed_at < self.config.times.status_ttl:
            token = documents.signed_issuer_metadata(
                self._metadata,
                signer=self._signer,
                x5c=self.config.x5c,
                now=now,
                expires_at=now + self.config.times.signed_metadata,
            )
            self._signed = (now, token)
        return token

    def authorization_server_metadata(self) -> dict[str, Any]:
        """OAuth metadata of the token endpoint."""
        return documents.authorization_server_metadata(self.config)

    def jwt_vc_issuer_metadata(self) -> dict[str, Any]:
        """The keys that sign credentials and status lists."""
        return documents.jwt_vc_issuer_metadata(self.config)

    def type_document(self, slug: str) -> TypeDocument | None:
        """The metadata of a type by its short name, None for another name."""
        return self._types.get(slug)

    def status_list(self, list_id: str, *, now: int) -> PublishedList | None:
        """A signed status list, None when there is no such list."""
        return self._publisher.published(list_id, now=now)

    def status_aggregation(self) -> dict[str, list[str]]:
        """The addresses of all status lists."""
        return self._publisher.aggregation()

    def _sweep(self, now: int) -> None:
        """Forget what time has made worthless; at most once a minute, by whoever comes by."""
        if 0 <= now - self._swept_at < _SWEEP_SECONDS or not self._sweeping.acquire(blocking=False):
            return
        try:
            self._swept_at = now
            with self._database.write() as connection:
                forget_expired(connection, now=now)
                forget_answers(connection, now=now)
        except StoreUnavailableError:
            # Tidying can wait a minute; a nonce needs no database.
            return
        finally:
            self._sweeping.release()


def _details(text: str | None) -> frozenset[str] | None:
    """The configurations that `authorization_details` asks for (RFC 9396 section 2)."""
    if text is None:
        return None
    try:
        decoded = strict_json.loads(text, max_bytes=_MAX_MESSAGE_BYTES)
        if type(decoded) is not list or not 0 < len(decoded) <= _MAX_DETAILS:
            raise _bad_details()
        return frozenset(
            AuthorizationDetail.parse(each).credential_configuration_id for each in decoded
        )
    except (CarnetError, SchemaError):
        raise _bad_details() from None


def _bad_details() -> ProtocolError:
    return ProtocolError(
        OAuthCode.INVALID_AUTHORIZATION_DETAILS, "The authorization details are malformed."
    )


def _ascii(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise ProtocolError(OAuthCode.INVALID_REQUEST, "A form is ASCII text.") from None
