"""The vault keeps what was acknowledged, and says plainly when it cannot."""

from pathlib import Path

import pytest

from carnet_securing import sealing, strict_json
from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault import format as vault_format
from carnet_wallet.vault.vault import Put, Remove, Vault
from support.vaults import (
    PASSPHRASE,
    RecordingDisk,
    ShortWrites,
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


def test_what_was_kept_is_there_after_opening_with_the_passphrase(place: Path) -> None:
    filled_vault(place)

    with Vault.open(place, passphrase=PASSPHRASE) as vault:
        assert vault.ids("copy") == ("a1", "a2")
        assert dict(vault.records("card")) == {"a": {"title": "Électricité", "n": 2}}
        assert vault.counter == 3


def test_a_record_is_found_or_the_caller_is_told(place: Path) -> None:
    key = filled_vault(place)

    with Vault.open_with_key(place, data_key=key) as vault:
        with pytest.raises(VaultError) as caught:
            vault.get("card", "b")
        assert caught.value.kind is ErrorKind.NOT_FOUND
        assert vault.ids("history") == ()


def test_a_change_is_whole_or_not_at_all(place: Path) -> None:
    key = filled_vault(place)

    with Vault.open_with_key(place, data_key=key) as vault, pytest.raises(VaultError) as caught:
        vault.commit(
            [
                Put(kind="card", record_id="b", value={}),
                Remove(kind="copy", record_id="never there"),
            ]
        )

    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert contents(place, key) == EXPECTED


def test_no_change_writes_nothing(place: Path) -> None:
    key = filled_vault(place)
    before = vault_file(place).read_bytes()

    with Vault.open_with_key(place, data_key=key) as vault:
        vault.commit([])

    assert vault_file(place).read_bytes() == before


def test_removed_records_are_gone_and_their_slot_is_not_given_again(place: Path) -> None:
    key = filled_vault(place)

    with Vault.open_with_key(place, data_key=key) as vault:
        slot = vault._index.records["copy", "a2"].slot
        vault.commit([Remove(kind="copy", record_id="a2")])
        vault.commit([Put(kind="copy", record_id="a3", value={})])
        assert vault._index.records["copy", "a3"].slot > slot
        assert vault.ids("copy") == ("a1", "a3")


def test_old_segments_are_folded_into_one(place: Path) -> None:
    key = filled_vault(place)

    with Vault.open_with_key(place, data_key=key) as vault:
        for number in range(80):
            vault.commit([Put(kind="history", record_id=f"h{number:03}", value={"at": number})])

    assert len(segment_files(place)) <= 33
    held = contents(place, key)
    assert {name: held[name] for name in EXPECTED} == EXPECTED
    assert [held["history", f"h{n:03}"] for n in range(80)] == [{"at": n} for n in range(80)]


def test_replaced_records_do_not_pile_up(place: Path) -> None:
    key = filled_vault(place)

    with Vault.open_with_key(place, data_key=key) as vault:
        for number in range(12):
            vault.commit(
                [Put(kind="card", record_id="big", value={"n": number, "x": "y" * 90_000})]
            )

    assert sum(p.stat().st_size for p in segment_files(place)) < 500_000
    assert contents(place, key)["card", "big"] == {"n": 11, "x": "y" * 90_000}


def test_short_writes_are_finished(place: Path) -> None:
    key = filled_vault(place)

    with Vault.open_with_key(place, data_key=key, calls=ShortWrites()) as vault:
        vault.commit([Put(kind="card", record_id="b", value={"title": "x" * 500})])

    assert contents(place, key)["card", "b"] == {"title": "x" * 500}


def test_syncs_come_before_the_name_and_before_the_acknowledgement(place: Path) -> None:
    key = filled_vault(place)
    disk = RecordingDisk()

    with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
        disk.log.clear()
        vault.commit([Put(kind="card", record_id="b", value={})])
        segment = vault_format.segment_name(vault.counter)

    assert disk.log[:7] == [
        ("open", segment),
        ("fsync", segment),
        ("fsync", "."),
        ("open", "vault.new"),
        ("fsync", "vault.new"),
        ("rename", "vault"),
        ("fsync", "."),
    ]
    assert all(call == "unlink" for call, _ in disk.log[7:])


def test_the_passphrase_changes_and_only_the_new_one_opens(place: Path) -> None:
    old_key = filled_vault(place)
    with Vault.open_with_key(place, data_key=old_key) as vault:
        vault.change_passphrase("autre phrase", kdf=fresh_kdf())
        assert vault.get("copy", "a1") == {"key": "k1"}

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=PASSPHRASE)
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE
    with pytest.raises(VaultError) as caught:
        Vault.open_with_key(place, data_key=old_key)
    assert caught.value.kind is ErrorKind.VAULT_CORRUPT
    with Vault.open(place, passphrase="autre phrase") as vault:
        assert {name: vault.get(*name) for name in vault._index.records} == EXPECTED
    assert len(segment_files(place)) == 1


def test_a_wallet_is_not_made_over_something_else(place: Path) -> None:
    place.mkdir()
    (place / "photo.jpg").write_bytes(b"x")

    with pytest.raises(VaultError) as caught:
        Vault.create(place, passphrase=PASSPHRASE, kdf=fresh_kdf())

    assert caught.value.kind is ErrorKind.CONFLICT
    assert [p.name for p in place.iterdir()] == ["photo.jpg"]


def test_a_wallet_is_not_made_over_a_wallet(place: Path) -> None:
    key = filled_vault(place)

    with pytest.raises(VaultError) as caught:
        Vault.create(place, passphrase="other", kdf=fresh_kdf())

    assert caught.value.kind is ErrorKind.CONFLICT
    assert contents(place, key) == EXPECTED


def test_an_interrupted_first_start_can_be_repeated(place: Path) -> None:
    place.mkdir(mode=0o700)
    (place / "lock").touch(mode=0o600)
    (place / "vault.new").write_bytes(b"half")

    with Vault.create(place, passphrase=PASSPHRASE, kdf=fresh_kdf()) as vault:
        assert vault.counter == 0


def test_there_is_no_wallet_in_an_empty_folder(place: Path) -> None:
    place.mkdir(mode=0o700)

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=PASSPHRASE)

    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_nothing_secret_is_shown_by_repr(place: Path) -> None:
    filled_vault(place)

    with Vault.open(place, passphrase=PASSPHRASE) as vault:
        shown = (
            repr(vault)
            + repr(vault._header)
            + repr(Put(kind="c", record_id="i", value={"s": "PIN"}))
        )

    assert "PIN" not in shown
    assert PASSPHRASE not in shown
    assert repr(vault._header.wrapped_key) not in shown


def test_the_record_opens_only_at_its_own_place() -> None:
    key = b"k" * 32
    sealed = vault_format.seal_record(
        {"a": 1}, vault_id="v", name=("card", "a"), version=1, slot=0, data_key=key
    )

    opened = vault_format.open_record(
        sealed, vault_id="v", name=("card", "a"), version=1, slot=0, data_key=key
    )

    assert opened == {"a": 1}


@pytest.mark.parametrize(
    ("vault_id", "name", "version", "slot"),
    [
        ("w", ("card", "a"), 1, 0),
        ("v", ("copy", "a"), 1, 0),
        ("v", ("card", "b"), 1, 0),
        ("v", ("card", "a"), 2, 0),
        ("v", ("card", "a"), 1, 1),
    ],
)
def test_a_record_moved_elsewhere_does_not_open(
    vault_id: str, name: tuple[str, str], version: int, slot: int
) -> None:
    key = b"k" * 32
    sealed = vault_format.seal_record(
        {"a": 1}, vault_id="v", name=("card", "a"), version=1, slot=0, data_key=key
    )

    with pytest.raises(VaultError) as caught:
        vault_format.open_record(
            sealed, vault_id=vault_id, name=name, version=version, slot=slot, data_key=key
        )

    assert caught.value.kind is ErrorKind.VAULT_CORRUPT


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("segment-000000000000000a", 10),
        ("segment-a", None),
        ("segment-000000000000000A", None),
        ("vault", None),
        ("segment-000000000000000g", None),
    ],
)
def test_only_segment_names_are_segments(name: str, number: int | None) -> None:
    assert vault_format.segment_number(name) == number


@pytest.mark.parametrize(
    "change",
    [
        {"counter": -1},
        {"counter": "3"},
        {"counter": True},
        {"segments": [[1, 10, 7]]},
        {"segments": {}},
        {"records": [["card", "a", 1, 0, 99, 0, 10]]},
        {"records": [["card", "a", 1, 0, 1, 0, 10**9]]},
        {"records": [["card", 7, 1, 0, 1, 0, 10]]},
        {"records": [["card"]]},
        {"records": None},
    ],
    ids=repr,
)
def test_an_index_that_makes_no_sense_is_damage_even_when_sealed_well(
    place: Path, change: dict[str, object]
) -> None:
    key = filled_vault(place)
    locked = vault_format.parse_file(vault_file(place).read_bytes())
    plain = sealing.open_sealed(key, locked.sealed_index, associated=locked.bound)
    members = strict_json.loads_object(plain, max_bytes=10**6) | change
    sealed = sealing.seal(key, strict_json.dumps_bytes(members), associated=locked.bound)
    edit_file(vault_file(place), with_checksum(locked.bound + sealed))

    with pytest.raises(VaultError) as caught:
        Vault.open_with_key(place, data_key=key)

    assert caught.value.kind is ErrorKind.VAULT_CORRUPT


def test_closing_twice_does_nothing(place: Path) -> None:
    key = filled_vault(place)
    vault = Vault.open_with_key(place, data_key=key)

    vault.close()
    vault.close()

    assert contents(place, key) == EXPECTED
