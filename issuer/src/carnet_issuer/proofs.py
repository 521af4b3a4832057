"""Proofs of holding a key: JWTs that a wallet signs for one issuer and one nonce.

For each proof (OpenID4VCI 1.0 sections 8.2.1, F.1 and F.4):

1. it is a JWS of type `openid4vci-proof+jwt` by an algorithm on our list;
2. exactly one of `jwk` and `kid` names its key; `kid` is a did:jwk or did:key, which carry it;
   the header holds no private key (refused by the parser);
3. the signature holds under that key;
4. `aud` is this issuer and nothing else, `iat` is recent by our clock;
5. it carries a nonce.

Then, over all of them: keys are distinct, and every nonce is one of ours in its time.
Whether a nonce was used before is decided in the transaction that spends it. `iss`
names a registered client, of which there are none here; it is not looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from carnet_issuer.errors import OAuthCode, ProtocolError
from carnet_issuer.nonces import nonce_expiry
from carnet_securing import strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.did import key_of_did_url
from carnet_securing.errors import CarnetError
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.jws import parse_jws, verify_jws
from carnet_securing.limits import PRESENTATION

PROOF_TYPE: Final = "openid4vci-proof+jwt"
PROOF_ALGORITHMS: Final = ("ES256", "EdDSA", "ES384", "Ed25519")
BINDING_METHODS: Final = ("jwk", "did:jwk", "did:key")
MAX_PROOF_BYTES: Final = 16 * 1024
_KEY_HEADERS: Final = ("jwk", "kid", "x5c")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofExpectation:
    """What every proof of a request must be made for."""

    issuer: str
    now: int
    past: int
    future: int
    nonce_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProofs:
    """Keys whose holder proved to have them, and the nonces that are still to be spent."""

    keys: tuple[PublicJwk, ...]
    nonces: tuple[tuple[str, int], ...] = field(repr=False)


def verify_proofs(
    proofs: Sequence[str], *, expected: ProofExpectation, check: SignatureCheck
) -> VerifiedProofs:
    """Verify the proofs of one request.

    Raises:
        ProtocolError: `invalid_proof`, or `invalid_nonce` when only the nonce is wrong.
    """
    verified = [_verify(proof, expected, check) for proof in proofs]
    keys = tuple(key for key, _ in verified)
    if not keys:
        raise _invalid("A proof is needed.")
    if len({key.thumbprint for key in keys}) != len(keys):
        raise _invalid("Each proof needs a key of its own.")
    nonces: dict[str, int] = {}
    for _, nonce in verified:
        if nonce not in nonces:
            nonces[nonce] = _live(nonce, expected)
    return VerifiedProofs(keys=keys, nonces=tuple(nonces.items()))


def _verify(proof: str, expected: ProofExpectation, check: SignatureCheck) -> tuple[PublicJwk, str]:
    try:
        # 1. and 2.
        unverified = parse_jws(proof, limits=PRESENTATION, max_bytes=MAX_PROOF_BYTES)
        key = _named_key(unverified.unverified_header)
        # 3.
        verified = verify_jws(
            unverified, key=key, algorithms=PROOF_ALGORITHMS, types=(PROOF_TYPE,), check=check
        )
        claims = strict_json.loads_object(verified.payload, max_bytes=MAX_PROOF_BYTES)
    except CarnetError as error:
        raise _invalid(error.message) from None
    # 4.
    if claims.get("aud") != expected.issuer:
        raise _invalid("A proof is made for another issuer.")
    _check_times(claims, expected)
    # 5.
    nonce = claims.get("nonce")
    if type(nonce) is not str or not nonce:
        raise _invalid("A proof does not carry a nonce.")
    return key.bare(), nonce


def _named_key(header: dict[str, Any]) -> PublicJwk:
    named = [name for name in _KEY_HEADERS if name in header]
    if named == ["jwk"]:
        return parse_public_jwk(header["jwk"])
    if named == ["kid"]:
        return key_of_did_url(header["kid"])
    raise _invalid("A proof names its key by jwk, did:jwk or did:key, and once.")


def _check_times(claims: dict[str, Any], expected: ProofExpectation) -> None:
    issued_at = claims.get("iat")
    if type(issued_at) is not int:
        raise _invalid("A proof does not say when it was made.")
    if not expected.now - expected.past <= issued_at <= expected.now + expected.future:
        raise _invalid("A proof was not made just now; check the clock.")
    end, start = claims.get("exp", expected.now), claims.get("nbf", expected.now)
    if type(end) is not int or type(start) is not int:
        raise _invalid("A time in a proof is not a whole number.")
    if end <= expected.now - expected.future or start > expected.now + expected.future:
        raise _invalid("A proof is outside of the time it gives itself.")


def _live(nonce: str, expected: ProofExpectation) -> int:
    end = nonce_expiry(expected.nonce_key, nonce, issuer=expected.issuer, now=expected.now)
    if end is None:
        raise invalid_nonce()
    return end


def invalid_nonce() -> ProtocolError:
    """The refusal of a nonce that is foreign, over or spent; the wallet asks for a new one."""
    return ProtocolError(OAuthCode.INVALID_NONCE, "The nonce is unknown, expired or used.")


def _invalid(description: str) -> ProtocolError:
    return ProtocolError(OAuthCode.INVALID_PROOF, description)
