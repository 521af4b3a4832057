"""After the kill: open the wallet again, finish what it began, and count its certificates."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy import text

from carnet_securing.errors import CarnetError, UndeterminedError
from carnet_wallet.cards import HeldCard
from carnet_wallet.claim_record import Claim, Stage
from carnet_wallet.claiming import MaybeCollectedError
from carnet_wallet.errors import ClaimRefusedError
from carnet_wallet.offers import link_digest
from carnet_wallet.records import CLAIM
from carnet_wallet.showings import Outcome
from carnet_wallet.wallet import Wallet
from killloop.errand import Errand
from killloop.issuer_checks import Seen, verified_holder
from killloop.journal import ACK, WRONG, Fact, of
from killloop.office import COPIES
from killloop.purse import cards_of
from killloop.school import OpenSchool

Opened = AbstractContextManager[Wallet]


@dataclass
class WalletCheck:
    """One errand's facts against the wallet that came back.

    Attributes:
        open_wallet: opens it with the web it will meet now.
        new_offer: makes another offer of the same record, as a school does when asked.
    """

    school: OpenSchool
    open_wallet: Callable[[], Opened]
    errand: Errand
    record: str
    facts: list[Fact]
    seen: Seen
    new_offer: Callable[[], Errand]
    now: int
    problems: list[str] = field(default_factory=list)
    may_be_left: Stage | None = field(default=None, init=False)

    def run(self) -> list[str]:
        """Everything that is wrong, in words."""
        self.problems += [fact["what"] for fact in self.facts if fact["stage"] == WRONG]
        try:
            with self.open_wallet() as wallet:
                self._as_it_was(wallet)
                self._finish(wallet)
            with self.open_wallet() as wallet:
                self._as_it_is(wallet)
        except CarnetError as error:
            self.problems.append(f"the wallet says {error.kind}: {error.message}")
        return self.problems

    def _is(self, sound: object, problem: str) -> None:
        if not sound:
            self.problems.append(problem)

    def _as_it_was(self, wallet: Wallet) -> None:
        """What was acknowledged is there, before anything goes on."""
        every_record(wallet)
        held = {one.card.card_id for one in cards_of(wallet)}
        for fact in of(self.facts, ACK, "claim"):
            self._is(set(fact["cards"]) <= held, "an acknowledged certificate is lost")
        lines = Counter(line.asker for line in wallet.history() if line.outcome is Outcome.RECEIVED)
        for fact in of(self.facts, ACK, "show"):
            self._is(lines[fact["asker"]] == 1, "an acknowledged showing is lost")
        screens = sum(line.outcome is Outcome.ON_SCREEN for line in wallet.history())
        self._is(
            screens >= len(of(self.facts, ACK, "screen")),
            "an acknowledged showing on a screen is lost",
        )
        if of(self.facts, ACK, "trust"):
            self._is("trust" in wallet._vault.ids("setting"), "trust data is lost")

    def _finish(self, wallet: Wallet) -> None:
        """Claim the same offer again; only a lost token answer needs a new one."""
        held = self.of_record(wallet)
        stage = _stage(wallet, self.errand)
        redeemed = self._redeemed()
        try:
            self._claim(wallet, self.errand)
        except (ClaimRefusedError, UndeterminedError) as refusal:
            wants_new = "new offer" in f"{refusal.message} {refusal.hint}"
            self._is(wants_new, "a refusal does not say that a new offer is needed")
            self._is(stage is not Stage.GRANTED, "a claim with a token cannot be gone on with")
            self._is(redeemed, "an offer that nobody used is refused")
            if isinstance(refusal, MaybeCollectedError):
                # With another collection code it might go on: the wallet cannot know better.
                self.may_be_left = Stage.ASKED
            if not held:
                told = of(self.facts, ACK, "new offer")
                self._is(
                    stage is Stage.ASKED or told, "a code was used that the wallet had not kept"
                )
                if isinstance(refusal, UndeterminedError):
                    raise
                self._claim(wallet, self.new_offer())
        wallet.settle_notifications(now=self.now)

    def _claim(self, wallet: Wallet, errand: Errand) -> None:
        wallet.claim(wallet.open_offer(errand.offer), tx_code=errand.tx_code, now=self.now)

    def _as_it_is(self, wallet: Wallet) -> None:
        """One certificate of ten copies, and an issuer who knows that they are kept."""
        every_record(wallet)
        found = self.of_record(wallet)
        self._is(len(found) == 1, f"{len(found)} certificates of one record")
        self._is(_stage(wallet, self.errand) in (None, self.may_be_left), "a claim is left over")
        for one in found:
            self._is(len(one.copies) == COPIES, f"a certificate of {len(one.copies)} copies")
            keys = [copy.key.public.thumbprint for copy in one.copies]
            texts = [copy.held.whole().decode("ascii") for copy in one.copies]
            signed = [verified_holder(self.school, text, now=self.now) for text in texts]
            self._is(all(self.seen.add(text) for text in texts), "a place was given twice")
            self._is(keys == signed and len(set(keys)) == len(keys), "copies for other keys")
            self._is(self._told(one), "the issuer does not know that the copies are kept")
        self._history(wallet)

    def _history(self, wallet: Wallet) -> None:
        """Every showing names a copy that knows to whom it was shown."""
        copies = {copy.copy_id: copy for one in cards_of(wallet) for copy in one.copies}
        for line in wallet.history():
            for shown in line.cards:
                copy = copies.get(shown.copy_id)
                known = copy is not None and (not line.asker or line.asker in copy.shown_to)
                self._is(known, "a showing of a copy that does not know of it")

    def of_record(self, wallet: Wallet) -> list[HeldCard]:
        """The certificates of this errand's record, found by the places of their copies."""
        return [one for one in cards_of(wallet) if self._record_of(one) == self.record]

    def _record_of(self, one: HeldCard) -> str | None:
        status = one.copies[0].status
        if status is None:
            return None
        with self.school.database.read() as connection:
            record: str | None = connection.scalar(
                text(
                    "SELECT record_id FROM status_entries"
                    " WHERE list_id = :list AND position = :index"
                ),
                {"list": status.uri.rsplit("/", 1)[1], "index": status.index},
            )
        return record

    def _told(self, one: HeldCard) -> bool:
        status = one.copies[0].status
        assert status is not None
        with self.school.database.read() as connection:
            event = connection.scalar(
                text(
                    "SELECT i.event FROM issuances i JOIN status_entries e ON e.issuance_id = i.id"
                    " WHERE e.list_id = :list AND e.position = :index"
                ),
                {"list": status.uri.rsplit("/", 1)[1], "index": status.index},
            )
        return bool(event == "credential_accepted")

    def _redeemed(self) -> bool:
        """Whether the newest offer of the record gave its token."""
        with self.school.database.read() as connection:
            state = connection.scalar(
                text("SELECT state FROM offers WHERE record_id = :id ORDER BY rowid DESC"),
                {"id": self.record},
            )
        return bool(state == "redeemed")


def _stage(wallet: Wallet, errand: Errand) -> Stage | None:
    """How far the claim of an errand has come, None when nothing of it is left."""
    claim_id = link_digest(errand.offer)
    if not wallet._vault.holds(CLAIM, claim_id):
        return None
    return Claim.from_json(claim_id, wallet._vault.get(CLAIM, claim_id)).stage


def every_record(wallet: Wallet) -> int:
    """Open every record of the vault; how many there are.

    Raises:
        VaultError: one does not open.
    """
    for kind, record_id in wallet._vault._index.records:
        wallet._vault.get(kind, record_id)
    return len(wallet._vault._index.records)
