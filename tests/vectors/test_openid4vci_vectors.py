"""Every example of OpenID4VCI 1.0 and 1.1 and of HAIP: used, or listed with its reason."""

from pathlib import Path

import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.oauth import AuthorizationDetail, OAuthErrorBody, TokenResponse
from carnet_schemas.oid4vci import (
    CredentialConfiguration,
    CredentialErrorCode,
    CredentialMetadata,
    CredentialOffer,
    CredentialRequestError,
    CredentialResponse,
    DeferredCredentialRequest,
    JwkSet,
    NonceResponse,
    NotificationErrorCode,
    NotificationRequest,
    Proofs,
    parse_credential_issuer_metadata,
    parse_credential_offer,
    parse_credential_request,
)
from carnet_schemas.oid4vp import ClientMetadata
from carnet_schemas.paths import select
from carnet_securing import strict_json
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.jws import parse_jws, verify_jws
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import parse_sd_jwt
from support.openid_examples import (
    Check,
    assert_each_file_once,
    covering,
    files_below,
    read_body,
    read_compact,
    read_json,
)
from support.shared import vectors

FOLDER = vectors("openid4vci")
HAIP = vectors("haip")
ISSUER = "https://credential-issuer.example.com"


def authorization_details(path: Path) -> None:
    for value in read_json(path):
        assert AuthorizationDetail.parse(value).to_json() == value


def signed_metadata(path: Path) -> None:
    # The example's certificate signs itself, so only the signature is looked at.
    unverified = parse_jws(read_compact(path), limits=PRESENTATION)
    certificate = unverified.unverified_header["x5c"][0]
    verified = verify_jws(
        unverified,
        key=parse_public_jwk(certificate_key(certificate)),
        algorithms={"ES256"},
        types={"openidvci-issuer-metadata+jwt"},
        check=check_signature,
    )
    claims = strict_json.loads_object(verified.payload, max_bytes=64 * 1024)
    assert claims["sub"] == ISSUER
    parse_credential_issuer_metadata(claims, issuer=ISSUER)


def certificate_key(x5c: str) -> dict[str, str]:
    import base64

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    key = x509.load_der_x509_certificate(base64.b64decode(x5c)).public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    numbers = key.public_numbers()
    x, y = (
        base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
        for number in (numbers.x, numbers.y)
    )
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def issuer_metadata(path: Path) -> None:
    value = read_json(path)
    metadata = parse_credential_issuer_metadata(value, issuer=ISSUER)
    assert metadata.to_json() == value
    for name, configuration in value["credential_configurations_supported"].items():
        assert metadata.configuration(name).to_json() == configuration


def configuration(path: Path) -> None:
    for value in read_json(path)["credential_configurations_supported"].values():
        assert CredentialConfiguration.parse(value).to_json() == value


def other_configuration(path: Path) -> None:
    """Formats we do not issue: what all formats share is read, the rest is ignored."""
    own = {"credential_definition", "doctype"}
    for value in read_json(path)["credential_configurations_supported"].values():
        read = CredentialConfiguration.parse(value).to_json()
        assert read == {name: each for name, each in value.items() if name not in own}


def offer(path: Path) -> None:
    value = read_json(path)
    assert parse_credential_offer(value).to_json() == value


def offer_response(path: Path) -> None:
    value = read_body(path)
    assert parse_credential_offer(value).to_json() == value


def draft_request(path: Path) -> None:
    """It still names a format, as the drafts did: 1.0 asks for a configuration."""
    with pytest.raises(CredentialRequestError) as caught:
        parse_credential_request(read_json(path), max_proofs=10)
    assert caught.value.error is CredentialErrorCode.INVALID_CREDENTIAL_REQUEST


def response_text(path: Path) -> None:
    value = read_body(path)
    assert CredentialResponse.parse(value).to_json() == value


def sd_jwt_response(path: Path) -> None:
    response = CredentialResponse.parse(read_body(path))
    assert response.credentials is not None
    (issued,) = response.credentials
    assert isinstance(issued.credential, str)
    assert parse_sd_jwt(issued.credential, limits=PRESENTATION).disclosures


def key_set(path: Path) -> None:
    value = read_body(path)
    (key,) = JwkSet.parse(value["jwks"]).keys
    parse_public_jwk(key)


def token_response(path: Path) -> None:
    value = read_json(path)
    response = TokenResponse.parse(value)
    assert response.to_json() == value
    assert response.is_bearer
    assert response.credential_identifiers("UniversityDegreeCredential")


def oauth_error(path: Path) -> None:
    value = read_json(path)
    assert OAuthErrorBody.parse(value).to_json() == value


def nonce(path: Path) -> None:
    value = read_json(path)
    assert NonceResponse.parse(value).to_json() == value


def request(path: Path) -> None:
    value = read_json(path)
    assert parse_credential_request(value, max_proofs=10).to_json() == value


def data_integrity_request(path: Path) -> None:
    with pytest.raises(CredentialRequestError) as caught:
        parse_credential_request(read_json(path), max_proofs=10)
    assert caught.value.error is CredentialErrorCode.INVALID_PROOF


def response(path: Path) -> None:
    value = read_json(path)
    assert CredentialResponse.parse(value).to_json() == value


def credential_error(path: Path) -> None:
    value = read_json(path)
    assert OAuthErrorBody.parse(value).to_json() == value
    assert value["error"] in {*CredentialErrorCode, *NotificationErrorCode}


def deferred(path: Path) -> None:
    value = read_json(path)
    assert DeferredCredentialRequest.parse(value).to_json() == value


def notification(path: Path) -> None:
    value = read_json(path)
    assert NotificationRequest.parse(value).to_json() == value


def claim_paths(path: Path) -> None:
    claims = read_json(path)
    expected = {
        ("name",): ["Arthur Dent"],
        ("address",): [claims["address"]],
        ("address", "street_address"): ["42 Market Street"],
        ("degrees", None, "type"): ["Bachelor of Science", "Master of Science"],
        ("nationalities", 1): ["Betelgeusian"],
    }
    for steps, values in expected.items():
        assert [value for _place, value in select(claims, steps)] == values


def proofs(path: Path) -> None:
    value = read_json(path)
    assert Proofs.parse(value).to_json() == value


def signed_proof(path: Path) -> None:
    value = read_json(path)
    (jwt,) = Proofs.parse(value).jwt or ()
    unverified = parse_jws(jwt, limits=PRESENTATION)
    verify_jws(
        unverified,
        key=parse_public_jwk(unverified.unverified_header["jwk"]),
        algorithms={"ES256"},
        types={"openid4vci-proof+jwt"},
        check=check_signature,
    )


def unsupported_proof(path: Path) -> None:
    with pytest.raises(SchemaError):
        Proofs.parse(read_json(path))


def credential_metadata(path: Path) -> None:
    value = read_json(path)
    read = CredentialMetadata.parse(value).to_json()
    for display in value["display"]:
        display.pop("com.example.domain", None)
    assert read == value


CHECKS: dict[str, Check] = {
    "1.?/authorization_details*.json": authorization_details,
    "1.?/credential_issuer_metadata_sd_jwt_jwt.txt": signed_metadata,
    "1.?/credential_issuer_metadata_sd_jwt_long.json": issuer_metadata,
    "1.?/credential_metadata_sd_jwt_vc.json": configuration,
    "1.?/credential_metadata_jwt_vc_json.json": other_configuration,
    "1.?/credential_metadata_ldp_vc.json": other_configuration,
    "1.?/credential_metadata_mso_mdoc.json": other_configuration,
    "1.?/credential_offer_*.json": offer,
    "1.?/credential_offer_authz_code.txt": offer_response,
    "1.?/credential_request_iso_mdl.json": draft_request,
    "1.?/credential_response_jwt_vc_json.txt": response_text,
    "1.?/credential_response_ldp_vc.txt": response_text,
    "1.?/credential_response_mso_mdoc.txt": response_text,
    "1.?/credential_response_sd_jwt_vc.txt": sd_jwt_response,
    "1.?/issuer_jwks.json": key_set,
    "1.?-embedded/*successful-token-response.json": token_response,
    "1.?-embedded/*token-error-response.json": oauth_error,
    "1.?-embedded/*nonce-response.json": nonce,
    "1.0-embedded/blocks/00[45]-credential-request.json": request,
    "1.1-embedded/blocks/01[12]-credential-request.json": request,
    "1.0-embedded/blocks/006-credential-request.json": data_integrity_request,
    "1.1-embedded/blocks/013-credential-request.json": data_integrity_request,
    "1.?-embedded/blocks/???-credential-response.json": response,
    "1.?-embedded/blocks/???-deferred-credential-response.json": response,
    "1.?-embedded/*credential-request-errors.json": credential_error,
    "1.?-embedded/*deferred-credential-error-response.json": credential_error,
    "1.?-embedded/*notification-error-response.json": credential_error,
    "1.?-embedded/*deferred-credential-request.json": deferred,
    "1.?-embedded/*notification-request.json": notification,
    "1.?-embedded/*claims-path-pointer-example.json": claim_paths,
    "1.?-embedded/*-jwt-proof-type.json": signed_proof,
    "1.?-embedded/*attestation-proof-type.json": proofs,
    "1.?-embedded/*di-vp-proof-type.json": unsupported_proof,
    "1.1-embedded/*-credential-metadata.json": credential_metadata,
}
REASONS = {
    "1.?/wallet_attestation.jwt.txt": "wallet attestation belongs to the high profile, later",
    "1.?-embedded/*pushed-authorization-request.json": "pushed requests: code flow, later",
    "1.1-embedded/*-initial-request.json": "a 1.1 draft feature: interactive authorization",
    "1.1-embedded/*-require-presentation.json": "a 1.1 draft feature: interactive authorization",
    "1.1-embedded/*-authorization-via-web.json": "a 1.1 draft feature: interactive authorization",
    "1.1-embedded/*-custom-interaction-extensions.json": "a 1.1 draft feature",
    "1.1-embedded/*-authorization-challenge-error-response.json": "a 1.1 draft feature",
    "1.1-embedded/*-interactive-authorization-binding.json": "a 1.1 draft feature",
}


def test_every_example_is_used_or_excused() -> None:
    assert_each_file_once(FOLDER, CHECKS, REASONS)


@pytest.mark.parametrize("name", [name for name in files_below(FOLDER) if covering(name, CHECKS)])
def test_openid4vci_example(name: str) -> None:
    (pattern,) = covering(name, CHECKS)
    CHECKS[pattern](FOLDER / name)


def old_configuration(path: Path) -> None:
    """Display and claims stood elsewhere in the drafts, and the format had another name."""
    read = CredentialConfiguration.parse(read_json(path))
    assert read.format == "vc+sd-jwt"
    assert read.credential_metadata is None


def old_offer(path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        CredentialOffer.parse(read_json(path))
    assert caught.value.pointer == "/credential_configuration_ids"


def old_request(path: Path) -> None:
    with pytest.raises(CredentialRequestError) as caught:
        parse_credential_request(read_body(path), max_proofs=10)
    assert caught.value.pointer == "/proof"


def old_authorization_details(path: Path) -> None:
    for value in read_json(path):
        with pytest.raises(SchemaError):
            AuthorizationDetail.parse(value)


def old_client_metadata(path: Path) -> None:
    assert ClientMetadata.parse(read_json(path)).vp_formats_supported is None


HAIP_CHECKS: dict[str, Check] = {
    "1.?/authorization_details_sd_jwt_vc.json": old_authorization_details,
    "1.?/client_metadata_sd_jwt_vc.json": old_client_metadata,
    "1.?/credential_metadata_sd_jwt_vc.json": old_configuration,
    "1.?/credential_offer_sd_jwt_vc.json": old_offer,
    "1.?/credential_request_sd_jwt_vc.json": old_request,
}
HAIP_REASONS = {
    "1.?/presentation_definition_sd_jwt_vc.json": "stale: a query language OpenID4VP 1.0 dropped",
}


def test_every_haip_example_is_used_or_excused() -> None:
    assert_each_file_once(HAIP, HAIP_CHECKS, HAIP_REASONS)


@pytest.mark.parametrize(
    "name", [name for name in files_below(HAIP) if covering(name, HAIP_CHECKS)]
)
def test_haip_example_is_of_the_drafts_and_refused_or_ignored(name: str) -> None:
    (pattern,) = covering(name, HAIP_CHECKS)
    HAIP_CHECKS[pattern](HAIP / name)
