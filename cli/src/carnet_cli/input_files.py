"""Files a person names: never more is read than the reader of them would take."""

from pathlib import Path

from carnet_cli.failures import UsageFailedError


def read_at_most(file: Path, max_bytes: int) -> bytes:
    """The start of a file: one byte more than allowed at most, so that too much is noticed.

    Raises:
        OSError: it is not there, or may not be read.
    """
    with file.open("rb") as stream:
        return stream.read(max_bytes + 1)


def read_certificate(
    chain: Path | None, key: Path | None, *, max_bytes: int
) -> tuple[bytes, bytes] | None:
    """What `--certificate` and `--key` name, both as they stand in their files; None for neither.

    Raises:
        UsageFailedError: one came without the other.
        OSError: as `read_at_most`.
    """
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        raise UsageFailedError("--certificate and --key go together.")
    return read_at_most(chain, max_bytes), read_at_most(key, max_bytes)
