"""An issuer that many processes open one after the other, without paying for a passphrase.

Its keys stay in the memory of the parent; what is killed is whoever has its database open.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import URL, text

from carnet_hosting.database import Database, sqlite_url
from carnet_issuer.config import read_config
from carnet_issuer.fail_points import UNDISTURBED, FailPoints
from carnet_issuer.service import Issuer
from carnet_issuer.service_secrets import ServiceSecrets, read_secrets
from carnet_issuer.store.tables import STORE
from carnet_issuer.wallet_service import WalletService
from carnet_securing.native import check_signature
from carnet_securing.signer import Signer, SoftwareSigner
from killloop.disturbances import EndAt, WatchedDatabase
from killloop.journal import Fact, Journal
from support.issuer_service import NOW, PASSPHRASE, TEMPLATE


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSchool:
    """What can be asked of an open issuer, office and counter."""

    issuer: Issuer
    service: WalletService
    database: Database
    template_id: str

    def unintended(self, signings: list[Fact]) -> list[str]:
        """Signatures that were about to be made for places nobody had reserved."""
        found = []
        with self.database.read() as connection:
            for fact in signings:
                place = {"list": fact["uri"].rsplit("/", 1)[1], "index": fact["index"]}
                if connection.execute(_PLACE, place).one_or_none() is None:
                    found.append("a credential was signed without an intent")
        return found


_PLACE = text("SELECT position FROM status_entries WHERE list_id = :list AND position = :index")


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A closed issuer, and its keys."""

    folder: Path
    url: str
    template_id: str
    signer: SoftwareSigner = field(repr=False)
    secrets: ServiceSecrets = field(repr=False)

    @classmethod
    def make(cls, folder: Path, url: str) -> "School":
        """An issuer with a template and nobody in it."""
        with Issuer.create(
            folder, name="École du Test", url=url, passphrase=PASSPHRASE, now=NOW
        ) as issuer:
            template = issuer.add_template(TEMPLATE, now=NOW)
            service = issuer.unlock(passphrase=PASSPHRASE)
            signer = service._signer
        assert isinstance(signer, SoftwareSigner)
        return cls(
            folder=folder,
            url=url,
            template_id=template.id,
            signer=signer,
            secrets=read_secrets(folder, passphrase=PASSPHRASE),
        )

    def copied_to(self, folder: Path) -> "School":
        """The same issuer in another folder, as it is now."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)

    @property
    def database_url(self) -> URL:
        """Where its database is."""
        return sqlite_url(self.folder / "issuer.db")

    @contextmanager
    def open(
        self,
        *,
        database: Database | None = None,
        signer: Signer | None = None,
        fail_points: FailPoints = UNDISTURBED,
    ) -> Iterator[OpenSchool]:
        """Open it as `carnet issuer serve` does, with the schema looked at."""
        config = read_config(self.folder)
        store = database or Database(self.database_url)
        try:
            STORE.bring_up(store)
            service = WalletService(
                database=store,
                config=config,
                signer=signer or self.signer,
                secrets=self.secrets,
                check=check_signature,
                fail_points=fail_points,
            )
            yield OpenSchool(
                issuer=Issuer(self.folder, config, store),
                service=service,
                database=store,
                template_id=self.template_id,
            )
        finally:
            store.close()

    @contextmanager
    def doomed(
        self,
        end: EndAt,
        journal: Journal,
        database_type: type[WatchedDatabase] = WatchedDatabase,
    ) -> Iterator[OpenSchool]:
        """Open it in a process that is going to die."""
        database = database_type(self.database_url, end=end, journal=journal)
        with self.open(
            database=database, signer=NotingSigner(self.signer, journal), fail_points=end
        ) as opened:
            yield opened


class NotingSigner:
    """Notes the place of every credential before it signs it."""

    def __init__(self, signer: Signer, journal: Journal) -> None:
        self._signer = signer
        self._journal = journal
        self.algorithm = signer.algorithm
        self.public_jwk = signer.public_jwk

    def sign(self, message: bytes) -> bytes:
        """As `Signer.sign`."""
        place = place_of(message)
        if place is not None:
            self._journal.tries("sign", uri=place[0], index=place[1])
        return self._signer.sign(message)


def place_of(token: bytes) -> tuple[str, int] | None:
    """The status list and place named by a compact token, signed or about to be."""
    from carnet_securing import base64url, strict_json

    payload = base64url.decode(token.split(b".")[1].decode("ascii"))
    claims = strict_json.loads_object(payload, max_bytes=1_000_000)
    if "cnf" not in claims:
        return None
    reference = claims["status"]["status_list"]
    return reference["uri"], reference["idx"]
