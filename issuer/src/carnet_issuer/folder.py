"""The folder of one issuer: what stands where, and made whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from carnet_issuer.config import IssuerConfig
from carnet_issuer.errors import IssuerError
from carnet_issuer.store.database import Database, sqlite_url
from carnet_securing.errors import ErrorKind
from carnet_securing.jwk import PublicJwk

_DATABASE_FILE: Final = "issuer.db"
_KEYS: Final = "keys"


def key_path(directory: Path, key: PublicJwk) -> Path:
    """The encrypted file of a signing key."""
    return directory / _KEYS / f"{key.thumbprint}.key"


def open_database(directory: Path, config: IssuerConfig) -> Database:
    """The records: a file in the folder, or the database the settings name.

    Raises:
        IssuerError: `malformed` for an address that is none of PostgreSQL, `unavailable`
            when its driver is not installed.
    """
    if config.database is None:
        return Database(sqlite_url(_private(directory / _DATABASE_FILE)))
    try:
        url = make_url(config.database)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise IssuerError(
            ErrorKind.MALFORMED,
            "The address of the database is not one of PostgreSQL.",
            hint="Write postgresql+psycopg://user@host/name, or leave it out for a file.",
        )
    try:
        return Database(url)
    except ModuleNotFoundError:
        raise IssuerError(
            ErrorKind.UNAVAILABLE,
            "The driver for PostgreSQL is not installed.",
            hint="pip install 'carnet-issuer[postgres]'",
        ) from None


def _private(path: Path) -> Path:
    # SQLite gives its journal files the mode of the database file.
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    return path


@contextmanager
def new_folder(directory: Path) -> Iterator[Path]:
    """A folder to fill; it gets its name when the block ends well, and vanishes otherwise.

    Raises:
        IssuerError: `conflict` when something is there already.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise _occupied()
    draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        (draft / _KEYS).mkdir(mode=0o700)
        yield draft
        try:
            draft.rename(directory)
        except OSError:
            raise _occupied() from None
        _sync(directory.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _occupied() -> IssuerError:
    return IssuerError(
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
