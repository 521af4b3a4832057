"""Rounds one after the other, of every kind, and their sum."""

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from killloop.create_round import create_round
from killloop.fault_round import fault_round
from killloop.http_rounds import Address, http_round
from killloop.issuer_checks import Seen
from killloop.passphrase_round import passphrase_round
from killloop.purse import Purse
from killloop.rounds import Grounds, Kind, Result, issuer_round, wallet_round
from killloop.sabotage import self_test
from killloop.school import School
from killloop.shop import Shop
from killloop.verifier_round import verifier_round
from support.issuer_service import NOW

# Of every two hundred rounds; thirty go over HTTP.
SHARES = {
    Kind.ISSUER: 100,
    Kind.WALLET: 50,
    Kind.HTTP_ISSUER: 15,
    Kind.HTTP_WALLET: 15,
    Kind.PASSPHRASE: 20,
}
# What a database or a wallet has held before matters; what it has held for ever only slows.
SCHOOL_ROUNDS = 60
PURSE_ROUNDS = 6


@dataclass
class Summary:
    """What all rounds together showed."""

    seed: int
    rounds: int = 0
    acknowledged: int = 0
    seconds: float = 0.0
    by_kind: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, result: Result) -> None:
        """Count one round."""
        self.rounds += 1
        self.acknowledged += result.acknowledged
        self.by_kind[result.kind] += 1
        if result.refused:
            self.refused[result.refused] += 1
        for life in result.lives:
            if life.ending.killed:
                self.killed[result.kind] += 1
                self.points[life.death.point or "at random"] += 1
        deaths = "; ".join(str(life.death) for life in result.lives)
        self.problems += [
            {"round": number, "kind": result.kind.value, "deaths": deaths, "what": what}
            for what in result.problems
        ]

    def to_json(self) -> dict[str, Any]:
        """For whoever runs it."""
        return {
            "seed": self.seed,
            "rounds": self.rounds,
            "rounds_by_kind": dict(self.by_kind),
            "kills": sum(self.killed.values()),
            "kills_by_kind": dict(self.killed),
            "kills_at": dict(self.points),
            "refused_by_faults": dict(self.refused),
            "acknowledged_writes": self.acknowledged,
            "seconds": round(self.seconds, 1),
            "problems": self.problems,
        }


class Loop:
    """Everything that outlives a round."""

    def __init__(self, place: Path, seed: int) -> None:
        self._place = place
        self._rng = random.Random(seed)  # noqa: S311 - a run can be repeated by its seed
        self._seed = seed
        self._made = 0
        self._address = Address()
        self._blank = {
            "paper": School.make(place / "paper", "https://school.example"),
            "http": School.make(place / "http", self._address.url),
        }
        self._grounds = {name: self._fresh(name, 0) for name in self._blank}
        self._purses: dict[Kind, tuple[Purse, int]] = {}
        self._shop: Shop | None = None

    def run(
        self,
        rounds: int,
        *,
        kinds: dict[Kind, int] | None = None,
        progress: Callable[[Summary], None] = lambda _: None,
    ) -> Summary:
        """Run rounds in an order of chance that keeps the shares; sum them up."""
        summary = Summary(seed=self._seed)
        began = time.monotonic()
        order: list[Kind] = []
        for number in range(rounds):
            if not order:
                order = [kind for kind, count in (kinds or SHARES).items() for _ in range(count)]
                self._rng.shuffle(order)
            summary.add(number, self._round(number, order.pop()))
            summary.seconds = time.monotonic() - began
            progress(summary)
        return summary

    def self_test(self) -> dict[str, dict[str, Any]]:
        """What the checks say about promises broken on purpose."""
        return self_test(lambda number: self._fresh("paper", number))

    def _round(self, number: int, kind: Kind) -> Result:
        name = "http" if kind in (Kind.HTTP_ISSUER, Kind.HTTP_WALLET) else "paper"
        grounds = self._ready(name, number)
        match kind:
            case Kind.ISSUER:
                return issuer_round(grounds)
            case Kind.WALLET:
                return wallet_round(grounds, self._purse(kind, number))
            case Kind.PASSPHRASE:
                return passphrase_round(grounds, self._purse(kind, number))
            case Kind.FAULT:
                return fault_round(grounds)
            case Kind.CREATE:
                return create_round(grounds)
            case Kind.VERIFIER:
                self._shop = self._shop or Shop.make(self._place / "shop")
                return verifier_round(grounds, self._shop)
            case Kind.HTTP_ISSUER | Kind.HTTP_WALLET:
                return http_round(grounds, self._address, kind)

    def _ready(self, name: str, number: int) -> Grounds:
        grounds = self._grounds[name]
        grounds.number, grounds.now = number, NOW + number
        grounds.used += 1
        if grounds.used > SCHOOL_ROUNDS:
            shutil.rmtree(grounds.school.folder)
            lasts = grounds.lasts
            grounds = self._grounds[name] = self._fresh(name, number)
            grounds.lasts = lasts
        return grounds

    def _fresh(self, name: str, number: int) -> Grounds:
        place = self._place / f"{name}-{self._made:06}"
        self._made += 1
        place.mkdir()
        return Grounds(
            place=place,
            rng=self._rng,
            school=self._blank[name].copied_to(place / "school"),
            seen=Seen(),
            now=NOW + number,
            number=number,
        )

    def _purse(self, kind: Kind, number: int) -> Purse:
        purse, used = self._purses.get(kind, (None, 0))
        if purse is None or used >= PURSE_ROUNDS:
            if purse is not None:
                shutil.rmtree(purse.folder)
            purse, used = Purse.blank(self._place / f"purse-{number:06}"), 0
        self._purses[kind] = (purse, used + 1)
        return purse


def run_self_test() -> dict[str, dict[str, Any]]:
    """Try the checks themselves."""
    with tempfile.TemporaryDirectory(prefix="carnet-kill-") as place:
        return Loop(Path(place), 1).self_test()


def run_loop(
    rounds: int,
    seed: int,
    *,
    kinds: dict[Kind, int] | None = None,
    progress: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Run rounds in a folder that vanishes afterwards."""
    with tempfile.TemporaryDirectory(prefix="carnet-kill-") as place:
        return Loop(Path(place), seed).run(rounds, kinds=kinds, progress=progress)
