"""A school and buyers as strangers meet them: `carnet … serve` in processes of their own.

What their offices do (import, offer, ask, read an answer) goes straight to the folders, as
the command line does; every message to a stranger goes over HTTP.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from cryptography.hazmat.primitives import serialization

from carnet_cli.demo.processes import BoundSocket
from carnet_issuer.service import Issuer, Offer
from carnet_issuer.standing import Action, parse_reason
from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing.fetch_http import HttpFetch
from carnet_trust.entries import entry_from_json
from carnet_trust.trust_file import TrustData
from carnet_verifier.service import Certificate, Verifier
from carnet_verifier.service.asking import AskedQuestion
from carnet_verifier.service.settings import Identification
from support.certificates import Authority, Recipe, issue
from support.commands import serving
from support.interop import ENVIRONMENT, PASSPHRASE, now

SAMPLES = files("carnet_issuer") / "samples"
SCHOOL_PATH = "/t/chantier"
LONG_AGO, FAR_AHEAD = 1_577_836_800, 4_102_444_800


def routes(*services: "School | Buyer") -> str:
    """For TEST_ROUTES: where each https origin listens on this machine."""
    return json.dumps({_origin(each.url): _origin(each.listening) for each in services})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass
class School:
    """An issuer with a class list; its address has a path, so well-known names are inserted.

    `url` is its identifier, `listening` where its process answers; they differ when it
    stands for an issuer on https, whose name and TLS a stranger's `fetch` puts aside.
    """

    folder: Path
    url: str
    listening: str
    record_ids: list[str]
    trust: dict[str, Any]

    def offer(self, **options: Any) -> Offer:
        """Offer a certificate nobody was offered yet."""
        with Issuer.open(self.folder) as issuer:
            return issuer.offer(self.record_ids.pop(), now=now(), **options)

    def state(self, record_id: str) -> str:
        """What `carnet issuer list` says of a record."""
        with Issuer.open(self.folder) as issuer:
            states = {each.id: each.state.value for each in issuer.list(now=now())}
        return states[record_id]

    def withdraw(self, record_id: str) -> None:
        """Withdraw every copy of a record."""
        with Issuer.open(self.folder) as issuer:
            reason = parse_reason("issued_in_error", Action.WITHDRAW)
            issuer.withdraw(record_id, reason, now=now())


@contextmanager
def school(parent: Path, *, name: str, origin: str | None = None) -> Iterator[School]:
    """Make a school in `parent` and serve it until the block ends."""
    bound, folder = BoundSocket.bind(), parent / name
    url, listening = (origin or bound.url) + SCHOOL_PATH, bound.url + SCHOOL_PATH
    with Issuer.create(
        folder,
        name="École du Chantier",
        url=url,
        passphrase=PASSPHRASE,
        now=now(),
    ) as issuer:
        template = issuer.add_template((SAMPLES / "electrical-safety.toml").read_bytes(), now=now())
        people = (SAMPLES / "class-list.csv").read_bytes()
        report, _ = issuer.import_class(people, template_id=template.id, now=now())
        trust = issuer.trust_entry()
    log = parent / f"{name}.log"
    with serving(["issuer", "serve", str(folder)], bound, log=log, environment=ENVIRONMENT):
        yield School(folder, url, listening, list(report.record_ids), trust)


@dataclass
class Buyer:
    """A verifier that trusts the school; `url` and `listening` as of a school."""

    folder: Path
    url: str
    listening: str
    client_id: str

    def ask(self, *paths: list[str | int | None], unsigned: bool = False) -> AskedQuestion:
        """Ask for claims of a skill certificate."""
        with closing(Verifier.open(self.folder, passphrase=None)) as verifier:
            return verifier.ask(skill_question(*paths), unsigned=unsigned, now=now())

    def result(self, asked: AskedQuestion) -> dict[str, Any]:
        """What became of a question, over HTTP, as whoever asked reads it."""
        address = f"{self.listening}/result/{asked.id}"
        authorization = {"Authorization": f"Bearer {asked.result_token}"}
        result: dict[str, Any] = httpx2.get(address, headers=authorization).json()
        return result

    def judged(self, asked: AskedQuestion) -> tuple[str | None, str | None]:
        """Outcome and ground."""
        result = self.result(asked)
        return result["outcome"], result["ground"]

    def refresh(self) -> None:
        """Fetch keys and status lists, as the service's timer does."""
        with (
            closing(Verifier.open(self.folder, passphrase=None)) as verifier,
            HttpFetch(loopback_http=True) as web,
        ):
            assert not verifier.refresh(web, now=now()).problems


def skill_question(*paths: list[str | int | None]) -> dict[str, Any]:
    """A DCQL query for claims of a skill certificate."""
    return {
        "credentials": [
            {
                "id": "certificate",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": ["urn:carnet:skill-certificate:1"]},
                "claims": [{"path": path} for path in paths],
            }
        ]
    }


@contextmanager
def buyer(
    parent: Path,
    *,
    name: str,
    trust: dict[str, Any],
    mode: ResponseMode,
    origin: str | None = None,
    certificate: Certificate | None = None,
) -> Iterator[Buyer]:
    """Make a verifier in `parent` and serve it until the block ends."""
    bound, folder = BoundSocket.bind(), parent / name
    verifier = Verifier.create(
        folder,
        name=name,
        url=origin or bound.url,
        passphrase=PASSPHRASE,
        trust=TrustData.of([entry_from_json(trust)]),
        certificate=certificate,
        response_mode=mode,
        allow_loopback_http=True,
    )
    made = Buyer(folder, origin or bound.url, bound.url, verifier.settings.client_id)
    verifier.close()
    made.refresh()
    log = parent / f"{name}.log"
    with serving(["verifier", "serve", str(folder)], bound, log=log, environment=ENVIRONMENT):
        yield made


def asking_certificate(kind: Identification) -> tuple[Authority, Certificate]:
    """A root, and a chain under it that names this machine, for asking."""
    valid = Recipe(name="", not_before=LONG_AGO, not_after=FAR_AHEAD)
    root = issue(replace(valid, name="askers' root", ca=True))
    leaf = issue(replace(valid, name="asker", dns=["localhost"]), by=root)
    return root, Certificate(chain_pem=leaf.pem, key_pem=private_pem(leaf), identification=kind)


def private_pem(authority: Authority) -> bytes:
    """The key of a test certificate."""
    key: bytes = authority.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key
