"""The words of the wallet's lines, in French and in English (docs/words.md)."""

from collections.abc import Mapping
from typing import Final

from carnet_schemas.dcql import UnmetReason
from carnet_wallet.showings import Outcome
from carnet_wallet.states import CardState

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
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
    "came_from": {
        "fr": "{name} vous a envoyé cette demande.",
        "en": "{name} sent you this request.",
    },
    "came_from_unknown": {
        "fr": "Une personne inconnue ({name}) vous a envoyé cette demande.",
        "en": "Somebody you do not know ({name}) sent you this request.",
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
    "several": {
        "fr": "Plusieurs de vos attestations conviennent. Celle-ci serait montrée :",
        "en": "Several of your certificates fit. This one would be shown:",
    },
    "others": {"fr": "Vous pouvez en choisir une autre :", "en": "You can choose another:"},
    "choice": {"fr": "  {name} ({part}={card})", "en": "  {name} ({part}={card})"},
    "use": {
        "fr": "Pour la choisir, ajoutez --use et ce qui est entre parenthèses.",
        "en": "To choose it, add --use and what stands in brackets.",
    },
    "empty": {"fr": "Votre carnet est vide.", "en": "Your wallet is empty."},
    "nothing_shown_yet": {
        "fr": "Vous n'avez encore rien montré.",
        "en": "You have shown nothing yet.",
    },
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
STATES: Final[Mapping[CardState, Mapping[str, str]]] = {
    CardState.VALID: {"fr": "Toujours valable", "en": "Still valid"},
    CardState.PAUSED: {"fr": "En pause (peut reprendre)", "en": "On hold"},
    CardState.WITHDRAWN: {"fr": "Retiré par l'organisme", "en": "Withdrawn by the issuer"},
    CardState.EXPIRED: {"fr": "Plus valable", "en": "Expired"},
    CardState.UNKNOWN: {"fr": "Vérification incomplète", "en": "Could not check"},
}
OUTCOMES: Final[Mapping[Outcome, Mapping[str, str]]] = {
    Outcome.LEAVING: {"fr": "peut-être reçu", "en": "perhaps received"},
    Outcome.RECEIVED: {"fr": "reçu", "en": "received"},
    Outcome.REFUSED: {"fr": "pas accepté par l'autre côté", "en": "not taken by the other side"},
    Outcome.ON_SCREEN: {"fr": "sur l'écran", "en": "on screen"},
}
UNMET: Final[Mapping[UnmetReason, Mapping[str, str]]] = {
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
