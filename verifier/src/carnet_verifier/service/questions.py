"""The store of questions: asked once, fetched as often as a wallet likes, answered once.

An answer is stored and its nonce spent by one conditional update; whoever loses that race
has replayed. An answer without the right `state` changes nothing at all.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from carnet_hosting.database import Database
from carnet_securing import base64url, strict_json
from carnet_securing.errors import ErrorKind
from carnet_verifier.service.errors import ServiceError
from carnet_verifier.service.tables import QUESTIONS

_RANDOM_BYTES: Final = 16
_NONCE_BYTES: Final = 32
_MAX_STORED_DEPTH: Final = 2 * strict_json.MAX_DEPTH
"""What came in was bounded; a report and the claims stand a few levels deeper in ours."""
_MAX_STORED: Final = 4 * 1024 * 1024
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """The fresh values of one request, before it is stored. None of them is ever used again."""

    id: str
    nonce: str = field(repr=False)
    state: str = field(repr=False)
    result_token: str = field(repr=False)

    @classmethod
    def fresh(cls) -> "NewQuestion":
        """Draw all values from the system's random source: 128 bits at least, each."""
        return cls(
            # Typed after a command: it must never begin with a dash, like an option.
            id=f"q{base64url.encode(secrets.token_bytes(_RANDOM_BYTES))}",
            nonce=base64url.encode(secrets.token_bytes(_NONCE_BYTES)),
            state=base64url.encode(secrets.token_bytes(_NONCE_BYTES)),
            result_token=base64url.encode(secrets.token_bytes(_NONCE_BYTES)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A stored question that still takes an answer."""

    id: str
    audience: str
    nonce: str = field(repr=False)
    state_hash: str = field(repr=False)
    query: Mapping[str, Any]
    request: Mapping[str, Any] = field(repr=False)
    decryption_key: bytes | None = field(repr=False)

    def check_state(self, state: str | None) -> None:
        """Check that an answer belongs to this question.

        Raises:
            ServiceError: `malformed`.
        """
        if state is None or not hmac.compare_digest(_hash(state), self.state_hash):
            raise unknown_question()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a question; `report` is None while no answer has come.

    Attributes:
        standing: `open`, `answered` or `declined`.
        expires_at: until when an answer is taken, in Unix seconds.
    """

    id: str
    standing: str
    expires_at: int
    report: Mapping[str, Any] | None
    claims: Mapping[str, Any] | None = field(repr=False)
    wallet_error: str | None

    def standing_at(self, now: int) -> str:
        """`standing`, or `expired` for a question that nobody answered in time."""
        late = self.standing == "open" and self.expires_at <= now
        return "expired" if late else self.standing


class QuestionStore:
    """Questions and results in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        new: NewQuestion,
        *,
        audience: str,
        query: Mapping[str, Any],
        request: Mapping[str, Any],
        decryption_key: bytes | None,
        now: int,
        lifetime: int,
    ) -> None:
        """Store a question durably before anybody hears of it."""
        with self._database.write() as connection:
            connection.execute(
                insert(QUESTIONS).values(
                    id=new.id,
                    result_hash=_hash(new.result_token),
                    audience=audience,
                    nonce=new.nonce,
                    state_hash=_hash(new.state),
                    query=strict_json.dumps(dict(query)),
                    request=strict_json.dumps(dict(request)),
                    decryption_key=decryption_key,
                    standing="open",
                    created_at=now,
                    expires_at=now + lifetime,
                )
            )

    def open_question(self, question_id: str, *, now: int) -> OpenQuestion:
        """The question, if it still takes an answer.

        Raises:
            ServiceError: `not_found` for one that is unknown, answered or too old; the three
                look the same.
        """
        row = self._row(question_id, _unanswered(now))
        return OpenQuestion(
            id=row.id,
            audience=row.audience,
            nonce=row.nonce,
            state_hash=row.state_hash,
            query=_read(row.query),
            request=_read(row.request),
            decryption_key=row.decryption_key,
        )

    def finish(
        self,
        question_id: str,
        *,
        report: Mapping[str, Any],
        claims: Mapping[str, Any],
        now: int,
    ) -> None:
        """Store the result and spend the nonce, at most once.

        Raises:
            ServiceError: `replay` when another answer was stored first, or time ran out.
        """
        self._update(
            question_id,
            now,
            standing="answered",
            report=strict_json.dumps(dict(report)),
            claims=strict_json.dumps(dict(claims)),
            wallet_error=None,
            decryption_key=None,
        )

    def note(
        self,
        question_id: str,
        *,
        standing: str,
        report: Mapping[str, Any] | None,
        wallet_error: str | None,
        now: int,
    ) -> None:
        """Keep what came, and go on waiting for the holder's own answer.

        Raises:
            ServiceError: `replay` when the question was answered, or time ran out.
        """
        self._update(
            question_id,
            now,
            standing=standing,
            report=None if report is None else strict_json.dumps(dict(report)),
            wallet_error=wallet_error,
        )

    def _update(self, question_id: str, now: int, **values: Any) -> None:
        statement = (
            update(QUESTIONS)
            .where(QUESTIONS.c.id == question_id, _unanswered(now))
            .values(answered_at=now, **values)
        )
        with self._database.write() as connection:
            if connection.execute(statement).rowcount != 1:
                raise ServiceError(
                    ErrorKind.REPLAY, "This question was already answered.", hint="Ask anew."
                )

    def result(self, question_id: str) -> Result:
        """What became of a question, for the owner of the folder.

        Raises:
            ServiceError: `not_found`.
        """
        return _result(self._row(question_id))

    def result_by_token(self, question_id: str, result_token: str) -> Result:
        """What became of a question, for whoever asked it over HTTP.

        Raises:
            ServiceError: `not_found`, also for a wrong token.
        """
        asked_by = QUESTIONS.c.result_hash == _hash(result_token)
        return _result(self._row(question_id, asked_by))

    def forget(self, *, answered_before: int) -> int:
        """Delete old results and questions nobody answered; return how many."""
        old = (QUESTIONS.c.answered_at < answered_before) | (
            (QUESTIONS.c.standing == "open") & (QUESTIONS.c.expires_at < answered_before)
        )
        with self._database.write() as connection:
            return connection.execute(delete(QUESTIONS).where(old)).rowcount

    def _row(self, question_id: str, *conditions: ColumnElement[bool]) -> Row[Any]:
        if _ID.fullmatch(question_id) is None:
            raise unknown_question()
        found = select(QUESTIONS).where(QUESTIONS.c.id == question_id, *conditions)
        with self._database.read() as connection:
            row = connection.execute(found).one_or_none()
        if row is None:
            raise unknown_question()
        return row


def _unanswered(now: int) -> ColumnElement[bool]:
    return (QUESTIONS.c.standing != "answered") & (QUESTIONS.c.expires_at > now)


def unknown_question() -> ServiceError:
    """One answer for unknown, spent and expired: it tells a prober nothing."""
    return ServiceError(
        ErrorKind.NOT_FOUND,
        "There is no open question of this name.",
        hint="Give the id that `ask` printed. Results are kept for a day; then ask again.",
    )


def _result(row: Row[Any]) -> Result:
    return Result(
        id=row.id,
        standing=row.standing,
        expires_at=row.expires_at,
        report=None if row.report is None else _read(row.report),
        claims=None if row.claims is None else _read(row.claims),
        wallet_error=row.wallet_error,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _read(text: str) -> dict[str, Any]:
    return strict_json.loads_object(text, max_bytes=_MAX_STORED, max_depth=_MAX_STORED_DEPTH)
