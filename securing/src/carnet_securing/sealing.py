"""Secrets at rest: a key from a passphrase (Argon2id), and authenticated encryption.

Shared by key files and the wallet's vault. Both primitives are libsodium's, imported on use.
The bounds on the cost of a passphrase hold in both directions: a file somebody weakened does
not lower them, and a file somebody inflated does not exhaust the machine.
"""

import os
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.strict_json import JsonObject

KEY_BYTES: Final = 32
PASSPHRASE_BYTES: Final = 1_024
SHORTEST_NEW_PASSPHRASE: Final = 8
"""Characters, as NIST SP 800-63B section 5.1.1.1 has it for a secret that a person chooses."""
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 24
_TAG_BYTES: Final = 16
_MEMORY_KIB: Final = (64 * 1024, 1024 * 1024)
_PASSES: Final = (3, 10)
_MEMBERS: Final = {"name", "memory_kib", "passes", "lanes", "salt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KdfParameters:
    """What Argon2id version 1.3 (RFC 9106) is run with. Stored beside what it protects.

    Attributes:
        memory_kib: memory in KiB, 64 MiB to 1 GiB.
        passes: passes over it, 3 to 10.
        lanes: always 1, the only degree of parallelism libsodium has.
        salt: 16 random bytes.
    """

    memory_kib: int
    passes: int
    lanes: int
    salt: bytes = field(repr=False)

    @classmethod
    def fresh(cls, *, memory_kib: int = 64 * 1024, passes: int = 3) -> "KdfParameters":
        """Parameters with a new salt.

        Raises:
            InvalidError: `vault_kdf_policy` outside the bounds.
        """
        parameters = cls(
            memory_kib=memory_kib, passes=passes, lanes=1, salt=os.urandom(_SALT_BYTES)
        )
        parameters.check()
        return parameters

    @classmethod
    def from_json(cls, value: Any) -> "KdfParameters":
        """Read stored parameters; the inverse of `to_json`.

        Raises:
            InvalidError: `vault_corrupt` when they cannot be read, `vault_kdf_policy` for another
                function or figures outside the bounds.
        """
        if type(value) is not dict or value.keys() != _MEMBERS or type(value["salt"]) is not str:
            raise _corrupt()
        if value["name"] != "argon2id":
            raise _kdf_policy()
        try:
            salt = base64url.decode(value["salt"])
        except InvalidError:
            raise _corrupt() from None
        parameters = cls(
            memory_kib=value["memory_kib"],
            passes=value["passes"],
            lanes=value["lanes"],
            salt=salt,
        )
        parameters.check()
        return parameters

    def to_json(self) -> JsonObject:
        """The parameters as JSON, to be authenticated with what they protect."""
        return {
            "name": "argon2id",
            "memory_kib": self.memory_kib,
            "passes": self.passes,
            "lanes": self.lanes,
            "salt": base64url.encode(self.salt),
        }

    def check(self) -> None:
        """Hold the parameters to their floors and ceilings.

        Raises:
            InvalidError: `vault_kdf_policy`.
        """
        figures = (self.memory_kib, self.passes, self.lanes)
        if (
            not all(type(figure) is int for figure in figures)
            or not _MEMORY_KIB[0] <= self.memory_kib <= _MEMORY_KIB[1]
            or not _PASSES[0] <= self.passes <= _PASSES[1]
            or self.lanes != 1
            or len(self.salt) != _SALT_BYTES
        ):
            raise _kdf_policy()


def derive_key(passphrase: str, kdf: KdfParameters) -> bytes:
    """Derive 32 bytes from a passphrase, normalised once to NFKC; spaces count.

    Raises:
        InvalidError: `vault_kdf_policy`; `vault_passphrase` for one that is empty, over 1 KiB of
            UTF-8 or not Unicode text.
        UndeterminedError: `unavailable` when the machine lacks the memory.
    """
    kdf.check()
    secret = _passphrase_bytes(passphrase)
    from nacl.bindings import (  # noqa: PLC0415 - imported on use
        crypto_pwhash_alg,
        crypto_pwhash_ALG_ARGON2ID13,
    )
    from nacl.exceptions import RuntimeError as SodiumError  # noqa: PLC0415 - imported on use

    try:
        return crypto_pwhash_alg(
            KEY_BYTES,
            secret,
            kdf.salt,
            kdf.passes,
            kdf.memory_kib * 1024,
            crypto_pwhash_ALG_ARGON2ID13,
        )
    except (SodiumError, MemoryError):
        raise UndeterminedError(
            ErrorKind.UNAVAILABLE,
            "There is not enough memory to use the passphrase.",
            hint="Close other programs and try again.",
        ) from None


def seal(key: bytes, plaintext: bytes, *, associated: bytes) -> bytes:
    """Encrypt with XChaCha20-Poly1305 under a random nonce: nonce, ciphertext, tag.

    Args:
        key: 32 bytes.
        plaintext: what to hide.
        associated: what `open_sealed` must be given again: where the box belongs (table, row,
            version, header), so that one box cannot be put in the place of another.
    """
    from nacl.bindings import (  # noqa: PLC0415 - imported on use
        crypto_aead_xchacha20poly1305_ietf_encrypt as encrypt,
    )

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + encrypt(plaintext, associated, nonce, key)


def open_sealed(key: bytes, sealed: bytes, *, associated: bytes) -> bytes:
    """Open what `seal` made under the same key and associated bytes.

    Raises:
        InvalidError: `vault_corrupt` for anything else; nothing of the plaintext comes out.
    """
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        raise _corrupt()
    from nacl.bindings import (  # noqa: PLC0415 - imported on use
        crypto_aead_xchacha20poly1305_ietf_decrypt as decrypt,
    )
    from nacl.exceptions import CryptoError  # noqa: PLC0415 - imported on use

    try:
        return decrypt(sealed[_NONCE_BYTES:], associated, sealed[:_NONCE_BYTES], key)
    except CryptoError:
        raise _corrupt() from None


def check_new_passphrase(passphrase: str) -> None:
    """Refuse a passphrase too short to be chosen now; what is sealed already still opens.

    Raises:
        InvalidError: `vault_passphrase`.
    """
    # Measured before normalising too, as in `_passphrase_bytes`.
    measured = unicodedata.normalize("NFKC", passphrase[:PASSPHRASE_BYTES])
    if min(len(measured), len(passphrase)) < SHORTEST_NEW_PASSPHRASE:
        raise InvalidError(
            ErrorKind.VAULT_PASSPHRASE,
            f"A new passphrase needs at least {SHORTEST_NEW_PASSPHRASE} characters.",
            hint="Choose a sentence you can remember.",
        )


def _passphrase_bytes(passphrase: str) -> bytes:
    # Measured before normalising too, which can lengthen a text many times over.
    if passphrase and len(passphrase) <= PASSPHRASE_BYTES:
        try:
            secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8")
        except UnicodeEncodeError:
            secret = b""
        if 0 < len(secret) <= PASSPHRASE_BYTES:
            return secret
    raise InvalidError(
        ErrorKind.VAULT_PASSPHRASE,
        "A passphrase must be text of 1 to 1,024 bytes.",
        hint="Choose a sentence you can remember.",
    )


def _kdf_policy() -> InvalidError:
    return InvalidError(
        ErrorKind.VAULT_KDF_POLICY,
        "The passphrase is protected more weakly or dearly than allowed.",
    )


def _corrupt() -> InvalidError:
    return InvalidError(
        ErrorKind.VAULT_CORRUPT,
        "Stored data was damaged or altered, so it is not opened.",
        hint="Restore it from a backup.",
    )
