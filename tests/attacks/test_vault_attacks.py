"""Attacks on the vault at rest: rows S01 to S06, S11 to S17 and S26 of the threat catalogue."""

import contextlib
import errno
import fcntl
import itertools
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault import format as vault_format
from carnet_wallet.vault.vault import Put, Remove, Vault
from support.vaults import (
    PASSPHRASE,
    FailingDisk,
    contents,
    edit_file,
    filled_vault,
    fresh_kdf,
    segment_files,
    vault_file,
    with_checksum,
)

EXPECTED = {
    ("card", "a"): {"title": "Électricité", "n": 2},
    ("copy", "a1"): {"key": "k1"},
    ("copy", "a2"): {"key": "k2"},
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "carnet"


def refusal(place: Path, key: bytes) -> ErrorKind:
    with pytest.raises(VaultError) as caught:
        Vault.open_with_key(place, data_key=key)
    return caught.value.kind


@pytest.mark.parametrize("wrong", ["", "rue des Lilas 15", "RUE DES LILAS 14", PASSPHRASE + " "])
def test_S01_a_wrong_passphrase_opens_nothing(place: Path, wrong: str) -> None:
    key = filled_vault(place)

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=wrong)

    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE
    assert wrong not in str(caught.value) or not wrong
    assert contents(place, key) == EXPECTED


def test_S02_the_vault_file_truncated_at_every_byte(place: Path) -> None:
    key = filled_vault(place)
    whole = vault_file(place).read_bytes()

    for length in range(len(whole)):
        edit_file(vault_file(place), whole[:length])
        assert refusal(place, key) is ErrorKind.VAULT_CORRUPT


def test_S02_a_file_with_a_byte_more_is_damaged_like_any_other(place: Path) -> None:
    key = filled_vault(place)

    for file in segment_files(place):
        whole = file.read_bytes()
        edit_file(file, whole + b"\0")
        with pytest.raises(VaultError) as caught:
            Vault.open_with_key(place, data_key=key)
        said = (caught.value.kind, caught.value.message, caught.value.hint)
        usual = vault_format.corrupt()
        assert said == (ErrorKind.VAULT_CORRUPT, usual.message, usual.hint)
        edit_file(file, whole)
    assert contents(place, key) == EXPECTED


def test_S02_every_segment_truncated_at_every_byte(place: Path) -> None:
    key = filled_vault(place)

    for segment in segment_files(place):
        whole = segment.read_bytes()
        for length in range(len(whole)):
            edit_file(segment, whole[:length])
            assert refusal(place, key) is ErrorKind.VAULT_CORRUPT
        edit_file(segment, whole)


def test_S02_bytes_appended_are_noticed(place: Path) -> None:
    key = filled_vault(place)

    for file in [vault_file(place), *segment_files(place)]:
        whole = file.read_bytes()
        edit_file(file, whole + b"\0")
        assert refusal(place, key) is ErrorKind.VAULT_CORRUPT
        edit_file(file, whole)


def test_S03_one_bit_flipped_at_every_byte(place: Path) -> None:
    key = filled_vault(place)

    for file in [vault_file(place), *segment_files(place)]:
        whole = file.read_bytes()
        for position in range(len(whole)):
            changed = bytearray(whole)
            changed[position] ^= 1 << (position % 8)
            edit_file(file, bytes(changed))
            assert refusal(place, key) is ErrorKind.VAULT_CORRUPT
        edit_file(file, whole)


def test_S03_one_bit_flipped_and_the_checksum_made_to_fit(place: Path) -> None:
    key = filled_vault(place)
    body = vault_file(place).read_bytes()[:-32]

    for position in range(len(body)):
        changed = bytearray(body)
        changed[position] ^= 1 << (position % 8)
        edit_file(vault_file(place), with_checksum(bytes(changed)))
        assert refusal(place, key) in {
            ErrorKind.VAULT_CORRUPT,
            ErrorKind.VAULT_KDF_POLICY,
            ErrorKind.UNSUPPORTED_VERSION,
        }


def test_S04_a_segment_dropped(place: Path) -> None:
    key = filled_vault(place)
    for segment in segment_files(place):
        whole = segment.read_bytes()
        segment.unlink()
        assert refusal(place, key) is ErrorKind.VAULT_CORRUPT
        edit_file(segment, whole)


def test_S04_segments_swapped(place: Path) -> None:
    key = filled_vault(place)
    one, two = segment_files(place)[:2]
    first, second = one.read_bytes(), two.read_bytes()
    edit_file(one, second)
    edit_file(two, first)

    assert refusal(place, key) is ErrorKind.VAULT_CORRUPT


def test_S04_records_swapped_inside_a_segment(place: Path) -> None:
    key = filled_vault(place)
    with Vault.open_with_key(place, data_key=key) as vault:
        one, two = (vault._index.records["copy", name] for name in ("a1", "a2"))
    assert one.segment == two.segment
    segment = place / vault_format.segment_name(one.segment)
    whole = segment.read_bytes()
    edit_file(segment, whole[two.offset :] + whole[: one.length])

    assert refusal(place, key) is ErrorKind.VAULT_CORRUPT


def test_S04_a_segment_duplicated_under_a_later_number(place: Path) -> None:
    key = filled_vault(place)
    copy = place / vault_format.segment_name(99)
    edit_file(copy, segment_files(place)[0].read_bytes())

    assert refusal(place, key) is ErrorKind.VAULT_ROLLBACK


def test_S04_the_index_of_another_vault(place: Path, tmp_path: Path) -> None:
    key = filled_vault(place)
    filled_vault(tmp_path / "other", alone=True)
    edit_file(vault_file(place), vault_file(tmp_path / "other").read_bytes())

    assert refusal(place, key) is ErrorKind.VAULT_CORRUPT


def test_S04_an_older_index_put_back_over_newer_segments(place: Path) -> None:
    key = filled_vault(place)
    older = vault_file(place).read_bytes()
    with Vault.open_with_key(place, data_key=key) as vault:
        vault.commit([Put(kind="history", record_id="h1", value={})])
        vault.commit([Put(kind="history", record_id="h2", value={})])
    edit_file(vault_file(place), older)

    assert refusal(place, key) is ErrorKind.VAULT_ROLLBACK
    assert len(segment_files(place)) >= 4, "evidence of the newer state is kept"


def test_S04_a_whole_older_folder_is_refused_by_whoever_knows_the_count(place: Path) -> None:
    key = filled_vault(place)

    with pytest.raises(VaultError) as caught:
        Vault.open_with_key(place, data_key=key, at_least=4)
    assert caught.value.kind is ErrorKind.VAULT_ROLLBACK
    with Vault.open_with_key(place, data_key=key, at_least=3) as vault:
        assert vault.counter == 3


def with_header(place: Path, change: dict[str, object]) -> None:
    """Edit the clear header as an attacker would, with lengths and checksum made to fit."""
    whole = vault_file(place).read_bytes()
    start = len(vault_format.MAGIC) + 4
    length = int.from_bytes(whole[start - 4 : start], "big")
    header = strict_json.loads_object(whole[start : start + length], max_bytes=length)
    (wrapping,) = header["wrappings"]
    for name, value in change.items():
        target = header if name in {"version", "vault", "wrappings", "extra"} else wrapping["kdf"]
        target[name] = value
    raw = strict_json.dumps_bytes(header)
    body = vault_format.MAGIC + len(raw).to_bytes(4, "big") + raw + whole[start + length : -32]
    edit_file(vault_file(place), with_checksum(body))


@pytest.mark.parametrize(
    "change",
    [
        {"passes": 1, "memory_kib": 8},
        {"passes": 2},
        {"passes": 0},
        {"memory_kib": 65_535},
        {"memory_kib": 0},
        {"name": "pbkdf2"},
        {"name": "argon2i"},
    ],
    ids=repr,
)
def test_S05_weaker_key_derivation_is_refused(place: Path, change: dict[str, object]) -> None:
    filled_vault(place)
    with_header(place, change)

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=PASSPHRASE)

    assert caught.value.kind is ErrorKind.VAULT_KDF_POLICY


@pytest.mark.parametrize("change", [{"passes": 4}, {"memory_kib": 65_537}], ids=repr)
def test_S05_the_header_is_authenticated(place: Path, change: dict[str, object]) -> None:
    key = filled_vault(place)
    with_header(place, change)

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=PASSPHRASE)
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE
    assert refusal(place, key) is ErrorKind.VAULT_CORRUPT, "even for who has the data key"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"version": 2}, ErrorKind.UNSUPPORTED_VERSION),
        ({"version": 0}, ErrorKind.UNSUPPORTED_VERSION),
        ({"version": True}, ErrorKind.VAULT_CORRUPT),
        ({"vault": "00" * 16}, ErrorKind.VAULT_CORRUPT),
        ({"wrappings": []}, ErrorKind.VAULT_CORRUPT),
        ({"extra": 1}, ErrorKind.VAULT_CORRUPT),
        ({"passes": "3"}, ErrorKind.VAULT_KDF_POLICY),
        ({"passes": -3}, ErrorKind.VAULT_KDF_POLICY),
        ({"passes": 3.0}, ErrorKind.VAULT_KDF_POLICY),
        ({"salt": "AAA="}, ErrorKind.VAULT_CORRUPT),
    ],
    ids=repr,
)
def test_S05_a_header_of_another_shape(
    place: Path, change: dict[str, object], kind: ErrorKind
) -> None:
    key = filled_vault(place)
    with_header(place, change)

    assert refusal(place, key) is kind


@pytest.mark.parametrize(
    "change",
    [
        {"memory_kib": 64 * 1024 * 1024},
        {"memory_kib": 1024 * 1024 + 1},
        {"passes": 2**31},
        {"passes": 11},
        {"lanes": 2**24},
    ],
    ids=repr,
)
def test_S06_a_key_derivation_bomb_is_refused_unexploded(
    place: Path, change: dict[str, object]
) -> None:
    filled_vault(place)
    with_header(place, change)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=PASSPHRASE)

    assert caught.value.kind is ErrorKind.VAULT_KDF_POLICY
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def in_killed_child(body: object, place: Path, key: bytes, nth: int) -> bool:
    """Fork, run `body` on a disk that kills the process at its Nth call; was it killed?"""
    assert callable(body)
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            with Vault.open_with_key(place, data_key=key, calls=KillingDisk(nth)) as vault:
                body(vault)
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


class KillingDisk(FailingDisk):
    """Ends the process without warning at its Nth call."""

    def _count(self, name: str) -> None:
        self.calls += 1
        if self.calls == self._nth:
            os.kill(os.getpid(), signal.SIGKILL)


def test_S11_killed_at_every_disk_call_of_a_change(place: Path) -> None:
    key = filled_vault(place)
    new = ("history", "h")
    killed = True
    nth = 0
    while killed:
        nth += 1
        before = contents(place, key)
        killed = in_killed_child(
            lambda vault, nth=nth: vault.commit(
                [Put(kind="history", record_id="h", value={"n": nth})]
            ),
            place,
            key,
            nth,
        )
        after = contents(place, key)
        assert after in (before, {**before, new: {"n": nth}})
        if not killed:
            assert after[new] == {"n": nth}, "an acknowledged change is there"
    assert nth > 8


def test_S12_killed_at_every_disk_call_of_a_passphrase_change(place: Path) -> None:
    key = filled_vault(place)
    passphrases = [PASSPHRASE]
    kdf = fresh_kdf()
    killed, nth = True, 0
    while killed:
        nth += 1
        killed = in_killed_child(
            lambda vault: vault.change_passphrase("autre phrase", kdf=kdf), place, key, nth
        )
        works = []
        for passphrase in (PASSPHRASE, "autre phrase"):
            with contextlib.suppress(VaultError), Vault.open(place, passphrase=passphrase) as vault:
                works.append(passphrase)
                held = {name: vault.get(*name) for name in vault._index.records}
                key = vault._data_key
                assert held == EXPECTED
                if passphrase != PASSPHRASE and killed:
                    vault.change_passphrase(PASSPHRASE, kdf=kdf)
                    key = vault._data_key
                    break
        assert len(works) == 1
        passphrases.append(works[0])
    assert passphrases[-1] == "autre phrase"
    assert PASSPHRASE in passphrases[1:]


FAULTS = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EMFILE]


@pytest.mark.parametrize("error", FAULTS, ids=[errno.errorcode[e] for e in FAULTS])
def test_S13_the_disk_fails_at_every_call(place: Path, error: int) -> None:
    key = filled_vault(place)
    failed, nth = True, 0
    while failed:
        nth += 1
        before = contents(place, key)
        failed = False
        disk = FailingDisk(nth, error)
        with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
            kinds = []
            try:
                vault.commit([Put(kind="history", record_id=f"h{nth}", value={"n": nth})])
            except VaultError as refused:
                kinds.append(refused.kind)
            assert kinds in ([], [ErrorKind.STORAGE_FULL])
            failed = bool(kinds) or disk.calls >= nth
        after = contents(place, key)
        assert after in (before, {**before, ("history", f"h{nth}"): {"n": nth}})
    assert after["history", f"h{nth}"] == {"n": nth}
    assert nth > 8


@pytest.mark.parametrize("name", ["a/b/carnet", "carnet"])
def test_S13_a_wallet_that_could_not_be_made_leaves_nothing(tmp_path: Path, name: str) -> None:
    for nth in itertools.count(1):
        home = tmp_path / str(nth)
        home.mkdir()
        disk = FailingDisk(nth, errno.ENOSPC)
        kinds = []
        try:
            Vault.create(home / name, passphrase=PASSPHRASE, kdf=fresh_kdf(), calls=disk).close()
        except VaultError as refused:
            kinds.append(refused.kind)
        if kinds:
            assert kinds == [ErrorKind.STORAGE_FULL]
            assert list(home.iterdir()) == []
        if disk.calls < nth:
            break
    assert nth > 5


def test_S13_a_wallet_that_could_not_be_made_leaves_the_folder_that_was_there(place: Path) -> None:
    place.mkdir(mode=0o700)

    with pytest.raises(VaultError):
        Vault.create(place, passphrase=PASSPHRASE, kdf=fresh_kdf(), calls=FailingDisk(3))
    assert list(place.iterdir()) == []

    Vault.create(place, passphrase=PASSPHRASE, kdf=fresh_kdf()).close()


def test_S13_a_vault_that_is_given_up_leaves_nothing(place: Path) -> None:
    vault = Vault.create(place / "deep", passphrase=PASSPHRASE, kdf=fresh_kdf())
    vault.commit([Put(kind="setting", record_id="trust", value={"file": "x"})])

    vault.abandon()

    assert not place.exists()


def test_S15_a_lock_that_was_removed_locks_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = filled_vault(place)
    lock = fcntl.flock

    def removed_meanwhile(fd: int, operation: int) -> None:
        (place / "lock").unlink()
        lock(fd, operation)

    monkeypatch.setattr("fcntl.flock", removed_meanwhile)
    assert refusal(place, key) is ErrorKind.VAULT_BUSY
    monkeypatch.undo()
    assert contents(place, key) == EXPECTED


OPERATIONS = {
    "remove": lambda vault: vault.commit([Remove(kind="copy", record_id="a2")]),
    "replace": lambda vault: vault.commit([Put(kind="card", record_id="a", value={"n": 9})]),
    "new passphrase": lambda vault: vault.change_passphrase("autre", kdf=fresh_kdf()),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_S13_the_disk_fails_at_every_call_of_every_operation(
    place: Path, tmp_path: Path, name: str
) -> None:
    key = filled_vault(place)
    before = contents(place, key)
    for nth in itertools.count(1):
        trial = tmp_path / f"trial{nth}"
        shutil.copytree(place, trial)
        disk = FailingDisk(nth, errno.ENOSPC)
        kinds = []
        with Vault.open_with_key(trial, data_key=key, calls=disk) as vault:
            try:
                OPERATIONS[name](vault)
            except VaultError as refused:
                kinds.append(refused.kind)
            new_key = vault._data_key
        assert kinds in ([], [ErrorKind.STORAGE_FULL])
        after = state(trial, key, new_key)
        assert after == before or name != "new passphrase"
        if disk.calls < nth:
            break
    assert nth > 6


def state(place: Path, *keys: bytes) -> dict[tuple[str, str], object]:
    """What the vault holds, by whichever of the keys opens it; exactly one does.

    When the very last sync of a passphrase change fails, the new passphrase may be the one.
    """
    found = []
    for key in dict.fromkeys(keys):
        with contextlib.suppress(VaultError):
            found.append(contents(place, key))
    if not found:
        with Vault.open(place, passphrase="autre") as vault:
            found.append({name: vault.get(*name) for name in vault._index.records})
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("error", FAULTS, ids=[errno.errorcode[e] for e in FAULTS])
def test_S13_a_wallet_that_could_not_be_made_can_be_made_again(place: Path, error: int) -> None:
    kdf = fresh_kdf()
    for nth in itertools.count(1):
        disk = FailingDisk(nth, error)
        try:
            Vault.create(place, passphrase=PASSPHRASE, kdf=kdf, calls=disk).close()
        except VaultError as refused:
            kind = refused.kind
        else:
            break
        if kind is not ErrorKind.STORAGE_FULL:
            assert kind is ErrorKind.CONFLICT, "the last sync failed, and it is there"
            break
    with Vault.open(place, passphrase=PASSPHRASE) as vault:
        assert vault.counter == 0


def test_S13_after_a_full_disk_the_same_open_wallet_goes_on(place: Path) -> None:
    key = filled_vault(place)
    with Vault.open_with_key(place, data_key=key, calls=FailingDisk(1, only="write")) as vault:
        with pytest.raises(VaultError):
            vault.commit([Put(kind="history", record_id="h", value={})])
        assert vault.ids("history") == ()
        vault.commit([Put(kind="history", record_id="h", value={"n": 2})])

    assert contents(place, key)["history", "h"] == {"n": 2}


def test_S13_a_real_size_limit_leaves_the_old_state(place: Path) -> None:
    key = filled_vault(place)
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            with Vault.open_with_key(place, data_key=key) as vault:
                try:
                    vault.commit([Put(kind="card", record_id="b", value={"x": "y" * 9000})])
                except VaultError as error:
                    code = 0 if error.kind is ErrorKind.STORAGE_FULL else 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert contents(place, key) == EXPECTED


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_S14_a_failed_sync_is_not_acknowledged_and_stops_writing(place: Path, nth: int) -> None:
    key = filled_vault(place)
    disk = FailingDisk(nth, errno.EIO, only="fsync")
    with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
        for _ in range(2):
            with pytest.raises(VaultError) as caught:
                vault.commit([Put(kind="history", record_id="h", value={})])
            assert caught.value.kind is ErrorKind.STORAGE_FULL
        assert disk.calls == nth, "the sync is not tried again"

    held = contents(place, key)
    assert held in (EXPECTED, {**EXPECTED, ("history", "h"): {}})
    with Vault.open_with_key(place, data_key=key) as vault:
        vault.commit([Put(kind="history", record_id="again", value={})])


def test_S15_two_processes_cannot_open_one_wallet(place: Path) -> None:
    key = filled_vault(place)
    with Vault.open_with_key(place, data_key=key):
        assert refusal(place, key) is ErrorKind.VAULT_BUSY
    assert contents(place, key) == EXPECTED


def test_S15_the_lock_of_a_killed_process_is_gone(place: Path) -> None:
    key = filled_vault(place)
    ready_read, ready_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        vault = Vault.open_with_key(place, data_key=key)
        os.write(ready_write, b"x")
        signal.pause()
        vault.close()
        os._exit(0)
    os.read(ready_read, 1)
    assert refusal(place, key) is ErrorKind.VAULT_BUSY
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(ready_read)
    os.close(ready_write)

    assert contents(place, key) == EXPECTED


def test_S16_modes_are_private_whatever_the_umask(place: Path) -> None:
    old = os.umask(0)
    try:
        filled_vault(place, alone=True)
    finally:
        os.umask(old)

    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in place.iterdir()} == {0o600}


def test_S16_a_linked_folder_is_refused(place: Path, tmp_path: Path) -> None:
    key = filled_vault(place)
    link = tmp_path / "link"
    link.symlink_to(place)

    assert refusal(link, key) is ErrorKind.FORBIDDEN


def test_S16_a_linked_folder_is_refused_at_creation(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")

    with pytest.raises(VaultError) as caught:
        Vault.create(link, passphrase=PASSPHRASE, kdf=fresh_kdf())

    assert caught.value.kind is ErrorKind.FORBIDDEN


@pytest.mark.parametrize("name", ["vault", "segment-0000000000000002", "lock"])
def test_S16_a_linked_file_is_refused(place: Path, tmp_path: Path, name: str) -> None:
    key = filled_vault(place)
    outside = tmp_path / "outside"
    (place / name).rename(outside)
    (place / name).symlink_to(outside)

    assert refusal(place, key) is ErrorKind.FORBIDDEN


@pytest.mark.parametrize("name", ["vault", "segment-0000000000000002"])
def test_S16_a_file_with_a_second_name_is_refused(place: Path, tmp_path: Path, name: str) -> None:
    key = filled_vault(place)
    (tmp_path / "second").hardlink_to(place / name)

    assert refusal(place, key) is ErrorKind.FORBIDDEN


@pytest.mark.parametrize("mode", [0o750, 0o707, 0o755])
def test_S16_a_folder_others_can_enter_is_refused(place: Path, mode: int) -> None:
    key = filled_vault(place)
    place.chmod(mode)

    assert refusal(place, key) is ErrorKind.FORBIDDEN


@pytest.mark.parametrize("name", ["vault", "segment-0000000000000002"])
def test_S16_a_file_others_can_read_is_refused(place: Path, name: str) -> None:
    key = filled_vault(place)
    (place / name).chmod(0o644)

    assert refusal(place, key) is ErrorKind.FORBIDDEN


def test_S16_a_pipe_in_place_of_the_vault_is_refused(place: Path) -> None:
    key = filled_vault(place)
    vault_file(place).unlink()
    os.mkfifo(vault_file(place), 0o600)

    assert refusal(place, key) is ErrorKind.FORBIDDEN


def test_S16_another_owner_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = filled_vault(place)
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)

    assert refusal(place, key) is ErrorKind.FORBIDDEN


def test_S16_a_link_planted_where_the_next_file_goes_is_not_followed(
    place: Path, tmp_path: Path
) -> None:
    key = filled_vault(place)
    victim = tmp_path / "victim"
    victim.write_bytes(b"untouched")
    with Vault.open_with_key(place, data_key=key) as vault:
        (place / "vault.new").symlink_to(victim)
        (place / vault_format.segment_name(vault.counter + 1)).symlink_to(victim)
        vault.commit([Put(kind="history", record_id="h", value={})])

    assert victim.read_bytes() == b"untouched"
    assert contents(place, key)["history", "h"] == {}


def test_S17_no_plain_text_is_left_in_any_file(place: Path) -> None:
    canary = "canari-7f3a"
    with Vault.create(place, passphrase=PASSPHRASE, kdf=fresh_kdf()) as vault:
        vault.commit([Put(kind=canary, record_id=canary, value={canary: canary})])
        vault.change_passphrase("autre " + canary, kdf=fresh_kdf())

    for file in place.iterdir():
        assert canary.encode() not in file.read_bytes()
        assert canary not in file.name


def test_S17_no_file_is_left_over_after_a_crash_and_a_new_start(place: Path) -> None:
    key = filled_vault(place)
    edit_file(place / "vault.new", b"half written")
    edit_file(place / vault_format.segment_name(4), b"half written")

    assert contents(place, key) == EXPECTED
    assert {p.name for p in place.iterdir()} == {"lock", "vault"} | {
        p.name for p in segment_files(place)
    }
    assert (place / vault_format.segment_name(4)).exists() is False


def test_S17_no_core_is_dumped() -> None:
    code = (
        "from carnet_wallet.process import forbid_core_dumps\n"
        "import resource\n"
        "forbid_core_dumps()\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_S26_the_same_words_typed_otherwise_open_the_wallet(place: Path) -> None:
    phrase = "clé élève ﬁn"
    with Vault.create(place, passphrase=unicodedata.normalize("NFC", phrase), kdf=fresh_kdf()):
        pass

    for form in ("NFD", "NFKC", "NFKD"):
        with Vault.open(place, passphrase=unicodedata.normalize(form, phrase)) as vault:
            assert vault.counter == 0


@pytest.mark.parametrize("near", [" clé", "clé ", "cle", "Clé"])
def test_S26_spaces_and_accents_are_not_guessed(place: Path, near: str) -> None:
    with Vault.create(place, passphrase="clé", kdf=fresh_kdf()):
        pass

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=near)

    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE


def test_S26_emoji_are_letters_too(place: Path) -> None:
    with Vault.create(place, passphrase="🔑🚲", kdf=fresh_kdf()):
        pass
    with Vault.open(place, passphrase="🔑🚲") as vault:
        assert vault.counter == 0


@pytest.mark.parametrize("passphrase", ["x" * 1025, "é" * 513, "x" * 1_048_576, "\ud800"])
def test_S26_a_passphrase_beyond_a_kibibyte_is_refused(place: Path, passphrase: str) -> None:
    with pytest.raises(VaultError) as caught:
        Vault.create(place, passphrase=passphrase, kdf=fresh_kdf())

    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE
    assert not place.exists()
