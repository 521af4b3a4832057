"""After the kill: open the issuer again and hold it to what it acknowledged.

First the database is looked at as it is; then the wallet that was cut off comes back and
sends again what it sent before.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from carnet_issuer.errors import ProtocolError
from carnet_issuer.grant_codes import read_code
from carnet_issuer.issuance import NOTIFICATION
from carnet_issuer.offers import ACCESS_TOKEN
from carnet_issuer.opaque import stored
from carnet_securing import strict_json
from carnet_securing.credential import (
    IssuerKey,
    holder_key_of,
    parse_credential,
    verify_credential,
)
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from killloop.journal import ACK, TRY, WRONG, Fact, of
from killloop.ledger import broken_rules
from killloop.office import COPIES, Holder, token_form
from killloop.school import OpenSchool, place_of

VCT = "urn:carnet:skill-certificate:1"


@dataclass
class Seen:
    """Places of all credentials that ever left one issuer, over all rounds."""

    places: dict[tuple[str, int], str] = field(default_factory=dict)

    def add(self, credential: str) -> bool:
        """Whether the place of a credential is its own."""
        place = place_of(credential.encode("ascii"))
        if place is None:
            return False
        return self.places.setdefault(place, credential) == credential


@dataclass
class IssuerCheck:
    """One round's facts against the issuer that came back."""

    school: OpenSchool
    facts: list[Fact]
    seen: Seen
    now: int
    problems: list[str] = field(default_factory=list)

    def run(self) -> list[str]:
        """Everything that is wrong, in words."""
        self.problems += [fact["what"] for fact in self.facts if fact["stage"] == WRONG]
        self.problems += self.school.unintended(of(self.facts, TRY, "sign"))
        for step in (self._rules, self._acknowledged, self._codes, self._claims, self._rules):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - a check that fails has found something
                self.problems.append(f"the issuer cannot go on: {error!r}")
        return self.problems

    def _is(self, sound: object, problem: str) -> None:
        if not sound:
            self.problems.append(problem)

    def _rules(self) -> None:
        with self.school.database.read() as connection:
            self.problems += broken_rules(connection)

    def _one(self, query: str, **values: Any) -> Any:
        with self.school.database.read() as connection:
            return connection.execute(text(query), values).one_or_none()

    def _acknowledged(self) -> None:
        """What was acknowledged is there, in rows."""
        for fact in of(self.facts, ACK, "import"):
            for record in fact["records"]:
                found = self._one("SELECT id FROM records WHERE id = :id", id=record)
                self._is(found, "an imported record is lost")
        for fact in of(self.facts, ACK, "offer"):
            self._is(self._offer(fact["code"]), "an offer is lost")
        for fact in of(self.facts, ACK, "redeem"):
            found = self._one(
                "SELECT hash FROM tokens WHERE hash = :hash",
                hash=stored(fact["token"], purpose=ACCESS_TOKEN),
            )
            self._is(found, "a token is lost")
        for fact in of(self.facts, ACK, "notify"):
            row = self._issuance(fact["token"])
            self._is(row is not None and row.event, "a notification is lost")
        self._standings()
        self._published()

    def _standings(self) -> None:
        last: dict[str, set[str]] = {}
        for fact in self.facts:
            if fact["what"] == "stand":
                at_stake = last.setdefault(fact["record"], {"valid"})
                if fact["stage"] == TRY:
                    at_stake.add(fact["standing"])
                else:
                    last[fact["record"]] = {fact["standing"]}
        for record, standings in last.items():
            row = self._one("SELECT standing FROM records WHERE id = :id", id=record)
            self._is(row and row.standing in standings, "a change of standing is lost")

    def _published(self) -> None:
        for fact in of(self.facts, ACK, "publish"):
            row = self._one("SELECT published_version, published_at, token FROM status_lists")
            self._is(row.published_version >= fact["version"], "a published list went back")
            self._is(row.published_at >= fact["issued_at"], "a list's time went back")
            same = (row.published_version, row.published_at) == (fact["version"], fact["issued_at"])
            self._is(
                not same or bytes(row.token).decode() == fact["token"], "one list has two tokens"
            )

    def _offer(self, code: str) -> Any:
        return self._one(
            "SELECT state FROM offers WHERE code_hash = :hash",
            hash=read_code(
                self.school.service._secrets.nonce_key,
                code,
                issuer=self.school.issuer.config.url,
                now=self.now,
            ).hash,
        )

    def _issuance(self, token: str) -> Any:
        return self._one(
            "SELECT i.answer, i.event, i.state FROM issuances i"
            " JOIN tokens t ON t.issuance_id = i.id WHERE t.hash = :hash",
            hash=stored(token, purpose=ACCESS_TOKEN),
        )

    def _asked(self, method: Callable[..., Any], *said: Any, **how: Any) -> Any:
        try:
            return method(*said, **how, now=self.now)
        except ProtocolError as refusal:
            return refusal

    def _codes(self) -> None:
        """A code that was redeemed is dead; one that was not gives its one token."""
        acknowledged = {fact["code"] for fact in of(self.facts, ACK, "redeem")}
        for fact in of(self.facts, TRY, "redeem"):
            code, form = fact["code"], token_form(fact["code"], fact["tx_code"])
            before = self._offer(code).state
            answer = self._asked(self.school.service.token, form)
            if code in acknowledged or before == "redeemed":
                self._refused(answer, "invalid_grant", "a code was redeemed twice")
            elif before == "open":
                self._is(isinstance(answer, dict), "an unused code is refused")
                again = self._asked(self.school.service.token, form)
                self._refused(again, "invalid_grant", "a code was redeemed twice")
            else:
                self.problems.append("a code died that nobody ended")

    def _refused(self, answer: Any, code: str, problem: str) -> None:
        self._is(isinstance(answer, ProtocolError) and answer.code.value == code, problem)

    def _claims(self) -> None:
        """The same request for the same keys, until the wallet has said that it has them."""
        answered = {fact["token"]: fact["answer"] for fact in of(self.facts, ACK, "ask")}
        spent = {fact["nonce"] for fact in of(self.facts, ACK, "ask")}
        for fact in of(self.facts, TRY, "ask"):
            if fact["nonce"] in spent:
                again = self._ask(fact["token"], fact["request"].encode("ascii"))
                self._refused(again, "invalid_nonce", "a nonce was taken twice")
        for token, fact in {each["token"]: each for each in of(self.facts, TRY, "ask")}.items():
            self._claim(token, fact, answered.get(token))

    def _claim(self, token: str, fact: Fact, acknowledged: str | None) -> None:
        row = self._issuance(token)
        standing = self._one("SELECT standing FROM records WHERE id = :id", id=fact["record"])
        self._is(acknowledged is None or row is not None, "a credential answer is lost")
        holder = Holder.known(self.school.issuer.config.url, self.now, fact["keys"])
        given = self._ask_anew(token, holder)
        if standing.standing != "valid" or (row is not None and row.event):
            self._refused(given, "credential_request_denied", "an ended claim gave copies")
            if acknowledged is not None:
                self._good_copies(acknowledged, token, holder)
            return
        if isinstance(given, ProtocolError):
            self.problems.append(f"a claim cannot be gone on with: {given.code.value}")
            return
        if row is not None:
            self._is(bytes(row.answer) == given.body, "other bytes than those that were stored")
        if acknowledged is not None:
            self._is(given.body.decode() == acknowledged, "other bytes than those sent before")
        repeated = self._ask_anew(token, holder)
        same = not isinstance(repeated, ProtocolError) and repeated.body == given.body
        self._is(same, "asked again, the answer changed")
        thief = self._ask_anew(token, Holder.fresh(holder.url, self.now))
        self._refused(thief, "credential_request_denied", "a token gave copies for other keys")
        self._good_copies(given.body.decode(), token, holder)

    def _ask_anew(self, token: str, holder: Holder) -> Any:
        return self._ask(token, holder.request(self.school.service.nonce(now=self.now)))

    def _ask(self, token: str, body: bytes) -> Any:
        return self._asked(
            self.school.service.credential, body, encrypted=False, access_token=token
        )

    def _good_copies(self, answer: str, token: str, holder: Holder) -> None:
        """Ten copies, each for its key, each verifiable, each with a place of its own."""
        shape = strict_json.loads_object(answer, max_bytes=10**7)
        known = self._one(
            "SELECT 1 FROM issuances WHERE notification_hash = :hash",
            hash=stored(shape["notification_id"], purpose=NOTIFICATION),
        )
        self._is(known, "the notification id of an answer is unknown")
        copies = [each["credential"] for each in shape["credentials"]]
        keys = [self.holder_key(copy) for copy in copies]
        wanted = [key.public_jwk.thumbprint for key in holder.keys]
        self._is(sorted(keys) == sorted(wanted), f"{len(copies)} copies for {COPIES} keys")
        self._is(all(self.seen.add(copy) for copy in copies), "a place was given twice")

    def holder_key(self, copy: str) -> str:
        """The key of a copy that verifies."""
        return verified_holder(self.school, copy, now=self.now)


def verified_holder(school: OpenSchool, copy: str, *, now: int) -> str:
    """Verify a copy by the issuer's key; the thumbprint of its holder's key.

    Raises:
        InvalidError: what was signed does not verify.
    """
    config = school.issuer.config
    credential = verify_credential(
        parse_credential(copy, limits=ISSUED),
        issuer_key=IssuerKey(
            issuer=config.url, key=config.signing_key, route=IssuerKeyRoute.METADATA
        ),
        vcts={VCT},
        now=now,
        check=check_signature,
        limits=ISSUED,
    )
    return holder_key_of(credential).thumbprint
