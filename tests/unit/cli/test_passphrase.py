"""Where a passphrase comes from; never from an argument, never shown."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from carnet_cli.failures import UsageFailedError
from carnet_cli.main import build
from carnet_cli.passphrase import read_new_passphrase, read_passphrase
from carnet_securing.sealing import SHORTEST_NEW_PASSPHRASE


class Keyboard(io.StringIO):
    """A terminal somebody types on."""

    def isatty(self) -> bool:
        return True


def test_S17_no_command_takes_a_passphrase_as_an_argument() -> None:
    """Arguments are read by every process of the machine (`ps`); only files are named there."""

    def walk(command: Any) -> Iterator[Any]:
        for child in getattr(command, "commands", {}).values():
            yield from walk(child)
        yield from getattr(command, "params", [])

    named = [
        one
        for one in walk(typer.main.get_command(build(None)))
        if "pass" in one.name and one.param_type_name == "option"
    ]
    assert {one.opts[0] for one in named} == {"--passphrase-file", "--new-passphrase-file"}
    assert {one.type_descriptor.annotation for one in named} == {Path}


@pytest.fixture(autouse=True)
def _nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARNET_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    waiting = list(answers)

    def ask(prompt: str, stream: object = None) -> str:
        assert "assphrase" in prompt or "again" in prompt
        return waiting.pop(0)

    monkeypatch.setattr("sys.stdin", Keyboard())
    monkeypatch.setattr("getpass.getpass", ask)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("rue des Lilas 14", "rue des Lilas 14"),
        ("rue des Lilas 14\n", "rue des Lilas 14"),
        ("rue des Lilas 14\r\nsecond line\n", "rue des Lilas 14"),
        ("  spaces stay \n", "  spaces stay "),
        ("\ufeffafter a mark\n", "after a mark"),
        ("é\u0301 as it is\n", "é\u0301 as it is"),
    ],
    ids=range(6),
)
def test_the_first_line_of_a_file(tmp_path: Path, data: str, expected: str) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(data.encode())
    assert read_passphrase(file, confirm=True) == expected


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\nsecond", b"\xff\xfe", b"\xef\xbb\xbf\n"])
def test_files_without_one(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(data)
    with pytest.raises(UsageFailedError) as caught:
        read_passphrase(file, confirm=False)
    assert str(tmp_path) not in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_passphrase(tmp_path / "nowhere", confirm=False)


def test_the_file_comes_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARNET_PASSPHRASE", "of the variable")
    assert read_passphrase(None, confirm=True) == "of the variable"
    file = tmp_path / "passphrase"
    file.write_text("of the file")
    assert read_passphrase(file, confirm=True) == "of the file"


def test_an_empty_variable_is_not_a_wish_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "typed")
    monkeypatch.setenv("CARNET_PASSPHRASE", "")
    with pytest.raises(UsageFailedError, match="empty"):
        read_passphrase(None, confirm=False)


def test_without_a_terminal_it_is_a_usage_error() -> None:
    with pytest.raises(UsageFailedError) as caught:
        read_passphrase(None, confirm=False)
    assert "--passphrase-file" in caught.value.hint
    assert "CARNET_PASSPHRASE" in caught.value.hint


@pytest.mark.parametrize("answers", [("one", "two"), ("one", ""), ("", "")])
def test_a_new_one_is_typed_twice_the_same(
    answers: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, *answers)
    with pytest.raises(UsageFailedError):
        read_passphrase(None, confirm=True)


def test_typed_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "rue des Lilas", "rue des Lilas")
    assert read_passphrase(None, confirm=True) == "rue des Lilas"
    typed(monkeypatch, "two")
    assert read_passphrase(None, confirm=False) == "two"


@pytest.mark.parametrize("passphrase", ["a", "sept le", "       ", "é" * 7, "ﬁ" * 3 + "f"])
def test_a_new_one_has_eight_characters_and_an_old_one_may_be_shorter(
    passphrase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SHORTEST_NEW_PASSPHRASE == 8
    file = tmp_path / "passphrase"
    file.write_text(passphrase, encoding="utf-8")
    assert read_passphrase(file, confirm=False) == passphrase
    with pytest.raises(UsageFailedError, match="at least 8") as caught:
        read_passphrase(file, confirm=True)
    assert caught.value.hint
    with pytest.raises(UsageFailedError, match="at least 8"):
        read_new_passphrase(file)
    monkeypatch.setenv("CARNET_PASSPHRASE", passphrase)
    with pytest.raises(UsageFailedError, match="at least 8"):
        read_passphrase(None, confirm=True)
    typed(monkeypatch, passphrase, passphrase)
    with pytest.raises(UsageFailedError, match="at least 8"):
        read_new_passphrase(None)
    file.write_text("huit let", encoding="utf-8")
    assert read_new_passphrase(file) == "huit let"
