"""The credential endpoint's one job: proofs and a token become stored, signed copies.

1. The token is looked up; the request must ask for what it was given for.
2. Proofs are verified; nothing is written for a request that fails here.
3. First transaction: nonces are spent, and either an answer already stored for these keys
   is found, or an intent is written: what will be signed, for which keys, at which
   places of the status list.
4. The copies are signed.
5. Second transaction: one conditional update gives the token to this issuance, and the
   answer is stored. Who comes second throws its copies away.
6. Only then is anything answered.

A crash leaves at most an intent whose places are never used again. The first answer fixes
the keys of a token: a thief of the token cannot get copies for keys of his own (I25), and a
wallet whose answer was lost gets the same bytes with the same keys under a new nonce, until
it has notified or the token ends (DESIGN 4.9).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from carnet_hosting.database import Database
from carnet_hosting.errors import StoreUnavailableError
from carnet_issuer import nonces, status_registry
from carnet_issuer.calendar_months import day_of
from carnet_issuer.config import IssuerConfig
from carnet_issuer.errors import InvalidTokenError, OAuthCode, ProtocolError
from carnet_issuer.fail_points import FailPoint, FailPoints
from carnet_issuer.minting import Intent, mint
from carnet_issuer.offers import ACCESS_TOKEN
from carnet_issuer.opaque import new_identifier, new_secret, stored
from carnet_issuer.proofs import (
    ProofExpectation,
    VerifiedProofs,
    invalid_nonce,
    verify_proofs,
)
from carnet_issuer.service_secrets import ServiceSecrets
from carnet_issuer.store.events import EventName, note
from carnet_issuer.store.tables import ISSUANCES, RECORDS, TEMPLATES, TOKENS
from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.oid4vci import CredentialRequest
from carnet_securing import strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import ErrorKind
from carnet_securing.signer import Signer

NOTIFICATION: Final = "notification"
_TRIES: Final = 3
_MAX_CLAIMS_BYTES: Final = 1024 * 1024
_T = TypeVar("_T")
_RecordRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    hash: str = field(repr=False)
    record_id: str
    configuration_id: str
    credential_identifier: str | None
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """An intent that is committed and not yet signed."""

    issuance_id: str
    key_set: str
    intent: Intent


class Issuance:
    """Issues credentials for tokens."""

    def __init__(
        self,
        *,
        database: Database,
        config: IssuerConfig,
        signer: Signer,
        secrets: ServiceSecrets,
        check: SignatureCheck,
        fail_points: FailPoints,
    ) -> None:
        self._database = database
        self._config = config
        self._signer = signer
        self._secrets = secrets
        self._check = check
        self._fail_points = fail_points

    def issue(self, request: CredentialRequest, *, access_token: str, now: int) -> bytes:
        """Answer one credential request with the JSON text of a credential response.

        Raises:
            ProtocolError: with the code for the wallet.
            StoreUnavailableError: nothing was issued; the same request may be sent again.
        """
        # 1.
        token = self._token(access_token, now=now)
        self._check_asks_for(request, token)
        # 2.
        if request.proofs is None or request.proofs.jwt is None:
            raise ProtocolError(OAuthCode.INVALID_PROOF, "Proofs of the kind jwt are needed.")
        proofs = verify_proofs(
            request.proofs.jwt,
            expected=ProofExpectation(
                issuer=self._config.url,
                now=now,
                past=self._config.times.proof_past,
                future=self._config.times.proof_future,
                nonce_key=self._secrets.nonce_key,
            ),
            check=self._check,
        )
        # 3.
        planned = self._in_transaction(lambda c: self._plan(c, token, proofs, now=now))
        if isinstance(planned, ProtocolError):
            raise planned
        if isinstance(planned, bytes):
            return planned
        self._fail_points.reach(FailPoint.AFTER_INTENT)
        # 4.
        copies = mint(
            planned.intent,
            issuer=self._config.url,
            signer=self._signer,
            x5c=self._config.x5c,
        )
        self._fail_points.reach(FailPoint.AFTER_SIGN)
        # 5.
        notification = new_secret()
        answer = strict_json.dumps_bytes(
            {
                "credentials": [{"credential": copy} for copy in copies],
                "notification_id": notification,
            }
        )
        kept = self._keep(planned, token, answer, notification, now=now)
        # 6.
        self._fail_points.reach(FailPoint.AFTER_COMMIT)
        return kept

    def _token(self, access_token: str, *, now: int) -> _Token:
        token_hash = stored(access_token, purpose=ACCESS_TOKEN)
        with self._database.read() as connection:
            row = connection.execute(_TOKEN, {"hash": token_hash}).one_or_none()
        if row is None or row.expires_at <= now:
            raise InvalidTokenError
        return _Token(
            hash=token_hash,
            record_id=row.record_id,
            configuration_id=row.configuration_id,
            credential_identifier=row.credential_identifier,
            expires_at=row.expires_at,
        )

    def _check_asks_for(self, request: CredentialRequest, token: _Token) -> None:
        """OpenID4VCI 1.0 section 8.2: identifiers when they were given, else the configuration."""
        if request.credential_identifier is not None:
            if request.credential_identifier != token.credential_identifier:
                raise ProtocolError(
                    OAuthCode.UNKNOWN_CREDENTIAL_IDENTIFIER, "The identifier is unknown."
                )
            return
        if token.credential_identifier is not None:
            raise ProtocolError(
                OAuthCode.INVALID_CREDENTIAL_REQUEST,
                "The token came with credential identifiers; use one of them.",
            )
        known = {each.configuration_id for each in CREDENTIAL_TYPES.values()}
        if request.credential_configuration_id not in known:
            raise ProtocolError(
                OAuthCode.UNKNOWN_CREDENTIAL_CONFIGURATION, "The configuration is unknown."
            )
        if request.credential_configuration_id != token.configuration_id:
            raise InvalidTokenError("The access token is for another credential.")

    def _plan(
        self, connection: Connection, token: _Token, proofs: VerifiedProofs, *, now: int
    ) -> "_Planned | bytes | ProtocolError":
        if not nonces.spend(connection, proofs.nonces):
            return invalid_nonce()
        row = connection.execute(_RECORD, {"hash": token.hash}).one()
        if row.token_end <= now:
            return InvalidTokenError()
        refusal = _refusal(row, now=now)
        if refusal is not None:
            return refusal
        if row.issuance_id is not None:
            return _stored_answer(connection, row.issuance_id, _key_set(proofs))
        return self._intend(connection, row, token, proofs, now=now)

    def _intend(
        self,
        connection: Connection,
        row: _RecordRow,
        token: _Token,
        proofs: VerifiedProofs,
        *,
        now: int,
    ) -> _Planned:
        places = status_registry.draw(connection, count=len(proofs.keys), now=now)
        planned = _Planned(
            issuance_id=new_identifier(),
            key_set=_key_set(proofs),
            intent=Intent(
                vct=row.vct,
                claims=strict_json.loads_object(row.claims, max_bytes=_MAX_CLAIMS_BYTES),
                keys=proofs.keys,
                status_uri=f"{self._config.url}/status/{places.list_id}",
                indices=places.indices,
                issued_at=day_of(now),
                expires_at=row.valid_until,
            ),
        )
        connection.execute(
            insert(ISSUANCES),
            {
                "id": planned.issuance_id,
                "token_hash": token.hash,
                "record_id": token.record_id,
                "key_set": planned.key_set,
                "intended": strict_json.dumps(planned.intent.to_json()),
                "state": "intended",
                "created_at": now,
                "forget_at": token.expires_at,
            },
        )
        status_registry.take(
            connection, places, issuance_id=planned.issuance_id, record_id=token.record_id
        )
        note(connection, EventName.ISSUE_INTENDED, now=now, record_id=token.record_id)
        return planned

    def _keep(
        self, planned: _Planned, token: _Token, answer: bytes, notification: str, *, now: int
    ) -> bytes:
        def keep(connection: Connection) -> bytes | ProtocolError:
            row = connection.execute(_RECORD, {"hash": token.hash}).one()
            refusal = _refusal(row, now=now)
            if refusal is None:
                won = connection.execute(
                    _GIVE, {"issuance": planned.issuance_id, "token": token.hash, "now": now}
                )
                if won.rowcount == 1:
                    self._store(connection, planned, token, answer, notification, now=now)
                    self._fail_points.reach(FailPoint.BEFORE_COMMIT)
                    return answer
            connection.execute(_ABANDON, {"issuance": planned.issuance_id})
            note(connection, EventName.ISSUE_ABANDONED, now=now, record_id=token.record_id)
            if refusal is not None:
                return refusal
            # Whoever was first may have committed since the row was read (PostgreSQL).
            first = connection.scalar(_FIRST, {"hash": token.hash})
            if first is None:
                return InvalidTokenError()
            return _stored_answer(connection, first, planned.key_set)

        kept = self._in_transaction(keep)
        if isinstance(kept, ProtocolError):
            raise kept
        return kept

    def _store(
        self,
        connection: Connection,
        planned: _Planned,
        token: _Token,
        answer: bytes,
        notification: str,
        *,
        now: int,
    ) -> None:
        connection.execute(
            _ISSUED,
            {
                "issuance": planned.issuance_id,
                "bytes": answer,
                "notification": stored(notification, purpose=NOTIFICATION),
                "now": now,
            },
        )
        connection.execute(_FIRST_ISSUED, {"record": token.record_id, "now": now})
        note(connection, EventName.ISSUED, now=now, record_id=token.record_id)

    def _in_transaction(self, step: Callable[[Connection], _T]) -> _T:
        """Run a writing step; a collision of unique keys (PostgreSQL) tries it again."""
        for _ in range(_TRIES):
            try:
                with self._database.write() as connection:
                    return step(connection)
            except IntegrityError:
                continue
        raise StoreUnavailableError(
            ErrorKind.UNAVAILABLE, "Too many requests met at once.", retry_after=1
        )


def _key_set(proofs: VerifiedProofs) -> str:
    thumbprints = sorted(key.thumbprint for key in proofs.keys)
    return hashlib.sha256("\n".join(thumbprints).encode()).hexdigest()


def _refusal(row: _RecordRow, *, now: int) -> ProtocolError | None:
    """Withdrawn, on hold and expired records are not issued; withdrawing wins (E21)."""
    if row.standing != "valid" or (row.valid_until is not None and row.valid_until <= now):
        return ProtocolError(
            OAuthCode.CREDENTIAL_REQUEST_DENIED, "This credential is no longer issued."
        )
    return None


def _stored_answer(connection: Connection, issuance_id: str, key_set: str) -> bytes | ProtocolError:
    row = connection.execute(_ANSWER, {"issuance": issuance_id}).one()
    if row.key_set != key_set:
        return ProtocolError(
            OAuthCode.CREDENTIAL_REQUEST_DENIED, "This token was used for other keys."
        )
    if row.answer is None:
        return ProtocolError(
            OAuthCode.CREDENTIAL_REQUEST_DENIED, "These credentials were received before."
        )
    return bytes(row.answer)


_TOKEN: Final = select(
    TOKENS.c.record_id,
    TOKENS.c.configuration_id,
    TOKENS.c.credential_identifier,
    TOKENS.c.expires_at,
).where(TOKENS.c.hash == bindparam("hash"))
_RECORD: Final = (
    select(
        TOKENS.c.issuance_id,
        TOKENS.c.expires_at.label("token_end"),
        RECORDS.c.standing,
        RECORDS.c.valid_until,
        RECORDS.c.claims,
        TEMPLATES.c.vct,
    )
    .join(RECORDS, RECORDS.c.id == TOKENS.c.record_id)
    .join(TEMPLATES, TEMPLATES.c.id == RECORDS.c.template_id)
    .where(TOKENS.c.hash == bindparam("hash"))
)
_FIRST: Final = select(TOKENS.c.issuance_id).where(TOKENS.c.hash == bindparam("hash"))
_GIVE: Final = (
    update(TOKENS)
    .where(
        TOKENS.c.hash == bindparam("token"),
        TOKENS.c.issuance_id.is_(None),
        TOKENS.c.expires_at > bindparam("now"),
    )
    .values(issuance_id=bindparam("issuance"))
)
_ISSUED: Final = (
    update(ISSUANCES)
    .where(ISSUANCES.c.id == bindparam("issuance"))
    .values(
        state="issued",
        answer=bindparam("bytes"),
        notification_hash=bindparam("notification"),
        issued_at=bindparam("now"),
    )
)
_ABANDON: Final = (
    update(ISSUANCES).where(ISSUANCES.c.id == bindparam("issuance")).values(state="abandoned")
)
_FIRST_ISSUED: Final = (
    update(RECORDS)
    .where(RECORDS.c.id == bindparam("record"), RECORDS.c.issued_at.is_(None))
    .values(issued_at=bindparam("now"))
)
_ANSWER: Final = select(ISSUANCES.c.key_set, ISSUANCES.c.answer).where(
    ISSUANCES.c.id == bindparam("issuance")
)
