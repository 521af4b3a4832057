"""The messages of a claim: token, nonce, proofs, credentials, notification.

OpenID4VCI 1.0 sections 6 to 8, 10 and 11, the pre-authorized code only. Each function is
one exchange and keeps nothing; the order, what is stored between two of them, and what
is repeated after a loss are `claiming`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from carnet_schemas.errors import SchemaError
from carnet_schemas.oauth import OAuthErrorCode, TokenRequest, TokenResponse
from carnet_schemas.oid4vci import (
    CredentialErrorCode,
    CredentialIssuerMetadata,
    CredentialRequest,
    CredentialResponse,
    NonceResponse,
    NotificationEvent,
    NotificationRequest,
    Proofs,
    ResponseEncryption,
)
from carnet_securing import jwe, strict_json
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.fetch import Posted
from carnet_securing.jwe import DecryptionKey
from carnet_securing.jws import sign_jws
from carnet_securing.limits import ISSUED
from carnet_wallet.errors import ClaimRefusedError
from carnet_wallet.offers import ResolvedOffer
from carnet_wallet.records import HolderKey
from carnet_wallet.web import (
    JSON,
    JWT,
    SMALL_BYTES,
    Answer,
    Web,
    bearer,
    post_form,
    post_json,
    read_answer,
)

PROOF_TYPE: Final = "openid4vci-proof+jwt"
RESPONSE_BYTES: Final = ISSUED.compact_bytes + SMALL_BYTES
"""All of an answer in clear: one copy as large as any may be, or several that together are no
larger, and what stands around them. There are fewer copies when they are large (DESIGN 4.7)."""
_SEALED_BYTES: Final = (RESPONSE_BYTES + ISSUED.header_bytes) * 4 // 3 + SMALL_BYTES
_ASK_ISSUER: Final = "Ask the issuer, then ask for a new offer."
_ENCRYPTED_LIMITS: Final = replace(ISSUED, jwe_bytes=_SEALED_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opener:
    """Opens one encrypted answer: the key made for it, and the one cipher it may come in."""

    key: DecryptionKey = field(repr=False)
    cipher: str

    def parameters(self) -> ResponseEncryption:
        """What the issuer encrypts its answer with."""
        return ResponseEncryption(jwk=self.key.public_jwk.to_json(), enc=self.cipher)

    def opened(self, posted: Posted) -> Posted:
        """The answer in clear.

        Raises:
            ClaimRefusedError: `policy_unmet` for one that came in clear (section 10),
                `malformed` for one this key does not open.
        """
        if posted.media_type != JWT:
            raise ClaimRefusedError(
                ErrorKind.POLICY_UNMET,
                "The answer should have been encrypted and was not.",
                hint="Nothing was kept. Tell the issuer.",
            )
        try:
            plain = jwe.decrypt_jwe(
                posted.unverified_body,
                decryption_key=self.key,
                enc_allowed={self.cipher},
                limits=_ENCRYPTED_LIMITS,
            )
        except InvalidError:
            raise _unusable() from None
        return replace(posted, unverified_body=plain, media_type=JSON)


class NonceRefusedError(Exception):
    """The issuer wants the proofs again with a new nonce (`invalid_nonce`)."""


class GrantRefusedError(ClaimRefusedError):
    """The code of the offer, or the collection code, was refused (`invalid_grant`)."""


def ask_token(resolved: ResolvedOffer, *, tx_code: str | None, web: Web) -> TokenResponse:
    """Redeem the code of an offer (section 6).

    Raises:
        GrantRefusedError: `forbidden` when the code or the collection code is refused.
        ClaimRefusedError: `forbidden` for another refusal, `malformed` for an answer that is
            none.
        UndeterminedError: no usable answer came; the code may be spent all the same.
    """
    form = TokenRequest(
        pre_authorized_code=resolved.grant.pre_authorized_code, tx_code=tx_code
    ).to_form()
    answer = post_form(web, resolved.server.token_endpoint, form)
    if not answer.ok:
        raise _token_refusal(answer, with_code=tx_code is not None)
    try:
        token = TokenResponse.parse(answer.members)
    except SchemaError:
        raise _unusable() from None
    if not token.is_bearer:
        raise ClaimRefusedError(
            ErrorKind.UNSUPPORTED_VERSION,
            "The issuer answers in a way this wallet cannot use.",
            hint=_ASK_ISSUER,
        )
    return token


def ask_nonce(metadata: CredentialIssuerMetadata, *, web: Web) -> str | None:
    """A fresh nonce for the proofs (section 7); None when the issuer has no nonce endpoint.

    Raises:
        UndeterminedError: no nonce came. A proof without one is never made instead.
    """
    if metadata.nonce_endpoint is None:
        return None
    answer = post_json(web, metadata.nonce_endpoint, None)
    if not answer.ok:
        raise _no_nonce()
    try:
        return NonceResponse.parse(answer.members).c_nonce
    except SchemaError:
        raise _no_nonce() from None


def make_proofs(
    keys: Sequence[HolderKey], *, issuer: str, nonce: str | None, now: int
) -> tuple[str, ...]:
    """A proof for each key that the wallet holds it (appendix F.1); anonymous, so without `iss`."""
    claims = {"aud": issuer, "iat": now} | ({} if nonce is None else {"nonce": nonce})
    payload = strict_json.dumps_bytes(claims)
    return tuple(
        sign_jws(
            payload,
            signer=key.signer(),
            typ=PROOF_TYPE,
            header={"jwk": key.public.bare().to_json()},
        )
        for key in keys
    )


def ask_credentials(
    resolved: ResolvedOffer,
    *,
    configuration_id: str,
    identifier: str | None,
    proofs: tuple[str, ...],
    access_token: str,
    web: Web,
) -> CredentialResponse:
    """Ask for one copy a proof (section 8), encrypted when the issuer can.

    Raises:
        NonceRefusedError: the nonce was refused; ask for another and repeat.
        ClaimRefusedError: the issuer refused for good.
        UndeterminedError: no usable answer came; repeat with the same keys and token.
            `fetch_too_large` when there was more of it than `RESPONSE_BYTES`.
    """
    encryption = resolved.encryption
    opener = None
    if encryption is not None and encryption.answer_cipher is not None:
        opener = _Opener(key=DecryptionKey.generate(), cipher=encryption.answer_cipher)
    request = CredentialRequest(
        credential_configuration_id=configuration_id if identifier is None else None,
        credential_identifier=identifier,
        proofs=Proofs(jwt=proofs),
        credential_response_encryption=None if opener is None else opener.parameters(),
    )
    body = strict_json.dumps_bytes(request.to_json())
    content_type = JSON
    if encryption is not None:
        key = encryption.issuer_key
        text = jwe.encrypt_jwe(body, key=key, enc=encryption.cipher, kid=key.kid)
        body, content_type = text.encode("ascii"), JWT
    posted = web.post(
        resolved.metadata.credential_endpoint,
        body=body,
        content_type=content_type,
        accept=f"{JSON}, {JWT}",
        max_bytes=RESPONSE_BYTES if opener is None else _SEALED_BYTES,
        headers=bearer(access_token),
    )
    if opener is not None and posted.status in {200, 202}:
        posted = opener.opened(posted)
    return _credentials(read_answer(posted, max_bytes=RESPONSE_BYTES))


def notify(
    metadata: CredentialIssuerMetadata,
    *,
    notification_id: str,
    event: NotificationEvent,
    access_token: str,
    web: Web,
) -> None:
    """Tell the issuer what became of its answer (section 11); any reply settles the matter.

    Raises:
        UndeterminedError: no reply came; tell it again later.
    """
    if metadata.notification_endpoint is None:
        return
    message = NotificationRequest(notification_id=notification_id, event=event).to_json()
    post_json(web, metadata.notification_endpoint, message, access_token=access_token)


def _token_refusal(answer: Answer, *, with_code: bool) -> ClaimRefusedError:
    if answer.error in {OAuthErrorCode.INVALID_GRANT, "invalid_tx_code"} and with_code:
        return GrantRefusedError(
            ErrorKind.FORBIDDEN,
            "The issuer refused the offer or the collection code.",
            hint="Check the collection code. If it is right, ask for a new offer.",
        )
    if answer.error == OAuthErrorCode.INVALID_GRANT:
        return GrantRefusedError(
            ErrorKind.FORBIDDEN,
            "This offer was used already, or it has ended.",
            hint="Ask for a new offer.",
        )
    if answer.error == OAuthErrorCode.INVALID_REQUEST:
        return ClaimRefusedError(
            ErrorKind.FORBIDDEN,
            "The issuer did not accept the request.",
            hint="Is there a collection code? Give it with the offer.",
        )
    return _refused()


def _credentials(answer: Answer) -> CredentialResponse:
    if answer.error == CredentialErrorCode.INVALID_NONCE:
        raise NonceRefusedError
    if answer.status == 401 or answer.error == OAuthErrorCode.INVALID_TOKEN:
        raise ClaimRefusedError(
            ErrorKind.EXPIRED, "The time to collect has ended.", hint="Ask for a new offer."
        )
    if not answer.ok:
        raise _refused()
    try:
        return CredentialResponse.parse(answer.members)
    except SchemaError:
        raise _unusable() from None


def _refused() -> ClaimRefusedError:
    return ClaimRefusedError(
        ErrorKind.FORBIDDEN, "The issuer refused to give the certificate.", hint=_ASK_ISSUER
    )


def _no_nonce() -> UndeterminedError:
    return UndeterminedError(
        ErrorKind.FETCH_FAILED,
        "The issuer gave no fresh number, so nothing was signed.",
        hint="Try the same offer again later.",
    )


def _unusable() -> ClaimRefusedError:
    return ClaimRefusedError(
        ErrorKind.MALFORMED, "The issuer's answer cannot be read.", hint="Ask for a new offer."
    )
