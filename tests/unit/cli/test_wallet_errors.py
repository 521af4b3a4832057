"""What goes wrong in a wallet command, in her words and language."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import carnet_cli
from carnet_cli import wallet_errors
from carnet_cli.failures import UsageFailedError, explain
from carnet_cli.input_files import content_of
from carnet_cli.wallet_errors import told_in
from carnet_schemas.errors import SchemaError
from carnet_schemas.languages import LANGUAGES
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError

PACKAGE = Path(carnet_cli.__file__).parent
MODULES = ("passphrase", "wallet_consent", "wallet_edge", "web_client", "commands/wallet")
BEFORE_THE_LANGUAGE_IS_KNOWN = {"--lang is fr or en.", "Write --lang fr or --lang en."}
OF_SEALING = {
    "A new passphrase needs at least 8 characters.",
    "Choose a sentence you can remember.",
}


def said() -> Iterator[str]:
    """Every sentence and hint the command line itself can say about a wallet."""
    for name in MODULES:
        source = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                given = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
                if node.func.id == "UsageFailedError":
                    given += node.args
                for text in given:
                    if isinstance(text, ast.Constant):
                        yield str(text.value)
                    elif isinstance(text, ast.JoinedStr):
                        yield str(getattr(text.values[0], "value", ""))


def test_every_sentence_has_its_french_and_none_is_left_over() -> None:
    expected = set(said()) - BEFORE_THE_LANGUAGE_IS_KNOWN | OF_SEALING
    assert expected == {*wallet_errors.FRENCH, *wallet_errors._NAMED}


@pytest.mark.parametrize("english", wallet_errors.FRENCH)
def test_wrong_usage_is_told_in_french(english: str) -> None:
    with pytest.raises(UsageFailedError) as caught, told_in("fr"):
        raise UsageFailedError(english, hint=english)
    assert caught.value.message == caught.value.hint == wallet_errors.FRENCH[english]
    with pytest.raises(UsageFailedError) as caught, told_in("en"):
        raise UsageFailedError(english, hint=english)
    assert caught.value.message == english


@pytest.mark.parametrize(
    "error", [FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError]
)
def test_a_file_that_cannot_be_opened(error: type[OSError]) -> None:
    with pytest.raises(UsageFailedError, match=r" : liste\.json$") as caught, told_in("fr"):
        raise error(2, "what the system says", "liste.json")
    assert caught.value.hint
    with pytest.raises(error), told_in("en"):
        raise error(2, "what the system says", "liste.json")


@pytest.mark.parametrize(
    ("language", "message", "hint"),
    [
        ("en", "liste.json: Not so.", "Check that this is the file you meant."),
        ("fr", "Ce fichier n'a pas la forme prévue : liste.json",
         "Vérifiez que c'est bien le bon fichier."),
    ],
)  # fmt: skip
def test_a_file_with_something_else_in_it(language: str, message: str, hint: str) -> None:
    with (
        pytest.raises(CarnetError) as caught,
        told_in(language),
        content_of(Path("liste.json")),
    ):
        raise InvalidError(ErrorKind.MALFORMED, "Not so.")
    assert (caught.value.kind, caught.value.message) == (ErrorKind.MALFORMED, message)
    assert caught.value.hint == hint


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "error",
    [
        InvalidError(ErrorKind.CRIT_UNSUPPORTED, "The header has a `crit` member."),
        SchemaError("malformed", "/credential_endpoint", "A member is null."),
    ],
    ids=["signed", "schema"],
)
def test_what_other_parts_say_is_the_detail(
    error: CarnetError | SchemaError, language: str
) -> None:
    with pytest.raises(CarnetError) as caught, told_in(language):
        raise error
    failure = explain(caught.value)
    assert failure is not None
    assert failure.kind == error.kind.value
    assert failure.detail == error.message
    assert "crit" not in failure.message + failure.hint
    assert failure.hint
    assert failure.to_json()["error"] == {
        "kind": failure.kind,
        "message": failure.message,
        "hint": failure.hint,
        "detail": error.message,
    }


def test_a_defect_of_ours_stays_one() -> None:
    with pytest.raises(ZeroDivisionError), told_in("fr"):
        raise ZeroDivisionError
