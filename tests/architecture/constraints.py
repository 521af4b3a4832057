"""Keep constraints.txt equal to the versions pinned for uv: names and versions, no hosts.

Run with --check to compare, without to write.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def expected() -> str:
    """The text constraints.txt must have."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = sorted(project["tool"]["uv"]["constraint-dependencies"])
    return "\n".join(pins) + "\n"


def main() -> int:
    """Write constraints.txt, or with --check say whether it is up to date."""
    target = ROOT / "constraints.txt"
    if "--check" not in sys.argv:
        target.write_text(expected(), encoding="utf-8")
        return 0
    if target.is_file() and target.read_text(encoding="utf-8") == expected():
        return 0
    sys.stderr.write(
        "constraints.txt differs from [tool.uv] constraint-dependencies; run this file\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
