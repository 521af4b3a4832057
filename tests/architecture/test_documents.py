"""Documents that are made from code stay equal to it, and links lead somewhere."""

import re
import subprocess
import sys

import pytest

from carnet_issuer import templates
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
    for target in _links(page):
        assert (REPOSITORY / page).parent.joinpath(target).exists(), f"{page} links to {target}"


def test_every_page_is_found_from_the_readme() -> None:
    linked = set(_links("README.md"))
    pages = {f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md")}
    assert pages | {"docs/adr", "SECURITY.md", "CHANGELOG.md"} <= linked


def test_the_operators_guide_names_all_that_a_template_may_say() -> None:
    page = (REPOSITORY / "docs" / "operators.md").read_text(encoding="utf-8")
    _, _, table = page.partition("### The template")
    rows = re.findall(r"^\| (`[^|]+) \|", table.partition("\n\nA template")[0], re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == templates._KNOWN


def _links(page: str) -> list[str]:
    """Where the links of a page lead within the project."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    return [target for target in targets if not target.startswith(("http:", "https:"))]
