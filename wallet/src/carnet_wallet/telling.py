"""What the wallet says to the worker, in French and in English (docs/words.md).

Plain lines for any screen; sentences of fifteen words at most, no protocol word. Values and
names of strangers are cleaned here (`carnet_trust.clean_text`); escaping for a terminal or
a page belongs to whoever writes there.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carnet_trust.askers import AskerKind, AskerName
from carnet_trust.clean_text import clean_text
from carnet_trust.display_name import entry_name, identifier_name
from carnet_trust.trust_file import TrustData
from carnet_wallet.card_names import MONTHS, CardName, month_words, name_of
from carnet_wallet.cards import HeldCard
from carnet_wallet.consent import Preview, PreviewCard, ShownClaim
from carnet_wallet.matching import MissingPart, all_claims
from carnet_wallet.showings import Showing
from carnet_wallet.states import CardStanding, ListedCard
from carnet_wallet.words import OUTCOMES, STATES, UNMET, WORDS

_LONGEST_VALUE: Final = 120
_COLON: Final = {"fr": " : ", "en": ": "}
_NO_CHOICE: Final[Mapping[str, Mapping[str, str]]] = {}
_FOR_MACHINES: Final = frozenset({"version", "uri", "code", "lang"})
"""What a concept carries beside its framework and label, which name it for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerLabel:
    """What an issuer is called, and whether the worker's trust data calls it so."""

    text: str
    listed: bool


def issuer_label(issuer: str, *, trust: TrustData, lang: str) -> IssuerLabel:
    """How an issuer is called: the trust data's name, or its bare host, marked as such."""
    entry = trust.entry_for(issuer)
    if entry is not None:
        return IssuerLabel(text=entry_name(entry, lang=lang).text, listed=True)
    named = identifier_name(issuer)
    return IssuerLabel(text=issuer if named is None else named.text, listed=False)


def offer_line(issuer: IssuerLabel, lang: str) -> str:
    """Who offers; an issuer that is called by its address is said to be no name she knows."""
    host = word("unlisted", lang, host=issuer.text)
    return word("offer_from", lang, name=issuer.text if issuer.listed else host)


def word(key: str, lang: str, /, **values: str) -> str:
    """One line of the table, filled in with cleaned values."""
    return WORDS[key][lang].format(**{name: clean(value) for name, value in values.items()})


def clean(text: str) -> str:
    """A stranger's text, on one line and no longer than a line."""
    return clean_text(text, max_length=_LONGEST_VALUE).text


def in_language(words: Mapping[str, str], lang: str, *, otherwise: str = "") -> str:
    """A label in a language: that one, a variant of it, or any other there is."""
    for locale, text in words.items():
        if locale.lower().partition("-")[0] == lang:
            return clean(text)
    return clean(next(iter(words.values()), otherwise))


def standing_words(standing: CardStanding, lang: str) -> str:
    """How a certificate stands, and when that was known."""
    words = STATES[standing.state][lang]
    if standing.checked_at is None:
        return words
    return f"{words} ({word('as_of', lang, moment=day_and_time(standing.checked_at, lang))})"


def title_of(words: Mapping[str, str], lang: str) -> str:
    """The title of a certificate's type."""
    return in_language(words, lang, otherwise=WORDS["certificate"][lang])


def card_name(one: HeldCard, lang: str) -> str:
    """What a certificate is about and its month, else what kind it is."""
    name = name_of(one.held.claims)
    parts = _about(name, lang) or [title_of(one.card.labels.title, lang)]
    return " · ".join(parts)


def listed_line(listed: ListedCard, *, issuer: str, lang: str) -> str:
    """A certificate in the list: its id, kind, name, issuer, and whether it is still good."""
    parts = [title_of(listed.card.labels.title, lang), *_about(listed.name, lang), clean(issuer)]
    return f"{listed.card.card_id}  {' · '.join(parts)} · {standing_words(listed.standing, lang)}"


def _about(name: CardName, lang: str) -> list[str]:
    about = in_language(name.about, lang)
    month = None if name.month is None else month_words(name.month, lang)
    return [part for part in (about, month) if part]


def asker_words(asker: AskerName, lang: str, *, asks: bool = True) -> str:
    """Who asks, in one line; what is asked for follows, unless `asks` is False."""
    key = "asks" if asks else "came_from"
    return word(key if asker.kind is AskerKind.KNOWN else f"{key}_unknown", lang, name=asker.name)


def preview_lines(
    preview: Preview,
    *,
    issuers: Mapping[str, str],
    host: str,
    choices: Mapping[str, Mapping[str, str]] = _NO_CHOICE,
    lang: str,
) -> list[str]:
    """Exactly what goes to whom, what stays hidden, and what to look out for.

    Args:
        preview: what would be shown.
        issuers: how each issuer is called.
        host: where the answer goes.
        choices: for each part, the certificates that could answer it, by id, with their names.
        lang: `fr` or `en`.
    """
    lines = [asker_words(preview.asker, lang)]
    lines += [f"  - {part}" for part in _asked_for(preview, lang)]
    lines += [word("goes_to", lang, host=host), word("no_purpose", lang)]
    if preview.asks_too_much:
        lines.append(word("too_much", lang))
        lines += [f"  ! {warning}" for warning in preview.warnings(lang)]
    if preview.optional:
        lines.append(word("optional", lang))
    for card in preview.cards:
        lines += _card_lines(card, issuers=issuers, lang=lang)
        lines += _choice_lines(
            card, choices.get(card.query_id, {}), optional=bool(preview.optional), lang=lang
        )
    return lines


def _asked_for(preview: Preview, lang: str) -> list[str]:
    """What is asked for, each thing once; of a certificate that hides none of it, its kind."""
    asked: dict[str, None] = {}
    for card in preview.cards:
        labels = [in_language(claim.belongs_to, lang) for claim in card.shown]
        asked.update(dict.fromkeys(labels or [title_of(card.title, lang)]))
    return list(asked)


def _choice_lines(
    card: PreviewCard, names: Mapping[str, str], *, optional: bool, lang: str
) -> list[str]:
    others = [card_id for card_id in names if card_id != card.card_id]
    if not others:
        return [word("part", lang, part=card.query_id, card=card.card_id)] if optional else []

    def choice(card_id: str) -> str:
        name = names.get(card_id, "")
        return word("choice", lang, name=name, part=card.query_id, card=card_id)

    told = [word("several", lang), choice(card.card_id), word("others", lang)]
    return told + [choice(card_id) for card_id in others]


def missing_lines(missing: Sequence[MissingPart], asker: AskerName, lang: str) -> list[str]:
    """Which parts of a request cannot be answered: for her eyes."""
    lines = [asker_words(asker, lang, asks=False), word("missing", lang)]
    for part in missing:
        name = in_language(part.label, lang)
        lines.append("  - " + UNMET[part.reason][lang].format(part=name))
    lines.append(word("missing_private", lang))
    return lines


def card_lines(one: HeldCard, *, issuer: str, lang: str) -> list[str]:
    """Everything a certificate says, with its labels."""
    lines = [word("from", lang, title=title_of(one.card.labels.title, lang), issuer=issuer)]
    return lines + [f"  {line}" for line in _claims(all_claims(one), lang)]


def history_lines(showings: Iterable[Showing], lang: str) -> list[str]:
    """What was shown to whom, when."""
    lines = []
    for showing in showings:
        moment = day_and_time(showing.at, lang)
        name = clean(showing.asker_name) if showing.asker else word("screen", lang)
        if showing.asker and not showing.known:
            name = f"{name} ({WORDS['unknown'][lang]})"
        lines.append(f"{moment}  {name}  [{OUTCOMES[showing.outcome][lang]}]")
        for card in showing.cards:
            parts = ", ".join(in_language(words, lang) for words in card.parts.values())
            told = word("shown_parts", lang, parts=parts or WORDS["nothing"][lang])
            lines.append(f"  {title_of(card.title, lang)} · {told}")
    return lines


def day_and_time(moment: int, lang: str) -> str:
    """A moment as a person reads it off a list, UTC said.

    In English the month is a word: 12/03 is two days, as one counts.
    """
    when = dt.datetime.fromtimestamp(moment, tz=dt.UTC)
    if lang == "fr":
        return f"{when:%d/%m/%Y %H:%M} UTC"
    return f"{when.day} {MONTHS['en'][when.month - 1]} {when.year}, {when:%H:%M} UTC"


def _card_lines(card: PreviewCard, *, issuers: Mapping[str, str], lang: str) -> list[str]:
    issuer = issuers.get(card.issuer, card.issuer)
    lines = ["", word("from", lang, title=title_of(card.title, lang), issuer=issuer)]
    lines.append(word("show", lang))
    lines += [f"  + {line}" for line in _claims(card.shown, lang)] or [f"  {word('nothing', lang)}"]
    if card.always_shown:
        lines.append(word("always", lang))
        lines += [f"  + {line}" for line in _claims(card.always_shown, lang)]
    hidden = list(dict.fromkeys(in_language(label, lang) for label in card.hidden))
    if hidden:
        lines.append(f"{word('hidden', lang)} {', '.join(hidden)}")
    if card.copy_seen_before:
        lines.append(f"! {word('seen', lang)}")
    if card.has_ended:
        lines.append(f"! {word('ended', lang)}")
    return lines


def _claims(claims: Iterable[ShownClaim], lang: str) -> list[str]:
    """One line a claim, or a line for each element of a list of things: `label: values`."""
    groups: dict[tuple[str | int, ...], list[ShownClaim]] = {}
    for claim in claims:
        whole = len(claim.path) > 2 and isinstance(claim.path[1], int)
        groups.setdefault(claim.path[: 2 if whole else 1], []).append(claim)
    return [
        in_language(group[0].belongs_to, lang) + _COLON[lang] + " · ".join(_values(group, lang))
        for group in groups.values()
    ]


def _values(group: Sequence[ShownClaim], lang: str) -> list[str]:
    """The values of one claim; several parts of an object are named, a list's elements are not.

    The name of a thing comes first; a text in several languages is given in each.
    """
    told = sorted(_for_people(group), key=lambda claim: claim.path[-1] != "label")
    parts = [claim for claim in told if len(claim.path) == 2 and claim.label != claim.belongs_to]
    colon = _COLON[lang]
    texts = []
    for claim in told:
        text = in_language(claim.words, lang) or value_text(claim.value, lang)
        is_named = len(parts) > 1 and claim in parts
        texts.append(f"{in_language(claim.label, lang)}{colon}{text}" if is_named else text)
    return texts


def _for_people(group: Sequence[ShownClaim]) -> list[ShownClaim]:
    """All values, but of a concept only those that name it: its label and its framework."""
    names = {claim.path for claim in group}
    return [
        claim
        for claim in group
        if claim.path[-1] not in _FOR_MACHINES
        or not {(*claim.path[:-1], "framework"), (*claim.path[:-1], "label")} <= names
    ]


def value_text(value: object, lang: str) -> str:
    """A single value as a person reads it."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return word("yes" if value else "no", lang)
    return clean(str(value))
