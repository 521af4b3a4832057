"""Rounds that kill the making of an issuer or a wallet: there is a whole one afterwards, or none.

With the real key derivation, as in `passphrase_round`; what an issuer's making leaves behind
is a hidden folder beside the place, which the next making there clears away.
"""

from pathlib import Path

from carnet_hosting.errors import HostingError
from carnet_issuer.service import Issuer
from carnet_securing.errors import ErrorKind
from carnet_securing.sealing import KdfParameters
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.vault import Vault
from killloop.disturbances import DISK_CALL, EndingDisk
from killloop.journal import ACK, Journal, of, read_journal
from killloop.process import BEGAN, Link, attend, start
from killloop.rounds import Death, Grounds, Kind, Life, Result, result
from support.issuer_service import NOW, PASSPHRASE

_WALLET_CALLS = 8


def create_round(grounds: Grounds) -> Result:
    """Kill the making of one or the other."""
    makes_wallet = grounds.rng.random() < 0.5
    place = grounds.place / f"{grounds.tag}-new"
    path = grounds.place / f"{grounds.tag}.journal"
    death = (
        Death(point=DISK_CALL, nth=grounds.rng.randint(1, _WALLET_CALLS))
        if makes_wallet
        else Death(after=grounds.rng.uniform(0.0, 1.1) * grounds.lasts.get(Kind.CREATE, 0.8))
    )

    def work(link: Link) -> None:
        journal = Journal(path)
        link.send((BEGAN,))
        if makes_wallet:
            _make_wallet(place, EndingDisk(death.end))
        else:
            _make_issuer(place)
        journal.acknowledged("create")

    ending = attend(start(work), kill_after=death.after)
    if not makes_wallet:
        grounds.lasted(Kind.CREATE, ending)
    facts = read_journal(path)
    path.unlink(missing_ok=True)
    is_there = _wallet_is_there(place) if makes_wallet else _issuer_is_there(place)
    problems = []
    if of(facts, ACK, "create") and not is_there:
        problems.append("what was made is not there")
    if not is_there:
        if makes_wallet:
            _make_wallet(place, None)
        else:
            _make_issuer(place)
            if any(grounds.place.glob(f".{place.name}.*")):
                problems.append("what a killed making left is not cleared away")
    return result(Kind.CREATE, [Life(death=death, ending=ending)], facts, problems)


def _make_wallet(place: Path, calls: EndingDisk | None) -> None:
    kdf = KdfParameters.fresh()
    Vault.create(place, passphrase=PASSPHRASE, kdf=kdf, calls=calls).close()


def _make_issuer(place: Path) -> None:
    url = "https://new.example"
    Issuer.create(place, name="Neuve", url=url, passphrase=PASSPHRASE, now=NOW).close()


def _wallet_is_there(place: Path) -> bool:
    """Whether a wallet opens; raises what is neither a whole one nor none."""
    try:
        Vault.open(place, passphrase=PASSPHRASE).close()
    except VaultError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return False
    return True


def _issuer_is_there(place: Path) -> bool:
    """Whether an issuer opens and signs; raises what is neither a whole one nor none."""
    try:
        with Issuer.open(place) as issuer:
            issuer.unlock(passphrase=PASSPHRASE)
    except HostingError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return False
    return True
