"""The first sentence a reader sees, French and English, at most fifteen words a sentence.

Only `not_authentic` uses words of fraud. Every other refusal says that the document is
genuine and by whom; where nothing was found authentic, it says neither.
"""

from collections.abc import Mapping
from typing import Final

from carnet_verifier.report import CheckId, Ground, Outcome, Showing, Text
from carnet_verifier.sentences import both

HEADLINES: Final[Mapping[Outcome | Ground, Text]] = {
    Outcome.VERIFIED: both(
        "Vérifié : délivré par {issuer}, encore valable.",
        "Verified: issued by {issuer}, still valid.",
    ),
    Outcome.GENUINE_UNLISTED: both(
        "Signature intacte, mais {issuer} n'est pas dans vos listes. À vous d'en juger.",
        "Intact, but nobody on your lists vouches for {issuer}. You decide.",
    ),
    Outcome.UNDETERMINED: both(
        "Nous n'avons pas pu tout vérifier.",
        "We could not check everything.",
    ),
    Ground.NOT_AUTHENTIC: both(
        "Document modifié ou non authentique. Ne vous y fiez pas.",
        "Altered or not genuine. Do not rely on it.",
    ),
    Ground.WITHDRAWN: both(
        "Authentique, mais retiré par {issuer}.",
        "Genuine, but withdrawn by {issuer}.",
    ),
    Ground.PAUSED: both(
        "Authentique, mais mis en pause par {issuer}. Cela peut reprendre.",
        "Genuine, but put on hold by {issuer}. It may resume.",
    ),
    Ground.EXPIRED: both(
        "Authentique, délivré par {issuer}, mais expiré le {date}.",
        "Genuine, issued by {issuer}, but expired on {date}.",
    ),
    Ground.NOT_YET_VALID: both(
        "Authentique, délivré par {issuer}. Mais valable seulement à partir du {date}.",
        "Genuine, issued by {issuer}. But valid only from {date}.",
    ),
    Ground.NOT_FOR_YOU: both(
        "Authentique, délivré par {issuer}. Mais cette réponse n'a pas été faite pour vous.",
        "Genuine, issued by {issuer}. But this answer was not made for you.",
    ),
    Ground.POLICY_UNMET: both(
        "Authentique, délivré par {issuer}. Mais ce n'est pas ce que vous demandez.",
        "Genuine, issued by {issuer}. But it is not what you ask for.",
    ),
}

UNREADABLE: Final = both(
    "Cela ne se lit pas comme une attestation.", "This does not read as a certificate."
)
"""For a text of another kind, empty or cut short: that is nobody's fraud."""

WITHOUT_DATE: Final[Mapping[Ground, Text]] = {
    Ground.EXPIRED: both(
        "Authentique, délivré par {issuer}, mais expiré.",
        "Genuine, issued by {issuer}, but expired.",
    ),
    Ground.NOT_YET_VALID: both(
        "Authentique, délivré par {issuer}, mais pas encore valable.",
        "Genuine, issued by {issuer}, but not valid yet.",
    ),
}

BY_SHOWING: Final[Mapping[Showing, Text]] = {
    Showing.LIVE: both(
        "Fait pour vous, à l'instant. Vérifié : délivré par {issuer}, encore valable.",
        "Made for you, just now. Verified: issued by {issuer}, still valid.",
    ),
    Showing.RECORDED: both(
        "Peut être une copie. Vérifié : délivré par {issuer}, encore valable.",
        "May be a copy. Verified: issued by {issuer}, still valid.",
    ),
}
"""The headline of a verified code on a screen: live or recorded is said first."""

UNMET: Final[Mapping[CheckId, Text]] = {
    CheckId.TYPE: both(
        "Authentique, délivré par {issuer}. Mais il ne suit pas les règles de son type.",
        "Genuine, issued by {issuer}. But it breaks the rules of its type.",
    ),
    CheckId.ISSUER_LISTED: both(
        "Authentique, délivré par {issuer}. Mais vos listes ne couvrent pas ce cas.",
        "Genuine, issued by {issuer}. But your lists do not cover this case.",
    ),
    CheckId.STATUS: both(
        "Authentique, délivré par {issuer}. Mais il manque dans la liste des retraits.",
        "Genuine, issued by {issuer}. But the list of withdrawals lacks it.",
    ),
    CheckId.POLICY: both(
        "Authentique, délivré par {issuer}. Mais une de vos conditions n'est pas remplie.",
        "Genuine, issued by {issuer}. But one of your conditions is not met.",
    ),
}
"""What is meant by `policy_unmet`, by the check that found it."""

UNCHECKED: Final[Mapping[CheckId, Text]] = {
    CheckId.ISSUER_KEY: both(
        "Nous n'avons pas pu tout vérifier : la clé de l'organisme manque.",
        "Could not check everything: the organisation's key is missing.",
    ),
    CheckId.TYPE: both(
        "Nous n'avons pas pu tout vérifier : les règles de ce type manquent.",
        "Could not check everything: the rules of this type are missing.",
    ),
    CheckId.STATUS: both(
        "Nous n'avons pas pu tout vérifier : la liste des retraits manque.",
        "Could not check everything: the list of withdrawals is missing.",
    ),
}
"""What is meant by `undetermined`, by the first check that could not run."""

NOTHING_AUTHENTIC: Final = both(
    "Cette réponse ne correspond pas à votre demande.",
    "This answer does not match your request.",
)
"""A refusal of the answer as a whole, when no document in it is known to be genuine."""
