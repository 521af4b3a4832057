"""The two steps of a credential, and what each leaves to the caller."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet_securing.credential import (
    ANY_VCT,
    NEVER_HIDDEN,
    AuthenticCredential,
    VerifiedCredential,
    check_validity,
    check_vct,
    holder_key_of,
    parse_credential,
    verify_credential,
)
from carnet_securing.credential_issue import issue_credential
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.status_list import StatusReference
from support.keys import signer
from support.sd_jwts import ISSUER, VCT, authentic, forge, issuer_key, jwt, payload
from support.simulator import NOW


def issue(**changes: Any) -> str:
    members: dict[str, Any] = {
        "vct": VCT,
        "issuer": ISSUER,
        "conceal": [("given_name",)],
        "holder_key": signer("worker").public_jwk,
        "status": None,
        "issued_at": NOW,
        "expires_at": NOW + 100,
        "vct_integrity": None,
        "signer": signer("school"),
    }
    return issue_credential({"given_name": "Amina"}, **(members | changes))


def verify(token: str, **changes: Any) -> VerifiedCredential:
    members: dict[str, Any] = {
        "issuer_key": issuer_key(),
        "vcts": {VCT},
        "now": NOW,
        "check": check_signature,
        "limits": PRESENTATION,
    }
    return verify_credential(parse_credential(token, limits=PRESENTATION), **(members | changes))


def test_two_steps_and_both_at_once() -> None:
    credential = authentic(issue())
    assert type(credential) is AuthenticCredential
    valid = check_validity(credential, now=NOW, leeway=0)
    assert type(valid) is VerifiedCredential
    assert verify(issue()).claims.keys() == valid.claims.keys()
    assert valid.claims["given_name"] == "Amina"
    assert holder_key_of(valid) == signer("worker").public_jwk.bare()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"now": NOW + 160}, ErrorKind.EXPIRED),
        ({"now": NOW - 61}, ErrorKind.NOT_YET_VALID),
        ({"vcts": {"urn:other"}}, ErrorKind.VCT_MISMATCH),
        ({"vcts": ()}, ErrorKind.VCT_MISMATCH),
        ({"issuer_key": issuer_key(issuer="https://other.example")}, ErrorKind.ISSUER_MISMATCH),
        ({"issuer_key": issuer_key(key=signer("x").public_jwk)}, ErrorKind.BAD_SIGNATURE),
        (
            {"issuer_key": issuer_key(key=signer("x", "EdDSA").public_jwk)},
            ErrorKind.ALG_NOT_ALLOWED,
        ),
    ],
)
def test_what_the_caller_does_not_expect(changes: dict[str, Any], kind: ErrorKind) -> None:
    with pytest.raises(InvalidError) as caught:
        verify(issue(), **changes)
    assert caught.value.kind is kind


def test_signature_is_judged_before_type_and_time() -> None:
    """Nobody learns from a forged document what would have been wrong with a genuine one."""
    forged = forge({"exp": 1}, key=signer("thief"))
    with pytest.raises(InvalidError) as caught:
        verify(forged, vcts={"urn:other"}, now=NOW + 10_000)
    assert caught.value.kind is ErrorKind.BAD_SIGNATURE


@pytest.mark.parametrize(("offset", "leeway"), [(0, 0), (99, 0), (159, 60), (-60, 60)])
def test_within_validity(offset: int, leeway: int) -> None:
    assert check_validity(authentic(issue()), now=NOW + offset, leeway=leeway)


def test_without_times_it_is_always_valid() -> None:
    members = {name: value for name, value in payload().items() if name not in ("iat", "exp")}
    credential = authentic(jwt(members) + "~")
    assert (credential.issued_at, credential.not_before, credential.expires_at) == (None,) * 3
    assert check_validity(credential, now=2**40, leeway=0)


def test_what_the_header_and_payload_say_before_verification() -> None:
    unverified = parse_credential(issue(), limits=PRESENTATION)
    assert unverified.unverified_iss == ISSUER
    assert unverified.unverified_kid == signer("school").public_jwk.kid
    assert unverified.unverified_x5c is None
    bare = parse_credential(jwt({}) + "~", limits=PRESENTATION)
    assert bare.unverified_iss is None


def test_bearer_copy_names_no_holder() -> None:
    credential = authentic(issue(holder_key=None))
    assert credential.confirmation is None
    with pytest.raises(InvalidError) as caught:
        holder_key_of(credential)
    assert caught.value.kind is ErrorKind.KB_KEY_INVALID


def test_holder_key_carries_no_more_than_the_key() -> None:
    key = signer("worker").public_jwk
    assert key.kid
    assert key.alg
    assert authentic(issue()).confirmation == {"jwk": key.bare().to_json()}


def test_status() -> None:
    reference = StatusReference(uri="https://school.example/status/1", index=7)
    assert authentic(issue(status=reference)).status == reference
    assert authentic(issue()).status is None


def test_types_are_compared_to_the_letter() -> None:
    credential = authentic(issue())
    check_vct(credential, [VCT, "urn:other"])
    check_vct(credential, ANY_VCT)
    for wanted in ([], [VCT.upper()], [VCT + " "], ["urn"]):
        with pytest.raises(InvalidError):
            check_vct(credential, wanted)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted({*NEVER_HIDDEN, "iat", "sub", "x"})),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
    | st.dictionaries(st.sampled_from(["jwk", "kid", "_sd", "...", "status_list"]), st.text()),
)
def test_any_value_of_a_registered_claim_is_judged(name: str, value: Any) -> None:
    """A signed claim of any shape gives a credential or one of our errors, at each step."""
    with contextlib.suppress(CarnetError):
        credential = verify(forge({name: value}), vcts=ANY_VCT)
        assert (credential.status is None) is (name != "status")
        holder_key_of(credential)
