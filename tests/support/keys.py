"""Keys of the tests, each derived from its name: the same every run, none written down."""

import hashlib
from functools import lru_cache

from carnet_securing.signer import SoftwareSigner

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BYTES = {"ES256": 32, "ES384": 48, "EdDSA": 32, "Ed25519": 32}


@lru_cache(maxsize=256)
def signer(name: str, algorithm: str = "ES256") -> SoftwareSigner:
    """The signer called `name`; another algorithm gives an unrelated key."""
    digest = hashlib.sha256(f"carnet test key {name} {algorithm}".encode()).digest()
    # Below the order of P-256, hence also below that of P-384; never zero.
    scalar = int.from_bytes(digest, "big") % (_P256_ORDER - 1) + 1
    return SoftwareSigner.from_private_bytes(algorithm, scalar.to_bytes(_BYTES[algorithm], "big"))
