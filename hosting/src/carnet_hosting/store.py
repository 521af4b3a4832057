"""What one kind of service keeps in a database, and how a database comes to hold it.

Each role describes its own store once and keeps its own migrations; making and opening are the
same for all. Only making makes a database: one that is lost is never replaced in silence.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from carnet_hosting.database import Database, sqlite_url
from carnet_hosting.errors import DatabaseLostError, HostingError
from carnet_securing.durable_file import storage_error
from carnet_securing.errors import ErrorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One role's database.

    Attributes:
        file: the name of the SQLite file in the service's folder.
        newest: the newest migration; a test of the role compares it with the files.
        migrations: where they are, as `package:folder`, or the path of a folder.
        lock: a number of its own for PostgreSQL, so that two processes that start at once do
            not both make the tables.
        driver: what to install for PostgreSQL, such as `carnet-issuer[postgres]`.
        when_damaged: what the operator can do about a damaged database.
    """

    file: str
    newest: str
    migrations: str
    lock: int
    driver: str
    when_damaged: str

    def make(self, directory: Path, address: str | None) -> Database:
        """Make the database with its tables, as a new service does; one that is there stays.

        Args:
            directory: the folder of the service.
            address: the SQLAlchemy URL its settings name, None for a file in the folder.

        Raises:
            HostingError: `malformed` for an address that is none of PostgreSQL, `unavailable`
                when its driver is not installed, otherwise as `bring_up`.
            StoreUnavailableError: the database cannot be used now.
            CarnetError: `storage_full`, `forbidden`, `not_found` or `unavailable` for the
                place of the file.
        """
        if address is None:
            _make_private(directory / self.file)
        database = self._database(directory, address)
        return self._with_schema(database, may_be_empty=True)

    def open(self, directory: Path, address: str | None) -> Database:
        """Open the database that `make` made; an older schema is upgraded.

        Raises:
            DatabaseLostError: `vault_corrupt`, it is gone or empty, and nothing is put in its
                place: a service that began anew would forget what it withdrew.
            HostingError, StoreUnavailableError: as `make`.
        """
        if address is None:
            self._check_there(directory / self.file)
        database = self._database(directory, address)
        return self._with_schema(database, may_be_empty=False)

    def _database(self, directory: Path, address: str | None) -> Database:
        url = sqlite_url(directory / self.file) if address is None else _postgresql_url(address)
        try:
            return Database(url, when_damaged=self.when_damaged)
        except ModuleNotFoundError:
            raise HostingError(
                ErrorKind.UNAVAILABLE,
                "The driver for PostgreSQL is not installed.",
                hint=f"pip install '{self.driver}'",
            ) from None

    def _with_schema(self, database: Database, *, may_be_empty: bool) -> Database:
        try:
            if not may_be_empty and _is_empty(database):
                raise self._lost("The database is empty.")
            self.bring_up(database)
        except BaseException:
            database.close()
            raise
        return database

    def _check_there(self, path: Path) -> None:
        # Before SQLite sees it, which writes a header into a file that was emptied.
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise self._lost("The database is not there.") from None
        except OSError as error:
            raise storage_error(error) from None
        if not size:
            raise self._lost("The database is empty.")

    def _lost(self, message: str) -> DatabaseLostError:
        return DatabaseLostError(ErrorKind.VAULT_CORRUPT, message, hint=self.when_damaged)

    def bring_up(self, database: Database) -> None:
        """Create or upgrade the tables in one transaction.

        Raises:
            HostingError: `unsupported_version` when a newer Carnet has written this database.
            StoreUnavailableError: the database cannot be used now; it is unchanged.
        """
        with database.read() as connection:
            if _revision(connection) == self.newest:
                return
        with database.exclusive(self.lock) as connection:
            found = _revision(connection)
            if found != self.newest:
                self._upgrade(connection, found)

    def _upgrade(self, connection: Connection, found: str | None) -> None:
        # Alembic takes a tenth of a second to import, and most commands find the schema in place.
        from alembic import command  # noqa: PLC0415 - see above
        from alembic.config import Config  # noqa: PLC0415 - see above
        from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

        config = Config()
        config.set_main_option("script_location", self.migrations)
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise HostingError(
                ErrorKind.UNSUPPORTED_VERSION,
                "A newer version of Carnet has written this database.",
                hint="Use that version, or a copy of the folder from before.",
            )
        command.upgrade(config, "head")


def _postgresql_url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise HostingError(
            ErrorKind.MALFORMED,
            "The address of the database is not one of PostgreSQL.",
            hint="Write postgresql+psycopg://user@host/name, or leave it out for a file.",
        )
    return url


def _make_private(path: Path) -> None:
    # SQLite gives its journal files the mode of the database file.
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise storage_error(error) from None


def _is_empty(database: Database) -> bool:
    with database.read() as connection:
        return _revision(connection) is None


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
