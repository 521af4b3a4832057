"""The verifier's HTTP endpoints."""
