"""An issuer's day in a process that will be killed: import, offer, redeem, issue, pause.

Everything goes through the issuer's own facade. What is attempted and what is acknowledged
goes into the journal; a promise broken in plain sight is noted there too.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from carnet_issuer.errors import ProtocolError
from carnet_issuer.standing import Reason
from carnet_schemas.form import encode_form
from carnet_schemas.oid4vci import OfferByReference, parse_offer_uri
from carnet_securing import strict_json
from carnet_securing.signer import SoftwareSigner
from killloop.journal import Journal
from killloop.school import OpenSchool
from support.issuer_service import PRE_AUTHORIZED, BareWallet

COPIES = 10
_RACERS = 4


@dataclass
class Holder:
    """Whoever claims: keys, and the messages of OpenID4VCI made with them."""

    url: str
    now: int
    keys: list[SoftwareSigner] = field(default_factory=list)

    @classmethod
    def fresh(cls, url: str, now: int) -> "Holder":
        """With ten new keys."""
        return cls(url, now, [SoftwareSigner.generate("ES256") for _ in range(COPIES)])

    @classmethod
    def known(cls, url: str, now: int, keys: Sequence[str]) -> "Holder":
        """With keys a journal kept."""
        made = [SoftwareSigner.from_private_bytes("ES256", bytes.fromhex(key)) for key in keys]
        return cls(url, now, made)

    @property
    def for_the_journal(self) -> list[str]:
        """The keys as text. They are made for one round and protect nothing."""
        return [key.private_bytes().hex() for key in self.keys]

    def request(self, nonce: str) -> bytes:
        """A credential request with a proof for each key."""
        wallet = BareWallet(url=self.url, now=self.now, keys=self.keys)
        return strict_json.dumps_bytes(wallet.request(wallet.proofs(nonce)))


def token_form(code: str, tx_code: str | None) -> bytes:
    """A token request."""
    form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code}
    return encode_form(form if tx_code is None else form | {"tx_code": tx_code}).encode("ascii")


def class_list(tag: str, people: int) -> bytes:
    """Invented people nobody has imported before, as long as the tag is new."""
    letters = "".join(chr(ord("a") + int(digit, 16)) for digit in tag.encode().hex())
    rows = [
        f"Famille{letters}{'xyzw'[n % 4]},Prénom{letters},{tag}-{n}@example.org"
        for n in range(people)
    ]
    return "\n".join(["Nom,Prénom,Courriel", *rows]).encode()


@dataclass
class Day:
    """What one process does before it dies."""

    school: OpenSchool
    journal: Journal
    rng: random.Random
    now: int
    tag: str

    def work(self) -> None:
        """Two claims and some office work, in an order of chance."""
        records = self.import_class(4)
        steps: list[Callable[[], None]] = [
            lambda: self.claim(records[0], tells=False),
            lambda: self.claim(records[1], tells=True),
            lambda: self.office(records[2]),
            self.publish,
        ]
        self.rng.shuffle(steps)
        for step in steps:
            step()
        self.withdraw_after_issue(records[3])

    def import_class(self, people: int) -> list[str]:
        self.journal.tries("import", people=people)
        report, _ = self.school.issuer.import_class(
            class_list(self.tag, people), template_id=self.school.template_id, now=self.now
        )
        self.journal.acknowledged("import", records=list(report.record_ids))
        return list(report.record_ids)

    def offer(self, record: str) -> tuple[str, str | None]:
        """A code and its collection code."""
        self.journal.tries("offer", record=record)
        with_code = self.rng.random() < 0.5
        made = self.school.issuer.offer(
            record, now=self.now, with_code=with_code, lifetime=86_400 if with_code else None
        )
        link = parse_offer_uri(made.offer_uri)
        assert isinstance(link, OfferByReference)
        address = link.uri.rsplit("/", 1)[1]
        shape = self.school.service.offer(address, now=self.now)
        if shape is None:
            self.journal.wrong("an offer just made cannot be found")
            raise AssertionError
        code: str = shape["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        self.journal.acknowledged("offer", record=record, code=code, tx_code=made.tx_code)
        return code, made.tx_code

    def redeem(self, record: str, code: str, tx_code: str | None) -> str:
        """The one token of a code; everybody who tries at the same time gets none."""
        self.journal.tries("redeem", record=record, code=code, tx_code=tx_code)
        tokens: list[str] = []

        def try_it() -> None:
            answer = self.asked(self.school.service.token, token_form(code, tx_code), now=self.now)
            if isinstance(answer, dict):
                tokens.append(answer["access_token"])
                self.journal.acknowledged("redeem", code=code, token=answer["access_token"])

        self.together(try_it)
        if len(tokens) != 1:
            self.journal.wrong(f"a code gave {len(tokens)} tokens")
            raise AssertionError
        return tokens[0]

    def claim(self, record: str, *, tells: bool) -> None:
        """The whole way, with every message repeated that may be repeated, and those that not."""
        code, tx_code = self.offer(record)
        token = self.redeem(record, code, tx_code)
        holder = Holder.fresh(self.school.issuer.config.url, self.now)
        answers = self.ask(record, token, holder)
        if len(set(answers)) != 1:
            self.journal.wrong("the same request gave different copies")
            raise AssertionError
        if tells:
            notification = strict_json.loads_object(answers[0], max_bytes=10**7)["notification_id"]
            self.notify(token, notification)

    def ask(self, record: str, token: str, holder: Holder) -> list[bytes]:
        """Ask for ten copies, several times at once; all get the same bytes."""
        answers: list[bytes] = []

        def try_it() -> None:
            nonce = self.school.service.nonce(now=self.now)
            body = holder.request(nonce)
            said = {"token": token, "nonce": nonce, "record": record}
            self.journal.tries("ask", keys=holder.for_the_journal, request=body.decode(), **said)
            answer = self.asked(
                self.school.service.credential,
                body,
                encrypted=False,
                access_token=token,
                now=self.now,
            )
            if not isinstance(answer, ProtocolError):
                answers.append(answer.body)
                self.journal.acknowledged("ask", answer=answer.body.decode(), **said)
            if self.asked_again(body, token):
                self.journal.wrong("a nonce was taken twice")

        self.together(try_it)
        return answers

    def asked_again(self, body: bytes, token: str) -> bool:
        """Whether a request is taken with a nonce that was spent by it."""
        answer = self.asked(
            self.school.service.credential, body, encrypted=False, access_token=token, now=self.now
        )
        return not (isinstance(answer, ProtocolError) and answer.code.value == "invalid_nonce")

    def notify(self, token: str, notification: str) -> None:
        self.journal.tries("notify", token=token)
        body = strict_json.dumps_bytes(
            {"notification_id": notification, "event": "credential_accepted"}
        )
        self.school.service.notification(body, access_token=token, now=self.now)
        self.journal.acknowledged("notify", token=token)

    def office(self, record: str) -> None:
        """Pause, resume, withdraw."""
        steps = [("pause", "paused"), ("resume", "valid"), ("withdraw", "withdrawn")]
        for action, standing in steps:
            self.stand(record, action, standing)

    def stand(self, record: str, action: str, standing: str) -> None:
        self.journal.tries("stand", record=record, standing=standing)
        change: Any = getattr(self.school.issuer, action)
        reason = Reason.REVIEW_ENDED if action == "resume" else Reason.ISSUED_IN_ERROR
        change(record, reason, now=self.now)
        self.journal.acknowledged("stand", record=record, standing=standing)

    def withdraw_after_issue(self, record: str) -> None:
        """Claim, pause and withdraw; from then on the published list says so."""
        self.claim(record, tells=self.rng.random() < 0.5)
        self.stand(record, "pause", "paused")
        self.stand(record, "withdraw", "withdrawn")
        self.publish()

    def publish(self) -> None:
        """Have the status list signed, as a reader does by reading it."""
        (address,) = self.school.service.status_aggregation()["status_lists"]
        published = self.school.service.status_list(address.rsplit("/", 1)[1], now=self.now)
        if published is None:
            self.journal.wrong("a published list is not there")
            raise AssertionError
        self.journal.acknowledged(
            "publish",
            version=published.version,
            issued_at=published.issued_at,
            token=published.token.decode("ascii"),
        )

    def asked(self, method: Callable[..., Any], *said: Any, **how: Any) -> Any:
        """An answer, or the refusal."""
        try:
            return method(*said, **how)
        except ProtocolError as refusal:
            return refusal

    def together(self, step: Callable[[], None]) -> None:
        """Do something several times at once now and then, else once."""
        if self.rng.random() < 0.6:
            step()
            return
        failures: list[BaseException] = []

        def careful() -> None:
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - raised again below
                failures.append(error)

        threads = [threading.Thread(target=careful, daemon=True) for _ in range(_RACERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
