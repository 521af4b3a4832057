"""Public keys: what is refused when one is read, used or chosen from a set."""

from typing import Any

import pytest

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import (
    PRIVATE_MEMBERS,
    PublicJwk,
    parse_jwks,
    parse_public_jwk,
    refuse_private_members,
    select_key,
)
from carnet_securing.limits import PRESENTATION
from support.keys import signer

EC = signer("jwk").public_jwk.bare().to_json()
OKP = signer("jwk", "Ed25519").public_jwk.bare().to_json()


def kind_of(value: object) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        parse_public_jwk(value)
    return caught.value.kind


@pytest.mark.parametrize("member", sorted(PRIVATE_MEMBERS))
@pytest.mark.parametrize("value", ["AAAA", "", None])
def test_private_member_is_refused_before_anything_else(member: str, value: object) -> None:
    assert kind_of({**EC, member: value}) is ErrorKind.HEADER_NOT_ALLOWED
    assert kind_of({"kty": "oct", member: value}) is ErrorKind.HEADER_NOT_ALLOWED


@pytest.mark.parametrize(
    "members",
    [
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": "AQAB", "e": "AQ", "crv": "P-256"},
        {"kty": "oct"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {**EC, "crv": "secp256k1"},
        {**EC, "crv": "P-521"},
        {**EC, "crv": "p-256"},
        {**EC, "kty": "ec"},
        {**OKP, "crv": "X25519"},
        {**OKP, "crv": "Ed448"},
    ],
)
def test_type_that_signs_nothing_here_is_not_allowed(members: dict[str, Any]) -> None:
    assert kind_of(members) is ErrorKind.ALG_NOT_ALLOWED


@pytest.mark.parametrize(
    "value",
    [
        None,
        "key",
        [],
        {},
        {**EC, "kty": 1},
        {**EC, "kty": ""},
        {**EC, "crv": None},
        {**EC, "crv": ["P-256"]},
        {**EC, "kty": "OKP"},
        {**OKP, "kty": "EC"},
        {k: v for k, v in EC.items() if k != "crv"},
        {k: v for k, v in EC.items() if k != "x"},
        {k: v for k, v in EC.items() if k != "y"},
        {**EC, "y": None},
        {**EC, "x": EC["x"][:-1]},
        {**EC, "x": EC["x"] + "A"},
        {**EC, "x": "AA" + EC["x"]},
        {**EC, "x": EC["x"][:-1] + "="},
        {**EC, "x": EC["x"][:-2] + "+" + EC["x"][-1]},
        {**EC, "x": "A" * 42 + "B"},
        {**EC, "x": 7},
        {**EC, "crv": "P-384"},
        {**EC, "kid": 1},
        {**EC, "kid": ""},
        {**EC, "kid": None},
        {**EC, "alg": ["ES256"]},
        {**EC, "use": 0},
        {**EC, "key_ops": "verify"},
        {**EC, "key_ops": ["verify", "verify"]},
        {**EC, "key_ops": [1]},
        {**EC, "key_ops": None},
    ],
)
def test_ill_formed_key_is_malformed(value: object) -> None:
    assert kind_of(value) is ErrorKind.MALFORMED


def test_every_member_is_kept_and_unknown_ones_are_not() -> None:
    whole = {**EC, "kid": "k", "alg": "ES256", "use": "sig", "key_ops": ["verify"]}
    key = parse_public_jwk({**whole, "x5t": "AA", "ext": True})
    assert key.to_json() == whole
    assert key.bare().to_json() == EC
    assert parse_public_jwk(OKP).y is None


def test_thumbprint_of_rfc_8037_appendix_a() -> None:
    key = parse_public_jwk(
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    )
    assert key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_thumbprint_depends_on_the_key_alone() -> None:
    key = parse_public_jwk({**EC, "kid": "k", "alg": "ES256"})
    assert key.thumbprint == key.bare().thumbprint
    assert key.thumbprint != signer("other").public_jwk.thumbprint


@pytest.mark.parametrize(
    ("narrowed", "kind"),
    [
        ({"alg": "ES384"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": "ECDH-ES"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"alg": "HS256"}, ErrorKind.ALG_NOT_ALLOWED),
        ({"use": "enc"}, ErrorKind.KEY_NOT_TRUSTED),
        ({"use": "SIG"}, ErrorKind.KEY_NOT_TRUSTED),
        ({"key_ops": []}, ErrorKind.KEY_NOT_TRUSTED),
        ({"key_ops": ["sign"]}, ErrorKind.KEY_NOT_TRUSTED),
        ({"key_ops": ["deriveKey"]}, ErrorKind.KEY_NOT_TRUSTED),
        ({"use": "sig", "key_ops": ["encrypt"]}, ErrorKind.KEY_NOT_TRUSTED),
    ],
)
def test_what_a_key_says_of_itself_narrows_its_use(
    narrowed: dict[str, Any], kind: ErrorKind
) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_public_jwk({**EC, **narrowed}).check_may_verify("ES256")
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    "narrowed", [{}, {"alg": "ES256"}, {"use": "sig"}, {"key_ops": ["verify", "sign"]}]
)
def test_key_meant_for_verifying_may(narrowed: dict[str, Any]) -> None:
    parse_public_jwk({**EC, **narrowed}).check_may_verify("ES256")


def test_both_names_of_ed25519_are_one_algorithm() -> None:
    parse_public_jwk({**OKP, "alg": "EdDSA"}).check_may_verify("Ed25519")
    parse_public_jwk({**OKP, "alg": "Ed25519"}).check_may_verify("EdDSA")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, ErrorKind.MALFORMED),
        ([], ErrorKind.MALFORMED),
        ({}, ErrorKind.MALFORMED),
        ({"keys": {}}, ErrorKind.MALFORMED),
        ({"keys": "x"}, ErrorKind.MALFORMED),
        ({"keys": [None]}, ErrorKind.MALFORMED),
        ({"keys": [{}, [], "x"]}, ErrorKind.MALFORMED),
        ({"keys": [{**EC, "x": "short"}]}, ErrorKind.MALFORMED),
        ({"keys": [{"kty": "RSA", "n": "AA", "e": "AQAB"}, {**EC, "kid": 7}]}, ErrorKind.MALFORMED),
        ({"keys": [None, EC, {**EC, "x": "short", "d": "AA"}]}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"keys": [EC, {**EC, "d": "AA"}]}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"keys": [EC, {"kty": "oct", "k": "AA"}]}, ErrorKind.HEADER_NOT_ALLOWED),
        ({"keys": [EC, {"kty": "RSA", "n": "AA", "e": "AQAB", "d": "AA"}]},
         ErrorKind.HEADER_NOT_ALLOWED),
        ({"keys": [EC] * 33}, ErrorKind.TOO_LARGE),
    ],
)  # fmt: skip
def test_ill_formed_set_is_refused_whole(value: object, kind: ErrorKind) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_jwks(value, limits=PRESENTATION)
    assert caught.value.kind is kind


def test_set_at_its_limit_is_read_and_foreign_types_left_out() -> None:
    assert len(parse_jwks({"keys": [EC] * 32}, limits=PRESENTATION)) == 32
    foreign = {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"}
    keys = parse_jwks({"keys": [foreign, EC, {**OKP, "crv": "X25519"}]}, limits=PRESENTATION)
    assert keys == (parse_public_jwk(EC),)
    assert parse_jwks({"keys": []}, limits=PRESENTATION) == ()


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "text",
        [],
        {},
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-256", "x": EC["x"]},
        {**EC, "x": "short"},
        {**EC, "kty": "OKP"},
        {**EC, "kid": 7},
        {**EC, "key_ops": ["verify", "verify"]},
        {"kty": "future", "crv": 3},
    ],
)
def test_an_odd_key_is_left_out_of_its_set(odd: object) -> None:
    good = parse_public_jwk(EC)
    for members in ([odd, EC], [EC, odd]):
        assert parse_jwks({"keys": members}, limits=PRESENTATION) == (good,)


def chosen(keys: tuple[PublicJwk, ...], kid: str | None, algorithm: str = "ES256") -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        select_key(keys, kid=kid, algorithm=algorithm)
    return caught.value.kind


def test_key_is_found_by_its_kid_or_because_it_is_alone() -> None:
    first = parse_public_jwk(EC)._replace(kid="1")
    second = signer("two").public_jwk._replace(kid="2")
    edwards = parse_public_jwk(OKP)._replace(kid="1")
    assert select_key((first, second), kid="2", algorithm="ES256") is second
    assert select_key((first,), kid=None, algorithm="ES256") is first
    assert select_key((first, edwards), kid=None, algorithm="EdDSA") is edwards
    assert select_key((first, edwards), kid="1", algorithm="ES256") is first


def test_no_key_is_guessed() -> None:
    first = parse_public_jwk(EC)._replace(kid="1")
    second = signer("two").public_jwk._replace(kid="1")
    nameless = parse_public_jwk(EC)
    assert chosen((), None) is ErrorKind.KEY_NOT_FOUND
    assert chosen((), "1") is ErrorKind.KEY_NOT_FOUND
    assert chosen((first,), "2") is ErrorKind.KEY_NOT_FOUND
    assert chosen((nameless,), "1") is ErrorKind.KEY_NOT_FOUND
    assert chosen((first,), None, "ES384") is ErrorKind.KEY_NOT_FOUND
    assert chosen((first, second), "1") is ErrorKind.KEY_AMBIGUOUS
    assert chosen((first, second), None) is ErrorKind.KEY_AMBIGUOUS
    assert chosen((first, first), "1") is ErrorKind.KEY_AMBIGUOUS
    assert chosen((first,), "1", "ES384") is ErrorKind.ALG_NOT_ALLOWED
    assert chosen((first._replace(use="enc"),), "1") is ErrorKind.KEY_NOT_TRUSTED
    assert chosen((first._replace(use="enc"),), None) is ErrorKind.KEY_NOT_FOUND


def test_private_key_is_found_at_any_depth() -> None:
    for value in ({"a": [{"b": {"kty": "EC", "d": "AA"}}]}, [[{"kty": "oct", "k": ""}]]):
        with pytest.raises(InvalidError) as caught:
            refuse_private_members(value)
        assert caught.value.kind is ErrorKind.HEADER_NOT_ALLOWED
    refuse_private_members({"d": 1, "jwk": EC, "list": ["k", None, 1]})


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "Ed25519"])
def test_key_of_every_curve_reads_back_and_agrees_on_its_thumbprint(algorithm: str) -> None:
    from joserfc.jwk import ECKey, OKPKey

    public = signer("thumbprint", algorithm).public_jwk
    assert parse_public_jwk(public.to_json()) == public
    other = (OKPKey if algorithm == "Ed25519" else ECKey).import_key(public.bare().to_json())
    assert other.thumbprint() == public.thumbprint


@pytest.mark.parametrize("short", [-1, 1])
def test_coordinates_of_p384_have_their_own_length(short: int) -> None:
    members = signer("length", "ES384").public_jwk.bare().to_json()
    for name in ("x", "y"):
        text = members[name][:-1] if short < 0 else members[name] + "A"
        assert kind_of({**members, name: text}) is ErrorKind.MALFORMED
