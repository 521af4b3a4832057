"""Child processes of the demo: services that end with it, and single steps."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from carnet_cli.listening import listener
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind

_LONGEST_ANSWER: Final = 8 * 1024 * 1024
_READY_LINE: Final = 64 * 1024
_LAST_WORDS: Final = 2_000


class StepFailedError(CarnetError):
    """A step of the demo ended with an exit status it should not have."""


@dataclass(frozen=True, slots=True)
class BoundSocket:
    """A listening loopback socket, bound before anyone is told its port."""

    listener: socket.socket
    port: int

    @classmethod
    def bind(cls) -> "BoundSocket":
        """Bind a free port of 127.0.0.1 and listen, so that early callers wait in the queue."""
        bound = listener(port=0, socket_fd=None, host="127.0.0.1")
        return cls(bound, bound.getsockname()[1])

    @property
    def url(self) -> str:
        """The base URL without a trailing slash."""
        return f"http://localhost:{self.port}"


@dataclass(frozen=True, slots=True)
class Done:
    """A command that came to its end: what it printed as JSON, and what it said beside."""

    answer: strict_json.JsonValue
    talk: str


def _command(*, attached_to: int | None = None) -> list[str]:
    """`carnet` in this interpreter: `-P` keeps the current folder off the import path.

    Args:
        attached_to: the reading end of a pipe; the process ends when its last writer is gone.
    """
    code = "from carnet_cli.entry import run; run()"
    if attached_to is not None:
        code = f"from carnet_cli.demo.attached import run; run({attached_to})"
    return [sys.executable, "-P", "-c", code]


@dataclass(slots=True)
class Household:
    """The processes of one demo, and the folder they work in.

    Two pipes, which the kernel closes however a process ends. Every child ends when nobody
    holds the writing end of the first, which only the parent does. Parent and children hold the
    writing end of the second; when nobody does, nobody uses the folder, and the sweeper
    removes it.
    """

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    _parent_read: int = field(init=False)
    _parent_write: int = field(init=False)
    _alive_read: int = field(init=False)
    _alive_write: int = field(init=False)
    _services: list["subprocess.Popen[bytes]"] = field(init=False, default_factory=list)
    _sweeper: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self._parent_read, self._parent_write = os.pipe()
        self._alive_read, self._alive_write = os.pipe()

    def start_sweeper(self) -> None:
        """Start the process that removes the folder when all others have ended.

        It comes before the folder: there is no moment at which nobody would remove it.
        """
        fd = str(self._alive_read)
        self._sweeper = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
            [*_command(), "demo", "--sweep", str(self.folder), "--parent-fd", fd],
            pass_fds=[self._alive_read],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(self._alive_read)

    def serve(self, arguments: Sequence[str], bound: BoundSocket) -> None:
        """Start a service on `bound` and return once it says that it listens."""
        fd = bound.listener.fileno()
        handed = [
            "--port",
            str(bound.port),
            "--socket-fd",
            str(fd),
            "--parent-fd",
            str(self._parent_read),
        ]
        log = self.folder / f"{arguments[0]}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
                [*_command(), *arguments, *handed, "--json"],
                pass_fds=[fd, self._parent_read, self._alive_write],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,
            )
        self._services.append(process)
        bound.listener.close()
        assert process.stdout is not None  # noqa: S101 - stdout=PIPE above, for the type checker
        if not process.stdout.readline(_READY_LINE):
            raise StepFailedError(
                ErrorKind.UNAVAILABLE,
                f"The {arguments[0]} service did not start.",
                hint=log.read_text("utf-8", "replace")[-_LAST_WORDS:],
            )

    def run(self, *arguments: str) -> Done:
        """Run one `carnet` command to its end.

        Raises:
            StepFailedError: it ended with another exit status than 0.
        """
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own arguments
            [*_command(attached_to=self._parent_read), *arguments, "--json"],
            pass_fds=[self._parent_read, self._alive_write],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        talk = done.stderr.decode("utf-8", "replace")
        if done.returncode:
            what = " ".join(arguments[:2])
            raise StepFailedError(
                ErrorKind.UNAVAILABLE, f"The step `carnet {what}` failed.", hint=talk[-_LAST_WORDS:]
            )
        return Done(strict_json.loads(done.stdout, max_bytes=_LONGEST_ANSWER), talk)

    def step(self, *arguments: str) -> strict_json.JsonValue:
        """As `run`, for the answer alone."""
        return self.run(*arguments).answer

    def close(self) -> None:
        """End the services, and return when the sweeper has removed the folder."""
        os.close(self._parent_write)
        for service in self._services:
            try:
                service.wait(timeout=10)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()
            if service.stdout is not None:
                service.stdout.close()
        os.close(self._parent_read)
        os.close(self._alive_write)
        self._sweeper.wait()

    def wait(self) -> None:
        """Block until both services have ended, or the person interrupts."""
        for service in self._services:
            service.wait()
