"""A credential against the rules of its type: what is hidden is never held against it."""

import json
import time
from typing import Any

import pytest

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.limits import ISSUED, PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sd_jwt import VerifiedSdJwt, parse_sd_jwt, verify_sd_jwt
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from carnet_trust.lookups import Dated, Source
from carnet_trust.type_claims import check_claims
from carnet_trust.type_metadata import TypeMetadata, resolve_type
from support.keys import signer

VCT = "https://example.com/t"
KEY = signer("type claims")


def rules(*claims: dict[str, Any]) -> TypeMetadata:
    document = json.dumps({"vct": VCT, "claims": list(claims)}).encode()
    dated = Dated(value=document, fetched_at=0, source=Source.CACHE)
    return resolve_type(VCT, integrity=None, read=lambda *_: dated, limits=PRESENTATION).value


def shown(
    claims: dict[str, Any],
    *,
    conceal: tuple[tuple[Any, ...], ...] = (),
    show: tuple[int, ...] | None = None,
    decoys: int = 0,
) -> VerifiedSdJwt:
    """Sign claims; present the disclosures at the places `show` of the issued order, or all."""
    issued = issue_sd_jwt(claims, conceal=conceal, signer=KEY, typ="x", decoys=decoys)
    jwt, *disclosures, _ = issued.split("~")
    kept = disclosures if show is None else [disclosures[index] for index in show]
    return verify_sd_jwt(
        parse_sd_jwt("~".join([jwt, *kept, ""]), limits=ISSUED),
        key=KEY.public_jwk,
        algorithms={"ES256"},
        types={"x"},
        check=check_signature,
        limits=ISSUED,
    )


def rule(*path: Any, **members: Any) -> dict[str, Any]:
    return {"path": list(path)} | members


def refused(metadata: TypeMetadata, sd_jwt: VerifiedSdJwt, *, complete: bool) -> None:
    with pytest.raises(InvalidError) as caught:
        check_claims(metadata, sd_jwt, complete=complete)
    assert caught.value.kind is ErrorKind.POLICY_UNMET


BOTH = pytest.mark.parametrize("complete", [True, False])


@BOTH
def test_no_rules_ask_for_nothing(complete: bool) -> None:
    check_claims(rules(), shown({"a": 1}), complete=complete)


@BOTH
def test_mandatory_and_there(complete: bool) -> None:
    metadata = rules(rule("a", mandatory=True))
    check_claims(metadata, shown({"a": None}), complete=complete)
    check_claims(metadata, shown({"a": 1}, conceal=(("a",),)), complete=complete)


@BOTH
def test_mandatory_and_not_issued(complete: bool) -> None:
    refused(rules(rule("a", mandatory=True)), shown({"b": 1}), complete=complete)
    all_shown = shown({"b": 1}, conceal=(("b",),))
    refused(rules(rule("a", mandatory=True)), all_shown, complete=complete)


def test_an_undisclosed_claim_is_not_missing() -> None:
    hidden = shown({"a": 1, "b": 2}, conceal=(("a",), ("b",)), show=())
    check_claims(rules(rule("a", mandatory=True)), hidden, complete=False)
    refused(rules(rule("a", mandatory=True)), hidden, complete=True)


def test_a_decoy_excuses_a_presentation_and_no_issuer() -> None:
    with_decoy = shown({"b": 2}, conceal=(("b",),), decoys=3)
    check_claims(rules(rule("a", mandatory=True)), with_decoy, complete=False)
    refused(rules(rule("a", mandatory=True)), with_decoy, complete=True)


@BOTH
def test_a_claim_that_is_never_hidden_cannot_be_excused_by_hiding(complete: bool) -> None:
    hidden = shown({"a": 1, "b": 2}, conceal=(("a",), ("b",)), show=())
    refused(rules(rule("a", mandatory=True, sd="never")), hidden, complete=complete)


def test_an_optional_claim_may_be_absent() -> None:
    for sd in ("always", "allowed", "never"):
        check_claims(rules(rule("a", sd=sd)), shown({"b": 1}), complete=True)


@BOTH
@pytest.mark.parametrize(
    ("sd", "conceal", "fits"),
    [
        ("always", (("a",),), True),
        ("always", (), False),
        ("never", (), True),
        ("never", (("a",),), False),
        ("allowed", (), True),
        ("allowed", (("a",),), True),
    ],
)
def test_hidden_as_the_type_says(
    sd: str, conceal: tuple[tuple[str, ...], ...], fits: bool, complete: bool
) -> None:
    metadata, sd_jwt = rules(rule("a", sd=sd)), shown({"a": 1}, conceal=conceal)
    if fits:
        check_claims(metadata, sd_jwt, complete=complete)
    else:
        refused(metadata, sd_jwt, complete=complete)


@BOTH
def test_hidden_with_its_parent_is_not_hidden_itself(complete: bool) -> None:
    whole = shown({"a": {"b": 1}}, conceal=(("a",),))
    check_claims(rules(rule("a", "b", sd="never")), whole, complete=complete)
    refused(rules(rule("a", "b", sd="always")), whole, complete=complete)
    both = shown({"a": {"b": 1}}, conceal=(("a",), ("a", "b")))
    check_claims(rules(rule("a", "b", sd="always")), both, complete=complete)
    refused(rules(rule("a", "b", sd="never")), both, complete=complete)


def test_below_a_hidden_parent_nothing_is_known() -> None:
    hidden = shown({"a": {"c": 1}}, conceal=(("a",),), show=())
    check_claims(rules(rule("a", "b", mandatory=True, sd="never")), hidden, complete=False)
    opened = shown({"a": {"c": 1}}, conceal=(("a",),))
    refused(rules(rule("a", "b", mandatory=True, sd="never")), opened, complete=False)


@BOTH
@pytest.mark.parametrize(
    ("path", "claims"),
    [
        (("a", "b"), {"a": 1}),
        (("a", "b"), {"a": [1]}),
        (("a", "b"), {"a": None}),
        (("a", None), {"a": {"b": 1}}),
        (("a", None), {"a": "text"}),
        (("a", 0), {"a": {"0": 1}}),
        (("a", None, "b"), {"a": [{"b": 1}, 2]}),
        (("a", None, None), {"a": [[1], 2]}),
        ((None,), {"a": 1}),
        ((0,), {"a": 1}),
    ],
)
def test_a_path_that_does_not_fit(
    path: tuple[Any, ...], claims: dict[str, Any], complete: bool
) -> None:
    refused(rules(rule(*path)), shown(claims), complete=complete)


@BOTH
def test_one_element_that_has_it_is_enough(complete: bool) -> None:
    metadata = rules(rule("a", None, "b", mandatory=True))
    check_claims(metadata, shown({"a": [{"b": 1}, {"c": 1}]}), complete=complete)
    refused(metadata, shown({"a": [{"c": 1}]}), complete=complete)
    refused(metadata, shown({"a": []}), complete=complete)
    refused(metadata, shown({}), complete=complete)


def test_indices_count_the_elements_as_issued() -> None:
    claims = {"a": ["x", {"b": 1}]}
    second_only = shown(claims, conceal=(("a", 0), ("a", 1)), show=(1,))
    shown_by_name = {
        item.disclosure.value if isinstance(item.disclosure.value, str) else "object"
        for item in second_only.disclosed
    }
    index = 1 if shown_by_name == {"object"} else 0
    other = 1 - index
    if index == 1:
        check_claims(rules(rule("a", 1, "b", mandatory=True)), second_only, complete=False)
    check_claims(rules(rule("a", other, sd="always")), second_only, complete=False)
    refused(rules(rule("a", other, sd="never")), second_only, complete=False)
    check_claims(rules(rule("a", 2)), second_only, complete=False)
    refused(rules(rule("a", 2, mandatory=True)), second_only, complete=False)


def test_a_hidden_element_was_issued_and_its_contents_are_unknown() -> None:
    hidden = shown({"a": [{"b": 1}]}, conceal=(("a", 0),), show=())
    check_claims(rules(rule("a", None, mandatory=True)), hidden, complete=False)
    check_claims(rules(rule("a", None, "z", mandatory=True)), hidden, complete=False)
    refused(rules(rule("a", None, sd="never")), hidden, complete=False)
    refused(rules(rule("a", None, mandatory=True)), hidden, complete=True)


def test_a_hidden_element_excuses_what_a_shown_one_lacks() -> None:
    claims = {"a": [{"c": 1}, {"b": 1}]}
    metadata = rules(rule("a", None, "b", mandatory=True, sd="never"))
    for show in ((0,), (1,)):
        check_claims(
            metadata, shown(claims, conceal=(("a", 0), ("a", 1)), show=show), complete=False
        )


def test_names_kept_for_digests_are_no_claims() -> None:
    sd_jwt = shown({"a": 1}, conceal=(("a",),))
    refused(rules(rule("_sd", mandatory=True)), sd_jwt, complete=True)
    check_claims(rules(rule("_sd_alg", sd="always")), sd_jwt, complete=True)


def test_hostile_rules_over_hostile_claims_stop_in_time() -> None:
    wide = shown({"a": [[["x"] * 30] * 30] * 30})
    many = rules(*(rule("a", None, None, None, number) for number in range(500)))
    start = time.process_time()
    with pytest.raises(InvalidError) as caught:
        check_claims(many, wide, complete=False)
    assert caught.value.kind in (ErrorKind.TOO_LARGE, ErrorKind.POLICY_UNMET)
    endless = rules(*(rule("a", index, None, None) for index in [None, *range(500)]))
    with pytest.raises(InvalidError) as caught:
        check_claims(endless, shown({"a": [[["x"] * 39] * 39] * 39}), complete=False)
    assert caught.value.kind is ErrorKind.TOO_LARGE
    assert time.process_time() - start < 1.0
