"""Caches: what was put comes back, what is spoilt is a miss, strangers push out strangers."""

import errno
import os
import stat
from pathlib import Path

import pytest

from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_trust.attempts import Attempts
from carnet_trust.file_lookup_cache import FileLookupCache
from carnet_trust.lookup_cache import (
    CacheRecord,
    LookupCache,
    MemoryLookupCache,
    RecordKind,
)


def record(
    name: str = "https://a.example",
    *,
    body: bytes = b"body\nwith lines\n\x00\xff",
    kind: RecordKind = RecordKind.ISSUER_KEYS,
    listed: bool = True,
    fetched_at: int = 1_800_000_000,
) -> CacheRecord:
    return CacheRecord(
        kind=kind,
        name=name,
        body=body,
        fetched_at=fetched_at,
        listed=listed,
        marks={"iat": 17},
    )


@pytest.fixture(params=["memory", "file"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> LookupCache:
    if request.param == "memory":
        return MemoryLookupCache(max_unlisted=3, max_unlisted_bytes=100)
    return FileLookupCache(tmp_path / "cache", max_unlisted=3, max_unlisted_bytes=3_000)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("body", [b"", b"\n", b"{}", bytes(range(256))])
def test_gives_back_what_it_got(cache: LookupCache, body: bytes, listed: bool) -> None:
    cache.put(record(body=body, listed=listed))
    assert cache.get(RecordKind.ISSUER_KEYS, "https://a.example") == record(
        body=body, listed=listed
    )


def test_kind_and_name_are_both_the_key(cache: LookupCache) -> None:
    cache.put(record())
    assert cache.get(RecordKind.STATUS_LIST, "https://a.example") is None
    assert cache.get(RecordKind.ISSUER_KEYS, "https://a.example/") is None
    assert cache.get(RecordKind.ISSUER_KEYS, "") is None


def test_the_newest_replaces(cache: LookupCache) -> None:
    for listed in (True, False, True):
        cache.put(record(listed=listed, body=b"old"))
        cache.put(record(listed=listed, body=b"new"))
        found = cache.get(RecordKind.ISSUER_KEYS, "https://a.example")
        assert found is not None
        assert (found.body, found.listed) == (b"new", listed)


def test_strangers_push_out_strangers_only(cache: LookupCache) -> None:
    cache.put(record("listed"))
    for number in range(10):
        cache.put(record(f"stranger {number}", listed=False, body=b"x"))
    assert cache.get(RecordKind.ISSUER_KEYS, "listed") is not None
    kept = [n for n in range(10) if cache.get(RecordKind.ISSUER_KEYS, f"stranger {n}")]
    assert len(kept) == 3
    assert 9 in kept


def test_strangers_are_bounded_in_bytes() -> None:
    memory = MemoryLookupCache(max_unlisted=100, max_unlisted_bytes=100)
    for number in range(10):
        memory.put(record(str(number), listed=False, body=b"x" * 40))
    kept = [n for n in range(10) if memory.get(RecordKind.ISSUER_KEYS, str(n))]
    assert kept == [8, 9]


def test_strangers_files_are_bounded_in_bytes(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path, max_unlisted=100, max_unlisted_bytes=10_000)
    for number in range(20):
        files.put(record(str(number), listed=False, body=b"x" * 2_000))
    total = sum(path.stat().st_size for path in (tmp_path / "unlisted").iterdir())
    assert total <= 10_000
    assert files.get(RecordKind.ISSUER_KEYS, "19") is not None


def only_file(folder: Path) -> Path:
    (path,) = (folder / "listed").iterdir()
    return path


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    FileLookupCache(tmp_path).put(record())
    assert FileLookupCache(tmp_path).get(RecordKind.ISSUER_KEYS, "https://a.example") == record()


def test_a_change_by_another_process_is_seen(tmp_path: Path) -> None:
    first, second = FileLookupCache(tmp_path), FileLookupCache(tmp_path)
    first.put(record(body=b"one"))
    assert second.get(RecordKind.ISSUER_KEYS, "https://a.example") == record(body=b"one")
    first.put(record(body=b"two"))
    assert second.get(RecordKind.ISSUER_KEYS, "https://a.example") == record(body=b"two")


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    FileLookupCache(tmp_path / "new").put(record())
    assert stat.S_IMODE(only_file(tmp_path / "new").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new" / "listed").stat().st_mode) == 0o700


def test_names_never_become_paths(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path / "cache")
    for name in ("../../evil", "/etc/passwd", "a\x00b", "x" * 10_000, "é\ud7ff"):
        files.put(record(name))
        assert files.get(RecordKind.ISSUER_KEYS, name) is not None
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}


@pytest.mark.parametrize("position", range(0, 260, 7))
def test_a_flipped_bit_is_a_miss(tmp_path: Path, position: int) -> None:
    FileLookupCache(tmp_path).put(record())
    path = only_file(tmp_path)
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= 0x10
    path.write_bytes(data)
    files = FileLookupCache(tmp_path)
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") is None
    assert files.damaged == (path.name,)


def test_every_truncation_is_a_miss(tmp_path: Path) -> None:
    FileLookupCache(tmp_path).put(record())
    path = only_file(tmp_path)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        assert FileLookupCache(tmp_path).get(RecordKind.ISSUER_KEYS, "https://a.example") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        b"null\nbody",
        b"[" * 100_000,
        b"\xff\xfe\n",
        b'{"format":2}\n',
        b"\x00" * 1_000,
    ],
)
def test_a_file_of_something_else_is_a_miss_and_recorded(tmp_path: Path, content: bytes) -> None:
    files = FileLookupCache(tmp_path)
    files.put(record())
    path = only_file(tmp_path)
    path.write_bytes(content)
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") is None
    assert files.damaged == (path.name,)
    files.put(record())
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") == record()


def test_a_record_in_anothers_place_is_a_miss(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path)
    files.put(record("https://evil.example"))
    evil = only_file(tmp_path).read_bytes()
    files.put(record())
    for path in (tmp_path / "listed").iterdir():
        path.write_bytes(evil)
    assert FileLookupCache(tmp_path).get(RecordKind.ISSUER_KEYS, "https://a.example") is None


def test_links_folders_and_open_files_are_misses(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path / "cache")
    files.put(record())
    path = only_file(tmp_path / "cache")
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") is None
    path.unlink()
    path.mkdir()
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") is None
    path.rmdir()
    elsewhere.rename(path)
    path.chmod(0o666)
    assert (
        FileLookupCache(tmp_path / "cache").get(RecordKind.ISSUER_KEYS, "https://a.example") is None
    )


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path)
    files.put(record())
    with only_file(tmp_path).open("r+b") as file:
        file.truncate(64 * 2**20)
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") is None


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, ErrorKind.STORAGE_FULL), (errno.EIO, ErrorKind.UNAVAILABLE)]
)
def test_a_failed_write_leaves_the_earlier_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: ErrorKind
) -> None:
    files = FileLookupCache(tmp_path)
    files.put(record(body=b"old"))

    def fail(_descriptor: int) -> None:
        raise OSError(number, "simulated")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(CarnetError) as caught:
            files.put(record(body=b"new"))
    assert caught.value.kind is kind
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") == record(body=b"old")
    assert len(list((tmp_path / "listed").iterdir())) == 1


def test_no_folder_to_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CarnetError) as caught:
        FileLookupCache(tmp_path / "file" / "cache")
    assert caught.value.kind is ErrorKind.UNAVAILABLE


def test_E22_no_room_for_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "simulated")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(CarnetError) as caught:
        FileLookupCache(tmp_path / "cache")
    assert caught.value.kind is ErrorKind.STORAGE_FULL


def test_memory_of_read_files_is_bounded(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path, max_in_memory=2)
    for number in range(5):
        files.put(record(str(number)))
        files.get(RecordKind.ISSUER_KEYS, str(number))
    assert len(files._in_memory) == 2
    assert all(files.get(RecordKind.ISSUER_KEYS, str(number)) for number in range(5))


def test_memory_of_large_files_is_bounded_in_bytes(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path)
    for number in range(4):
        files.put(record(str(number), body=bytes(6 * 2**20)))
        files.get(RecordKind.ISSUER_KEYS, str(number))
    assert len(files._in_memory) == 2


def test_a_folder_that_cannot_be_looked_into(tmp_path: Path) -> None:
    files = FileLookupCache(tmp_path)
    (tmp_path / "listed").rmdir()
    (tmp_path / "listed").write_bytes(b"")
    assert files.get(RecordKind.ISSUER_KEYS, "https://a.example") is None
    assert len(files.damaged) == 1
    with pytest.raises(CarnetError):
        files.put(record())


def test_attempts_are_bounded_and_forget_the_oldest() -> None:
    attempts = Attempts(retry_after=60)
    error = InvalidError(ErrorKind.MALFORMED, "A sentence.", hint="A hint.")
    for number in range(5_000):
        attempts.note(str(number), now=0, error=error)
    assert attempts.is_due("0", now=1)
    assert not attempts.is_due("4999", now=1)
    assert attempts.last_error("0") is None
    again = attempts.last_error("4999")
    assert isinstance(again, InvalidError)
    assert again is not error
    assert (again.kind, again.message, again.hint) == (error.kind, error.message, error.hint)
    attempts.note("4999", now=1, error=None)
    assert attempts.last_error("4999") is None
