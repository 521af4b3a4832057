"""Every known error becomes one line, a hint and an exit status; a defect stays one."""

import errno
from pathlib import Path

import pytest

from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import UsageFailedError, explain
from carnet_cli.hints import hint_for
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.languages import LANGUAGES
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from support.shared import REPOSITORY


@pytest.mark.parametrize("family", [CarnetError, InvalidError, UndeterminedError])
@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_is_told(family: type[CarnetError], kind: ErrorKind) -> None:
    failure = explain(family(kind, "One sentence.", hint="Do this."))
    assert failure is not None
    assert failure.code is ExitCode.FAILED
    assert failure.to_json() == {
        "error": {"kind": str(kind), "message": "One sentence.", "hint": "Do this."}
    }


@pytest.mark.parametrize(
    ("pointer", "hint", "told"),
    [
        ("/a", "", "Look at /a"),
        ("", "Ask less.", "Ask less."),
        ("/a", "Ask less.", "Ask less. Look at /a"),
    ],
)
def test_what_to_do_is_told_with_the_place(pointer: str, hint: str, told: str) -> None:
    failure = explain(SchemaError("malformed", pointer, "One sentence.", hint=hint))
    assert failure is not None
    assert failure.hint == told


@pytest.mark.parametrize("kind", SchemaErrorKind)
def test_errors_of_schemas_are_told(kind: SchemaErrorKind) -> None:
    failure = explain(SchemaError(kind, "/credentials/0", "One sentence."))
    assert failure is not None
    assert (failure.kind, failure.code) == (str(kind), ExitCode.FAILED)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ErrorKind)
def test_no_error_is_without_a_hint(kind: ErrorKind, language: str) -> None:
    failure = explain(CarnetError(kind, "One sentence."))
    assert failure is not None
    assert failure.hint == hint_for(kind, "en")
    hint = hint_for(kind, language)
    assert hint.endswith(".")
    assert all(len(sentence.split()) <= 15 for sentence in hint.split(". "))


def test_wrong_usage() -> None:
    failure = explain(UsageFailedError("Not so.", hint="But so."))
    assert failure is not None
    assert (failure.kind, failure.code) == ("usage", ExitCode.USAGE)


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOENT, "usage", ExitCode.USAGE),
        (errno.EISDIR, "usage", ExitCode.USAGE),
        (errno.ENOTDIR, "usage", ExitCode.USAGE),
        (errno.EACCES, "usage", ExitCode.USAGE),
        (errno.EPERM, "usage", ExitCode.USAGE),
        (errno.ENOSPC, "storage_full", ExitCode.FAILED),
        (errno.EIO, "unavailable", ExitCode.FAILED),
        (errno.EMFILE, "unavailable", ExitCode.FAILED),
    ],
    ids=lambda value: errno.errorcode.get(value, "") if isinstance(value, int) else str(value),
)
def test_faults_of_the_machine(number: int, kind: str, code: ExitCode) -> None:
    failure = explain(OSError(number, "what the system says", "a file"))
    assert failure is not None
    assert (failure.kind, failure.code) == (kind, code)
    assert "a file" in failure.message
    assert failure.hint


def test_a_fault_without_a_file() -> None:
    failure = explain(OSError())
    assert failure is not None
    assert failure.message.endswith(".")


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), RuntimeError(), TypeError()])
def test_a_defect_of_ours_is_not_dressed_up(error: Exception) -> None:
    assert explain(error) is None


def test_exit_statuses_are_those_of_the_page() -> None:
    page = (Path(REPOSITORY) / "docs" / "cli.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {int(code)} |" in page
    assert sorted(ExitCode) == [0, 1, 2, 10, 11, 12, 130]
