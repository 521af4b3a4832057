"""Documents that are made from code stay equal to it, examples run, links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from carnet_issuer import templates
from carnet_issuer.service import Issuer
from support.issuer_service import NOW, TEMPLATE, make_class_list
from support.shared import REPOSITORY


def _text(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def _commands(page: str) -> list[str]:
    """The `carnet` lines of a page's blocks, whether or not they ask for JSON."""
    return [
        line.replace(" --json", "")
        for block in re.findall(r"```\n(.*?)```", _text(page), re.DOTALL)
        for line in block.splitlines()
        if line.startswith("carnet ")
    ]


PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "[!.]*/README.md")
    for path in REPOSITORY.glob(pattern)
)
_RUN = ("README.md", "docs/operators.md", "docs/integrators.md")
"""Pages whose commands `tests/flows/test_commands_in_documents.py` runs."""
_RUN_ELSEWHERE = {"carnet demo", "carnet issuer --help"}
_MADE = ["constraints.py", "cli_reference.py", "module_map.py", "attack_rows.py"]


@pytest.mark.parametrize("script", _MADE)
def test_made_documents_are_up_to_date(script: str) -> None:
    path = REPOSITORY / "tests" / "architecture" / script
    done = subprocess.run([sys.executable, str(path), "--check"], check=False)
    assert done.returncode == 0, f"run python tests/architecture/{script}"


@pytest.mark.parametrize("page", PAGES)
def test_links_between_documents_lead_somewhere(page: str) -> None:
    for target in _links(page):
        assert (REPOSITORY / page).parent.joinpath(target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_a_command_is_one_that_is_run(page: str) -> None:
    run = {line for each in _RUN for line in _commands(each)} | _RUN_ELSEWHERE
    assert set(_commands(page)) <= run


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in _text(page)])
def test_an_example_in_python_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = _a_school(tmp_path / "school") if page == "issuer/README.md" else {}
    for example in re.findall(r"```python\n(.*?)```", _text(page), re.DOTALL):
        names: dict[str, Any] = dict(given)
        exec(compile(example, page, "exec"), names)  # noqa: S102 - our own pages
    if page == "issuer/README.md":
        assert names["offer"].tx_code
        names["issuer"].close()


def _a_school(folder: Path) -> dict[str, Any]:
    """What the example of the issuer is given: a folder with a record in it."""
    passphrase = "a pretend passphrase"
    with Issuer.create(
        folder, name="École", url="https://school.example", passphrase=passphrase, now=NOW
    ) as issuer:
        template = issuer.add_template(TEMPLATE, now=NOW)
        report, _ = issuer.import_class(make_class_list(1), template_id=template.id, now=NOW)
    return {
        "folder": folder,
        "record_id": report.record_ids[0],
        "passphrase": passphrase,
        "now": NOW,
        "clock": lambda: NOW,
    }


def test_every_page_is_found_from_the_readme() -> None:
    linked = set(_links("README.md"))
    pages = {f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md")}
    assert pages | {"docs/adr", "SECURITY.md", "CHANGELOG.md"} <= linked


def test_the_operators_guide_names_all_that_a_template_may_say() -> None:
    _, _, table = _text("docs/operators.md").partition("### The template")
    rows = re.findall(r"^\| (`[^|]+) \|", table.partition("\n\nA template")[0], re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == templates._KNOWN


def _links(page: str) -> list[str]:
    """Where the links of a page lead within the project."""
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", _text(page))
    return [target for target in targets if not target.startswith(("http:", "https:"))]
