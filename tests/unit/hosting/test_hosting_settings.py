"""The settings of a service: read as they were written, or one plain error."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carnet_hosting.settings_file import SettingsFile
from carnet_securing.errors import CarnetError
from carnet_securing.strict_json import JsonObject

SETTINGS = SettingsFile(
    name="baker.json",
    role="baker",
    version=3,
    when_absent="Make one with: carnet baker init DIR",
    when_damaged="Restore baker.json.",
)


def name_of(members: JsonObject) -> str:
    if type(members["name"]) is not str:
        raise TypeError
    return str(members["name"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    SETTINGS.write(tmp_path, {"name": "Léa"})
    return tmp_path


def refused(folder: Path) -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        SETTINGS.read(folder, name_of)
    return caught.value


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the members by hand."""
    members = json.loads((folder / "baker.json").read_text(encoding="utf-8"))
    change(members)
    (folder / "baker.json").write_text(json.dumps(members), encoding="utf-8")


def test_they_are_read_as_they_were_written(folder: Path) -> None:
    assert SETTINGS.read(folder, name_of) == "Léa"
    assert SETTINGS.read(folder, dict) == {"name": "Léa"}
    text = (folder / "baker.json").read_text(encoding="utf-8")
    assert text.startswith('{"format":"carnet-baker","version":3,')
    assert stat.S_IMODE((folder / "baker.json").stat().st_mode) == 0o600


def test_settings_are_written_once(folder: Path) -> None:
    with pytest.raises(CarnetError) as caught:
        SETTINGS.write(folder, {"name": "Zoé"})
    assert caught.value.kind == "conflict"
    assert SETTINGS.read(folder, name_of) == "Léa"


@pytest.mark.parametrize("place", ["", "nowhere"])
def test_a_folder_without_any(tmp_path: Path, place: str) -> None:
    error = refused(tmp_path / place)
    assert (error.kind, error.message) == ("not_found", "There is no baker in this folder.")
    assert error.hint == SETTINGS.when_absent


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'"carnet-baker"',
        b'{"name":"L\xc3\xa9a"}',
        b'{"format":"carnet-baker","version":3}',
        b'{"format":"carnet-baker","version":3,"name":7}',
        b'{"format":"carnet-baker","version":3,"name":"a","name":"b"}',
        b'{"format":"carnet-baker","format":"carnet-baker","version":3,"name":"a"}',
        b'{"format":"carnet-issuer","version":3,"name":"a"}',
        b'{"format":["carnet-baker"],"version":3,"name":"a"}',
    ],
    ids=range(12),
)
def test_damaged_settings_are_one_plain_error(folder: Path, data: bytes) -> None:
    (folder / "baker.json").write_bytes(data)
    error = refused(folder)
    assert (error.kind, error.message) == ("vault_corrupt", "The baker's settings are damaged.")
    assert error.hint == SETTINGS.when_damaged


@pytest.mark.parametrize("version", [0, 2, 4, "3", None, True, 3.0])
def test_settings_of_another_version(folder: Path, version: object) -> None:
    rewrite(folder, lambda members: members.update(version=version))
    assert refused(folder).kind == "unsupported_version"


def test_settings_that_are_too_large(folder: Path) -> None:
    rewrite(folder, lambda members: members.update(name="x" * 70_000))
    assert refused(folder).kind == "too_large"


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o606])
def test_settings_open_to_others_are_not_used(folder: Path, mode: int) -> None:
    (folder / "baker.json").chmod(mode)
    assert refused(folder).kind == "forbidden"


def test_a_link_is_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "baker.json").symlink_to(folder / "baker.json")
    assert refused(elsewhere).kind == "forbidden"
