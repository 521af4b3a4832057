"""Files a person names: never more is read than the reader of them would take."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carnet_cli.failures import UsageFailedError
from carnet_cli.hints import schema_hint
from carnet_schemas.errors import SchemaError
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_trust.trust_file import MAX_FILE_BYTES, TrustData, parse_trust_file


class InputFileError(CarnetError):
    """What stands in a file a person named cannot be used; the sentence begins with its name."""

    def __init__(self, kind: ErrorKind, message: str, *, hint: str, file: Path) -> None:
        super().__init__(kind, f"{file}: {message}", hint=hint)
        self.file = file


def read_at_most(file: Path, max_bytes: int) -> bytes:
    """The start of a file: one byte more than allowed at most, so that too much is noticed.

    Raises:
        OSError: it is not there, or may not be read.
    """
    with file.open("rb") as stream:
        return stream.read(max_bytes + 1)


@contextmanager
def content_of(file: Path) -> Iterator[None]:
    """While the block lasts, what is wrong is wrong in this file, and said so.

    Raises:
        InputFileError: of the kind of the error in the block.
    """
    try:
        yield
    except (CarnetError, SchemaError) as error:
        hint = schema_hint(error) if isinstance(error, SchemaError) else error.hint
        raise InputFileError(
            ErrorKind(error.kind.value),
            error.message,
            hint=hint or "Check that this is the file you meant.",
            file=file,
        ) from None


def read_trust(file: Path | None) -> TrustData:
    """The trust data of a `--trust` file; none given means nobody is trusted.

    Raises:
        InputFileError: it is no trust file.
        OSError: as `read_at_most`.
    """
    if file is None:
        return TrustData.EMPTY
    data = read_at_most(file, MAX_FILE_BYTES)
    with content_of(file):
        return parse_trust_file(data)


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
        raise UsageFailedError(
            "--certificate and --key go together.", hint="Give both, or neither."
        )
    return read_at_most(chain, max_bytes), read_at_most(key, max_bytes)
