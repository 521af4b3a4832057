"""A vault written by version 1 of the format opens for ever (docs/vault.md)."""

import shutil
from pathlib import Path

import pytest

from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault import format as vault_format
from carnet_wallet.vault.vault import Vault

GOLDEN = Path(__file__).parent / "golden_vault_1"
PASSPHRASE = "clé du carnet"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The golden vault with the modes a vault has; version control keeps none."""
    copy = tmp_path / "carnet"
    copy.mkdir(mode=0o700)
    for file in GOLDEN.iterdir():
        shutil.copyfile(file, copy / file.name)
        (copy / file.name).chmod(0o600)
    return copy


def test_it_opens_and_holds_what_was_kept(place: Path) -> None:
    with Vault.open(place, passphrase=PASSPHRASE) as vault:
        assert vault.counter == 3
        assert dict(vault.records("card")) == {"a": {"version": 1, "title": "Sécurité électrique"}}
        assert dict(vault.records("copy")) == {"a1": {"version": 1, "n": 2}}
        assert dict(vault.records("showing")) == {"s": {"version": 1, "at": 1_790_000_000}}


def test_its_header_is_the_documented_one() -> None:
    data = (GOLDEN / "vault").read_bytes()
    start = len(vault_format.MAGIC) + 4
    length = int.from_bytes(data[start - 4 : start], "big")

    header = strict_json.loads_object(data[start : start + length], max_bytes=length)

    assert data.startswith(b"carnet-vault\n")
    assert list(header) == ["version", "vault", "wrappings"]
    assert header["version"] == 1
    (wrapping,) = header["wrappings"]
    assert list(wrapping) == ["kind", "kdf", "key"]
    assert list(wrapping["kdf"]) == ["name", "memory_kib", "passes", "lanes", "salt"]


@pytest.mark.parametrize("passphrase", ["cle du carnet", "clé du carnet ", "Clé du carnet"])
def test_it_opens_with_no_other_passphrase(place: Path, passphrase: str) -> None:
    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=passphrase)

    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE


def test_a_missing_segment_is_damage(place: Path) -> None:
    next(place.glob("segment-*")).unlink()

    with pytest.raises(VaultError) as caught:
        Vault.open(place, passphrase=PASSPHRASE)

    assert caught.value.kind is ErrorKind.VAULT_CORRUPT
