"""Forms and the queries of links: strict `application/x-www-form-urlencoded` text.

1. No parameter twice (RFC 6749 sections 3.1 and 3.2).
2. Percent sequences are whole and spell UTF-8 (OpenID4VP 1.0 section 8.2).
3. Length and number of parameters are bounded before anything is decoded.

JSON inside a parameter stays text here; the caller takes it through strict JSON.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes, urlencode

from carnet_schemas.errors import SchemaError, SchemaErrorKind

MAX_FORM_CHARACTERS: Final = 64 * 1024
MAX_PARAMETERS: Final = 64

_BROKEN_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,63}")


def parse_form(
    text: str,
    *,
    max_characters: int = MAX_FORM_CHARACTERS,
    max_parameters: int = MAX_PARAMETERS,
) -> dict[str, str]:
    """Read a form or a query into its parameters.

    Args:
        text: the body or query, still encoded.
        max_characters: longest encoded text accepted.
        max_parameters: most parameters accepted.

    Raises:
        SchemaError: `too_large`, or `malformed` for a repeated, unnamed or undecodable one.
    """
    if len(text) > max_characters or text.count("&") >= max_parameters:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, "", "A form is larger than allowed.")
    if not text:
        return {}
    parameters: dict[str, str] = {}
    for pair in text.split("&"):
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise SchemaError(SchemaErrorKind.MALFORMED, "", "A parameter has no name or value.")
        decoded = _decode(name)
        if decoded in parameters:
            raise SchemaError(SchemaErrorKind.MALFORMED, "", "A parameter is given twice.")
        parameters[decoded] = _decode(value)
    # RFC 6749 section 3.1: a parameter without a value counts as left out.
    return {name: value for name, value in parameters.items() if value}


def encode_form(parameters: Mapping[str, str]) -> str:
    """Write parameters as a form or a query, in UTF-8."""
    return urlencode(parameters)


def _decode(text: str) -> str:
    if _BROKEN_PERCENT.search(text) is not None or not text.isascii():
        raise SchemaError(SchemaErrorKind.MALFORMED, "", "A parameter is not properly encoded.")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        raise SchemaError(
            SchemaErrorKind.MALFORMED, "", "A parameter is not properly encoded."
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Link:
    """What a link that opens a wallet says: its scheme and the parameters of its query."""

    scheme: str
    parameters: dict[str, str]


def parse_link(uri: str, *, max_characters: int) -> Link:
    """Read a link that opens a wallet: any scheme, and a query.

    Custom schemes and https links mean the same (OpenID4VP 1.0 section 9, OpenID4VCI 1.0
    section 4.1), so host and path are not looked at.

    Args:
        uri: the link as scanned, typed or clicked.
        max_characters: longest link accepted.

    Raises:
        SchemaError: `too_large` or `malformed`.
    """
    if len(uri) > max_characters:
        raise SchemaError(SchemaErrorKind.TOO_LARGE, "", "A link is longer than allowed.")
    scheme, colon, rest = uri.partition(":")
    if not colon or _SCHEME.fullmatch(scheme) is None or "#" in rest:
        raise SchemaError(SchemaErrorKind.MALFORMED, "", "A link has no scheme or has a fragment.")
    _place, mark, query = rest.partition("?")
    if not mark:
        raise SchemaError(SchemaErrorKind.MALFORMED, "", "A link carries no question.")
    return Link(scheme=scheme.lower(), parameters=parse_form(query, max_characters=max_characters))
