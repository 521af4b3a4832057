"""What the worker reads: both languages, short sentences, no protocol word."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.dcql import UnmetPart, UnmetReason
from carnet_schemas.languages import LANGUAGES
from carnet_trust.askers import AskerKind, AskerName
from carnet_wallet import french_errors, plain_errors, telling, words
from carnet_wallet.card_names import month_words, name_of
from carnet_wallet.matching import missing_parts
from support.wallet_world import NOW, QUESTION, Asker, World, claimed_wallet

ASKER = AskerName(kind=AskerKind.UNKNOWN, name="buyer.example", client_id="x")

AVOIDED = [
    "credential", "jeton", "token", "cryptograph", "révoqué", "revoked", "score", "réputation",
    "notaire", "livret", "passeport", "diplôme", "habilité", "certifié", "invalide", "holder",
    "verifier", "presentation", "disclos", "·e", "·s",
]  # fmt: skip


def sentences() -> Iterator[tuple[str, str]]:
    tables = (
        words.WORDS, words.STATES, words.OUTCOMES, words.UNMET, plain_errors._KINDS,
        {"form": plain_errors._UNREADABLE},
    )  # fmt: skip
    for table in tables:
        for key, texts in table.items():
            assert set(texts) == set(LANGUAGES), key
            for text in texts.values():
                yield str(key), text
    for french in (french_errors.SENTENCES, french_errors.HINTS):
        for name, text in french.items():
            yield name, name
            yield name, text


def test_every_sentence_is_there_in_both_languages_and_short() -> None:
    for key, text in sentences():
        for sentence in re.split(r"[.!?:]\s", text):
            assert len(sentence.split()) <= 15, key


def test_no_avoided_word_reaches_the_worker() -> None:
    for key, text in sentences():
        for word in AVOIDED:
            assert word not in text.lower(), (key, word)


def test_both_languages_take_the_same_values() -> None:
    for table in (words.WORDS, words.UNMET):
        for key, texts in table.items():
            names = [set(re.findall(r"{(\w+)}", text)) for text in texts.values()]
            assert names[0] == names[1], key


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[2J\x1b[1;1HVérifié", "\u202etxet desrever", "a\nb\nc", "x" * 5_000, "\u2800\u2800"],
)
def test_a_strangers_text_stays_on_one_short_visible_line(hostile: str) -> None:
    asker = AskerName(kind=AskerKind.UNKNOWN, name=hostile, client_id="x")

    line = telling.asker_words(asker, "fr")

    assert line.isprintable()
    assert len(line) < 250


def test_braces_in_a_strangers_text_are_only_text() -> None:
    asker = AskerName(kind=AskerKind.KNOWN, name="{name}{0}{lang.__class__}", client_id="x")

    assert "{lang.__class__}" in telling.asker_words(asker, "en")


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (None, "—", "—"),
        (True, "oui", "yes"),
        (False, "non", "no"),
        (14, "14", "14"),
        ("Été", "Été", "Été"),
        (1.5, "1.5", "1.5"),
    ],
)
def test_values_as_a_person_reads_them(value: object, french: str, english: str) -> None:
    assert telling.value_text(value, "fr") == french
    assert telling.value_text(value, "en") == english


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_preview_tells_every_shown_value_and_no_hidden_one(tmp_path: Path, lang: str) -> None:
    world = World(tmp_path / "carnet")
    with claimed_wallet(world) as wallet:
        question = wallet.prepare(Asker(world.web).link, lang=lang, now=NOW)
    assert question.preview is not None

    lines = "\n".join(
        telling.preview_lines(question.preview, issuers={}, host="buyer.example", lang=lang)
    )

    assert "2026-05" in lines
    assert "buyer.example" in lines
    assert "N'Diaye" not in lines
    assert "Amina" not in lines


@pytest.mark.parametrize(
    ("lang", "text"), [("fr", "12/03/2026 14:05 UTC"), ("en", "12 March 2026, 14:05 UTC")]
)
def test_a_moment_is_read_in_one_way_only(lang: str, text: str) -> None:
    assert telling.day_and_time(1_773_324_300, lang) == text


def test_labels_of_another_locale_are_better_than_none() -> None:
    assert telling.in_language({"fr-FR": "Niveau", "de": "Stufe"}, "fr") == "Niveau"
    assert telling.in_language({"de": "Stufe"}, "fr") == "Stufe"
    assert telling.in_language({}, "fr", otherwise="?") == "?"


def test_a_claim_is_one_line_with_all_its_values(tmp_path: Path) -> None:
    world = World(tmp_path / "carnet")
    with claimed_wallet(world) as wallet:
        one = wallet.card(wallet.list(now=NOW)[0].card.card_id)

    lines = telling.card_lines(one, issuer="school.example", lang="fr")

    assert "  Nature du document : Attestation de fin de formation" in lines
    assert lines[0] == "Attestation de compétences · Délivré par school.example"
    assert sum(line.startswith("  Compétences : ") for line in lines) == 4
    assert "  Compétences : électricité · ESCO (Europe)" in lines
    assert "  Compétences : Calme avec les clients · Ses propres mots" in lines
    assert "  Niveau : Niveau 3 : celui d'un CAP ou d'un BEP" in lines
    assert not any("http://data.europa.eu" in line or "1.1.1" in line for line in lines)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_preview_says_what_is_asked_for_before_where_it_goes(tmp_path: Path, lang: str) -> None:
    world = World(tmp_path / "carnet")
    with claimed_wallet(world) as wallet:
        question = wallet.prepare(Asker(world.web).link, lang=lang, now=NOW)
        bare = {"credentials": [QUESTION["credentials"][0] | {"claims": [{"path": ["nature"]}]}]}
        other = wallet.prepare(Asker(world.web, question=bare).link, lang=lang, now=NOW)
    asked = {"fr": ["Intitulé", "Mois de fin"], "en": ["Title", "Month of completion"]}
    kind = {"fr": ["Attestation de compétences"], "en": ["Skill certificate"]}

    for one, names in ((question, asked), (other, kind)):
        assert one.preview is not None
        lines = telling.preview_lines(one.preview, issuers={}, host="buyer.example", lang=lang)
        assert lines[1 : 1 + len(names[lang])] == [f"  - {name}" for name in names[lang]]
        assert "buyer.example" in lines[1 + len(names[lang])]


@pytest.mark.parametrize(
    ("claims", "about", "month"),
    [
        ({"title": {"fr": "Été", "en": "Summer"}, "month": "2026-05"}, "Summer", "2026-05"),
        ({"title": "Plain"}, "Plain", None),
        ({"role": {"label": "Ménage", "lang": "fr"}, "month": "2026-02"}, "Ménage", "2026-02"),
        ({"skill": {"label": "Calme"}, "as_of": "2026-12"}, "Calme", "2026-12"),
        ({}, "", None),
        ({"title": 7, "month": 2026}, "", None),
        ({"title": ["x"], "month": "2026-13"}, "", None),
        ({"title": {"fr": 1}, "month": "2026-05-01"}, "", None),
        ({"title": {"fr": {}}, "role": "Agent", "month": "٢٠٢٦-05"}, "Agent", None),
    ],
    ids=range(9),
)
def test_what_a_certificate_is_called(claims: Any, about: str, month: str | None) -> None:
    name = name_of(claims)
    assert telling.in_language(name.about, "en") == about
    assert name.month == month


def test_a_month_in_words() -> None:
    assert month_words("2026-08", "fr") == "août 2026"
    assert month_words("2026-12", "en") == "December 2026"


PATHS = {
    "an element nobody has": (["skills", 99], "Compétence"),
    "all elements": (["skills", None], "Compétence"),
    "deep in an element": (["skills", 99, "nowhere"], "Compétence"),
    "a part": (["level", "eqf"], "Niveau européen (CEC)"),
    "an unknown part": (["level", "stars"], "Niveau"),
    "unknown": (["driving", "licence"], "driving · licence"),
    "no name": ([None], "une partie sans nom"),
    "a number": ([3, None], "une partie sans nom"),
}


@pytest.mark.parametrize(("path", "told"), PATHS.values(), ids=PATHS)
def test_what_is_missing_has_a_name(tmp_path: Path, path: Any, told: str) -> None:
    world = World(tmp_path / "carnet")
    with claimed_wallet(world) as wallet:
        cards = [wallet.card(wallet.list(now=NOW)[0].card.card_id)]
    part = UnmetPart(query_id="a", reason=UnmetReason.CLAIM_MISSING, path=tuple(path))

    lines = telling.missing_lines(missing_parts([part], cards), ASKER, "fr")

    assert lines[0] == "Une personne inconnue (buyer.example) vous a envoyé cette demande."
    assert lines[2] == f"  - Votre attestation ne dit rien sur : {told}."
