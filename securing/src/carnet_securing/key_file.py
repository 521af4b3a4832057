"""Encrypted key files: a signing key under a passphrase.

Two lines. The first is a JSON header that says how (format, version, algorithm, `kid`, KDF
parameters); the second is the sealed private key in base64url. The header's exact bytes are
associated data of the seal, so that no field of it can be changed.
"""

from pathlib import Path
from typing import Final

from carnet_securing import base64url, strict_json
from carnet_securing.algorithms import SIGNATURE_ALGORITHMS
from carnet_securing.durable_file import read_private_file, write_private_file
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.sealing import KdfParameters, derive_key, open_sealed, seal
from carnet_securing.signer import SoftwareSigner
from carnet_securing.strict_json import JsonObject

_FORMAT: Final = "carnet-key"
_VERSION: Final = 1
_MAX_BYTES: Final = 4 * 1024
_MEMBERS: Final = {"format", "version", "algorithm", "kid", "kdf"}


def write_key_file(
    path: Path,
    signer: SoftwareSigner,
    *,
    passphrase: str,
    kdf: KdfParameters | None = None,
    replace: bool = False,
) -> None:
    """Write the signer's key, sealed, durably and for its owner alone.

    Args:
        path: where; its folder exists.
        signer: whose key.
        passphrase: what opens it again.
        kdf: fresh Argon2id parameters, by default at the floor (64 MiB, 3 passes).
        replace: whether an existing file may be replaced (a new passphrase, a new key).

    Raises:
        CarnetError: as `sealing.derive_key` and `durable_file.write_private_file`.
    """
    kdf = kdf or KdfParameters.fresh()
    header = strict_json.dumps_bytes(
        {
            "format": _FORMAT,
            "version": _VERSION,
            "algorithm": signer.algorithm,
            "kid": signer.public_jwk.kid,
            "kdf": kdf.to_json(),
        }
    )
    sealed = seal(derive_key(passphrase, kdf), signer.private_bytes(), associated=header)
    data = header + b"\n" + base64url.encode_bytes(sealed) + b"\n"
    write_private_file(path, data, replace=replace)


def read_key_file(path: Path, *, passphrase: str) -> SoftwareSigner:
    """Open a key file.

    Raises:
        InvalidError: `vault_passphrase` when the passphrase does not open it (or its header or
            seal was altered: the two cannot be told apart); `vault_corrupt` when it cannot be
            read; `vault_kdf_policy`; `unsupported_version`; as `durable_file.read_private_file`.
    """
    data = read_private_file(path, max_bytes=_MAX_BYTES)
    lines = data.split(b"\n")
    if len(lines) != 3 or lines[2]:
        raise _corrupt()
    header_line, sealed_line, _ = lines
    header = _read_header(header_line)
    kdf = KdfParameters.from_json(header["kdf"])
    try:
        sealed = base64url.decode(sealed_line)
    except InvalidError:
        raise _corrupt() from None
    key = derive_key(passphrase, kdf)
    try:
        private = open_sealed(key, sealed, associated=header_line)
    except InvalidError:
        raise InvalidError(
            ErrorKind.VAULT_PASSPHRASE,
            "The passphrase does not open this key file.",
            hint="Check the passphrase; if it is right, the file was damaged.",
        ) from None
    return SoftwareSigner.from_private_bytes(header["algorithm"], private)


def _read_header(line: bytes) -> JsonObject:
    try:
        header = strict_json.loads_object(line, max_bytes=_MAX_BYTES)
    except InvalidError:
        raise _corrupt() from None
    if header.get("format") != _FORMAT or type(header.get("version")) is not int:
        raise _corrupt()
    if header["version"] != _VERSION:
        raise InvalidError(
            ErrorKind.UNSUPPORTED_VERSION,
            "This key file was written by another version of Carnet.",
            hint="Use a newer version of Carnet.",
        )
    if (
        header.keys() != _MEMBERS
        or type(header["algorithm"]) is not str
        or header["algorithm"] not in SIGNATURE_ALGORITHMS
    ):
        raise _corrupt()
    return header


def _corrupt() -> InvalidError:
    return InvalidError(
        ErrorKind.VAULT_CORRUPT,
        "The key file cannot be read.",
        hint="Restore it from a backup.",
    )
