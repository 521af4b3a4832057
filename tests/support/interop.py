"""Strangers' programs and our own services, each a real process, spoken to over pipes and HTTP.

The programs in `tests/interop/*.mjs` drive libraries from npm; `oracle.py` drives verifiers
from PyPI in an environment of its own. None of them is a dependency of Carnet. A process
ends when the pipe it was given closes, so nothing is ended by name and nothing outlives us.
"""

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self

import pytest

from support.commands import CARNET
from support.shared import REPOSITORY

INTEROP = REPOSITORY / "tests" / "interop"
ORACLE_PYTHON = INTEROP / ".venv" / "bin" / "python"
PASSPHRASE = "a passphrase of the interoperability tests"
ENVIRONMENT = {
    **os.environ,
    "CARNET_PASSPHRASE": PASSPHRASE,
    "CARNET_ALLOW_LOOPBACK_HTTP": "1",
    "NODE_NO_WARNINGS": "1",
}
_PATIENCE = 60.0
"""Seconds to wait for a line that should come at once; a loaded machine is slow."""


def need(present: bool, missing: str, *, how: str) -> None:
    """Skip with a plain reason when strangers' software is not installed, or fail if it must be."""
    if present:
        return
    reason = f"{missing} not installed: {how}"
    if os.environ.get("CARNET_REQUIRE_INTEROP") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def need_npm() -> None:
    """The libraries from npm."""
    need(
        (INTEROP / "node_modules" / "@openid4vc").is_dir() and shutil.which("node") is not None,
        "strangers' npm libraries are",
        how="npm install --prefix tests/interop --no-package-lock",
    )


def need_oracle() -> None:
    """The verifiers from PyPI, in their own environment."""
    need(
        ORACLE_PYTHON.exists(),
        "strangers' PyPI verifiers are",
        how="uv venv tests/interop/.venv; "
        "uv pip install --python tests/interop/.venv -r tests/interop/requirements.txt",
    )


def now() -> int:
    """The real time in Unix seconds: strangers read the clock themselves."""
    return int(time.time())


class Stranger:
    """A program that answers one line of JSON with one line of JSON."""

    def __init__(self, command: Sequence[str], *, log: Path, **variables: str) -> None:
        self._log = log
        self._buffer = b""
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=INTEROP,
                env=ENVIRONMENT | variables,
            )
        self._stdin: IO[bytes] = _pipe(self._process.stdin)
        self._stdout: IO[bytes] = _pipe(self._process.stdout)

    @classmethod
    def node(cls, program: str, *, log: Path, **variables: str) -> Self:
        """A program of ours over strangers' npm libraries."""
        return cls(["node", str(INTEROP / program)], log=log, **variables)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()

    def tell(self, **message: Any) -> None:
        """Send a line."""
        self._stdin.write(json.dumps(message).encode() + b"\n")
        self._stdin.flush()

    def line(self) -> dict[str, Any]:
        """The next line it says; fails the test when none comes."""
        descriptor = self._stdout.fileno()
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], _PATIENCE)
            piece = os.read(descriptor, 1 << 16) if ready else b""
            assert piece, f"{self._process.args!r}: {self._log.read_text('utf-8', 'replace')}"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, do: str, **message: Any) -> dict[str, Any]:
        """Send a command and return its answer, a refusal (`refused`) among them."""
        self.tell(do=do, **message)
        return self.line()

    def do(self, what: str, **message: Any) -> dict[str, Any]:
        """As `ask`, for what has to succeed."""
        answer = self.ask(what, **message)
        assert "refused" not in answer, answer["refused"]
        return answer


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def carnet(*arguments: str, ca_file: Path | None = None) -> tuple[int, Any, str]:
    """Run one `carnet` command; its exit status, its JSON and what it said."""
    variables = {} if ca_file is None else {"CARNET_CA_FILE": str(ca_file)}
    done = subprocess.run(
        [*CARNET, *arguments, "--json"],
        env=ENVIRONMENT | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode("utf-8", "replace")
    return done.returncode, json.loads(done.stdout) if done.stdout else None, said
