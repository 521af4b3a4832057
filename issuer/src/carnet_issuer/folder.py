"""The folder of one issuer: what stands where, and made whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

from carnet_issuer.config import IssuerConfig
from carnet_issuer.errors import IssuerError
from carnet_issuer.store.database import sqlite_url
from carnet_securing.errors import ErrorKind
from carnet_securing.jwk import PublicJwk

_DATABASE_FILE: Final = "issuer.db"
_KEYS: Final = "keys"


def key_path(directory: Path, key: PublicJwk) -> Path:
    """The encrypted file of a signing key."""
    return directory / _KEYS / f"{key.thumbprint}.key"


def database_url(directory: Path, config: IssuerConfig) -> URL:
    """Where the records are: a file in the folder, or the database the settings name."""
    if config.database is not None:
        return make_url(config.database)
    return sqlite_url(directory / _DATABASE_FILE)


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
        # SQLite gives its journal files the mode of the database file.
        os.close(os.open(draft / _DATABASE_FILE, os.O_CREAT | os.O_EXCL, 0o600))
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
