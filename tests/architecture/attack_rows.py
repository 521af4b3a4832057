"""Which tests carry which row of the attack catalogue; written into docs/threat-model.md."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "threat-model.md"
MARK = "<!-- rows: written by tests/architecture/attack_rows.py -->\n"

IN_SCOPE = {
    "J": "1-5 8-10 12-15 17-22 24-27 30-44",
    "D": "1 3-4 6-8 10-17 19 21-22 24-28 30-32 34-45",
    "K": "1-3 5-7 10-12 14-15 19-20",
    "V": "1-10 12 14-17 19-20 25-27",
    "T": "1-8 11-12 14-24 26 30",
    "W": "2-3 5 8-10 12 15-16",
    "I": "1-6 11-12 14 17-18 20-23 30",
    "IW": "3 5 8",
    "P": "1-5 8 10-13 15-19 21-23",
    "Q": "2-4 6-9 11-14",
    "S": "1-6 11-14 16-17 26",
    "E": "4 6-7 21-23 27",
    "Y": "1 3-4 12",
}
"""Numbers by family; a number inside a range that the catalogue does not have is in `_GAPS`."""
_GAPS = {"V11", "V13", "V18", "T09", "T10", "T13", "T25", "P09", "P14", "P20", "J11", "J16"}


def rows() -> list[str]:
    """Every row id that this version must have a test for."""
    found = []
    for family, numbers in IN_SCOPE.items():
        for part in numbers.split():
            first, _, last = part.partition("-")
            for number in range(int(first), int(last or first) + 1):
                row = f"{family}{number}" if family == "IW" else f"{family}{number:02}"
                if row not in _GAPS:
                    found.append(row)
    return found


def tests_of() -> dict[str, list[str]]:
    """For each row, the test files of which a test carries it in its name or in a parameter."""
    carried = {
        path.relative_to(ROOT / "tests").as_posix(): _carried(path)
        for path in sorted((ROOT / "tests").glob("[a-z]*/**/test_*.py"))
        if not {".venv", "node_modules"} & set(path.parts)
    }
    return {row: [name for name, text in carried.items() if _names(row, text)] for row in rows()}


def _carried(path: Path) -> str:
    """Names of tests and texts of a file; its comments and docstrings prove nothing."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    said = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    names = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    texts = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]
    return "\n".join([*(name for name in names if name.startswith("test_")), *texts])


def _names(row: str, text: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9]){row}(?![A-Za-z0-9])", text) is not None


def missing() -> list[str]:
    """Rows no test names."""
    return [row for row, files in tests_of().items() if not files]


def expected() -> str:
    """The page with a fresh table below the mark: for each family, which file has which rows."""
    written, mark, _ = TARGET.read_text(encoding="utf-8").partition(MARK)
    held: dict[str, dict[str, list[str]]] = {}
    for row, files in tests_of().items():
        for file in files:
            held.setdefault(row.rstrip("0123456789"), {}).setdefault(file, []).append(row)
    lines = [
        f"| {family} | {file} | {' '.join(carried)} |\n"
        for family, by_file in held.items()
        for file, carried in sorted(by_file.items(), key=lambda item: -len(item[1]))
    ]
    return written + (mark or MARK) + "\n| | tests | rows |\n|---|---|---|\n" + "".join(lines)


def main() -> int:
    """Write the page, or with --check say whether it is up to date and complete."""
    if "--check" not in sys.argv:
        TARGET.write_text(expected(), encoding="utf-8")
        sys.stderr.write(f"no test names: {' '.join(missing()) or 'none'}\n")
        return 0
    return 0 if TARGET.read_text(encoding="utf-8") == expected() and not missing() else 1


if __name__ == "__main__":
    sys.exit(main())
