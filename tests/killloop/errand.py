"""A worker's errands in a process that will be killed: claim, show, show on screen, trust."""

import random
from dataclasses import dataclass, replace

from carnet_securing.errors import CarnetError
from carnet_trust.trust_file import TrustData, trust_file_bytes
from carnet_wallet.wallet import Wallet
from killloop.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a wallet is sent out to do.

    Attributes:
        offer: the link of an offer, and its collection code.
        questions: links of requests to answer, each by another asker.
    """

    offer: str
    tx_code: str | None
    questions: tuple[str, ...] = ()
    screens: int = 0
    now: int
    is_resumed: bool = False

    @property
    def resumed(self) -> "Errand":
        """The claim alone, after a crash: it is refused when its one answer was lost."""
        return replace(self, questions=(), screens=0, is_resumed=True)


def run_errand(wallet: Wallet, errand: Errand, journal: Journal, rng: random.Random) -> None:
    """Do it all; whatever is acknowledged to the worker goes into the journal."""
    claim(wallet, errand, journal)
    steps = [("question", link) for link in errand.questions] + [("screen", "")] * errand.screens
    rng.shuffle(steps)
    for what, link in steps:
        if what == "question":
            show(wallet, link, journal, now=errand.now)
        else:
            show_on_screen(wallet, journal, rng, now=errand.now)
    wallet.set_trust(trust_file_bytes(TrustData.EMPTY))
    journal.acknowledged("trust")


def claim(wallet: Wallet, errand: Errand, journal: Journal) -> None:
    """Collect what the offer gives."""
    journal.tries("claim", offer=errand.offer)
    try:
        opened = wallet.open_offer(errand.offer)
        cards = wallet.claim(opened, tx_code=errand.tx_code, now=errand.now)
    except CarnetError as error:
        if not errand.is_resumed or "new offer" not in f"{error.message} {error.hint}":
            raise
        journal.acknowledged("new offer")
        return
    journal.acknowledged("claim", cards=[card.card_id for card in cards])


def show(wallet: Wallet, link: str, journal: Journal, *, now: int) -> None:
    """Answer a request with what it asks for."""
    question = wallet.prepare(link, lang="fr", now=now)
    if question.preview is None:
        journal.wrong("a question that the wallet can answer is not answered")
        raise AssertionError
    journal.tries("show", link=link)
    wallet.present(question, question.preview.agree(), now=now)
    journal.acknowledged("show", asker=question.preview.asker.client_id)


def show_on_screen(wallet: Wallet, journal: Journal, rng: random.Random, *, now: int) -> None:
    """Make a code for whoever looks."""
    card_id = rng.choice(wallet.list(now=now)).card.card_id
    wallet.screen(card_id, claims=["title"], code=None, now=now)
    journal.acknowledged("screen", card=card_id)
