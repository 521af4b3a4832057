import pytest

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_securing.errors import ErrorKind


def test_kinds_are_of_the_closed_list() -> None:
    assert {kind.value for kind in SchemaErrorKind} <= {kind.value for kind in ErrorKind}


def test_kind_given_as_a_string_becomes_the_member() -> None:
    assert SchemaError("policy_unmet", "/a", "No.").kind is SchemaErrorKind.POLICY_UNMET


def test_unknown_kind_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="not a valid"):
        SchemaError("whatever", "", "No.")


def test_text_says_what_where_and_kind() -> None:
    error = SchemaError(SchemaErrorKind.MALFORMED, "/a/0", "This is wrong.")
    assert str(error) == "This is wrong. at /a/0 [malformed]"
    assert str(SchemaError("too_large", "", "Too much.")) == "Too much. [too_large]"
