"""How securing and trust ask for a public document: an interface, no I/O.

The one hardened implementation is `carnet_securing.fetch_http` (extra `http`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from carnet_securing.errors import ErrorKind, UndeterminedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A successful answer (status 200) to a GET. Its body is still unverified bytes."""

    url: str
    media_type: str
    unverified_body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Any answer to a POST: OAuth puts its error code in the body of a 400."""

    status: int
    media_type: str
    unverified_body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class FetchFailedError(UndeterminedError):
    """A document did not come.

    `status` is the HTTP status the far side answered with, None when it gave no answer. Whether
    a status says anything about what was asked for is for the caller to know.
    """

    def __init__(
        self, kind: ErrorKind, message: str, *, hint: str = "", status: int | None = None
    ) -> None:
        super().__init__(kind, message, hint=hint)
        self.status = status


class Fetch(Protocol):
    """Read one public document under limits."""

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """Fetch `url`; the body of an answer other than 200 is never used.

        Raises:
            FetchFailedError: `fetch_failed` for an answer other than 200.
            UndeterminedError: `fetch_blocked`, `fetch_failed` or `fetch_too_large`.
        """
        ...


class Post(Protocol):
    """Send one message and read the answer under limits; redirects are never followed."""

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> Posted:
        """Post `body` to `url`.

        Raises:
            UndeterminedError: `fetch_blocked`, `fetch_failed` or `fetch_too_large`.
        """
        ...
