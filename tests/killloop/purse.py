"""A worker's wallet that many processes open one after the other, by its data key.

Also what can be seen of it from outside while a process that has it open is waiting.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from carnet_trust.lookup_cache import LookupCache
from carnet_trust.on_demand_lookups import OnDemandLookups
from carnet_wallet.cards import HeldCard
from carnet_wallet.fail_points import FailPoints, NoFailPoints
from carnet_wallet.surroundings import Surroundings
from carnet_wallet.vault.files import SystemCalls
from carnet_wallet.vault.vault import Vault
from carnet_wallet.wallet import Wallet
from carnet_wallet.web import Web
from support.vaults import PASSPHRASE, blank_vault
from support.wallet_world import WorldWeb


@dataclass
class Purse:
    """A closed wallet."""

    folder: Path
    data_key: bytes = field(repr=False)
    loopback_http: bool = False
    passphrase: str = PASSPHRASE

    @classmethod
    def blank(cls, folder: Path, *, loopback_http: bool = False) -> "Purse":
        """An empty one."""
        return cls(folder, blank_vault(folder), loopback_http=loopback_http)

    @contextmanager
    def open(
        self,
        web: Web,
        *,
        fail_points: FailPoints | None = None,
        calls: SystemCalls | None = None,
        vault_type: type[Vault] = Vault,
    ) -> Iterator[Wallet]:
        """Open it as the command line does, but for the passphrase."""

        def lookups(cache: LookupCache) -> OnDemandLookups:
            return OnDemandLookups(
                cache,
                fetch=web,
                check=check_signature,
                limits=ISSUED,
                loopback_http=self.loopback_http,
                fetch_types=True,
            )

        around = Surroundings(
            web=web,
            lookups=lookups,
            loopback_http=self.loopback_http,
            fail_points=fail_points or NoFailPoints(),
        )
        vault = vault_type.open_with_key(self.folder, data_key=self.data_key, calls=calls)
        with Wallet.over(vault, around) as wallet:
            yield wallet

    @contextmanager
    def as_on_disk(self) -> Iterator[Wallet]:
        """What a copy of the folder holds now, opened apart; nobody has to close it first."""
        with tempfile.TemporaryDirectory(prefix="purse-") as place:
            copy = Purse(Path(place) / "copy", self.data_key)
            shutil.copytree(self.folder, copy.folder)
            with copy.open(WorldWeb()) as wallet:
                yield wallet


def cards_of(wallet: Wallet) -> list[HeldCard]:
    """Every certificate with its copies, read whole."""
    return [wallet.card(card_id) for card_id in wallet._vault.ids("card")]
