"""Who asks: a client identifier and the prefix that says how it is to be believed.

OpenID4VP 1.0 section 5.9. The prefix is what stands before the first colon, compared
with case. A colon after anything but a known prefix is refused: the specification lets a
wallet treat it as pre-registered, and two readings of one identifier are an attack.
The identifier counts as a whole, prefix included, everywhere (section 14.8).

Nothing here is authenticated; it says only what has to be checked.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.messages import check_url_syntax

MAX_CLIENT_ID_CHARACTERS: Final = 2048

_DNS_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)*"
    r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
)
_SHA256: Final = re.compile(r"[A-Za-z0-9_\-]{42}[AEIMQUYcgkosw048]")
"""43 base64url characters whose last one leaves no stray bits."""
_DID: Final = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._\-]|%[0-9A-Fa-f]{2}|:(?!\Z))+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9\-._~]+")
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")


class ClientIdPrefix(StrEnum):
    """The prefixes a wallet accepts; `origin` is reserved and never among them."""

    PRE_REGISTERED = "pre-registered"
    REDIRECT_URI = "redirect_uri"
    DECENTRALIZED_IDENTIFIER = "decentralized_identifier"
    X509_SAN_DNS = "x509_san_dns"
    X509_HASH = "x509_hash"
    OPENID_FEDERATION = "openid_federation"
    VERIFIER_ATTESTATION = "verifier_attestation"


_RESERVED: Final = "origin"
_WRITTEN: Final = {
    prefix.value: prefix for prefix in ClientIdPrefix if prefix is not ClientIdPrefix.PRE_REGISTERED
}


class Signing(StrEnum):
    """Whether a request under a prefix is signed."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"
    OPTIONAL = "optional"


_SIGNING: Final = {
    ClientIdPrefix.PRE_REGISTERED: Signing.OPTIONAL,
    ClientIdPrefix.REDIRECT_URI: Signing.FORBIDDEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientId:
    """A well-formed client identifier. It names; it proves nothing.

    Attributes:
        prefix: how the asker is to be authenticated.
        value: the part after the prefix.
        text: the whole identifier; the audience of every answer.
    """

    prefix: ClientIdPrefix
    value: str
    text: str

    @property
    def signing(self) -> Signing:
        """What section 5.9.3 demands of a request under this prefix."""
        return _SIGNING.get(self.prefix, Signing.REQUIRED)


def parse_client_id(text: object, *, pointer: str = "/client_id") -> ClientId:
    """Read a client identifier by the table of section 5.9.3.

    Args:
        text: the parameter as received.
        pointer: where it stands in the message.

    Raises:
        SchemaError: `malformed` for no identifier at all; `request_untrusted` for an
            unknown or reserved prefix, or a value its prefix does not allow.
    """
    if type(text) is not str or not text:
        raise SchemaError(SchemaErrorKind.MALFORMED, pointer, "A request names who asks.")
    if len(text) > MAX_CLIENT_ID_CHARACTERS or _VISIBLE.fullmatch(text) is None:
        raise _refused(pointer, "The name of the asker has characters or a length it must not.")
    before, colon, after = text.partition(":")
    if not colon:
        return ClientId(prefix=ClientIdPrefix.PRE_REGISTERED, value=text, text=text)
    prefix = _WRITTEN.get(before)
    if prefix is None:
        raise _refused(pointer, "The asker is named in a way this wallet does not accept.")
    if _starts_with_prefix(after) or not _fits(prefix, after):
        raise _refused(pointer, "The name of the asker does not fit its prefix.")
    return ClientId(prefix=prefix, value=after, text=text)


def _refused(pointer: str, message: str) -> SchemaError:
    return SchemaError(SchemaErrorKind.REQUEST_UNTRUSTED, pointer, message)


def _starts_with_prefix(value: str) -> bool:
    before, colon, _after = value.partition(":")
    return bool(colon) and before.lower() in (*_WRITTEN, _RESERVED)


def _fits(prefix: ClientIdPrefix, value: str) -> bool:
    if prefix is ClientIdPrefix.X509_SAN_DNS:
        return _DNS_NAME.fullmatch(value) is not None
    if prefix is ClientIdPrefix.X509_HASH:
        return _SHA256.fullmatch(value) is not None
    if prefix is ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        return _DID.fullmatch(value) is not None
    if prefix is ClientIdPrefix.VERIFIER_ATTESTATION:
        return _PLAIN.fullmatch(value) is not None
    return _is_url(value)


def _is_url(value: str) -> bool:
    try:
        check_url_syntax(value)
    except SchemaError:
        return False
    return "#" not in value
