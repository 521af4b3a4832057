"""The documents an issuer publishes about itself. Pure: configuration in, JSON out.

Issuer metadata (OpenID4VCI 1.0 section 12.2), authorization server metadata (RFC 8414),
JWT VC issuer metadata (SD-JWT VC), and where each of them stands: a well-known string
goes between host and path (DESIGN section 4, decision 1).
"""

from collections.abc import Sequence
from typing import Any, Final

from carnet_issuer.config import IssuerConfig
from carnet_issuer.proofs import BINDING_METHODS, PROOF_ALGORITHMS
from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.claim_table import Claim, CredentialType
from carnet_schemas.oauth import OPENID_CREDENTIAL, PRE_AUTHORIZED_CODE
from carnet_schemas.oid4vci import FORMAT_SD_JWT_VC
from carnet_securing import strict_json
from carnet_securing.jwe import CONTENT_ENCRYPTIONS, KEY_AGREEMENT
from carnet_securing.jwk import PublicJwk
from carnet_securing.jws import sign_jws
from carnet_securing.signer import Signer
from carnet_securing.x509 import encode_x5c

SIGNED_METADATA_TYPE: Final = "openidvci-issuer-metadata+jwt"
LANGUAGES: Final = ("fr", "en")
_LOCALES: Final = {"fr": "fr-FR", "en": "en-GB"}


def types_of(config: IssuerConfig) -> dict[str, CredentialType]:
    """The types this class of signer may sign, by configuration id."""
    return {
        each.configuration_id: each
        for each in CREDENTIAL_TYPES.values()
        if config.klass.value in each.signers
    }


def issuer_metadata(config: IssuerConfig, *, request_key: PublicJwk) -> dict[str, Any]:
    """Credential issuer metadata."""
    url, encs = config.url, sorted(CONTENT_ENCRYPTIONS)
    return {
        "credential_issuer": url,
        "credential_endpoint": f"{url}/credential",
        "nonce_endpoint": f"{url}/nonce",
        "notification_endpoint": f"{url}/notification",
        "batch_credential_issuance": {"batch_size": config.batch_size},
        "credential_request_encryption": {
            "jwks": {"keys": [request_key.to_json()]},
            "enc_values_supported": encs,
            "encryption_required": config.encryption_required,
        },
        "credential_response_encryption": {
            "alg_values_supported": [KEY_AGREEMENT],
            "enc_values_supported": encs,
            "encryption_required": config.encryption_required,
        },
        "display": [{"name": config.name, "locale": _LOCALES[lang]} for lang in LANGUAGES],
        "credential_configurations_supported": {
            name: _configuration(config, each) for name, each in types_of(config).items()
        },
    }


def signed_issuer_metadata(
    metadata: dict[str, Any],
    *,
    signer: Signer,
    x5c: Sequence[bytes],
    now: int,
    expires_at: int,
) -> bytes:
    """The same, signed by the key of the credentials (OpenID4VCI 1.0 section 12.2.3)."""
    payload = {
        **metadata,
        "iss": metadata["credential_issuer"],
        "sub": metadata["credential_issuer"],
        "iat": now,
        "exp": expires_at,
    }
    token = sign_jws(
        strict_json.dumps_bytes(payload),
        signer=signer,
        typ=SIGNED_METADATA_TYPE,
        header={"x5c": encode_x5c(x5c)} if x5c else {"kid": signer.public_jwk.kid},
    )
    return token.encode("ascii")


def authorization_server_metadata(config: IssuerConfig) -> dict[str, Any]:
    """Authorization server metadata: pre-authorized codes and nothing else."""
    url = config.url
    return {
        "issuer": url,
        "token_endpoint": f"{url}/token",
        "grant_types_supported": [PRE_AUTHORIZED_CODE],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
        "authorization_details_types_supported": [OPENID_CREDENTIAL],
        "scopes_supported": list(types_of(config)),
        "status_list_aggregation_endpoint": f"{url}/status",
    }


def jwt_vc_issuer_metadata(config: IssuerConfig) -> dict[str, Any]:
    """Where readers find the keys that sign credentials and status lists."""
    key = config.signing_key
    return {"issuer": config.url, "jwks": {"keys": [{**key.to_json(), "use": "sig"}]}}


def _always_there(each: CredentialType, claim: Claim) -> bool:
    """The table says "wherever its parent is"; the wire says "in every credential"."""
    needed = {row.path for row in each.claims if row.mandatory}
    return all(claim.path[:depth] in needed for depth in range(1, len(claim.path) + 1))


def _configuration(config: IssuerConfig, each: CredentialType) -> dict[str, Any]:
    return {
        "format": FORMAT_SD_JWT_VC,
        "vct": each.vct,
        "scope": each.configuration_id,
        "credential_signing_alg_values_supported": [config.algorithm],
        "cryptographic_binding_methods_supported": list(BINDING_METHODS),
        "proof_types_supported": {
            "jwt": {"proof_signing_alg_values_supported": list(PROOF_ALGORITHMS)}
        },
        "credential_metadata": {
            "display": [
                {
                    "name": each.title[lang],
                    "description": each.description[lang],
                    "locale": _LOCALES[lang],
                    "background_color": each.background,
                    "text_color": each.text_colour,
                }
                for lang in LANGUAGES
            ],
            "claims": [
                {
                    "path": list(claim.path),
                    "mandatory": _always_there(each, claim),
                    "display": [
                        {"name": claim.fr, "locale": _LOCALES["fr"]},
                        {"name": claim.en, "locale": _LOCALES["en"]},
                    ],
                }
                for claim in each.claims
            ],
        },
    }
