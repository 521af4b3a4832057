"""A PostgreSQL server of our own: started from this machine's binaries, gone with the tests."""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

ROLE = "carnet"
# PostgreSQL does not run as root; Debian's package makes this user, every system has the other.
_UNPRIVILEGED = ("postgres", "nobody")
_PR_SET_PDEATHSIG = 1


class PostgresServer:
    """One cluster in a folder, reached by a socket in it; no port is opened."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder
        self._user = _unprivileged_user()
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run(
            "initdb",
            "-D",
            f"{folder}/data",
            "-U",
            ROLE,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        self.start()

    def start(self) -> None:
        """Start it, and come back when it takes connections."""
        self._process = subprocess.Popen(
            [
                self._binaries / "postgres",
                "-D",
                f"{self._folder}/data",
                "-k",
                str(self._folder),
                "-c",
                "listen_addresses=",
                # Nobody cuts the power of a test; making a database is ten times quicker so.
                "-c",
                "fsync=off",
            ],
            user=self._user,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_the_tests,  # noqa: PLW1509 - started before any thread
        )
        self._run("pg_isready", "-q", "-h", str(self._folder), "-U", ROLE, until_it_works=True)

    def stop(self) -> None:
        """End it and its connections at once; what was committed is recovered at the next start."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def new_database(self) -> URL:
        """The address of a database that is still empty."""
        self._databases += 1
        name = f"test_{self._databases}"
        address = self._address("postgres")
        with psycopg.connect(
            host=str(self._folder), user=ROLE, dbname=address.database, autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._address(name)

    def _address(self, database: str) -> URL:
        return URL.create(
            "postgresql+psycopg",
            username=ROLE,
            database=database,
            query={"host": str(self._folder)},
        )

    def _run(self, program: str, *arguments: str, until_it_works: bool = False) -> None:
        while True:
            done = subprocess.run(
                [self._binaries / program, *arguments],
                user=self._user,
                cwd=self._folder,
                capture_output=True,
                check=False,
            )
            if done.returncode == 0:
                return
            ended = self._process is not None and self._process.poll() is not None
            if ended or not until_it_works:
                raise RuntimeError(f"{program} did not work: {done.stderr!r}")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server until the block ends; skips with a plain reason where PostgreSQL is not installed.

    With CARNET_REQUIRE_POSTGRES set to 1 its absence fails instead.
    """
    binaries = _binaries()
    if binaries is None:
        reason = "PostgreSQL is not installed here: no initdb on the path"
        if os.environ.get("CARNET_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # The path of a socket is short by law of the system; pytest's own folders can be too long.
    folder = Path(tempfile.mkdtemp(prefix="carnet-pg-"))
    try:
        server = PostgresServer(binaries, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _UNPRIVILEGED if name in known)


def _end_with_the_tests() -> None:
    # Also when the tests are killed themselves: nothing is left behind.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
