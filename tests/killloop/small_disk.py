"""An issuer and a wallet on a real file system that is full.

    unshare -rm python tests/killloop/small_disk.py FOLDER

Mounts a tiny file system over FOLDER/small, fills it up to some bytes, lets issuer and wallet
work until they are refused, makes room, and holds them to what they acknowledged. Prints
one JSON object.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from carnet_securing.errors import CarnetError
from killloop.disturbances import EndAt
from killloop.errand import run_errand
from killloop.far_side import FarSide
from killloop.issuer_checks import IssuerCheck, Seen
from killloop.journal import Journal, read_journal
from killloop.office import Day
from killloop.purse import Purse
from killloop.rounds import Grounds, Outside, new_errand, new_record
from killloop.school import School
from killloop.wallet_checks import WalletCheck
from support.issuer_service import NOW

SIZE = 4 * 1024 * 1024
LEFT = (0, 4, 12, 30, 70, 150, 300, 600)
"""KiB of room that are left."""


@contextmanager
def filled(small: Path, kib: int) -> Iterator[None]:
    """Fill the disk but for some room, and make room again afterwards."""
    filler = small / "filler"
    fd = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        with suppress(OSError):
            while True:
                os.write(fd, b"\0" * 4096)
        os.ftruncate(fd, max(0, os.fstat(fd).st_size - kib * 1024))
        yield
    finally:
        os.close(fd)
        filler.unlink()


def issuer_on(small: Path, grounds: Grounds, kib: int) -> dict[str, Any]:
    """A day's work until there is no room."""
    school = grounds.school.copied_to(small / "school")
    path = grounds.place / f"{grounds.tag}.journal"
    kind = None
    rng = random.Random(kib)  # noqa: S311 - the order of a day
    with filled(small, kib):
        try:
            with school.doomed(EndAt(), Journal(path)) as opened:
                Day(opened, Journal(path), rng, NOW, grounds.tag).work()
        except CarnetError as error:
            kind = error.kind.value
    facts = read_journal(path)
    with school.open() as opened:
        problems = IssuerCheck(opened, facts, Seen(), NOW).run()
    subprocess.run(["rm", "-r", str(school.folder)], check=True)
    return {"who": "issuer", "kib": kib, "refused": kind, "facts": len(facts), "found": problems}


def wallet_on(small: Path, grounds: Grounds, kib: int) -> dict[str, Any]:
    """Errands until there is no room."""
    purse = Purse.blank(small / "purse")
    path = grounds.place / f"{grounds.tag}.wallet"
    kind = None
    rng = random.Random(kib)  # noqa: S311 - the order of errands
    with grounds.school.open() as opened:
        record = new_record(opened, f"{grounds.tag}w", now=NOW)
        outside = Outside(purse)
        far_side = FarSide(opened, now=NOW, watch=outside.watch)
        outside.meet(far_side, grounds)
        errand = new_errand(opened, record, outside.links, grounds)
        with filled(small, kib):
            try:
                with purse.open(far_side) as wallet:
                    run_errand(wallet, errand, Journal(path), rng)
            except CarnetError as error:
                kind = error.kind.value
        facts = read_journal(path)
        problems = outside.problems + outside.after()
        problems += WalletCheck(
            school=opened,
            open_wallet=lambda: purse.open(far_side),
            errand=errand,
            record=record,
            facts=facts,
            seen=grounds.seen,
            new_offer=lambda: new_errand(opened, record, (), grounds),
            now=NOW,
        ).run()
    subprocess.run(["rm", "-r", str(purse.folder)], check=True)
    return {"who": "wallet", "kib": kib, "refused": kind, "facts": len(facts), "found": problems}


def main() -> None:
    """Mount, try every amount of room, report."""
    folder = Path(sys.argv[1])
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(small)], check=True)
    school = School.make(folder / "school", "https://school.example")
    rng = random.Random(0)  # noqa: S311 - choices of a test
    grounds = Grounds(place=folder, rng=rng, school=school, seen=Seen(), now=NOW)
    said = []
    for number, kib in enumerate(LEFT):
        grounds.number = number
        said += [issuer_on(small, grounds, kib), wallet_on(small, grounds, kib)]
    sys.stdout.write(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()
