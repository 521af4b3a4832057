"""A process that lives for one round: forked from a parent that has everything loaded.

The parent waits on a pipe, never on a clock alone: it answers what the child asks for, and
kills it when its time is up. A child never returns; it ends by itself or is killed.
"""

import contextlib
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Link = Connection[Any, Any]
else:
    Link = Connection

PATIENCE = 120.0
"""Seconds without a word from a process after which it hangs; each word starts them anew."""

BEGAN, CALL, FAILED = "began", "call", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a round's process ended, and how long it worked.

    Attributes:
        killed: by SIGKILL, its own or the parent's.
        at_random: the parent did it, at a moment that nothing names.
        failure: the traceback of a process that failed by itself, which it never should.
    """

    killed: bool
    at_random: bool
    seconds: float
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process that was started and not waited for."""

    pid: int
    link: Link

    def kill(self) -> None:
        """End it now, without a word."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def start(body: Callable[[Link], None]) -> Child:
    """Fork a process that does `body` and nothing else."""
    ours, theirs = Pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            ours.close()
            body(theirs)
            code = 0
        except BaseException:  # noqa: BLE001 - whatever it was, the parent is told
            with contextlib.suppress(OSError):
                theirs.send((FAILED, traceback.format_exc()))
        finally:
            os._exit(code)
    theirs.close()
    return Child(pid=pid, link=ours)


def attend(
    child: Child,
    *,
    kill_after: float | None = None,
    answer: Callable[..., Any] | None = None,
    victim: Child | None = None,
) -> Ending:
    """Wait for a process to end, answering its calls.

    Args:
        kill_after: seconds after its `BEGAN` at which `victim` is killed, None for never.
        answer: gets what the child asks, gives what it is told.
        victim: the process itself unless another is named.
    """
    began = time.monotonic()
    hangs_at, dies_at = began + PATIENCE, None
    at_random, failure = False, ""
    while True:
        until = hangs_at if dies_at is None else min(hangs_at, dies_at)
        if not wait([child.link], max(0.0, until - time.monotonic())):
            if until == hangs_at:
                failure, hangs_at = "The process hung.", time.monotonic() + PATIENCE
                child.kill()
            else:
                at_random, dies_at = True, None
                (victim or child).kill()
            continue
        try:
            what, *said = child.link.recv()
        except (EOFError, OSError):
            break
        hangs_at = time.monotonic() + PATIENCE
        if what == BEGAN:
            began = time.monotonic()
            dies_at = None if kill_after is None else began + kill_after
        elif what == FAILED:
            failure = said[0]
        elif answer is not None:
            told = answer(*said)
            with contextlib.suppress(OSError):
                child.link.send(told)
    seconds = time.monotonic() - began
    return _buried(child, at_random=at_random, seconds=seconds, failure=failure)


def ready(child: Child) -> None:
    """Wait until a process that serves has begun to.

    Raises:
        RuntimeError: it did not.
    """
    said = child.link.recv() if wait([child.link], PATIENCE) else ("nothing",)
    if said[0] != BEGAN:
        child.kill()
        raise RuntimeError(str(said))


def died(child: Child) -> bool:
    """Whether a process that serves, and says nothing more, is dead."""
    return bool(wait([child.link], 0))


def end(child: Child) -> str:
    """Kill a process that serves, if it still lives; how it failed, "" when it did not."""
    child.kill()
    return _buried(child, at_random=False, seconds=0.0, failure="").failure


def _buried(child: Child, *, at_random: bool, seconds: float, failure: str) -> Ending:
    child.link.close()
    status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    if status not in (0, -signal.SIGKILL) and not failure:
        failure = f"The process ended with {status}."
    killed = status == -signal.SIGKILL
    return Ending(killed=killed, at_random=killed and at_random, seconds=seconds, failure=failure)
