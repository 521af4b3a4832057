"""Private files: whole or not at all, and for their owner alone."""

import errno
import os
import stat
from pathlib import Path

import pytest

from carnet_securing import durable_file
from carnet_securing.durable_file import (
    make_folder,
    read_private_file,
    remove_folders,
    storage_error,
    write_private_file,
)
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError


def kind_of_write(path: Path, data: bytes = b"new", *, replace: bool = False) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        write_private_file(path, data, replace=replace)
    return caught.value.kind


def kind_of_read(path: Path, max_bytes: int = 100) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        read_private_file(path, max_bytes=max_bytes)
    return caught.value.kind


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "private"
    write_private_file(path, b"old")
    return path


def test_existing_file_is_not_overwritten_unless_asked(file: Path) -> None:
    assert kind_of_write(file) is ErrorKind.CONFLICT
    assert file.read_bytes() == b"old"
    write_private_file(file, b"new", replace=True)
    assert file.read_bytes() == b"new"


def test_link_in_the_place_is_a_conflict_and_is_never_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    for target in (file, tmp_path / "nothing"):
        link.symlink_to(target)
        assert kind_of_write(link) is ErrorKind.CONFLICT
        assert kind_of_read(link) is ErrorKind.FORBIDDEN
        write_private_file(link, b"new", replace=True)
        assert not link.is_symlink()
        link.unlink()
    assert file.read_bytes() == b"old"
    assert not (tmp_path / "nothing").exists()


def test_missing_folder_or_file_is_not_found(tmp_path: Path) -> None:
    assert kind_of_write(tmp_path / "no" / "file") is ErrorKind.NOT_FOUND
    assert kind_of_read(tmp_path / "no") is ErrorKind.NOT_FOUND


def test_folder_or_pipe_in_the_place_is_not_read(tmp_path: Path) -> None:
    assert kind_of_read(tmp_path) is ErrorKind.FORBIDDEN
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert kind_of_read(tmp_path / "pipe") is ErrorKind.FORBIDDEN


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o660, 0o777, 0o601])
def test_file_others_can_use_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert kind_of_read(file) is ErrorKind.FORBIDDEN


def test_file_of_another_owner_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    assert kind_of_read(file) is ErrorKind.FORBIDDEN


def test_file_larger_than_allowed_is_refused(file: Path) -> None:
    assert read_private_file(file, max_bytes=3) == b"old"
    assert kind_of_read(file, max_bytes=2) is ErrorKind.TOO_LARGE


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_written_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_private_file(tmp_path / "f", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, ErrorKind.STORAGE_FULL),
        (errno.EDQUOT, ErrorKind.STORAGE_FULL),
        (errno.EIO, ErrorKind.UNAVAILABLE),
        (errno.EROFS, ErrorKind.FORBIDDEN),
    ],
)
def test_failing_storage_leaves_the_old_file_and_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, kind: ErrorKind
) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, "simulated")

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", fails)
    else:
        monkeypatch.setattr(Path, "replace", fails)
    assert kind_of_write(file, replace=True) is kind
    assert file.read_bytes() == b"old"
    assert [entry.name for entry in file.parent.iterdir()] == ["private"]


def test_failing_sync_of_the_folder_is_not_acknowledged(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> None:
        raise OSError(errno.EIO, "simulated")

    monkeypatch.setattr(durable_file, "sync_folder", fails)
    assert kind_of_write(file, replace=True) is ErrorKind.UNAVAILABLE


def test_bytes_reach_the_disk_before_the_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def recorded_fsync(descriptor: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def recorded_rename(self: Path, target: Path) -> Path:
        order.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "replace", recorded_rename)
    write_private_file(tmp_path / "f", b"x")
    assert order == ["file", "rename", "folder"]


@pytest.mark.parametrize(
    ("number", "family"),
    [
        (errno.ENOSPC, UndeterminedError),
        (errno.EIO, UndeterminedError),
        (errno.EMFILE, UndeterminedError),
        (errno.ENOENT, InvalidError),
        (errno.ELOOP, InvalidError),
        (errno.EACCES, InvalidError),
    ],
)
def test_a_fault_of_the_storage_says_nothing_about_the_file(
    number: int, family: type[CarnetError]
) -> None:
    error = storage_error(OSError(number, "simulated", "/a/private/path"))
    assert type(error) is family
    assert "private" not in str(error)


def test_every_new_folder_is_named_durably_in_the_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(durable_file, "sync_folder", synced.append)
    made: list[Path] = []
    make_folder(tmp_path / "a" / "b" / "c", made, mode=0o700)
    assert made == [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    assert set(synced) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}
    assert stat.S_IMODE(made[-1].stat().st_mode) == 0o700


def test_a_folder_that_is_there_is_named_durably_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(durable_file, "sync_folder", synced.append)
    made: list[Path] = []
    make_folder(tmp_path, made)
    assert made == []
    assert synced == [tmp_path.parent]


def test_folders_whose_sync_fails_can_be_removed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> None:
        raise OSError(errno.EIO, "simulated")

    monkeypatch.setattr(durable_file, "sync_folder", fails)
    made: list[Path] = []
    with pytest.raises(OSError, match="simulated"):
        make_folder(tmp_path / "a" / "b", made)
    (tmp_path / "a" / "thesis").write_text("years of work")
    remove_folders(made)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "thesis"]
