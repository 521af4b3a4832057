"""What went wrong, in the worker's words: the wallet's own sentences as they are, others by kind.

What other packages say is meant for whoever checks or integrates, so a worker reads a sentence
for its kind instead. The kind itself never changes.
"""

from collections.abc import Mapping
from typing import Final

from carnet_schemas.errors import SchemaError
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_wallet import french_errors

_Words = Mapping[str, str]

_UNREADABLE: Final[_Words] = {
    "fr": "Ce qui est arrivé n'a pas la forme prévue.",
    "en": "What came does not have the expected form.",
}
_NOT_SIGNED_WELL: Final[_Words] = {
    "fr": "La signature ou la clé n'est pas celle qu'il faut.",
    "en": "The signature or the key is not the right one.",
}
_TOO_LARGE: Final[_Words] = {
    "fr": "C'est plus grand que ce que ce carnet accepte.",
    "en": "It is larger than this wallet takes.",
}
_KINDS: Final[Mapping[ErrorKind, _Words]] = {
    ErrorKind.TOO_LARGE: _TOO_LARGE,
    ErrorKind.FETCH_TOO_LARGE: _TOO_LARGE,
    ErrorKind.UNSUPPORTED_VERSION: {
        "fr": "Ce carnet ne connaît pas encore cette forme.",
        "en": "This wallet does not know this form yet.",
    },
    ErrorKind.ALG_NOT_ALLOWED: _NOT_SIGNED_WELL,
    ErrorKind.BAD_SIGNATURE: _NOT_SIGNED_WELL,
    ErrorKind.KEY_NOT_FOUND: _NOT_SIGNED_WELL,
    ErrorKind.KEY_AMBIGUOUS: _NOT_SIGNED_WELL,
    ErrorKind.KEY_NOT_TRUSTED: _NOT_SIGNED_WELL,
    ErrorKind.CHAIN_INVALID: _NOT_SIGNED_WELL,
    ErrorKind.ISSUER_MISMATCH: {
        "fr": "Cela vient d'un autre organisme que prévu.",
        "en": "It comes from another issuer than expected.",
    },
    ErrorKind.VCT_MISMATCH: {
        "fr": "C'est un autre genre d'attestation que prévu.",
        "en": "It is another kind of certificate than expected.",
    },
    ErrorKind.EXPIRED: {
        "fr": "C'est terminé depuis un moment.",
        "en": "It ended a while ago.",
    },
    ErrorKind.NOT_YET_VALID: {
        "fr": "Ce n'est pas encore valable.",
        "en": "It is not valid yet.",
    },
    ErrorKind.CLAIM_MISSING: {
        "fr": "Il manque quelque chose dans cette attestation.",
        "en": "Something is missing in this certificate.",
    },
    ErrorKind.POLICY_UNMET: {
        "fr": "Les règles de ce genre d'attestation ne sont pas tenues.",
        "en": "The rules for this kind of certificate are not kept.",
    },
    ErrorKind.QUERY_UNMET: {
        "fr": "La demande n'a pas de réponse dans votre carnet.",
        "en": "Your wallet has no answer to this request.",
    },
    ErrorKind.REQUEST_UNTRUSTED: {
        "fr": "On ne sait pas qui demande.",
        "en": "It is not sure who asks.",
    },
    ErrorKind.STATUS_UNAVAILABLE: {
        "fr": "On ne sait pas si c'est toujours valable.",
        "en": "It is not known whether it is still valid.",
    },
    ErrorKind.FETCH_BLOCKED: {
        "fr": "Cette adresse ne peut pas être ouverte d'ici.",
        "en": "This address cannot be opened from here.",
    },
    ErrorKind.FETCH_FAILED: {
        "fr": "L'autre côté ne répond pas.",
        "en": "The other side does not answer.",
    },
    ErrorKind.VAULT_PASSPHRASE: {
        "fr": "Cette phrase secrète ne convient pas.",
        "en": "This passphrase does not fit.",
    },
    ErrorKind.VAULT_CORRUPT: {
        "fr": "Le fichier du carnet a été modifié ou abîmé.",
        "en": "The wallet's file was changed or damaged.",
    },
    ErrorKind.VAULT_KDF_POLICY: {
        "fr": "La protection de la phrase secrète n'est pas celle qu'il faut.",
        "en": "The passphrase is not protected as it has to be.",
    },
    ErrorKind.STORAGE_FULL: {
        "fr": "Il n'y a plus de place sur le disque.",
        "en": "There is no room left on the disk.",
    },
    ErrorKind.NOT_FOUND: {"fr": "Cela n'existe pas.", "en": "It does not exist."},
    ErrorKind.FORBIDDEN: {"fr": "Cela n'est pas permis.", "en": "It is not allowed."},
    ErrorKind.CONFLICT: {
        "fr": "Deux choses se contredisent.",
        "en": "Two things contradict each other.",
    },
    ErrorKind.RATE_LIMITED: {
        "fr": "L'autre côté est très occupé.",
        "en": "The other side is very busy.",
    },
    ErrorKind.UNAVAILABLE: {
        "fr": "Ce n'est pas possible pour le moment.",
        "en": "It is not possible just now.",
    },
}
"""Kinds that are not here are faults of form, of which a worker needs to know no more."""


def in_plain_words(error: CarnetError | SchemaError, lang: str) -> CarnetError:
    """The same error as the worker reads it; its kind stays.

    A hint that is not the wallet's own is left out: half a language helps less than none.

    Args:
        error: what went wrong.
        lang: `fr` or `en`.
    """
    kind = ErrorKind(error.kind.value)
    by_kind = _KINDS.get(kind, _UNREADABLE)[lang]
    sentence, hint = error.message, error.hint
    if lang == "fr":
        own = french_errors.SENTENCES.get(sentence, by_kind)
        return CarnetError(kind, own, hint=french_errors.HINTS.get(hint, ""))
    return CarnetError(
        kind,
        sentence if sentence in french_errors.SENTENCES else by_kind,
        hint=hint if hint in french_errors.HINTS else "",
    )
