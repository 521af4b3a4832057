"""With which key and cipher messages are encrypted, chosen before anything hangs on it.

1. The request for a certificate and its answer: OpenID4VCI 1.0 section 10. Chosen before the
   code of an offer is used, so that an issuer this wallet cannot answer costs nobody an offer.
2. The answer to an asker: OpenID4VP 1.0 section 8.3. Chosen before she sees the request, so
   that nothing is agreed to that could not be sent.

Of several keys the first that can be used is taken, and the others are passed over (row P15).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from carnet_schemas.oid4vci import CredentialIssuerMetadata
from carnet_schemas.oid4vp import EncryptionChoice
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwe import KEY_AGREEMENT, parse_encryption_key
from carnet_securing.jwk import PublicJwk
from carnet_securing.strict_json import JsonObject
from carnet_wallet.errors import OTHER_WALLET, ClaimRefusedError

_CIPHERS: Final = ("A256GCM", "A128GCM")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeEncryption:
    """The key and cipher of the request, and the cipher of its answer; None for one in clear."""

    issuer_key: PublicJwk
    cipher: str
    answer_cipher: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEncryption:
    """The key of the asker and the cipher of the answer."""

    asker_key: PublicJwk
    cipher: str


def answer_encryption(choice: EncryptionChoice | None) -> AnswerEncryption | None:
    """The first key of an asker that can be used; None where there is none."""
    key = None if choice is None else _usable_key(choice.keys)
    if choice is None or key is None:
        return None
    return AnswerEncryption(asker_key=key, cipher=choice.enc)


def choose_encryption(metadata: CredentialIssuerMetadata) -> ExchangeEncryption | None:
    """Encrypt both ways where the issuer offers a way made here; None for neither.

    Raises:
        ClaimRefusedError: `alg_not_allowed` when encryption is required in no way made here.
    """
    requests = metadata.credential_request_encryption
    responses = metadata.credential_response_encryption
    key, cipher, answer_cipher = None, None, None
    if requests is not None:
        key = _usable_key(requests.jwks.keys)
        cipher = _best_of(requests.enc_values_supported)
    if responses is not None and KEY_AGREEMENT in responses.alg_values_supported:
        answer_cipher = _best_of(responses.enc_values_supported)
    if key is not None and cipher is not None:
        chosen = ExchangeEncryption(issuer_key=key, cipher=cipher, answer_cipher=answer_cipher)
    else:
        # Section 8.2: only an encrypted request may ask for an encrypted answer.
        chosen = None
    must_ask = requests is not None and requests.encryption_required
    must_answer = responses is not None and responses.encryption_required
    can_answer = chosen is not None and chosen.answer_cipher is not None
    if (must_ask and chosen is None) or (must_answer and not can_answer):
        raise ClaimRefusedError(
            ErrorKind.ALG_NOT_ALLOWED,
            "The issuer wants an encryption this wallet does not have.",
            hint=OTHER_WALLET,
        )
    return chosen


def _usable_key(keys: Sequence[JsonObject]) -> PublicJwk | None:
    """The first key for ECDH-ES that lies on P-256; others in a set are for others to use."""
    for value in keys:
        try:
            key = parse_encryption_key(value)
        except InvalidError:
            continue
        if key.alg == KEY_AGREEMENT:
            return key
    return None


def _best_of(offered: Sequence[str]) -> str | None:
    return next((cipher for cipher in _CIPHERS if cipher in offered), None)
