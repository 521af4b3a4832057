"""Which ground a failed check gives, and when a validity turns."""

from typing import Final

from carnet_securing.credential import AuthenticCredential
from carnet_securing.errors import ErrorKind
from carnet_verifier.report import Ground

NOT_MADE_FOR_US: Final = frozenset(
    {
        ErrorKind.KB_MISSING,
        ErrorKind.KB_UNEXPECTED,
        ErrorKind.KB_KEY_INVALID,
        ErrorKind.KB_AUD,
        ErrorKind.KB_NONCE,
        ErrorKind.KB_IAT,
    }
)
"""Failures of holder binding that accuse nobody: made for others, at another time, or not at all.

`kb_key_invalid` is among them since the issuer signed which key is the holder's.
"""

VALIDITY_GROUNDS: Final = {
    ErrorKind.EXPIRED: Ground.EXPIRED,
    ErrorKind.NOT_YET_VALID: Ground.NOT_YET_VALID,
    ErrorKind.KB_AUD: Ground.NOT_FOR_YOU,
    # The issuer signed a time that is no whole number: not as it should be, and no forgery.
    ErrorKind.MALFORMED: Ground.POLICY_UNMET,
}


def turning_point(authentic: AuthenticCredential, kind: ErrorKind) -> int | None:
    """The moment at which it ended, or will begin."""
    if kind is ErrorKind.EXPIRED:
        return authentic.expires_at
    if kind is ErrorKind.NOT_YET_VALID:
        begins = [at for at in (authentic.not_before, authentic.issued_at) if at is not None]
        return max(begins, default=None)
    return None
