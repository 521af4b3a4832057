"""Requests, read under bounds before anything looks inside them."""

from typing import Final

from starlette.requests import ClientDisconnect, Request

from carnet_hosting.errors import HostingError
from carnet_securing.errors import ErrorKind

FORM: Final = "application/x-www-form-urlencoded"


def media_type(request: Request) -> tuple[str, str]:
    """Media type and parameters of the body, in lower case; empty where there are none."""
    name, _, parameters = request.headers.get("content-type", "").partition(";")
    return name.strip().lower(), parameters.strip().lower()


async def read_body(request: Request, *, max_bytes: int) -> bytes:
    """The whole body, refused as soon as it is known to be larger than the bound.

    Raises:
        HostingError: `too_large`, or `malformed` for a body that is compressed or cut short.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HostingError(ErrorKind.MALFORMED, "Bodies are not compressed.")
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > max_bytes:
        raise _too_large()
    received = bytearray()
    try:
        async for piece in request.stream():
            received += piece
            if len(received) > max_bytes:
                raise _too_large()
    except ClientDisconnect:
        raise HostingError(ErrorKind.MALFORMED, "The request ended early.") from None
    return bytes(received)


def _too_large() -> HostingError:
    return HostingError(ErrorKind.TOO_LARGE, "The body is too large.")
