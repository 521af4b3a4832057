"""What is said where a check and its outcome alone do not say enough: by error kind, by case.

The rules of `sentences` hold here too.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from carnet_securing.errors import ErrorKind
from carnet_verifier.report import AlertId, CheckId, CheckOutcome, Text
from carnet_verifier.sentences import (
    ASK_AGAIN,
    ASK_HER_NAME,
    ASK_WHAT_HAPPENED,
    BY_OUTCOME,
    TELL_ISSUER,
    TRY_LATER,
    Said,
    both,
)


class Variant(StrEnum):
    """What a reader must be told that a check and its outcome alone do not say."""

    SHOWN_LIVE = "shown_live"
    SHOWN_RECORDED = "shown_recorded"
    SHOWN_NOT_HELD = "shown_not_held"
    SHOWN_OTHER_DIGITS = "shown_other_digits"
    LISTED_FOR_OTHER_DAYS = "listed_for_other_days"
    STATE_UNKNOWN = "state_unknown"
    STATUS_NOT_NEEDED = "status_not_needed"
    UNSHARED_LIST = "unshared_list"
    ISSUER_AT_FAULT = "issuer_at_fault"
    RULES_AT_FAULT = "rules_at_fault"


NEW_CODE: Final = both("Demandez-lui un nouveau code.", "Ask her for a new code.")
_FAILED, _NOT_CHECKED = CheckOutcome.FAILED, CheckOutcome.NOT_CHECKED

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
        what_to_do=ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_UNEXPECTED): Said(
        text=both(
            "Ceci répond à une demande ou vient d'un écran : ce n'est pas une copie.",
            "This answers a request or comes from a screen: it is no copy.",
        ),
        what_to_do=ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_KEY_INVALID): Said(
        text=both(
            "L'organisme n'y a inscrit aucune clé de la personne titulaire.",
            "The issuer put no key of the holder into it.",
        ),
        what_to_do=TELL_ISSUER,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_AUD): Said(
        text=both(
            "Cette réponse a été faite pour quelqu'un d'autre.",
            "This answer was made for somebody else.",
        ),
        what_to_do=ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_NONCE): Said(
        text=both(
            "Cette réponse a été faite pour une autre demande.",
            "This answer was made for another request.",
        ),
        what_to_do=ASK_AGAIN,
    ),
    (CheckId.HOLDER_BINDING, _FAILED, ErrorKind.KB_IAT): Said(
        text=both(
            "Cette réponse est trop ancienne, ou une horloge est mal réglée.",
            "This answer is too old, or a clock is wrong.",
        ),
        what_to_do=ASK_AGAIN,
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
        what_to_do=TRY_LATER,
    ),
    (CheckId.VALIDITY, _FAILED, ErrorKind.MALFORMED): Said(
        text=both(
            "L'organisme a écrit ses dates d'une façon non admise.",
            "The issuer wrote its dates in a way that is not accepted.",
        ),
        what_to_do=TELL_ISSUER,
    ),
    (CheckId.VALIDITY, _FAILED, ErrorKind.KB_AUD): Said(
        text=both(
            "L'organisme l'a adressée à quelqu'un d'autre.",
            "The issuer addressed it to somebody else.",
        ),
        what_to_do=TELL_ISSUER,
    ),
    (CheckId.TYPE, _FAILED, ErrorKind.METADATA_INTEGRITY): Said(
        text=both(
            "Les règles publiées ne sont pas celles que l'organisme a signées.",
            "The published rules are not those the issuer signed.",
        ),
        what_to_do=TELL_ISSUER,
    ),
    (CheckId.STATUS, _FAILED, ErrorKind.STATUS_REVOKED): Said(
        text=both("{issuer} l'a retiré.", "{issuer} has withdrawn it."),
        what_to_do=ASK_WHAT_HAPPENED,
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
        what_to_do=TELL_ISSUER,
    ),
}

BY_VARIANT: Final[Mapping[Variant, Said]] = {
    Variant.SHOWN_LIVE: Said(
        text=both("Fait pour vous, à l'instant.", "Made for you, just now."),
        does_not_prove=ASK_HER_NAME,
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
        what_to_do=NEW_CODE,
    ),
    Variant.SHOWN_OTHER_DIGITS: Said(
        text=both(
            "Ce code n'est pas lié à vos six chiffres.",
            "This code is not tied to your six digits.",
        ),
        what_to_do=NEW_CODE,
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
        what_to_do=ASK_WHAT_HAPPENED,
    ),
    Variant.STATUS_NOT_NEEDED: Said(
        text=both(
            "La liste des retraits n'a pas été lue : ce n'était plus utile.",
            "The list of withdrawals was not read: it was no longer needed.",
        ),
    ),
    Variant.UNSHARED_LIST: Said(
        text=both(
            "La liste des retraits n'a pas été acceptée : elle peut désigner cette seule personne.",
            "The list of withdrawals was not accepted: it may single out this one person.",
        ),
        what_to_do=TELL_ISSUER,
    ),
    Variant.ISSUER_AT_FAULT: Said(
        text=both(
            "Les clés que publie cet organisme ne se lisent pas.",
            "The keys this organisation publishes cannot be read.",
        ),
        what_to_do=TRY_LATER,
    ),
    Variant.RULES_AT_FAULT: Said(
        text=both(
            "Les règles publiées pour ce type ne se lisent pas.",
            "The rules published for this type cannot be read.",
        ),
        what_to_do=TRY_LATER,
    ),
}

WITHOUT_DATE: Final[Mapping[ErrorKind, Text]] = {
    ErrorKind.EXPIRED: both(
        "Plus valable : la date de fin est passée.", "No longer valid: its end date has passed."
    ),
    ErrorKind.NOT_YET_VALID: both(
        "Pas encore valable : la date de début est à venir.",
        "Not valid yet: its start date is still to come.",
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
    AlertId.UNPUBLISHED_LIST: both(
        "Seul le document donne l'adresse de cette liste ; l'organisme ne la publie pas.",
        "Only the document gives this list's address; the organisation does not publish it.",
    ),
    AlertId.LOOKALIKE_NAME: both(
        "Cette adresse peut ressembler à une autre. Lisez-la lettre par lettre.",
        "This address may look like another. Read it letter by letter.",
    ),
}
