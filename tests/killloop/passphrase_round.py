"""Rounds that kill a change of passphrase, with the real key derivation.

The cost of a passphrase has a floor in the code that no test lowers, so these rounds are
slow and few. Most of the time of a change is spent before anything is written; the moment
of the kill is therefore counted from the first call to the disk.
"""

from carnet_securing.errors import ErrorKind
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.vault import Vault
from carnet_wallet.wallet import Wallet
from killloop.disturbances import DISK_CALL, EndAt, EndingDisk
from killloop.journal import ACK, Journal, of, read_journal
from killloop.process import BEGAN, Link, attend, start
from killloop.purse import Purse
from killloop.rounds import Death, Grounds, Kind, Life, Result, result
from killloop.wallet_checks import every_record
from support.wallet_world import WorldWeb

_CALLS = 14
_WRITING = 0.01


class ToldAtFirstCall(EndingDisk):
    """Tells the parent when the writing begins."""

    def __init__(self, end: EndAt, link: Link) -> None:
        super().__init__(end)
        self._link: Link | None = link

    def unlink(self, name: str, *, dir_fd: int) -> None:
        if self._link is not None:
            self._link.send((BEGAN,))
            self._link = None
        super().unlink(name, dir_fd=dir_fd)


def passphrase_round(grounds: Grounds, purse: Purse) -> Result:
    """Kill a change; afterwards the old or the new one opens the wallet, never both or none."""
    by_name = grounds.rng.random() < 0.5
    death = (
        Death(point=DISK_CALL, nth=grounds.rng.randint(1, _CALLS))
        if by_name
        else Death(after=grounds.rng.uniform(0.0, _WRITING))
    )
    path = grounds.place / f"{grounds.tag}.journal"
    old, new = purse.passphrase, f"phrase {grounds.tag}"
    before = _contents(purse)

    def work(link: Link) -> None:
        journal = Journal(path)
        with purse.open(WorldWeb(), calls=ToldAtFirstCall(death.end, link)) as wallet:
            wallet.change_passphrase(new)
            journal.acknowledged("passphrase")

    ending = attend(start(work), kill_after=death.after)
    facts = read_journal(path)
    path.unlink(missing_ok=True)
    problems = []
    opening = [phrase for phrase in (old, new) if _opens(purse, phrase)]
    if len(opening) != 1:
        problems.append(f"{len(opening)} of two passphrases open the wallet")
    elif of(facts, ACK, "passphrase") and opening != [new]:
        problems.append("a change of passphrase is lost")
    purse.passphrase = opening[0] if opening else old
    if _contents(purse) != before:
        problems.append("a change of passphrase changed what the wallet holds")
    return result(Kind.PASSPHRASE, [Life(death=death, ending=ending)], facts, problems)


def _opens(purse: Purse, passphrase: str) -> bool:
    """Whether a passphrase opens the wallet; if so the purse learns its key."""
    try:
        with Vault.open(purse.folder, passphrase=passphrase) as vault:
            purse.data_key = vault._data_key
    except VaultError as error:
        if error.kind is not ErrorKind.VAULT_PASSPHRASE:
            raise
        return False
    return True


def _contents(purse: Purse) -> dict[tuple[str, str], object]:
    with purse.as_on_disk() as wallet:
        every_record(wallet)
        return _held(wallet)


def _held(wallet: Wallet) -> dict[tuple[str, str], object]:
    return {name: wallet._vault.get(*name) for name in wallet._vault._index.records}
