"""The tables of the issuer, for SQLite and PostgreSQL alike.

Secrets are kept as hashes: pre-authorized codes, collection codes, access tokens and
notification ids cannot be read back. Times are Unix seconds. The statements live
beside the step that needs them; this module says only what is stored.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from carnet_hosting.store import Store

STORE: Final = Store(
    file="issuer.db",
    newest="0001",
    migrations="carnet_issuer:store/migrations",
    lock=4_712_211,
    driver="carnet-issuer[postgres]",
    when_damaged="Stop the service and restore the folder from a backup.",
)

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TEMPLATES: Final = Table(
    "templates",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("vct", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

IMPORTS: Final = Table(
    "imports",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("template_id", Text, ForeignKey("templates.id"), nullable=False),
    Column("file_digest", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

RECORDS: Final = Table(
    "records",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("template_id", Text, ForeignKey("templates.id"), nullable=False),
    Column("import_id", Text, ForeignKey("imports.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("claims", Text, nullable=False),
    Column("valid_until", BigInteger, nullable=True),
    Column("standing", Text, nullable=False),
    Column("standing_reason", Text, nullable=True),
    Column("standing_at", BigInteger, nullable=True),
    Column("issued_at", BigInteger, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("template_id", "person_key"),
    CheckConstraint("standing IN ('valid', 'paused', 'withdrawn')", name="standing"),
    Index(None, "import_id", "position"),
)

OFFERS: Final = Table(
    "offers",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("record_id", Text, ForeignKey("records.id"), nullable=False, index=True),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("tx_code_hash", Text, nullable=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("redeemed_at", BigInteger, nullable=True),
    CheckConstraint("state IN ('open', 'redeemed', 'dead')", name="state"),
    CheckConstraint("attempts BETWEEN 0 AND 5", name="attempts"),
)

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("hash", Text, primary_key=True),
    Column("offer_id", Text, ForeignKey("offers.id"), nullable=False, unique=True),
    Column("record_id", Text, ForeignKey("records.id"), nullable=False, index=True),
    Column("configuration_id", Text, nullable=False),
    Column("credential_identifier", Text, nullable=True),
    Column("issuance_id", Text, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

SPENT_NONCES: Final = Table(
    "spent_nonces",
    METADATA,
    Column("hash", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

ISSUANCES: Final = Table(
    "issuances",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, ForeignKey("tokens.hash"), nullable=False, index=True),
    Column("record_id", Text, ForeignKey("records.id"), nullable=False, index=True),
    Column("key_set", Text, nullable=False),
    Column("intended", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("answer", LargeBinary, nullable=True),
    Column("notification_hash", Text, nullable=True, unique=True),
    Column("event", Text, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=True),
    Column("forget_at", BigInteger, nullable=True, index=True),
    CheckConstraint("state IN ('intended', 'issued', 'abandoned')", name="state"),
)

STATUS_LISTS: Final = Table(
    "status_lists",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("bits", Integer, nullable=False),
    Column("allocated", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("published_version", BigInteger, nullable=True),
    Column("published_at", BigInteger, nullable=True),
    Column("token", LargeBinary, nullable=True),
    Column("created_at", BigInteger, nullable=False),
)

STATUS_ENTRIES: Final = Table(
    "status_entries",
    METADATA,
    Column("list_id", Text, ForeignKey("status_lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("issuance_id", Text, ForeignKey("issuances.id"), nullable=False),
    Column("record_id", Text, ForeignKey("records.id"), nullable=False, index=True),
    Column("value", Integer, nullable=False),
)

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("record_id", Text, nullable=True, index=True),
    Column("detail", Text, nullable=True),
)
