"""JWT claims over a verified JWS (RFC 7519): the payload as strict JSON, and its times.

Times are whole Unix seconds. The current time is an argument.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from carnet_securing import strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk
from carnet_securing.jws import UnverifiedJws, verify_jws
from carnet_securing.strict_json import JsonObject

_TIMES: Final = ("exp", "nbf", "iat")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedJwt:
    """Claims whose signature holds under `key` and whose times were checked."""

    header: JsonObject = field(repr=False)
    claims: JsonObject = field(repr=False)
    key: PublicJwk


def verify_jwt(
    unverified: UnverifiedJws,
    *,
    key: PublicJwk,
    algorithms: Collection[str],
    types: Collection[str],
    check: SignatureCheck,
    now: int,
    leeway: int,
    require: Collection[str] = (),
) -> VerifiedJwt:
    """Verify the signature, read the claims, check their times, in this order.

    `iss`, `aud`, `sub` and `jti` are the caller's to check: their meaning is the profile's.

    Args:
        now: current time in Unix seconds.
        leeway: seconds of clock difference allowed either way.
        require: those of `exp`, `nbf` and `iat` that must be there.

    Raises:
        InvalidError: as `verify_jws`, `strict_json.loads_object` and `check_times`.
    """
    verified = verify_jws(unverified, key=key, algorithms=algorithms, types=types, check=check)
    claims = strict_json.loads_object(verified.payload, max_bytes=len(verified.payload))
    check_times(claims, now=now, leeway=leeway, require=require)
    return VerifiedJwt(header=verified.header, claims=claims, key=key)


def check_times(
    claims: JsonObject, *, now: int, leeway: int, require: Collection[str] = ()
) -> None:
    """Check `exp`, `nbf` and `iat` (RFC 7519 sections 4.1.4 to 4.1.6) where they are present.

    Only whole numbers are times: a fraction, text, boolean or null is malformed. `now` must lie
    before `exp`, not before `nbf`, and not before `iat`, each with the leeway.

    Raises:
        InvalidError: `malformed`, `time_missing`, `expired` or `not_yet_valid`.
    """
    for name in _TIMES:
        if name in claims:
            if type(claims[name]) is not int:
                raise InvalidError(ErrorKind.MALFORMED, "A time is not a whole number.")
        elif name in require:
            raise InvalidError(ErrorKind.TIME_MISSING, "A time that must be signed is missing.")
    if "exp" in claims and now >= claims["exp"] + leeway:
        raise InvalidError(ErrorKind.EXPIRED, "It was valid until a time that has passed.")
    if now + leeway < claims.get("nbf", now) or now + leeway < claims.get("iat", now):
        raise InvalidError(ErrorKind.NOT_YET_VALID, "It is not valid yet.")
