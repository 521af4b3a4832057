"""The first tables of the issuer. Frozen: `store.tables` may move on, this file may not."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "templates",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("vct", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("template_id", sa.Text, sa.ForeignKey("templates.id"), nullable=False),
        sa.Column("file_digest", sa.Text, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    _create_records()
    _create_grants()
    _create_issuances()
    _create_status()
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("record_id", sa.Text, nullable=True, index=True),
        sa.Column("detail", sa.Text, nullable=True),
    )


def _create_records() -> None:
    op.create_table(
        "records",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("template_id", sa.Text, sa.ForeignKey("templates.id"), nullable=False),
        sa.Column("import_id", sa.Text, sa.ForeignKey("imports.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("valid_until", sa.BigInteger, nullable=True),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("standing_reason", sa.Text, nullable=True),
        sa.Column("standing_at", sa.BigInteger, nullable=True),
        sa.Column("issued_at", sa.BigInteger, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("template_id", "person_key"),
        sa.CheckConstraint("standing IN ('valid', 'paused', 'withdrawn')", name="standing"),
        sa.Index(None, "import_id", "position"),
    )


def _create_grants() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, sa.ForeignKey("records.id"), nullable=False, index=True),
        sa.Column("code_hash", sa.Text, nullable=False, unique=True),
        sa.Column("tx_code_hash", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("redeemed_at", sa.BigInteger, nullable=True),
        sa.CheckConstraint("state IN ('open', 'redeemed', 'dead')", name="state"),
        sa.CheckConstraint("attempts BETWEEN 0 AND 5", name="attempts"),
    )
    op.create_table(
        "tokens",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("offer_id", sa.Text, sa.ForeignKey("offers.id"), nullable=False, unique=True),
        sa.Column("record_id", sa.Text, sa.ForeignKey("records.id"), nullable=False, index=True),
        sa.Column("configuration_id", sa.Text, nullable=False),
        sa.Column("credential_identifier", sa.Text, nullable=True),
        sa.Column("issuance_id", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "spent_nonces",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
    )


def _create_issuances() -> None:
    op.create_table(
        "issuances",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token_hash", sa.Text, sa.ForeignKey("tokens.hash"), nullable=False, index=True),
        sa.Column("record_id", sa.Text, sa.ForeignKey("records.id"), nullable=False, index=True),
        sa.Column("key_set", sa.Text, nullable=False),
        sa.Column("intended", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=True),
        sa.Column("notification_hash", sa.Text, nullable=True, unique=True),
        sa.Column("event", sa.Text, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=True),
        sa.Column("forget_at", sa.BigInteger, nullable=True, index=True),
        sa.CheckConstraint("state IN ('intended', 'issued', 'abandoned')", name="state"),
    )


def _create_status() -> None:
    op.create_table(
        "status_lists",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("bits", sa.Integer, nullable=False),
        sa.Column("allocated", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("published_version", sa.BigInteger, nullable=True),
        sa.Column("published_at", sa.BigInteger, nullable=True),
        sa.Column("token", sa.LargeBinary, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "status_entries",
        sa.Column("list_id", sa.Text, sa.ForeignKey("status_lists.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("issuance_id", sa.Text, sa.ForeignKey("issuances.id"), nullable=False),
        sa.Column("record_id", sa.Text, sa.ForeignKey("records.id"), nullable=False, index=True),
        sa.Column("value", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """There is nothing before these tables."""
