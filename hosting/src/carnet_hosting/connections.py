"""Connections bounded in number, and in the time a request may take to arrive (row E16).

uvicorn bounds how long a connection is kept after an answer, and nothing before. Here a
request has to be there whole in time; and when all places are taken, a newcomer gets that of
the connection that has waited longest without a whole request. So connections that say
nothing never shut anybody out, and no one who is being answered is cut off.
"""

import asyncio
from typing import ClassVar, cast

from uvicorn.protocols.http.h11_impl import H11Protocol


class BoundedProtocol(H11Protocol):
    """One connection among those of its server; made by `bounded_protocol`."""

    most: ClassVar[int]
    seconds: ClassVar[float]
    # Those without a whole request, the longest waiting first; a set would not keep the order.
    waiting: ClassVar[dict["BoundedProtocol", None]]
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, by turning out whoever waited longest where none is free."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._wait()
        if len(self.connections) > self.most:
            longest = next(iter(self.waiting))
            # At once, since it is lost only later: the next newcomer must turn out another.
            longest.stop_waiting()
            longest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self.stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Let the clock run until the request is there whole."""
        super().data_received(data)
        if self._is_being_answered():
            self.stop_waiting()
        elif not self.transport.is_closing():
            self._wait()

    def on_response_complete(self) -> None:
        """Wait for another request; how long without a byte is for the keep-alive time."""
        self.stop_waiting()
        super().on_response_complete()
        if not self.transport.is_closing() and not self._is_being_answered():
            self.waiting[self] = None

    def _is_being_answered(self) -> bool:
        cycle = self.cycle
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _wait(self) -> None:
        self.waiting.setdefault(self, None)
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self.transport.abort)

    def stop_waiting(self) -> None:
        """Leave the row of those without a whole request."""
        self.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bounded_protocol(*, most: int, seconds: float) -> type[BoundedProtocol]:
    """The protocol class of one server.

    Args:
        most: connections at one time.
        seconds: from the first moment to the last byte of a request.
    """
    members = {"most": most, "seconds": seconds, "waiting": {}}
    return type("ServerProtocol", (BoundedProtocol,), members)
