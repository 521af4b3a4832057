"""Rows V01, V02, V03, V09, V27 and D24: attacks on the credential profile of SD-JWT VC."""

import base64
import unicodedata
from typing import Any

import pytest

from carnet_securing.credential import (
    ANY_VCT,
    IssuerKey,
    authenticate_credential,
    check_validity,
    check_vct,
    parse_credential,
    verify_credential,
)
from carnet_securing.credential_issue import issue_credential
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.status_list import StatusReference
from support.keys import signer
from support.sd_jwts import (
    ISSUER,
    VCT,
    WAYS_IN,
    WayIn,
    authentic,
    digest,
    disclosure,
    forge,
    issuer_key,
    jwt,
    payload,
)
from support.simulator import NOW

profiled = pytest.mark.parametrize(
    "way", [way for way in WAYS_IN if way.name != "sd-jwt"], ids=lambda way: way.name
)


def kind_for(token: str, vcts: Any, **changes: Any) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        verify_credential(
            parse_credential(token, limits=PRESENTATION),
            issuer_key=issuer_key(**changes),
            vcts=vcts,
            now=NOW,
            check=check_signature,
            limits=PRESENTATION,
        )
    return caught.value.kind


ASKED = "https://school.example/types/certificat-électricité"


@pytest.mark.parametrize(
    "vct",
    [
        pytest.param("https://other.example/x", id="SEC-V01-other"),
        pytest.param(ASKED.upper(), id="SEC-V01-case"),
        pytest.param(ASKED.replace("school", "School"), id="SEC-V01-case-of-host"),
        pytest.param(ASKED + "/", id="SEC-V01-slash"),
        pytest.param(ASKED + "#", id="SEC-V01-fragment"),
        pytest.param(ASKED + " ", id="SEC-V01-space"),
        pytest.param(unicodedata.normalize("NFD", ASKED), id="SEC-V01-nfd"),
        pytest.param(ASKED.replace("é", "%C3%A9"), id="SEC-V01-percent"),
        pytest.param(ASKED.replace("https", "http"), id="SEC-V01-scheme"),
        pytest.param(ASKED.replace(".example/", ".example:443/"), id="SEC-V01-port"),
        pytest.param(ASKED[:-1], id="SEC-V01-prefix"),
    ],
)
def test_V01_another_type(vct: str) -> None:
    assert unicodedata.is_normalized("NFC", ASKED)
    assert kind_for(forge({"vct": vct}), {ASKED}) is ErrorKind.VCT_MISMATCH
    assert kind_for(forge({"vct": ASKED}), {vct}) is ErrorKind.VCT_MISMATCH


@pytest.mark.parametrize("vcts", [(), set(), frozenset(), []])
def test_V01_no_type_wanted_accepts_none(vcts: Any) -> None:
    assert kind_for(forge({}), vcts) is ErrorKind.VCT_MISMATCH


def test_V01_one_text_is_no_list_of_types() -> None:
    with pytest.raises(TypeError):
        check_vct(authentic(forge({})), VCT)


def test_V01_further_types_count_when_the_issuer_signs_them() -> None:
    credential = authentic(forge({"vct": "urn:special", "aka_vcts": ["urn:general", "urn:b"]}))
    check_vct(credential, {"urn:general"})
    check_vct(credential, {"urn:special"})
    check_vct(credential, ANY_VCT)
    with pytest.raises(InvalidError):
        check_vct(credential, {"urn:generaL"})


@profiled
@pytest.mark.parametrize(
    "others",
    ["urn:other", [], {}, [1], [None], [""], ["urn:other", VCT], [VCT], None, [["urn:other"]]],
)
def test_V01_malformed_further_types(way: WayIn, others: Any) -> None:
    assert way.kind_of(forge({"aka_vcts": others})) is ErrorKind.MALFORMED


@profiled
@pytest.mark.parametrize("vct", ["", None, 1, True, ["urn:a"], {"vct": "urn:a"}])
def test_V02_type_empty_or_no_text(way: WayIn, vct: Any) -> None:
    assert way.kind_of(forge({"vct": vct})) is ErrorKind.VCT_MISMATCH


@profiled
def test_V02_type_missing(way: WayIn) -> None:
    members = {key: value for key, value in payload().items() if key != "vct"}
    assert way.kind_of(jwt(members) + "~") is ErrorKind.VCT_MISMATCH


@profiled
@pytest.mark.parametrize(
    "typ",
    [
        "vc+sd-jwt",
        "DC+SD-JWT",
        "application/dc+sd-jwt",
        "dc+sd-jwt ",
        "sd-jwt",
        "example+sd-jwt",
        "JWT",
        "kb+jwt",
        "statuslist+jwt",
        "",
    ],
)
def test_V03_type_of_the_token(way: WayIn, typ: str) -> None:
    assert way.kind_of(forge({}, typ=typ)) is ErrorKind.TYP_MISMATCH


DER = base64.b64encode(b"not really a certificate").decode()
OTHER = signer("other").public_jwk


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"jwk": OTHER.bare().to_json()}, id="SEC-V09-jwk"),
        pytest.param({"jwk": OTHER.bare().to_json(), "x5c": [DER]}, id="SEC-V09-jwk-and-x5c"),
        pytest.param({"kid": OTHER.kid, "x5c": [DER]}, id="SEC-V09-kid-of-another-and-x5c"),
    ],
)
def test_V09_keys_in_the_header_disagree(header: dict[str, Any]) -> None:
    token = forge({}, **header)
    for route in (IssuerKeyRoute.METADATA, IssuerKeyRoute.X5C):
        leaf = b"not really a certificate"
        kind = kind_for(token, ANY_VCT, route=route, chain_leaf=leaf)
        assert kind is ErrorKind.HEADER_NOT_ALLOWED


def test_V09_leaf_is_the_one_the_chain_was_checked_for() -> None:
    token = forge({}, x5c=[DER])
    for leaf in (None, b"another certificate", b""):
        kind = kind_for(token, ANY_VCT, route=IssuerKeyRoute.X5C, chain_leaf=leaf)
        assert kind is ErrorKind.HEADER_NOT_ALLOWED
    good = issuer_key(route=IssuerKeyRoute.X5C, chain_leaf=b"not really a certificate")
    assert authenticate_credential(
        parse_credential(token, limits=PRESENTATION),
        issuer_key=good,
        check=check_signature,
        limits=PRESENTATION,
    )


def test_V09_keys_in_the_header_agree() -> None:
    school = signer("school").public_jwk
    assert authentic(forge({}, jwk=school.bare().to_json()))
    assert authentic(forge({}, x5c=[DER]))  # found by metadata; the chain is data


@pytest.mark.parametrize(
    "x5c",
    [
        "text",
        [],
        [1],
        [DER.rstrip("=") + "=="],
        [DER + "\n"],
        ["é"],
        [DER] * 6,
        [None],
        [" " + DER],
    ],
)
def test_V09_certificates_of_another_shape(x5c: Any) -> None:
    assert kind_for(forge({}, x5c=x5c), ANY_VCT) in (ErrorKind.MALFORMED, ErrorKind.TOO_LARGE)


@profiled
@pytest.mark.parametrize(
    "iat",
    [
        pytest.param(NOW + 61, id="SEC-V27-over-leeway"),
        pytest.param(NOW + 365 * 86_400, id="SEC-V27-year"),
        pytest.param(2**53, id="SEC-V27-absurd"),
    ],
)
def test_V27_issued_in_the_future(way: WayIn, iat: int) -> None:
    assert way.kind_of(forge({"iat": iat, "exp": 2**53})) is ErrorKind.NOT_YET_VALID


def test_V27_issued_in_the_future_and_hidden() -> None:
    """`iat` may be hidden; shown, it counts like any other."""
    shown = disclosure("s", "iat", NOW + 61)
    members = {key: value for key, value in payload().items() if key != "iat"}
    credential = authentic("~".join((jwt({**members, "_sd": [digest(shown)]}), shown, "")))
    with pytest.raises(InvalidError) as caught:
        check_validity(credential, now=NOW, leeway=60)
    assert caught.value.kind is ErrorKind.NOT_YET_VALID


@profiled
@pytest.mark.parametrize("aud", ["https://buyer.example", ["https://buyer.example"], "", [], None])
def test_D34_addressed_to_somebody(way: WayIn, aud: Any) -> None:
    """Step 6 of RFC 9901 section 7.1 wants `aud` checked, and nobody here knows to be meant."""
    assert way.kind_of(forge({"aud": aud})) is ErrorKind.KB_AUD


def test_D34_addressed_to_somebody_and_hidden() -> None:
    shown = disclosure("s", "aud", "https://buyer.example")
    credential = authentic(forge({"_sd": [digest(shown)]}, shown))
    with pytest.raises(InvalidError) as caught:
        check_validity(credential, now=NOW, leeway=60)
    assert caught.value.kind is ErrorKind.KB_AUD


@profiled
@pytest.mark.parametrize("iat", ["text", None, True, 1.5, [1]])
def test_V27_issued_at_no_time(way: WayIn, iat: Any) -> None:
    assert way.kind_of(forge({"iat": iat})) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("members", "changes"),
    [
        ({"iss": "https://other.example"}, {}),
        ({"iss": ISSUER + "/"}, {}),
        ({"iss": ISSUER.upper()}, {}),
        ({}, {"issuer": "https://other.example"}),
        ({}, {"issuer": ISSUER + "/t/1"}),
        ({"iss": ISSUER + "/t/1"}, {}),
    ],
)
def test_signer_is_not_the_issuer_it_names(
    members: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert kind_for(forge(members), ANY_VCT, **changes) is ErrorKind.ISSUER_MISMATCH


@pytest.mark.parametrize("iss", [None, 1, [ISSUER], {"id": ISSUER}])
def test_issuer_that_is_no_text(iss: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_credential(forge({"iss": iss}), limits=PRESENTATION)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize("route", [route for route in IssuerKeyRoute if route != "x5c"])
def test_only_a_certificate_can_stand_for_a_missing_issuer(route: IssuerKeyRoute) -> None:
    members = {key: value for key, value in payload().items() if key != "iss"}
    token = jwt(members) + "~"
    assert kind_for(token, ANY_VCT, route=route) is ErrorKind.ISSUER_MISMATCH
    credential = authentic(token, route=IssuerKeyRoute.X5C, issuer="CN=School")
    assert credential.issuer.issuer == "CN=School"


def test_signed_by_another_key() -> None:
    token = forge({}, key=signer("thief"))
    assert kind_for(token, ANY_VCT) is ErrorKind.BAD_SIGNATURE
    edwards = IssuerKey(
        issuer=ISSUER, key=signer("school", "EdDSA").public_jwk, route=IssuerKeyRoute.PINNED
    )
    with pytest.raises(InvalidError) as caught:
        authenticate_credential(
            parse_credential(forge({}), limits=PRESENTATION),
            issuer_key=edwards,
            check=check_signature,
            limits=PRESENTATION,
        )
    assert caught.value.kind is ErrorKind.ALG_NOT_ALLOWED


def test_expired_is_still_authentic() -> None:
    """So that a verifier can say: genuine, but expired."""
    credential = authentic(forge({"exp": NOW - 1_000}))
    assert credential.expires_at == NOW - 1_000
    assert kind_for(forge({"exp": NOW - 1_000}), ANY_VCT) is ErrorKind.EXPIRED
    assert kind_for(forge({"exp": NOW - 1_000}, key=signer("thief")), ANY_VCT) is (
        ErrorKind.BAD_SIGNATURE
    )


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        ("text", InvalidError, ErrorKind.STATUS_INVALID),
        ({}, InvalidError, ErrorKind.STATUS_INVALID),
        ({"status_list": {"uri": "https://a.example"}}, InvalidError, ErrorKind.STATUS_INDEX),
        ({"identifier_list": {"id": "a"}}, UndeterminedError, ErrorKind.STATUS_UNAVAILABLE),
    ],
)
def test_status_that_cannot_be_read_is_never_no_status(
    status: Any, error: type[CarnetError], kind: ErrorKind
) -> None:
    credential = authentic(forge({"status": status}))
    with pytest.raises(error) as caught:
        assert credential.status is None
    assert caught.value.kind is kind


def issue(claims: dict[str, Any], conceal: Any = (), **changes: Any) -> str:
    members: dict[str, Any] = {
        "vct": VCT,
        "issuer": ISSUER,
        "holder_key": None,
        "status": None,
        "issued_at": NOW,
        "expires_at": None,
        "vct_integrity": None,
        "signer": signer("school"),
    }
    return issue_credential(claims, conceal=conceal, **(members | changes))


@pytest.mark.parametrize(
    "name",
    ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "iat"],
)
def test_D24_issuing_never_takes_a_claim_of_the_profile(name: str) -> None:
    for claims, conceal in (({name: "x"}, ()), ({}, [(name,)]), ({}, [(name, "jwk")])):
        with pytest.raises(InvalidError) as caught:
            issue(claims, conceal, expires_at=NOW + 1)
        assert caught.value.kind is ErrorKind.CONFLICT


def test_issued_credential_is_what_the_profile_wants() -> None:
    worker = signer("worker").public_jwk
    status = StatusReference(uri=f"{ISSUER}/status/1", index=3)
    token = issue(
        {"given_name": "Amina"},
        [("given_name",)],
        holder_key=worker,
        status=status,
        expires_at=NOW + 10,
        not_before=NOW - 10,
        vct_integrity="sha256-abc",
        decoys=3,
    )
    credential = authentic(token)
    assert credential.sd_jwt.header == {
        "alg": "ES256",
        "typ": "dc+sd-jwt",
        "kid": signer("school").public_jwk.thumbprint,
    }
    assert credential.status == status
    assert credential.confirmation == {"jwk": worker.bare().to_json()}
    times = (credential.issued_at, credential.not_before, credential.expires_at)
    assert times == (NOW, NOW - 10, NOW + 10)
    assert credential.vct_integrity == "sha256-abc"
    assert len(credential.sd_jwt.payload["_sd"]) == 4
    by_chain = authentic(issue({}, x5c=[b"leaf"]), route=IssuerKeyRoute.X5C, chain_leaf=b"leaf")
    assert by_chain.sd_jwt.header["x5c"] == ["bGVhZg=="]
    assert "kid" not in by_chain.sd_jwt.header
    assert by_chain.status is None


def test_nothing_of_a_credential_is_printed() -> None:
    token = forge({"given_name": "Amina"})
    unverified = parse_credential(token, limits=PRESENTATION)
    for value in (unverified, unverified.sd_jwt, authentic(token), authentic(token).sd_jwt):
        assert "Amina" not in repr(value)
