"""Acknowledge writes of every kind, one after the other, for somebody who watches the system calls.

    strace ... python tests/killloop/acknowledging.py FOLDER [hasty]

Each acknowledgement is a line written to FOLDER/acknowledged; what it acknowledges must have
been synced before that line. With `hasty` the database is opened without waiting for the
disk, which the watcher has to notice.
"""

import os
import random
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from carnet_schemas.oid4vp import ResponseMode
from carnet_securing.sealing import KdfParameters
from carnet_trust.trust_file import TrustData
from carnet_verifier.service import Verifier
from carnet_wallet.vault.vault import Put, Remove, Vault
from killloop.disturbances import EndAt, WatchedDatabase
from killloop.journal import Journal
from killloop.office import Day
from killloop.sabotage import HastyDatabase
from killloop.school import School
from support.issuer_service import NOW
from support.vaults import PASSPHRASE

QUESTION = {
    "credentials": [
        {
            "id": "certificate",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:carnet:skill-certificate:1"]},
            "claims": [{"path": ["title"]}],
        }
    ]
}


class Acknowledgements(Journal):
    """A journal of acknowledgements alone."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._out = os.open(path, os.O_WRONLY | os.O_APPEND)

    def tries(self, what: str, **facts: Any) -> None:
        """Of no interest here."""

    def acknowledged(self, what: str, **facts: Any) -> None:
        """One write, which the watcher sees."""
        os.write(self._out, f"{what}\n".encode("ascii"))

    def wrong(self, what: str) -> None:
        """What the watcher is to find by itself."""


def make_verifier(folder: Path) -> None:
    """A buyer's, with one question asked."""
    made = Verifier.create(
        folder,
        name="Atelier",
        url="https://shop.example",
        passphrase=PASSPHRASE,
        trust=TrustData.EMPTY,
        certificate=None,
        response_mode=ResponseMode.DIRECT_POST,
        allow_loopback_http=False,
    )
    with closing(made) as verifier:
        verifier.ask(QUESTION, unsigned=False, now=NOW)


def main() -> None:
    """Issue and keep."""
    folder = Path(sys.argv[1])
    journal = Acknowledgements(folder / "acknowledged")
    school = School.make(folder / "schools" / "north" / "school", "https://school.example")
    journal.acknowledged("school")
    make_verifier(folder / "shops" / "south" / "shop")
    journal.acknowledged("verifier")
    kind = HastyDatabase if "hasty" in sys.argv[2:] else WatchedDatabase
    with school.doomed(EndAt(), journal, kind) as opened:
        for number in range(4):
            rng = random.Random(number)  # noqa: S311 - the order of a day
            rng.random = lambda: 0.0  # type: ignore[method-assign]
            Day(opened, journal, rng, NOW, f"day{number}").work()
    place = folder / "purse"
    with Vault.create(place, passphrase=PASSPHRASE, kdf=KdfParameters.fresh()) as vault:
        journal.acknowledged("vault")
        for number in range(40):
            vault.commit([Put(kind="card", record_id=str(number), value={"n": number})])
            journal.acknowledged("commit")
        vault.commit([Remove(kind="card", record_id="3")])
        journal.acknowledged("commit")
        vault.change_passphrase("autre phrase", kdf=KdfParameters.fresh())
        journal.acknowledged("passphrase")


if __name__ == "__main__":
    main()
