"""What the worker can be told when something of hers could not be done."""

from typing import Final

from carnet_schemas.oid4vp import ErrorRoute
from carnet_securing.errors import CarnetError, ErrorKind

ASK_AGAIN: Final = "Nothing was shown. Ask for a new code."
OTHER_WALLET: Final = "Your offer was not used. Ask the issuer which wallet to take."


class WalletError(CarnetError):
    """Base of every refusal that starts in the wallet; kind, sentence and hint as everywhere."""


class VaultError(WalletError):
    """The vault cannot be opened, read or written; what it held before is still there."""


class ClaimRefusedError(WalletError):
    """An offer, or what came back for it, was refused; nothing of it was kept as a certificate."""


class RequestRefusedError(WalletError):
    """A request to show something was refused; nothing was shown.

    `wire_code` is the error OpenID4VP section 8.5 has for it, "" where it has none. `route` is
    where an authenticated asker may be told that code; None where nobody is told anything.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        hint: str = "",
        wire_code: str = "",
        route: ErrorRoute | None = None,
    ) -> None:
        super().__init__(kind, message, hint=hint)
        self.wire_code = wire_code
        self.route = route


def untrusted(message: str) -> RequestRefusedError:
    """The refusal for an asker that could not be authenticated; no name is ever in it."""
    return RequestRefusedError(ErrorKind.REQUEST_UNTRUSTED, message, hint=ASK_AGAIN)


def closed_address(kind: ErrorKind) -> RequestRefusedError:
    """The refusal of an answer to an address that the guard of the network never opens."""
    return RequestRefusedError(
        kind,
        "The answer would go to an address that is not opened.",
        hint="Nothing was shown. Ask who sent you this request.",
    )
