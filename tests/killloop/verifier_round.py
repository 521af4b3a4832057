"""Rounds that kill a verifier while it asks and takes answers, several at once.

What it acknowledged is there afterwards; a question is answered once, before the kill or
after it, and by nobody twice.
"""

import random
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from carnet_securing.errors import CarnetError
from carnet_verifier.service import Verifier
from carnet_verifier.service.questions import Result as Answered
from killloop.disturbances import Around
from killloop.journal import ACK, TRY, WRONG, Fact, Journal, of, read_journal
from killloop.process import BEGAN, Link
from killloop.rounds import Death, Grounds, Kind, Result, lives, result
from killloop.shop import DATABASE, MONTHS, Shop

_QUESTIONS = 4
_RACERS = 6
VERIFIER_POINTS = [(str(point), 16) for point in Around]


def verifier_round(grounds: Grounds, shop: Shop) -> Result:
    """Kill a verifier at its counter, and hold it to its word."""
    path = grounds.place / f"{grounds.tag}.shop"
    seed = grounds.rng.random()

    def work(death: Death, life: int, link: Link) -> None:
        journal = Journal(path)
        rng = random.Random(f"{seed} {life}")  # noqa: S311 - the order of a day, not a secret
        with shop.doomed(death.end, journal, grounds.meddling.database_type) as verifier:
            link.send((BEGAN,))
            for _ in range(_QUESTIONS):
                one_question(shop, verifier, journal, rng, now=grounds.now)

    lived = lives(grounds, Kind.VERIFIER, VERIFIER_POINTS, work)
    facts = read_journal(path)
    grounds.meddling.shop(shop.folder)
    problems = [fact["what"] for fact in facts if fact["stage"] == WRONG]
    problems += ShopCheck(shop, facts, grounds.now).run()
    path.unlink(missing_ok=True)
    return result(Kind.VERIFIER, lived, facts, problems)


def one_question(
    shop: Shop, verifier: Verifier, journal: Journal, rng: random.Random, *, now: int
) -> None:
    """Ask; perhaps take a refusal, which ends nothing; then two workers race to answer."""
    question, link = shop.ask(verifier, now=now)
    journal.acknowledged("question", id=question, link=link)
    if rng.random() < 0.5:
        verifier.receive(question, shop.refusal(link), now=now)
        journal.acknowledged("refusal", id=question)
    forms = [shop.answer(which, link, now=now) for which in range(len(MONTHS))]

    def post(number: int) -> bool:
        which = number % len(forms)
        journal.tries("answer", id=question, which=which)
        if not _taken(lambda: verifier.receive(question, forms[which], now=now)):
            return False
        journal.acknowledged("answer", id=question, which=which)
        return True

    with ThreadPoolExecutor(_RACERS) as racers:
        taken = sum(racers.map(post, range(_RACERS)))
    if taken != 1:
        journal.wrong(f"a question took {taken} answers")


def _taken(post: Callable[[], None]) -> bool:
    try:
        post()
    except CarnetError as error:
        if error.kind not in ("not_found", "replay"):
            raise
        return False
    return True


class ShopCheck:
    """One round's facts against the verifier that came back."""

    def __init__(self, shop: Shop, facts: list[Fact], now: int) -> None:
        self._shop = shop
        self._facts = facts
        self._now = now
        self._problems: list[str] = []

    def run(self) -> list[str]:
        """Everything that is wrong, in words."""
        with closing(sqlite3.connect(self._shop.folder / DATABASE)) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchall()
            self._is(said == [("ok",)], f"integrity_check says {said[:3]}")
        with self._shop.open() as verifier:
            for fact in of(self._facts, ACK, "question"):
                try:
                    found = verifier.result(fact["id"])
                except CarnetError:
                    self._problems.append("an asked question is lost")
                else:
                    self._question(verifier, fact["id"], fact["link"], found)
        return self._problems

    def _is(self, sound: object, problem: str) -> None:
        if not sound:
            self._problems.append(problem)

    def _question(self, verifier: Verifier, question: str, link: str, found: Answered) -> None:
        taken = self._about(ACK, "answer", question)
        answered = found.standing == "answered"
        if taken:
            kept = answered and _month(found) == MONTHS[taken[0]["which"]]
            self._is(kept, "an acknowledged answer is lost")
        elif self._about(ACK, "refusal", question):
            noted = found.wallet_error == "access_denied"
            self._is(answered or noted, "an acknowledged refusal is lost")
        if answered:
            self._is(self._about(TRY, "answer", question), "an answer nobody gave")
        else:
            first = self._shop.answer(0, link, now=self._now)
            self._is(self._takes(verifier, question, first), "an open question takes no answer")
        for which in range(len(MONTHS)):
            again = self._shop.answer(which, link, now=self._now)
            self._is(not self._takes(verifier, question, again), "a question was answered twice")

    def _about(self, stage: str, what: str, question: str) -> list[Fact]:
        return [fact for fact in of(self._facts, stage, what) if fact["id"] == question]

    def _takes(self, verifier: Verifier, question: str, form: bytes) -> bool:
        return _taken(lambda: verifier.receive(question, form, now=self._now))


def _month(found: Answered) -> str | None:
    """The month on the certificate of a verified answer."""
    if found.report is None or found.report["outcome"] != "verified" or found.claims is None:
        return None
    month: str = found.claims["certificate"][0]["claims"]["month"]
    return month
