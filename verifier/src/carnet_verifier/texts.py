"""Chooses the sentence for a finding and fills in names and days.

A name comes from trust data or is the host an issuer is known by, never from the document.
"""

from typing import Final

from carnet_securing.errors import ErrorKind
from carnet_trust.display_name import NameMark, issuer_name
from carnet_trust.lookups import FoundIssuer
from carnet_verifier import headlines, particular_sentences, sentences
from carnet_verifier.conclusion import Conclusion
from carnet_verifier.dates import day_words
from carnet_verifier.particular_sentences import Variant
from carnet_verifier.report import (
    Alert,
    AlertId,
    Check,
    CheckId,
    CheckOutcome,
    Ground,
    Outcome,
    Showing,
    Text,
)
from carnet_verifier.sentences import Said

UNKNOWN_ISSUER: Final[Text] = sentences.both("cet organisme", "this organisation")


def issuer_text(found: FoundIssuer) -> Text:
    """The issuer's name in both languages: from its trust entry, else its cleaned host."""
    return {language: str(issuer_name(found, lang=language)) for language in ("fr", "en")}


def name_alerts(found: FoundIssuer) -> tuple[Alert, ...]:
    """What to look at twice in a name that no trust data gives."""
    marks = issuer_name(found, lang="en").marks
    return (alert(AlertId.LOOKALIKE_NAME),) if NameMark.PUNYCODE in marks else ()


def alert(name: AlertId) -> Alert:
    """An alert with its sentence."""
    return Alert(id=name, text=particular_sentences.ALERTS[name])


def said(
    check: CheckId,
    outcome: CheckOutcome,
    *,
    kind: ErrorKind | None,
    variant: Variant | None,
    issuer: Text,
    when: int | None,
) -> Said:
    """What is said about one finding: by its variant, else its kind, else its outcome."""
    if variant is not None:
        chosen = particular_sentences.BY_VARIANT[variant]
    else:
        by_kind = None if kind is None else particular_sentences.BY_KIND.get((check, outcome, kind))
        chosen = by_kind or sentences.BY_OUTCOME[(check, outcome)]
    undated = None if kind is None else particular_sentences.WITHOUT_DATE.get(kind)
    return Said(
        text=_filled(chosen.text, issuer=issuer, when=when, undated=undated),
        does_not_prove=chosen.does_not_prove,
        what_to_do=_filled(chosen.what_to_do, issuer=issuer, when=None, undated=None),
    )


def headline(conclusion: Conclusion, *, issuer: Text | None, showing: Showing | None) -> Text:
    """The first sentence a reader sees.

    Args:
        issuer: the name of whoever signed what the conclusion is about; None when nothing
            is known to be authentic.
        showing: for a code on a screen, what it is worth.
    """
    leading, ground = conclusion.leading, conclusion.ground
    when = None if leading is None else leading.when
    undated: Text | None = None
    if ground is None:
        chosen = _unrejected(conclusion, showing)
    elif issuer is None and ground is not Ground.NOT_AUTHENTIC:
        chosen = headlines.NOTHING_AUTHENTIC
    elif leading is not None and leading.id is CheckId.FORMAT:
        chosen = headlines.UNREADABLE
    elif ground is Ground.POLICY_UNMET and leading is not None:
        chosen = headlines.UNMET.get(leading.id, headlines.HEADLINES[ground])
    else:
        chosen, undated = headlines.HEADLINES[ground], headlines.WITHOUT_DATE.get(ground)
    return _filled(chosen, issuer=issuer or UNKNOWN_ISSUER, when=when, undated=undated)


def what_to_do(conclusion: Conclusion) -> Text:
    """The next step, which is that of the check that decided; empty when everything holds."""
    leading: Check | None = conclusion.leading
    return {} if leading is None else leading.what_to_do


def joined(names: tuple[Text, ...]) -> Text | None:
    """Several names in one sentence; None for none."""
    if not names:
        return None
    words = {"fr": " et ", "en": " and "}
    return {
        language: word.join(dict.fromkeys(name[language] for name in names))
        for language, word in words.items()
    }


def _unrejected(conclusion: Conclusion, showing: Showing | None) -> Text:
    outcome, leading = conclusion.outcome, conclusion.leading
    if outcome is Outcome.VERIFIED and showing is not None:
        return headlines.BY_SHOWING[showing]
    if outcome is Outcome.UNDETERMINED and leading is not None:
        return headlines.UNCHECKED.get(leading.id, headlines.HEADLINES[outcome])
    return headlines.HEADLINES[outcome]


def _filled(text: Text, *, issuer: Text, when: int | None, undated: Text | None) -> Text:
    day = None if when is None else day_words(when)
    if day is None and undated is not None:
        text = undated
    filled = {}
    for language, sentence in text.items():
        dated = sentence if day is None else sentence.replace("{date}", day[language])
        filled[language] = dated.replace("{issuer}", issuer[language])
    return filled
