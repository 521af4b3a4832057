import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest

from carnet_schemas.catalog import (
    CREDENTIAL_TYPES,
    REGISTERED_CLAIMS,
    check_signer_may_say,
    concealable_paths,
    credential_type,
    json_schema_bytes,
    type_metadata_bytes,
    type_metadata_integrity,
    validate_claims,
    value_words,
)
from carnet_schemas.errors import SchemaError
from carnet_schemas.paths import select
from support.credential_samples import COMPLETE, changed, without
from support.refused_claims import refused

CERTIFICATE = "urn:carnet:skill-certificate:1"
SAMPLES = [(vct, number) for vct, samples in COMPLETE.items() for number in range(len(samples))]
FULL = [(vct, samples[0]) for vct, samples in COMPLETE.items()]
FULL_IDS = [vct.split(":")[2] for vct, _ in FULL]


def hidden(vct: str, claims: dict[str, Any]) -> dict[str, Any]:
    """What a presentation of `claims` that discloses nothing looks like to a verifier."""
    kept: dict[str, Any] = json.loads(json.dumps(claims))
    for path in sorted(concealable_paths(vct, claims), key=len, reverse=True):
        here: Any = kept
        for step in path[:-1]:
            here = here[step]
        if type(here) is dict:
            del here[path[-1]]
        else:
            here.clear()
    return kept


def test_the_seven_types_of_the_design() -> None:
    assert sorted(CREDENTIAL_TYPES) == sorted(
        f"urn:carnet:{name}:1"
        for name in (
            "skill-certificate",
            "learning-activity",
            "mission",
            "mission-history",
            "endorsement",
            "fair-platform",
            "reply",
        )
    )
    assert set(CREDENTIAL_TYPES) == set(COMPLETE)


@pytest.mark.parametrize(
    "vct",
    [
        "",
        "urn:carnet:skill-certificate",
        "urn:carnet:skill-certificate:2",
        "urn:carnet:skill-certificate:1 ",
        "urn:carnet:skill-certificate:1/",
        "URN:carnet:skill-certificate:1",
        "urn:carnet:Skill-Certificate:1",
        "urn:carnet:skill%2Dcertificate:1",
        "https://carnet.example/skill-certificate/1",
        None,
        1,
        ["urn:carnet:skill-certificate:1"],
        {},
    ],
)
def test_V01_V02_type_is_compared_byte_by_byte(vct: Any) -> None:
    for ask in (credential_type, type_metadata_bytes, json_schema_bytes, type_metadata_integrity):
        with pytest.raises(SchemaError) as caught:
            ask(vct)
        assert caught.value.kind == "vct_mismatch"
    assert refused(vct, {}).kind == "vct_mismatch"


@pytest.mark.parametrize(("vct", "number"), SAMPLES)
def test_complete_claims_are_read(vct: str, number: int) -> None:
    known = credential_type(vct)
    model = validate_claims(vct, COMPLETE[vct][number], complete=True)
    assert type(model) is known.model


@pytest.mark.parametrize(("vct", "claims"), FULL, ids=FULL_IDS)
def test_presentation_that_shows_nothing_is_read_but_not_complete(
    vct: str, claims: dict[str, Any]
) -> None:
    shown = hidden(vct, claims)
    assert type(validate_claims(vct, shown, complete=False)) is credential_type(vct).model
    if concealable_paths(vct, claims):
        assert refused(vct, shown).kind in {"claim_missing", "malformed"}


@pytest.mark.parametrize(("vct", "claims"), FULL, ids=FULL_IDS)
def test_every_mandatory_claim_is_missed(vct: str, claims: dict[str, Any]) -> None:
    mandatory = [claim for claim in credential_type(vct).claims if claim.mandatory]
    assert mandatory
    for claim in mandatory:
        for path, _ in select(claims, claim.path):
            error = refused(vct, without(claims, *path))
            assert error.kind in {"claim_missing", "malformed", "policy_unmet"}, path
            if claim.sd == "never":
                refused(vct, without(claims, *path), complete=False)


@pytest.mark.parametrize(("vct", "claims"), FULL, ids=FULL_IDS)
@pytest.mark.parametrize("complete", [True, False])
def test_unknown_claim_is_refused_without_naming_it(
    vct: str, claims: dict[str, Any], complete: bool
) -> None:
    error = refused(vct, claims | {"zzUnknownzz": 1}, complete=complete)
    assert error.kind == "malformed"
    assert "zzUnknownzz" not in str(error)


@pytest.mark.parametrize(("vct", "claims"), FULL, ids=FULL_IDS)
def test_no_claim_may_be_null_or_empty(vct: str, claims: dict[str, Any]) -> None:
    for name in claims:
        nothings: list[Any] = [None, "", [], {}]
        for nothing in nothings:
            assert refused(vct, changed(claims, name, to=nothing)).kind in {
                "malformed",
                "claim_missing",
                "policy_unmet",
            }


@pytest.mark.parametrize("claims", [None, [], "{}", b"{}", 1, True])
def test_claims_that_are_no_object_are_refused(claims: object) -> None:
    assert refused(CERTIFICATE, claims).kind == "malformed"


@pytest.mark.parametrize(("vct", "claims"), FULL, ids=FULL_IDS)
def test_claims_of_the_profile_stand_beside_our_own(vct: str, claims: dict[str, Any]) -> None:
    beside = {name: {"x": 1} for name in REGISTERED_CLAIMS} | {"vct": vct}
    assert validate_claims(vct, beside | claims, complete=True)


@pytest.mark.parametrize("name", ["sub", "jti", "_sd", "_sd_alg", "...", "nonce", "aud"])
def test_claims_that_would_link_or_confuse_are_refused(name: str) -> None:
    claims = COMPLETE[CERTIFICATE][0] | {name: "x"}
    assert refused(CERTIFICATE, claims).kind == "malformed"


def test_claims_of_another_type_are_refused() -> None:
    claims = COMPLETE[CERTIFICATE][0] | {"vct": "urn:carnet:mission:1"}
    assert refused(CERTIFICATE, claims).kind == "vct_mismatch"


@pytest.mark.parametrize(("vct", "claims"), FULL, ids=FULL_IDS)
def test_concealed_places_are_those_of_the_table(vct: str, claims: dict[str, Any]) -> None:
    paths = concealable_paths(vct, claims)
    assert len(set(paths)) == len(paths)
    expected = {
        path
        for pattern, sd in credential_type(vct).sd.items()
        if sd != "never"
        for path, _ in select(claims, pattern)
    }
    assert set(paths) == expected
    never = {
        path
        for pattern, sd in credential_type(vct).sd.items()
        if sd == "never"
        for path, _ in select(claims, pattern)
    }
    assert not never & set(paths)


def test_skill_is_shown_without_its_neighbours() -> None:
    paths = concealable_paths(CERTIFICATE, COMPLETE[CERTIFICATE][0])
    assert paths.index(("skills",)) < paths.index(("skills", 0)) < paths.index(("skills", 3))
    assert ("nature",) not in paths
    assert ("level", "eqf") not in paths


def test_nothing_present_nothing_concealed() -> None:
    assert concealable_paths(CERTIFICATE, {"nature": "badge"}) == []


@pytest.mark.parametrize("vct", COMPLETE)
def test_integrity_is_standard_base64_over_the_served_bytes(vct: str) -> None:
    digest = hashlib.sha256(type_metadata_bytes(vct)).digest()
    assert type_metadata_integrity(vct) == f"sha256-{b64encode(digest).decode()}"
    assert type_metadata_bytes(vct) is type_metadata_bytes(vct)


@pytest.mark.parametrize(
    ("vct", "path", "value", "fr", "en"),
    [
        (CERTIFICATE, ("nature",), "badge", "Badge", "Badge"),
        (CERTIFICATE, ("level", "eqf"), 6, "Niveau 6", "EQF level 6"),
        (CERTIFICATE, ("skills", 3, "framework"), "own", "Ses propres mots", "Own words"),
        (
            "urn:carnet:mission-history:1",
            ("periods", 0, "pages", 1, 2, "outcome"),
            "disputed",
            "Mission contestée",
            "Mission disputed",
        ),
    ],
)
def test_value_of_a_closed_list_has_words(
    vct: str, path: tuple[str | int, ...], value: object, fr: str, en: str
) -> None:
    assert (value_words(vct, path, value, language="fr") or "").startswith(fr)
    assert (value_words(vct, path, value, language="en") or "").startswith(en)
    assert (value_words(vct, path, value, language="de") or "").startswith(en)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("nature",), "unheard_of"),
        (("nature",), ["badge"]),
        (("nature", 0), "badge"),
        (("title", "fr"), "badge"),
        (("level", "eqf"), True),
        ((), "badge"),
    ],
)
def test_other_values_have_no_words_of_ours(path: tuple[str | int, ...], value: object) -> None:
    assert value_words(CERTIFICATE, path, value, language="fr") is None


SIGNERS = {
    "urn:carnet:learning-activity:1": {"platform", "association", "mentor"},
    "urn:carnet:mission:1": {"platform", "buyer"},
    "urn:carnet:mission-history:1": {"platform"},
    "urn:carnet:endorsement:1": {"buyer"},
    "urn:carnet:fair-platform:1": {"union", "auditor"},
    "urn:carnet:reply:1": {"worker"},
    CERTIFICATE: {"training_body", "certifier"},
}
CLASSES = [
    "training_body",
    "certifier",
    "employer",
    "platform",
    "association",
    "buyer",
    "mentor",
    "peer",
    "union",
    "auditor",
    "worker",
    "",
    "anyone",
    "Employer",
]


@pytest.mark.parametrize("signer_class", CLASSES)
@pytest.mark.parametrize(("vct", "claims"), FULL, ids=FULL_IDS)
def test_only_the_signers_of_the_design_sign(
    vct: str, claims: dict[str, Any], signer_class: str
) -> None:
    if signer_class in SIGNERS[vct]:
        check_signer_may_say(vct, claims, signer_class=signer_class)
        return
    with pytest.raises(SchemaError) as caught:
        check_signer_may_say(vct, claims, signer_class=signer_class)
    assert caught.value.kind == "policy_unmet"


def test_incomplete_claims_are_never_signed() -> None:
    claims = without(COMPLETE[CERTIFICATE][0], "title")
    with pytest.raises(SchemaError) as caught:
        check_signer_may_say(CERTIFICATE, claims, signer_class="training_body")
    assert (caught.value.kind, caught.value.pointer) == ("claim_missing", "/title")
