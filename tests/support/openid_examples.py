"""Reading the OpenID specifications' example files, which are written for a page."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

Check = Callable[[Path], None]

_HEADERS = re.compile(r"\AHTTP/.*?\n\s*\n", re.DOTALL)
_WRAPPED = re.compile(r"\n\s*")


def read_json(path: Path) -> Any:
    """The file as JSON. `{...}`, which stands for a query left out, becomes `{}`."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.sub(r"\{\s*\.\.\.\s*\}", "{}", text))


def read_body(path: Path) -> Any:
    """The JSON body of an HTTP response, with the lines of its strings joined."""
    body = _HEADERS.sub("", path.read_text(encoding="utf-8").strip())
    joined = re.sub(
        r'"(?:[^"\\]|\\.)*"', lambda match: _WRAPPED.sub("", match.group()), body, flags=re.DOTALL
    )
    return json.loads(joined)


def read_compact(path: Path) -> str:
    """A token that was broken into lines."""
    return "".join(path.read_text(encoding="utf-8").split())


def files_below(folder: Path) -> list[str]:
    """Every example file, by its path below `folder`; notes about provenance are none."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"PROVENANCE.md", "index.json"}
    )


def covering(name: str, patterns: Iterable[str]) -> list[str]:
    """The patterns that stand for the file `name`."""
    return [pattern for pattern in patterns if fnmatch(name, pattern)]


def assert_each_file_once(
    folder: Path, checks: Mapping[str, Check], reasons: Mapping[str, str]
) -> None:
    """Every file is checked or excused, once; every pattern stands for some file."""
    names = files_below(folder)
    assert names
    for name in names:
        found = [*covering(name, checks), *covering(name, reasons)]
        assert len(found) == 1, (name, found)
    for pattern in [*checks, *reasons]:
        assert any(fnmatch(name, pattern) for name in names), pattern
    assert all(reasons.values())
