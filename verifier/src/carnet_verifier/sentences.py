"""The sentences of the report's checks, French and English, at most fifteen words each.

The words come from docs/words.md. `{issuer}` stands for a name from trust data, `{date}`
for a day in words. Headlines are in `headlines`; `texts` chooses and fills in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from carnet_securing.errors import ErrorKind
from carnet_verifier.report import AlertId, CheckId, CheckOutcome, Text


class Variant(StrEnum):
    """What a reader must be told that a check and its outcome alone do not say."""

    SHOWN_LIVE = "shown_live"
    SHOWN_RECORDED = "shown_recorded"
    SHOWN_NOT_HELD = "shown_not_held"
    SHOWN_OTHER_DIGITS = "shown_other_digits"
    LISTED_FOR_OTHER_DAYS = "listed_for_other_days"
    STATE_UNKNOWN = "state_unknown"
    ISSUER_AT_FAULT = "issuer_at_fault"
    RULES_AT_FAULT = "rules_at_fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said about one finding."""

    text: Text
    does_not_prove: Text = field(default_factory=dict)
    what_to_do: Text = field(default_factory=dict)


def both(fr: str, en: str) -> Text:
    """One sentence in both languages."""
    return {"fr": fr, "en": en}


_CONNECT: Final = both(
    "Connectez-vous à internet et vérifiez à nouveau.",
    "Connect to the internet and check again.",
)
_ASK_FOR_ORIGINAL: Final = both(
    "Demandez l'attestation d'origine à la personne ou à l'organisme.",
    "Ask the person or the organisation for the original.",
)
_SHOW_AGAIN: Final = both(
    "Demandez à la personne de montrer son attestation à nouveau.",
    "Ask the person to show the certificate again.",
)
_ASK_WHAT_HAPPENED: Final = both(
    "Demandez à la personne ou à l'organisme ce qui s'est passé.",
    "Ask the person or the organisation what happened.",
)
_TELL_ISSUER: Final = both("Signalez-le à {issuer}.", "Tell {issuer} about it.")
_ASK_AGAIN: Final = both(
    "Faites une nouvelle demande et laissez la personne y répondre.",
    "Make a new request and let the person answer it.",
)
_NEW_CODE: Final = both("Demandez-lui un nouveau code.", "Ask her for a new code.")
_ASK_HER_NAME: Final = both(
    "Cela ne prouve pas qui tient le téléphone. Demandez son nom.",
    "This does not prove who holds the phone. Ask her name.",
)
_TRY_LATER: Final = both("Vérifiez à nouveau plus tard.", "Check again later.")

_PASSED, _FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
_NOT_CHECKED, _NOT_APPLICABLE = CheckOutcome.NOT_CHECKED, CheckOutcome.NOT_APPLICABLE

BY_OUTCOME: Final[Mapping[tuple[CheckId, CheckOutcome], Said]] = {
    (CheckId.FORMAT, _PASSED): Said(
        text=both("Le document se lit entièrement.", "The document reads completely."),
    ),
    (CheckId.FORMAT, _FAILED): Said(
        text=both(
            "Le document ne se lit pas comme une attestation.",
            "The document does not read as a certificate.",
        ),
        what_to_do=_SHOW_AGAIN,
    ),
    (CheckId.ISSUER_KEY, _PASSED): Said(
        text=both("La clé publique de {issuer} est connue.", "The public key of {issuer} is known.")
    ),
    (CheckId.ISSUER_KEY, _FAILED): Said(
        text=both(
            "La signature ne désigne aucune clé de cet organisme.",
            "The signature names no key of this organisation.",
        ),
        what_to_do=_ASK_FOR_ORIGINAL,
    ),
    (CheckId.ISSUER_KEY, _NOT_CHECKED): Said(
        text=both(
            "La clé de l'organisme n'a pas pu être obtenue.",
            "The organisation's key could not be obtained.",
        ),
        what_to_do=_CONNECT,
    ),
    (CheckId.SIGNATURE, _PASSED): Said(
        text=both("Rien n'a changé depuis la signature.", "Nothing has changed since signing."),
        does_not_prove=both(
            "Cela ne prouve pas que ce qui est écrit est vrai.",
            "This does not prove that what it says is true.",
        ),
    ),
    (CheckId.SIGNATURE, _FAILED): Said(
        text=both(
            "Le contenu ne correspond pas à la signature.",
            "The content does not match the signature.",
        ),
        what_to_do=_ASK_FOR_ORIGINAL,
    ),
    (CheckId.HOLDER_BINDING, _PASSED): Said(
        text=both(
            "La réponse a été faite pour vous par la personne titulaire.",
            "The answer was made for you by the holder.",
        ),
        does_not_prove=_ASK_HER_NAME,
    ),
    (CheckId.HOLDER_BINDING, _FAILED): Said(
        text=both(
            "La réponse n'est pas liée à votre demande.", "The answer is not tied to your request."
        ),
        what_to_do=_ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _NOT_APPLICABLE): Said(
        text=both(
            "Copie lue telle quelle : elle prouve le document, pas la personne.",
            "Read as a copy: it proves the paper, not the person.",
        ),
    ),
    (CheckId.VALIDITY, _PASSED): Said(
        text=both("Les dates sont bonnes aujourd'hui.", "The dates are good today."),
    ),
    (CheckId.VALIDITY, _FAILED): Said(
        text=both("Les dates ne conviennent pas aujourd'hui.", "The dates do not fit today."),
        what_to_do=_TELL_ISSUER,
    ),
    (CheckId.TYPE, _PASSED): Said(
        text=both(
            "Le contenu suit les règles de ce type d'attestation.",
            "The content follows the rules of this type.",
        ),
    ),
    (CheckId.TYPE, _FAILED): Said(
        text=both(
            "Le contenu ne suit pas les règles de ce type d'attestation.",
            "The content does not follow the rules of this type.",
        ),
        what_to_do=_TELL_ISSUER,
    ),
    (CheckId.TYPE, _NOT_CHECKED): Said(
        text=both(
            "Les règles de ce type d'attestation n'ont pas pu être lues.",
            "The rules of this type could not be read.",
        ),
        what_to_do=_CONNECT,
    ),
    (CheckId.TYPE, _NOT_APPLICABLE): Said(
        text=both(
            "Aucune règle n'est connue pour ce type d'attestation.",
            "No rules are known for this type.",
        ),
        does_not_prove=both(
            "Seul l'organisme dit ce que chaque détail signifie.",
            "Only the issuer says what each detail means.",
        ),
    ),
    (CheckId.ISSUER_LISTED, _PASSED): Said(
        text=both(
            "{issuer} est dans vos listes pour ce type d'attestation.",
            "{issuer} is on your lists for this type.",
        ),
    ),
    (CheckId.ISSUER_LISTED, _FAILED): Said(
        text=both(
            "{issuer} est dans vos listes, mais pas pour ce type d'attestation.",
            "{issuer} is on your lists, but not for this type.",
        ),
        what_to_do=both(
            "Demandez à qui tient vos listes si c'est voulu.",
            "Ask whoever keeps your lists whether this is intended.",
        ),
    ),
    (CheckId.ISSUER_LISTED, CheckOutcome.UNLISTED): Said(
        text=both(
            "Aucune de vos listes ne répond de {issuer}.",
            "None of your lists vouches for {issuer}.",
        ),
        does_not_prove=both(
            "Ne pas être répertorié ne dit rien contre cet organisme.",
            "Being unlisted says nothing against this organisation.",
        ),
        what_to_do=both(
            "Renseignez-vous sur l'organisme, puis décidez.",
            "Find out about the organisation, then decide.",
        ),
    ),
    (CheckId.STATUS, _PASSED): Said(
        text=both(
            "{issuer} ne l'a ni retiré ni mis en pause.",
            "{issuer} has neither withdrawn it nor put it on hold.",
        ),
    ),
    (CheckId.STATUS, _FAILED): Said(
        text=both(
            "{issuer} l'a retiré ou mis en pause.", "{issuer} has withdrawn it or put it on hold."
        ),
        what_to_do=_ASK_WHAT_HAPPENED,
    ),
    (CheckId.STATUS, _NOT_CHECKED): Said(
        text=both(
            "La liste des retraits n'a pas pu être lue.",
            "The list of withdrawals could not be read.",
        ),
        what_to_do=_CONNECT,
    ),
    (CheckId.STATUS, _NOT_APPLICABLE): Said(
        text=both(
            "L'organisme n'a prévu aucun moyen de retirer cette attestation.",
            "The issuer has no way to withdraw this certificate.",
        ),
    ),
    (CheckId.POLICY, _PASSED): Said(
        text=both("Vos autres conditions sont remplies.", "Your other conditions are met."),
    ),
    (CheckId.POLICY, _NOT_APPLICABLE): Said(
        text=both("Vous n'avez posé aucune autre condition.", "You set no other condition."),
    ),
    (CheckId.POLICY, _FAILED): Said(
        text=both("Une de vos conditions n'est pas remplie.", "One of your conditions is not met."),
        what_to_do=both(
            "Relisez vos conditions, ou demandez une autre attestation.",
            "Review your conditions, or ask for another certificate.",
        ),
    ),
    (CheckId.POLICY, _NOT_CHECKED): Said(
        text=both(
            "Une de vos conditions n'a pas pu être vérifiée.",
            "One of your conditions could not be checked.",
        ),
        what_to_do=_TRY_LATER,
    ),
    (CheckId.QUESTION, _PASSED): Said(
        text=both("Tout ce que vous avez demandé est là.", "All you asked for is there."),
        does_not_prove=both(
            "La personne choisit ce qu'elle montre. Le reste ne vous regarde pas.",
            "She chooses what to show. What stays hidden says nothing.",
        ),
    ),
    (CheckId.QUESTION, _FAILED): Said(
        text=both(
            "La réponse ne contient pas ce que vous avez demandé.",
            "The answer does not contain what you asked for.",
        ),
        what_to_do=both("Demandez à nouveau, ou demandez moins.", "Ask again, or ask for less."),
    ),
    (CheckId.QUESTION, _NOT_CHECKED): Said(
        text=both(
            "La réponse n'a pas été comparée à votre demande.",
            "The answer was not compared with your request.",
        ),
        what_to_do=_ASK_AGAIN,
    ),
}

BY_KIND: Final[Mapping[tuple[CheckId, CheckOutcome, ErrorKind], Said]] = {
    (CheckId.ISSUER_KEY, _NOT_CHECKED, ErrorKind.UNAVAILABLE): Said(
        text=both(
            "La clé de cet organisme n'est pas encore connue ici.",
            "The key of this organisation is not known here yet.",
        ),
        what_to_do=both(
            "Actualisez vos listes, ou vérifiez avec une connexion.",
            "Refresh your lists, or check with a connection.",
        ),
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_MISSING): Said(
        text=both(
            "La personne titulaire n'a pas signé cette réponse.",
            "The holder did not sign this answer.",
        ),
        what_to_do=_ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_KEY_INVALID): Said(
        text=both(
            "L'organisme n'y a inscrit aucune clé de la personne titulaire.",
            "The issuer put no key of the holder into it.",
        ),
        what_to_do=_TELL_ISSUER,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_AUD): Said(
        text=both(
            "Cette réponse a été faite pour quelqu'un d'autre.",
            "This answer was made for somebody else.",
        ),
        what_to_do=_ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_NONCE): Said(
        text=both(
            "Cette réponse a été faite pour une autre demande.",
            "This answer was made for another request.",
        ),
        what_to_do=_ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_IAT): Said(
        text=both(
            "Cette réponse est trop ancienne, ou une horloge est mal réglée.",
            "This answer is too old, or a clock is wrong.",
        ),
        what_to_do=_ASK_AGAIN,
    ),
    (CheckId.VALIDITY, _FAILED, ErrorKind.EXPIRED): Said(
        text=both("Plus valable depuis le {date}.", "No longer valid since {date}."),
        what_to_do=both(
            "Demandez si une attestation plus récente existe.",
            "Ask whether a newer certificate exists.",
        ),
    ),
    (CheckId.VALIDITY, _FAILED, ErrorKind.NOT_YET_VALID): Said(
        text=both("Valable seulement à partir du {date}.", "Valid only from {date}."),
        what_to_do=_TRY_LATER,
    ),
    (CheckId.TYPE, _FAILED, ErrorKind.METADATA_INTEGRITY): Said(
        text=both(
            "Les règles publiées ne sont pas celles que l'organisme a signées.",
            "The published rules are not those the issuer signed.",
        ),
        what_to_do=_TELL_ISSUER,
    ),
    (CheckId.STATUS, _FAILED, ErrorKind.STATUS_REVOKED): Said(
        text=both("{issuer} l'a retiré.", "{issuer} has withdrawn it."),
        what_to_do=_ASK_WHAT_HAPPENED,
    ),
    (CheckId.STATUS, _FAILED, ErrorKind.STATUS_SUSPENDED): Said(
        text=both("{issuer} l'a mis en pause.", "{issuer} has put it on hold."),
        what_to_do=both("Vérifiez à nouveau dans quelques jours.", "Check again in a few days."),
    ),
    (CheckId.STATUS, _FAILED, ErrorKind.STATUS_INDEX): Said(
        text=both(
            "La liste des retraits n'a pas de place pour cette attestation.",
            "The list of withdrawals has no place for this certificate.",
        ),
        what_to_do=_TELL_ISSUER,
    ),
}

BY_VARIANT: Final[Mapping[Variant, Said]] = {
    Variant.SHOWN_LIVE: Said(
        text=both("Fait pour vous, à l'instant.", "Made for you, just now."),
        does_not_prove=_ASK_HER_NAME,
    ),
    Variant.SHOWN_RECORDED: Said(
        text=both(
            "Peut être une copie : ce code peut se photographier.",
            "May be a copy: this code can be photographed.",
        ),
        does_not_prove=both(
            "Cela ne prouve pas qui vous le montre. Demandez son nom.",
            "This does not prove who shows it. Ask her name.",
        ),
    ),
    Variant.SHOWN_NOT_HELD: Said(
        text=both(
            "Ce code est trop ancien, ou n'a pas été fait pour un écran.",
            "This code is too old, or was not made for a screen.",
        ),
        what_to_do=_NEW_CODE,
    ),
    Variant.SHOWN_OTHER_DIGITS: Said(
        text=both(
            "Ce code n'est pas lié à vos six chiffres.",
            "This code is not tied to your six digits.",
        ),
        what_to_do=_NEW_CODE,
    ),
    Variant.LISTED_FOR_OTHER_DAYS: Said(
        text=both(
            "{issuer} est dans vos listes, mais pas à cette date.",
            "{issuer} is on your lists, but not at this date.",
        ),
        what_to_do=BY_OUTCOME[(CheckId.ISSUER_LISTED, _FAILED)].what_to_do,
    ),
    Variant.STATE_UNKNOWN: Said(
        text=both(
            "La liste des retraits utilise un état inconnu ici.",
            "The list of withdrawals uses a state unknown here.",
        ),
        what_to_do=_ASK_WHAT_HAPPENED,
    ),
    Variant.ISSUER_AT_FAULT: Said(
        text=both(
            "Les clés que publie cet organisme ne se lisent pas.",
            "The keys this organisation publishes cannot be read.",
        ),
        what_to_do=_TRY_LATER,
    ),
    Variant.RULES_AT_FAULT: Said(
        text=both(
            "Les règles publiées pour ce type ne se lisent pas.",
            "The rules published for this type cannot be read.",
        ),
        what_to_do=_TRY_LATER,
    ),
}

WITHOUT_DATE: Final[Mapping[ErrorKind, Text]] = {
    ErrorKind.EXPIRED: both(
        "Plus valable : la date de fin est passée.", "No longer valid: its end date has passed."
    ),
    ErrorKind.NOT_YET_VALID: both(
        "Pas encore valable : la date de début est à venir.",
        "Not valid yet: its start date lies ahead.",
    ),
}

ALERTS: Final[Mapping[AlertId, Text]] = {
    AlertId.SAME_KID_OTHER_KEY: both(
        "L'organisme a changé sa clé sans changer son nom.",
        "The organisation changed its key under an unchanged name.",
    ),
    AlertId.OLDER_LIST_OFFERED: both(
        "Une liste plus ancienne est arrivée. La plus récente reste utilisée.",
        "An older list came in. The newer one stays in use.",
    ),
    AlertId.LAST_GOOD_KEPT: both(
        "La mise à jour n'a pas abouti. La dernière copie lisible est utilisée.",
        "The update did not work. The last readable copy is used.",
    ),
    AlertId.FEW_IN_LIST: both(
        "Peu de personnes partagent cette liste. La lire en dit déjà trop.",
        "Few people share this list. Reading it already tells too much.",
    ),
    AlertId.LOOKALIKE_NAME: both(
        "Cette adresse peut ressembler à une autre. Lisez-la lettre par lettre.",
        "This address may look like another. Read it letter by letter.",
    ),
}
