"""What the verifier service refuses, beside what verification itself raises."""

from carnet_securing.errors import CarnetError


class ServiceError(CarnetError):
    """A request to the service cannot be served."""
