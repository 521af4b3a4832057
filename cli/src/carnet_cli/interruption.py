"""Ctrl-C, from the first moment of `carnet` to its last.

1. While a command is loaded there is nothing to close yet, and native code that is being
   loaded makes other exceptions of a KeyboardInterrupt: the process says that it stopped and
   ends at once.
2. A command that runs is ended by KeyboardInterrupt, so that it closes what it opened. Where
   nobody could catch that (a destructor, a callback of native code) it is raised once more;
   where something made another error of it, `was_heard` still tells.
3. After the last word it is too late to stop anything: it is ignored.

A process that was started to ignore Ctrl-C, as a shell's background job is, goes on doing so.
"""

import os
import signal
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Final

_CODE: Final = 130
_AGAIN_AFTER: Final = 0.02


@dataclass(slots=True)
class _State:
    listening: bool = False
    heard: bool = False


_STATE: Final = _State()


def listen() -> None:
    """Begin: from now on Ctrl-C ends this process with "Stopped." and exit status 130."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        return
    _STATE.listening = True
    signal.signal(signal.SIGINT, _end_at_once)


def command_begins() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt; no effect where `listen` had none."""
    if not _STATE.listening:
        return
    sys.unraisablehook = _raise_once_more
    signal.signal(signal.SIGALRM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)


def command_ended() -> None:
    """From now on Ctrl-C changes nothing; no effect where `listen` had none."""
    if _STATE.listening:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)


def was_heard() -> bool:
    """Whether Ctrl-C was pressed while the command ran, whatever became of the exception."""
    return _STATE.heard


def _end_at_once(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    os.write(2, b"Stopped.\n")
    os._exit(_CODE)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    _STATE.heard = True
    raise KeyboardInterrupt


def _raise_once_more(unraisable: "sys.UnraisableHookArgs") -> None:
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        # Not here: nobody could catch it here either.
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_AFTER)
    else:
        sys.__unraisablehook__(unraisable)
