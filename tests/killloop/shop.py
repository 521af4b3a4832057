"""A verifier that many processes open one after the other, and two workers who answer it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from carnet_hosting.database import sqlite_url
from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing import strict_json
from carnet_securing.limits import PRESENTATION
from carnet_trust.trust_file import TrustData
from carnet_verifier.service import Verifier
from carnet_verifier.service.settings import VerifierSettings
from killloop.disturbances import EndAt, WatchedDatabase
from killloop.journal import Journal
from support.credential_samples import SKILL_CERTIFICATE
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb
from support.verifier_world import QUERY, Worker

DATABASE = "verifier.sqlite3"
MONTHS = ("2026-04", "2026-05")
"""What tells the answers of the two workers apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A closed verifier with fresh lists, and who may answer its questions."""

    folder: Path
    trust: TrustData
    workers: tuple[Worker, ...]

    @classmethod
    def make(cls, folder: Path) -> "Shop":
        """A verifier that trusts one issuer, whose certificates both workers hold."""
        web = SimulatedWeb()
        issuer = SimulatedIssuer(web)
        workers = tuple(
            Worker.with_certificate(issuer, claims={**SKILL_CERTIFICATE, "month": month})
            for month in MONTHS
        )
        trust = TrustData.of([issuer.entry()])
        made = Verifier.create(
            folder,
            name="Atelier",
            url="https://shop.example",
            passphrase="a pretend passphrase",
            trust=trust,
            certificate=None,
            response_mode=ResponseMode.DIRECT_POST,
            allow_loopback_http=False,
        )
        with closing(made) as verifier:
            assert not verifier.refresh(web, now=NOW).problems
        return cls(folder=folder, trust=trust, workers=workers)

    @contextmanager
    def open(self) -> Iterator[Verifier]:
        """As a command of the office does."""
        with closing(Verifier.open(self.folder, passphrase=None)) as verifier:
            yield verifier

    @contextmanager
    def doomed(
        self,
        end: EndAt,
        journal: Journal,
        database_type: type[WatchedDatabase] = WatchedDatabase,
    ) -> Iterator[Verifier]:
        """Open it in a process that is going to die."""
        verifier = Verifier(
            self.folder,
            settings=VerifierSettings.load(self.folder),
            signer=None,
            trust=self.trust,
            database=database_type(sqlite_url(self.folder / DATABASE), end=end, journal=journal),
            limits=PRESENTATION,
            database_was_made=False,
        )
        with closing(verifier):
            yield verifier

    def ask(self, verifier: Verifier, *, now: int) -> tuple[str, str]:
        """A question's id and its link, which holds the request itself."""
        asked = verifier.ask(QUERY, unsigned=True, now=now)
        return asked.id, asked.request_uri

    def answer(self, which: int, link: str, *, now: int) -> bytes:
        """What one of the workers posts."""
        asked = _asked(link)
        shown = self.workers[which].present(
            audience=asked["client_id"], nonce=asked["nonce"], now=now
        )
        token = strict_json.dumps({"certificate": [shown]})
        return urlencode({"vp_token": token, "state": asked["state"]}).encode("ascii")

    def refusal(self, link: str) -> bytes:
        """What a wallet posts that shows nothing."""
        form = {"error": "access_denied", "state": _asked(link)["state"]}
        return urlencode(form).encode("ascii")


def _asked(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
