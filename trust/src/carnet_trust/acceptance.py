"""Whether a listed issuer may say what it says: issuer by type, and the entry's own dates.

A type gives nobody authority: neither `extends` in its metadata nor `aka_vcts` in a
credential is looked at (SD-JWT VC-19, "Credential Type Extension and Issuer
Authorization"). An issuer without an entry has no authority to check; that is a different
answer, not a refusal.
"""

from typing import Final

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_trust.entries import EndReason, TrustEntry

_LEAVES_EARLIER_WORK_STANDING: Final = frozenset({EndReason.CLOSED, EndReason.REPLACED})


def check_may_issue(entry: TrustEntry, *, vct: str, issued_at: int | None, now: int) -> None:
    """Check that an issuer may sign a credential of this type.

    1. `vct` is, byte for byte, one of the types of the entry; none means none.
    2. The entry is in force now: `since` has come and `until` has not.
    3. An entry that ended because the organisation closed or was replaced still carries
       what was signed before its end. For every other reason, or without a signed time of
       issue, it carries nothing: a stolen key writes any date.

    Args:
        entry: the entry of the credential's issuer.
        vct: the signed type.
        issued_at: the signed time of issue in Unix seconds, None when there is none.
        now: Unix seconds.

    Raises:
        InvalidError: `policy_unmet`.
    """
    # 1.
    if vct not in entry.types:
        raise _unmet("The issuer is trusted, but not for this kind of document.")
    # 2.
    if entry.since is not None and now < entry.since:
        raise _unmet("The issuer is trusted only from a later day.")
    if entry.until is None or now < entry.until:
        return
    # 3.
    if (
        entry.reason in _LEAVES_EARLIER_WORK_STANDING
        and issued_at is not None
        and issued_at < entry.until
    ):
        return
    raise _unmet("The issuer is no longer trusted.")


def _unmet(message: str) -> InvalidError:
    return InvalidError(ErrorKind.POLICY_UNMET, message)
