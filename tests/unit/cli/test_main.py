"""One command line from its words to its exit status."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carnet_cli import main as main_module
from carnet_cli.main import build, main
from carnet_securing.errors import CarnetError, ErrorKind
from support.commands import CARNET


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["--nothing"],
        ["verify"],
        ["verifier"],
        ["verifier", "nothing"],
        ["verifier", "init"],
        ["verifier", "init", "x"],
        ["verifier", "serve", "x"],
        ["verifier", "answer", "x"],
        ["verifier", "init", "x", "--name", "A", "--url", "u", "--response-mode", "fragment"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_says_so_on_stderr(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert out + err


@pytest.mark.parametrize(
    "arguments", [["verify", "--json"], ["verifier", "init", "x", "--json", "--force"]]
)
def test_wrong_usage_as_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["kind"] == "usage"
    assert error["message"]


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["verify", "--help"], ["verifier", "--help"], ["verifier", "ask", "--help"]],
    ids=" ".join,
)
def test_help_is_no_failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert "Usage" in capsys.readouterr().out


def test_every_command_and_option_is_explained() -> None:
    import typer.main

    def walk(command: object, name: str) -> None:
        children = getattr(command, "commands", {})
        for child_name, child in children.items():
            walk(child, f"{name} {child_name}")
        if not children:
            assert getattr(command, "help", ""), name
            for one in getattr(command, "params", []):
                if one.param_type_name == "option" and not getattr(one, "hidden", False):
                    assert getattr(one, "help", None), f"{name} {one.name}"

    walk(typer.main.get_command(build(None)), "carnet")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Stopped."),
        (EOFError(), 130, "Stopped."),
        (BrokenPipeError(), 1, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
        (CarnetError(ErrorKind.UNAVAILABLE, "Not now.", hint="Later."), 1, "hint: Later."),
    ],
    ids=["ctrl-c", "ctrl-d", "pipe", "pipe-of-the-system", "typed"],
)
def test_how_a_command_can_end(
    error: BaseException,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def raises(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("carnet_cli.commands.verify.examine_single", raises)
    document = tmp_path / "d"
    document.write_text("x")
    assert main(["verify", str(document), "--offline"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_a_defect_of_ours_is_not_dressed_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def raises(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("carnet_cli.commands.verify.examine_single", raises)
    document = tmp_path / "d"
    document.write_text("x")
    with pytest.raises(ZeroDivisionError):
        main(["verify", str(document), "--offline"])


def test_only_the_command_asked_for_is_loaded() -> None:
    code = (
        "import sys\n"
        "from carnet_cli.main import build\n"
        "build('verify')\n"
        "heavy = {'fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'carnet_issuer',"
        " 'carnet_wallet', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.strip()
    assert loaded in {"[]", "['rich']"}, "typer itself may load rich"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_is_written_is_utf_8_wherever_it_goes(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "d").write_text("x")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    done = subprocess.run(
        [*CARNET, "verify", "d", "--offline"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 12
    assert "é" in done.stdout.decode("utf-8") or "certificate" in done.stdout.decode("utf-8")
    assert b"Traceback" not in done.stderr


def test_every_command_has_its_module() -> None:
    for name in (*main_module._GROUPS, *main_module._COMMANDS):
        assert build(name)
