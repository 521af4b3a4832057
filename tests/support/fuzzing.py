"""How the tests that try any input run: the same inputs each time, however slow the machine."""

from hypothesis import HealthCheck, settings


def fuzz(examples: int) -> settings:
    """Settings for `examples` inputs. Long campaigns with fresh inputs run elsewhere."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
