import functools

import pytest

from carnet_schemas.catalog import check_signer_may_say, validate_claims
from carnet_schemas.errors import SchemaError
from carnet_schemas.types.endorsement import RELATION_WORDS, Endorsement
from support.credential_samples import ENDORSEMENT, without
from support.refused_claims import assert_form_refused, refused

VCT = "urn:carnet:endorsement:1"

refusal = functools.partial(refused, VCT)


def test_full_endorsement_is_typed() -> None:
    model = validate_claims(VCT, ENDORSEMENT, complete=True)
    assert isinstance(model, Endorsement)
    assert model.mission.signed_by == "https://platform.example/t/a"


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("name", ["relation", "skill", "mission"])
def test_tie_to_the_mission_and_the_skill_are_never_hidden(name: str, complete: bool) -> None:
    error = refusal(without(ENDORSEMENT, name), complete=complete)
    assert (error.kind, error.pointer) == ("claim_missing", f"/{name}")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("relation",), "friend"),
        (("relation",), ""),
        (("skill",), "électricité"),
        (("skill",), [ENDORSEMENT["skill"]]),
        (("mission",), "x" * 22),
        (("mission",), {"signed_by": "https://platform.example"}),
        (("mission", "reference"), "M1"),
        (("mission", "signed_by"), ""),
        (("statement",), "Bravo"),
        (("statement",), {"text": "Bravo"}),
        (("statement", "text"), "x" * 1001),
        (("statement", "text"), "Bravo\u202e!"),
        (("statement", "lang"), "FR"),
        (("month",), "avril"),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert_form_refused(VCT, ENDORSEMENT, path, value)


@pytest.mark.parametrize("name", ["rating", "stars", "score", "rank"])
def test_endorsement_carries_no_rating(name: str) -> None:
    assert refusal(ENDORSEMENT | {name: 5}).kind == "malformed"


@pytest.mark.parametrize("relation", RELATION_WORDS)
@pytest.mark.parametrize("signer_class", ["buyer", "peer", "mentor", "platform", "worker"])
def test_signer_endorses_in_her_own_name(relation: str, signer_class: str) -> None:
    claims = ENDORSEMENT | {"relation": relation}
    if relation == signer_class:
        check_signer_may_say(VCT, claims, signer_class=signer_class)
        return
    with pytest.raises(SchemaError) as caught:
        check_signer_may_say(VCT, claims, signer_class=signer_class)
    assert caught.value.kind == "policy_unmet"
