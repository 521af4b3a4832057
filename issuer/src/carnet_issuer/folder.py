"""What stands where in the folder of one issuer."""

from pathlib import Path
from typing import Final

from carnet_securing.jwk import PublicJwk

_KEYS: Final = "keys"


def make_key_folder(directory: Path) -> None:
    """Make the place of the signing keys."""
    (directory / _KEYS).mkdir(mode=0o700)


def key_path(directory: Path, key: PublicJwk) -> Path:
    """The encrypted file of a signing key."""
    return directory / _KEYS / f"{key.thumbprint}.key"
