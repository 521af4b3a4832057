"""Every sentence of the report, French and English, at most fifteen words each.

The words come from docs/words.md. A sentence never carries a claim; the issuer's name
is put in place of `{issuer}` and comes from trust data, never from the token.
"""

from collections.abc import Mapping
from typing import Final

from carnet_securing.errors import ErrorKind
from carnet_trust.display_name import issuer_name
from carnet_trust.lookups import FoundIssuer
from carnet_verifier.report import CheckId, CheckOutcome, Ground, Outcome, Text

NO_TEXT: Final[Text] = {}


def _both(fr: str, en: str) -> Text:
    return {"fr": fr, "en": en}


_HEADLINES: Final[Mapping[Outcome | Ground, Text]] = {
    Outcome.VERIFIED: _both(
        "Vérifié : délivré par {issuer}, encore valable.",
        "Verified: issued by {issuer}, still valid.",
    ),
    Outcome.GENUINE_UNLISTED: _both(
        "Signature intacte, mais {issuer} n'est pas dans vos listes. À vous d'en juger.",
        "Intact, but nobody on your lists vouches for {issuer}. You decide.",
    ),
    Outcome.UNDETERMINED: _both(
        "Nous n'avons pas pu tout vérifier.",
        "We could not check everything.",
    ),
    Ground.NOT_AUTHENTIC: _both(
        "Document modifié ou non authentique. Ne vous y fiez pas.",
        "Altered or not genuine. Do not rely on it.",
    ),
    Ground.WITHDRAWN: _both(
        "Authentique, mais retiré par {issuer}.",
        "Genuine, but withdrawn by {issuer}.",
    ),
    Ground.PAUSED: _both(
        "Authentique, mais mis en pause par {issuer}. Cela peut reprendre.",
        "Genuine, but put on hold by {issuer}. It may resume.",
    ),
    Ground.EXPIRED: _both(
        "Authentique, délivré par {issuer}, mais expiré.",
        "Genuine, issued by {issuer}, but expired.",
    ),
    Ground.NOT_YET_VALID: _both(
        "Authentique, délivré par {issuer}, mais pas encore valable.",
        "Genuine, issued by {issuer}, but not valid yet.",
    ),
    Ground.NOT_FOR_YOU: _both(
        "Document authentique, mais cette réponse n'a pas été faite pour vous.",
        "Genuine document, but this answer was not made for you.",
    ),
    Ground.POLICY_UNMET: _both(
        "Document authentique, mais il ne répond pas à ce que vous demandez.",
        "Genuine document, but it does not answer what you ask.",
    ),
}

_SENTENCES: Final[Mapping[tuple[CheckId, CheckOutcome], Text]] = {
    (CheckId.FORMAT, CheckOutcome.PASSED): _both(
        "Le document se lit entièrement.", "The document reads completely."
    ),
    (CheckId.FORMAT, CheckOutcome.FAILED): _both(
        "Le document ne se lit pas comme une attestation.",
        "The document does not read as a certificate.",
    ),
    (CheckId.ISSUER_KEY, CheckOutcome.PASSED): _both(
        "La clé publique de {issuer} est connue.", "The public key of {issuer} is known."
    ),
    (CheckId.ISSUER_KEY, CheckOutcome.FAILED): _both(
        "La signature ne désigne aucune clé de cet organisme.",
        "The signature names no key of this organisation.",
    ),
    (CheckId.ISSUER_KEY, CheckOutcome.NOT_CHECKED): _both(
        "La clé de l'organisme n'a pas pu être obtenue.",
        "The organisation's key could not be obtained.",
    ),
    (CheckId.SIGNATURE, CheckOutcome.PASSED): _both(
        "Rien n'a été modifié depuis la signature.", "Nothing was changed since it was signed."
    ),
    (CheckId.SIGNATURE, CheckOutcome.FAILED): _both(
        "Le contenu ne correspond pas à la signature.",
        "The content does not match the signature.",
    ),
    (CheckId.HOLDER_BINDING, CheckOutcome.PASSED): _both(
        "La réponse a été faite pour vous par la personne titulaire.",
        "The answer was made for you by the holder.",
    ),
    (CheckId.HOLDER_BINDING, CheckOutcome.FAILED): _both(
        "La réponse n'est pas liée à votre demande.",
        "The answer is not tied to your request.",
    ),
    (CheckId.HOLDER_BINDING, CheckOutcome.NOT_APPLICABLE): _both(
        "Copie lue telle quelle : elle prouve le document, pas la personne.",
        "Read as a copy: it proves the paper, not the person.",
    ),
    (CheckId.VALIDITY, CheckOutcome.PASSED): _both(
        "Les dates sont bonnes aujourd'hui.", "The dates are good today."
    ),
    (CheckId.VALIDITY, CheckOutcome.FAILED): _both(
        "Les dates ne conviennent pas aujourd'hui.", "The dates do not fit today."
    ),
    (CheckId.TYPE, CheckOutcome.PASSED): _both(
        "Le contenu suit les règles de ce type d'attestation.",
        "The content follows the rules of this type.",
    ),
    (CheckId.TYPE, CheckOutcome.FAILED): _both(
        "Le contenu ne suit pas les règles de ce type d'attestation.",
        "The content does not follow the rules of this type.",
    ),
    (CheckId.TYPE, CheckOutcome.NOT_CHECKED): _both(
        "Les règles de ce type d'attestation ne sont pas connues ici.",
        "The rules of this type are not known here.",
    ),
    (CheckId.ISSUER_LISTED, CheckOutcome.PASSED): _both(
        "{issuer} est dans vos listes pour ce type d'attestation.",
        "{issuer} is on your lists for this type.",
    ),
    (CheckId.ISSUER_LISTED, CheckOutcome.FAILED): _both(
        "{issuer} est dans vos listes, mais pas pour ce type d'attestation.",
        "{issuer} is on your lists, but not for this type.",
    ),
    (CheckId.ISSUER_LISTED, CheckOutcome.UNLISTED): _both(
        "Aucune de vos listes ne répond de {issuer}.",
        "None of your lists vouches for {issuer}.",
    ),
    (CheckId.STATUS, CheckOutcome.PASSED): _both(
        "{issuer} ne l'a ni retiré ni mis en pause.",
        "{issuer} has neither withdrawn it nor put it on hold.",
    ),
    (CheckId.STATUS, CheckOutcome.FAILED): _both(
        "{issuer} l'a retiré ou mis en pause.",
        "{issuer} has withdrawn it or put it on hold.",
    ),
    (CheckId.STATUS, CheckOutcome.NOT_CHECKED): _both(
        "La liste des retraits n'a pas pu être lue.",
        "The list of withdrawals could not be read.",
    ),
    (CheckId.STATUS, CheckOutcome.NOT_APPLICABLE): _both(
        "Cette attestation ne peut pas être retirée avant sa date de fin.",
        "This certificate cannot be withdrawn before its end date.",
    ),
    (CheckId.QUESTION, CheckOutcome.PASSED): _both(
        "Tout ce que vous avez demandé est là.", "All you asked for is there."
    ),
    (CheckId.QUESTION, CheckOutcome.FAILED): _both(
        "La réponse ne contient pas ce que vous avez demandé.",
        "The answer does not contain what you asked for.",
    ),
    (CheckId.POLICY, CheckOutcome.PASSED): _both(
        "Vos autres conditions sont remplies.", "Your other conditions are met."
    ),
    (CheckId.POLICY, CheckOutcome.NOT_APPLICABLE): _both(
        "Vous n'avez posé aucune autre condition.", "You set no other condition."
    ),
    (CheckId.POLICY, CheckOutcome.FAILED): _both(
        "Une de vos conditions n'est pas remplie.", "One of your conditions is not met."
    ),
}

_BY_KIND: Final[Mapping[ErrorKind, Text]] = {
    ErrorKind.EXPIRED: _both(
        "Plus valable : la date de fin est passée.", "No longer valid: its end date has passed."
    ),
    ErrorKind.NOT_YET_VALID: _both(
        "Pas encore valable : la date de début est à venir.",
        "Not valid yet: its start date lies ahead.",
    ),
    ErrorKind.STATUS_REVOKED: _both("{issuer} l'a retiré.", "{issuer} has withdrawn it."),
    ErrorKind.STATUS_SUSPENDED: _both("{issuer} l'a mis en pause.", "{issuer} has put it on hold."),
    ErrorKind.KB_MISSING: _both(
        "La personne titulaire n'a pas signé cette réponse.", "The holder did not sign this answer."
    ),
    ErrorKind.KB_AUD: _both(
        "Cette réponse a été faite pour quelqu'un d'autre.",
        "This answer was made for somebody else.",
    ),
    ErrorKind.KB_NONCE: _both(
        "Cette réponse a été faite pour une autre demande.",
        "This answer was made for another request.",
    ),
    ErrorKind.KB_IAT: _both(
        "Cette réponse est trop ancienne, ou d'une horloge fausse.",
        "This answer is too old, or from a wrong clock.",
    ),
    ErrorKind.REPLAY: _both("Cette réponse a déjà servi.", "This answer was already used."),
}

_DOES_NOT_PROVE: Final[Mapping[tuple[CheckId, CheckOutcome], Text]] = {
    (CheckId.SIGNATURE, CheckOutcome.PASSED): _both(
        "Cela ne prouve pas que ce qui est écrit est vrai.",
        "This does not prove that what it says is true.",
    ),
    (CheckId.HOLDER_BINDING, CheckOutcome.PASSED): _both(
        "Cela ne prouve pas qui tient le téléphone. Demandez son nom.",
        "This does not prove who holds the phone. Ask her name.",
    ),
    (CheckId.ISSUER_LISTED, CheckOutcome.UNLISTED): _both(
        "Ne pas être répertorié ne dit rien contre cet organisme.",
        "Being unlisted says nothing against this organisation.",
    ),
    (CheckId.QUESTION, CheckOutcome.PASSED): _both(
        "La personne choisit ce qu'elle montre. Le reste ne vous regarde pas.",
        "She chooses what to show. What stays hidden says nothing.",
    ),
}

_WHAT_TO_DO: Final[Mapping[tuple[CheckId, CheckOutcome], Text]] = {
    (CheckId.FORMAT, CheckOutcome.FAILED): _both(
        "Demandez à la personne de montrer son attestation à nouveau.",
        "Ask the person to show the certificate again.",
    ),
    (CheckId.ISSUER_KEY, CheckOutcome.NOT_CHECKED): _both(
        "Connectez-vous à internet et vérifiez à nouveau.",
        "Connect to the internet and check again.",
    ),
    (CheckId.SIGNATURE, CheckOutcome.FAILED): _both(
        "Demandez l'attestation d'origine à la personne ou à l'organisme.",
        "Ask the person or the organisation for the original.",
    ),
    (CheckId.HOLDER_BINDING, CheckOutcome.FAILED): _both(
        "Faites une nouvelle demande et laissez la personne y répondre.",
        "Make a new request and let the person answer it.",
    ),
    (CheckId.VALIDITY, CheckOutcome.FAILED): _both(
        "Demandez si une attestation plus récente existe.",
        "Ask whether a newer certificate exists.",
    ),
    (CheckId.ISSUER_LISTED, CheckOutcome.UNLISTED): _both(
        "Renseignez-vous sur l'organisme, puis décidez.",
        "Find out about the organisation, then decide.",
    ),
    (CheckId.STATUS, CheckOutcome.NOT_CHECKED): _both(
        "Connectez-vous à internet et vérifiez à nouveau.",
        "Connect to the internet and check again.",
    ),
    (CheckId.STATUS, CheckOutcome.FAILED): _both(
        "Demandez à la personne ou à l'organisme ce qui s'est passé.",
        "Ask the person or the organisation what happened.",
    ),
}

UNKNOWN_ISSUER: Final[Text] = _both("cet organisme", "this organisation")


def issuer_text(found: FoundIssuer) -> Text:
    """The issuer's name in both languages: from its trust entry, else its cleaned host."""
    return {language: str(issuer_name(found, lang=language)) for language in ("fr", "en")}


def headline(outcome: Outcome, ground: Ground | None, *, issuer: Text) -> Text:
    """The first sentence a reader sees; `issuer` is the name from trust data or the host."""
    return _named(_HEADLINES[outcome if ground is None else ground], issuer)


def sentence(
    check: CheckId, outcome: CheckOutcome, *, kind: ErrorKind | None, issuer: Text
) -> Text:
    """What one check found."""
    if kind is not None and outcome is CheckOutcome.FAILED and kind in _BY_KIND:
        return _named(_BY_KIND[kind], issuer)
    return _named(_SENTENCES[(check, outcome)], issuer)


def does_not_prove(check: CheckId, outcome: CheckOutcome) -> Text:
    """What must not be concluded from it; empty when nothing needs saying."""
    return _DOES_NOT_PROVE.get((check, outcome), NO_TEXT)


def what_to_do(check: CheckId, outcome: CheckOutcome) -> Text:
    """The next step; empty when there is none."""
    return _WHAT_TO_DO.get((check, outcome), NO_TEXT)


def _named(text: Text, issuer: Text) -> Text:
    return {
        language: value.replace("{issuer}", issuer[language]) for language, value in text.items()
    }
