"""Write the module tables of docs/architecture.md from the modules' own first lines."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "architecture.md"
MARK = "<!-- modules: written by tests/architecture/module_map.py -->\n"
MEMBERS = ("schemas", "securing", "trust", "hosting", "issuer", "wallet", "verifier", "cli")


def expected() -> str:
    """The page with fresh tables below the mark."""
    written, mark, _ = TARGET.read_text(encoding="utf-8").partition(MARK)
    return written + (mark or MARK) + "".join(_table(member) for member in MEMBERS)


def _table(member: str) -> str:
    package = ROOT / member / "src" / f"carnet_{member}"
    rows = []
    for path in sorted(package.rglob("*.py")):
        if path.name == "__init__.py" or "versions" in path.parts:
            continue
        name = path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        sentence = " ".join(docstring.partition("\n\n")[0].split())
        rows.append(f"| `{name}` | {sentence} |\n")
    return f"\n### carnet_{member}\n| module | what it is |\n|---|---|\n" + "".join(rows)


def main() -> int:
    """Write the page, or with --check say whether it is up to date."""
    if "--check" not in sys.argv:
        TARGET.write_text(expected(), encoding="utf-8")
        return 0
    return 0 if TARGET.read_text(encoding="utf-8") == expected() else 1


if __name__ == "__main__":
    sys.exit(main())
