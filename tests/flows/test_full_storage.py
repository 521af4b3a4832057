"""A disk with no room left: a typed error, no acknowledgement, and what was there still there.

The issuer's database is given no more pages than it has; the wallet's disk fails at every
one of its calls in turn; and both stand once on a real, tiny file system that is full.
"""

import contextlib
import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from carnet_hosting.database import Database
from carnet_hosting.errors import StoreUnavailableError
from carnet_issuer.standing import Reason
from carnet_issuer.store.tables import METADATA
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.signer import SoftwareSigner
from carnet_wallet.errors import ClaimRefusedError
from carnet_wallet.vault.vault import Vault
from carnet_wallet.wallet import Wallet
from killloop.ledger import broken_rules
from killloop.office import token_form
from support.commands import CARNET
from support.issuer_service import (
    PASSPHRASE,
    BareWallet,
    RunningIssuer,
    credentials_of,
    make_class_list,
    running_issuer,
)
from support.vaults import FailingDisk
from support.verifier_world import QUERY
from support.wallet_world import NOW, Asker, OfferingIssuer, World

PEOPLE = 150


class Room:
    """How many pages the database of a test may have; as many as it wants until `end`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._most = 2**32 - 2
        event.listen(database._engine, "checkout", self._limit)

    def _limit(self, connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={self._most}").fetchone()

    def end(self) -> None:
        """From now on no page more than there are."""
        with self._database.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            assert connection.exec_driver_sql("PRAGMA freelist_count").scalar() == 0
        assert isinstance(pages, int)
        self._most = pages

    def make(self) -> None:
        """Somebody has cleared up."""
        self._most = 2**32 - 2


@pytest.fixture
def school(tmp_path: Path) -> Iterator[RunningIssuer]:
    with running_issuer(tmp_path, people=PEOPLE) as running:
        yield running


def contents(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.read() as connection:
        return {
            name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}"))))  # noqa: S608 - names of our tables
            for name in METADATA.tables
        }


def refused(step: Callable[[], object]) -> ErrorKind | None:
    """The kind a step is refused with for want of storage, None when it was done."""
    try:
        step()
    except StoreUnavailableError as error:
        return error.kind if error.retry_after > 0 else None
    return None


def fills_up(school: RunningIssuer, steps: list[Callable[[], object]]) -> None:
    """Do steps until one finds no room; it changes nothing, and can be done afterwards."""
    database = school.issuer._database
    room = Room(database)
    room.end()
    for step in steps:
        before = contents(database)
        kind = refused(step)
        if kind is not None:
            assert kind is ErrorKind.STORAGE_FULL
            assert contents(database) == before
            break
    else:
        pytest.fail("the database was never full")
    room.make()
    step()
    assert contents(database) != before
    with database.read() as connection:
        assert broken_rules(connection) == []


def test_E22_a_class_list_that_does_not_fit_is_not_imported_in_part(school: RunningIssuer) -> None:
    people = make_class_list(PEOPLE + 200).splitlines()
    rest = b"\n".join([people[0], *people[PEOPLE + 1 :]])

    fills_up(
        school,
        [
            lambda: school.issuer.import_class(rest, template_id=school.template_id, now=NOW),
        ],
    )


def test_E22_an_offer_that_does_not_fit_ends_no_other(school: RunningIssuer) -> None:
    def offer(record: str) -> Callable[[], object]:
        return lambda: school.offer(record_id=record)

    fills_up(school, [offer(record) for record in school.record_ids])


def test_E22_a_code_is_not_burnt_when_its_token_does_not_fit(school: RunningIssuer) -> None:
    with BareWallet(url=school.url) as wallet:
        offers = [school.offer(record_id=record) for record in school.record_ids]
        codes = [(wallet.code_of(offer), offer.tx_code) for offer in offers]

    def redeem(code: str, tx_code: str | None) -> Callable[[], object]:
        return lambda: school.service.token(token_form(code, tx_code), now=NOW)

    fills_up(school, [redeem(*code) for code in codes])


@pytest.mark.parametrize("change", ["pause", "withdraw"])
def test_E22_a_change_of_standing_that_does_not_fit_is_not_half_made(
    school: RunningIssuer, change: str
) -> None:
    def stand(record: str) -> Callable[[], object]:
        return lambda: getattr(school.issuer, change)(record, Reason.ISSUED_IN_ERROR, now=NOW)

    fills_up(school, [stand(record) for record in school.record_ids])


def test_E22_a_wallet_is_told_to_come_back_and_gets_its_copies_then(school: RunningIssuer) -> None:
    database = school.issuer._database
    room = Room(database)
    with BareWallet(url=school.url) as wallet:
        tokens = [wallet.token(school.offer(record_id=r)) for r in school.record_ids[:60]]
        room.end()
        for token in tokens:
            wallet.keys = [SoftwareSigner.generate("ES256") for _ in range(10)]
            answer = wallet.ask(token)
            if answer.status_code != 200:
                break
        assert (answer.status_code, answer.json()["kind"]) == (503, "storage_full")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["cache-control"] == "no-store"
        # Who only reads is not concerned.
        assert wallet.http.get(f"{school.url}/.well-known/jwt-vc-issuer").status_code == 200

        room.make()
        given = wallet.ask(token)

        assert given.status_code == 200, given.text
        assert len(set(credentials_of(given))) == 10
    with database.read() as connection:
        assert broken_rules(connection) == []


def claim(wallet: Wallet, issuer: OfferingIssuer) -> None:
    wallet.claim(wallet.open_offer(issuer.link), tx_code=issuer.tx_code, now=NOW)


def claim_again(wallet: Wallet, issuer: OfferingIssuer, hint: str) -> None:
    """Go on with the same offer; another is needed only where that was said."""
    with contextlib.suppress(ClaimRefusedError):
        claim(wallet, issuer)
        return
    assert "ask for a new one" in hint
    issuer.redeemed, issuer.code = False, "code-2"
    claim(wallet, issuer)


def on_failing_disk(world: World, disk: FailingDisk) -> Wallet:
    """The world's wallet on a disk that fails."""
    with world.open():
        pass
    vault = Vault.open_with_key(world.folder, data_key=world.data_key, calls=disk)
    return Wallet.over(vault, world.surroundings())


CALLS = 120
"""More calls to the disk than a claim and a showing make."""


@pytest.mark.parametrize("first", range(6))
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_S13_a_claim_whose_disk_fails_at_one_call_is_finished_later(
    tmp_path: Path, error: int, first: int
) -> None:
    failures = 0
    for nth in range(1 + first, CALLS, 18):
        world = World(tmp_path / str(nth))
        issuer = OfferingIssuer(world.web)
        asker = Asker(world.web)
        disk = FailingDisk(nth, error)
        kind, hint = None, ""
        try:
            with on_failing_disk(world, disk) as wallet:
                claim(wallet, issuer)
                show(wallet, asker)
        except CarnetError as refusal:
            kind, hint = refusal.kind, refusal.hint
            assert kind is ErrorKind.STORAGE_FULL
        failures += kind is not None

        with world.open() as wallet:
            held = wallet.list(now=NOW)
            if not held:
                assert kind is not None
                assert issuer.notified == []
                claim_again(wallet, issuer, hint)
            wallet.settle_notifications(now=NOW)
            (card,) = wallet.list(now=NOW)
            assert len(wallet.card(card.card.card_id).copies) == 10
            assert wallet.unfinished_claims() == ()
            assert len(asker.given) <= len(wallet.history()), "history comes first"
    assert failures > 0


def show(wallet: Wallet, asker: Asker) -> None:
    question = wallet.prepare(asker.link, lang="en", now=NOW)
    assert question.preview is not None
    wallet.present(question, question.preview.agree(), now=NOW)


MAKING = {
    "issuer": ["--name", "École", "--url", "http://localhost:8700"],
    "verifier": ["--name", "Atelier", "--url", "http://localhost:8701"],
}


def with_small_files(largest: int, *arguments: str) -> dict[str, Any]:
    """A command whose system refuses files beyond so many bytes, as a full disk would."""
    done = subprocess.run(
        [*CARNET, *arguments, "--json"],
        capture_output=True,
        check=False,
        env={**os.environ, "CARNET_PASSPHRASE": PASSPHRASE},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
    )
    assert done.returncode in {0, 1}, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("largest", [300, 8_192])
@pytest.mark.parametrize("role", MAKING)
def test_E22_a_service_is_made_whole_or_not_at_all(tmp_path: Path, role: str, largest: int) -> None:
    place = tmp_path / "made"
    refused = with_small_files(largest, role, "init", str(place), *MAKING[role])
    assert refused["error"]["kind"] == "storage_full"
    assert "again in a moment" not in refused["error"]["hint"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("largest", [0, 4_096])
def test_E22_a_question_that_does_not_fit_is_not_asked(tmp_path: Path, largest: int) -> None:
    place, query = tmp_path / "made", tmp_path / "query.json"
    with_small_files(2**24, "verifier", "init", str(place), *MAKING["verifier"])
    query.write_text(json.dumps(QUERY))
    ask = ("verifier", "ask", str(place), "--query", str(query))
    assert with_small_files(largest, *ask)["error"]["kind"] == "storage_full"
    assert with_small_files(2**24, *ask)["id"]


def test_S13_E22_issuer_and_wallet_on_a_real_disk_that_is_full(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed, which gives a test a disk of its own")
    tried = subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine gives a test no disk of its own")
    script = Path(__file__).resolve().parents[1] / "killloop" / "small_disk.py"
    done = subprocess.run(
        [unshare, "-rm", sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert [one for one in said if one["found"]] == []
    for who in ("issuer", "wallet"):
        refusals = [one["refused"] for one in said if one["who"] == who]
        assert "storage_full" in refusals
        assert set(refusals) <= {"storage_full", None}
