"""Status list tokens of the tests: a good one, and the same with anything changed."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from carnet_securing import base64url, strict_json
from carnet_securing.jws import sign_jws
from carnet_securing.limits import PRESENTATION, Limits
from carnet_securing.native import check_signature
from carnet_securing.signer import SoftwareSigner
from carnet_securing.status_list import (
    STATUS_LIST_TYP,
    UnverifiedStatusToken,
    VerifiedStatusList,
    verify_status_list,
)
from support.keys import signer

URI = "https://issuer.example/status/1"
NOW = 1_800_000_000
DROP = object()

SMALL = replace(PRESENTATION, status_inflated_bytes=1024)


def status_list(packed: bytes = bytes(16), bits: object = 2, **members: Any) -> dict[str, Any]:
    """The `status_list` member, with `members` replaced or, for `DROP`, left out."""
    value = {"bits": bits, "lst": base64url.encode(zlib.compress(packed)), **members}
    return {name: member for name, member in value.items() if member is not DROP}


def token(
    claims: Mapping[str, Any] | None = None,
    *,
    typ: str = STATUS_LIST_TYP,
    by: SoftwareSigner | None = None,
    header: Mapping[str, Any] | None = None,
) -> str:
    """A good token but for the claims given; a value `DROP` leaves a claim out."""
    whole = {
        "sub": URI,
        "iat": NOW,
        "exp": NOW + 3600,
        "ttl": 300,
        "status_list": status_list(),
        **(claims or {}),
    }
    payload = strict_json.dumps_bytes({k: v for k, v in whole.items() if v is not DROP})
    return sign_jws(payload, signer=by or signer("issuer"), typ=typ, header=header)


def verify(
    text: str | bytes | UnverifiedStatusToken,
    *,
    uri: str = URI,
    now: int = NOW,
    newest_seen_iat: int | None = None,
    limits: Limits = PRESENTATION,
) -> VerifiedStatusList:
    """Verify under the key of `keys.signer("issuer")`."""
    return verify_status_list(
        text,
        uri=uri,
        key=signer("issuer").public_jwk,
        now=now,
        newest_seen_iat=newest_seen_iat,
        check=check_signature,
        limits=limits,
    )
