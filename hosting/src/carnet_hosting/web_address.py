"""The address a service signs or shows, checked before anybody else reads it."""

from urllib.parse import urlsplit

from carnet_hosting.errors import HostingError
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.urls import check_issuer_identifier, check_url


def check_web_address(
    url: str, *, allow_loopback_http: bool, called: str, instead: str, spelling: str
) -> None:
    """Check the address of a service, as wallets will open it and others compare it.

    Args:
        allow_loopback_http: whether plain http to this machine will do.
        called: the address, as the sentence begins: "The address of the issuer".
        instead: what to write in place of one that wallets cannot open.
        spelling: how to write one that ends with a slash or has a special character.

    Raises:
        HostingError: `malformed`.
    """
    try:
        check_issuer_identifier(url)
        check_url(url, loopback_http=allow_loopback_http)
    except CarnetError:
        raise HostingError(
            ErrorKind.MALFORMED, f"{called} is not one that wallets can open.", hint=instead
        ) from None
    if url.endswith("/") or "%" in url or urlsplit(url).path.startswith("/.well-known"):
        raise HostingError(
            ErrorKind.MALFORMED,
            f"{called} ends with a slash or has a special character.",
            hint=spelling,
        )
