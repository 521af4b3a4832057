"""The examples of SD-JWT VC, each read through the credential profile or listed with its reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from carnet_securing import base64url
from carnet_securing.credential import (
    ANY_VCT,
    AuthenticCredential,
    IssuerKey,
    authenticate_credential,
    check_validity,
    check_vct,
    holder_key_of,
    parse_credential,
    verify_credential,
)
from carnet_securing.credential_issue import issue_credential
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.held import HeldSdJwt
from carnet_securing.issuer_key import JwksUri, parse_issuer_metadata
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.key_binding import bind, verify_key_binding
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from support.keys import signer
from support.sd_jwt_specifications import Specification, read_specification
from support.sd_jwts import authentic, forge
from support.shared import REPOSITORY, vectors

FOLDER = vectors("sd-jwt-vc")
BLOCKS = FOLDER / "spec-text-blocks"
EXAMPLES = FOLDER / "spec-examples"
KEY = parse_public_jwk(json.loads((FOLDER / "issuer_public_key.json").read_text()))
ISSUED_AT, EXPIRES_AT = 1_683_000_000, 1_883_000_000
AUDIENCE, NONCE = "https://example.com/verifier", "1234567890"

NOT_DATA = {
    "PROVENANCE.md": "says where the files come from",
    "spec-text-blocks/index.json": "lists the blocks and their sections",
    "spec-examples/settings.yml": "keys and times with which the text's tokens were made",
}
TYPE_METADATA = [21, 23, 24, 25, 61, 62]
"""Type metadata: read, merged and checked in tests/unit/trust/test_type_metadata.py."""


def block(number: int) -> Path:
    (path,) = BLOCKS.glob(f"{number:03}-*")
    return path


def json_block(number: int) -> Any:
    return json.loads(block(number).read_text())


def text_block(number: int) -> str:
    return "".join(block(number).read_text().split())


def read(token: str) -> AuthenticCredential:
    unverified = parse_credential(token, limits=PRESENTATION)
    return authenticate_credential(
        unverified,
        issuer_key=IssuerKey(
            issuer=unverified.unverified_iss or "", key=KEY, route=IssuerKeyRoute.PINNED
        ),
        check=check_signature,
        limits=PRESENTATION,
    )


def binding_of(credential: AuthenticCredential) -> dict[str, Any]:
    token = credential.sd_jwt.key_binding
    assert token is not None
    return verify_key_binding(
        credential.sd_jwt,
        holder_key=holder_key_of(credential),
        audience=AUDIENCE,
        nonce=NONCE,
        now=json.loads(base64url.decode(token.split(b".")[1]))["iat"],
        check=check_signature,
        algorithms={"ES256"},
        limits=PRESENTATION,
    ).claims


def test_issued_credential() -> None:
    credential = read(text_block(14))
    assert credential.sd_jwt.payload == json_block(4)
    clear = json_block(3)
    assert {name: credential.claims[name] for name in clear} == clear
    assert credential.vct == clear["vct"]
    assert (credential.issued_at, credential.expires_at) == (ISSUED_AT, EXPIRES_AT)
    shown = {one.encoded.decode() for _, one in credential.sd_jwt.disclosed}
    assert shown == {text_block(number) for number in range(5, 14)}


def test_presented_with_key_binding() -> None:
    credential = read(text_block(15))
    assert credential.claims == json_block(16)
    assert binding_of(credential)["nonce"] == NONCE


def test_presented_without_key_binding() -> None:
    credential = read(text_block(17))
    assert credential.claims == json_block(18)
    with pytest.raises(InvalidError) as caught:
        holder_key_of(credential)
    assert caught.value.kind is ErrorKind.KB_KEY_INVALID


def test_person_identification_data() -> None:
    whole, presented = read(text_block(27)), read(text_block(58))
    assert whole.sd_jwt.payload == presented.sd_jwt.payload == json_block(28)
    clear = json_block(26)
    portrait = clear.pop("portrait")  # the text breaks its long line; the token does not
    assert {name: whole.claims[name] for name in clear} == clear
    assert "".join(portrait.split())[:60] == whole.claims["portrait"][:60]
    assert presented.claims == json_block(60)
    assert binding_of(presented) == json_block(59)
    shown = {one.encoded.decode() for _, one in whole.sd_jwt.disclosed}
    published = {text_block(number) for number in range(29, 58)}
    assert len(shown) == 28
    assert shown <= published
    # One block is a line of the portrait, which the extraction took for a disclosure.
    (line,) = published - shown
    assert line in whole.claims["portrait"]


@pytest.mark.parametrize("number", [14, 15, 17, 27, 58])
def test_times_types_and_issuer_of_the_published_tokens(number: int) -> None:
    credential = read(text_block(number))
    check_vct(credential, {credential.vct})
    check_validity(credential, now=ISSUED_AT, leeway=0)
    for now, kind in (
        (EXPIRES_AT, ErrorKind.EXPIRED),
        (ISSUED_AT - 1, ErrorKind.NOT_YET_VALID),
    ):
        with pytest.raises(InvalidError) as caught:
            check_validity(credential, now=now, leeway=0)
        assert caught.value.kind is kind
    with pytest.raises(InvalidError) as caught:
        verify_credential(
            parse_credential(text_block(number), limits=PRESENTATION),
            issuer_key=IssuerKey(
                issuer="https://example.org", key=KEY, route=IssuerKeyRoute.PINNED
            ),
            vcts=ANY_VCT,
            now=ISSUED_AT,
            check=check_signature,
            limits=PRESENTATION,
        )
    assert caught.value.kind is ErrorKind.ISSUER_MISMATCH


def test_header_example_is_what_we_sign() -> None:
    header = json_block(0)
    assert authentic(forge({}, typ=header["typ"])).sd_jwt.header["alg"] == header["alg"]


def test_claims_set_example() -> None:
    members = json_block(1)
    credential = authentic(forge(members))
    assert (credential.vct, credential.expires_at) == (members["vct"], members["exp"])
    assert holder_key_of(credential) == parse_public_jwk(members["cnf"]["jwk"])


def test_further_types_example() -> None:
    members = json_block(2)
    credential = authentic(forge(members))
    for vct in (members["vct"], *members["aka_vcts"]):
        check_vct(credential, {vct})
    with pytest.raises(InvalidError):
        check_vct(credential, {"urn:example:eudi"})


def test_issuer_metadata_examples() -> None:
    by_value = parse_issuer_metadata(
        block(19).read_bytes(), issuer="https://example.com", limits=PRESENTATION
    )
    assert not isinstance(by_value, JwksUri)
    assert [key.kid for key in by_value] == ["doc-signer-05-25-2022", "doc-signer-06-05-2025"]
    assert by_value[0].bare() == KEY
    assert by_value[0].kid == read(text_block(14)).sd_jwt.header["kid"]
    by_reference = parse_issuer_metadata(
        block(20).read_bytes(), issuer="https://example.com", limits=PRESENTATION
    )
    assert isinstance(by_reference, JwksUri)


def test_claim_path_examples() -> None:
    """Section 5.6.1.1: what each path selects is what a holder can show alone."""
    claims = json_block(22)
    paths: list[tuple[Any, ...]] = [
        ("name",),
        ("address",),
        ("address", "street_address"),
        ("degrees", None, "type"),
    ]
    token = issue_credential(
        {name: value for name, value in claims.items() if name != "vct"},
        vct=claims["vct"],
        issuer="https://example.com",
        conceal=paths,
        holder_key=None,
        status=None,
        issued_at=0,
        expires_at=None,
        vct_integrity=None,
        signer=signer("school"),
    )
    held = HeldSdJwt.of(authentic(token, issuer="https://example.com").sd_jwt)

    def shown(path: tuple[Any, ...]) -> dict[str, Any]:
        selected = authentic(bytes(held.select([path])), issuer="https://example.com").claims
        return {name: selected[name] for name in selected if name in ("name", "address")}

    assert shown(("name",)) == {"name": "Arthur Dent"}
    assert shown(("address", "street_address")) == {"address": claims["address"]}
    assert shown(("degrees", None, "type")) == {}
    degrees = authentic(
        bytes(held.select([("degrees", None, "type")])), issuer="https://example.com"
    ).claims["degrees"]
    assert degrees == claims["degrees"]


SPECIFICATIONS = [read_specification(path) for path in sorted(EXAMPLES.glob("*/specification.yml"))]


@pytest.mark.parametrize("example", SPECIFICATIONS, ids=lambda example: example.name)
def test_specification_issued_and_presented(example: Specification) -> None:
    claims = example.claims
    vct, issuer = claims.pop("vct"), claims.pop("iss", "https://example.com/issuer")
    worker = signer("worker")
    token = issue_credential(
        claims,
        vct=vct,
        issuer=issuer,
        conceal=example.conceal,
        holder_key=worker.public_jwk if example.key_binding else None,
        status=None,
        issued_at=ISSUED_AT,
        expires_at=EXPIRES_AT,
        vct_integrity=None,
        signer=signer("school"),
    )
    held = HeldSdJwt.of(authentic(token, issuer=issuer).sd_jwt)
    selection = held.select(example.selected)
    presented: bytes = selection
    if example.key_binding:
        presented = bind(selection, audience=AUDIENCE, nonce=NONCE, now=ISSUED_AT, signer=worker)
    credential = authentic(presented, issuer=issuer)
    expected = {"iss": issuer, **example.expected}
    assert {name: credential.claims[name] for name in expected} == expected
    assert credential.claims.keys() - expected.keys() <= {"iat", "exp", "cnf"}
    if example.key_binding:
        assert binding_of(credential)["aud"] == AUDIENCE


def test_every_file_is_used_or_has_its_reason() -> None:
    numbers = {*range(23), *range(26, 61)} - {21}
    used = {f"spec-text-blocks/{block(number).name}" for number in numbers}
    elsewhere = {f"spec-text-blocks/{block(number).name}" for number in TYPE_METADATA}
    used |= {f"spec-examples/{example.name}/specification.yml" for example in SPECIFICATIONS}
    used |= elsewhere | {"issuer_public_key.json"}
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert files - used == NOT_DATA.keys()
    user = (REPOSITORY / "tests/unit/trust/test_type_metadata.py").read_text()
    assert all(f'"{number:03}"' in user for number in (23, 24, 25, 61, 62, 21))
