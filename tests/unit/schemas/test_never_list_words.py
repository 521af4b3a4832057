import pytest

from carnet_schemas import never_list
from carnet_schemas.errors import SchemaError
from carnet_schemas.never_list import Topic, topic_of
from carnet_schemas.never_list_words import RUNS


def refusal(claims: object) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        never_list.check(claims)
    return caught.value


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_has_words(topic: Topic) -> None:
    assert RUNS[topic]
    assert all(word.isascii() and word.islower() for run in RUNS[topic] for word in run)


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("nationality", Topic.NATIONALITY),
        ("NATIONALITY", Topic.NATIONALITY),
        ("holderNationality", Topic.NATIONALITY),
        ("holder.nationality.code", Topic.NATIONALITY),
        ("Nationalité", Topic.NATIONALITY),
        ("nationalite\u0301", Topic.NATIONALITY),
        ("ｎａｔｉｏｎａｌｉｔｙ", Topic.NATIONALITY),
        ("na\u200btionality", Topic.NATIONALITY),
        ("nationality_hash", Topic.NATIONALITY),
        ("workernationality", Topic.NATIONALITY),
        ("titre-de-séjour", Topic.RESIDENCE),
        ("dateOfBirth", Topic.BIRTH),
        ("DOB", Topic.BIRTH),
        ("birthdate", Topic.BIRTH),
        ("age_over_18", Topic.BIRTH),
        ("date_naissance", Topic.BIRTH),
        ("NIR", Topic.SOCIAL_SECURITY_NUMBER),
        ("worker_ssn", Topic.SOCIAL_SECURITY_NUMBER),
        ("home_address_line1", Topic.HOME),
        ("communeDeResidence", Topic.HOME),
        ("gps_lat", Topic.LOCATION),
        ("amount_eur", Topic.PAY),
        ("TauxHoraire", Topic.PAY),
        ("cancelled_by", Topic.CANCELLATION),
        ("acceptance_rate", Topic.ACCEPTANCE_RATE),
        ("tempsDeReponse", Topic.RESPONSE_TIME),
        ("connected_hours", Topic.CONNECTED_HOURS),
        ("civilité", Topic.CIVIL_TITLE),
        ("profile_picture", Topic.PHOTO),
        ("RQTH", Topic.HEALTH),
    ],
)
def test_spelling_does_not_help(name: str, topic: Topic) -> None:
    assert topic_of(name) is topic
    assert refusal({name: "x"}).kind == "policy_unmet"


@pytest.mark.parametrize(
    "name",
    [
        *("hours", "rating", "level", "month", "role", "reference", "counterparty", "outcome"),
        *("average", "language", "stage", "package", "message", "usage", "page", "pages"),
        *("composition", "communication", "storage", "homepage", "track_record_id"),
        *("", "...", "_sd", "0", "\u0000", "日本語"),
    ],
)
def test_innocent_names_pass(name: str) -> None:
    if name == "track_record_id":
        assert topic_of(name) is Topic.LOCATION, "a word of the list inside a name is refused"
        return
    assert topic_of(name) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"title": "Mme"},
        {"title": ["M."]},
        {"holder": {"title": {"fr": "Madame"}}},
        {"skills": [{"title": {"fr": "x"}}]},
        [{"title": {"fr": "x"}}],
    ],
)
def test_title_of_a_person_is_refused(claims: object) -> None:
    assert refusal(claims).kind == "policy_unmet"


def test_title_of_the_certificate_passes() -> None:
    never_list.check({"title": {"fr": "Sécurité électrique"}})


@pytest.mark.parametrize(
    "claims",
    [
        {"claims": [{"name": "nationality", "value": "x"}]},
        {"claims": ["nationality"]},
        {"extra": {"key": "Numéro de sécurité sociale", "value": "x"}},
        {"fields": [{"claim": "date_naissance"}]},
        {"path": ["address", "street"]},
        {"attribute": "SSN"},
        {"champ": "sexe"},
    ],
)
def test_name_given_as_a_value_is_refused(claims: object) -> None:
    assert refusal(claims).kind == "policy_unmet"


@pytest.mark.parametrize(
    "claims",
    [
        {"family_name": "Paye"},
        {"given_name": "Race"},
        {"usual_name": "Santé"},
        {"platform": {"name": "Syndicat des coursiers"}},
        {"label": "santé et sécurité au travail"},
        {"label": "photo"},
    ],
)
def test_person_called_like_a_word_of_the_list_passes(claims: object) -> None:
    never_list.check(claims)


@pytest.mark.parametrize(
    "text",
    [
        "255081416802538",
        "2 55 08 14 168 025 38",
        "Mme D., n° 2-55-08-14-168-025-38.",
        "2\u202f55\u202f08\u202f14\u202f168\u202f025\u202f38",
    ],
)
def test_social_security_number_is_found_in_any_text(text: str) -> None:
    for claims in ({"note": text}, {"a": [{"b": text}]}, {"given_name": text}):
        error = refusal(claims)
        assert error.kind == "policy_unmet"
        assert text not in str(error)


@pytest.mark.parametrize(
    "text",
    ["255081416802539", "955081416802538", "1255081416802538", "25508141680253", "1 2 3"],
)
def test_other_numbers_pass(text: str) -> None:
    never_list.check({"note": text})


@pytest.mark.parametrize("text", ["data:image/png;base64,AA", "DATA:IMAGE/JPEG,x"])
def test_image_in_an_address_is_refused(text: str) -> None:
    assert refusal({"uri": text}).kind == "policy_unmet"


def test_pointer_stops_above_the_name() -> None:
    error = refusal({"skills": [{"label": "x"}, {"nationality": "Valyrian"}]})
    assert error.pointer == "/skills/1"
    assert "Valyrian" not in str(error)


def test_deep_and_wide_claims_are_bounded_work() -> None:
    deep: object = {"nationality": 1}
    for _ in range(5_000):
        deep = [deep]
    assert refusal(deep).kind == "policy_unmet"
    assert refusal({"a": [0] * (never_list.MAX_VALUES + 1)}).kind == "too_large"
    long = {"x" * 1_000_000: 1, "note": "1 " * 500_000}
    never_list.check(long)


@pytest.mark.parametrize("name", [None, 1, b"nationality", ("a",)])
def test_name_that_is_no_text_is_refused(name: object) -> None:
    assert refusal({name: 1}).kind == "malformed"
