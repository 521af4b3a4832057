"""Rounds over real HTTP on loopback: issuer and wallets in processes of their own.

Either the issuer is killed while two wallets claim, or one of the wallets is. Now and then
two processes serve the issuer. What was killed comes back, and the wallets go on with
the same offers.
"""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from carnet_hosting.server import serve
from carnet_issuer.fail_points import FailPoint
from carnet_issuer.http.app import create_app
from carnet_securing.errors import CarnetError
from carnet_securing.fetch_http import HttpFetch
from carnet_securing.limits import PRESENTATION
from killloop.disturbances import EndAt, EndingDisk
from killloop.errand import Errand, run_errand
from killloop.journal import TRY, WRONG, Journal, of, read_journal
from killloop.ledger import broken_rules
from killloop.process import BEGAN, PATIENCE, Child, Ending, Link, attend, died, end, ready, start
from killloop.purse import Purse
from killloop.rounds import (
    WALLET_POINTS,
    Death,
    Grounds,
    Kind,
    Life,
    Result,
    new_errand,
    new_record,
    result,
)
from killloop.school import School
from killloop.wallet_checks import WalletCheck

# The kernel shares wallets out between two issuers that listen at one port; when one of them
# dies, its wallets come to the other.
_TWO_SERVERS = 0.3
# On a busy machine an answer is late and no promise broken.
UNHURRIED = replace(PRESENTATION, fetch_timeout=PATIENCE)
SERVER_POINTS = [(str(point), 2) for point in FailPoint]


class Address:
    """A port that stays ours while nobody listens on it, so that a dead issuer refuses."""

    def __init__(self) -> None:
        self._held = _socket(0)
        self.port: int = self._held.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self._parent = os.pipe()

    def listener(self) -> socket.socket:
        """A new socket at the same port."""
        return _socket(self.port)

    def watch_parent(self) -> int:
        """In a child: a pipe that ends with the parent."""
        reading, writing = self._parent
        os.close(writing)
        return reading


def _socket(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    return made


def start_server(school: School, address: Address, death: EndAt, path: Path, now: int) -> Child:
    """An issuer that serves; it is ready when this returns."""

    def work(link: Link) -> None:
        with school.doomed(death, Journal(path)) as opened:
            serve(
                create_app(opened.service, clock=lambda: now),
                address.listener(),
                announce=lambda: link.send((BEGAN,)),
                parent_fd=address.watch_parent(),
            )

    child = start(work)
    ready(child)
    return child


def start_wallet(purse: Purse, errand: Errand, path: Path, death: EndAt, seed: float) -> Child:
    """A wallet that goes on its errand over HTTP, and stops where it cannot go on."""

    def work(link: Link) -> None:
        journal = Journal(path)
        rng = random.Random(seed)  # noqa: S311 - the order of errands, not a secret
        with (
            HttpFetch(loopback_http=True, limits=UNHURRIED) as web,
            purse.open(web, fail_points=death, calls=EndingDisk(death)) as wallet,
        ):
            link.send((BEGAN,))
            try:
                run_errand(wallet, errand, journal, rng)
            except CarnetError as error:
                journal.tries("stop", kind=error.kind.value)

    return start(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One wallet of a round, and what it was sent for."""

    purse: Purse
    record: str
    errand: Errand
    path: Path


def http_round(grounds: Grounds, address: Address, kind: Kind) -> Result:
    """Kill the issuer or a wallet, start the issuer again, and let the wallets finish."""
    kills_issuer = kind is Kind.HTTP_ISSUER
    death = grounds.death(kind, SERVER_POINTS if kills_issuer else WALLET_POINTS)
    parties = _parties(grounds, 2 if kills_issuer else 1)
    nothing = EndAt()
    ends = [death.end if kills_issuer else nothing]
    if grounds.rng.random() < _TWO_SERVERS:
        ends.append(nothing)
    paths = [grounds.place / f"{grounds.tag}.server{number}" for number in range(len(ends))]
    servers = [
        start_server(grounds.school, address, each, path, grounds.now)
        for each, path in zip(ends, paths, strict=True)
    ]
    wallets = [
        start_wallet(
            party.purse,
            party.errand,
            party.path,
            nothing if kills_issuer else death.end,
            grounds.rng.random(),
        )
        for party in parties
    ]
    ending = _attend_all(wallets, death, servers[0] if kills_issuer else None)
    grounds.lasted(kind, ending)
    failures = list(filter(None, [end(server) for server in servers]))
    facts = [fact for party in parties for fact in read_journal(party.path)]
    problems = failures + [
        problem for path in paths for problem in _signed_unintended(grounds, path)
    ]
    if not kills_issuer or not ending.killed:
        stops = of(facts, TRY, "stop")
        problems += [f"a wallet stopped with its issuer alive: {stop['kind']}" for stop in stops]
    with _server(grounds, address, paths[0]):
        for party in parties:
            problems += _checked(grounds, party)
    with grounds.school.open() as opened, opened.database.read() as connection:
        problems += broken_rules(connection)
    for path in paths:
        path.unlink(missing_ok=True)
    return result(kind, [Life(death=death, ending=ending)], facts, problems)


def _parties(grounds: Grounds, count: int) -> list[Party]:
    parties = []
    with grounds.school.open() as opened:
        for number in range(count):
            tag = f"{grounds.tag}w{number}"
            record = new_record(opened, tag, now=grounds.now)
            parties.append(
                Party(
                    purse=Purse.blank(grounds.place / tag, loopback_http=True),
                    record=record,
                    errand=new_errand(opened, record, (), grounds),
                    path=grounds.place / f"{tag}.journal",
                )
            )
    return parties


def _attend_all(wallets: list[Child], death: Death, server: Child | None) -> Ending:
    """Wait for all wallets; the ending is that of the victim."""
    first, *others = wallets
    ending = attend(first, kill_after=death.after, victim=server)
    failures = [ending.failure, *(attend(other).failure for other in others)]
    killed = ending.killed if server is None else died(server)
    return Ending(
        killed=killed,
        at_random=killed and death.after is not None,
        seconds=ending.seconds,
        failure="\n".join(filter(None, failures)),
    )


@contextmanager
def _server(grounds: Grounds, address: Address, path: Path) -> Iterator[None]:
    child = start_server(grounds.school, address, EndAt(), path, grounds.now)
    try:
        yield
    finally:
        end(child)


def _checked(grounds: Grounds, party: Party) -> list[str]:
    facts = read_journal(party.path)
    party.path.unlink(missing_ok=True)
    fetch = HttpFetch(loopback_http=True, limits=UNHURRIED)
    with grounds.school.open() as opened, fetch as web:
        return WalletCheck(
            school=opened,
            open_wallet=lambda: party.purse.open(web),
            errand=party.errand,
            record=party.record,
            facts=facts,
            seen=grounds.seen,
            new_offer=lambda: new_errand(opened, party.record, (), grounds),
            now=grounds.now,
        ).run()


def _signed_unintended(grounds: Grounds, path: Path) -> list[str]:
    facts = read_journal(path)
    problems = [fact["what"] for fact in facts if fact["stage"] == WRONG]
    with grounds.school.open() as opened:
        return problems + opened.unintended(of(facts, TRY, "sign"))
