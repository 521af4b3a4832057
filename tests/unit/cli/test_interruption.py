"""Ctrl-C at any moment of `carnet`: "Stopped.", exit status 130, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from carnet_cli import interruption
from carnet_cli.main import main
from carnet_securing.errors import ErrorKind, UndeterminedError
from support.commands import CARNET_AT_A_TERMINAL, HEAR_CTRL_C, RUN

AT_IMPORT = """
import os, signal, sys
at = [sys.argv[1]]
class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name in at:
            at.clear()
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, CtrlC())
"""
AT_CALL = """
import os, signal, sys
name, at = sys.argv[1].rsplit(":", 1)
left = int(at)
def count(frame, event, argument):
    global left
    if event == "call" and name in ("", frame.f_code.co_name):
        left -= 1
        if left == 0:
            sys.setprofile(None)
            os.kill(os.getpid(), signal.SIGINT)
sys.setprofile(count)
"""
COMMANDS = {
    "wallet": ["wallet", "list", "nowhere"],
    "issuer": ["issuer", "list", "nowhere"],
    "verifier": ["verifier", "refresh", "nowhere"],
    "verify": ["verify", "nowhere"],
    "demo": ["demo", "--help"],
}


def interrupted(when: str, at: str, command: list[str], folder: Path) -> None:
    """Run a command as a terminal does, press Ctrl-C at a moment, and look how it ends."""
    code = f"{HEAR_CTRL_C}\n{when}\ndel sys.argv[1]\n{RUN}"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, at, *command],
        cwd=folder,
        env={**os.environ, "CARNET_PASSPHRASE": "a pretend passphrase"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"Stopped.\n")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_while_the_command_is_loaded(command: list[str], tmp_path: Path) -> None:
    interrupted(AT_IMPORT, f"carnet_cli.commands.{command[0]}", command, tmp_path)


@pytest.mark.parametrize(
    "module",
    ["carnet_cli.interruption", "carnet_cli.main", "typer", "carnet_wallet.wallet",
     "pydantic_core", "carnet_schemas.catalog", "httpcore2"],
)  # fmt: skip
def test_while_a_module_is_loaded(module: str, tmp_path: Path) -> None:
    interrupted(AT_IMPORT, module, COMMANDS["wallet"], tmp_path)


@pytest.mark.parametrize("calls", [400, 4_000, 16_000, 40_000])
def test_at_any_call_before_the_command_runs(calls: int, tmp_path: Path) -> None:
    interrupted(AT_CALL, f":{calls}", COMMANDS["wallet"], tmp_path)


def test_where_native_code_makes_another_exception_of_it(tmp_path: Path) -> None:
    # pydantic's core notices it while it compiles a pattern, and makes a SchemaError of it.
    interrupted(AT_CALL, "create_schema_validator:9", COMMANDS["wallet"], tmp_path)


def test_while_the_command_runs(tmp_path: Path) -> None:
    interrupted(AT_CALL, "read_passphrase:1", COMMANDS["wallet"], tmp_path)
    interrupted(AT_CALL, "opened_wallet:1", COMMANDS["wallet"], tmp_path)


def test_where_nobody_could_catch_it_it_is_pressed_again(tmp_path: Path) -> None:
    code = (
        f"{HEAR_CTRL_C}\n"
        "import os, sys, time, carnet_cli.main\n"
        "class Dropped:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        [None for _ in range(9)]\n"
        "def main(arguments):\n"
        "    from carnet_cli import interruption\n"
        "    interruption.command_begins()\n"
        "    try:\n"
        "        Dropped()\n"
        "        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n"
        "        return 77\n"
        "carnet_cli.main.main = main\n"
        f"{RUN}"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (77, b"", b"")


def test_after_the_last_word_it_changes_nothing(tmp_path: Path) -> None:
    code = (
        f"{HEAR_CTRL_C}\n"
        "import atexit, os\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        f"{RUN}"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "verify", "--help"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_who_was_told_to_ignore_it_does(tmp_path: Path) -> None:
    code = (
        f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{AT_CALL}\ndel sys.argv[1]\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code + RUN, "command:1", "verify", "nowhere"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2


def test_what_fails_after_it_was_heard_counts_as_interrupted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def raises(*_: object, **__: object) -> None:
        raise UndeterminedError(ErrorKind.FETCH_FAILED, "A web address could not be reached.")

    document = tmp_path / "d"
    document.write_text("x")
    monkeypatch.setattr("carnet_cli.commands.verify.examine_single", raises)
    assert main(["verify", str(document), "--offline"]) == 1
    monkeypatch.setattr(interruption._STATE, "heard", True)
    capsys.readouterr()
    assert main(["verify", str(document), "--offline", "--json"]) == 130
    assert capsys.readouterr() == ("", "Stopped.\n")


def test_a_terminal_is_one_of_the_ways_tests_start_it() -> None:
    assert CARNET_AT_A_TERMINAL[-1].startswith(HEAR_CTRL_C)
