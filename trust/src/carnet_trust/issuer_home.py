"""Which web addresses are an issuer's own: its origin and what lies under its path."""

from carnet_securing.did import did_web_url
from carnet_securing.errors import CarnetError
from carnet_securing.urls import check_issuer_identifier, has_dot_segments


def home_of(issuer: str) -> str | None:
    """The web address an issuer identifier stands for, without a slash at its end.

    Returns:
        The identifier itself for a web address, host and path of a did:web, and None for
        an issuer that has no address of its own (did:jwk, did:key, a certificate's subject).
    """
    if issuer.startswith("did:web:"):
        return _did_web_home(issuer)
    try:
        check_issuer_identifier(issuer)
    except CarnetError:
        return None
    return issuer.rstrip("/")


def is_under(uri: str, home: str) -> bool:
    """Whether `uri` has the origin of `home` and lies below its path, with no detour."""
    rest = uri.removeprefix(home)
    if rest == uri or not rest.startswith("/"):
        return False
    path = rest.partition("?")[0]
    return not has_dot_segments(path) and "\\" not in path and "#" not in rest


def _did_web_home(did: str) -> str | None:
    try:
        url = did_web_url(did, loopback_http=True)
    except CarnetError:
        return None
    return url.removesuffix("/did.json").removesuffix("/.well-known")
