import functools
from typing import Any

import pytest

from carnet_schemas.catalog import check_signer_may_say, validate_claims, value_words
from carnet_schemas.errors import SchemaError
from carnet_schemas.levels import LEVEL_WORDS
from carnet_schemas.types.skill_certificate import NATURE_WORDS, SkillCertificate
from support.credential_samples import (
    ESCO_SKILL,
    RNCP_CERTIFICATE,
    ROME_SKILL,
    SKILL,
    SKILL_CERTIFICATE,
    SKILL_CERTIFICATE_MINIMAL,
    changed,
    without,
)
from support.refused_claims import assert_form_refused, refused

VCT = "urn:carnet:skill-certificate:1"
REGISTERED = {"rncp": "RNCP37873", "rs": "RS6789", "rncp_block": "RNCP37873BC01"}

refusal = functools.partial(refused, VCT)


def registered(nature: str, **certification: Any) -> dict[str, Any]:
    whole = RNCP_CERTIFICATE["certification"] | {"sheet": REGISTERED[nature]} | certification
    return RNCP_CERTIFICATE | {"nature": nature, "certification": whole}


def test_full_certificate_is_typed() -> None:
    model = validate_claims(VCT, SKILL_CERTIFICATE, complete=True)
    assert isinstance(model, SkillCertificate)
    assert model.level is not None
    assert model.level.eqf == 3
    assert model.hours == 14
    assert type(model.hours) is int
    assert model.skills is not None
    assert model.skills[0].uri == ESCO_SKILL
    assert model.title == SKILL_CERTIFICATE["title"]


def test_repr_shows_no_claim() -> None:
    model = validate_claims(VCT, SKILL_CERTIFICATE, complete=True)
    assert "Amina" not in f"{model!r}{model}"


@pytest.mark.parametrize("nature", NATURE_WORDS)
def test_every_nature_has_words_and_is_read(nature: str) -> None:
    assert set(NATURE_WORDS[nature]) == {"fr", "en"}
    claims = (
        registered(nature)
        if nature in REGISTERED
        else SKILL_CERTIFICATE_MINIMAL | {"nature": nature}
    )
    assert validate_claims(VCT, claims, complete=True)


@pytest.mark.parametrize("nature", ["", "diploma", "RNCP", "Rncp", "end-of-training", 1, ["rncp"]])
def test_nature_is_a_closed_list(nature: object) -> None:
    error = refusal(SKILL_CERTIFICATE | {"nature": nature})
    assert (error.kind, error.pointer) == ("malformed", "/nature")


@pytest.mark.parametrize("complete", [True, False])
def test_nature_is_never_hidden(complete: bool) -> None:
    error = refusal(without(SKILL_CERTIFICATE, "nature"), complete=complete)
    assert (error.kind, error.pointer) == ("claim_missing", "/nature")


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("nature", REGISTERED)
def test_certification_without_its_sheet_is_refused(nature: str, complete: bool) -> None:
    error = refusal(without(registered(nature), "certification"), complete=complete)
    assert error.kind == "policy_unmet"


@pytest.mark.parametrize("member", ["sheet", "certifier", "partner"])
@pytest.mark.parametrize("nature", REGISTERED)
def test_certification_without_a_member_is_refused(nature: str, member: str) -> None:
    error = refusal(without(registered(nature), "certification", member))
    assert (error.kind, error.pointer) == ("claim_missing", f"/certification/{member}")


@pytest.mark.parametrize(
    ("nature", "sheet", "kind"),
    [
        ("rncp", "RS6789", "policy_unmet"),
        ("rncp", "RNCP37873BC01", "policy_unmet"),
        ("rs", "RNCP37873", "policy_unmet"),
        ("rncp_block", "RNCP37873", "policy_unmet"),
        ("rncp_block", "RS6789", "policy_unmet"),
        ("rncp", "37873", "malformed"),
        ("rncp", "RNCP", "malformed"),
        ("rncp", "rncp37873", "malformed"),
        ("rncp", "RNCP 37873", "malformed"),
        ("rncp", "RNCP37873 ", "malformed"),
        ("rncp", "RNCP37873\n", "malformed"),
        ("rncp", "RNCP1234567", "malformed"),
        ("rncp", "RNCP٣٧٨٧٣", "malformed"),
        ("rs", "RS", "malformed"),
        ("rncp_block", "RNCP37873BC1", "malformed"),
        ("rncp", 37873, "malformed"),
    ],
)
def test_sheet_is_the_one_of_its_register(nature: str, sheet: object, kind: str) -> None:
    assert refusal(registered(nature, sheet=sheet)).kind == kind


@pytest.mark.parametrize("nature", sorted(set(NATURE_WORDS) - set(REGISTERED)))
def test_sheet_on_anything_else_is_refused(nature: str) -> None:
    assert refusal(RNCP_CERTIFICATE | {"nature": nature}).kind == "policy_unmet"


MAY_SAY = {
    "end_of_training": {"training_body", "certifier"},
    "attendance": {"training_body", "certifier", "employer", "association"},
    "rncp": {"training_body", "certifier"},
    "rs": {"training_body", "certifier"},
    "rncp_block": {"training_body", "certifier"},
    "authorisation_opinion": {"training_body", "certifier"},
    "employer_authorisation": {"employer"},
    "badge": {"training_body", "certifier", "employer", "association", "platform", "union"},
}


@pytest.mark.parametrize("nature", NATURE_WORDS)
def test_signer_says_only_what_it_may(nature: str) -> None:
    claims = (
        registered(nature)
        if nature in REGISTERED
        else SKILL_CERTIFICATE_MINIMAL | {"nature": nature}
    )
    for signer_class in (
        *("training_body", "certifier", "employer", "platform", "association"),
        *("union", "buyer", "worker", "", "TRAINING_BODY"),
    ):
        if signer_class in MAY_SAY[nature]:
            check_signer_may_say(VCT, claims, signer_class=signer_class)
            continue
        with pytest.raises(SchemaError) as caught:
            check_signer_may_say(VCT, claims, signer_class=signer_class)
        assert caught.value.kind == "policy_unmet"


def test_training_body_gives_an_opinion_and_no_habilitation() -> None:
    claims = SKILL_CERTIFICATE_MINIMAL | {"nature": "employer_authorisation"}
    with pytest.raises(SchemaError) as caught:
        check_signer_may_say(VCT, claims, signer_class="training_body")
    assert (caught.value.kind, caught.value.pointer) == ("policy_unmet", "/nature")


@pytest.mark.parametrize(
    "skill",
    [
        {"label": "électricité"},
        {"label": "électricité", "lang": "fr"},
        "électricité",
        without(SKILL, "framework"),
        without(SKILL, "version"),
        without(SKILL, "uri"),
        without(SKILL, "label"),
        without(SKILL, "lang"),
        SKILL | {"framework": "esco"},
        SKILL | {"framework": "DIGCOMP"},
        SKILL | {"uri": ESCO_SKILL.replace("http:", "https:")},
        SKILL | {"uri": ESCO_SKILL.replace("/skill/", "/occupation/")},
        SKILL | {"uri": ESCO_SKILL.upper()},
        SKILL | {"uri": ESCO_SKILL + "/"},
        SKILL | {"uri": ESCO_SKILL + "#x"},
        SKILL | {"uri": ESCO_SKILL + "\n"},
        SKILL | {"uri": "http://evil.example/esco/skill/" + ESCO_SKILL[-36:]},
        SKILL | {"code": "S1.2"},
        SKILL | {"version": "latest"},
        SKILL | {"version": ""},
        SKILL | {"lang": "French"},
        SKILL | {"lang": "fr_FR"},
        without(ROME_SKILL, "version"),
        without(ROME_SKILL, "code"),
        ROME_SKILL | {"code": "Z1602"},
        ROME_SKILL | {"code": "F16021"},
        ROME_SKILL | {"uri": ESCO_SKILL},
        {"framework": "RNCP", "version": "2026", "code": "37873", "label": "x", "lang": "fr"},
        {"framework": "own", "label": "x", "lang": "fr", "uri": ESCO_SKILL},
        {"framework": "own", "label": "x", "lang": "fr", "uri": "https://tracker.example/p"},
        SKILL | {"level": 3},
    ],
)
def test_skill_is_never_a_bare_label(skill: object) -> None:
    error = refusal(changed(SKILL_CERTIFICATE, "skills", 0, to=skill))
    assert error.kind in {"malformed", "claim_missing"}
    assert error.pointer.startswith("/skills/0")


@pytest.mark.parametrize(
    "skill",
    [
        SKILL,
        SKILL | {"version": "1.2"},
        SKILL | {"lang": "pt-BR"},
        ROME_SKILL,
        ROME_SKILL | {"code": "38522"},
        {
            "framework": "RNCP",
            "version": "2026-01",
            "code": "RNCP37873BC01",
            "label": "x",
            "lang": "fr",
        },
        {"framework": "RNCP", "version": "2026-01", "code": "RS6789", "label": "x", "lang": "fr"},
        {"framework": "own", "label": "x", "lang": "fr", "code": "ATELIER-3", "version": "2"},
    ],
)
def test_skill_is_named_in_its_framework(skill: object) -> None:
    assert validate_claims(VCT, changed(SKILL_CERTIFICATE, "skills", to=[skill]), complete=True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("level",), 3),
        (("level", "eqf"), 0),
        (("level", "eqf"), 9),
        (("level", "eqf"), "3"),
        (("level", "eqf"), 3.0),
        (("level", "eqf"), True),
        (("hours",), -1),
        (("hours",), "14"),
        (("hours",), True),
        (("hours",), 14.005),
        (("hours",), float("nan")),
        (("hours",), float("inf")),
        (("hours",), 10**9),
        (("month",), "2026-13"),
        (("month",), "2026-05-12"),
        (("month",), "2026-5"),
        (("month",), "05/2026"),
        (("month",), "2026-05\n"),
        (("month",), 202605),
        (("month",), "9999-01"),
        (("assessment",), "acquis"),
        (("assessment", "method"), "telepathy"),
        (("assessment", "month"), "mai 2026"),
        (("evidence",), [{"label": "sans nature", "kind": "photo"}]),
        (("evidence", 0, "uri"), "http://example.org/x"),
        (("evidence", 0, "uri"), "https://good@evil.example/"),
        (("evidence", 0, "uri"), "https://"),
        (("evidence", 0, "uri"), "https://example.org:0/"),
        (("evidence", 0, "uri"), "https://example.org:99999/"),
        (("evidence", 0, "uri"), "https://exämple.org/"),
        (("evidence", 0, "uri"), "https://example.org/a b"),
        (("evidence", 0, "uri"), "javascript:alert(1)"),
        (("evidence", 0, "uri"), "data:text/html,x"),
        (("evidence", 0, "digest"), "sha256-abc"),
        (("evidence", 0, "digest"), "md5-" + "A" * 43 + "="),
        (("title",), {}),
        (("title",), {"FR": "x"}),
        (("title",), {"french": "x"}),
        (("title",), {"fr": ""}),
        (("title",), {"fr": 1}),
        (("title",), {"fr": "x" * 201}),
        (("title", "fr"), "Titre\u202e"),
        (("given_name",), "A\u200bmina"),
        (("given_name",), "x" * 101),
        (("given_name",), ["Amina"]),
        (("usual_name",), "Mina\nAdministratrice"),
        (("skills",), [SKILL] * 65),
        (("skills",), {"0": SKILL}),
    ],
)
def test_value_out_of_its_form_is_refused(path: tuple[str | int, ...], value: object) -> None:
    assert_form_refused(VCT, SKILL_CERTIFICATE, path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hours",), 0.25),
        (("hours",), 14.0),
        (("hours",), 0.77),
        (("title",), {"fr": "x" * 200}),
        (("title",), {"zh-Hant-TW": "電氣安全"}),
        (("given_name",), "x" * 100),
        (("given_name",), "Ay\u015fe-Nur d'Almeida"),
        (("evidence", 0, "uri"), "https://example.org"),
        (("evidence", 0, "uri"), "https://xn--exmple-cua.org:8443/a?b=c#d"),
        (("skills",), [SKILL] * 64),
    ],
)
def test_value_at_its_bounds_is_kept(path: tuple[str | int, ...], value: object) -> None:
    assert validate_claims(VCT, changed(SKILL_CERTIFICATE, *path, to=value), complete=True)


def test_month_of_completion_and_title_are_mandatory_but_can_be_hidden() -> None:
    for name in ("title", "month"):
        shown = without(SKILL_CERTIFICATE, name)
        assert refusal(shown).kind == "claim_missing"
        assert validate_claims(VCT, shown, complete=False)


def test_levels_have_words_in_both_languages() -> None:
    assert sorted(LEVEL_WORDS) == list(range(1, 9))
    assert "CAP" in str(value_words(VCT, ("level", "eqf"), 3, language="fr"))
    assert value_words(VCT, ("level", "eqf"), 3, language="de") == LEVEL_WORDS[3]["en"]
    assert value_words(VCT, ("level", "eqf"), 9, language="fr") is None
    for words in LEVEL_WORDS.values():
        assert all(len(text.split()) <= 15 for text in words.values())
