"""Every example of OpenID4VP 1.0 and 1.1: used, or listed with its reason."""

from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.claim_selection import Work, resolve
from carnet_schemas.dcql import (
    Candidate,
    PresentedCredential,
    QueryUnmetError,
    UnmetReason,
    check_answer,
    evaluate,
    parse_dcql,
)
from carnet_schemas.dcql_query import TrustedAuthorities
from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp import (
    AuthorizationErrorCode,
    ClientMetadata,
    DirectPostResult,
    EncryptedResponse,
    RequestError,
    ResponsePayload,
    VerifierInfo,
    check_authorization_request,
    choose_encryption,
    parse_client_id,
    parse_encrypted_payload,
    parse_response_form,
    parse_vp_token,
)
from carnet_schemas.oid4vp_response import AuthorizationErrorBody
from carnet_securing import base64url, strict_json
from carnet_securing.jwe import DecryptionKey, decrypt_jwe, parse_jwe_header
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import parse_sd_jwt, verify_sd_jwt
from support.openid_examples import (
    Check,
    assert_each_file_once,
    covering,
    files_below,
    read_compact,
    read_json,
)
from support.shared import vectors

FOLDER = vectors("openid4vp")
PID = "https://credentials.example.com/identity_credential"


def held(name: str, vct: str, **claims: Any) -> Candidate:
    disclosable: list[tuple[str | int, ...]] = [(step,) for step in claims]
    if "address" in claims:
        disclosable += [("address", step) for step in claims["address"]]
    return Candidate(id=name, vcts=(vct,), claims={"vct": vct, **claims}, disclosable=disclosable)


def person(name: str = "1", vct: str = PID, **changed: Any) -> Candidate:
    claims = {
        "given_name": "John",
        "family_name": "Doe",
        "birthdate": "1940-01-01",
        "address": {"street_address": "42 Market Street", "locality": "Milliways"},
        "postal_code": "90210",
        "locality": "Milliways",
        "region": "X",
        "date_of_birth": "1940-01-01",
    }
    return held(name, vct, **{**claims, **changed})


def round_trip(path: Path) -> None:
    value = read_json(path)
    assert parse_dcql(value).to_json() == value


def simple(path: Path) -> None:
    round_trip(path)
    query = parse_dcql(read_json(path))
    (match,) = evaluate(query, [person()]).smallest
    assert set(match.paths) == {
        ("family_name",),
        ("given_name",),
        ("address",),
        ("address", "street_address"),
    }
    with pytest.raises(QueryUnmetError):
        evaluate(query, [person(vct="https://other.example/type")])


def values(path: Path) -> None:
    round_trip(path)
    query = parse_dcql(read_json(path))
    assert evaluate(query, [person()]).smallest
    with pytest.raises(QueryUnmetError) as caught:
        evaluate(query, [person(postal_code="10115")])
    assert [part.reason for part in caught.value.parts] == [UnmetReason.VALUE_DIFFERS]


def claim_alternatives(path: Path) -> None:
    round_trip(path)
    query = parse_dcql(read_json(path))
    (match,) = evaluate(query, [person()]).smallest
    # The second set reveals three claims where the asker's favourite reveals four.
    assert set(match.paths) == {("family_name",), ("postal_code",), ("date_of_birth",)}


def credential_alternatives(path: Path) -> None:
    round_trip(path)
    query = parse_dcql(read_json(path))
    reduced = held(
        "2",
        "https://credentials.example.com/reduced_identity_credential",
        given_name="John",
        family_name="Doe",
    )
    home = held(
        "3", "https://cred.example/residence_credential", postal_code="1", locality="2", region="3"
    )
    rewards = held("4", "https://company.example/company_rewards", rewards_number=7)
    matches = evaluate(query, [reduced, home, rewards])
    assert [match.query_id for match in matches.smallest] == [
        "pid_reduced_cred_1",
        "pid_reduced_cred_2",
    ]
    assert matches.optional == (("nice_to_have",),)
    with pytest.raises(QueryUnmetError):
        evaluate(query, [reduced, rewards])
    # Told of a whole identity credential, three claims of it are less than five of two.
    (match,) = evaluate(query, [person(), reduced, home]).smallest
    assert match.query_id == "pid"


def other_format(path: Path) -> None:
    """Read as any query; nothing of that format is held, so nothing is answered."""
    round_trip(path)
    with pytest.raises(QueryUnmetError) as caught:
        evaluate(parse_dcql(read_json(path)), [person()])
    assert any(part.reason is UnmetReason.NO_SUCH_FORMAT for part in caught.value.parts)


def client_metadata(path: Path) -> None:
    value = read_json(path)
    assert ClientMetadata.parse(value).to_json() == value


def error_body(path: Path) -> None:
    value = read_json(path)
    assert AuthorizationErrorBody.parse(value).to_json() == value
    assert value["error"] in set(AuthorizationErrorCode)


def refusal(claims: dict[str, Any], client_id: str, *, signed: bool) -> RequestError:
    with pytest.raises(RequestError) as caught:
        check_authorization_request(
            claims, client_id=parse_client_id(client_id), signed=signed, wallet_nonce=None
        )
    return caught.value


def request_with_redirect(path: Path) -> None:
    """An answer that is redirected; Carnet speaks the posted ones."""
    claims = read_json(path)
    error = refusal(claims, claims["client_id"], signed=True)
    assert error.pointer == "/redirect_uri"
    assert error.error is AuthorizationErrorCode.INVALID_REQUEST


def signed_under_redirect_uri(path: Path) -> None:
    claims = read_json(path)
    assert refusal(claims, claims["client_id"], signed=True).kind == "request_untrusted"


def browser_request(path: Path) -> None:
    """For the browser's credential interface, which no part of Carnet answers."""
    claims = {"client_id": "x509_san_dns:rp.example.com", **read_json(path)}
    error = refusal(claims, "x509_san_dns:rp.example.com", signed=True)
    assert error.pointer == "/response_mode"


def encrypted_browser_request(path: Path) -> None:
    claims = read_json(path)
    choice = choose_encryption(ClientMetadata.parse(claims["client_metadata"]))
    assert ([key["kid"] for key in choice.keys], choice.enc) == (["ac"], "A128GCM")
    parse_dcql(claims["dcql_query"])


def verifier_info(path: Path) -> None:
    value = read_json(path)
    assert VerifierInfo.parse(value).to_json() == value


def authorities(path: Path) -> None:
    value = read_json(path)
    assert TrustedAuthorities.parse(value).to_json() == value
    asked = {
        "id": "c",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": [PID]},
        "trusted_authorities": [value],
    }
    query = parse_dcql({"credentials": [asked]})
    with pytest.raises(QueryUnmetError):
        evaluate(query, [person()])
    vouched = Candidate(
        id="1",
        vcts=(PID,),
        claims={},
        disclosable=(),
        authorities=((value["type"], value["values"][0]),),
    )
    assert evaluate(query, [vouched]).smallest


def claim_paths(path: Path) -> None:
    claims = read_json(path)
    expected: dict[tuple[str | int | None, ...], list[Any]] = {
        ("name",): ["Arthur Dent"],
        ("address",): [claims["address"]],
        ("address", "street_address"): ["42 Market Street"],
        ("degrees", None, "type"): ["Bachelor of Science", "Master of Science"],
        ("nationalities", 1): ["Betelgeusian"],
        ("nationalities", 2): [],
        ("nationalities", "1"): [],
        ("degrees", "type"): [],
        ("name", None): [],
        ("address", 0): [],
    }
    for steps, found in expected.items():
        places = resolve(claims, steps, work=Work(), original_indices={})
        assert [value for _place, value in places] == found, steps


def vp_token(path: Path) -> None:
    value = read_json(path)
    assert {name: list(each) for name, each in parse_vp_token(value).items()} == value


def direct_post_result(path: Path) -> None:
    value = read_json(path)
    assert DirectPostResult.parse(value).to_json() == value


def encrypted_form(path: Path) -> None:
    answer = parse_response_form(read_json(path))
    assert isinstance(answer, EncryptedResponse)
    header = parse_jwe_header(answer.unverified_jwe, limits=PRESENTATION)
    assert header == read_json(path.with_name("011-encrypted-responses.json"))


def encryption_header(path: Path) -> None:
    """Compared with the message's own header beside it."""
    encrypted_form(path.with_name("009-encrypted-responses.json"))


def decryption_key(path: Path) -> None:
    """The key of the example opens the example."""
    jwk = read_json(path)
    answer = parse_response_form(read_json(path.with_name("009-encrypted-responses.json")))
    assert isinstance(answer, EncryptedResponse)
    assert opened(answer.unverified_jwe, jwk) == read_json(
        path.with_name("012-encrypted-responses.json")
    )


def opened(compact: str, jwk: dict[str, str]) -> Any:
    key = DecryptionKey.from_private_bytes(base64url.decode(jwk["d"]), kid=jwk["kid"])
    plaintext = decrypt_jwe(
        compact, decryption_key=key, enc_allowed=("A128GCM",), limits=PRESENTATION
    )
    return strict_json.loads_object(plaintext, max_bytes=64 * 1024)


def encrypted_example(path: Path) -> None:
    value = read_json(path)
    assert opened(value["response"], value["private_jwk"]) == value["expected_payload"]
    payload = parse_encrypted_payload(value["expected_payload"])
    assert isinstance(payload, ResponsePayload)


def payload(path: Path) -> None:
    value = read_json(path)
    read = parse_encrypted_payload(value)
    assert isinstance(read, ResponsePayload)
    assert {"vp_token": {name: list(each) for name, each in read.vp_token.items()}} == value


def encryption_key(path: Path) -> None:
    value = read_json(path)
    metadata = ClientMetadata.parse({"jwks": {"keys": [value]}})
    assert choose_encryption(metadata).keys == (value,)
    parse_public_jwk(value)


def sd_jwt_claims(path: Path) -> None:
    """The credential of the examples, before it is secured, answers the question about it."""
    query = parse_dcql(
        {
            "credentials": [
                {
                    "id": "c",
                    "format": "dc+sd-jwt",
                    "meta": {"vct_values": [PID]},
                    "claims": [{"path": ["given_name"]}],
                }
            ]
        }
    )
    presented = PresentedCredential(
        format="dc+sd-jwt", vcts=(PID,), claims=read_json(path), holder_binding=True
    )
    checked = check_answer(query, {"c": [presented]})
    assert checked.by_query["c"][0].selected == ((("given_name",), "John"),)


def linked_data_credential(path: Path) -> None:
    """An SD-JWT VC whose claims hold JSON-LD: matched by path like any other."""
    settings = (path.parent.parent / "settings.yml").read_text(encoding="utf-8")
    issuer_keys = settings.split("issuer_keys:")[1]
    x, y = (issuer_keys.split(f" {name}: ")[1].split()[0] for name in "xy")
    presentation = parse_sd_jwt(read_compact(path), limits=PRESENTATION)
    verified = verify_sd_jwt(
        presentation,
        key=parse_public_jwk({"kty": "EC", "crv": "P-256", "x": x, "y": y}),
        algorithms={"ES256"},
        types={"dc+sd-jwt"},
        check=check_signature,
        limits=PRESENTATION,
    )
    assert verified.claims == read_json(path.with_name("verified_contents.json"))
    vct = verified.claims["vct"]
    asked: dict[str, Any] = {"id": "c", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}}
    asked["claims"] = [{"path": ["ld", "credentialSubject", "givenName"], "values": ["John"]}]
    presented = PresentedCredential(
        format="dc+sd-jwt", vcts=(vct,), claims=dict(verified.claims), holder_binding=True
    )
    check_answer(parse_dcql({"credentials": [asked]}), {"c": [presented]})
    asked["claims"] = [{"path": ["ld", "credentialSubject", "familyName"]}]
    with pytest.raises(SchemaError):
        check_answer(parse_dcql({"credentials": [asked]}), {"c": [presented]})


BLOCKS = "1.0-embedded/blocks/"
CHECKS: dict[str, Check] = {
    "1.?/client_metadata/*.json": client_metadata,
    "1.?/digital_credentials_api/error_invalid_request.json": error_body,
    "1.?/digital_credentials_api/signed_request_payload*.json": browser_request,
    "1.?/query_lang/simple.json": simple,
    "1.?/query_lang/value_matching_simple.json": values,
    "1.?/query_lang/claims_alternatives.json": claim_alternatives,
    "1.?/query_lang/credentials_alternatives.json": credential_alternatives,
    "1.?/query_lang/multi_credentials.json": other_format,
    "1.?/query_lang/simple_mdoc.json": other_format,
    "1.?/query_lang/complex_mdoc.json": other_format,
    "1.?/request/dcql_*.json": other_format,
    "1.?/request/request_object_client_id_did.json": request_with_redirect,
    "1.?/credentials/sd_jwt_vc_unsecured.json": sd_jwt_claims,
    "1.?/sd_jwt_vcld/01/sd_jwt_presentation.txt": linked_data_credential,
    f"{BLOCKS}000-*": verifier_info,
    f"{BLOCKS}001-*": signed_under_redirect_uri,
    f"{BLOCKS}002-*": authorities,
    f"{BLOCKS}003-*": authorities,
    f"{BLOCKS}004-*": authorities,
    f"{BLOCKS}005-*": claim_paths,
    f"{BLOCKS}006-*": vp_token,
    f"{BLOCKS}007-*": direct_post_result,
    f"{BLOCKS}008-*": encrypted_browser_request,
    f"{BLOCKS}009-*": encrypted_form,
    f"{BLOCKS}010-*": decryption_key,
    f"{BLOCKS}011-*": encryption_header,
    f"{BLOCKS}012-*": payload,
    f"{BLOCKS}013-*": payload,
    f"{BLOCKS}021-*": vp_token,
    f"{BLOCKS}024-*": vp_token,
    f"{BLOCKS}025-*": encryption_key,
    f"{BLOCKS}026-*": encryption_key,
    "1.0-embedded/encrypted_response.json": encrypted_example,
}
SECURING = "bytes and signatures: for the tests of carnet_securing's SD-JWT"
W3C = "W3C formats only"
REASONS = {
    "1.?/credentials/sd_jwt_vc.json": "a payload of digests without its disclosures",
    "1.?/credentials/jwt_vc.json": W3C,
    "1.?/credentials/ldp_vc.json": "Data Integrity only",
    "1.?/request/request_header_client_id_did.json": "RS256, which nothing here accepts",
    "1.?/response/jwt_vc.json": W3C,
    "1.?/response/ldp_vc.json": "Data Integrity only",
    "1.?/response/kb_jwt_unsecured.json": "claims of a proof: for the tests of key binding",
    "1.?/sd_jwt_vcld/01/kb_jwt_*": SECURING,
    "1.?/sd_jwt_vcld/01/sd_jwt_issuance.txt": SECURING,
    "1.?/sd_jwt_vcld/01/sd_jwt_jws_part.txt": SECURING,
    "1.?/sd_jwt_vcld/01/sd_jwt_payload.json": SECURING,
    "1.?/sd_jwt_vcld/01/specification.yml": "how the example was generated",
    "1.?/sd_jwt_vcld/01/user_claims.json": "how the example was generated",
    "1.?/sd_jwt_vcld/01/verified_contents.json": "compared with the presentation beside it",
    "1.?/sd_jwt_vcld/settings.yml": "the key of the presentation beside it",
    f"{BLOCKS}014-*": "metadata of a wallet; ours is found by its scheme and publishes none",
    f"{BLOCKS}015-*": W3C,
    f"{BLOCKS}016-*": "JWS JSON serialization, for the browser's credential interface",
    f"{BLOCKS}017-*": "JWS JSON serialization, for the browser's credential interface",
    f"{BLOCKS}018-*": W3C,
    f"{BLOCKS}019-*": W3C,
    f"{BLOCKS}020-*": W3C,
    f"{BLOCKS}022-*": "mdoc only",
    f"{BLOCKS}023-*": "mdoc only",
    f"{BLOCKS}027-*": "SIOPv2 only",
    "1.0-embedded/mdoc_session_transcripts.json": "mdoc only",
}


def test_every_example_is_used_or_excused() -> None:
    assert_each_file_once(FOLDER, CHECKS, REASONS)


@pytest.mark.parametrize("name", [name for name in files_below(FOLDER) if covering(name, CHECKS)])
def test_openid4vp_example(name: str) -> None:
    (pattern,) = covering(name, CHECKS)
    CHECKS[pattern](FOLDER / name)
