"""Documents that are made from code stay equal to it, and links lead somewhere."""

import re
import subprocess
import sys

import pytest

from support.shared import REPOSITORY

_MADE = ["constraints.py", "cli_reference.py", "module_map.py", "attack_rows.py"]


@pytest.mark.parametrize("script", _MADE)
def test_made_documents_are_up_to_date(script: str) -> None:
    path = REPOSITORY / "tests" / "architecture" / script
    done = subprocess.run([sys.executable, str(path), "--check"], check=False)
    assert done.returncode == 0, f"run python tests/architecture/{script}"


@pytest.mark.parametrize(
    "page",
    sorted(
        path.relative_to(REPOSITORY).as_posix()
        for pattern in ("*.md", "docs/**/*.md", "*/README.md")
        for path in REPOSITORY.glob(pattern)
    ),
)
def test_links_between_documents_lead_somewhere(page: str) -> None:
    path = REPOSITORY / page
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (path.parent / target).exists(), f"{page} links to {target}"
