"""Offers: made by the office, redeemed once by a wallet.

The address of an offer is random, and lives as long as a letter takes; each look at it gives
a pre-authorized code of ten minutes (`grant_codes`). Neither is stored. The collection code is
kept as a MAC under what the codes are derived from: a copy of the database is no help in
guessing six digits.

Once means once. An attempt is counted by one conditional update before its collection
code is looked at, and redeeming is one more, both in the same transaction: however many
arrive together, under whichever of its codes, at most five are evaluated and at most one
succeeds (rows I01 to I06).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from carnet_issuer.errors import IssuerError, OAuthCode, ProtocolError
from carnet_issuer.grant_codes import CODE_LIFETIME, PresentedCode, by_reference, by_value
from carnet_issuer.opaque import new_identifier, new_secret, stored
from carnet_issuer.store.events import EventName, note
from carnet_issuer.store.tables import OFFERS, RECORDS, TEMPLATES, TOKENS
from carnet_schemas import catalog
from carnet_securing.errors import ErrorKind

TX_CODE_DIGITS: Final = 6
MAX_ATTEMPTS: Final = 5
IN_ITS_PLACE: Final = (
    "It stays withdrawn. For one in its place, import the person again with --another ROW, and"
    " offer the new record."
)
_OFFER: Final = "offer"
ACCESS_TOKEN: Final = "access-token"  # noqa: S105 - the name of a purpose, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOffer:
    """A new offer, with the secrets that are known at this moment only.

    `code` is that of an offer by value; None by reference, where each look gives one.
    """

    address: str = field(repr=False)
    code: str | None = field(repr=False)
    tx_code: str | None = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOffer:
    """What a wallet that opens the address of an offer gets to see. Looking changes nothing."""

    needs_tx_code: bool
    configuration_id: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """The one success of an offer."""

    access_token: str = field(repr=False)
    configuration_id: str
    credential_identifier: str | None


def make_offer(
    connection: Connection,
    *,
    record_id: str,
    with_code: bool,
    lifetime: int,
    now: int,
    inline: bool = False,
) -> MadeOffer:
    """Make an offer for a record; earlier ones of that record die, with unused tokens.

    A record that was issued already can be offered again: a worker may have lost her phone.

    Args:
        lifetime: seconds; an offer by value (`inline`) lives no longer than its code may.

    Raises:
        IssuerError: `not_found`, `status_revoked`, `status_suspended` or `expired`.
    """
    check_offerable(connection, record_id, now=now)
    end_open_offers(connection, record_id, now=now)
    address, tx_code = new_identifier(), None
    code = new_secret() if inline else None
    found_by = by_reference(address) if code is None else by_value(code)
    expires_at = now + (lifetime if code is None else min(lifetime, CODE_LIFETIME))
    if with_code:
        tx_code = f"{secrets.randbelow(10**TX_CODE_DIGITS):0{TX_CODE_DIGITS}}"
    connection.execute(
        insert(OFFERS),
        {
            "id": stored(address, purpose=_OFFER),
            "record_id": record_id,
            "code_hash": found_by.hash,
            "tx_code_hash": None if tx_code is None else _tx_code_mac(found_by, tx_code),
            "state": "open",
            "attempts": 0,
            "created_at": now,
            "expires_at": expires_at,
        },
    )
    note(connection, EventName.OFFER_MADE, now=now, record_id=record_id)
    return MadeOffer(address=address, code=code, tx_code=tx_code, expires_at=expires_at)


def check_offerable(connection: Connection, record_id: str, *, now: int) -> None:
    """Refuse to offer what nobody could use; raises as `make_offer`.

    Until the transaction ends nobody else offers the record or changes its standing.
    """
    row = connection.execute(
        select(RECORDS.c.standing, RECORDS.c.valid_until)
        .where(RECORDS.c.id == record_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise unknown_record()
    if row.standing == "withdrawn":
        raise IssuerError(
            ErrorKind.STATUS_REVOKED, "This certificate was withdrawn.", hint=IN_ITS_PLACE
        )
    if row.standing == "paused":
        raise IssuerError(
            ErrorKind.STATUS_SUSPENDED,
            "This certificate is on hold.",
            hint="Resume it first: carnet issuer resume DIR ID",
        )
    if row.valid_until is not None and row.valid_until <= now:
        raise IssuerError(
            ErrorKind.EXPIRED,
            "This certificate is no longer valid.",
            hint="Add a template with a later month or more valid_months, and import her with it.",
        )


def unknown_record() -> IssuerError:
    """The refusal of an id that names no record."""
    return IssuerError(
        ErrorKind.NOT_FOUND,
        "There is no record of that id.",
        hint="See the ids with: carnet issuer list DIR",
    )


def end_open_offers(connection: Connection, record_id: str, *, now: int) -> None:
    """Make every unredeemed offer and every unused token of a record worthless."""
    connection.execute(
        update(OFFERS)
        .where(OFFERS.c.record_id == record_id, OFFERS.c.state == "open")
        .values(state="dead")
    )
    connection.execute(
        update(TOKENS)
        .where(
            TOKENS.c.record_id == record_id,
            TOKENS.c.issuance_id.is_(None),
            TOKENS.c.expires_at > now,
        )
        .values(expires_at=now)
    )


def find_offer(connection: Connection, address: str, *, now: int) -> OpenOffer | None:
    """The offer at an address while it can still be redeemed; reading it redeems nothing."""
    row = connection.execute(
        _FIND, {"id": stored(address, purpose=_OFFER), "now": now}
    ).one_or_none()
    if row is None:
        return None
    return OpenOffer(
        needs_tx_code=row.tx_code_hash is not None,
        configuration_id=catalog.credential_type(row.vct).configuration_id,
        expires_at=row.expires_at,
    )


def redeem(
    connection: Connection,
    *,
    code: PresentedCode,
    tx_code: str | None,
    asked_for: frozenset[str] | None,
    token_lifetime: int,
    now: int,
) -> Redeemed | ProtocolError:
    """Exchange a pre-authorized code for an access token (OpenID4VCI 1.0 section 6).

    A refusal is returned, not raised: the counted attempt must be committed with it.

    Args:
        asked_for: configurations named in `authorization_details`, None when there were none.

    1. The request has the form its offer wants; a wrong form costs no attempt.
    2. The attempt is counted, if the offer is open, fresh and has attempts left.
    3. The collection code is compared.
    4. The offer changes from open to redeemed, and the token exists.
    """
    # 1.
    found = connection.execute(_FORM, {"hash": code.hash}).one_or_none()
    if found is None:
        return _invalid_grant()
    if (found.tx_code_hash is None) != (tx_code is None):
        return ProtocolError(
            OAuthCode.INVALID_REQUEST,
            "This offer needs a transaction code."
            if tx_code is None
            else "This offer takes no transaction code.",
        )
    configuration = catalog.credential_type(found.vct).configuration_id
    if asked_for is not None and configuration not in asked_for:
        return ProtocolError(
            OAuthCode.INVALID_AUTHORIZATION_DETAILS, "The offer is for another credential."
        )
    # 2.
    if connection.execute(_COUNT, {"hash": code.hash, "now": now}).rowcount != 1:
        return _invalid_grant()
    # 3.
    if tx_code is not None and not hmac.compare_digest(
        found.tx_code_hash, _tx_code_mac(code, tx_code)
    ):
        _end_if_exhausted(connection, found.id, found.record_id, now=now)
        return ProtocolError(OAuthCode.INVALID_GRANT, "The transaction code is wrong.")
    # 4.
    if connection.execute(_REDEEM, {"offer": found.id, "at": now}).rowcount != 1:
        return _invalid_grant()
    redeemed = Redeemed(
        access_token=new_secret(),
        configuration_id=configuration,
        credential_identifier=None if asked_for is None else new_identifier(),
    )
    _keep_token(connection, found, redeemed, lifetime=token_lifetime, now=now)
    return redeemed


def _keep_token(
    connection: Connection,
    offer: Row[*tuple[Any, ...]],
    redeemed: Redeemed,
    *,
    lifetime: int,
    now: int,
) -> None:
    connection.execute(
        insert(TOKENS),
        {
            "hash": stored(redeemed.access_token, purpose=ACCESS_TOKEN),
            "offer_id": offer.id,
            "record_id": offer.record_id,
            "configuration_id": redeemed.configuration_id,
            "credential_identifier": redeemed.credential_identifier,
            "created_at": now,
            "expires_at": now + lifetime,
        },
    )
    note(connection, EventName.OFFER_REDEEMED, now=now, record_id=offer.record_id)


def _end_if_exhausted(connection: Connection, offer: str, record_id: str, *, now: int) -> None:
    ended = connection.execute(
        update(OFFERS)
        .where(OFFERS.c.id == offer, OFFERS.c.state == "open", OFFERS.c.attempts >= MAX_ATTEMPTS)
        .values(state="dead")
    )
    if ended.rowcount:
        note(
            connection,
            EventName.OFFER_DEAD,
            now=now,
            record_id=record_id,
            detail="too many wrong collection codes",
        )


def _tx_code_mac(code: PresentedCode, tx_code: str) -> str:
    key, digits = code.secret.encode(), tx_code.encode("utf-8", "replace")
    return hmac.new(key, digits, hashlib.sha256).hexdigest()


def _invalid_grant() -> ProtocolError:
    return ProtocolError(
        OAuthCode.INVALID_GRANT, "The code is unknown, used, expired or was tried too often."
    )


_FIND: Final = (
    select(OFFERS.c.tx_code_hash, OFFERS.c.expires_at, TEMPLATES.c.vct)
    .join(RECORDS, RECORDS.c.id == OFFERS.c.record_id)
    .join(TEMPLATES, TEMPLATES.c.id == RECORDS.c.template_id)
    .where(
        OFFERS.c.id == bindparam("id"),
        OFFERS.c.state == "open",
        OFFERS.c.expires_at > bindparam("now"),
    )
)
_FORM: Final = (
    select(OFFERS.c.id, OFFERS.c.record_id, OFFERS.c.tx_code_hash, TEMPLATES.c.vct)
    .join(RECORDS, RECORDS.c.id == OFFERS.c.record_id)
    .join(TEMPLATES, TEMPLATES.c.id == RECORDS.c.template_id)
    .where(OFFERS.c.code_hash == bindparam("hash"))
)
_COUNT: Final = (
    update(OFFERS)
    .where(
        OFFERS.c.code_hash == bindparam("hash"),
        OFFERS.c.state == "open",
        OFFERS.c.expires_at > bindparam("now"),
        OFFERS.c.attempts < MAX_ATTEMPTS,
    )
    .values(attempts=OFFERS.c.attempts + 1)
)
_REDEEM: Final = (
    update(OFFERS)
    .where(OFFERS.c.id == bindparam("offer"), OFFERS.c.state == "open")
    .values(state="redeemed", redeemed_at=bindparam("at"))
)
