"""A store with one table, for tests of what every service stands on."""

from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, insert, select

from carnet_hosting.database import Database
from carnet_hosting.store import Store

METADATA = MetaData()
NOTES = Table(
    "notes",
    METADATA,
    Column("at", BigInteger, primary_key=True),
    Column("words", Text, nullable=False),
)

_ENV = """\
from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
"""
_FIRST = """\
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("notes", sa.Column("at", sa.BigInteger, primary_key=True))
"""
_SECOND = """\
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("notes", sa.Column("words", sa.Text, nullable=False, server_default=""))
"""


def small_store(parent: Path, *, newest: str = "0002") -> Store:
    """A store whose migrations are written under `parent`, up to the newest."""
    migrations = parent / f"migrations-{newest}"
    versions = migrations / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (migrations / "env.py").write_text(_ENV)
    (versions / "0001_notes.py").write_text(_FIRST)
    if newest == "0002":
        (versions / "0002_words.py").write_text(_SECOND)
    return Store(
        file="notes.db",
        newest=newest,
        migrations=str(migrations),
        lock=4_712_299,
        driver="carnet-notes[postgres]",
        when_damaged="Move notes.db away.",
    )


def note(connection: Connection, at: int, words: str = "") -> None:
    """Write one row."""
    connection.execute(insert(NOTES).values(at=at, words=words))


def noted(database: Database) -> list[int]:
    """What is there."""
    with database.read() as connection:
        return list(connection.scalars(select(NOTES.c.at).order_by(NOTES.c.at)))
