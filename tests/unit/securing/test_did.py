"""DIDs and DID documents on good days; the bad ones are in test_issuer_key_attacks.py."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet_securing import base64url
from carnet_securing.did import (
    MAX_DID,
    did_jwk_of,
    did_web_url,
    key_of_did_url,
    parse_did_url,
    parse_multikey,
    resolve_did_jwk,
    resolve_did_key,
)
from carnet_securing.did_document import (
    ASSERTION_METHOD,
    AUTHENTICATION,
    DidDocument,
    fetch_did_web,
    parse_did_document,
)
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.strict_json import dumps_bytes
from support.documents import Documents
from support.fuzzing import fuzz
from support.keys import signer

DID = "did:web:issuer.example"
DID_URL = "https://issuer.example/.well-known/did.json"

# From the did:key specification's own examples (W3C CCG did:key, section "Test Vectors").
ED25519_DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
P256_DIDS = (
    "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
    "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",
)


def kind_of(act: Callable[[], object]) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        act()
    return caught.value.kind


def read(value: object, did: str = DID) -> DidDocument:
    body = value if isinstance(value, bytes) else dumps_bytes(value)
    return parse_did_document(body, did=did, limits=PRESENTATION)


def method(name: str, fragment: str, **members: Any) -> dict[str, Any]:
    return {
        "id": f"{DID}#{fragment}",
        "type": "JsonWebKey",
        "controller": DID,
        "publicKeyJwk": signer(name).public_jwk.bare().to_json(),
        **members,
    }


def multikey(value: object) -> dict[str, Any]:
    identifier = f"{DID}#m"
    return {
        "id": identifier,
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": value,
    }


def test_a_did_of_exactly_the_limit_is_read_and_one_letter_more_is_not() -> None:
    longest = "did:x:" + "a" * (MAX_DID - 6)

    assert parse_did_url(longest).did == longest
    for text in (longest + "a", "did:x:a:", "did:x:", "did:x", "did:X:a", "did:x:a#"):
        assert kind_of(lambda text=text: parse_did_url(text)) is ErrorKind.MALFORMED  # type: ignore[misc]


def test_each_method_reads_its_own_dids_only() -> None:
    jwk, key = did_jwk_of(signer("a").public_jwk), ED25519_DID

    assert kind_of(lambda: resolve_did_jwk(key)) is ErrorKind.MALFORMED
    assert kind_of(lambda: resolve_did_key(jwk)) is ErrorKind.MALFORMED
    assert kind_of(lambda: resolve_did_key(key.replace(":key:", ":other:"))) is ErrorKind.MALFORMED
    assert kind_of(lambda: resolve_did_jwk(jwk.replace(":jwk:", ":other:"))) is ErrorKind.MALFORMED
    assert kind_of(lambda: did_web_url(jwk, loopback_http=False)) is ErrorKind.MALFORMED
    assert kind_of(lambda: key_of_did_url(DID)) is ErrorKind.KEY_NOT_FOUND


def test_a_did_url_is_taken_apart() -> None:
    url = parse_did_url("did:web:issuer.example%3A8443:t:1#key-1")

    assert (url.did, url.method) == ("did:web:issuer.example%3A8443:t:1", "web")
    assert (url.identifier, url.fragment) == ("issuer.example%3A8443:t:1", "key-1")
    assert url.text == "did:web:issuer.example%3A8443:t:1#key-1"
    assert parse_did_url(DID).fragment is None


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA"])
def test_a_did_jwk_holds_its_key(algorithm: str) -> None:
    key = signer("issuer", algorithm).public_jwk
    did = did_jwk_of(key)

    resolved = resolve_did_jwk(did)

    assert resolved.thumbprint == key.thumbprint
    assert resolved.kid == f"{did}#0"
    assert key_of_did_url(did) == key_of_did_url(f"{did}#0") == resolved
    signature = signer("issuer", algorithm).sign(b"x")
    check_signature(algorithm, resolved, b"x", signature)


def test_a_did_jwk_for_encryption_signs_nothing() -> None:
    members = {**signer("issuer").public_jwk.bare().to_json(), "use": "enc"}
    did = "did:jwk:" + base64url.encode(dumps_bytes(members))

    assert kind_of(lambda: resolve_did_jwk(did).check_may_verify("ES256")) is (
        ErrorKind.KEY_NOT_TRUSTED
    )


def test_an_ed25519_did_key_is_read() -> None:
    key = resolve_did_key(ED25519_DID)

    assert key.x == "Lm_M42cB3HkUiODQsXRcweM6TByfzEHGO9ND274JcOY"
    assert key.kid == f"{ED25519_DID}#{ED25519_DID.removeprefix('did:key:')}"
    assert key_of_did_url(key.kid) == key


@pytest.mark.parametrize("did", P256_DIDS)
def test_a_p256_did_key_is_read_and_lies_on_its_curve(did: str) -> None:
    key = resolve_did_key(did)

    assert (key.kty, key.crv) == ("EC", "P-256")
    # A wrong y would be refused as a malformed key, before the signature is looked at.
    assert kind_of(lambda: check_signature("ES256", key, b"x", bytes(64))) is (
        ErrorKind.BAD_SIGNATURE
    )


@fuzz(60)
@given(st.integers(1, 10**9))
def test_compressed_points_give_the_key_they_were_made_of(number: int) -> None:
    key = signer(f"point {number}").public_jwk
    x, y = base64url.decode(key.x), base64url.decode(key.y or "")
    raw = b"\x80\x24" + bytes([2 + (y[-1] & 1)]) + x

    assert parse_multikey("z" + base58(raw)) == key.bare()


def base58(data: bytes) -> str:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return text


@pytest.mark.parametrize(
    ("did", "url"),
    [
        (DID, DID_URL),
        ("did:web:issuer.example%3A8443", "https://issuer.example:8443/.well-known/did.json"),
        ("did:web:issuer.example%3a8443:a:b", "https://issuer.example:8443/a/b/did.json"),
        (
            "did:web:issuer.example:users:al-ice_1.2",
            "https://issuer.example/users/al-ice_1.2/did.json",
        ),
        ("did:web:issuer.example:caf%C3%A9", "https://issuer.example/caf%C3%A9/did.json"),
    ],
)
def test_a_did_web_becomes_a_url(did: str, url: str) -> None:
    assert did_web_url(did, loopback_http=False) == url


def test_a_document_gives_its_keys_by_purpose() -> None:
    value = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": DID,
        "verificationMethod": [
            method("a", "1"),
            method("b", "2", id="#2"),
            method("c", "3", publicKeyJwk={"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
            {
                "id": f"{DID}#4",
                "type": "Multikey",
                "controller": DID,
                "publicKeyMultibase": ED25519_DID.removeprefix("did:key:"),
            },
            {"id": f"{DID}#5", "type": "SomethingNew", "controller": DID},
            {
                "id": f"{DID}#7",
                "type": "Ed25519VerificationKey2020",
                "controller": DID,
                "publicKeyMultibase": ED25519_DID.removeprefix("did:key:"),
            },
            {
                "id": f"{DID}#8",
                "type": "SomethingElse",
                "controller": DID,
                "publicKeyMultibase": ED25519_DID.removeprefix("did:key:"),
            },
        ],
        "assertionMethod": [
            *(f"{DID}#1", "#3", "#4", "#5", "#7", "#8"),
            method("d", "6"),
            f"{DID}#unknown",
        ],
        "authentication": ["#2"],
        "service": [{"id": "#x"}],
    }
    document = read(value)

    assert [key.kid for key in document.keys(ASSERTION_METHOD)] == [
        f"{DID}#1",
        f"{DID}#4",
        f"{DID}#7",
        f"{DID}#6",
    ]
    assert [key.kid for key in document.keys(AUTHENTICATION)] == [f"{DID}#2"]
    assert document.keys("keyAgreement") == ()
    thumbprint = signer("a").public_jwk.thumbprint
    assert document.key("#1", ASSERTION_METHOD).thumbprint == thumbprint
    assert document.key(f"{DID}#1", ASSERTION_METHOD).thumbprint == thumbprint
    assert kind_of(lambda: document.key("#1", AUTHENTICATION)) is ErrorKind.PROOF_PURPOSE
    assert kind_of(lambda: document.key("#3", ASSERTION_METHOD)) is ErrorKind.ALG_NOT_ALLOWED
    assert kind_of(lambda: document.key("#9", ASSERTION_METHOD)) is ErrorKind.KEY_NOT_FOUND
    assert kind_of(lambda: document.key("#unknown", ASSERTION_METHOD)) is ErrorKind.KEY_NOT_FOUND
    assert kind_of(lambda: document.key("1", ASSERTION_METHOD)) is ErrorKind.KEY_NOT_FOUND


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"verificationMethod": {}}, ErrorKind.MALFORMED),
        ({"verificationMethod": None}, ErrorKind.MALFORMED),
        ({"verificationMethod": ["#1"]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [{"controller": DID}]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [method("a", "1"), method("b", "1")]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [method("a", "1", id=DID)]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [method("a", "1", id="1")]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [method("a", "1", publicKeyJwk=None)]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [method("a", "1", publicKeyMultibase="z6")]}, ErrorKind.MALFORMED),
        (
            {"verificationMethod": [method("a", "1", publicKeyJwk={"kty": "oct", "k": "AAAA"})]},
            ErrorKind.HEADER_NOT_ALLOWED,
        ),
        ({"verificationMethod": [multikey(1)]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [multikey(None)]}, ErrorKind.MALFORMED),
        ({"verificationMethod": [multikey("u7QE")]}, ErrorKind.MALFORMED),
        ({"assertionMethod": "#1"}, ErrorKind.MALFORMED),
        ({"assertionMethod": [1]}, ErrorKind.MALFORMED),
        ({"assertionMethod": ["1"]}, ErrorKind.MALFORMED),
        ({"assertionMethod": [method("a", "1")]}, ErrorKind.MALFORMED),
        ({"authentication": [[]]}, ErrorKind.MALFORMED),
    ],
)
def test_a_malformed_document_is_refused(changes: dict[str, Any], kind: ErrorKind) -> None:
    value = {
        "id": DID,
        "verificationMethod": [method("a", "1")],
        "assertionMethod": ["#1"],
        **changes,
    }

    assert kind_of(lambda: read(value)) is kind


def test_a_document_is_fetched_from_its_place() -> None:
    documents = Documents(
        {DID_URL: {"id": DID, "verificationMethod": [method("a", "1")], "assertionMethod": ["#1"]}}
    )

    found = fetch_did_web(DID, fetch=documents, limits=PRESENTATION, loopback_http=False)

    assert documents.asked == [DID_URL]
    assert len(found.keys(ASSERTION_METHOD)) == 1


def outcome(act: Callable[[], object]) -> ErrorKind | None:
    try:
        act()
    except CarnetError as error:
        return error.kind
    return None


did_texts = st.text(max_size=60) | st.builds(
    "did:{}:{}".format,
    st.sampled_from(["web", "jwk", "key", "x"]),
    st.text("abz6MkDn.:%2eF#?/3A1é", max_size=40),
)


@fuzz(400)
@given(did_texts)
def test_any_text_is_a_did_or_a_typed_error(text: str) -> None:
    for act in (parse_did_url, key_of_did_url, resolve_did_jwk, resolve_did_key, parse_multikey):
        outcome(lambda act=act: act(text))  # type: ignore[misc]
    for loopback_http in (False, True):
        outcome(lambda flag=loopback_http: did_web_url(text, loopback_http=flag))  # type: ignore[misc]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "#1", DID, f"{DID}#1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "type",
                    "controller",
                    "publicKeyJwk",
                    "publicKeyMultibase",
                    "kty",
                    "crv",
                    "x",
                ]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@fuzz(300)
@given(
    st.binary(max_size=60)
    | st.fixed_dictionaries(
        {
            "id": st.just(DID),
            "verificationMethod": json_values,
            "assertionMethod": json_values,
            "authentication": st.lists(json_values, max_size=2),
        }
    )
)
def test_any_document_is_read_or_a_typed_error(value: object) -> None:
    outcome(lambda: read(value))


def test_an_error_never_quotes_the_did() -> None:
    with pytest.raises(InvalidError) as caught:
        resolve_did_key("did:key:zSECRET")
    assert "SECRET" not in str(caught.value)
