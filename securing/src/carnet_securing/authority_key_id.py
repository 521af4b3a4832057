"""Which authorities a credential's own certificate chain names: the `aki` of DCQL.

OpenID4VP 1.0 section 6.1.1.1: the key identifier of the Authority Key Identifier extension
(RFC 5280 section 4.2.1.1) of any certificate in the chain, as base64url. It narrows what
is shown; it is no decision to trust, and nothing in the chain is verified here.
"""

from typing import TYPE_CHECKING, Final

from carnet_securing import base64url
from carnet_securing.errors import InvalidError
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject
from carnet_securing.x509 import decode_x5c

if TYPE_CHECKING:
    from cryptography import x509

AKI: Final = "aki"


def named_authorities(header: JsonObject, *, limits: Limits) -> tuple[tuple[str, str], ...]:
    """The pairs of `aki` and value that a credential matches; none where it has no chain.

    Args:
        header: the protected header of a credential whose signature was verified.
        limits: bounds on the chain.
    """
    if "x5c" not in header:
        return ()
    try:
        chain = decode_x5c(header["x5c"], limits=limits)
    except InvalidError:
        return ()
    found = [key_id for der in chain if (key_id := _key_identifier(der)) is not None]
    return tuple((AKI, base64url.encode(key_id)) for key_id in dict.fromkeys(found))


def _key_identifier(der: bytes) -> bytes | None:
    from cryptography import x509  # noqa: PLC0415 - the optional seam is imported on use

    try:
        return _extension(x509.load_der_x509_certificate(der))
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension, Warning):
        return None


def _extension(certificate: "x509.Certificate") -> bytes | None:
    from cryptography import x509  # noqa: PLC0415 - as above

    found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    return found.value.key_identifier
