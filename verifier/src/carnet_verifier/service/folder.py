"""The folder of one verifier: what stands where, and made whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from carnet_securing.errors import ErrorKind
from carnet_verifier.service.database import Database
from carnet_verifier.service.errors import ServiceError

KEY_FILE: Final = "request-key.json"
TRUST_FILE: Final = "trust.json"
CACHE_FOLDER: Final = "cache"
_DATABASE_FILE: Final = "verifier.sqlite3"


def open_database(directory: Path, address: str | None) -> Database:
    """Questions and results: a file in the folder, or the database the settings name.

    Raises:
        ServiceError: `malformed` for an address that is none of PostgreSQL, `unavailable`
            when its driver is not installed.
    """
    if address is None:
        path = _private(directory / _DATABASE_FILE)
        return Database(URL.create("sqlite+pysqlite", database=str(path)))
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise ServiceError(
            ErrorKind.MALFORMED,
            "The address of the database is not one of PostgreSQL.",
            hint="Write postgresql+psycopg://user@host/name, or leave it out for a file.",
        )
    try:
        return Database(url)
    except ModuleNotFoundError:
        raise ServiceError(
            ErrorKind.UNAVAILABLE,
            "The driver for PostgreSQL is not installed.",
            hint="pip install 'carnet-verifier[postgres]'",
        ) from None


@contextmanager
def new_folder(directory: Path) -> Iterator[Path]:
    """A folder to fill; it gets its name when the block ends well, and vanishes otherwise.

    Raises:
        ServiceError: `conflict` when something is there already.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise _occupied()
    draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        yield draft
        try:
            draft.rename(directory)
        except OSError:
            raise _occupied() from None
        _sync(directory.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _private(path: Path) -> Path:
    # SQLite gives its journal files the mode of the database file.
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    return path


def _occupied() -> ServiceError:
    return ServiceError(
        ErrorKind.CONFLICT,
        "There is something in this folder already.",
        hint="Choose another folder, or empty this one.",
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
