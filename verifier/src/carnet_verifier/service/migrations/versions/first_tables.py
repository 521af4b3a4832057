"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of questions."""
    op.create_table(
        "questions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("result_hash", sa.Text, nullable=False, unique=True),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False, unique=True),
        sa.Column("state_hash", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("decryption_key", sa.LargeBinary, nullable=True),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger, nullable=True),
        sa.Column("report", sa.Text, nullable=True),
        sa.Column("claims", sa.Text, nullable=True),
        sa.Column("wallet_error", sa.Text, nullable=True),
        sa.CheckConstraint(
            "standing IN ('open', 'answered', 'declined')", name="ck_questions_standing"
        ),
    )
    op.create_index("ix_questions_answered_at", "questions", ["answered_at"])


def downgrade() -> None:
    """Remove the table of questions."""
    op.drop_table("questions")
