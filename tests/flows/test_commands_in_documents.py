"""Every `carnet` command in the README and the guides is run, in order, as it stands.

Three things differ from what a reader types: addresses are loopback ones, `serve` gets its
socket from here, and `present` is told yes, since nobody sits at a terminal. Services are
processes; the other commands run in this one, from their words to their exit status.
"""

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from architecture.cli_reference import LISTS, PRINTS
from carnet_cli.demo.processes import BoundSocket
from carnet_cli.main import main
from carnet_securing import strict_json
from support.commands import serving
from support.shared import REPOSITORY

FURTHER = """
carnet issuer pause school RECORD --reason contested
carnet issuer resume school RECORD
carnet wallet show mine CARD
carnet wallet show mine CARD --raw
carnet wallet screen mine CARD --claims title,month
carnet wallet trust mine trust.json
carnet wallet passphrase mine --new-passphrase-file new.txt
carnet verifier trust shop trust.json
carnet issuer withdraw school RECORD --reason issued_in_error
"""
"""Commands that no page shows, after those that one does."""


def check_members(words: list[str], answer: Any) -> None:
    """The JSON of a command has the members that the command reference names, and no others."""
    name = words[0] if words[0] in PRINTS else " ".join(words[:2])
    shape = answer[0] if name in LISTS else answer
    raw = {"id", "raw"} if "--raw" in words else None
    assert set(shape) == (raw or set(PRINTS[name])), name
    assert name not in LISTS or isinstance(answer, list)


class Reader:
    """Somebody who follows a document to the letter, in an empty folder."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], services: ExitStack
    ) -> None:
        self.folder = folder
        self.capsys = capsys
        self.school, self.shop = BoundSocket.bind(), BoundSocket.bind()
        self.words: dict[str, str] = {
            "https://school.example": self.school.url,
            "https://shop.example": self.shop.url,
        }
        self.ran: set[str] = set()
        self.outcomes: list[str | None] = []
        self.services = services
        samples = resources.files("carnet_issuer") / "samples"
        for name in ("electrical-safety.toml", "class-list.csv"):
            (folder / name).write_bytes((samples / name).read_bytes())
        guide = (REPOSITORY / "docs" / "integrators.md").read_text(encoding="utf-8")
        (question,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
        (folder / "question.json").write_text(question, encoding="utf-8")

    def follow(self, page: str) -> list[str]:
        """Run every command of a page; return what was run."""
        text = (REPOSITORY / page).read_text(encoding="utf-8")
        commands = [
            line
            for block in re.findall(r"```\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
            if line.startswith("carnet ")
        ]
        for command in commands:
            self.run(command)
        return commands

    def run(self, command: str) -> None:
        """Run one command and remember what later ones need from it."""
        typed, _, target = command.partition(" > ")
        for placeholder, value in self.words.items():
            typed = re.sub(rf"(?<![\w-]){re.escape(placeholder)}(?![\w-])", value, typed)
        words = [word for word in shlex.split(typed)[1:] if word != "--json"]
        if words[1] == "serve":
            self.ran.add(" ".join(words[:2]))
            self._serve(words)
            return
        extra = ["--yes"] if words[1] == "present" else []
        wants_json = not target
        self.ran.add(" ".join(words[:2]))
        self.capsys.readouterr()
        code = main([*words, *extra, *(["--json"] if wants_json else [])])
        out, err = self.capsys.readouterr()
        acceptable = {0, 11} if "--offline" in words else {0}
        assert code in acceptable, f"{command}\n{err}"
        if target:
            (self.folder / target.strip()).write_text(out, encoding="utf-8")
        elif wants_json:
            answer = strict_json.loads(out, max_bytes=2**22)
            check_members(words, answer)
            self._remember(words, answer)

    def _serve(self, words: list[str]) -> None:
        bound = self.school if words[0] == "issuer" else self.shop
        at = words.index("--port")
        log = self.folder / f"{words[0]}.log"
        service = serving([*words[:at], *words[at + 2 :]], bound, log=log)
        check_members(words, self.services.enter_context(service))

    def _remember(self, words: list[str], answer: Any) -> None:
        match words[:2]:
            case ["issuer", "template"]:
                self.words["TEMPLATE"] = answer["id"]
            case ["issuer", "list"]:
                self.words["RECORD"] = answer[0]["id"]
            case ["issuer", "offer"]:
                self.words |= {"OFFER": answer["offer_uri"], "CODE": answer["tx_code"]}
            case ["wallet", "list"]:
                self.words["CARD"] = answer[0]["id"]
            case ["verifier", "ask"]:
                self.words |= {"REQUEST": answer["request_uri"], "QUESTION": answer["id"]}
            case ["verifier", "answer"] | ["verify", _]:
                self.outcomes.append(answer["outcome"])
            case _:
                return


@pytest.fixture
def reader(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CARNET_PASSPHRASE", "a pretend passphrase")
    monkeypatch.setenv("CARNET_ALLOW_LOOPBACK_HTTP", "1")
    with ExitStack() as services:
        reader = Reader(tmp_path, capsys, services)
        yield reader
    for bound in (reader.school, reader.shop):
        bound.listener.close()


def test_the_readme_the_integrators_guide_and_what_no_page_shows(reader: Reader) -> None:
    assert len(reader.follow("README.md")) >= 17
    assert reader.outcomes == ["verified"]
    reader.outcomes.clear()
    assert len(reader.follow("docs/integrators.md")) >= 5
    # A copy, the same without a network, and a question nobody has answered yet.
    assert reader.outcomes == ["verified", "undetermined", None]
    (reader.folder / "new.txt").write_text("another pretend passphrase")
    for command in FURTHER.strip().splitlines():
        reader.run(command)
    assert {name for name in PRINTS if name.startswith(("issuer", "wallet", "verifier"))} <= (
        reader.ran
    )


def test_the_operators_guide(reader: Reader) -> None:
    assert len(reader.follow("docs/operators.md")) >= 13
