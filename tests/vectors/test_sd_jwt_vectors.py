"""The examples of RFC 9901, all of them: read, issued again, tried on the reference library.

The blocks of the text come with their section's other blocks: a token is verified with the
published key and must give the published claims, and every single disclosure must belong to it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from carnet_securing import base64url
from carnet_securing.digest_walk import reveal
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.held import HeldSdJwt
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.key_binding import bind, verify_key_binding
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import VerifiedSdJwt, parse_sd_jwt, verify_sd_jwt
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from support import sd_jwt_peer
from support.keys import signer
from support.sd_jwt_specifications import Specification, read_specification
from support.sd_jwts import base64url as encode
from support.sd_jwts import digest, forge, payload, verified
from support.shared import vectors

FOLDER = vectors("sd-jwt")
BLOCKS = FOLDER / "rfc-text-blocks"
EXAMPLES = FOLDER / "spec-examples"
KEY = parse_public_jwk(json.loads((FOLDER / "issuer_public_key.json").read_text()))
HOLDER = {
    "kty": "EC",
    "crv": "P-256",
    "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc",
    "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ",
}
AUDIENCE, NONCE = "https://verifier.example.org", "1234567890"

NOT_DATA = {
    "PROVENANCE.md": "says where the files come from",
    "rfc-text-blocks/index.json": "lists the blocks and their sections",
    "rfc-text-blocks/000-.txt": "the title of the draft, taken for base64url by the extraction",
    "spec-examples/settings.yml": "keys and times with which the text's tokens were made",
}
INDEX: list[dict[str, Any]] = json.loads((BLOCKS / "index.json").read_text())


def block(number: int) -> Path:
    (path,) = BLOCKS.glob(f"{number:03}-*")
    return path


def json_block(number: int) -> Any:
    return json.loads(block(number).read_text())


def text_block(number: int) -> str:
    return "".join(block(number).read_text().split())


def read(token: str, key: PublicJwk = KEY) -> VerifiedSdJwt:
    unverified = parse_sd_jwt(token, limits=PRESENTATION)
    return verify_sd_jwt(
        unverified,
        key=key,
        algorithms={"ES256"},
        types={"example+sd-jwt", "dc+sd-jwt"},
        check=check_signature,
        limits=PRESENTATION,
    )


def check_binding(token: VerifiedSdJwt, now: int | None = None) -> dict[str, Any]:
    assert token.key_binding is not None
    if now is None:
        now = json.loads(base64url.decode(token.key_binding.split(b".")[1]))["iat"]
    return verify_key_binding(
        token,
        holder_key=parse_public_jwk(token.claims["cnf"]["jwk"]),
        audience=AUDIENCE,
        nonce=NONCE,
        now=now,
        check=check_signature,
        algorithms={"ES256"},
        limits=PRESENTATION,
    ).claims


# Section: its token, the other tokens, the disclosures, and the JSON of clear claims, of the
# signed payload, of the key binding, of what a verifier sees.
SECTIONS: dict[str, dict[str, Any]] = {
    "5": {
        "issued": 30,
        "jwt": 29,
        "presented": 31,
        "disclosures": range(19, 29),
        "clear": 17,
        "payload": 18,
        "binding": 32,
        "seen": 33,
    },
    "A.1": {
        "presented": 64,
        "disclosures": range(54, 64),
        "clear": 52,
        "payload": 53,
        "seen": 65,
    },
    "A.2": {
        "presented": 84,
        "disclosures": range(68, 84),
        "clear": 66,
        "payload": 67,
        "seen": 85,
    },
    "A.3": {
        "issued": 87,
        "presented": 116,
        "disclosures": range(89, 116),
        "clear": 86,
        "payload": 88,
        "binding": 117,
        "seen": 118,
    },
    "A.4": {
        "issued": 120,
        "presented": 136,
        "disclosures": range(122, 136),
        "clear": 119,
        "payload": 121,
        "seen": 137,
    },
}
sections = pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)


@sections
def test_presented_token_gives_the_published_claims(section: dict[str, Any]) -> None:
    token = read(text_block(section["presented"]))
    assert token.payload == json_block(section["payload"])
    assert token.claims == json_block(section["seen"])
    if "binding" in section:
        assert check_binding(token) == json_block(section["binding"])
    elif token.key_binding is not None:
        check_binding(token)


@sections
def test_all_disclosures_together_give_the_clear_claims(section: dict[str, Any]) -> None:
    jwt = text_block(section["presented"]).split("~")[0]
    disclosures = [text_block(number) for number in section["disclosures"]]
    whole = read("~".join((jwt, *disclosures, "")))
    clear = json_block(section["clear"])
    added = {"iss", "iat", "exp", "cnf"}
    assert {key: value for key, value in whole.claims.items() if key in clear} == clear
    assert whole.claims.keys() - clear.keys() <= added
    if "issued" in section:
        issued = read(text_block(section["issued"]))
        assert issued.claims == whole.claims
        assert {shown.encoded.decode() for _, shown in issued.disclosed} == set(disclosures)
    if "jwt" in section:
        assert text_block(section["jwt"]) == jwt


@sections
def test_a_changed_byte_anywhere_refuses_the_token(section: dict[str, Any]) -> None:
    token = text_block(section["presented"])
    now = check_binding(read(token))["iat"] if read(token).key_binding else 0
    for place in range(0, len(token), 97):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidError):
            check_binding(read(changed), now)


# Disclosures without a token: the payload is signed with a key of ours.
UNSIGNED = {"6.1": (34, 35, [36]), "6.2": (34, 37, range(38, 42)), "6.3": (34, 43, range(44, 49))}


@pytest.mark.parametrize(("clear", "signed", "shown"), UNSIGNED.values(), ids=UNSIGNED)
def test_nested_data(clear: int, signed: int, shown: Any) -> None:
    members = json_block(signed)
    token = issue_raw(members, [text_block(number) for number in shown])
    expected = {key: value for key, value in members.items() if not key.startswith("_")}
    assert token.claims == {**expected, **json_block(clear)}


def issue_raw(members: dict[str, Any], disclosures: list[str]) -> VerifiedSdJwt:
    token = forge({**dict.fromkeys(payload()), **members}, *disclosures)
    claims = verified(token).claims
    shown = verified(token)
    return shown._replace(
        claims={key: value for key, value in claims.items() if key in members or value is not None}
    )


def test_structured_example_with_one_open_claim() -> None:
    """Block 42 is block 37 with the country in clear."""
    token = issue_raw(json_block(42), [text_block(number) for number in range(38, 41)])
    assert token.claims["address"] == json_block(34)["address"]


@pytest.mark.parametrize("number", [2, 3, 4])
def test_each_spelling_of_a_disclosure_is_its_own(number: int) -> None:
    text = text_block(number)
    name, value = json_block(1)[1:]
    assert verified(forge({"_sd": [digest(text)]}, text)).claims[name] == value
    others = [text_block(other) for other in (2, 3, 4) if other != number]
    for other in others:
        with pytest.raises(InvalidError):
            verified(forge({"_sd": [digest(text)]}, other))


def test_array_element_example() -> None:
    text = text_block(7)
    assert json.loads(base64url.decode(text)) == json_block(6)
    hidden = json_block(11)
    assert hidden["nationalities"][1] == {"...": digest(text)}
    assert verified(forge(hidden, text)).claims["nationalities"] == json_block(5)["nationalities"]
    assert verified(forge(hidden)).claims["nationalities"] == ["DE", "US"]


def test_digest_example() -> None:
    """The blocks are cut by the extraction: the first and last letter of 8, the stop of 9."""
    written = json.dumps(json_block(1), ensure_ascii=False).encode()
    assert text_block(8) == encode(written)[1:-1]
    assert text_block(9) == digest(encode(written)) + "."
    shown = verified(forge({**json_block(10)}, encode(written)))
    assert shown.claims["given_name"] == "Alice"
    assert shown.claims["family_name"] == "Möbius"


def test_recursive_example_without_its_disclosures() -> None:
    """The text gives shortened disclosures only: what nobody shows is dropped at each level."""
    outer, elements, clear = json_block(15), json_block(16), json_block(12)
    assert elements[0] == json_block(13)
    assert elements[2] == json_block(14)
    assert verified(forge(outer)).claims["family_name"] == clear["family_name"]
    assert "nationalities" not in verified(forge(outer)).claims
    assert verified(forge({"nationalities": elements})).claims["nationalities"] == []


@pytest.mark.parametrize("number", [49, 50, 51])
def test_json_serialisation_is_refused_but_holds_the_same(number: int) -> None:
    """Section 8 is optional: Carnet reads the compact form, which the parts still make."""
    content = json_block(number)
    with pytest.raises(InvalidError) as caught:
        parse_sd_jwt(block(number).read_bytes(), limits=PRESENTATION)
    assert caught.value.kind is ErrorKind.MALFORMED
    first = content["signatures"][0] if "signatures" in content else content
    jwt = f"{first['protected']}.{content['payload']}.{first['signature']}"
    header = first["header"]
    token = read("~".join((jwt, *header["disclosures"], header.get("kb_jwt", ""))))
    assert {"given_name", "family_name"} <= token.claims.keys()
    if "kb_jwt" in header:
        check_binding(token)


def test_published_key() -> None:
    assert parse_public_jwk(json_block(138)) == KEY
    assert read(text_block(30)).claims["cnf"]["jwk"] == HOLDER
    with pytest.raises(InvalidError) as caught:
        read(text_block(30), key=parse_public_jwk(HOLDER))
    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


def test_walk_changes_nothing_it_was_given() -> None:
    unverified = parse_sd_jwt(text_block(84), limits=PRESENTATION)
    before = repr(unverified.unverified_members)
    encoded = {digest(one.decode()): one for one in unverified.disclosures}
    first = reveal(unverified.unverified_members, encoded, limits=PRESENTATION)
    assert reveal(unverified.unverified_members, encoded, limits=PRESENTATION) == first
    assert repr(unverified.unverified_members) == before


SPECIFICATIONS = [read_specification(path) for path in sorted(EXAMPLES.glob("*/specification.yml"))]
specifications = pytest.mark.parametrize(
    "example", SPECIFICATIONS, ids=lambda example: example.name
)
ISSUER, WORKER = signer("school"), signer("worker")


def ours(example: Specification) -> str:
    claims = example.claims
    if example.key_binding:
        claims["cnf"] = {"jwk": WORKER.public_jwk.bare().to_json()}
    return issue_sd_jwt(
        claims,
        conceal=example.conceal,
        signer=ISSUER,
        typ="dc+sd-jwt",
        decoys=4 if example.decoys else 0,
    )


def without_key(claims: Any) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != "cnf" or "kty" in value}


@specifications
def test_specification_issued_held_presented_and_verified(example: Specification) -> None:
    whole = verified(ours(example))
    held = HeldSdJwt.of(whole)
    assert without_key(held.claims) == without_key(example.claims)
    assert set(held.paths()) == set(example.conceal)
    selection = held.select(example.selected)
    assert without_key(verified(bytes(selection)).claims) == without_key(example.expected)
    if example.key_binding:
        bound = bind(selection, audience=AUDIENCE, nonce=NONCE, now=1, signer=WORKER)
        assert check_binding(verified(bound))["nonce"] == NONCE


@specifications
def test_reference_library_verifies_ours(example: Specification) -> None:
    selection = HeldSdJwt.of(verified(ours(example))).select(example.selected)
    if not example.key_binding:
        claims = sd_jwt_peer.claims_of(bytes(selection).decode(), signer=ISSUER)
    else:
        bound = bind(selection, audience=AUDIENCE, nonce=NONCE, now=1, signer=WORKER)
        claims = sd_jwt_peer.claims_of(
            bound.decode(), signer=ISSUER, nonce=NONCE, audience=AUDIENCE
        )
    assert without_key(claims) == without_key(example.expected)


@specifications
def test_we_verify_what_the_reference_library_made(example: Specification) -> None:
    holder = WORKER if example.key_binding else None
    token = sd_jwt_peer.issue(example.marked, signer=ISSUER, holder=holder, decoys=example.decoys)
    whole = verified(token)
    assert without_key(whole.claims) == without_key(example.claims)
    shown = sd_jwt_peer.present(token, example.shown, holder=holder, nonce=NONCE, audience=AUDIENCE)
    seen = verified(shown)
    assert without_key(seen.claims) == without_key(example.expected)
    if holder is not None:
        check_binding(seen)
    # And our wallet presents the stranger's credential to the stranger's verifier.
    mine = HeldSdJwt.of(whole).select(example.selected)
    peers = sd_jwt_peer.claims_of(bytes(mine).decode(), signer=ISSUER)
    assert without_key(peers) == without_key(example.expected)


def test_every_file_is_used_or_has_its_reason() -> None:
    used = {"issuer_public_key.json"}
    used |= {f"spec-examples/{example.name}/specification.yml" for example in SPECIFICATIONS}
    numbers = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, *range(12, 17), 34, 35, 42, 49, 50, 51, 138}
    for section in SECTIONS.values():
        for value in section.values():
            numbers |= set(value) if isinstance(value, range) else {value}
    for clear, signed, shown in UNSIGNED.values():
        numbers |= {clear, signed, *shown}
    used |= {f"rfc-text-blocks/{block(number).name}" for number in numbers}
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert files - used - NOT_DATA.keys() == set()
    assert not used & NOT_DATA.keys()
    assert len(INDEX) == 139
