"""Records read back as they were kept; a newer shape or a strange kind is refused."""

from pathlib import Path

import pytest

from carnet_securing.errors import ErrorKind
from carnet_trust.lookup_cache import CacheRecord, RecordKind
from carnet_wallet.claim_record import Claim
from carnet_wallet.errors import VaultError
from carnet_wallet.fetched import FETCHED, FETCHED_LISTED, VaultLookupCache
from carnet_wallet.records import Card, Copy
from carnet_wallet.showings import Showing
from carnet_wallet.vault.vault import Vault
from support.vaults import blank_vault
from support.wallet_world import NOW, World, claimed_wallet


@pytest.mark.parametrize("read", [Card, Copy, Claim, Showing], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("version", [0, 2, None, "1", True])
def test_a_record_of_another_shape_is_refused(
    read: type[Card | Copy | Claim | Showing], version: object
) -> None:
    with pytest.raises(VaultError) as caught:
        read.from_json("id", {"version": version})

    assert caught.value.kind is ErrorKind.UNSUPPORTED_VERSION


def test_cards_and_copies_come_back_as_they_were(tmp_path: Path) -> None:
    world = World(tmp_path / "carnet")
    with claimed_wallet(world) as wallet:
        before = wallet.card(wallet.list(now=NOW)[0].card.card_id)
    with world.open() as wallet:
        after = wallet.card(before.card.card_id)

    assert after.card == before.card
    for one, other in zip(before.copies, after.copies, strict=True):
        assert one.held.whole() == other.held.whole()
        assert (one.key, one.status, one.shown_to) == (other.key, other.status, other.shown_to)


def test_nothing_secret_is_shown_by_repr(tmp_path: Path) -> None:
    world = World(tmp_path / "carnet")
    with claimed_wallet(world) as wallet:
        one = wallet.card(wallet.list(now=NOW)[0].card.card_id)

    shown = repr(one) + repr(one.copies[0]) + repr(one.copies[0].key)
    assert "N'Diaye" not in shown
    assert repr(one.copies[0].key.private)[2:-1] not in shown
    assert one.copies[0].held.whole().decode()[:40] not in shown


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    key = blank_vault(tmp_path / "carnet")
    return Vault.open_with_key(tmp_path / "carnet", data_key=key)


def record(name: str, *, listed: bool, body: bytes = b"x") -> CacheRecord:
    return CacheRecord(
        kind=RecordKind.TYPE, name=name, body=body, fetched_at=NOW, listed=listed, marks={"iat": 7}
    )


def test_a_fetched_document_comes_back_as_it_was(vault: Vault) -> None:
    with vault:
        cache = VaultLookupCache(vault)
        kept = record("https://a.example", listed=True, body=b"\0\xff")
        cache.put(kept)

        assert cache.get(RecordKind.TYPE, "https://a.example") == kept
        assert cache.get(RecordKind.ISSUER_KEYS, "https://a.example") is None
        assert cache.get(RecordKind.TYPE, "https://b.example") is None


def test_strangers_push_out_only_each_other(vault: Vault) -> None:
    with vault:
        cache = VaultLookupCache(vault)
        cache.put(record("listed", listed=True))
        for number in range(70):
            cache.put(record(f"stranger {number}", listed=False))

        assert cache.get(RecordKind.TYPE, "listed") is not None
        assert cache.get(RecordKind.TYPE, "stranger 0") is None
        assert cache.get(RecordKind.TYPE, "stranger 69") is not None
        assert len(vault.ids(FETCHED)) == 64
        assert len(vault.ids(FETCHED_LISTED)) == 1


def test_strangers_are_bounded_in_bytes_so_that_a_wallet_opens_on_a_small_phone(
    vault: Vault,
) -> None:
    with vault:
        cache = VaultLookupCache(vault)
        cache.put(record("listed", listed=True, body=b"x" * 2**20))
        for number in range(20):
            cache.put(record(f"stranger {number}", listed=False, body=b"x" * 2**20))
        cache.put(record("stranger 19", listed=False, body=b"y" * 2**20))

        kept = [n for n in range(20) if cache.get(RecordKind.TYPE, f"stranger {n}") is not None]
        assert kept == list(range(9, 20))
        assert cache.get(RecordKind.TYPE, "listed") is not None


def test_an_issuer_that_becomes_listed_is_kept_once(vault: Vault) -> None:
    with vault:
        cache = VaultLookupCache(vault)
        cache.put(record("a", listed=False))
        cache.put(record("a", listed=True))

        kept = cache.get(RecordKind.TYPE, "a")
        assert kept is not None
        assert kept.listed
        assert vault.ids(FETCHED) == ()
