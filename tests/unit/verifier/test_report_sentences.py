"""Every sentence a buyer reads: both languages, short, in the words of docs/words.md."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from carnet_securing.errors import ErrorKind
from carnet_trust.lookups import LookupAlert
from carnet_verifier import headlines, particular_sentences, sentences
from carnet_verifier.conclusion import Conclusion
from carnet_verifier.report import AlertId, Check, CheckId, CheckOutcome, Ground, Outcome, Showing
from carnet_verifier.sentences import Said
from carnet_verifier.texts import UNKNOWN_ISSUER, headline, joined, said
from support.shared import REPOSITORY

ISSUER = {"fr": "Centre de formation du Moulin", "en": "Mill Training Centre"}
LONGEST = 15
_FRAUD = re.compile(
    r"fraud|faux|fausse|falsifi|contrefa|truqu|modifié|altér|altered|forged|fake|tamper|not genuine"
    r"|non authentique|mensong|\blie[sd]?\b|suspect|tromp|deceiv",
    re.IGNORECASE,
)


def _tables() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every text with a name."""
    modules: list[Any] = [headlines, particular_sentences, sentences]
    for module in modules:
        for name, table in vars(module).items():
            if not name.isupper():
                continue
            entries = table.items() if isinstance(table, Mapping) else ()
            if "fr" in dict(entries):
                yield f"{name}", table
                continue
            for key, value in entries:
                if isinstance(value, Said):
                    for member in ("text", "does_not_prove", "what_to_do"):
                        if getattr(value, member):
                            yield f"{name} {key} {member}", getattr(value, member)
                else:
                    yield f"{name} {key}", value


TEXTS = dict(_tables())
"""Each text by its name."""


def _filled(sentence: str) -> str:
    return sentence.replace("{issuer}", ISSUER["fr"]).replace("{date}", "20 septembre 2026")


def _avoided() -> list[str]:
    page = (REPOSITORY / "docs" / "words.md").read_text(encoding="utf-8")
    _, _, listed = page.partition("Avoided on screen:")
    words = " ".join(listed.split()).rstrip(".").split(", ")
    assert len(words) >= 10
    return words


def test_the_tables_were_found() -> None:
    assert len(TEXTS) > 100
    assert sum(name.startswith("HEADLINES") for name in TEXTS) == 10


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_both_languages_and_short(text: Mapping[str, str]) -> None:
    assert set(text) == {"fr", "en"}
    for whole in text.values():
        assert whole
        assert whole.endswith((".", "?"))
        assert whole[0].isupper() or whole.startswith("{issuer}")
        for sentence in re.split(r"(?<=[.?!])\s+", _filled(whole)):
            words = [word for word in sentence.split() if any(map(str.isalnum, word))]
            assert len(words) <= LONGEST, sentence


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_word_that_is_avoided_on_screen(text: Mapping[str, str]) -> None:
    whole = " ".join(text.values()).lower()
    for word in _avoided():
        assert re.search(rf"\b{re.escape(word)}", whole) is None, word
    assert "invalid" not in whole


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_words_of_fraud_belong_to_one_ground(text: Mapping[str, str]) -> None:
    accuses = any(_FRAUD.search(whole) for whole in text.values())
    assert accuses is (text is headlines.HEADLINES[Ground.NOT_AUTHENTIC])


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_both_languages_leave_room_for_the_same_names(text: Mapping[str, str]) -> None:
    french, english = (sorted(re.findall(r"\{\w+\}", text[each])) for each in ("fr", "en"))
    assert french == english
    assert set(french) <= {"{issuer}", "{date}"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_french_name_needs_an_elision(text: Mapping[str, str]) -> None:
    assert re.search(r"\b(de|que|ne|le|la|je|se) \{issuer\}", text["fr"]) is None


GENUINE = [
    *(text for key, text in headlines.HEADLINES.items() if isinstance(key, Ground)),
    *headlines.WITHOUT_DATE.values(),
    *headlines.UNMET.values(),
]


@pytest.mark.parametrize("text", GENUINE, ids=lambda text: text["en"])
def test_every_other_refusal_says_genuine_and_by_whom(text: Mapping[str, str]) -> None:
    accuses = text is headlines.HEADLINES[Ground.NOT_AUTHENTIC]
    assert text["fr"].startswith("Authentique") is not accuses
    assert text["en"].startswith("Genuine") is not accuses
    assert ("{issuer}" in text["fr"]) is not accuses


@pytest.mark.parametrize("alert", LookupAlert)
def test_every_alert_of_a_lookup_has_a_sentence(alert: LookupAlert) -> None:
    assert particular_sentences.ALERTS[AlertId(alert.value)]


def test_every_alert_has_a_sentence() -> None:
    assert set(particular_sentences.ALERTS) == set(AlertId)


@pytest.mark.parametrize("variant", particular_sentences.Variant)
def test_every_variant_has_a_sentence(variant: particular_sentences.Variant) -> None:
    assert particular_sentences.BY_VARIANT[variant].text


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        (check, outcome)
        for (check, outcome) in sentences.BY_OUTCOME
        if outcome in {CheckOutcome.FAILED, CheckOutcome.NOT_CHECKED, CheckOutcome.UNLISTED}
    ],
)
def test_whoever_is_not_told_yes_is_told_what_to_do(check: CheckId, outcome: CheckOutcome) -> None:
    assert sentences.BY_OUTCOME[(check, outcome)].what_to_do
    for (of, with_outcome, _), entry in particular_sentences.BY_KIND.items():
        if (of, with_outcome) == (check, outcome):
            assert entry.what_to_do


def _said(kind: ErrorKind, when: int | None) -> Said:
    return said(
        CheckId.VALIDITY,
        CheckOutcome.FAILED,
        kind=kind,
        variant=None,
        issuer=ISSUER,
        when=when,
    )


@pytest.mark.parametrize("when", [None, 2**53, -(2**53), 10**15])
@pytest.mark.parametrize("kind", [ErrorKind.EXPIRED, ErrorKind.NOT_YET_VALID])
def test_a_moment_no_calendar_has_leaves_no_gap(kind: ErrorKind, when: int | None) -> None:
    assert _said(kind, when).text == particular_sentences.WITHOUT_DATE[kind]


def test_the_day_is_said_in_words() -> None:
    assert _said(ErrorKind.EXPIRED, 0).text == {
        "fr": "Plus valable depuis le 1er janvier 1970.",
        "en": "No longer valid since 1 January 1970.",
    }


def _led(
    outcome: Outcome, ground: Ground | None = None, check: CheckId | None = None
) -> Conclusion:
    leading = None
    if check is not None:
        leading = Check(id=check, outcome=CheckOutcome.FAILED, text={}, when=None)
    return Conclusion(outcome=outcome, ground=ground, leading=leading)


@pytest.mark.parametrize("ground", [one for one in Ground if one is not Ground.NOT_AUTHENTIC])
def test_nothing_is_called_genuine_that_was_not_looked_at(ground: Ground) -> None:
    text = headline(_led(Outcome.REJECTED, ground, CheckId.QUESTION), issuer=None, showing=None)
    assert text == headlines.NOTHING_AUTHENTIC
    assert "enuine" not in text["en"]


def test_an_accusation_names_nobody() -> None:
    text = headline(_led(Outcome.REJECTED, Ground.NOT_AUTHENTIC), issuer=ISSUER, showing=None)
    assert ISSUER["en"] not in text["en"]


@pytest.mark.parametrize("check", headlines.UNMET)
def test_unmet_says_what_is_not_met(check: CheckId) -> None:
    led = _led(Outcome.REJECTED, Ground.POLICY_UNMET, check)
    text = headline(led, issuer=ISSUER, showing=None)
    assert ISSUER["en"] in text["en"]
    assert "{" not in text["fr"] + text["en"]


@pytest.mark.parametrize("check", headlines.UNCHECKED)
def test_undetermined_says_what_is_missing(check: CheckId) -> None:
    text = headline(_led(Outcome.UNDETERMINED, None, check), issuer=ISSUER, showing=None)
    assert "Could not check everything: " in text["en"]


@pytest.mark.parametrize(
    ("outcome", "showing", "begins"),
    [
        (Outcome.VERIFIED, Showing.RECORDED, "May be a copy."),
        (Outcome.VERIFIED, Showing.LIVE, "Made for you, just now."),
        (Outcome.VERIFIED, None, "Verified: "),
        (Outcome.GENUINE_UNLISTED, Showing.LIVE, "Intact, "),
        (Outcome.UNDETERMINED, Showing.LIVE, "We could not"),
    ],
)
def test_recorded_or_live_is_said_first_of_what_is_verified(
    outcome: Outcome, showing: Showing | None, begins: str
) -> None:
    assert headline(_led(outcome), issuer=ISSUER, showing=showing)["en"].startswith(begins)


def test_names_are_joined_and_each_said_once() -> None:
    assert joined(()) is None
    assert joined((ISSUER, UNKNOWN_ISSUER, ISSUER)) == {
        "fr": "Centre de formation du Moulin et cet organisme",
        "en": "Mill Training Centre and this organisation",
    }
