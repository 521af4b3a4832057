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
        (changed(nationality='"FR"'), "malformed"),
        (changed(birth_date='"1990-01-01"'), "malformed"),
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
    with pytest.raises(TemplateError):
        read(changed(certification=sheet))


def test_a_date_is_kept_as_its_month() -> None:
    assert read(changed(assessed_on="2026-06-17")).claims["month"] == "2026-06"
