"""A real issuer on a real loopback socket, and a bare wallet that says what a test wants.

The server is the one `carnet issuer serve` runs, in a thread; it ends as it does in the
demo, when the pipe of its parent closes. Time is a value that tests move.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import httpx2

from carnet_hosting.server import serve
from carnet_issuer.fail_points import UNDISTURBED, FailPoints
from carnet_issuer.http.app import create_app
from carnet_issuer.service import Issuer, Offer
from carnet_issuer.wallet_service import WalletService
from carnet_schemas.form import encode_form
from carnet_schemas.oid4vci import OfferByReference, OfferByValue, parse_offer_uri
from carnet_securing import strict_json
from carnet_securing.jws import sign_jws
from carnet_securing.signer import Signer, SoftwareSigner
from support.clocks import SettableClock

NOW = 1_800_000_000
PASSPHRASE = "an issuer of a test"
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CONFIGURATION = "skill_certificate_sd_jwt"
SAMPLES = files("carnet_issuer") / "samples"
TEMPLATE = (SAMPLES / "electrical-safety.toml").read_bytes()
CLASS_LIST = (SAMPLES / "class-list.csv").read_bytes()


def make_class_list(people: int) -> bytes:
    """A class list of invented people, as long as a test wants."""
    rows = [
        f"Famille{_letters(n)},Prénom{_letters(n)},learner{n}@example.org" for n in range(people)
    ]
    return "\n".join(["Nom,Prénom,Courriel", *rows]).encode()


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:06}")


@dataclass
class RunningIssuer:
    """An issuer that answers on `url`; its records are those of one class list."""

    issuer: Issuer
    service: WalletService
    clock: SettableClock
    directory: Path
    template_id: str
    record_ids: list[str]

    @property
    def url(self) -> str:
        """The issuer identifier, which is also where it answers."""
        return self.issuer.config.url

    def next_record(self) -> str:
        """A record no test has used yet."""
        return self.record_ids.pop()

    def offer(self, **options: Any) -> Offer:
        """Offer a fresh record."""
        record = options.pop("record_id", None) or self.next_record()
        return self.issuer.offer(record, now=self.clock.now, **options)

    def state(self, record_id: str) -> str:
        """What `list` says of a record."""
        found = {each.id: each for each in self.issuer.list(now=self.clock.now)}
        return found[record_id].state.value

    def status_entry(self, credential: str) -> int:
        """What the published list says at the place a credential names, over HTTP."""
        from carnet_securing.limits import ISSUED
        from carnet_securing.native import check_signature
        from carnet_securing.status_list import verify_status_list

        reference = payload_of(credential)["status"]["status_list"]
        answer = httpx2.get(reference["uri"])
        assert answer.status_code == 200
        verified = verify_status_list(
            answer.content,
            uri=reference["uri"],
            key=self.issuer.config.signing_key,
            now=self.clock.now,
            newest_seen_iat=None,
            check=check_signature,
            limits=ISSUED,
        )
        return int(verified.status(reference["idx"]))


@contextmanager
def running_issuer(parent: Path, *, path: str = "", **options: Any) -> Iterator[RunningIssuer]:
    """As `running_issuers`, one alone."""
    with running_issuers(parent, path, **options) as (running,):
        yield running


@contextmanager
def running_issuers(
    parent: Path,
    *paths: str,
    people: int = 60,
    fail_points: FailPoints = UNDISTURBED,
    **options: Any,
) -> Iterator[list[RunningIssuer]]:
    """Create issuers under `parent` and serve them, each below its path, until the block ends."""
    clock = SettableClock(NOW)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    running = []
    with ExitStack() as stack:
        for number, path in enumerate(paths):
            directory = parent / f"issuer-{port}-{number}"
            issuer = Issuer.create(
                directory,
                name="École du Test",
                url=f"http://localhost:{port}{path}",
                passphrase=PASSPHRASE,
                now=clock.now,
                **options,
            )
            stack.enter_context(issuer)
            template = issuer.add_template(TEMPLATE, now=clock.now)
            report, _ = issuer.import_class(
                make_class_list(people), template_id=template.id, now=clock.now
            )
            running.append(
                RunningIssuer(
                    issuer=issuer,
                    service=issuer.unlock(passphrase=PASSPHRASE, fail_points=fail_points),
                    clock=clock,
                    directory=directory,
                    template_id=template.id,
                    record_ids=list(report.record_ids),
                )
            )
        application = create_app(*(each.service for each in running), clock=clock)
        stack.enter_context(serving(application, listener))
        yield running


@contextmanager
def serving(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve an application on a bound socket until the block ends."""
    reading, writing = os.pipe()
    ready = threading.Event()
    thread = threading.Thread(
        target=serve,
        args=(app, listener),
        kwargs={"announce": ready.set, "parent_fd": reading},
        daemon=True,
    )
    thread.start()
    assert ready.wait(timeout=10)
    try:
        yield
    finally:
        os.close(writing)
        thread.join(timeout=10)
        os.close(reading)
        listener.close()


@dataclass
class BareWallet:
    """Speaks OpenID4VCI one message at a time, and says whatever a test makes it say."""

    url: str
    now: int = NOW
    keys: Sequence[Signer] = field(
        default_factory=lambda: [SoftwareSigner.generate("ES256") for _ in range(2)]
    )

    @cached_property
    def http(self) -> httpx2.Client:
        """One connection pool for all messages."""
        return httpx2.Client(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def open_offer(self, offer: Offer) -> httpx2.Response:
        """Look at an offer by reference."""
        link = parse_offer_uri(offer.offer_uri)
        assert isinstance(link, OfferByReference)
        return self.http.get(link.uri)

    def code_of(self, offer: Offer) -> str:
        """The pre-authorized code of an offer."""
        answer = self.open_offer(offer)
        assert answer.status_code == 200
        code: str = answer.json()["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        return code

    def post_token(self, **form: str) -> httpx2.Response:
        """A token request with these parameters and no others."""
        return self.http.post(
            f"{self.url}/token",
            content=encode_form(form),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    def redeem(self, code: str, tx_code: str | None) -> httpx2.Response:
        """A plain token request."""
        form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code}
        return self.post_token(**(form if tx_code is None else form | {"tx_code": tx_code}))

    def token(self, offer: Offer) -> str:
        """Redeem an offer that is good."""
        answer = self.redeem(self.code_of(offer), offer.tx_code)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def nonce(self) -> str:
        """A fresh nonce."""
        answer = self.http.post(f"{self.url}/nonce")
        assert answer.status_code == 200
        nonce: str = answer.json()["c_nonce"]
        return nonce

    def proof(
        self,
        key: Signer,
        nonce: str | None,
        *,
        typ: str = "openid4vci-proof+jwt",
        header: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A proof; a claim given as None is left out."""
        payload = {"aud": self.url, "iat": self.now, "nonce": nonce} | claims
        present = {name: value for name, value in payload.items() if value is not None}
        named = {"jwk": key.public_jwk.bare().to_json()} if header is None else header
        return sign_jws(strict_json.dumps_bytes(present), signer=key, typ=typ, header=named)

    def proofs(self, nonce: str | None = None) -> list[str]:
        """One good proof for each key, all with one nonce."""
        fresh = nonce or self.nonce()
        return [self.proof(key, fresh) for key in self.keys]

    def post_credential(
        self, token: str | None, body: Mapping[str, Any] | bytes, **headers: str
    ) -> httpx2.Response:
        """A credential request with this body."""
        content = body if isinstance(body, bytes) else strict_json.dumps_bytes(dict(body))
        sent = {"Content-Type": "application/json"} | headers
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return self.http.post(f"{self.url}/credential", content=content, headers=sent)

    def request(self, proofs: Sequence[str], **members: Any) -> dict[str, Any]:
        """A plain credential request object."""
        return {"credential_configuration_id": CONFIGURATION, "proofs": {"jwt": list(proofs)}} | (
            members
        )

    def ask(self, token: str, proofs: Sequence[str] | None = None) -> httpx2.Response:
        """A plain credential request; with good proofs unless others are given."""
        return self.post_credential(
            token, self.request(self.proofs() if proofs is None else proofs)
        )

    def notify(self, token: str, **members: Any) -> httpx2.Response:
        """A notification with these members."""
        return self.http.post(
            f"{self.url}/notification",
            content=strict_json.dumps_bytes(members),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )

    def claim(self, offer: Offer) -> list[str]:
        """The whole way, for an offer that is good."""
        answer = self.ask(self.token(offer))
        assert answer.status_code == 200, answer.text
        return credentials_of(answer)


def code_in(offer: Offer) -> str:
    """The pre-authorized code that an offer by value carries in its link."""
    link = parse_offer_uri(offer.offer_uri)
    assert isinstance(link, OfferByValue)
    shape = strict_json.loads_object(link.unverified_text, max_bytes=10_000)
    code: str = shape["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
    return code


def credentials_of(answer: httpx2.Response) -> list[str]:
    """The copies in a credential response."""
    return [each["credential"] for each in answer.json()["credentials"]]


def payload_of(credential: str) -> dict[str, Any]:
    """The signed part of a credential, unverified: for looking at, not for believing."""
    from carnet_securing.base64url import decode

    return strict_json.loads_object(decode(credential.split(".")[1]), max_bytes=1_000_000)


def error_of(answer: httpx2.Response) -> str:
    """The OAuth error code of a refusal, which must not be a failure of the server."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["cache-control"] == "no-store"
    error: str = answer.json()["error"]
    return error
