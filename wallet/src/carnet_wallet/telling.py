"""What the wallet says to the worker, in French and in English (docs/words.md).

Plain lines for any screen; sentences of fifteen words at most, no protocol word. Values and
names of strangers are cleaned here (`carnet_trust.clean_text`); escaping for a terminal or
a page belongs to whoever writes there.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carnet_schemas.dcql import UnmetReason
from carnet_trust.askers import AskerKind, AskerName
from carnet_trust.clean_text import clean_text
from carnet_trust.display_name import entry_name, identifier_name
from carnet_trust.trust_file import TrustData
from carnet_wallet.cards import HeldCard
from carnet_wallet.consent import Preview, PreviewCard, ShownClaim
from carnet_wallet.matching import MissingPart, all_claims
from carnet_wallet.showings import Outcome, Showing
from carnet_wallet.states import CardStanding, CardState

_LONGEST_VALUE: Final = 120
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NO_CHOICE: Final[Mapping[str, Sequence[str]]] = {}

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "ready": {"fr": "Votre carnet est prêt.", "en": "Your wallet is ready."},
    "keep_passphrase": {
        "fr": "Gardez la phrase secrète : personne ne peut vous la redonner.",
        "en": "Keep the passphrase: nobody can give it back to you.",
    },
    "ask_passphrase": {"fr": "Phrase secrète", "en": "Passphrase"},
    "ask_again": {"fr": "Encore une fois", "en": "The same again"},
    "new_passphrase": {
        "fr": "Maintenant, la nouvelle phrase secrète.",
        "en": "Now the new passphrase.",
    },
    "passphrase_changed": {
        "fr": "La nouvelle phrase secrète ouvre votre carnet. L'ancienne ne l'ouvre plus.",
        "en": "The new passphrase opens your wallet. The old one does not.",
    },
    "trust_changed": {
        "fr": "Votre carnet suit maintenant ce fichier.",
        "en": "Your wallet now goes by this file.",
    },
    "asks": {"fr": "{name} vous demande :", "en": "{name} is asking for:"},
    "asks_unknown": {
        "fr": "On vous demande, de la part d'un inconnu ({name}) :",
        "en": "Somebody you do not know ({name}) is asking for:",
    },
    "goes_to": {"fr": "La réponse part vers {host}.", "en": "The answer goes to {host}."},
    "no_purpose": {
        "fr": "Pour quoi faire : ce n'est pas dit.",
        "en": "What for: it does not say.",
    },
    "show": {"fr": "Ce que je montre :", "en": "What I show:"},
    "always": {"fr": "Toujours visible sur cette attestation :", "en": "Always visible on it:"},
    "hidden": {"fr": "Reste caché :", "en": "Stays hidden:"},
    "yes": {"fr": "oui", "en": "yes"},
    "no": {"fr": "non", "en": "no"},
    "nothing": {"fr": "rien de plus", "en": "nothing more"},
    "from": {"fr": "{title} · Délivré par {issuer}", "en": "{title} · Issued by {issuer}"},
    "seen": {
        "fr": "Cet exemplaire a déjà été vu ailleurs. Les deux pourraient faire le lien.",
        "en": "Others have seen this copy. They could find out it is you again.",
    },
    "ended": {
        "fr": "Cette attestation n'est plus valable.",
        "en": "This certificate has expired.",
    },
    "too_much": {
        "fr": "Cette demande veut plus que nécessaire. Rien n'est coché.",
        "en": "This request asks for more than needed. Nothing is ticked.",
    },
    "optional": {
        "fr": "Rien de cela n'est obligatoire. Rien n'est coché.",
        "en": "None of this is required. Nothing is ticked.",
    },
    "part": {"fr": "Au choix : {part}={card}", "en": "Your choice: {part}={card}"},
    "missing": {
        "fr": "Vous ne pouvez pas répondre à cette demande :",
        "en": "You cannot answer this request:",
    },
    "missing_private": {
        "fr": "La personne qui demande n'en saura pas la raison.",
        "en": "The person asking will not learn why.",
    },
    "certificate": {"fr": "Attestation", "en": "Certificate"},
    "screen": {"fr": "Montré sur votre écran", "en": "Shown on your screen"},
    "unknown": {"fr": "inconnu", "en": "unknown"},
    "unlisted": {"fr": "{host} (pas encore répertorié)", "en": "{host} (not listed yet)"},
    "offer_from": {"fr": "Une attestation de : {name}", "en": "A certificate from: {name}"},
    "ask_code": {"fr": "Code de remise", "en": "Collection code"},
    "kept": {"fr": "C'est dans votre carnet : {title}", "en": "It is in your wallet: {title}"},
    "unfinished": {
        "fr": "Une attestation de {name} attend. Donnez encore une fois la même offre.",
        "en": "A certificate from {name} is waiting. Give the same offer again.",
    },
    "show_it": {"fr": "Montrer ?", "en": "Show?"},
    "tick_it": {"fr": "Montrer « {part} » ?", "en": "Show “{part}”?"},
    "say_no": {
        "fr": "Répondre non, sans dire pourquoi ?",
        "en": "Answer no, without saying why?",
    },
    "declined": {"fr": "Rien n'a été montré.", "en": "Nothing was shown."},
    "done": {
        "fr": "C'est montré. Votre historique le note.",
        "en": "Shown. Your history notes it.",
    },
    "continue": {"fr": "Pour continuer : {url}", "en": "To go on: {url}"},
    "continue_refused": {
        "fr": "La page pour continuer n'est pas une adresse sûre. Elle n'est pas donnée.",
        "en": "The page to go on at is no safe address. It is left out.",
    },
    "as_of": {"fr": "au {moment}", "en": "on {moment}"},
    "shown_parts": {"fr": "montré : {parts}", "en": "shown: {parts}"},
}
_STATES: Final[Mapping[CardState, Mapping[str, str]]] = {
    CardState.VALID: {"fr": "Toujours valable", "en": "Still valid"},
    CardState.PAUSED: {"fr": "En pause (peut reprendre)", "en": "On hold"},
    CardState.WITHDRAWN: {"fr": "Retiré par l'organisme", "en": "Withdrawn by the issuer"},
    CardState.EXPIRED: {"fr": "Plus valable", "en": "Expired"},
    CardState.UNKNOWN: {"fr": "Vérification incomplète", "en": "Could not check"},
}
_OUTCOMES: Final[Mapping[Outcome, Mapping[str, str]]] = {
    Outcome.LEAVING: {"fr": "peut-être reçu", "en": "perhaps received"},
    Outcome.RECEIVED: {"fr": "reçu", "en": "received"},
    Outcome.REFUSED: {"fr": "pas accepté par l'autre côté", "en": "not taken by the other side"},
    Outcome.ON_SCREEN: {"fr": "sur l'écran", "en": "on screen"},
}
_UNMET: Final[Mapping[UnmetReason, Mapping[str, str]]] = {
    UnmetReason.NO_SUCH_FORMAT: {
        "fr": "On veut un document d'une autre forme.",
        "en": "It wants a document of another form.",
    },
    UnmetReason.NO_SUCH_TYPE: {
        "fr": "Vous n'avez pas d'attestation de ce genre.",
        "en": "You have no certificate of this kind.",
    },
    UnmetReason.OTHER_AUTHORITY: {
        "fr": "Votre attestation vient d'un autre organisme.",
        "en": "Your certificate comes from another issuer.",
    },
    UnmetReason.NO_HOLDER_BINDING: {
        "fr": "Votre attestation n'est pas liée à votre carnet.",
        "en": "Your certificate is not bound to your wallet.",
    },
    UnmetReason.CLAIM_MISSING: {
        "fr": "Votre attestation ne dit rien sur : {part}.",
        "en": "Your certificate says nothing about: {part}.",
    },
    UnmetReason.VALUE_DIFFERS: {
        "fr": "Votre attestation dit autre chose sur : {part}.",
        "en": "Your certificate says something else about: {part}.",
    },
}


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
    return _WORDS[key][lang].format(**{name: clean(value) for name, value in values.items()})


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
    words = _STATES[standing.state][lang]
    if standing.checked_at is None:
        return words
    return f"{words} ({word('as_of', lang, moment=day_and_time(standing.checked_at, lang))})"


def title_of(words: Mapping[str, str], lang: str) -> str:
    """The title of a certificate's type."""
    return in_language(words, lang, otherwise=_WORDS["certificate"][lang])


def asker_words(asker: AskerName, lang: str) -> str:
    """Who asks, in one line."""
    known = asker.kind is AskerKind.KNOWN
    return word("asks" if known else "asks_unknown", lang, name=asker.name)


def preview_lines(
    preview: Preview,
    *,
    issuers: Mapping[str, str],
    host: str,
    choices: Mapping[str, Sequence[str]] = _NO_CHOICE,
    lang: str,
) -> list[str]:
    """Exactly what goes to whom, what stays hidden, and what to look out for.

    Args:
        preview: what would be shown.
        issuers: how each issuer is called.
        host: where the answer goes.
        choices: for each part, the certificates that could answer it.
        lang: `fr` or `en`.
    """
    lines = [asker_words(preview.asker, lang), word("goes_to", lang, host=host)]
    lines.append(word("no_purpose", lang))
    if preview.asks_too_much:
        lines.append(word("too_much", lang))
        lines += [f"  ! {warning}" for warning in preview.warnings(lang)]
    if preview.optional:
        lines.append(word("optional", lang))
    for card in preview.cards:
        lines += _card_lines(card, issuers=issuers, lang=lang)
        could = choices.get(card.query_id, ())
        if preview.optional or len(could) > 1:
            named = could or (card.card_id,)
            lines += [word("part", lang, part=card.query_id, card=card_id) for card_id in named]
    return lines


def missing_lines(missing: Sequence[MissingPart], asker: AskerName, lang: str) -> list[str]:
    """Which parts of a request cannot be answered: for her eyes."""
    lines = [asker_words(asker, lang), word("missing", lang)]
    for part in missing:
        name = in_language(part.label, lang)
        lines.append("  - " + _UNMET[part.reason][lang].format(part=name))
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
            name = f"{name} ({_WORDS['unknown'][lang]})"
        lines.append(f"{moment}  {name}  [{_OUTCOMES[showing.outcome][lang]}]")
        for card in showing.cards:
            parts = ", ".join(in_language(words, lang) for words in card.parts.values())
            told = word("shown_parts", lang, parts=parts or _WORDS["nothing"][lang])
            lines.append(f"  {title_of(card.title, lang)} · {told}")
    return lines


def day_and_time(moment: int, lang: str) -> str:
    """A moment as a person reads it off a list, UTC said.

    In English the month is a word: 12/03 is two days, as one counts.
    """
    when = dt.datetime.fromtimestamp(moment, tz=dt.UTC)
    if lang == "fr":
        return f"{when:%d/%m/%Y %H:%M} UTC"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M} UTC"


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
    colon = " : " if lang == "fr" else ": "
    return [
        in_language(group[0].belongs_to, lang) + colon + " · ".join(_values(group, lang))
        for group in groups.values()
    ]


def _values(group: Sequence[ShownClaim], lang: str) -> list[str]:
    """The values of one claim; parts of an object are named, those of a list element are not.

    The name of a thing comes first; a text in several languages is given in each.
    """
    named = sorted(group, key=lambda claim: claim.path[-1] != "label")
    texts = []
    for claim in named:
        text = in_language(claim.words, lang) or value_text(claim.value, lang)
        is_part = len(claim.path) == 2 and claim.label != claim.belongs_to
        texts.append(f"{in_language(claim.label, lang)} {text}" if is_part else text)
    return texts


def value_text(value: object, lang: str) -> str:
    """A single value as a person reads it."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return word("yes" if value else "no", lang)
    return clean(str(value))
