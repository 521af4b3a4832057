"""What a power cut may leave of a change, image by image (rows S11, S12, S14; goal G4).

All images of a single change, where `tests/flows/test_power_cut.py` takes a sample of those of
forty: file contents lost, cut short or there; names lost or there, in any combination. Each
is opened as a vault: it must hold the state before or after, and after the acknowledgement
the one after.
"""

import shutil
from pathlib import Path

import pytest

from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.vault import Change, Put, Remove, Vault
from killloop.power_cut import ExhaustedDisk, HastyExhaustedDisk, restored
from support.vaults import contents, filled_vault, fresh_kdf


def lay_out(image: dict[str, bytes], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    restored(image, folder)


def distinct(images: list[dict[str, bytes]]) -> list[dict[str, bytes]]:
    return list({tuple(sorted(image.items())): image for image in images}.values())


CHANGES: dict[str, list[Change]] = {
    "a new record": [Put(kind="history", record_id="h", value={"n": 1})],
    "a record replaced": [Put(kind="card", record_id="a", value={"title": "x", "n": 3})],
    "a record removed": [Remove(kind="copy", record_id="a2")],
    "all at once": [
        Put(kind="card", record_id="a", value={"title": "y"}),
        Remove(kind="copy", record_id="a1"),
        Put(kind="copy", record_id="a3", value={"key": "k3"}),
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_S11_a_power_cut_leaves_the_state_before_or_after(tmp_path: Path, name: str) -> None:
    place, image_place = tmp_path / "carnet", tmp_path / "image"
    key = filled_vault(place)
    before = contents(place, key)
    disk = ExhaustedDisk(place)
    with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
        disk.moments.clear()
        vault.commit(CHANGES[name])
    acknowledged = distinct(list(disk.disk.after_every_cut()))
    after = contents(place, key)
    assert after != before

    images = distinct(disk.moments)
    assert len(images) >= 5
    for image in images:
        lay_out(image, image_place)
        assert contents(image_place, key) in (before, after)
    for image in acknowledged:
        lay_out(image, image_place)
        assert contents(image_place, key) == after


def test_S12_a_power_cut_during_a_passphrase_change_leaves_one_key(tmp_path: Path) -> None:
    place, image_place = tmp_path / "carnet", tmp_path / "image"
    old_key = filled_vault(place)
    held = contents(place, old_key)
    disk = ExhaustedDisk(place)
    with Vault.open_with_key(place, data_key=old_key, calls=disk) as vault:
        disk.moments.clear()
        vault.change_passphrase("autre phrase", kdf=fresh_kdf())
        new_key = vault._data_key
    acknowledged = distinct(list(disk.disk.after_every_cut()))

    for image in distinct(disk.moments):
        lay_out(image, image_place)
        opened = [key for key in (old_key, new_key) if opens(image_place, key, held)]
        assert len(opened) == 1
    for image in acknowledged:
        lay_out(image, image_place)
        assert opens(image_place, new_key, held)
        assert not opens(image_place, old_key, held)


def opens(place: Path, key: bytes, held: dict[tuple[str, str], object]) -> bool:
    kinds = []
    try:
        assert contents(place, key) == held
    except VaultError as error:
        kinds.append(error.kind)
    assert kinds in ([], [ErrorKind.VAULT_CORRUPT])
    return not kinds


def test_S14_without_the_sync_of_a_file_the_model_finds_a_loss(tmp_path: Path) -> None:
    """The model is not blind: a vault that skips its syncs does not pass it."""

    place, image_place = tmp_path / "carnet", tmp_path / "image"
    key = filled_vault(place)
    before = contents(place, key)
    disk = HastyExhaustedDisk(place)
    with Vault.open_with_key(place, data_key=key, calls=disk) as vault:
        disk.moments.clear()
        vault.commit(CHANGES["a new record"])
    after = contents(place, key)
    losses = 0
    for image in distinct(disk.moments):
        lay_out(image, image_place)
        try:
            losses += contents(image_place, key) not in (before, after)
        except VaultError:
            losses += 1

    assert losses > 0
