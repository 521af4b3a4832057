"""Templates: what a class's certificates say, refused before they meet a name."""

import pytest

from carnet_issuer.calendar_months import day_of, end_of_month_after, month_of
from carnet_issuer.errors import TemplateError
from carnet_issuer.templates import MAX_TEMPLATE_BYTES, Template, read_template
from support import shared
from support.issuer_service import NOW, TEMPLATE

TEXT = TEMPLATE.decode()


def read(text: str, *, signer: str = "training_body", now: int = NOW) -> Template:
    return read_template(text.encode(), signer_class=signer, now=now)


def changed(**lines: str | None) -> str:
    """The sample with lines replaced by name; None removes one."""
    kept = [
        line
        for line in TEXT.splitlines()
        if line.split("=")[0].strip() not in lines or line.startswith(("[", " "))
    ]
    added = [f"{name} = {value}" for name, value in lines.items() if value is not None]
    return "\n".join(added + kept)


def test_the_samples_are_read() -> None:
    shared_sample = shared.data("samples") / "template-electrical-safety.toml"
    for data in (TEMPLATE, shared_sample.read_bytes()):
        template = read_template(data, signer_class="training_body", now=NOW)
        assert template.vct == "urn:carnet:skill-certificate:1"
        assert template.claims["nature"] == "end_of_training"
        assert template.claims["level"] == {"eqf": 3}


def test_the_same_template_twice_is_one() -> None:
    assert read(TEXT).id == read("# a comment\n" + TEXT).id
    assert read(TEXT).id != read(changed(hours="15")).id


def test_the_stored_form_reads_back() -> None:
    template = read(TEXT)
    assert Template.from_document(template.id, template.to_document()) == template


@pytest.mark.parametrize(
    ("assessed", "months", "end"),
    [
        ("2026-06", 36, "2029-07-01"),
        ("2026-12", 1, "2027-02-01"),
        ("2026-11", 1, "2027-01-01"),
        ("2024-02", 48, "2028-03-01"),
    ],
)
def test_validity_runs_through_the_last_month(assessed: str, months: int, end: str) -> None:
    from datetime import UTC, datetime

    until = end_of_month_after(assessed, months)
    assert datetime.fromtimestamp(until, UTC).isoformat() == f"{end}T00:00:00+00:00"


def test_days_and_months_are_utc() -> None:
    assert day_of(NOW) % 86_400 == 0
    assert NOW - day_of(NOW) < 86_400
    assert month_of(0) == "1970-01"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "vct_mismatch"),
        ("type = ", "malformed"),
        ("= [", "malformed"),
        (changed(type='"urn:carnet:mission:1"'), "vct_mismatch"),
        (changed(type='"https://example.org/x"'), "vct_mismatch"),
        (changed(type="7"), "vct_mismatch"),
        (changed(nature='"diploma"'), "malformed"),
        (changed(nature=None), "claim_missing"),
        (changed(nature='"rncp"'), "policy_unmet"),
        (changed(nature='"employer_authorisation"'), "policy_unmet"),
        (changed(level="9"), "malformed"),
        (changed(level='"three"'), "malformed"),
        (changed(hours='"quatorze"'), "malformed"),
        (changed(hours="-1"), "malformed"),
        (changed(assessed_on='"2026-13"'), "malformed"),
        (changed(assessed_on='"May 2026"'), "malformed"),
        (changed(assessed_on='"2099-01"'), "not_yet_valid"),
        (changed(assessed_on=None), "malformed"),
        (changed(assessed_on='"2001-01"'), "expired"),
        (changed(valid_months="0"), "malformed"),
        (changed(valid_months='"36"'), "malformed"),
        (changed(valid_months="99999"), "malformed"),
        (changed(nationality='"FR"'), "policy_unmet"),
        (changed(birth_date='"1990-01-01"'), "policy_unmet"),
        (changed(evidence='[{kind="document", label="x", gps="48.8,2.3"}]'), "policy_unmet"),
        (changed(method='"by_guess"'), "malformed"),
        (TEXT + '\n[[skills]]\nlabel = "bare label"\nlang = "en"\n', "claim_missing"),
        (TEXT.replace("http://data.europa.eu/esco", "https://data.europa.eu/esco"), "malformed"),
        ("x" * (MAX_TEMPLATE_BYTES + 1), "too_large"),
    ],
)
def test_a_wrong_template_is_refused(text: str, kind: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(text)
    assert caught.value.kind == kind
    assert caught.value.hint


def test_a_template_that_is_no_text() -> None:
    with pytest.raises(TemplateError):
        read_template(b"\xff\xfe\x00", signer_class="training_body", now=NOW)


@pytest.mark.parametrize("signer", ["buyer", "platform", "union", "worker", "nobody"])
def test_a_signer_who_may_not_train_is_refused(signer: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(TEXT, signer=signer)
    assert caught.value.kind == "policy_unmet"


def test_a_registered_certification_comes_with_its_sheet() -> None:
    sheet = '{sheet="RNCP37873", certifier="Certif", partner="École"}'
    assert read(changed(nature='"rncp"', certification=sheet)).claims["certification"]
    for wrong in (changed(certification=sheet), changed(nature='"rncp"')):
        with pytest.raises(TemplateError) as caught:
            read(wrong)
        assert "sheet, certifier and partner" in caught.value.hint


def test_a_date_is_kept_as_its_month() -> None:
    assert read(changed(assessed_on="2026-06-17")).claims["month"] == "2026-06"


NEVER = [
    ('birth_date = "1990-01-01"', "birth date or place"),
    ("birth_date = 1990-01-01", "birth date or place"),
    ('date_naissance = "1990-01-01"', "birth date or place"),
    ('nationality = "FR"', "nationality"),
    ('nationalite = "FR"', "nationality"),
    ('nationalité = "FR"', "nationality"),
    ('photo = "x.jpg"', "photo or face"),
    ("salaire = 12", "pay"),
    ("claims = { salary = 12 }", "pay"),
    ("holder = { detail = { sexe = 'F' } }", "sex"),
]


@pytest.mark.parametrize(("line", "topic"), NEVER)
def test_a_member_of_the_never_list_is_named_as_such(line: str, topic: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(f"{line}\n{TEXT}")
    assert caught.value.kind == "policy_unmet"
    assert caught.value.message.endswith(f": {topic}.")
    assert caught.value.hint.startswith("Take ")


def test_a_section_with_a_member_of_the_never_list() -> None:
    with pytest.raises(TemplateError) as caught:
        read(f"{TEXT}\n[claims]\nsalary = 1200\n")
    assert caught.value.kind == "policy_unmet"
    assert "1200" not in f"{caught.value.message}{caught.value.hint}"


def test_an_unknown_line_that_is_harmless_stays_malformed() -> None:
    with pytest.raises(TemplateError) as caught:
        read(f'colour = "blue"\n{TEXT}')
    assert caught.value.kind == "malformed"


def titled(title: str, nature: str = "end_of_training", more: str = "") -> str:
    head = f'type = "urn:carnet:skill-certificate:1"\nnature = "{nature}"\nmonth = "2026-06"\n'
    return f'{head}{more}[title]\nfr = "{title}"\n'


OVERSTATED = [
    "Titre professionnel RNCP 12345",
    "Titre professionnel maçon",
    "Électricien (RNCP37873)",
    "Certification RS 5801",
    "Diplôme de cuisinier",
    "State diploma in care work",
    "Habilitation électrique B2V",
    "HABILITATION ÉLECTRIQUE",
    "Habilitations électriques B1V BR",
    "Nationality: French, born 1990-01-01",
    "Maçonnerie, née le 01/01/1990",
    "Date de naissance : 1990",
]


@pytest.mark.parametrize("title", OVERSTATED)
@pytest.mark.parametrize("nature", ["end_of_training", "attendance", "badge"])
def test_a_title_that_claims_more_than_its_nature_is_refused(title: str, nature: str) -> None:
    label = f'[[skills]]\nframework = "own"\nlabel = "{title}"\nlang = "fr"\n'
    for text in (titled(title, nature), titled("Un cours", nature) + label):
        with pytest.raises(TemplateError) as caught:
            read(text)
        assert caught.value.kind == "policy_unmet"
        assert caught.value.hint


@pytest.mark.parametrize(
    "title",
    [
        "Formation à la sécurité électrique : travaux du bâtiment",
        "Préparation à l'habilitation électrique B2V",
        "Formation préparatoire au titre professionnel de maçon",
        "Gérer les habilitations d'un annuaire",
        "Réhabilitation de logements",
        "Liaisons série RS 485 et RS232",
        "Droit de la nationalité",
        "Né pour vendre en 2 jours",
    ],
)
def test_a_title_that_says_what_the_course_is(title: str) -> None:
    assert read(titled(title)).claims["title"]["fr"] == title


def test_a_title_that_its_nature_carries() -> None:
    sheet = 'certification = {sheet="RNCP37873", certifier="Certif", partner="École"}\n'
    assert read(titled("Titre professionnel RNCP 37873", "rncp", sheet))
    assert read(titled("Habilitation électrique B2V", "authorisation_opinion"))
    employer = titled("Habilitation électrique B2V", "employer_authorisation")
    assert read(employer, signer="employer")
    with pytest.raises(TemplateError):
        read(employer)
    with pytest.raises(TemplateError):
        read(titled("Nationality: French", "authorisation_opinion"))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (changed(level="9"), "Look at the line level."),
        (changed(hours='"x"'), "Look at hours."),
        (changed(method='"by_guess"'), "Look at the line method."),
        (changed(nature='"diploma"'), "Look at nature."),
        (
            TEXT.replace('lang = "fr"', 'lang = "français"', 1),
            "Look at the skill number 1, its lang.",
        ),
        ('title = "Sécurité"\n' + TEXT.replace("[title]", "[x]"), "Write [title] on one line"),
    ],
)
def test_the_hint_says_in_words_where_to_look(text: str, hint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(text)
    assert caught.value.kind == "malformed"
    assert caught.value.hint.startswith(hint)
    assert "/" not in caught.value.message
