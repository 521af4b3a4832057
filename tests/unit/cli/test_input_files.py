"""Files a person names on the command line."""

from pathlib import Path

import pytest

from carnet_cli.failures import UsageFailedError
from carnet_cli.input_files import InputFileError, content_of, read_at_most, read_certificate
from carnet_schemas.errors import SchemaError
from carnet_securing.errors import CarnetError, ErrorKind


@pytest.mark.parametrize(("size", "read"), [(0, 0), (9, 9), (10, 10), (11, 11), (12, 11)])
def test_one_byte_more_than_allowed_is_read_and_no_further(
    tmp_path: Path, size: int, read: int
) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert len(read_at_most(tmp_path / "file", 10)) == read


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (CarnetError(ErrorKind.MALFORMED, "Not so.", hint="So."), "So."),
        (CarnetError(ErrorKind.MALFORMED, "Not so."), "Check that this is the file you meant."),
        (SchemaError("malformed", "/a/0", "Not so."), "Look at /a/0"),
        (SchemaError("malformed", "", "Not so.", hint="So."), "So."),
    ],
    ids=range(4),
)
def test_what_is_wrong_in_a_file_names_the_file(error: Exception, hint: str) -> None:
    with pytest.raises(InputFileError) as caught, content_of(Path("trust.json")):
        raise error
    assert caught.value.kind is ErrorKind.MALFORMED
    assert caught.value.message == "trust.json: Not so."
    assert caught.value.hint == hint


def test_a_chain_comes_with_its_key(tmp_path: Path) -> None:
    chain, key = tmp_path / "chain", tmp_path / "key"
    chain.write_bytes(b"chain")
    key.write_bytes(b"key")
    assert read_certificate(None, None, max_bytes=10) is None
    assert read_certificate(chain, key, max_bytes=10) == (b"chain", b"key")
    for one, other in ((chain, None), (None, key)):
        with pytest.raises(UsageFailedError, match="go together"):
            read_certificate(one, other, max_bytes=10)
