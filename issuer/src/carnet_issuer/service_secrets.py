"""Secrets the running service needs beside its signing key, sealed under the passphrase.

They must be the same for every worker and after a restart: the key that wallets encrypt
requests to, and the key that makes nonces recognisable without storing them.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from carnet_securing import base64url, strict_json
from carnet_securing.durable_file import read_private_file, write_private_file
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwe import DecryptionKey
from carnet_securing.sealing import KdfParameters, derive_key, open_sealed, seal

SECRETS_FILE: Final = "service.key"
_FORMAT: Final = "carnet-issuer-service"
_MAX_BYTES: Final = 4 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSecrets:
    """What `serve` holds in memory."""

    request_key: DecryptionKey = field(repr=False)
    nonce_key: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "ServiceSecrets":
        """Draw fresh ones."""
        return cls(request_key=DecryptionKey.generate(), nonce_key=os.urandom(32))


def write_secrets(directory: Path, secrets: ServiceSecrets, *, passphrase: str) -> None:
    """Seal the secrets into the folder; raises as `durable_file` and `sealing`."""
    kdf = KdfParameters.fresh()
    header = strict_json.dumps_bytes({"format": _FORMAT, "version": 1, "kdf": kdf.to_json()})
    plaintext = secrets.request_key.private_bytes() + secrets.nonce_key
    sealed = seal(derive_key(passphrase, kdf), plaintext, associated=header)
    data = header + b"\n" + base64url.encode_bytes(sealed) + b"\n"
    write_private_file(directory / SECRETS_FILE, data)


def read_secrets(directory: Path, *, passphrase: str) -> ServiceSecrets:
    """Open the sealed secrets.

    Raises:
        InvalidError: `vault_passphrase`, `vault_corrupt`, and as `durable_file`.
    """
    data = read_private_file(directory / SECRETS_FILE, max_bytes=_MAX_BYTES)
    lines = data.split(b"\n")
    if len(lines) != 3 or lines[2]:
        raise _corrupt()
    try:
        header = strict_json.loads_object(lines[0], max_bytes=_MAX_BYTES)
        sealed = base64url.decode(lines[1])
    except InvalidError:
        raise _corrupt() from None
    if header.get("format") != _FORMAT or header.get("version") != 1:
        raise _corrupt()
    key = derive_key(passphrase, KdfParameters.from_json(header.get("kdf")))
    try:
        plaintext = open_sealed(key, sealed, associated=lines[0])
    except InvalidError:
        raise InvalidError(
            ErrorKind.VAULT_PASSPHRASE,
            "The passphrase does not open this issuer.",
            hint="Check the passphrase; if it is right, the file was damaged.",
        ) from None
    return ServiceSecrets(
        request_key=DecryptionKey.from_private_bytes(plaintext[:32]), nonce_key=plaintext[32:]
    )


def _corrupt() -> InvalidError:
    return InvalidError(
        ErrorKind.VAULT_CORRUPT,
        "The service's sealed secrets cannot be read.",
        hint="Restore service.key from a backup.",
    )
