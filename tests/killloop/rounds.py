"""The kinds of rounds: what is started, when it is killed, what is looked at afterwards."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from carnet_issuer.fail_points import FailPoint
from carnet_wallet.claim_record import Claim
from carnet_wallet.fail_points import Moment
from carnet_wallet.records import CLAIM
from carnet_wallet.vault.vault import Vault
from carnet_wallet.wallet import Wallet
from killloop.disturbances import DISK_CALL, Around, EndAt, EndingDisk, WatchedDatabase
from killloop.errand import Errand, run_errand
from killloop.far_side import FarSide, PipeWeb
from killloop.issuer_checks import IssuerCheck, Seen
from killloop.journal import ACK, TRY, Fact, Journal, of, read_journal
from killloop.ledger import broken_rules
from killloop.office import Day, class_list
from killloop.process import BEGAN, Ending, Link, attend, start
from killloop.purse import Purse, cards_of
from killloop.school import OpenSchool, School
from killloop.wallet_checks import WalletCheck
from support.wallet_world import Asker


class Kind(StrEnum):
    """What a round kills."""

    ISSUER = "issuer"
    WALLET = "wallet"
    HTTP_ISSUER = "http_issuer"
    HTTP_WALLET = "http_wallet"
    PASSPHRASE = "passphrase"
    FAULT = "fault"
    CREATE = "create"
    VERIFIER = "verifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """When a process is to die: at the Nth passing of a point, or after some seconds."""

    point: str = ""
    nth: int = 1
    after: float | None = None

    @property
    def end(self) -> EndAt:
        """The point, to be counted by the process itself."""
        return EndAt(point=self.point, nth=self.nth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """How a process was to die, and how it did."""

    death: Death
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a round showed."""

    kind: Kind
    lives: list[Life]
    acknowledged: int
    refused: str
    problems: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sabotage:
    """What is broken on purpose in a round in which nobody is killed (see `sabotage`).

    Attributes:
        database_type, vault_type: what the process opens instead of the real one.
        school, purse, shop: what is done to a folder after the process has ended.
    """

    database_type: type[WatchedDatabase] = WatchedDatabase
    vault_type: type[Vault] = Vault
    school: Callable[[Path], None] = lambda _: None
    purse: Callable[[Purse], None] = lambda _: None
    shop: Callable[[Path], None] = lambda _: None


@dataclass
class Grounds:
    """Where rounds take place, and how long the work of each kind lasts undisturbed."""

    place: Path
    rng: random.Random
    school: School
    seen: Seen
    now: int
    number: int = 0
    used: int = 0
    lasts: dict[Kind, float] = field(default_factory=dict)
    sabotage: Sabotage | None = None

    @property
    def meddling(self) -> Sabotage:
        """What is broken on purpose: nothing, but in a test of the checks."""
        return self.sabotage or Sabotage()

    @property
    def tag(self) -> str:
        """A name no other round has."""
        return f"r{self.number:06}"

    def death(self, kind: Kind, points: list[tuple[str, int]]) -> Death:
        """By chance: half of all rounds end at a named point, half at any moment."""
        if self.sabotage is not None:
            return Death()
        if points and self.rng.random() < 0.5:
            point, most = self.rng.choice(points)
            return Death(point=point, nth=self.rng.randint(1, most))
        return Death(after=self.rng.uniform(0.0, 1.1) * self.lasts.get(kind, 0.3))

    def lasted(self, kind: Kind, ending: Ending) -> None:
        """Learn from a round that came to its end."""
        if not ending.killed:
            before = self.lasts.get(kind, ending.seconds)
            self.lasts[kind] = 0.8 * before + 0.2 * ending.seconds


_DIES_AGAIN = 0.3
ISSUER_POINTS = [(str(point), 4) for point in FailPoint] + [(str(point), 16) for point in Around]
_PASSED = {Moment.BEFORE_HISTORY: 3, Moment.AFTER_HISTORY: 3, Moment.BEFORE_SEND: 2}
WALLET_POINTS = [(str(point), _PASSED.get(point, 1)) for point in Moment] + [(DISK_CALL, 150)] * 4


Work = Callable[[Death, int, Link], None]


def lives(
    grounds: Grounds,
    kind: Kind,
    points: list[tuple[str, int]],
    work: Work,
    *,
    answer: Callable[..., Any] | None = None,
    before: Callable[[], None] = lambda: None,
) -> list[Life]:
    """Let a process work until it dies; now and then it is started, and killed, once more.

    `work` is told by which death, and in which life.
    """
    lived: list[Life] = []
    for number in range(2):
        before()
        death = grounds.death(kind, points)
        child = start(partial(work, death, number))
        ending = attend(child, kill_after=death.after, answer=answer)
        lived.append(Life(death=death, ending=ending))
        if number == 0:
            grounds.lasted(kind, ending)
        if not ending.killed or grounds.rng.random() > _DIES_AGAIN:
            break
    return lived


def issuer_round(grounds: Grounds) -> Result:
    """Kill an issuer at its day's work, and hold it to its word."""
    path = grounds.place / f"{grounds.tag}.journal"
    seed = grounds.rng.random()

    def work(death: Death, life: int, link: Link) -> None:
        journal = Journal(path)
        rng = random.Random(seed)  # noqa: S311 - the order of a day, not a secret
        with grounds.school.doomed(death.end, journal, grounds.meddling.database_type) as opened:
            link.send((BEGAN,))
            Day(opened, journal, rng, grounds.now, f"{grounds.tag}{life}").work()

    lived = lives(grounds, Kind.ISSUER, ISSUER_POINTS, work)
    facts = read_journal(path)
    grounds.meddling.school(grounds.school.folder)
    with grounds.school.open() as opened:
        problems = IssuerCheck(opened, facts, grounds.seen, grounds.now).run()
    path.unlink(missing_ok=True)
    return result(Kind.ISSUER, lived, facts, problems)


def wallet_round(grounds: Grounds, purse: Purse) -> Result:
    """Kill a wallet on its errands; the issuer and the askers live on in this process."""
    path = grounds.place / f"{grounds.tag}.journal"
    seed = grounds.rng.random()
    with grounds.school.open() as opened:
        record = new_record(opened, grounds.tag, now=grounds.now)
        outside = Outside(purse)
        far_side = FarSide(opened, now=grounds.now, watch=outside.watch)
        outside.meet(far_side, grounds)
        errand = new_errand(opened, record, outside.links, grounds)

        def work(death: Death, life: int, link: Link) -> None:
            rng = random.Random(seed)  # noqa: S311 - the order of errands, not a secret
            end = death.end
            with purse.open(
                PipeWeb(link),
                fail_points=end,
                calls=EndingDisk(end),
                vault_type=grounds.meddling.vault_type,
            ) as wallet:
                link.send((BEGAN,))
                run_errand(wallet, errand.resumed if life else errand, Journal(path), rng)

        # A connection that is open while a process forks would be shared with it.
        lived = lives(
            grounds,
            Kind.WALLET,
            WALLET_POINTS,
            work,
            answer=far_side.answer,
            before=opened.database.close,
        )
        facts = read_journal(path)
        problems = outside.problems + outside.after()
        grounds.meddling.purse(purse)
        problems += WalletCheck(
            school=opened,
            open_wallet=lambda: purse.open(far_side),
            errand=errand,
            record=record,
            facts=facts,
            seen=grounds.seen,
            new_offer=lambda: new_errand(opened, record, (), grounds),
            now=grounds.now,
        ).run()
        with opened.database.read() as connection:
            problems += broken_rules(connection)
    path.unlink(missing_ok=True)
    return result(Kind.WALLET, lived, facts, problems)


@dataclass
class Outside:
    """What those whom the wallet speaks to can see, at the moment they are spoken to."""

    purse: Purse
    askers: dict[str, Asker] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def meet(self, far_side: FarSide, grounds: Grounds) -> None:
        """Put two askers there whom nobody has met before."""
        for number in range(2):
            url = f"https://buyer-{grounds.tag}-{number}.example"
            asker = Asker(far_side, url=url, name=f"buyer {grounds.tag} {number}")
            self.askers[f"{url}/response/1"] = asker

    @property
    def links(self) -> tuple[str, ...]:
        """The links of their requests."""
        return tuple(asker.link for asker in self.askers.values())

    def watch(self, url: str, authorization: str) -> None:
        """Look at the wallet's disk before answering what must come after a write."""
        if url.endswith("/notification"):
            with self.purse.as_on_disk() as wallet:
                if not _kept(wallet, authorization.removeprefix("Bearer ")):
                    self.problems.append("a notification came before the copies were kept")
        elif url in self.askers:
            with self.purse.as_on_disk() as wallet:
                if not self._remembers(wallet, self.askers[url]):
                    self.problems.append("an answer left before it was in the history")

    def after(self) -> list[str]:
        """Whoever got an answer is in the history, once."""
        found = []
        with self.purse.as_on_disk() as wallet:
            for asker in self.askers.values():
                if asker.given and not self._remembers(wallet, asker):
                    found.append("an asker got what the history does not know")
                if len(asker.given) > 1:
                    found.append("an asker got two answers")
        return found

    def _remembers(self, wallet: Wallet, asker: Asker) -> bool:
        return any(line.asker == asker.client_id for line in wallet.history())


def _kept(wallet: Wallet, access_token: str) -> bool:
    """Whether the certificates of the claim with a token are there, whole."""
    held = {one.card.card_id for one in cards_of(wallet)}
    claims = [Claim.from_json(name, value) for name, value in wallet._vault.records(CLAIM)]
    return any(
        all(part.card_id in held for part in claim.parts)
        for claim in claims
        if claim.access_token == access_token
    )


def new_record(opened: OpenSchool, tag: str, *, now: int) -> str:
    """One more person in the issuer's records."""
    report, _ = opened.issuer.import_class(
        class_list(tag, 1), template_id=opened.template_id, now=now
    )
    return report.record_ids[0]


def new_errand(
    opened: OpenSchool, record: str, questions: tuple[str, ...], grounds: Grounds
) -> Errand:
    """An offer of a record, and what else there is to do."""
    with_code = grounds.rng.random() < 0.5
    made = opened.issuer.offer(
        record,
        now=grounds.now,
        with_code=with_code,
        by_value=grounds.rng.random() < 0.3,
        lifetime=86_400 if with_code else None,
    )
    return Errand(
        offer=made.offer_uri,
        tx_code=made.tx_code,
        questions=questions,
        screens=1,
        now=grounds.now,
    )


def result(kind: Kind, lived: list[Life], facts: list[Fact], problems: list[str]) -> Result:
    """Sum a round up."""
    failures = [life.ending.failure for life in lived if life.ending.failure]
    problems = problems + [f"a process failed by itself: {failure}" for failure in failures]
    return Result(
        kind=kind,
        lives=lived,
        acknowledged=sum(fact["stage"] == ACK for fact in facts),
        refused=next((fact["kind"] for fact in of(facts, TRY, "refused")), ""),
        problems=list(dict.fromkeys(problems)),
    )
