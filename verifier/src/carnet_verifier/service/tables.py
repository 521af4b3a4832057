"""The tables of the verifier service.

A row of `questions` holds one request from asking to result. `nonce` and `state` are
spent with the one conditional update that stores the result. Times are Unix seconds.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from carnet_hosting.store import Store

STORE: Final = Store(
    file="verifier.sqlite3",
    newest="0001",
    migrations="carnet_verifier:service/migrations",
    lock=4_712_212,
    driver="carnet-verifier[postgres]",
    when_damaged="Move verifier.sqlite3 away; a new one is made. Open questions are lost.",
)

METADATA: Final = MetaData()

QUESTIONS: Final = Table(
    "questions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("result_hash", Text, nullable=False, unique=True),
    Column("audience", Text, nullable=False),
    Column("nonce", Text, nullable=False, unique=True),
    Column("state_hash", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("decryption_key", LargeBinary, nullable=True),
    Column("standing", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger, nullable=True),
    Column("report", Text, nullable=True),
    Column("claims", Text, nullable=True),
    Column("wallet_error", Text, nullable=True),
    CheckConstraint("standing IN ('open', 'answered', 'declined')", name="ck_questions_standing"),
    Index("ix_questions_answered_at", "answered_at"),
)
