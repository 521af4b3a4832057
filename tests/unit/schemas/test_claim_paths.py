import pytest

from carnet_schemas.errors import SchemaError
from carnet_schemas.paths import (
    MAX_NAME_CHARACTERS,
    MAX_PATH_STEPS,
    is_prefix,
    matches,
    parse_path,
    select,
    to_pointer,
)

CLAIMS = {
    "a": [{"b": 1}, {"b": 2}, {"c": 3}],
    "a.b": "dotted",
    "": "empty",
    "__proto__": {"constructor": 7},
    "n": None,
}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "malformed"),
        ("a", "malformed"),
        ([], "malformed"),
        ({"0": "a"}, "malformed"),
        (["a", -1], "malformed"),
        (["a", 1.0], "malformed"),
        (["a", True], "malformed"),
        (["a", ["b"]], "malformed"),
        (["a"] * (MAX_PATH_STEPS + 1), "too_large"),
        (["x" * (MAX_NAME_CHARACTERS + 1)], "too_large"),
    ],
)
def test_what_is_no_path_is_refused(value: object, kind: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_path(value, pointer="/claims/0/path")
    assert caught.value.kind == kind
    assert caught.value.pointer.startswith("/claims/0/path")


def test_path_at_its_bounds_is_read() -> None:
    longest = ["x" * MAX_NAME_CHARACTERS] * MAX_PATH_STEPS
    assert parse_path(longest) == tuple(longest)
    assert parse_path(["a", None, 0]) == ("a", None, 0)


@pytest.mark.parametrize(
    ("path", "places"),
    [
        (("a", None, "b"), [(("a", 0, "b"), 1), (("a", 1, "b"), 2)]),
        (("a", 2, "c"), [(("a", 2, "c"), 3)]),
        (("n",), [(("n",), None)]),
        (("",), [(("",), "empty")]),
        (("__proto__", "constructor"), [(("__proto__", "constructor"), 7)]),
    ],
)
def test_select_finds_every_place(path: tuple[object, ...], places: list[object]) -> None:
    assert list(select(CLAIMS, path)) == places  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path", [("a", 9), ("a", "b"), ("missing",), ("a", None, None), ("n", None), ("a.b", 0)]
)
def test_step_that_does_not_fit_selects_nothing(path: tuple[object, ...]) -> None:
    assert list(select(CLAIMS, path)) == []  # type: ignore[arg-type]


def test_D45_dotted_name_is_not_two_steps() -> None:
    assert [value for _, value in select(CLAIMS, ("a.b",))] == ["dotted"]
    assert list(select({"a": {"b": 1}}, ("a.b",))) == []


@pytest.mark.parametrize(
    ("pattern", "concrete", "same", "below"),
    [
        (("a", None), ("a", 0), True, True),
        (("a", None), ("a", 0, "b"), False, True),
        (("a", None), ("a", "b"), False, False),
        (("a", 0), ("a", False), False, False),
        (("a", "0"), ("a", 0), False, False),
        (("a", "b"), ("a",), False, False),
    ],
)
def test_matching_a_pattern(
    pattern: tuple[str | int | None, ...],
    concrete: tuple[str | int, ...],
    same: bool,
    below: bool,
) -> None:
    assert matches(pattern, concrete) is same
    assert is_prefix(pattern, concrete) is below


def test_pointer_escapes_as_rfc_6901_section_3() -> None:
    assert to_pointer(("a/b", "m~n", 0, None, "")) == "/a~1b/m~0n/0/-/"
    assert to_pointer(()) == ""
