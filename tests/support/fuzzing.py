"""How the tests of any input run (their profile is in `tests/conftest.py`)."""

from hypothesis import settings


def fuzz(examples: int) -> settings:
    """Settings for `examples` inputs."""
    return settings(max_examples=examples)
