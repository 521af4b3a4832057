"""What the database's own failures mean: busy, full, not written, damaged, away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from carnet_hosting.errors import StoreUnavailableError
from carnet_securing.errors import ErrorKind

# Primary result codes of SQLite (sqlite.org/rescode.html).
_SQLITE_FULL: Final = 13
_SQLITE_BUSY: Final = frozenset({5, 6})
_SQLITE_DAMAGED: Final = frozenset({11, 26})
_SQLITE_READ_ONLY: Final = 8
# Extended ones: a write, a sync, or making room failed (WRITE, FSYNC, DIR_FSYNC, TRUNCATE,
# SHMOPEN, SHMSIZE; the last two are what a full disk gives when the database is only being
# opened).
_SQLITE_UNWRITTEN: Final = frozenset({778, 1034, 1290, 1546, 4618, 4874})
_FULL_STATES: Final = frozenset({"53100", "53200"})  # PostgreSQL: disk_full, out_of_memory


@contextmanager
def explained(*, when_damaged: str) -> Iterator[None]:
    """Turn the database's own failures into one typed error; defects pass through.

    Raises:
        StoreUnavailableError: `unavailable`, `storage_full` or `vault_corrupt`, the last with
            the hint `when_damaged`.
    """
    try:
        yield
    except IntegrityError:
        raise
    except PoolTimeoutError:
        raise busy() from None
    except OperationalError as error:
        raise _from_driver(error, when_damaged) from error
    except DBAPIError as error:
        if (
            error.connection_invalidated
            or _state(error) in _FULL_STATES
            or _sqlite_code(error) in _SQLITE_DAMAGED
        ):
            raise _from_driver(error, when_damaged) from error
        raise


def busy() -> StoreUnavailableError:
    """Others have it, and waiting longer was no use."""
    return StoreUnavailableError(ErrorKind.UNAVAILABLE, "The database is busy.", retry_after=1)


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _sqlite_code(error: DBAPIError) -> int | None:
    """The primary result code; the extended one has it in its lowest byte."""
    code = _extended_code(error)
    return None if code is None else code & 0xFF


def _extended_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code if isinstance(code, int) else None


def _from_driver(error: DBAPIError, when_damaged: str) -> StoreUnavailableError:
    code = _sqlite_code(error)
    if code == _SQLITE_FULL or _state(error) in _FULL_STATES:
        return StoreUnavailableError(
            ErrorKind.STORAGE_FULL,
            "There is no room left to write.",
            retry_after=60,
            hint="Make room on the disk, then try again.",
        )
    if code == _SQLITE_READ_ONLY or _extended_code(error) in _SQLITE_UNWRITTEN:
        return StoreUnavailableError(
            ErrorKind.STORAGE_FULL,
            "The database could not be written.",
            retry_after=60,
            hint="Make room on the disk, or check it, then try again.",
        )
    if code in _SQLITE_BUSY:
        return busy()
    if code in _SQLITE_DAMAGED:
        return StoreUnavailableError(
            ErrorKind.VAULT_CORRUPT,
            "The database is damaged.",
            retry_after=600,
            hint=when_damaged,
        )
    hint = "Check that its server runs and that its address is right, then try again."
    if code is not None:
        hint = "Check its file and the disk it is on, then try again."
    return StoreUnavailableError(
        ErrorKind.UNAVAILABLE, "The database cannot be used now.", retry_after=5, hint=hint
    )
