"""The classes of organisation and person that sign, as a trust entry names them."""

from typing import Final

from carnet_schemas.errors import SchemaError, SchemaErrorKind

TRAINING_BODY: Final = "training_body"
CERTIFIER: Final = "certifier"
EMPLOYER: Final = "employer"
PLATFORM: Final = "platform"
ASSOCIATION: Final = "association"
BUYER: Final = "buyer"
MENTOR: Final = "mentor"
PEER: Final = "peer"
UNION: Final = "union"
AUDITOR: Final = "auditor"
WORKER: Final = "worker"


def check_class(signer_class: str, allowed: frozenset[str], *, pointer: str, message: str) -> None:
    """Refuse a signer outside `allowed`; an empty set allows nobody.

    Raises:
        SchemaError: `policy_unmet` at `pointer`.
    """
    if signer_class not in allowed:
        raise SchemaError(SchemaErrorKind.POLICY_UNMET, pointer, message)
