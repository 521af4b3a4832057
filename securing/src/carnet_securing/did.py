"""DID URLs, and the two methods that need no network: did:jwk and did:key.

A DID names its key or its document's place; it never says whether to trust them. did:web
is turned into a URL here and read by `did_document`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from carnet_securing import base64url, strict_json
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.urls import LOOPBACK_HOSTS, check_url, has_dot_segments

MAX_DID: Final = 2_048

_DID_URL: Final = re.compile(
    r"(?P<did>did:(?P<method>[a-z0-9]+):(?P<identifier>(?:[A-Za-z0-9._:\-]|%[0-9A-Fa-f]{2})+))"
    r"(?:#(?P<fragment>[A-Za-z0-9._~!$&'()*+,;=:@/?%\-]+))?"
)
_DID_WEB_HOST: Final = re.compile(r"(?P<host>[A-Za-z0-9.\-]+)(?:%3[Aa](?P<port>[0-9]{1,5}))?")
_DID_WEB_SEGMENT: Final = re.compile(r"(?:[A-Za-z0-9._\-]|%[0-9A-Fa-f]{2})+")
# A decoded separator or percent sign would make another path of the one that was checked.
_HIDDEN_SEPARATOR: Final = re.compile(r"%(?:2[EeFf5]|5[Cc]|0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[Ff])")
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_MAX_MULTIBASE: Final = 64

_P256_PRIME: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


@dataclass(frozen=True, slots=True, kw_only=True)
class DidUrl:
    """A DID with an optional fragment; paths and queries are not accepted."""

    did: str
    method: str
    identifier: str
    fragment: str | None

    @property
    def text(self) -> str:
        """The DID URL as it was written."""
        return self.did if self.fragment is None else f"{self.did}#{self.fragment}"


def parse_did_url(text: str) -> DidUrl:
    """Read a DID or a DID URL with a fragment (DID Core sections 3.1 and 3.2).

    Raises:
        InvalidError: `malformed`, also for paths, queries and parameters.
    """
    match = _DID_URL.fullmatch(text) if len(text) <= MAX_DID else None
    if match is None or match["identifier"].endswith(":"):
        raise _malformed("A DID is malformed.")
    return DidUrl(
        did=match["did"],
        method=match["method"],
        identifier=match["identifier"],
        fragment=match["fragment"],
    )


def key_of_did_url(text: str) -> PublicJwk:
    """Resolve a DID that carries its key; a fragment must name that key.

    Raises:
        InvalidError: `malformed`; `key_not_found` for another method or another fragment.
    """
    url = parse_did_url(text)
    resolve = _SELF_CONTAINED.get(url.method)
    if resolve is None:
        raise InvalidError(ErrorKind.KEY_NOT_FOUND, "This kind of DID does not carry its key.")
    key = resolve(url.did)
    if url.fragment is not None and key.kid != url.text:
        raise InvalidError(ErrorKind.KEY_NOT_FOUND, "A DID has no key of that name.")
    return key


def resolve_did_jwk(did: str) -> PublicJwk:
    """Read the key of a did:jwk; its `kid` becomes the method's one identifier, `did#0`.

    Raises:
        InvalidError: `malformed`, or why `parse_public_jwk` refuses the key.
    """
    url = _bare(did, "jwk")
    decoded = base64url.decode(url.identifier)
    key = parse_public_jwk(strict_json.loads_object(decoded, max_bytes=MAX_DID))
    return key._replace(kid=f"{did}#0")


def did_jwk_of(key: PublicJwk) -> str:
    """Write a public key as a did:jwk, with the members that make the key and no others."""
    return f"did:jwk:{base64url.encode(strict_json.dumps_bytes(key.bare().to_json()))}"


def resolve_did_key(did: str) -> PublicJwk:
    """Read the key of a did:key; its `kid` becomes `did#` with the key repeated.

    Raises:
        InvalidError: `malformed` for anything but base58btc of a compressed P-256 point or an
            Ed25519 key; `alg_not_allowed` for keys of other types.
    """
    url = _bare(did, "key")
    key = parse_multikey(url.identifier)
    return key._replace(kid=f"{did}#{url.identifier}")


def parse_multikey(multibase: str) -> PublicJwk:
    """Read a multibase, multicodec public key (the `Multikey` of Controlled Identifiers).

    Raises:
        InvalidError: as `resolve_did_key`.
    """
    if not multibase.startswith("z") or len(multibase) > _MAX_MULTIBASE:
        raise _malformed("A key is not written in base58.")
    raw = _decode_base58(multibase[1:])
    prefix, body = raw[:2], raw[2:]
    if prefix == b"\xed\x01" and len(body) == 32:
        return PublicJwk(kty="OKP", crv="Ed25519", x=base64url.encode(body))
    if prefix == b"\x80\x24" and len(body) == 33 and body[0] in (2, 3):
        x, y = _decompress_p256(body)
        return PublicJwk(kty="EC", crv="P-256", x=base64url.encode(x), y=base64url.encode(y))
    if prefix in (b"\xed\x01", b"\x80\x24"):
        raise _malformed("A key has the wrong length.")
    raise InvalidError(ErrorKind.ALG_NOT_ALLOWED, "This type of key is not accepted.")


def did_web_url(did: str, *, loopback_http: bool) -> str:
    """Where the document of a did:web stands (did:web Method Specification, "Read").

    Percent-encoding is undone once and only for the port; a path that would lead elsewhere
    when decoded is refused. With `loopback_http`, a local host gives an http URL.

    Raises:
        InvalidError: `malformed`.
        UndeterminedError: `fetch_blocked` for IP addresses and internal names.
    """
    first, *segments = _bare(did, "web").identifier.split(":")
    host = _DID_WEB_HOST.fullmatch(first)
    if host is None:
        raise UndeterminedError(ErrorKind.FETCH_BLOCKED, "A DID does not name a public host.")
    for segment in segments:
        if (
            not _DID_WEB_SEGMENT.fullmatch(segment)
            or _HIDDEN_SEPARATOR.search(segment)
            or has_dot_segments(segment)
        ):
            raise _malformed("A DID has a path that leads elsewhere.")
    local = loopback_http and host["host"].lower() in LOOPBACK_HOSTS
    port = "" if host["port"] is None else f":{host['port']}"
    path = "/".join(segments) if segments else ".well-known"
    url = f"{'http' if local else 'https'}://{host['host']}{port}/{path}/did.json"
    check_url(url, loopback_http=loopback_http)
    return url


def _bare(did: str, method: str) -> DidUrl:
    url = parse_did_url(did)
    if url.method != method or url.fragment is not None:
        raise _malformed("A DID is of another kind.")
    return url


def _decode_base58(text: str) -> bytes:
    number = 0
    for character in text:
        digit = _BASE58.find(character)
        if digit < 0:
            raise _malformed("A key is not written in base58.")
        number = number * 58 + digit
    # No key type accepted here starts with a zero byte, the only thing a leading "1" says.
    if not text or text[0] == "1":
        raise _malformed("A key is not written in base58.")
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _decompress_p256(point: bytes) -> tuple[bytes, bytes]:
    """Both coordinates of a compressed point (SEC 1 section 2.3.4). Public values only."""
    x = int.from_bytes(point[1:], "big")
    squared = (pow(x, 3, _P256_PRIME) - 3 * x + _P256_B) % _P256_PRIME
    # The prime is 3 modulo 4, so this is a square root if there is one.
    y = pow(squared, (_P256_PRIME + 1) // 4, _P256_PRIME)
    if x >= _P256_PRIME or y * y % _P256_PRIME != squared:
        raise _malformed("A key is no point of its curve.")
    if y & 1 != point[0] & 1:
        y = _P256_PRIME - y
    return point[1:], y.to_bytes(32, "big")


def _malformed(message: str) -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, message)


_SELF_CONTAINED: Final[Mapping[str, Callable[[str], PublicJwk]]] = {
    "jwk": resolve_did_jwk,
    "key": resolve_did_key,
}
