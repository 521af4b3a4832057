"""A crash at every named moment: nothing acknowledged is lost, nothing is used twice.

The crash is an exception that nothing in the issuer catches; the folder is then opened
anew, as after a restart. Killing real processes is the work of the kill loop.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from carnet_hosting.errors import StoreUnavailableError
from carnet_issuer import records
from carnet_issuer.errors import ProtocolError
from carnet_issuer.fail_points import UNDISTURBED, FailPoint, FailPoints
from carnet_issuer.service import Issuer
from carnet_issuer.standing import Reason
from carnet_issuer.store.tables import ISSUANCES, STATUS_ENTRIES
from carnet_issuer.wallet_service import WalletService
from carnet_schemas.form import encode_form
from carnet_schemas.oid4vci import OfferByReference, parse_offer_uri
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.jws import sign_jws
from carnet_securing.native import check_signature
from carnet_securing.signer import SoftwareSigner
from support.issuer_service import (
    CONFIGURATION,
    NOW,
    PASSPHRASE,
    PRE_AUTHORIZED,
    TEMPLATE,
    make_class_list,
    payload_of,
)

CREDENTIAL_POINTS = [
    FailPoint.AFTER_INTENT,
    FailPoint.AFTER_SIGN,
    FailPoint.BEFORE_COMMIT,
    FailPoint.AFTER_COMMIT,
    FailPoint.BEFORE_REPLY,
]


class PowerCut(BaseException):
    """Nothing in the issuer catches this."""


@dataclass
class CrashAt(FailPoints):
    """Crashes the first time a moment is reached."""

    point: FailPoint
    error: BaseException = field(default_factory=PowerCut)
    is_done: bool = False

    def reach(self, point: FailPoint) -> None:
        if point is self.point and not self.is_done:
            self.is_done = True
            raise self.error


@dataclass
class School:
    """An issuer's folder, opened anew after each crash, and a wallet's keys."""

    directory: Path
    issuer: Issuer
    service: WalletService
    keys: list[SoftwareSigner]

    def restart(self, fail_points: FailPoints = UNDISTURBED) -> None:
        """Open the folder anew; the keys are carried over, for their derivation is slow."""
        self.issuer.close()
        self.issuer = Issuer.open(self.directory)
        self.service = WalletService(
            database=self.issuer._database,
            config=self.issuer.config,
            signer=self.service._signer,
            secrets=self.service._secrets,
            check=check_signature,
            fail_points=fail_points,
        )

    def code(self, record: str) -> str:
        offer = self.issuer.offer(record, now=NOW, with_code=False)
        link = parse_offer_uri(offer.offer_uri)
        assert isinstance(link, OfferByReference)
        shape = self.service.offer(link.uri.rsplit("/", 1)[1], now=NOW)
        assert shape is not None
        code: str = shape["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        return code

    def redeem(self, code: str) -> str:
        form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code}
        token: str = self.service.token(encode_form(form).encode(), now=NOW)["access_token"]
        return token

    def ask(self, token: str) -> bytes:
        nonce = self.service.nonce(now=NOW)
        claims = {"aud": self.issuer.config.url, "iat": NOW, "nonce": nonce}
        proofs = [
            sign_jws(
                strict_json.dumps_bytes(claims),
                signer=key,
                typ="openid4vci-proof+jwt",
                header={"jwk": key.public_jwk.bare().to_json()},
            )
            for key in self.keys
        ]
        body = {"credential_configuration_id": CONFIGURATION, "proofs": {"jwt": proofs}}
        return self.service.credential(
            strict_json.dumps_bytes(body), encrypted=False, access_token=token, now=NOW
        ).body

    def rows(self, query: Any) -> list[Any]:
        with self.issuer._database.read() as connection:
            return list(connection.execute(query))

    def check_invariants(self) -> None:
        """No place twice, no signature without an intent, the database whole."""
        with self.issuer._database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        places = self.rows(select(STATUS_ENTRIES.c.list_id, STATUS_ENTRIES.c.position))
        assert len(places) == len(set(places))
        for row in self.rows(select(ISSUANCES)):
            intended = strict_json.loads_object(row.intended, max_bytes=100_000)
            reserved = self.rows(
                select(STATUS_ENTRIES.c.position).where(STATUS_ENTRIES.c.issuance_id == row.id)
            )
            assert sorted(intended["indices"]) == sorted(place for (place,) in reserved)
            assert (row.state == "issued") == (row.issued_at is not None)


@pytest.fixture(scope="module")
def unlocked(tmp_path_factory: pytest.TempPathFactory) -> School:
    """Made once; every test works on its own copy of the folder."""
    directory = tmp_path_factory.mktemp("made") / "school"
    issuer = Issuer.create(
        directory, name="École", url="http://localhost:1", passphrase=PASSPHRASE, now=NOW
    )
    template = issuer.add_template(TEMPLATE, now=NOW)
    issuer.import_class(make_class_list(3), template_id=template.id, now=NOW)
    service = issuer.unlock(passphrase=PASSPHRASE)
    issuer.close()
    keys = [SoftwareSigner.generate("ES256") for _ in range(3)]
    return School(directory=directory, issuer=issuer, service=service, keys=keys)


@pytest.fixture
def school(tmp_path: Path, unlocked: School) -> Iterator[School]:
    directory = tmp_path / "school"
    shutil.copytree(unlocked.directory, directory)
    school = replace(unlocked, directory=directory)
    school.restart()
    yield school
    school.issuer.close()


def indices(answer: bytes) -> list[int]:
    shape = strict_json.loads_object(answer, max_bytes=1_000_000)
    payloads = [payload_of(each["credential"]) for each in shape["credentials"]]
    return [payload["status"]["status_list"]["idx"] for payload in payloads]


@pytest.mark.parametrize("point", CREDENTIAL_POINTS)
def test_G1_crash_while_issuing(school: School, point: FailPoint) -> None:
    record = school.issuer.list(now=NOW)[0].id
    token = school.redeem(school.code(record))
    school.restart(CrashAt(point))
    with pytest.raises(PowerCut):
        school.ask(token)
    school.restart()
    school.check_invariants()
    was_stored = point in (FailPoint.AFTER_COMMIT, FailPoint.BEFORE_REPLY)
    kept = [row.answer for row in school.rows(select(ISSUANCES)) if row.state == "issued"]
    assert len(kept) == int(was_stored)
    answer = school.ask(token)
    assert school.ask(token) == answer
    if was_stored:
        assert answer == bytes(kept[0])
    else:
        lost = {
            place
            for row in school.rows(select(ISSUANCES))
            if row.state != "issued"
            for place in strict_json.loads_object(row.intended, max_bytes=9_999)["indices"]
        }
        assert lost
        assert lost.isdisjoint(indices(answer))
    school.check_invariants()
    assert school.issuer.list(now=NOW)[0].state == "issued"


@pytest.mark.parametrize("point", [FailPoint.AFTER_REDEEM, FailPoint.BEFORE_REPLY])
def test_G1_crash_while_redeeming(school: School, point: FailPoint) -> None:
    record = school.issuer.list(now=NOW)[0].id
    code = school.code(record)
    school.restart(CrashAt(point))
    with pytest.raises(PowerCut):
        school.redeem(code)
    school.restart()
    with pytest.raises(ProtocolError) as caught:
        school.redeem(code)
    assert caught.value.code == "invalid_grant"
    assert school.issuer.list(now=NOW)[0].state == "offered"
    # DESIGN 4.9: a lost token response needs a new offer, and that is enough.
    assert school.ask(school.redeem(school.code(record)))
    school.check_invariants()


@pytest.mark.parametrize("point", CREDENTIAL_POINTS)
def test_E22_database_lost_in_the_middle_is_told_and_retried(
    school: School, point: FailPoint
) -> None:
    token = school.redeem(school.code(school.issuer.list(now=NOW)[0].id))
    outage = StoreUnavailableError(ErrorKind.UNAVAILABLE, "gone", retry_after=5)
    school.restart(CrashAt(point, outage))
    with pytest.raises(StoreUnavailableError):
        school.ask(token)
    answer = school.ask(token)
    assert school.ask(token) == answer
    school.check_invariants()


def test_E21_withdrawn_after_the_intent_wins(school: School) -> None:
    record = school.issuer.list(now=NOW)[0].id
    token = school.redeem(school.code(record))

    class WithdrawAt(FailPoints):
        def reach(self, point: FailPoint) -> None:
            if point is FailPoint.AFTER_SIGN:
                school.issuer.withdraw(record, Reason.FRAUD_ESTABLISHED, now=NOW)

    school.restart(WithdrawAt())
    with pytest.raises(ProtocolError) as caught:
        school.ask(token)
    assert caught.value.code == "credential_request_denied"
    entries = school.rows(select(STATUS_ENTRIES.c.value))
    assert {value for (value,) in entries} == {1}
    assert {row.state for row in school.rows(select(ISSUANCES))} == {"abandoned"}
    school.check_invariants()


def _no_template(issuer: Issuer) -> None:
    issuer.import_class(make_class_list(2), template_id="tnone", now=NOW)


def _no_list(issuer: Issuer) -> None:
    issuer.import_class(b"x", template_id=issuer_template(issuer), now=NOW)


def issuer_template(issuer: Issuer) -> str:
    return issuer.list(now=NOW)[0].template


@pytest.mark.parametrize("fail", [_no_template, _no_list])
def test_E06_an_import_that_fails_leaves_nothing(
    school: School, fail: Callable[[Issuer], None]
) -> None:
    before = school.issuer.list(now=NOW)
    with pytest.raises(CarnetError):
        fail(school.issuer)
    assert school.issuer.list(now=NOW) == before


def test_E06_an_import_interrupted_leaves_nothing(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = issuer_template(school.issuer)
    before = school.issuer.list(now=NOW)
    monkeypatch.setattr(records, "note", _cut)
    with pytest.raises(PowerCut):
        school.issuer.import_class(make_class_list(40), template_id=template, now=NOW)
    monkeypatch.undo()
    school.restart()
    assert school.issuer.list(now=NOW) == before


def _cut(*_: object, **__: object) -> None:
    raise PowerCut


def test_a_passphrase_that_is_wrong(school: School) -> None:
    with pytest.raises(InvalidError) as caught:
        school.issuer.unlock(passphrase="another")
    assert caught.value.kind == "vault_passphrase"
