"""An offer's link as a QR code (DESIGN section 4: version 10 or less for offers)."""

from io import BytesIO
from typing import Final

from carnet_issuer.errors import IssuerError
from carnet_securing.errors import ErrorKind

MAX_VERSION: Final = 10


def offer_png(offer_uri: str) -> bytes:
    """Draw a PNG with a quiet zone of four modules.

    Raises:
        IssuerError: `too_large` when the link needs a denser code than cheap phones read;
            offers by reference never do with an address of ordinary length.
    """
    import qrcode  # noqa: PLC0415 - with its imaging library, only when a picture is wanted
    from qrcode.exceptions import DataOverflowError  # noqa: PLC0415 - as above

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8, border=4)
    code.add_data(offer_uri)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        raise _too_large() from None
    if code.version > MAX_VERSION:
        raise _too_large()
    stream = BytesIO()
    code.make_image().save(stream, format="PNG")
    return stream.getvalue()


def _too_large() -> IssuerError:
    return IssuerError(
        ErrorKind.TOO_LARGE,
        "The link is too long for a QR code that every phone can read.",
        hint="Offer it by reference: without --by-value.",
    )
