"""What went wrong, in plain words: the tables hold every sentence of the wallet, and no other."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import carnet_wallet
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.languages import LANGUAGES
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_wallet import french_errors, plain_errors
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.plain_errors import in_plain_words

PACKAGE = Path(carnet_wallet.__file__).parent
MAKERS = {"untrusted", "_not_for_this_wallet"}
OTHERS = {"TypeError", "CarnetError"}
FROM_SEALING = {"Choose a sentence you can remember.", "Close other programs and try again."}


def calls() -> Iterator[tuple[ModuleType, ast.Call]]:
    """Every place in the wallet where an error for the worker is made."""
    for path in PACKAGE.rglob("*.py"):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                made = node.func.id
                if made in MAKERS or (made.endswith("Error") and made not in OTHERS):
                    yield module, node


def texts(module: ModuleType, value: ast.expr | None) -> Iterator[str]:
    """The texts an argument can be: one in place, or one of the constants of its module."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Name):
        named = getattr(module, value.id, None)
        if isinstance(named, str):
            yield named
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        table = value.func.value
        if isinstance(table, ast.Name) and isinstance(getattr(module, table.id, None), dict):
            yield from getattr(module, table.id).values()


def said() -> tuple[set[str], set[str]]:
    sentences, hints = set(), {""}
    for module, call in calls():
        for argument in call.args:
            sentences |= {text for text in texts(module, argument) if " " in text}
        for keyword in call.keywords:
            if keyword.arg == "hint":
                hints |= set(texts(module, keyword.value))
    return sentences, hints


def test_every_sentence_of_the_wallet_is_there_and_none_that_nobody_says() -> None:
    sentences, hints = said()

    assert len(sentences) > 60
    assert set(french_errors.SENTENCES) == sentences
    assert set(french_errors.HINTS) == hints | FROM_SEALING


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ErrorKind)
def test_an_error_of_another_package_is_told_by_its_kind(kind: ErrorKind, lang: str) -> None:
    error = CarnetError(kind, "The header has a `crit` member.", hint="Read RFC 7515.")
    told = in_plain_words(error, lang)

    assert told.kind is kind
    assert told.message == plain_errors._KINDS.get(kind, plain_errors._UNREADABLE)[lang]
    assert told.hint == ""


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", SchemaErrorKind)
def test_an_error_of_the_schemas_is_told_by_its_kind(kind: SchemaErrorKind, lang: str) -> None:
    error = SchemaError(kind, "/claims/0", "A member is null; leave it out instead.")
    told = in_plain_words(error, lang)

    assert told.kind.value == kind.value
    assert "null" not in told.message


def test_sentence_and_hint_are_told_and_the_kind_stays() -> None:
    error = RequestRefusedError(
        ErrorKind.EXPIRED, "This request has ended.", hint="Nothing was shown. Ask for a new code."
    )

    told = in_plain_words(error, "fr")

    assert told.kind is ErrorKind.EXPIRED
    assert told.message == "Cette demande est terminée."
    assert told.hint == "Rien n'a été montré. Demandez un nouveau code."
    told = in_plain_words(error, "en")
    assert (told.kind, told.message, told.hint) == (error.kind, error.message, error.hint)
