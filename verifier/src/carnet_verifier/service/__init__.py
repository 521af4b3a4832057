"""The verifier as a service (extra `service`): signed requests, answers taken once, results."""

from carnet_verifier.service.facade import Certificate, Verifier

__all__ = ["Certificate", "Verifier"]
