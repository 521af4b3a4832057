"""Whatever goes wrong in a wallet command, told in the worker's words and language.

What the command line itself says is English everywhere else; here its sentences have French
ones beside them, and a test holds the table to the code.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from carnet_cli.failures import UsageFailedError
from carnet_cli.hints import file_hint, hint_for
from carnet_cli.input_files import InputFileError
from carnet_schemas.errors import SchemaError
from carnet_securing.errors import CarnetError
from carnet_wallet.plain_errors import in_plain_words

FRENCH: Final[Mapping[str, str]] = {
    "A passphrase is needed and there is no terminal to ask for it.": (
        "Il faut une phrase secrète, et personne à qui la demander."
    ),
    "Use --passphrase-file FILE or set CARNET_PASSPHRASE.": (
        "Donnez --passphrase-file FICHIER, ou réglez CARNET_PASSPHRASE."
    ),
    "Use --new-passphrase-file FILE.": "Donnez --new-passphrase-file FICHIER.",
    "The two passphrases differ.": "Les deux phrases secrètes sont différentes.",
    "Try again; nothing was changed.": "Essayez encore ; rien n'a changé.",
    "The passphrase file is not UTF-8 text.": (
        "Le fichier de la phrase secrète n'est pas du texte UTF-8."
    ),
    "Save it as UTF-8, with the passphrase on its first line.": (
        "Enregistrez-le en UTF-8, avec la phrase sur la première ligne."
    ),
    "The passphrase is empty.": "La phrase secrète est vide.",
    "Look at the first line of the file, or at CARNET_PASSPHRASE.": (
        "Regardez la première ligne du fichier, ou CARNET_PASSPHRASE."
    ),
    "A new passphrase needs at least 8 characters.": (
        "Une nouvelle phrase secrète a au moins 8 caractères."
    ),
    "Choose a sentence you can remember.": "Choisissez une phrase que vous retiendrez.",
    "Nothing was shown: there is no terminal to ask you.": (
        "Rien n'a été montré : il n'y a personne à qui demander."
    ),
    "Add --yes to show this.": "Ajoutez --yes pour montrer cela.",
    "--refresh needs a connection; --offline opens none.": (
        "--refresh a besoin d'une connexion ; --offline n'en ouvre pas."
    ),
    "Leave one of them out.": "Enlevez l'un des deux.",
    "--claims names nothing to show.": "--claims ne nomme rien à montrer.",
    "Look at it with `carnet wallet show`.": "Regardez-la avec `carnet wallet show`.",
    "--use takes PART=ID, as the preview names them.": (
        "--use prend PARTIE=ATTESTATION, comme l'aperçu les nomme."
    ),
    "Look at the preview: it names each part and certificate.": (
        "Regardez l'aperçu : il nomme chaque partie et chaque attestation."
    ),
    "--ca-file and CARNET_CA_FILE name a file of certificates in PEM.": (
        "--ca-file et CARNET_CA_FILE nomment un fichier de certificats PEM."
    ),
}
_NAMED: Final[Mapping[str, str]] = {
    "No roots can be read from this file: ": "Aucune racine n'est lisible dans ce fichier : ",
}
"""Sentences that end with the name of a file."""
_FILES: Final[Mapping[type[OSError], str]] = {
    FileNotFoundError: "Ce fichier n'existe pas",
    NotADirectoryError: "Ce fichier n'existe pas",
    IsADirectoryError: "C'est un dossier, pas un fichier",
    PermissionError: "Ce fichier n'est pas accessible",
}


@contextmanager
def told_in(language: str) -> Iterator[None]:
    """While the block lasts, whatever goes wrong is said in plain words of a language.

    Raises:
        CarnetError, UsageFailedError: as in the block, in other words.
    """
    try:
        yield
    except InputFileError as error:
        if language == "en":
            raise
        sentence = f"Ce fichier n'a pas la forme prévue : {error.file}"
        hint = "Vérifiez que c'est bien le bon fichier."
        raise CarnetError(error.kind, sentence, hint=hint) from error
    except (CarnetError, SchemaError) as error:
        plain = in_plain_words(error, language)
        plain.hint = plain.hint or hint_for(plain.kind, language)
        raise plain from error
    except UsageFailedError as error:
        if language == "en":
            raise
        raise UsageFailedError(_french(error.message), hint=_french(error.hint)) from error
    except OSError as error:
        if language == "en" or type(error) not in _FILES:
            raise
        sentence = f"{_FILES[type(error)]} : {error.filename}"
        raise UsageFailedError(sentence, hint=file_hint(error, language)) from error


def _french(text: str) -> str:
    for english, french in _NAMED.items():
        if text.startswith(english):
            return french + text.removeprefix(english)
    return FRENCH.get(text, text)
