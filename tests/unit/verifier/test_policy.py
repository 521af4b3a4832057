"""Policies alone and composed: each says no by raising, and nothing allows nothing."""

from collections.abc import Sequence
from typing import Any

import pytest

from carnet_securing.credential import (
    ANY_VCT,
    IssuerKey,
    VerifiedCredential,
    parse_credential,
    verify_credential,
)
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_trust.entries import TrustEntry
from carnet_verifier import (
    AllOf,
    AnyOf,
    ClaimIs,
    Examined,
    IssuerClassIs,
    IssuerIs,
    NoFurtherCondition,
    Policy,
    PolicyUnmetError,
    StatusNotOlderThan,
    TypeIs,
)
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb

VCT = "urn:example:anything:1"
CLAIMS: dict[str, Any] = {
    "one": 1,
    "yes": True,
    "zero": 0,
    "text": "abc",
    "list": [1, {"deep": [True]}, "x"],
    "object": {"a": {"b": 2}},
}


@pytest.fixture(scope="module")
def issuer() -> SimulatedIssuer:
    return SimulatedIssuer(SimulatedWeb())


@pytest.fixture(scope="module")
def credential(issuer: SimulatedIssuer) -> VerifiedCredential:
    key = IssuerKey(issuer=issuer.iss, key=issuer.signer.public_jwk, route=IssuerKeyRoute.METADATA)
    return verify_credential(
        parse_credential(issuer.issue(CLAIMS, vct=VCT), limits=PRESENTATION),
        issuer_key=key,
        vcts=ANY_VCT,
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )


@pytest.fixture(scope="module")
def entry(issuer: SimulatedIssuer) -> TrustEntry:
    return issuer.entry()


def examined(
    credential: VerifiedCredential, entry: TrustEntry | None = None, age: int | None = None
) -> Examined:
    return Examined(credential=credential, entry=entry, status_age=age)


class Says:
    """A policy that says one thing, and counts how often it was asked."""

    def __init__(self, error: InvalidError | UndeterminedError | None = None) -> None:
        self.error = error
        self.asked = 0

    def require(self, examined: Examined) -> None:
        """Say it."""
        self.asked += 1
        if self.error is not None:
            raise self.error


def yes() -> Says:
    return Says()


def no() -> Says:
    return Says(PolicyUnmetError("No."))


def unknown() -> Says:
    return Says(UndeterminedError(ErrorKind.FETCH_FAILED, "Not known."))


@pytest.mark.parametrize("composed", [AllOf, AnyOf])
@pytest.mark.parametrize("nothing", [[], ()], ids=["list", "tuple"])
def test_trivially_false(composed: type[AllOf | AnyOf], nothing: Sequence[Policy]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        composed(nothing)


@pytest.mark.parametrize("composed", [AllOf, AnyOf])
def test_trivially_false_after_it_was_made(
    composed: type[AllOf | AnyOf], credential: VerifiedCredential
) -> None:
    policies: list[Policy] = [no()]
    policy = composed(policies)
    policies.clear()
    with pytest.raises(PolicyUnmetError):
        policy.require(examined(credential))


@pytest.mark.parametrize("policy", [TypeIs(()), IssuerIs(()), IssuerClassIs(())], ids=repr)
def test_trivially_false_for_a_list_of_nothing(
    policy: Policy, credential: VerifiedCredential, entry: TrustEntry
) -> None:
    with pytest.raises(PolicyUnmetError):
        policy.require(examined(credential, entry))


@pytest.mark.parametrize("made", [TypeIs, IssuerIs, IssuerClassIs])
def test_one_text_is_no_list(made: Any) -> None:
    with pytest.raises(TypeError, match="tuple"):
        made(VCT)


def test_no_further_condition_asks_nothing(credential: VerifiedCredential) -> None:
    NoFurtherCondition().require(examined(credential))


@pytest.mark.parametrize(
    "types", [("urn:example:anything",), (VCT + "1",), (VCT.upper(),), (VCT + " ",), ("",)]
)
def test_a_type_is_compared_by_the_byte(
    types: tuple[str, ...], credential: VerifiedCredential
) -> None:
    with pytest.raises(PolicyUnmetError):
        TypeIs(types).require(examined(credential))


def test_the_right_type_issuer_and_class(credential: VerifiedCredential, entry: TrustEntry) -> None:
    for policy in (
        TypeIs(("urn:other", VCT)),
        IssuerIs((entry.iss,)),
        IssuerClassIs(("training_body",)),
    ):
        policy.require(examined(credential, entry))


@pytest.mark.parametrize(
    "policy",
    [
        IssuerIs(("https://school.example/",)),
        IssuerIs(("https://SCHOOL.example",)),
        IssuerIs(("school.example",)),
        IssuerClassIs(("employer", "platform")),
        IssuerClassIs(("TRAINING_BODY",)),
    ],
    ids=repr,
)
def test_another_issuer_or_class(
    policy: Policy, credential: VerifiedCredential, entry: TrustEntry
) -> None:
    with pytest.raises(PolicyUnmetError):
        policy.require(examined(credential, entry))


def test_an_issuer_nobody_lists_has_no_class(credential: VerifiedCredential) -> None:
    with pytest.raises(PolicyUnmetError):
        IssuerClassIs(("training_body",)).require(examined(credential, None))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("text",), "abc"),
        (("one",), 1),
        (("yes",), True),
        (("list", 1, "deep", 0), True),
        (("list", 1), {"deep": [True]}),
        (("object", "a", "b"), 2),
    ],
)
def test_a_claim_with_its_value(
    path: tuple[str | int, ...], value: Any, credential: VerifiedCredential
) -> None:
    ClaimIs(path, value).require(examined(credential))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("text",), "ABC"),
        (("text", 0), "a"),
        (("one",), True),
        (("one",), 1.0),
        (("one",), "1"),
        (("yes",), 1),
        (("zero",), False),
        (("zero",), None),
        (("missing",), None),
        (("missing",), ""),
        (("list", -1), "x"),
        (("list", 3), None),
        (("list", True), {"deep": [True]}),
        (("list", "0"), 1),
        (("list", 1), {"deep": [1]}),
        (("list", 1), {"deep": [True], "more": 1}),
        (("list", 1), {"deep": [True, True]}),
        (("object", 0), 2),
        (("object", "a"), 2),
        (("object", "a", "b", "c"), 2),
        (("iss", "x"), None),
    ],
)
def test_a_claim_that_is_not_there_or_differs(
    path: tuple[str | int, ...], value: Any, credential: VerifiedCredential
) -> None:
    with pytest.raises(PolicyUnmetError) as caught:
        ClaimIs(path, value).require(examined(credential))
    assert caught.value.kind is ErrorKind.POLICY_UNMET


def test_the_wanted_value_is_not_shown_in_logs() -> None:
    assert "Dupont" not in repr(ClaimIs(("family_name",), "Dupont"))


@pytest.mark.parametrize(("age", "most"), [(None, 10**9), (1, 0), (61, 60), (10**6, 60)])
def test_a_list_too_old_or_none(age: int | None, most: int, credential: VerifiedCredential) -> None:
    with pytest.raises(PolicyUnmetError):
        StatusNotOlderThan(most).require(examined(credential, age=age))


@pytest.mark.parametrize(("age", "most"), [(0, 0), (60, 60)])
def test_a_list_young_enough(age: int, most: int, credential: VerifiedCredential) -> None:
    StatusNotOlderThan(most).require(examined(credential, age=age))


@pytest.mark.parametrize(
    "policies",
    [[no()], [yes(), no()], [no(), yes()], [no(), unknown()], [unknown(), no()]],
    ids=range(5),
)
def test_all_of_refuses_when_one_does(
    policies: list[Policy], credential: VerifiedCredential
) -> None:
    with pytest.raises(PolicyUnmetError):
        AllOf(policies).require(examined(credential))


@pytest.mark.parametrize("policies", [[unknown()], [yes(), unknown()], [unknown(), yes()]])
def test_all_of_does_not_know_when_one_does_not(
    policies: list[Policy], credential: VerifiedCredential
) -> None:
    with pytest.raises(UndeterminedError):
        AllOf(policies).require(examined(credential))


def test_all_of_asks_every_one(credential: VerifiedCredential) -> None:
    policies = [yes(), unknown(), yes()]
    with pytest.raises(UndeterminedError):
        AllOf(policies).require(examined(credential))
    assert [policy.asked for policy in policies] == [1, 1, 1]
    AllOf([yes(), yes()]).require(examined(credential))


@pytest.mark.parametrize(
    "policies",
    [[no()], [no(), no()], [Says(InvalidError(ErrorKind.EXPIRED, "x"))]],
    ids=range(3),
)
def test_any_of_refuses_when_none_agrees(
    policies: list[Policy], credential: VerifiedCredential
) -> None:
    with pytest.raises(PolicyUnmetError, match="alternatives"):
        AnyOf(policies).require(examined(credential))


@pytest.mark.parametrize("policies", [[unknown()], [no(), unknown()], [unknown(), no()]])
def test_any_of_does_not_know_when_one_might_agree(
    policies: list[Policy], credential: VerifiedCredential
) -> None:
    with pytest.raises(UndeterminedError):
        AnyOf(policies).require(examined(credential))


@pytest.mark.parametrize("policies", [[yes()], [no(), yes()], [unknown(), yes()], [yes(), no()]])
def test_any_of_is_content_with_one(policies: list[Policy], credential: VerifiedCredential) -> None:
    AnyOf(policies).require(examined(credential))


def test_policies_nest(credential: VerifiedCredential, entry: TrustEntry) -> None:
    wanted = AllOf([TypeIs((VCT,)), AnyOf([IssuerIs(("x",)), IssuerClassIs(("training_body",))])])
    wanted.require(examined(credential, entry))
    with pytest.raises(PolicyUnmetError):
        wanted.require(examined(credential, None))
    with pytest.raises(PolicyUnmetError):
        AnyOf([AllOf([no(), yes()]), AllOf([yes(), no()])]).require(examined(credential))


def test_what_a_policy_sees_is_not_shown_in_logs(credential: VerifiedCredential) -> None:
    assert "abc" not in repr(examined(credential))
