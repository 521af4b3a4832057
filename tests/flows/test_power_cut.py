"""The power goes at any call of a vault's: what is found afterwards opens, as before or after.

Simulated (tests/killloop/power_cut.py): whatever was not synced may be lost in part. Real
power was not cut; see docs/durability.md. The disk being simulated, its thousands of
remains may lie in memory.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from carnet_securing.errors import CarnetError, ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.vault import Put, Remove, Vault
from killloop.power_cut import HastyDisk, RecordedDisk, restored
from support.vaults import PASSPHRASE, contents, filled_vault, fresh_kdf

Held = dict[tuple[str, str], object]
SEEDS = range(8)
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder on the file system in memory, where there is one."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with TemporaryDirectory(prefix="carnet-cut-", dir=where) as place:
        yield Path(place)


def put(kind: str, record_id: str, number: int) -> Put:
    return Put(kind=kind, record_id=record_id, value={"n": number, "text": "x" * 300})


def states(
    place: Path, key: bytes, disk: RecordedDisk, steps: list[Callable[[Vault], None]]
) -> list[tuple[list[dict[str, bytes]], list[Held]]]:
    """For each step, the folders its power cuts leave, and the two states they may show."""
    found = []
    with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
        for step in steps:
            before = held_by(vault)
            disk.moments.clear()
            step(vault)
            found.append((list(disk.moments), [before, held_by(vault)]))
            # What follows an acknowledgement may not take it back.
            disk.moments = [disk.disk.after_a_cut(random.Random(n)) for n in range(3)]  # noqa: S311
            found.append((list(disk.moments), [held_by(vault)]))
    return found


def held_by(vault: Vault) -> Held:
    return {name: vault.get(*name) for name in vault._index.records}


def changes(rng: random.Random) -> list[Callable[[Vault], None]]:
    """Forty changes: new records, changed ones, removed ones, enough to fold segments together."""

    def change(number: int) -> Callable[[Vault], None]:
        if number % 7 == 6:
            return lambda vault: vault.commit([Remove(kind="card", record_id=f"c{number - 3}")])
        many = [put("copy", f"{number}-{n}", n) for n in range(rng.randint(0, 3))]
        return lambda vault: vault.commit([put("card", f"c{number}", number), *many])

    return [change(number) for number in range(40)]


@pytest.mark.parametrize("seed", SEEDS)
def test_S11_power_cut_at_every_call_of_forty_changes(folder: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - which parts of a disk are lost
    place = folder / "vault"
    key = filled_vault(place)

    cuts = 0
    for moments, allowed in states(place, key, RecordedDisk(place, rng), changes(rng)):
        for files in moments:
            cuts += 1
            left = restored(files, folder / f"cut{cuts}")
            assert contents(left, key) in allowed
            shutil.rmtree(left)
    assert cuts > 400


@pytest.mark.parametrize("seed", SEEDS)
def test_S11_power_cut_again_while_going_on_after_a_cut(folder: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - which parts of a disk are lost
    place = folder / "vault"
    key = filled_vault(place)

    for number in range(30):
        disk = RecordedDisk(place, rng)
        with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
            before = held_by(vault)
            vault.commit([put("card", f"c{number}", number)])
            after = held_by(vault)
        place = restored(rng.choice(disk.moments), folder / f"cut{number}")
        assert contents(place, key) in (before, after)


@pytest.mark.parametrize("seed", SEEDS)
def test_S12_power_cut_at_every_call_of_a_passphrase_change(folder: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - which parts of a disk are lost
    place = folder / "vault"
    old = filled_vault(place)
    disk = RecordedDisk(place, rng)
    with Vault.open_with_key(place, data_key=old, calls=disk) as vault:
        vault.commit([put("card", "c", 1)])
        expected = held_by(vault)
        disk.moments.clear()
        vault.change_passphrase("autre phrase", kdf=fresh_kdf())
        new = vault._data_key

    for number, files in enumerate(disk.moments):
        left = restored(files, folder / f"cut{number}")
        opening = [key for key in (old, new) if opens(left, key)]
        assert len(opening) == 1
        assert contents(left, opening[0]) == expected
    assert opens(place, new)
    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=PASSPHRASE)
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE


def opens(place: Path, key: bytes) -> bool:
    try:
        Vault.open_with_key(place, data_key=key).close()
    except VaultError as error:
        if error.kind is not ErrorKind.VAULT_CORRUPT:
            raise
        return False
    return True


def test_a_vault_that_does_not_wait_for_its_files_is_noticed(folder: Path) -> None:
    rng = random.Random(1)  # noqa: S311 - which parts of a disk are lost
    place = folder / "vault"
    key = filled_vault(place)

    lost = 0
    for moments, allowed in states(place, key, HastyDisk(place, rng), changes(rng)):
        for number, files in enumerate(moments):
            left = restored(files, folder / f"cut{number}")
            try:
                lost += contents(left, key) not in allowed
            except CarnetError:
                lost += 1
            shutil.rmtree(left)
    assert lost > 20
