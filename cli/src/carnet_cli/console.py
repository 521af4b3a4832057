"""The only writer of the command line.

Its rules: stdout is data, one JSON text with `--json`, plain lines without.
stderr is talk: progress, what a person should know, errors with a hint.
Nothing secret is ever written to stderr.
"""

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from carnet_securing import strict_json


class Advance(Protocol):
    """Moves a progress bar."""

    def __call__(self, steps: int = 1) -> None: ...


@dataclass(frozen=True, slots=True)
class Console:
    """Where one command writes; `json_output` is its `--json`."""

    json_output: bool

    def out(self, data: strict_json.JsonValue, text: str | Sequence[str]) -> None:
        """Write the result: `data` as one line of JSON, or `text` for a person."""
        if self.json_output:
            self._write(strict_json.dumps(data))
            return
        for line in [text] if isinstance(text, str) else text:
            self._write(printable(line))

    def say(self, message: str) -> None:
        """Tell the person something that is not the result."""
        sys.stderr.write(printable(message) + "\n")
        sys.stderr.flush()

    @contextmanager
    def progress(self, label: str, *, total: int) -> Iterator[Advance]:
        """Show a progress bar on a terminal, and nothing elsewhere."""
        if self.json_output or not sys.stderr.isatty():
            yield _no_advance
            return
        from rich.console import Console as RichConsole  # noqa: PLC0415 - 60 ms, terminals only
        from rich.progress import Progress  # noqa: PLC0415 - as above

        with Progress(console=RichConsole(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=total)

            def advance(steps: int = 1) -> None:
                bar.advance(task, steps)

            yield advance

    @staticmethod
    def _write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def printable(text: str) -> str:
    """Replace what could steer a terminal: control, bidi and invisible characters.

    Spaces of every width stay; French sets narrow ones before its punctuation.
    """
    return "".join(
        c
        if c.isprintable() or c in "\n\t" or unicodedata.category(c) == "Zs"
        else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def _no_advance(steps: int = 1) -> None:
    del steps
