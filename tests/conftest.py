"""What tests of every folder may ask for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from support.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests of this process."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> URL:
    """The address of an empty database."""
    return postgres.new_database()
