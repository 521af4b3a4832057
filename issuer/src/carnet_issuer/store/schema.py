"""Bring the database to the schema this version knows, or say why not."""

from typing import Final

from sqlalchemy import Connection, inspect, text

from carnet_issuer.errors import IssuerError
from carnet_issuer.store.database import Database
from carnet_securing.errors import ErrorKind

HEAD: Final = "0001"
"""The newest migration. A test compares it with the files of `store/migrations`."""


def ensure_schema(database: Database) -> None:
    """Create or upgrade the tables in one transaction.

    Raises:
        IssuerError: `unsupported_version` when a newer Carnet has written this database.
        StoreUnavailableError: the database cannot be used now; it is unchanged.
    """
    with database.read() as connection:
        if _revision(connection) == HEAD:
            return
    with database.exclusive() as connection:
        found = _revision(connection)
        if found != HEAD:
            _upgrade(connection, found)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection, found: str | None) -> None:
    # Alembic takes a tenth of a second to import, and most commands find the schema in place.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", "carnet_issuer:store/migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise IssuerError(
            ErrorKind.UNSUPPORTED_VERSION,
            "A newer version of Carnet has written this database.",
            hint="Use that version, or a copy of the folder from before.",
        )
    command.upgrade(config, "head")
