"""How the request for a certificate and its answer are encrypted: OpenID4VCI 1.0 section 10.

Chosen from the issuer's metadata before the code of an offer is used, so that an issuer this
wallet cannot answer costs nobody an offer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from carnet_schemas.oid4vci import CredentialIssuerMetadata
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwe import KEY_AGREEMENT
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.strict_json import JsonObject
from carnet_wallet.errors import OTHER_WALLET, ClaimRefusedError

_CIPHERS: Final = ("A256GCM", "A128GCM")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeEncryption:
    """The key and cipher of the request, and the cipher of its answer; None for one in clear."""

    issuer_key: PublicJwk
    cipher: str
    answer_cipher: str | None


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
    """The first key for ECDH-ES on P-256; others in the set are for other wallets."""
    for value in keys:
        try:
            key = parse_public_jwk(value)
        except InvalidError:
            continue
        if key.crv == "P-256" and key.alg == KEY_AGREEMENT and key.use in (None, "enc"):
            return key
    return None


def _best_of(offered: Sequence[str]) -> str | None:
    return next((cipher for cipher in _CIPHERS if cipher in offered), None)
