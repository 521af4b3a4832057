import functools

import pytest

from carnet_schemas.catalog import concealable_paths, validate_claims
from carnet_schemas.types.fair_platform import CRITERION_WORDS, FairPlatform
from support.credential_samples import FAIR_PLATFORM, without
from support.refused_claims import assert_form_refused, refused

VCT = "urn:carnet:fair-platform:1"

refusal = functools.partial(refused, VCT)


def test_label_is_typed_and_hides_nothing() -> None:
    model = validate_claims(VCT, FAIR_PLATFORM, complete=True)
    assert isinstance(model, FairPlatform)
    assert model.platform.siren == "123456789"
    assert concealable_paths(VCT, FAIR_PLATFORM) == []


def test_every_criterion_is_read_and_has_words() -> None:
    every = [{"criterion": criterion} for criterion in CRITERION_WORDS]
    assert validate_claims(VCT, FAIR_PLATFORM | {"criteria": every}, complete=True)
    assert all(set(words) == {"fr", "en"} for words in CRITERION_WORDS.values())


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("name", ["platform", "charter", "criteria", "month"])
def test_every_part_is_always_shown(name: str, complete: bool) -> None:
    error = refusal(without(FAIR_PLATFORM, name), complete=complete)
    assert (error.kind, error.pointer) == ("claim_missing", f"/{name}")


@pytest.mark.parametrize("name", ["given_name", "family_name", "usual_name", "workers", "owner"])
def test_no_person_is_in_a_label(name: str) -> None:
    assert refusal(FAIR_PLATFORM | {name: "Amina"}).kind == "malformed"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("platform",), "Plateforme"),
        (("platform", "name"), ""),
        (("platform", "name"), "Plate\u200bforme"),
        (("platform", "uri"), "http://platform.example"),
        (("platform", "uri"), "https://platform.example@evil.example"),
        (("platform", "uri"), "https://"),
        (("platform", "siren"), "12345678"),
        (("platform", "siren"), "123 456 789"),
        (("platform", "siren"), 123456789),
        (("charter", "version"), ""),
        (("charter", "version"), "v 1"),
        (("charter", "digest"), "sha256:abc"),
        (("criteria",), []),
        (("criteria",), ["fair_pay"]),
        (("criteria",), [{"criterion": "nice"}]),
        (("criteria",), [{"criterion": "fair_pay"}, {"criterion": "fair_pay"}]),
        (("criteria",), [{"criterion": "fair_pay", "met": False}]),
        (("criteria", 0, "note"), "texte"),
        (("month",), "2026-1"),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert_form_refused(VCT, FAIR_PLATFORM, path, value)
