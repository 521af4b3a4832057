"""Compact JWS (RFC 7515) with an explicit list of algorithms and of types.

The header of a token is data: it never chooses a key, an algorithm or a place to fetch
from. What could (`jku`, `x5u`), what changes the meaning of the payload (`b64`, `zip`) and
what we would have to understand (`crit`) is refused when the header is read.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from carnet_securing import base64url, strict_json
from carnet_securing.algorithms import (
    SIGNATURE_ALGORITHMS,
    SignatureCheck,
    algorithm_not_allowed,
)
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk, refuse_private_members
from carnet_securing.limits import Limits
from carnet_securing.signer import Signer
from carnet_securing.strict_json import JsonObject

_REFUSED: Final = ("b64", "jku", "x5u", "zip")
_TEXTS: Final = ("typ", "cty", "kid")
_CACHED_HEADERS: Final = 512
_CACHED_HEADER_CHARACTERS: Final = 2_048


class UnverifiedJws(NamedTuple):
    """A well-formed compact JWS. Nobody has checked who made it."""

    unverified_header: JsonObject
    unverified_payload: bytes
    signing_input: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "UnverifiedJws()"


class VerifiedJws(NamedTuple):
    """A JWS whose signature holds under `key`, which the caller chose."""

    header: JsonObject
    payload: bytes
    key: PublicJwk

    def __repr__(self) -> str:
        return f"VerifiedJws(key={self.key!r})"


def parse_jws(
    compact: str | bytes, *, limits: Limits, max_bytes: int | None = None
) -> UnverifiedJws:
    """Split and decode one compact JWS (RFC 7515 section 5.2 steps 1 to 7).

    Args:
        compact: three base64url parts with a dot between them.
        limits: bounds, applied before anything is decoded.
        max_bytes: longest token accepted, where it is not `limits.compact_bytes`.

    Raises:
        InvalidError: `too_large`, `too_deep`, `malformed`, `duplicate_member`,
            `alg_not_allowed`, `crit_unsupported` or `header_not_allowed`.
    """
    if len(compact) > (limits.compact_bytes if max_bytes is None else max_bytes):
        raise InvalidError(ErrorKind.TOO_LARGE, "A signed text is larger than allowed.")
    raw = _ascii(compact) if isinstance(compact, str) else compact
    signing_input, _, signature = raw.rpartition(b".")
    header, dot, payload = signing_input.partition(b".")
    if not dot or b"." in payload:
        raise _malformed("A signed text does not have three parts.")
    return UnverifiedJws(
        _read_header(header, limits),
        base64url.decode(payload),
        signing_input,
        base64url.decode(signature),
    )


def verify_jws(
    unverified: UnverifiedJws,
    *,
    key: PublicJwk,
    algorithms: Collection[str],
    types: Collection[str],
    check: SignatureCheck,
) -> VerifiedJws:
    """Verify one JWS under a key the caller found by its own means (RFC 7515 section 5.2).

    1. `alg` is one the caller allows; an empty list allows nothing.
    2. `typ` is, to the letter, one the caller expects; none is expected without a list.
    3. the key is of that algorithm, and meant for verifying (`alg`, `use`, `key_ops`).
    4. the signature holds.

    A `kid`, `jwk` or `x5c` in the header stays data: finding the key is the caller's part.

    Raises:
        InvalidError: `alg_not_allowed`, `typ_mismatch`, `key_not_trusted`, `malformed` (the key
            is no point of its curve) or `bad_signature`.
    """
    header = unverified.unverified_header
    algorithm = header["alg"]
    # 1.
    # A text is a collection of texts too: `"ES" in "ES256"` must never allow anything.
    if type(algorithms) is str or type(types) is str:
        raise TypeError("a list of names is expected, not one text")
    if algorithm not in algorithms or algorithm not in SIGNATURE_ALGORITHMS:
        raise algorithm_not_allowed()
    # 2.
    typ = header.get("typ")
    if typ is None or typ not in types:
        raise InvalidError(ErrorKind.TYP_MISMATCH, "This is another kind of signed text.")
    # 3.
    key.check_may_verify(algorithm)
    # 4.
    check(algorithm, key, unverified.signing_input, unverified.signature)
    return VerifiedJws(header, unverified.unverified_payload, key)


def sign_jws(
    payload: bytes, *, signer: Signer, typ: str, header: Mapping[str, Any] | None = None
) -> str:
    """Sign `payload` as a compact JWS; `alg` and `typ` are set here, `header` adds members.

    Raises:
        InvalidError: `header_not_allowed` or another kind `parse_jws` gives, when it would
            refuse the header asked for.
    """
    first = _signed_header(signer.algorithm, typ) if not header else _extended(signer, typ, header)
    signing_input = first + b"." + base64url.encode_bytes(payload)
    signature = base64url.encode_bytes(signer.sign(signing_input))
    return (signing_input + b"." + signature).decode("ascii")


@lru_cache(maxsize=64)
def _signed_header(algorithm: str, typ: str) -> bytes:
    return base64url.encode_bytes(strict_json.dumps_bytes({"alg": algorithm, "typ": typ}))


def _extended(signer: Signer, typ: str, header: Mapping[str, Any]) -> bytes:
    members = {"alg": signer.algorithm, "typ": typ, **header}
    if members["alg"] != signer.algorithm or members["typ"] != typ:
        raise InvalidError(ErrorKind.HEADER_NOT_ALLOWED, "The header says alg or typ itself.")
    _check_header(members, max_certificates=None)
    return base64url.encode_bytes(strict_json.dumps_bytes(members))


_headers: dict[bytes, JsonObject] = {}


def _read_header(part: bytes, limits: Limits) -> JsonObject:
    """Decode, parse and check a header; plain ones (no object or list inside) are remembered.

    The same few headers come with every token of an issuer, so parsing them once saves about
    ten microseconds of each verification. What is handed out is always a fresh dictionary.
    """
    # Four characters of base64url carry three bytes: refuse before decoding.
    if len(part) * 3 // 4 > limits.header_bytes:
        raise InvalidError(ErrorKind.TOO_LARGE, "The header of a signed text is too large.")
    known = _headers.get(part)
    if known is not None:
        return known.copy()
    header = strict_json.loads_object(
        base64url.decode(part), max_bytes=limits.header_bytes, max_depth=limits.json_depth
    )
    _check_header(header, max_certificates=limits.x5c_certificates)
    if len(part) <= _CACHED_HEADER_CHARACTERS and not any(
        isinstance(value, dict | list) for value in header.values()
    ):
        if len(_headers) >= _CACHED_HEADERS:
            _headers.clear()
        _headers[part] = header.copy()
    return header


def _check_header(header: JsonObject, *, max_certificates: int | None) -> None:
    """What every JWS header must satisfy, whoever reads it and for whatever purpose."""
    algorithm = header.get("alg")
    if type(algorithm) is not str:
        raise _malformed("A header does not name its algorithm.")
    if algorithm not in SIGNATURE_ALGORITHMS:
        raise algorithm_not_allowed()
    for name in _REFUSED:
        if name in header:
            raise InvalidError(
                ErrorKind.HEADER_NOT_ALLOWED, "A header has a member that is never accepted."
            )
    if "crit" in header:
        raise InvalidError(
            ErrorKind.CRIT_UNSUPPORTED, "A header wants an extension that is not supported."
        )
    for name in _TEXTS:
        if name in header and type(header[name]) is not str:
            raise _malformed("A member of a header is not text.")
    if "jwk" in header and type(header["jwk"]) is not dict:
        raise _malformed("The key in a header is not a JSON object.")
    if "x5c" in header:
        _check_certificates(header["x5c"], max_certificates)
    refuse_private_members(header)


def _check_certificates(value: object, max_certificates: int | None) -> None:
    if type(value) is not list or not value or not all(type(item) is str for item in value):
        raise _malformed("The certificates in a header are not a list of texts.")
    if max_certificates is not None and len(value) > max_certificates:
        raise InvalidError(ErrorKind.TOO_LARGE, "A header has more certificates than allowed.")


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise _malformed("A signed text has characters outside base64url.") from None


def _malformed(message: str) -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, message)
