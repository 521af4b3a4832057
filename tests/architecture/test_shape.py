"""Rules about the code's shape that no linter knows: sizes, names, and who builds what."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.shared import REPOSITORY

MEMBERS = ("schemas", "securing", "trust", "hosting", "issuer", "wallet", "verifier", "cli")
SOURCES = sorted(path for member in MEMBERS for path in (REPOSITORY / member / "src").rglob("*.py"))
SAY_NOTHING = {"utils.py", "common.py", "helpers.py", "misc.py", "manager.py", "core.py"}
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50
"""Of code; the docstring is not counted."""


def _name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = (first.end_lineno or 0) if is_docstring else function.lineno
    return (function.end_lineno or 0) - start


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_modules_and_functions_are_small_and_named(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_MODULE_LINES
    assert path.name not in SAY_NOTHING
    for function in _functions(ast.parse(text)):
        assert _code_lines(function) <= MAX_FUNCTION_LINES, function.name


def test_verified_values_are_built_only_where_they_are_defined() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    prefixes = ("Verified", "Authentic", "Resolved", "Accepted")
    home = {
        node.name: path
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.startswith(prefixes)
    }
    assert home
    strangers = [
        f"{_name(path)} builds {node.func.id}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in home
        and home[node.func.id] != path
    ]
    assert not strangers


def test_nothing_is_left_to_do() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImplemented" + "Error")
    found = [
        f"{_name(path)}: {mark}"
        for path in SOURCES
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]
    assert not found


def test_every_error_kind_of_schemas_is_one_of_the_closed_list() -> None:
    from carnet_schemas.errors import SchemaErrorKind
    from carnet_securing.errors import ErrorKind

    assert {str(kind) for kind in SchemaErrorKind} <= {str(kind) for kind in ErrorKind}
