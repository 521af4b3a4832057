"""Rounds that kill the making of an issuer, a verifier or a wallet: a whole one is there, or none.

With the real key derivation, as in `passphrase_round`; what a service's making leaves behind
is a hidden folder beside the place, which the next making there clears away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from carnet_hosting.errors import HostingError
from carnet_issuer.service import Issuer
from carnet_schemas.oid4vp import ResponseMode
from carnet_securing.errors import ErrorKind
from carnet_securing.sealing import KdfParameters
from carnet_trust.trust_file import TrustData
from carnet_verifier.service import Verifier
from carnet_wallet.errors import VaultError
from carnet_wallet.vault.vault import Vault
from killloop.disturbances import DISK_CALL, EndingDisk
from killloop.journal import ACK, Journal, of, read_journal
from killloop.process import BEGAN, Link, attend, start
from killloop.rounds import Death, Grounds, Kind, Life, Result, result
from support.issuer_service import NOW, PASSPHRASE

_WALLET_CALLS = 8


def create_round(grounds: Grounds) -> Result:
    """Kill the making of one of the three."""
    makes_wallet = grounds.rng.random() < 0.4
    role = ISSUER if grounds.rng.random() < 0.5 else VERIFIER
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
            role.make(place)
        journal.acknowledged("create")

    ending = attend(start(work), kill_after=death.after)
    if not makes_wallet:
        grounds.lasted(Kind.CREATE, ending)
    facts = read_journal(path)
    path.unlink(missing_ok=True)
    is_there = _wallet_is_there(place) if makes_wallet else role.is_there(place)
    problems = []
    if of(facts, ACK, "create") and not is_there:
        problems.append("what was made is not there")
    if not is_there:
        if makes_wallet:
            _make_wallet(place, None)
        else:
            role.make(place)
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


@dataclass(frozen=True, slots=True)
class Role:
    """How a service of one kind is made, and opened as `serve` opens it."""

    make: Callable[[Path], None]
    open: Callable[[Path], None]

    def is_there(self, place: Path) -> bool:
        """Whether one opens with its keys; raises what is neither a whole one nor none."""
        try:
            self.open(place)
        except HostingError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return False
        return True


def _open_issuer(place: Path) -> None:
    with Issuer.open(place) as issuer:
        issuer.unlock(passphrase=PASSPHRASE)


def _make_verifier(place: Path) -> None:
    Verifier.create(
        place,
        name="Neuf",
        url="https://new.example",
        passphrase=PASSPHRASE,
        trust=TrustData.EMPTY,
        certificate=None,
        response_mode=ResponseMode.DIRECT_POST,
        allow_loopback_http=False,
    ).close()


def _open_verifier(place: Path) -> None:
    Verifier.open(place, passphrase=PASSPHRASE).close()


ISSUER = Role(_make_issuer, _open_issuer)
VERIFIER = Role(_make_verifier, _open_verifier)
