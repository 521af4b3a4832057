"""A service's folder: whole or not at all, durable, and no litter of attempts that were killed."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from carnet_hosting import folder as folder_module
from carnet_hosting.errors import HostingError
from carnet_hosting.folder import new_folder
from carnet_securing import durable_file
from carnet_securing.errors import CarnetError, ErrorKind


def make(directory: Path) -> None:
    """Make a folder with a file and a folder in it."""
    with new_folder(directory) as draft:
        (draft / "settings.json").write_text("{}")
        (draft / "keys").mkdir(mode=0o700)


def refused(directory: Path) -> CarnetError:
    with pytest.raises(CarnetError) as caught:
        make(directory)
    return caught.value


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def left_draft(place: Path, drawn: str = "ab_12xyz") -> Path:
    """What a killed attempt leaves."""
    draft = place.parent / f".{place.name}.{drawn}.draft"
    draft.mkdir(mode=0o700)
    (draft / "settings.json").write_text("{")
    return draft


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Somebody is filling it."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def test_it_is_named_when_the_block_ends_well(tmp_path: Path) -> None:
    with new_folder(tmp_path / "school") as draft:
        (draft / "settings.json").write_text("{}")
        assert not (tmp_path / "school").exists()
    assert names(tmp_path) == ["school"]
    assert names(tmp_path / "school") == ["settings.json"]
    assert stat.S_IMODE((tmp_path / "school").stat().st_mode) == 0o700


@pytest.mark.parametrize("place", ["school", "a/b/school"])
def test_a_block_that_fails_leaves_nothing(tmp_path: Path, place: str) -> None:
    def fails() -> None:
        with new_folder(tmp_path / place) as draft:
            (draft / "settings.json").write_text("{}")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert names(tmp_path) == []


def test_folders_above_that_others_use_meanwhile_stay(tmp_path: Path) -> None:
    def fails() -> None:
        with new_folder(tmp_path / "a" / "b" / "school"):
            (tmp_path / "a" / "thesis.txt").write_text("years of work")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "thesis.txt"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "school").mkdir(mode=0o755)
    make(tmp_path / "school")
    assert stat.S_IMODE((tmp_path / "school").stat().st_mode) == 0o700


def test_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "school").mkdir()
    monkeypatch.chdir(tmp_path / "school")
    make(Path())
    assert names(tmp_path / "school") == ["keys", "settings.json"]


@pytest.mark.parametrize(
    "occupy",
    [
        lambda place: place.write_text("dear"),
        lambda place: (place.mkdir(), (place / "thesis.txt").write_text("dear")),
        lambda place: place.symlink_to(place.parent / "elsewhere"),
        lambda place: (
            (place.parent / "elsewhere").mkdir(),
            place.symlink_to(place.parent / "elsewhere"),
        ),
    ],
    ids=["file", "folder", "dangling-link", "link"],
)
def test_what_is_there_is_left_alone(tmp_path: Path, occupy: Callable[[Path], object]) -> None:
    occupy(tmp_path / "school")
    before = sorted(tmp_path.rglob("*"))
    error = refused(tmp_path / "school")
    assert isinstance(error, HostingError)
    assert error.kind is ErrorKind.CONFLICT
    assert sorted(tmp_path.rglob("*")) == before


def test_what_came_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def late() -> None:
        with new_folder(tmp_path / "school"):
            (tmp_path / "school").mkdir()
            (tmp_path / "school" / "thesis.txt").write_text("years of work")

    with pytest.raises(HostingError) as caught:
        late()
    assert caught.value.kind is ErrorKind.CONFLICT
    assert [path.name for path in tmp_path.rglob("*")] == ["school", "thesis.txt"]


def test_the_contents_reach_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def recorded_fsync(descriptor: int) -> None:
        done.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def recorded_rename(self: Path, target: Path) -> Path:
        done.append("named")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "rename", recorded_rename)
    make(tmp_path / "a" / "b" / "school")
    at = done.index("named")
    before, after = done[:at], done[at + 1 :]
    assert {tmp_path.name, "a", "keys"} <= set(before)
    assert any(name.startswith(".school.") for name in before)
    assert after == ["b"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, ErrorKind.STORAGE_FULL),
        (errno.EDQUOT, ErrorKind.STORAGE_FULL),
        (errno.EIO, ErrorKind.UNAVAILABLE),
    ],
)
def test_E22_a_disk_that_fails_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: ErrorKind
) -> None:
    def fails(_: Path) -> None:
        raise OSError(number, "simulated", "a path")

    for module in (durable_file, folder_module):
        monkeypatch.setattr(module, "sync_folder", fails)
    error = refused(tmp_path / "a" / "school")
    assert error.kind is kind
    assert "a path" not in error.message
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENAMETOOLONG])
def test_a_place_where_nothing_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fails(*_: object, **__: object) -> str:
        raise OSError(number, "simulated")

    monkeypatch.setattr("tempfile.mkdtemp", fails)
    error = refused(tmp_path / "a" / "school")
    assert (error.kind, bool(error.hint)) == (ErrorKind.FORBIDDEN, True)
    assert names(tmp_path) == []


def test_a_file_is_no_place_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("dear")
    for place in (tmp_path / "file" / "school", tmp_path / "file" / "a" / "school"):
        assert refused(place).kind is ErrorKind.FORBIDDEN
    assert names(tmp_path) == ["file"]


def test_what_killed_attempts_left_is_cleared_away(tmp_path: Path) -> None:
    place = tmp_path / "school"
    for drawn in ("ab_12xyz", "________", "00000000"):
        left_draft(place, drawn)
    make(place)
    assert names(tmp_path) == ["school"]


def test_an_attempt_killed_in_its_middle_is_cleared_away(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from carnet_hosting.folder import new_folder\n"
        "with new_folder(Path(sys.argv[1])) as draft:\n"
        "    (draft / 'settings.json').write_text('{')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "school")], check=False)
    assert killed.returncode == -9
    assert len(names(tmp_path)) == 1
    assert names(tmp_path)[0].startswith(".school.")
    make(tmp_path / "school")
    assert names(tmp_path) == ["school"]


def test_an_attempt_that_is_under_way_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "school"
    with new_folder(place) as draft:
        (draft / "settings.json").write_text("first")
        make(place)
        assert draft.is_dir()
        (place / "settings.json").unlink()
        (place / "keys").rmdir()
    assert (place / "settings.json").read_text() == "first"
    assert names(tmp_path) == ["school"]


@pytest.mark.parametrize(
    "name",
    [
        ".school.abcdefgh",  # whatever it is, it is not ours
        ".school.original.draft.txt",
        ".school.Thesis12.draft",
        ".school.short.draft",
        ".schools.abcdefgh.draft",
        "school.abcdefgh.draft",
        ".sch.ol.abcdefgh.draft",
    ],
)
def test_nothing_of_anybody_else_is_cleared_away(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(mode=0o700)
    (tmp_path / name / "thesis.txt").write_text("years of work")
    make(tmp_path / "school")
    assert (tmp_path / name / "thesis.txt").exists()


def test_a_draft_is_a_folder_of_ours_alone_and_unlocked(tmp_path: Path) -> None:
    place = tmp_path / "school"
    open_to_others = left_draft(place, "open_one")
    open_to_others.chmod(0o755)
    in_use = left_draft(place, "in_use_1")
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "thesis.txt").write_text("years of work")
    link = tmp_path / ".school.linklink.draft"
    link.symlink_to(kept)
    (tmp_path / ".school.filefile.draft").write_text("no folder")
    with locked(in_use):
        make(place)
        assert in_use.is_dir()
    assert open_to_others.is_dir()
    assert link.is_symlink()
    assert (kept / "thesis.txt").exists()
    assert (tmp_path / ".school.filefile.draft").is_file()


def test_a_name_with_signs_of_a_pattern_means_itself(tmp_path: Path) -> None:
    (tmp_path / ".schoo1.abcdefgh.draft").mkdir(mode=0o700)
    left_draft(tmp_path / "schoo[0-9]", "abcdefgh")
    make(tmp_path / "schoo[0-9]")
    assert names(tmp_path) == [".schoo1.abcdefgh.draft", "schoo[0-9]"]


def test_where_folders_cannot_be_locked_it_works_and_clears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.ENOLCK, "simulated")

    monkeypatch.setattr(fcntl, "flock", fails)
    left = left_draft(tmp_path / "school")
    make(tmp_path / "school")
    assert left.is_dir()
    assert (tmp_path / "school" / "settings.json").exists()


def test_a_draft_that_was_taken_for_left_behind_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, tries = fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        """Another attempt clears the first draft away just before it is locked."""
        tries.append(descriptor)
        if len(tries) == 1:
            Path(f"/proc/self/fd/{descriptor}").readlink().rmdir()
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    make(tmp_path / "school")
    assert len(tries) == 2
    assert names(tmp_path) == ["school"]
