"""Bind a selection to who asked and when, and check that binding (RFC 9901 sections 4.3, 7.3).

Two kinds, never exchangeable: asked for (`aud` and `nonce` of a verifier), and shown on a
screen to whoever scans it (`aud` is `SHOWN_ON_SCREEN`).
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from carnet_securing import base64url, disclosure, strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.held import Selection
from carnet_securing.jwk import PublicJwk
from carnet_securing.jws import parse_jws, sign_jws, verify_jws
from carnet_securing.limits import Limits
from carnet_securing.sd_jwt import VerifiedSdJwt
from carnet_securing.signer import Signer
from carnet_securing.strict_json import JsonObject

SHOWN_ON_SCREEN: Final = "urn:carnet:shown-on-screen"
"""The audience of a code that nobody asked for. Accepted by `verify_shown` only."""

_TYP: Final = "kb+jwt"
_TYPES: Final = frozenset({_TYP})
_SHOWN_NONCE_BYTES: Final = 16
_MINUTE: Final = 60
_TRANSACTION_HASHES: Final = "transaction_data_hashes"
_TRANSACTION_HASH_NAME: Final = "transaction_data_hashes_alg"


class VerifiedKeyBinding(NamedTuple):
    """The holder answered this verifier's question, with the key the credential names.

    Attributes:
        issued_at: when the holder's wallet says it signed, in Unix seconds.
        claims: the whole payload of the key binding.
    """

    issued_at: int
    audience: str
    nonce: str
    claims: JsonObject

    def __repr__(self) -> str:
        return f"VerifiedKeyBinding(issued_at={self.issued_at}, audience={self.audience!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedShowing:
    """The holder showed this on a screen.

    Attributes:
        issued_at: the minute the wallet says it was made, in Unix seconds.
        live: whether the code is bound to the digits the verifier chose. A showing that is
            not live may be a copy of somebody's screen.
    """

    issued_at: int
    nonce: str = field(repr=False)
    live: bool


def bind(
    selection: Selection,
    *,
    audience: str,
    nonce: str,
    now: int,
    signer: Signer,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """Add the key binding that answers `nonce` of `audience`.

    Args:
        now: `iat`, in Unix seconds.
        signer: the key that the credential names in `cnf`.
        extra: further claims, such as `transaction_data_hashes` of OpenID4VP.

    Raises:
        InvalidError: `conflict` when `extra` names one of the four required claims.
    """
    claims: JsonObject = {
        "iat": now,
        "aud": audience,
        "nonce": nonce,
        "sd_hash": disclosure.digest(selection, algorithm=selection.hash_algorithm),
    }
    if extra:
        if not claims.keys().isdisjoint(extra):
            raise InvalidError(ErrorKind.CONFLICT, "A claim of a key binding is given twice.")
        claims.update(extra)
    token = sign_jws(strict_json.dumps_bytes(claims), signer=signer, typ=_TYP)
    return selection + token.encode("ascii")


def bind_shown(selection: Selection, *, now: int, signer: Signer, code: str | None = None) -> bytes:
    """Add a key binding for whoever looks at the screen: random nonce, `iat` the minute.

    Args:
        code: the digits the verifier's page shows, which make the showing live.
    """
    return bind(
        selection,
        audience=SHOWN_ON_SCREEN,
        nonce=base64url.encode(os.urandom(_SHOWN_NONCE_BYTES)),
        now=now - now % _MINUTE,
        signer=signer,
        extra=None if code is None else {"code": code},
    )


def verify_key_binding(
    verified: VerifiedSdJwt,
    *,
    holder_key: PublicJwk,
    audience: str,
    nonce: str,
    now: int,
    check: SignatureCheck,
    algorithms: Collection[str],
    limits: Limits,
    transaction_data: Sequence[str] = (),
) -> VerifiedKeyBinding:
    """Check that the holder bound this very selection to `audience` and `nonce`.

    The plan, with the steps of RFC 9901 section 7.3:

    1. A key binding is there (2). That one is required is the caller's decision (1).
    2. Its algorithm is allowed (5.b), its `typ` is `kb+jwt` (5.d), and its signature holds
       under `holder_key` (5.c), which the caller took from the credential (5.a).
    3. `iat` lies within `limits.key_binding_past` seconds before and `limits.leeway` after
       `now` (5.e); `exp` and `nbf` hold where they are present (5.h).
    4. `sd_hash` is the digest of what was received (5.g).
    5. `aud` and `nonce` are exactly those expected (5.f).
    6. It confirms exactly the expected transaction data (OpenID4VP 1.0 appendix B.3.3.1).

    Steps 3 and 4 of section 7.3 were `verify_sd_jwt`. Spending the nonce is the caller's.

    Args:
        audience: the identifier the verifier asked under.
        nonce: the value it asked with; an empty one matches nothing.
        transaction_data: the texts the verifier sent, which ask for no other hash than the
            default, SHA-256; empty means that none was sent, and a binding that confirms some
            is refused.

    Raises:
        InvalidError: `kb_missing`, `kb_typ`, `kb_iat`, `kb_aud`, `kb_nonce`, `kb_sd_hash`,
            and what `parse_jws` and `verify_jws` raise.
    """
    if audience == SHOWN_ON_SCREEN:
        raise _other_audience()
    claims = _verify(
        verified,
        holder_key=holder_key,
        oldest=now - limits.key_binding_past,
        now=now,
        check=check,
        algorithms=algorithms,
        limits=limits,
    )
    # 5.
    if claims.get("aud") != audience or not audience:
        raise _other_audience()
    if claims.get("nonce") != nonce or not nonce:
        raise InvalidError(ErrorKind.KB_NONCE, "The document answers another question.")
    # 6.
    _check_transaction_data(claims, transaction_data)
    return VerifiedKeyBinding(claims["iat"], audience, nonce, claims)


def verify_shown(
    verified: VerifiedSdJwt,
    *,
    holder_key: PublicJwk,
    now: int,
    max_age: int,
    code: str | None,
    check: SignatureCheck,
    algorithms: Collection[str],
    limits: Limits,
) -> VerifiedShowing:
    """Check a code that was shown on a screen: steps 1 to 4 of `verify_key_binding`.

    Nobody asked for it, so it says when it was made, and not for whom.

    Args:
        max_age: oldest `iat` accepted, in seconds before `now`.
        code: the digits this verifier showed, when it wants a live showing; None otherwise.

    Raises:
        InvalidError: as `verify_key_binding`; `kb_aud` when it was made for a verifier, and
            `kb_nonce` when it is not bound to `code`.
    """
    claims = _verify(
        verified,
        holder_key=holder_key,
        oldest=now - max_age,
        now=now,
        check=check,
        algorithms=algorithms,
        limits=limits,
    )
    if claims.get("aud") != SHOWN_ON_SCREEN:
        raise _other_audience()
    nonce = claims.get("nonce")
    if type(nonce) is not str or not nonce:
        raise InvalidError(ErrorKind.KB_NONCE, "The code on the screen is not complete.")
    if code is not None and (not code or claims.get("code") != code):
        raise InvalidError(ErrorKind.KB_NONCE, "The code on the screen has other digits.")
    _check_transaction_data(claims, ())
    return VerifiedShowing(issued_at=claims["iat"], nonce=nonce, live=code is not None)


def _verify(
    verified: VerifiedSdJwt,
    *,
    holder_key: PublicJwk,
    oldest: int,
    now: int,
    check: SignatureCheck,
    algorithms: Collection[str],
    limits: Limits,
) -> JsonObject:
    """Steps 1 to 4."""
    # 1.
    if verified.key_binding is None:
        raise InvalidError(ErrorKind.KB_MISSING, "The document is not bound to its holder.")
    # 2.
    unverified = parse_jws(verified.key_binding, limits=limits, max_bytes=limits.key_binding_bytes)
    if unverified.unverified_header.get("typ") != _TYP:
        raise InvalidError(ErrorKind.KB_TYP, "The last part is not a key binding.")
    signed = verify_jws(
        unverified, key=holder_key, algorithms=algorithms, types=_TYPES, check=check
    )
    claims = strict_json.loads_object(
        signed.payload, max_bytes=limits.key_binding_bytes, max_depth=limits.json_depth
    )
    # 3.
    latest = now + limits.leeway
    if not oldest <= _time(claims, "iat") <= latest:
        raise _wrong_time()
    if "exp" in claims and _time(claims, "exp") <= now - limits.leeway:
        raise _wrong_time()
    if "nbf" in claims and _time(claims, "nbf") > latest:
        raise _wrong_time()
    # 4.
    if claims.get("sd_hash") != disclosure.digest(
        verified.hashed_part, algorithm=verified.hash_algorithm
    ):
        raise InvalidError(
            ErrorKind.KB_SD_HASH, "The holder did not bind this selection of claims."
        )
    return claims


def _time(claims: JsonObject, name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise _wrong_time()
    return value


def _check_transaction_data(claims: JsonObject, expected: Sequence[str]) -> None:
    if not expected:
        if _TRANSACTION_HASHES in claims:
            raise _other_transaction()
        return
    default = disclosure.DEFAULT_HASH
    hashes = [disclosure.digest(text.encode("utf-8"), algorithm=default) for text in expected]
    if (
        claims.get(_TRANSACTION_HASH_NAME, default) != default
        or claims.get(_TRANSACTION_HASHES) != hashes
    ):
        raise _other_transaction()


def _other_audience() -> InvalidError:
    return InvalidError(ErrorKind.KB_AUD, "The document was made for somebody else.")


def _wrong_time() -> InvalidError:
    return InvalidError(ErrorKind.KB_IAT, "The document was not bound at an acceptable time.")


def _other_transaction() -> InvalidError:
    return InvalidError(ErrorKind.KB_SD_HASH, "The holder confirmed another transaction.")
