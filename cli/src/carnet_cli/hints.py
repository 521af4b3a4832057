"""What to do about an error that says nothing of it: one sentence a kind, in both languages."""

from collections.abc import Mapping
from typing import Final

from carnet_schemas.errors import SchemaError
from carnet_securing.errors import ErrorKind

_Words = Mapping[str, str]

_LOOK_AGAIN: Final[_Words] = {
    "fr": "Vérifiez le fichier ou le lien donné.",
    "en": "Check the file or link you gave.",
}
_NOT_TO_RELY_ON: Final[_Words] = {
    "fr": "Ne vous y fiez pas. Dites-le à qui vous l'a donné.",
    "en": "Do not rely on it. Tell who gave it to you.",
}
_TELL: Final[_Words] = {
    "fr": "Dites-le à qui vous l'a donné.",
    "en": "Tell who gave it to you.",
}
_CONNECTION: Final[_Words] = {
    "fr": "Vérifiez la connexion, puis essayez encore.",
    "en": "Check the connection, then try again.",
}
_ROOM: Final[_Words] = {
    "fr": "Libérez de la place sur le disque, puis essayez encore.",
    "en": "Make room on the disk, then try again.",
}
_LATER: Final[_Words] = {"fr": "Essayez encore plus tard.", "en": "Try again later."}
_ASK_AGAIN: Final[_Words] = {"fr": "Demandez-en un autre.", "en": "Ask for another one."}
_PASSPHRASE: Final[_Words] = {
    "fr": "Vérifiez les majuscules et le clavier.",
    "en": "Check capital letters and the keyboard.",
}
_BACKUP: Final[_Words] = {
    "fr": "Prenez votre dernière sauvegarde.",
    "en": "Use your last backup.",
}
_KINDS: Final[Mapping[ErrorKind, _Words]] = {
    ErrorKind.TOO_LARGE: _TELL,
    ErrorKind.FETCH_TOO_LARGE: _TELL,
    ErrorKind.UNSUPPORTED_VERSION: {
        "fr": "Mettez Carnet à jour, puis essayez encore.",
        "en": "Update Carnet, then try again.",
    },
    ErrorKind.EXPIRED: _ASK_AGAIN,
    ErrorKind.REPLAY: _ASK_AGAIN,
    ErrorKind.NOT_YET_VALID: _LATER,
    ErrorKind.STATUS_UNAVAILABLE: _CONNECTION,
    ErrorKind.FETCH_FAILED: _CONNECTION,
    ErrorKind.FETCH_BLOCKED: {
        "fr": "Vérifiez l'adresse. Pour http://localhost, ajoutez --allow-loopback-http.",
        "en": "Check the address. For http://localhost, add --allow-loopback-http.",
    },
    ErrorKind.CLAIM_MISSING: _TELL,
    ErrorKind.POLICY_UNMET: _TELL,
    ErrorKind.QUERY_UNMET: {
        "fr": "Voyez avec la personne qui demande ce qui conviendrait.",
        "en": "Ask the other side what else would do.",
    },
    ErrorKind.VAULT_PASSPHRASE: _PASSPHRASE,
    ErrorKind.VAULT_CORRUPT: _BACKUP,
    ErrorKind.VAULT_ROLLBACK: _BACKUP,
    ErrorKind.VAULT_KDF_POLICY: _BACKUP,
    ErrorKind.BACKUP_INVALID: _BACKUP,
    ErrorKind.VAULT_BUSY: {
        "fr": "Fermez l'autre programme, puis essayez encore.",
        "en": "Close the other program, then try again.",
    },
    ErrorKind.STORAGE_FULL: _ROOM,
    ErrorKind.NOT_FOUND: {
        "fr": "Vérifiez le nom que vous avez donné.",
        "en": "Check the name you gave.",
    },
    ErrorKind.FORBIDDEN: {
        "fr": "Vérifiez que vous en avez le droit.",
        "en": "Check that you may do this.",
    },
    ErrorKind.CONFLICT: {
        "fr": "Regardez ce qui existe déjà, puis choisissez.",
        "en": "Look at what is there already, then choose.",
    },
    ErrorKind.RATE_LIMITED: {
        "fr": "Essayez encore dans une minute.",
        "en": "Try again in a minute.",
    },
    ErrorKind.UNAVAILABLE: _LATER,
    **dict.fromkeys(
        (
            ErrorKind.MALFORMED,
            ErrorKind.TOO_DEEP,
            ErrorKind.DUPLICATE_MEMBER,
            ErrorKind.TYP_MISMATCH,
            ErrorKind.VCT_MISMATCH,
        ),
        _LOOK_AGAIN,
    ),
}
"""Kinds that are not here say that a document is not what it claims to be."""


def hint_for(kind: ErrorKind, language: str) -> str:
    """What to do about an error of a kind."""
    return _KINDS.get(kind, _NOT_TO_RELY_ON)[language]


def schema_hint(error: SchemaError) -> str:
    """What to do about it, and where: English only; "" where neither is known."""
    place = f"Look at {error.pointer}" if error.pointer else ""
    return " ".join(part for part in (error.hint, place) if part)


_FILE_HINTS: Final[Mapping[type[OSError], _Words]] = {
    FileNotFoundError: {
        "fr": "Vérifiez le nom du fichier et son dossier.",
        "en": "Check the file's name and folder.",
    },
    NotADirectoryError: {
        "fr": "Vérifiez le nom du fichier et son dossier.",
        "en": "Check the file's name and folder.",
    },
    IsADirectoryError: {
        "fr": "Donnez un fichier de ce dossier.",
        "en": "Name a file of this folder.",
    },
    PermissionError: {
        "fr": "Vérifiez que vous avez le droit de lire et d'écrire.",
        "en": "Check that you may read and write it.",
    },
}


def file_hint(error: OSError, language: str) -> str:
    """What to do about a file that cannot be opened as it is named."""
    words = _FILE_HINTS.get(type(error), _FILE_HINTS[FileNotFoundError])
    return words[language]
