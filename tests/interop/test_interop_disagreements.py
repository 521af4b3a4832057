"""The same attacks and the same honest documents through five verifiers, ours among them,
and the same questions through two readers of DCQL.

Every disagreement is explained in `disagreements.md`, which is read here as data.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from support.interop import INTEROP, Stranger, need_npm, need_oracle
from support.interop_attacks import inputs, refused_by_us
from support.interop_questions import HELD, Verdict, ours, questions
from support.interop_verifiers import NAMES, Peers, peers

pytestmark = pytest.mark.interop

THEY_ACCEPT, THEY_REFUSE = "They accept what we refuse", "They refuse what we accept"
QUESTIONS = "In questions"
Found = dict[tuple[str, str, str], str]
"""By the section that lists it, the input and the library: what was said."""


@dataclass(frozen=True)
class Line:
    """One explanation: inputs by pattern, and the libraries it holds for."""

    section: str
    patterns: tuple[str, ...]
    libraries: tuple[str, ...]

    def explains(self, section: str, name: str, library: str) -> bool:
        return (
            self.section == section
            and library in self.libraries
            and any(fnmatchcase(name, pattern) for pattern in self.patterns)
        )


def _lines() -> list[Line]:
    lines, section = [], ""
    for text in (INTEROP / "disagreements.md").read_text("utf-8").splitlines():
        if text.startswith("## "):
            section = text.removeprefix("## ")
        elif text.startswith("| `"):
            cells = text.split(" | ")
            spans = [tuple(re.findall(r"`([^`]+)`", cell)) for cell in cells[:2]]
            lines.append(Line(section, *spans))
    return lines


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    need_npm()
    need_oracle()
    with peers(tmp_path_factory.mktemp("peers")) as running:
        yield running


@pytest.fixture(scope="module")
def found(libraries: Peers, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Every disagreement there is."""
    return _about_documents(libraries) | _about_questions(tmp_path_factory.mktemp("dcql"))


def _about_documents(libraries: Peers) -> Found:
    disagreements = {}
    for name, document in inputs().items():
        ours = refused_by_us(document)
        for library in NAMES:
            verdict = libraries.ask(library, document)
            if (ours is None) == ("refused" in verdict):
                section = THEY_REFUSE if ours is None else THEY_ACCEPT
                disagreements[section, name, library] = str(verdict.get("refused", ours))
    return disagreements


def _about_questions(logs: Path) -> Found:
    disagreements = {}
    credentials = [{"vct": vct, "claims": claims} for vct, claims in HELD]
    with Stranger.node("checker.mjs", log=logs / "checker.log") as checker:
        for name, query in questions().items():
            said = checker.ask("match", query=query, credentials=credentials)
            mine, theirs = ours(query), _verdict(said)
            if isinstance(mine, dict) and isinstance(theirs, dict):
                # It also lists parts that no set names, which are then not asked for (6.4).
                theirs = {part: held for part, held in theirs.items() if part in mine}
            if mine != theirs:
                disagreements[QUESTIONS, name, "dcql"] = f"ours {mine}, theirs {theirs}"
    return disagreements


def _verdict(said: dict[str, Any]) -> Verdict:
    if "refused" in said:
        return "refused"
    by: dict[str, list[int]] = said["by"]
    return by if said["satisfied"] else "unmet"


def test_every_disagreement_is_explained(found: Found) -> None:
    lines = _lines()
    unexplained = {
        disagreement: said
        for disagreement, said in found.items()
        if not any(line.explains(*disagreement) for line in lines)
    }
    assert not unexplained


def test_every_explanation_still_has_its_disagreement(found: Found) -> None:
    gone = [
        (line.section, pattern)
        for line in _lines()
        for pattern in line.patterns
        if not any(line.explains(*one) and fnmatchcase(one[1], pattern) for one in found)
    ]
    gone += [
        (line.section, library)
        for line in _lines()
        for library in line.libraries
        if not any(line.explains(*one) and one[2] == library for one in found)
    ]
    assert not gone


def test_we_accept_all_that_is_honest_and_nothing_else() -> None:
    for name, document in inputs().items():
        assert (refused_by_us(document) is None) == name.startswith("honest-"), name


def test_no_stranger_refuses_an_everyday_document(libraries: Peers) -> None:
    everyday = inputs()
    for name in ("honest-decoys", "honest-recursive", "honest-binding", "honest-accents"):
        for library in NAMES:
            assert "refused" not in libraries.ask(library, everyday[name]), (library, name)


def test_a_stranger_reads_integrity_in_hexadecimal(tmp_path: Path) -> None:
    need_npm()
    document = b'{"vct":"https://school.example/types/1"}'
    right = "sha256-" + base64.b64encode(hashlib.sha256(document).digest()).decode()
    wrong = "sha256-" + hashlib.sha256(document).hexdigest()
    with Stranger.node("checker.mjs", log=tmp_path / "checker.log") as checker:
        for integrity, taken in ((right, False), (wrong, True)):
            said = checker.ask("integrity", document=document.decode(), integrity=integrity)
            assert ("refused" not in said) == taken
