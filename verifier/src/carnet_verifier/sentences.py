"""The sentences of the report's checks, French and English, at most fifteen words each.

The words come from docs/words.md. `{issuer}` stands for a name from trust data, `{date}`
for a day in words. What is said of particular kinds and cases stands in
`particular_sentences`, headlines in `headlines`; `texts` chooses and fills in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from carnet_verifier.report import CheckId, CheckOutcome, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said about one finding."""

    text: Text
    does_not_prove: Text = field(default_factory=dict)
    what_to_do: Text = field(default_factory=dict)


def both(fr: str, en: str) -> Text:
    """One sentence in both languages."""
    return {"fr": fr, "en": en}


CONNECT: Final = both(
    "Connectez-vous à internet et vérifiez à nouveau.",
    "Connect to the internet and check again.",
)
ASK_FOR_ORIGINAL: Final = both(
    "Demandez l'attestation d'origine à la personne ou à l'organisme.",
    "Ask the person or the organisation for the original.",
)
SHOW_AGAIN: Final = both(
    "Demandez à la personne de montrer son attestation à nouveau.",
    "Ask the person to show the certificate again.",
)
ASK_WHAT_HAPPENED: Final = both(
    "Demandez à la personne ou à l'organisme ce qui s'est passé.",
    "Ask the person or the organisation what happened.",
)
TELL_ISSUER: Final = both("Signalez-le à {issuer}.", "Tell {issuer} about it.")
ASK_AGAIN: Final = both(
    "Faites une nouvelle demande et laissez la personne y répondre.",
    "Make a new request and let the person answer it.",
)
ASK_HER_NAME: Final = both(
    "Cela ne prouve pas qui tient le téléphone. Demandez son nom.",
    "This does not prove who holds the phone. Ask her name.",
)
TRY_LATER: Final = both("Vérifiez à nouveau plus tard.", "Check again later.")

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
        what_to_do=SHOW_AGAIN,
    ),
    (CheckId.ISSUER_KEY, _PASSED): Said(
        text=both("La clé publique est connue : {issuer}.", "The public key is known: {issuer}.")
    ),
    (CheckId.ISSUER_KEY, _FAILED): Said(
        text=both(
            "La signature ne désigne aucune clé de cet organisme.",
            "The signature names no key of this organisation.",
        ),
        what_to_do=ASK_FOR_ORIGINAL,
    ),
    (CheckId.ISSUER_KEY, _NOT_CHECKED): Said(
        text=both(
            "La clé de l'organisme n'a pas pu être obtenue.",
            "The organisation's key could not be obtained.",
        ),
        what_to_do=CONNECT,
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
        what_to_do=ASK_FOR_ORIGINAL,
    ),
    (CheckId.HOLDER_BINDING, _PASSED): Said(
        text=both(
            "La réponse a été faite pour vous par la personne titulaire.",
            "The answer was made for you by the holder.",
        ),
        does_not_prove=ASK_HER_NAME,
    ),
    (CheckId.HOLDER_BINDING, _FAILED): Said(
        text=both(
            "La réponse n'est pas liée à votre demande.", "The answer is not tied to your request."
        ),
        what_to_do=ASK_AGAIN,
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
        what_to_do=TELL_ISSUER,
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
        what_to_do=TELL_ISSUER,
    ),
    (CheckId.TYPE, _NOT_CHECKED): Said(
        text=both(
            "Les règles de ce type d'attestation n'ont pas pu être lues.",
            "The rules of this type could not be read.",
        ),
        what_to_do=CONNECT,
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
            "{issuer} n'est dans aucune de vos listes.",
            "{issuer} is on none of your lists.",
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
        what_to_do=ASK_WHAT_HAPPENED,
    ),
    (CheckId.STATUS, _NOT_CHECKED): Said(
        text=both(
            "La liste des retraits n'a pas pu être lue.",
            "The list of withdrawals could not be read.",
        ),
        what_to_do=CONNECT,
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
        what_to_do=TRY_LATER,
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
        what_to_do=ASK_AGAIN,
    ),
}
