"""Promises broken on purpose, which the checks must find: finding nothing proves nothing.

Each sabotage breaks one promise in one round in which nobody is killed, and names what the
checks have to say about it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text

from carnet_wallet.records import CARD, COPY, SHOWING
from carnet_wallet.vault.vault import FILE, Change, Put, Remove, Vault
from killloop.disturbances import WatchedDatabase
from killloop.purse import Purse
from killloop.rounds import Grounds, Sabotage, issuer_round, wallet_round
from killloop.shop import DATABASE, Shop
from killloop.verifier_round import verifier_round
from support.wallet_world import WorldWeb


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A sabotage, and words of the problem it must lead to."""

    how: Sabotage
    found_as: str


def _sql(*statements: str, file: str = "issuer.db") -> Callable[[Path], None]:
    def meddle(folder: Path) -> None:
        with sqlite3.connect(folder / file) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return meddle


class ForgetfulDatabase(WatchedDatabase):
    """Acknowledges what wallets notify, and keeps nothing of it."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As `Database.write`, sometimes for nothing."""
        try:
            with super().write() as connection:
                yield connection
                last = text("SELECT name FROM events ORDER BY id DESC LIMIT 1")
                if connection.scalar(last) == "notified":
                    raise _ForgottenError
        except _ForgottenError:
            pass


class _ForgottenError(Exception):
    pass


class HastyDatabase(WatchedDatabase):
    """Does not wait for the disk."""

    def __init__(self, *said: Any, **how: Any) -> None:
        super().__init__(*said, **how)
        event.listen(self._engine, "connect", _do_not_wait)


def _do_not_wait(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


def _late(*kinds: str) -> type[Vault]:
    class LateVault(Vault):
        """Keeps some records only with the change after theirs."""

        held_back: Sequence[Change] = ()

        def commit(self, changes: Sequence[Change]) -> None:
            due, late = self.held_back, list[Change]()
            now: list[Change] = []
            for change in changes:
                is_late = isinstance(change, Put) and change.kind in kinds
                (late if is_late else now).append(change)
            self.held_back = late
            super().commit([*due, *now])

        def get(self, kind: str, record_id: str) -> Any:
            for change in self.held_back:
                if isinstance(change, Put) and (change.kind, change.record_id) == (kind, record_id):
                    return change.value
            return super().get(kind, record_id)

    return LateVault


def _drop(kind: str) -> Callable[[Purse], None]:
    def meddle(purse: Purse) -> None:
        with purse.open(WorldWeb()) as wallet:
            last = wallet._vault.ids(kind)[-1]
            wallet._vault.commit([Remove(kind=kind, record_id=last)])

    return meddle


def _cut(purse: Purse) -> None:
    file = purse.folder / FILE
    file.write_bytes(file.read_bytes()[:-1])


ISSUER_CASES = {
    "a write is acknowledged and not kept": Case(
        how=Sabotage(database_type=ForgetfulDatabase), found_as="a notification is lost"
    ),
    "a connection does not wait for the disk": Case(
        how=Sabotage(database_type=HastyDatabase), found_as="does not write through"
    ),
    "a record is lost": Case(
        how=Sabotage(school=_sql("DELETE FROM records WHERE rowid = 3")),
        found_as="an imported record is lost",
    ),
    "an offer is lost": Case(
        how=Sabotage(school=_sql("DELETE FROM offers WHERE rowid = 1")),
        found_as="an offer is lost",
    ),
    "a token is lost": Case(
        how=Sabotage(school=_sql("DELETE FROM tokens WHERE rowid = 1")),
        found_as="a token is lost",
    ),
    "a code lives on": Case(
        how=Sabotage(school=_sql("DELETE FROM tokens", "UPDATE offers SET state = 'open'")),
        found_as="a code was redeemed twice",
    ),
    "nonces are forgotten": Case(
        how=Sabotage(school=_sql("DELETE FROM spent_nonces")), found_as="a nonce was taken twice"
    ),
    "an intent is lost": Case(
        how=Sabotage(school=_sql("DELETE FROM status_entries WHERE rowid = 5")),
        found_as="signed without an intent",
    ),
    "an answer has other bytes": Case(
        how=Sabotage(
            school=_sql(
                "UPDATE issuances SET answer = CAST(CAST(answer AS TEXT) || ' ' AS BLOB)"
                " WHERE answer IS NOT NULL"
            )
        ),
        found_as="other bytes than those sent before",
    ),
    "an answer is lost": Case(
        how=Sabotage(
            school=_sql(
                "UPDATE tokens SET issuance_id = NULL",
                "UPDATE issuances SET state = 'abandoned'",
            )
        ),
        found_as="a credential answer is lost",
    ),
    "a notification is lost": Case(
        how=Sabotage(
            school=_sql(
                "UPDATE issuances SET event = NULL", "DELETE FROM events WHERE name = 'notified'"
            )
        ),
        found_as="a notification is lost",
    ),
    "a withdrawal is lost": Case(
        how=Sabotage(
            school=_sql(
                "UPDATE records SET standing = 'valid'",
                "UPDATE status_entries SET value = 0",
                "DELETE FROM events WHERE name = 'withdrawn'",
            )
        ),
        found_as="a change of standing is lost",
    ),
    "a published list goes back": Case(
        how=Sabotage(school=_sql("UPDATE status_lists SET published_version = 0")),
        found_as="a published list went back",
    ),
}
WALLET_CASES = {
    "the issuer is told before copies are kept": Case(
        how=Sabotage(vault_type=_late(CARD, COPY)),
        found_as="a notification came before the copies were kept",
    ),
    "an answer leaves before it is in the history": Case(
        how=Sabotage(vault_type=_late(SHOWING)),
        found_as="an answer left before it was in the history",
    ),
    "a certificate is lost": Case(
        how=Sabotage(purse=_drop(CARD)), found_as="an acknowledged certificate is lost"
    ),
    "a copy is lost": Case(how=Sabotage(purse=_drop(COPY)), found_as="the wallet says not_found"),
    "a showing is lost": Case(
        how=Sabotage(purse=_drop(SHOWING)), found_as="an acknowledged showing"
    ),
    "the vault is cut short": Case(
        how=Sabotage(purse=_cut), found_as="the wallet says vault_corrupt"
    ),
}


VERIFIER_CASES = {
    "a verifier does not wait for the disk": Case(
        how=Sabotage(database_type=HastyDatabase), found_as="does not write through"
    ),
    "a question is lost": Case(
        how=Sabotage(shop=_sql("DELETE FROM questions WHERE rowid = 2", file=DATABASE)),
        found_as="an asked question is lost",
    ),
    "an answer is lost, and its nonce lives on": Case(
        how=Sabotage(
            shop=_sql(
                "UPDATE questions SET standing = 'open', report = NULL, claims = NULL",
                file=DATABASE,
            )
        ),
        found_as="an acknowledged answer is lost",
    ),
}


def self_test(new_grounds: Callable[[int], Grounds]) -> dict[str, dict[str, Any]]:
    """One round for each sabotage, and one of each kind without; what the checks said."""
    said: dict[str, dict[str, Any]] = {}
    nothing = Case(how=Sabotage(), found_as="")
    cases = [("issuer", name, case) for name, case in ISSUER_CASES.items()]
    cases += [("wallet", name, case) for name, case in WALLET_CASES.items()]
    cases += [("verifier", name, case) for name, case in VERIFIER_CASES.items()]
    cases += [(who, f"a sound {who}", nothing) for who in ("issuer", "wallet", "verifier")]
    for number, (who, name, case) in enumerate(cases):
        own = replace(new_grounds(number), sabotage=case.how)
        match who:
            case "issuer":
                result = issuer_round(own)
            case "wallet":
                result = wallet_round(own, Purse.blank(own.place / "purse"))
            case _:
                result = verifier_round(own, Shop.make(own.place / "shop"))
        said[name] = {"expected": case.found_as, "found": result.problems}
    return said
