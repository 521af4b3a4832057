"""Sign one copy of a credential: an SD-JWT VC that drafts 13 to 19 all accept."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from carnet_securing import standard_base64
from carnet_securing.credential import NEVER_HIDDEN, TYPE
from carnet_securing.disclosure import Path
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk
from carnet_securing.sd_jwt_issue import issue_sd_jwt
from carnet_securing.signer import Signer
from carnet_securing.status_list import StatusReference
from carnet_securing.strict_json import JsonObject

_OWN_CLAIMS: Final = NEVER_HIDDEN | {"iat"}


def issue_credential(
    claims: Mapping[str, Any],
    *,
    vct: str,
    issuer: str,
    conceal: Collection[Path],
    holder_key: PublicJwk | None,
    status: StatusReference | None,
    issued_at: int,
    expires_at: int | None,
    vct_integrity: str | None,
    signer: Signer,
    x5c: Sequence[bytes] = (),
    not_before: int | None = None,
    decoys: int = 0,
) -> str:
    """Sign one copy of a credential.

    The header carries `kid`, the thumbprint of the signer's key, or `x5c` when a chain is given.

    Args:
        claims: what is said of the holder; none of the claims this profile sets itself.
        conceal: the places in `claims` to hide.
        holder_key: the key of the holder; None for a bearer copy.
        issued_at, expires_at, not_before: Unix seconds.
        x5c: DER certificates, leaf first, without the root.

    Raises:
        InvalidError: `conflict` when `claims` has a claim of the profile, or `conceal` names
            one; also as `issue_sd_jwt`.
    """
    if not _OWN_CLAIMS.isdisjoint(claims) or any(
        path and path[0] in _OWN_CLAIMS for path in conceal
    ):
        raise InvalidError(
            ErrorKind.CONFLICT, "A claim has a name that the credential itself needs."
        )
    payload: JsonObject = {"iss": issuer, "iat": issued_at, "vct": vct}
    optional = {
        "nbf": not_before,
        "exp": expires_at,
        "vct#integrity": vct_integrity,
        "cnf": None if holder_key is None else {"jwk": holder_key.bare().to_json()},
        "status": None if status is None else status.to_json(),
    }
    payload.update((name, value) for name, value in optional.items() if value is not None)
    payload.update(claims)
    header: JsonObject = (
        {"x5c": [standard_base64.encode(der) for der in x5c]}
        if x5c
        else {"kid": signer.public_jwk.kid}
    )
    return issue_sd_jwt(
        payload, conceal=conceal, signer=signer, typ=TYPE, header=header, decoys=decoys
    )
