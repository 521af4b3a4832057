"""Issuer metadata and the choice of a key; attacks are in test_issuer_key_attacks.py."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet_securing.did import did_jwk_of
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.issuer_key import (
    fetch_issuer_keys,
    metadata_url,
    parse_issuer_metadata,
    select_issuer_key,
)
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.strict_json import dumps_bytes
from support.documents import Documents
from support.fuzzing import fuzz
from support.keys import signer

ISSUER = "https://issuer.example"
JWKS_URI = "https://keys.example/jwks.json"


def jwks(*names: str) -> dict[str, Any]:
    return {"keys": [signer(name).public_jwk.to_json() for name in names]}


def fetched(
    documents: Documents,
    issuer: str = ISSUER,
    route: IssuerKeyRoute = IssuerKeyRoute.METADATA,
) -> tuple[PublicJwk, ...]:
    return fetch_issuer_keys(
        issuer, route=route, fetch=documents, limits=PRESENTATION, loopback_http=False
    )


def kind_of(act: Callable[[], object]) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        act()
    return caught.value.kind


def test_keys_stand_in_the_metadata() -> None:
    documents = Documents({metadata_url(ISSUER): {"issuer": ISSUER, "jwks": jwks("a", "b")}})

    assert fetched(documents) == (signer("a").public_jwk, signer("b").public_jwk)


def test_keys_stand_where_the_metadata_says() -> None:
    documents = Documents(
        {
            metadata_url(ISSUER): {"issuer": ISSUER, "jwks_uri": JWKS_URI, "display": []},
            JWKS_URI: jwks("a"),
        }
    )

    assert fetched(documents) == (signer("a").public_jwk,)
    assert documents.asked == [metadata_url(ISSUER), JWKS_URI]


def test_other_well_known_documents_use_the_same_rule() -> None:
    url = metadata_url("https://h.example/t/1", well_known="openid-credential-issuer")

    assert url == "https://h.example/.well-known/openid-credential-issuer/t/1"


def test_keys_of_types_that_sign_nothing_are_left_out() -> None:
    keys = {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, signer("a").public_jwk.to_json()]}
    documents = Documents({metadata_url(ISSUER): {"issuer": ISSUER, "jwks": keys}})

    assert fetched(documents) == (signer("a").public_jwk,)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"jwks": jwks("a"), "jwks_uri": JWKS_URI},
        {"jwks": None},
        {"jwks": []},
        {"jwks": {}},
        {"jwks": {"keys": {}}},
        {"jwks_uri": None},
        {"jwks_uri": 1},
    ],
    ids=repr,
)
def test_metadata_gives_its_keys_in_exactly_one_way(members: dict[str, Any]) -> None:
    body = dumps_bytes({"issuer": ISSUER, **members})

    kind = kind_of(lambda: parse_issuer_metadata(body, issuer=ISSUER, limits=PRESENTATION))

    assert kind is ErrorKind.MALFORMED


def test_a_private_key_in_the_metadata_spoils_all_of_it() -> None:
    keys = jwks("a", "b")
    keys["keys"][1]["d"] = "AAAA"
    documents = Documents({metadata_url(ISSUER): {"issuer": ISSUER, "jwks": keys}})

    assert kind_of(lambda: fetched(documents)) is ErrorKind.HEADER_NOT_ALLOWED


@pytest.mark.parametrize("media_type", ["text/html", "", "application/octet-stream"])
def test_something_else_than_json_is_no_metadata(media_type: str) -> None:
    documents = Documents(
        {metadata_url(ISSUER): {"issuer": ISSUER, "jwks": jwks("a")}}, media_type=media_type
    )

    assert kind_of(lambda: fetched(documents)) is ErrorKind.FETCH_FAILED


@pytest.mark.parametrize("media_type", ["application/json", "application/jwk-set+json"])
def test_forms_of_json_are_read(media_type: str) -> None:
    documents = Documents(
        {metadata_url(ISSUER): {"issuer": ISSUER, "jwks": jwks("a")}}, media_type=media_type
    )

    assert len(fetched(documents)) == 1


def test_metadata_that_is_not_there_leaves_the_question_open() -> None:
    assert kind_of(lambda: fetched(Documents())) is ErrorKind.FETCH_FAILED


def test_metadata_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    body = dumps_bytes({"issuer": ISSUER, "jwks": jwks("a")})
    at_limit = replace(PRESENTATION, jwks_bytes=len(body))
    below = replace(PRESENTATION, jwks_bytes=len(body) - 1)

    parse_issuer_metadata(body, issuer=ISSUER, limits=at_limit)
    kind = kind_of(lambda: parse_issuer_metadata(body, issuer=ISSUER, limits=below))
    assert kind is ErrorKind.TOO_LARGE


def test_dids_that_carry_their_key_need_no_fetch() -> None:
    documents = Documents()
    did = did_jwk_of(signer("a").public_jwk)

    (key,) = fetched(documents, did, IssuerKeyRoute.DID_JWK)
    (other,) = fetched(
        documents,
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        IssuerKeyRoute.DID_KEY,
    )

    assert key.thumbprint == signer("a").public_jwk.thumbprint
    assert other.crv == "Ed25519"
    assert documents.asked == []


def select(
    keys: tuple[PublicJwk, ...], kid: str | None, issuer: str = ISSUER, algorithm: str = "ES256"
) -> PublicJwk:
    return select_issuer_key(keys, issuer=issuer, kid=kid, algorithm=algorithm)


A, B = signer("a").public_jwk, signer("b").public_jwk


def test_a_key_is_chosen_by_its_name_its_thumbprint_or_for_being_alone() -> None:
    named = A._replace(kid="2026-1")

    assert select((named, B), "2026-1") == named
    assert select((named, B), A.thumbprint) == named
    assert select((named,), None) == named


def test_a_name_counts_before_a_thumbprint() -> None:
    """A key published under another key's thumbprint is found by that name alone."""
    disguised = B._replace(kid=A.thumbprint)

    assert select((A._replace(kid="1"), disguised), A.thumbprint) == disguised


def test_a_did_fragment_is_short_for_the_whole() -> None:
    did = did_jwk_of(A)
    (key,) = fetched(Documents(), did, IssuerKeyRoute.DID_JWK)

    for kid in ("#0", f"{did}#0", A.thumbprint, None):
        assert select((key,), kid, issuer=did) == key
    for kid in ("#1", "0", f"{did}#1", f"{did}", ""):
        kind = kind_of(lambda kid=kid: select((key,), kid, issuer=did))  # type: ignore[misc]
        assert kind is ErrorKind.KEY_NOT_FOUND


@pytest.mark.parametrize(
    ("keys", "kid", "algorithm", "kind"),
    [
        ((), None, "ES256", ErrorKind.KEY_NOT_FOUND),
        ((A,), "unknown", "ES256", ErrorKind.KEY_NOT_FOUND),
        ((A,), "#0", "ES256", ErrorKind.KEY_NOT_FOUND),
        ((A, B), None, "ES256", ErrorKind.KEY_AMBIGUOUS),
        ((A, B._replace(kid=A.kid)), A.kid, "ES256", ErrorKind.KEY_AMBIGUOUS),
        ((A,), A.kid, "EdDSA", ErrorKind.ALG_NOT_ALLOWED),
        ((A,), A.kid, "HS256", ErrorKind.ALG_NOT_ALLOWED),
        ((A,), A.kid, "none", ErrorKind.ALG_NOT_ALLOWED),
        ((A._replace(use="enc"),), A.kid, "ES256", ErrorKind.KEY_NOT_TRUSTED),
        ((A,), "../../dev/null", "ES256", ErrorKind.KEY_NOT_FOUND),
        ((A,), "' OR 1=1--", "ES256", ErrorKind.KEY_NOT_FOUND),
        ((A,), "key\x00x", "ES256", ErrorKind.KEY_NOT_FOUND),
        ((A,), "x" * 10_000, "ES256", ErrorKind.KEY_NOT_FOUND),
        ((A,), "https://evil.example/jwks", "ES256", ErrorKind.KEY_NOT_FOUND),
    ],
)
def test_no_other_key_is_tried(
    keys: tuple[PublicJwk, ...], kid: str | None, algorithm: str, kind: ErrorKind
) -> None:
    assert kind_of(lambda: select(keys, kid, algorithm=algorithm)) is kind


def outcome(act: Callable[[], object]) -> ErrorKind | None:
    try:
        act()
    except CarnetError as error:
        return error.kind
    return None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["keys", "kty", "crv", "x", "y", "kid", "use"]), inner)
    ),
    max_leaves=10,
)


@fuzz(300)
@given(
    st.binary(max_size=60)
    | st.fixed_dictionaries({"issuer": st.just(ISSUER)}, optional={"jwks": json_values}).map(
        dumps_bytes
    )
    | st.fixed_dictionaries({"issuer": st.just(ISSUER)}, optional={"jwks_uri": json_values}).map(
        dumps_bytes
    )
)
def test_any_metadata_is_read_or_a_typed_error(body: bytes) -> None:
    outcome(lambda: parse_issuer_metadata(body, issuer=ISSUER, limits=PRESENTATION))


@fuzz(300)
@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{0,20}(/.{0,20})?"))
def test_any_identifier_has_a_url_or_a_typed_error(issuer: str) -> None:
    assert outcome(lambda: metadata_url(issuer)) in (None, ErrorKind.ISSUER_MISMATCH)
    documents = Documents()
    for route in IssuerKeyRoute:
        assert outcome(lambda route=route: fetched(documents, issuer, route)) is not None  # type: ignore[misc]
