"""What tests of every folder may ask for, and how those run that try any input."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL

from support.postgres import PostgresServer, postgres_server

# The same inputs in every run, however slow the machine. Fresh ones:
# uv run pytest -k fuzz --hypothesis-profile campaign
settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "campaign", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests of this process."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> URL:
    """The address of an empty database."""
    return postgres.new_database()
