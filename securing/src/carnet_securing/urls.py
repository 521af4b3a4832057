"""Which URLs and which addresses Carnet may open: pure checks, no I/O.

URLs come from credentials, offers and requests that anyone can write, so every one
is a way to make us knock on somebody's internal door (SD-JWT VC, section "Server-Side
Request Forgery"). Only plain https URLs of public DNS names pass. Loopback passes when
the person who runs the command said so, for the names below and nothing else.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError

MAX_URL_BYTES: Final = 2_048
LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""The only hosts plain http is ever allowed for, and only by an explicit flag."""

_PATH_CHARACTER: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z]+)://"
    r"(?:(?P<host>[A-Za-z0-9._\-]+)|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    rf"(?P<path>(?:/{_PATH_CHARACTER}*+)?)"
    rf"(?P<query>(?:\?(?:{_PATH_CHARACTER}|\?)*+)?)",
)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
# A last label like this makes the host an IPv4 address to some resolvers: 127.1, 0x7f000001.
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_INTERNAL_SUFFIXES: Final = ("localhost", "local", "internal", "onion", "home.arpa")

# Ranges that `is_global` allows in one Python version or another, and that carry an IPv4
# address, lead into one, or belong to no public host.
_FORBIDDEN_NETWORKS: Final = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "::/96",  # IPv4-compatible, deprecated
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # local-use NAT64, RFC 8215
        "100::/64",  # discard-only, RFC 6666
        "2001::/23",  # protocol assignments, with Teredo and ORCHID
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fec0::/10",  # site-local, deprecated
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedUrl:
    """A URL that may be opened, once its host's addresses are vetted as well.

    `host` is lower case and without brackets, `target` is the path with its query, and
    `loopback` says that the host was allowed to be this machine (and then must be).
    """

    scheme: str
    host: str
    port: int
    target: str
    loopback: bool

    @property
    def origin(self) -> str:
        """Scheme, host and port in the form of an `Origin` (RFC 6454 section 6.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return f"{self.scheme}://{host}" + ("" if self.port == default else f":{self.port}")

    @property
    def text(self) -> str:
        """The URL as it is sent, with a lower-case scheme and host."""
        return self.origin + self.target


def check_url(url: str, *, loopback_http: bool, loopback_hosts: Collection[str] = ()) -> CheckedUrl:
    """Say whether a URL may be opened at all, before any name is resolved.

    Args:
        url: what a credential, a message or a redirect asks us to open.
        loopback_http: allow http (and https) for `LOOPBACK_HOSTS`.
        loopback_hosts: further hosts that may be this machine, over https only.

    Raises:
        UndeterminedError: `fetch_blocked` for another scheme, userinfo, a fragment, an IP
            address or internal name as host, a malformed port, or a character that
            RFC 3986 does not allow.
    """
    match = _URL.fullmatch(url) if len(url) <= MAX_URL_BYTES else None
    if match is None:
        raise _blocked("An address is not a plain web address.")
    scheme = match["scheme"].lower()
    host = (match["host"] or match["ipv6"]).lower()
    port = _port(match["port"], scheme)
    declared = host in loopback_hosts
    loopback = (loopback_http and host in LOOPBACK_HOSTS) or (declared and scheme == "https")
    if scheme != "https" and not (scheme == "http" and loopback_http and host in LOOPBACK_HOSTS):
        raise _blocked("Only https addresses are opened.")
    if not loopback:
        _check_public_name(host, is_ipv6=match["ipv6"] is not None)
    target = (match["path"] or "/") + match["query"]
    return CheckedUrl(scheme=scheme, host=host, port=port, target=target, loopback=loopback)


def check_address(address: str, *, loopback: bool) -> None:
    """Say whether a resolved address may be connected to.

    Args:
        address: one numeric address as the resolver gave it.
        loopback: True when the host was allowed to be this machine; then it must be.

    Raises:
        UndeterminedError: `fetch_blocked` for everything that is not globally reachable
            unicast (RFC 6890), for addresses that embed another (IPv4-mapped, NAT64, 6to4,
            Teredo), and for zone identifiers.
    """
    if "%" in address:
        raise _blocked("An address names a network of this machine.")
    try:
        parsed = ip_address(address)
    except ValueError:
        raise _blocked("A host has no usable address.") from None
    if loopback:
        if not parsed.is_loopback:
            raise _blocked("A local host name points to another machine.")
        return
    if not _is_public(parsed):
        raise _blocked("A host points into a private network.")


def check_issuer_identifier(issuer: str) -> str:
    """Return the part of an issuer identifier before its path, or refuse the identifier.

    An identifier has a scheme, a host, perhaps a port and a path, and nothing else
    (SD-JWT VC, section "JWT VC Issuer Metadata"; OpenID4VCI section 12.2.1).

    Raises:
        InvalidError: `issuer_mismatch` for userinfo, a query, a fragment, dot segments, or
            anything that is not an http or https URL.
    """
    match = _URL.fullmatch(issuer) if len(issuer) <= MAX_URL_BYTES else None
    if match is None or match["scheme"] not in ("https", "http") or match["query"]:
        raise InvalidError(ErrorKind.ISSUER_MISMATCH, "An issuer's name is no web address.")
    if has_dot_segments(match["path"]):
        raise InvalidError(ErrorKind.ISSUER_MISMATCH, "An issuer's name has a moving path.")
    return issuer[: match.start("path")]


def has_dot_segments(path: str) -> bool:
    """Tell whether a path has `.` or `..` segments, also percent-encoded ones."""
    plain = re.sub("%2e", ".", path, flags=re.IGNORECASE)
    plain = re.sub("%2f|%5c", "/", plain, flags=re.IGNORECASE)
    return any(segment in (".", "..") for segment in plain.split("/"))


def _port(text: str | None, scheme: str) -> int:
    if text is None:
        return 443 if scheme == "https" else 80
    port = int(text)
    if not 1 <= port <= 65_535:
        raise _blocked("An address has a port that does not exist.")
    return port


def _check_public_name(host: str, *, is_ipv6: bool) -> None:
    labels = host.split(".")
    if is_ipv6 or _NUMERIC_LABEL.fullmatch(labels[-1]):
        raise _blocked("An address uses a number where a host name belongs.")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _blocked("An address has a malformed host name.")
    internal = any(host == suffix or host.endswith(f".{suffix}") for suffix in _INTERNAL_SUFFIXES)
    if len(labels) < 2 or internal:
        raise _blocked("An address names a host of a private network.")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not any(address in network for network in _FORBIDDEN_NETWORKS)
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


def _blocked(message: str) -> UndeterminedError:
    return UndeterminedError(ErrorKind.FETCH_BLOCKED, message)
