"""Rounds in which nobody is killed and the disk fails: the Nth call of a kind gives an error.

strace puts the error into the issuer's process from outside, below SQLite, once or from
then on (security goal G4). The issuer may refuse, by a typed error; it may acknowledge
nothing that is not there when the disk is sound again.
"""

import random
import shutil
import subprocess
from functools import cache

from carnet_securing.errors import CarnetError
from killloop.issuer_checks import IssuerCheck
from killloop.journal import Journal, read_journal
from killloop.office import Day
from killloop.process import BEGAN, Link, attend, start
from killloop.rounds import Death, Grounds, Kind, Life, Result, result

CALLS = {"pwrite64": 300, "fdatasync": 60, "ftruncate": 2, "openat": 12}
"""Calls of SQLite's that change files, and about how often a day makes them."""
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS")


@cache
def can_be_watched() -> bool:
    """Whether strace is here and may do this."""
    strace = shutil.which("strace")
    if strace is None:
        return False
    tried = [strace, "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=1", "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def fault_round(grounds: Grounds) -> Result:
    """Let an issuer's disk fail at one call, and hold the issuer to its word."""
    call = grounds.rng.choice(list(CALLS))
    when = f"{grounds.rng.randint(1, CALLS[call])}{grounds.rng.choice(['', '+'])}"
    fault = f"{call}:error={grounds.rng.choice(ERRORS)}:when={when}"
    path = grounds.place / f"{grounds.tag}.journal"
    seed = grounds.rng.random()

    def work(link: Link) -> None:
        journal = Journal(path)
        rng = random.Random(seed)  # noqa: S311 - the order of a day, not a secret
        link.recv()
        link.send((BEGAN,))
        death = Death()
        try:
            with grounds.school.doomed(death.end, journal) as opened:
                Day(opened, journal, rng, grounds.now, grounds.tag).work()
        except CarnetError as error:
            journal.tries("refused", kind=error.kind.value)

    child = start(work)
    with subprocess.Popen(
        [
            *("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}"),
            *("-e", f"inject={fault}", "-p", str(child.pid)),
        ],
        stderr=subprocess.PIPE,
    ) as strace:
        assert strace.stderr is not None
        strace.stderr.readline()
        child.link.send("go")
        ending = attend(child)
    facts = read_journal(path)
    with grounds.school.open() as opened:
        problems = IssuerCheck(opened, facts, grounds.seen, grounds.now).run()
    path.unlink()
    return result(Kind.FAULT, [Life(death=Death(point=fault), ending=ending)], facts, problems)
