from typing import Any

import pytest
from pydantic import Field, field_validator

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.faults import refuse
from carnet_schemas.strict_model import StrictModel, read


class Inner(StrictModel):
    flag: bool
    name: str | None = None


class Outer(StrictModel):
    count: int
    code: str = Field(default="x", max_length=3, pattern="^[a-z]+$")
    inner: list[Inner] = Field(default=[], max_length=2)
    free: dict[str, bool] = Field(default={})

    @field_validator("count")
    @classmethod
    def _not_thirteen(cls, count: int) -> int:
        if count == 13:
            raise refuse("Not thirteen.", SchemaErrorKind.POLICY_UNMET)
        return count


SECRET = "zz-secret-zz"


@pytest.mark.parametrize(
    ("value", "kind", "pointer"),
    [
        (None, "malformed", ""),
        ([], "malformed", ""),
        ("{}", "malformed", ""),
        (b"{}", "malformed", ""),
        ({}, "claim_missing", "/count"),
        ({"count": SECRET}, "malformed", "/count"),
        ({"count": "1"}, "malformed", "/count"),
        ({"count": True}, "malformed", "/count"),
        ({"count": 1.0}, "malformed", "/count"),
        ({"count": None}, "malformed", ""),
        ({"count": 13}, "policy_unmet", "/count"),
        ({"count": 1, SECRET: 2}, "malformed", ""),
        ({"count": 1, "code": SECRET}, "too_large", "/code"),
        ({"count": 1, "code": "A"}, "malformed", "/code"),
        ({"count": 1, "inner": {"flag": True}}, "malformed", "/inner"),
        ({"count": 1, "inner": ({"flag": True},)}, "malformed", "/inner"),
        ({"count": 1, "inner": [{}]}, "claim_missing", "/inner/0/flag"),
        ({"count": 1, "inner": [{"flag": 1}]}, "malformed", "/inner/0/flag"),
        ({"count": 1, "inner": [{"flag": True, "name": None}]}, "malformed", "/inner/0"),
        ({"count": 1, "inner": [{"flag": True, SECRET: 1}]}, "malformed", "/inner/0"),
        ({"count": 1, "inner": [{"flag": True}] * 3}, "too_large", "/inner"),
        ({"count": 1, "free": {"a": SECRET}}, "malformed", "/free"),
        ({"count": 1, "free": {SECRET: 1}}, "malformed", "/free"),
        ({"count": 1, "free": {"fr": SECRET}}, "malformed", "/free/fr"),
        ({"count": 1, "free": {7: True}}, "malformed", "/free/7"),
    ],
)
def test_first_fault_is_named_by_place_and_never_quoted(
    value: Any, kind: str, pointer: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        read(Outer, value)
    error = caught.value
    assert (error.kind, error.pointer) == (kind, pointer)
    assert SECRET not in f"{error} {error!r} {error.message}"
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_pointer_is_put_after_the_one_given() -> None:
    with pytest.raises(SchemaError) as caught:
        read(Outer, {}, pointer="/grants/0")
    assert caught.value.pointer == "/grants/0/count"


def test_model_shows_no_values_in_a_log() -> None:
    model = read(Outer, {"count": 1, "code": "abc"})
    assert model.code == "abc"
    assert f"{model!r} {model}" == "Outer() "
