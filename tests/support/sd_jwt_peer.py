"""The reference library `sd-jwt` on the far side, so that we never only agree with ourselves."""

from collections.abc import Mapping
from typing import Any

from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from carnet_securing.signer import SoftwareSigner
from support.sd_jwt_specifications import Hidden
from support.sd_jwts import base64url


def jwk_of(signer: SoftwareSigner) -> JWK:
    """The private key in the form the peer takes."""
    return JWK(**signer.public_jwk.bare().to_json(), d=base64url(signer.private_bytes()))


def marked_for_peer(marked: Any) -> Any:
    """Claims with the peer's own mark on what is hidden."""
    if isinstance(marked, dict):
        return {
            SDObj(str(key.value)) if isinstance(key, Hidden) else str(key): marked_for_peer(value)
            for key, value in marked.items()
        }
    if isinstance(marked, list):
        return [marked_for_peer(element) for element in marked]
    if isinstance(marked, Hidden):
        return SDObj(marked_for_peer(marked.value))
    return marked


def issue(
    claims: Any, *, signer: SoftwareSigner, holder: SoftwareSigner | None, decoys: bool
) -> str:
    """An SD-JWT the peer made."""
    return str(
        SDJWTIssuer(
            marked_for_peer(claims),
            jwk_of(signer),
            None if holder is None else jwk_of(holder),
            add_decoy_claims=decoys,
            extra_header_parameters={"typ": "dc+sd-jwt"},
        ).sd_jwt_issuance
    )


def present(
    token: str, shown: Any, *, holder: SoftwareSigner | None, nonce: str, audience: str
) -> str:
    """What the peer's holder shows of a token."""
    presenting = SDJWTHolder(token)
    if holder is None:
        presenting.create_presentation(shown)
    else:
        presenting.create_presentation(shown, nonce, audience, jwk_of(holder))
    return str(presenting.sd_jwt_presentation)


def claims_of(
    token: str, *, signer: SoftwareSigner, nonce: str | None = None, audience: str | None = None
) -> Mapping[str, Any]:
    """What the peer's verifier reads in a token."""
    key = JWK(**signer.public_jwk.bare().to_json())
    verifier = SDJWTVerifier(token, lambda _issuer, _header: key, audience, nonce)
    return dict(verifier.get_verified_payload())
