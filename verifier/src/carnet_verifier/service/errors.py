"""What the verifier service refuses, beside what verification itself raises."""

from carnet_securing.errors import CarnetError, ErrorKind


class ServiceError(CarnetError):
    """A request to the service cannot be served."""


def unavailable(message: str) -> ServiceError:
    """The database is busy, full or gone; trying again may help."""
    return ServiceError(ErrorKind.UNAVAILABLE, message, hint="Try again in a moment.")
