"""The ways from a credential to the key of its issuer."""

from enum import StrEnum


class IssuerKeyRoute(StrEnum):
    """One declared way to find an issuer's key; trust pins one, the token never chooses."""

    METADATA = "metadata"
    X5C = "x5c"
    DID_WEB = "did_web"
    DID_JWK = "did_jwk"
    DID_KEY = "did_key"
    PINNED = "pinned"
