"""The issuer over real HTTP: what a wallet gets, in the order in which it gets it."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from carnet_issuer.standing import Reason
from carnet_schemas import catalog
from carnet_schemas.oid4vci import parse_credential_issuer_metadata, parse_offer_uri
from carnet_securing import strict_json
from carnet_securing.credential import (
    IssuerKey,
    VerifiedCredential,
    holder_key_of,
    parse_credential,
    verify_credential,
)
from carnet_securing.issuer_key import metadata_url, parse_issuer_metadata
from carnet_securing.jwe import DecryptionKey, decrypt_jwe, encrypt_jwe
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.jws import parse_jws, verify_jws
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from support.issuer_service import (
    NOW,
    BareWallet,
    RunningIssuer,
    credentials_of,
    error_of,
    payload_of,
    running_issuer,
)

DAY = 86_400


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    with running_issuer(tmp_path_factory.mktemp("school")) as running:
        yield running


@pytest.fixture
def wallet(school: RunningIssuer) -> Iterator[BareWallet]:
    with BareWallet(school.url) as bare:
        yield bare


def verified(school: RunningIssuer, credential: str) -> VerifiedCredential:
    """Verify as a stranger would: by the key the issuer publishes."""
    published = httpx2.get(metadata_url(school.url)).content
    keys = parse_issuer_metadata(published, issuer=school.url, limits=ISSUED)
    assert isinstance(keys, tuple)
    return verify_credential(
        parse_credential(credential, limits=ISSUED),
        issuer_key=IssuerKey(issuer=school.url, key=keys[0], route=IssuerKeyRoute.METADATA),
        vcts=["urn:carnet:skill-certificate:1"],
        now=NOW,
        check=check_signature,
        limits=ISSUED,
    )


def test_each_key_gets_its_own_verifiable_copy(school: RunningIssuer, wallet: BareWallet) -> None:
    copies = wallet.claim(school.offer())
    assert len(copies) == len(wallet.keys)
    for copy, key in zip(copies, wallet.keys, strict=True):
        credential = verified(school, copy)
        assert holder_key_of(credential).thumbprint == key.public_jwk.thumbprint
        assert credential.issued_at is not None
        assert credential.issued_at % DAY == 0
        assert credential.expires_at is not None
        assert credential.expires_at % DAY == 0
        assert credential.vct_integrity == catalog.type_metadata_integrity(credential.vct)
        claims = dict(credential.claims)
        catalog.validate_claims(credential.vct, claims, complete=True)


def test_the_record_moves_from_ready_to_issued(school: RunningIssuer, wallet: BareWallet) -> None:
    record = school.next_record()
    states = [school.state(record)]
    offer = school.offer(record_id=record)
    states.append(school.state(record))
    token = wallet.token(offer)
    states.append(school.state(record))
    assert wallet.ask(token).status_code == 200
    states.append(school.state(record))
    assert states == ["ready", "offered", "offered", "issued"]


def test_an_offer_by_value_needs_no_look_up(school: RunningIssuer, wallet: BareWallet) -> None:
    offer = school.offer(by_value=True)
    link = parse_offer_uri(offer.offer_uri)
    text = getattr(link, "unverified_text", None)
    assert text is not None
    shape = strict_json.loads_object(text, max_bytes=10_000)
    (grant,) = shape["grants"].values()
    assert wallet.redeem(grant["pre-authorized_code"], offer.tx_code).status_code == 200


def test_an_offer_without_collection_code_lives_ten_minutes(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    offer = school.offer(with_code=False)
    assert offer.tx_code is None
    assert offer.expires_at == school.clock.now + 600
    assert "tx_code" not in str(wallet.open_offer(offer).json())
    assert wallet.redeem(wallet.code_of(offer), None).status_code == 200


def test_a_new_offer_ends_the_one_before(school: RunningIssuer, wallet: BareWallet) -> None:
    record = school.next_record()
    first = school.offer(record_id=record)
    code = wallet.code_of(first)
    second = school.offer(record_id=record)
    assert wallet.open_offer(first).status_code == 404
    assert error_of(wallet.redeem(code, first.tx_code)) == "invalid_grant"
    assert wallet.redeem(wallet.code_of(second), second.tx_code).status_code == 200


def test_a_new_offer_ends_a_token_that_was_lost(school: RunningIssuer, wallet: BareWallet) -> None:
    record = school.next_record()
    lost = wallet.token(school.offer(record_id=record))
    found = wallet.token(school.offer(record_id=record))
    assert error_of(wallet.ask(lost)) == "invalid_token"
    assert wallet.ask(found).status_code == 200


def test_a_lost_answer_is_repeated_byte_for_byte(school: RunningIssuer, wallet: BareWallet) -> None:
    token = wallet.token(school.offer())
    first = wallet.ask(token)
    again = wallet.ask(token)
    assert again.status_code == 200
    assert again.content == first.content


def test_the_answer_is_repeated_whatever_the_order_of_the_keys(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    token = wallet.token(school.offer())
    first = wallet.ask(token)
    again = wallet.ask(token, list(reversed(wallet.proofs())))
    assert again.content == first.content


def test_after_a_notification_nothing_is_repeated(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    token = wallet.token(school.offer())
    notification = wallet.ask(token).json()["notification_id"]
    for _ in range(2):
        answer = wallet.notify(token, notification_id=notification, event="credential_accepted")
        assert answer.status_code == 204
        assert answer.content == b""
    assert error_of(wallet.ask(token)) == "credential_request_denied"


def test_after_a_failure_the_same_keys_may_ask_again(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    token = wallet.token(school.offer())
    first = wallet.ask(token)
    notification = first.json()["notification_id"]
    answer = wallet.notify(token, notification_id=notification, event="credential_failure")
    assert answer.status_code == 204
    assert wallet.ask(token).content == first.content


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"notification_id": "of nobody", "event": "credential_accepted"}, "id"),
        ({"event": "credential_accepted"}, "request"),
        ({"notification_id": "x"}, "request"),
        ({"notification_id": "x", "event": "CREDENTIAL_ACCEPTED"}, "request"),
        ({"notification_id": 1, "event": "credential_accepted"}, "request"),
    ],
)
def test_a_malformed_notification_is_refused(
    school: RunningIssuer, wallet: BareWallet, members: dict[str, object], error: str
) -> None:
    token = wallet.token(school.offer())
    assert error_of(wallet.notify(token, **members)) == f"invalid_notification_{error}"


def test_a_notification_id_belongs_to_its_token(school: RunningIssuer, wallet: BareWallet) -> None:
    token, other = wallet.token(school.offer()), wallet.token(school.offer())
    notification = wallet.ask(token).json()["notification_id"]
    refused = wallet.notify(other, notification_id=notification, event="credential_deleted")
    assert error_of(refused) == "invalid_notification_id"
    assert wallet.ask(token).status_code == 200


def test_withdrawing_reaches_every_copy_at_once(school: RunningIssuer, wallet: BareWallet) -> None:
    record = school.next_record()
    copies = wallet.claim(school.offer(record_id=record))
    assert [school.status_entry(copy) for copy in copies] == [0, 0]
    school.issuer.pause(record, Reason.UNDER_REVIEW, now=school.clock.now)
    assert [school.status_entry(copy) for copy in copies] == [2, 2]
    school.issuer.resume(record, Reason.REVIEW_ENDED, now=school.clock.now)
    assert [school.status_entry(copy) for copy in copies] == [0, 0]
    school.issuer.withdraw(record, Reason.ISSUED_IN_ERROR, now=school.clock.now)
    assert [school.status_entry(copy) for copy in copies] == [1, 1]
    assert school.state(record) == "withdrawn"


def test_the_metadata_says_where_everything_is(school: RunningIssuer) -> None:
    answer = httpx2.get(f"{school.url}/.well-known/openid-credential-issuer")
    assert answer.headers["content-type"] == "application/json"
    metadata = parse_credential_issuer_metadata(answer.json(), issuer=school.url)
    configuration = metadata.configuration("skill_certificate_sd_jwt")
    assert configuration.binds_keys
    assert metadata.batch_credential_issuance is not None
    assert metadata.batch_credential_issuance.batch_size == 10


def test_signed_metadata_is_given_to_who_asks(school: RunningIssuer) -> None:
    url = f"{school.url}/.well-known/openid-credential-issuer"
    answer = httpx2.get(url, headers={"Accept": "application/jwt"})
    assert answer.headers["content-type"] == "application/jwt"
    signed = verify_jws(
        parse_jws(answer.content, limits=ISSUED),
        key=school.issuer.config.signing_key,
        algorithms=["ES256"],
        types=["openidvci-issuer-metadata+jwt"],
        check=check_signature,
    )
    payload = strict_json.loads_object(signed.payload, max_bytes=100_000)
    assert payload["sub"] == payload["credential_issuer"] == school.url
    unsigned = httpx2.get(url, headers={"Accept": "application/json, application/jwt"}).json()
    assert unsigned.items() <= payload.items()


def test_the_server_metadata_names_the_one_grant(school: RunningIssuer) -> None:
    metadata = httpx2.get(f"{school.url}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == school.url
    assert metadata["pre-authorized_grant_anonymous_access_supported"] is True
    assert metadata["grant_types_supported"] == [
        "urn:ietf:params:oauth:grant-type:pre-authorized_code"
    ]


def test_types_are_served_with_the_bytes_that_are_hashed(school: RunningIssuer) -> None:
    answer = httpx2.get(f"{school.url}/types/skill-certificate/1")
    assert answer.content == catalog.type_metadata_bytes("urn:carnet:skill-certificate:1")
    known = httpx2.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert httpx2.get(f"{school.url}/types/unheard-of/1").status_code == 404


def test_status_lists_are_found_packed_and_cached(school: RunningIssuer) -> None:
    (uri,) = httpx2.get(f"{school.url}/status").json()["status_lists"]
    answer = httpx2.get(
        uri, headers={"Accept-Encoding": "identity", "Origin": "https://wallet.example"}
    )
    assert answer.headers["content-type"] == "application/statuslist+jwt"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in answer.headers
    packed = httpx2.get(uri, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == answer.content
    assert httpx2.get(f"{school.url}/status/nothing-here").status_code == 404


def test_each_coding_of_a_status_list_has_its_own_validator(school: RunningIssuer) -> None:
    (uri,) = httpx2.get(f"{school.url}/status").json()["status_lists"]
    codings = ("identity", "gzip")
    plain, packed = (httpx2.get(uri, headers={"Accept-Encoding": each}) for each in codings)
    tags = {"identity": plain.headers["etag"], "gzip": packed.headers["etag"]}
    assert tags["identity"] != tags["gzip"]
    assert not any(tag.startswith("W/") for tag in tags.values())

    def asked(coding: str, held: str) -> httpx2.Response:
        return httpx2.get(uri, headers={"Accept-Encoding": coding, "If-None-Match": held})

    for coding in codings:
        for held in (tags[coding], f"W/{tags[coding]}", f'"x", {tags[coding]}'):
            known = asked(coding, held)
            assert (known.status_code, known.content) == (304, b"")
            assert known.headers["etag"] == tags[coding]
            assert "Accept-Encoding" in known.headers["vary"]
    assert asked("identity", tags["gzip"]).status_code == 200
    assert asked("gzip", '"x"').headers["etag"] == tags["gzip"]
    assert asked("gzip", tags["identity"]).headers["etag"] == tags["identity"]


@pytest.mark.parametrize("query", ["?time=1", "?time=", "?a=b&time=1686925000"])
def test_status_lists_of_the_past_are_not_offered(school: RunningIssuer, query: str) -> None:
    (uri,) = httpx2.get(f"{school.url}/status").json()["status_lists"]
    assert httpx2.get(f"{uri}{query}").status_code == 501
    assert httpx2.get(f"{uri}?a=b").status_code == 200


def test_a_status_list_is_signed_anew_when_its_time_is_up(school: RunningIssuer) -> None:
    (uri,) = httpx2.get(f"{school.url}/status").json()["status_lists"]
    first = payload_of(httpx2.get(uri).text)
    school.clock.now += first["ttl"] - 1
    assert payload_of(httpx2.get(uri).text)["iat"] == first["iat"]
    school.clock.now += 1
    assert payload_of(httpx2.get(uri).text)["iat"] == first["iat"] + first["ttl"]
    school.clock.now = NOW
    assert payload_of(httpx2.get(uri).text)["iat"] == first["iat"] + first["ttl"]


def test_request_and_answer_can_both_be_encrypted(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    token = wallet.token(school.offer())
    plain = wallet.ask(token)
    metadata = school.service.issuer_metadata()
    to = parse_public_jwk(metadata["credential_request_encryption"]["jwks"]["keys"][0])
    mine = DecryptionKey.generate()
    body = wallet.request(
        wallet.proofs(),
        credential_response_encryption={"jwk": mine.public_jwk.to_json(), "enc": "A256GCM"},
    )
    sealed = encrypt_jwe(strict_json.dumps_bytes(body), key=to, enc="A128GCM", kid=to.kid)
    answer = wallet.post_credential(token, sealed.encode(), **{"Content-Type": "application/jwt"})
    assert answer.headers["content-type"] == "application/jwt"
    opened = decrypt_jwe(
        answer.content, decryption_key=mine, enc_allowed=["A256GCM"], limits=ISSUED
    )
    assert opened == plain.content


def test_credential_identifiers_when_they_were_asked_for(
    school: RunningIssuer, wallet: BareWallet
) -> None:
    offer = school.offer()
    details = (
        '[{"type":"openid_credential","credential_configuration_id":"skill_certificate_sd_jwt"}]'
    )
    answer = wallet.post_token(
        **{
            "grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code",
            "pre-authorized_code": wallet.code_of(offer),
            "tx_code": offer.tx_code or "",
            "authorization_details": details,
        }
    ).json()
    (detail,) = answer["authorization_details"]
    (identifier,) = detail["credential_identifiers"]
    body = {"credential_identifier": identifier, "proofs": {"jwt": wallet.proofs()}}
    issued = wallet.post_credential(answer["access_token"], body)
    assert len(credentials_of(issued)) == len(wallet.keys)


def test_a_tenant_lives_under_its_path(tmp_path: Path) -> None:
    with (
        running_issuer(tmp_path, path="/t/atelier", people=2) as tenant,
        BareWallet(tenant.url) as wallet,
    ):
        origin = tenant.url.removesuffix("/t/atelier")
        for name in ("openid-credential-issuer", "oauth-authorization-server", "jwt-vc-issuer"):
            assert httpx2.get(f"{origin}/.well-known/{name}/t/atelier").status_code == 200
            assert httpx2.get(f"{origin}/.well-known/{name}").status_code == 404
        (copy, *_) = wallet.claim(tenant.offer())
        payload = payload_of(copy)
        assert payload["iss"] == tenant.url
        assert payload["status"]["status_list"]["uri"].startswith(f"{tenant.url}/status/")
        assert tenant.status_entry(copy) == 0
