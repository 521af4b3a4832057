"""`carnet` as a process of its own, as a person's shell starts it."""

import sys
from typing import Final

_RUN: Final = "from carnet_cli.main import run; run()"
# A shell's background job ignores Ctrl-C and hands that on; a person's terminal does not.
_HEAR_CTRL_C: Final = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"

# `-P` keeps the current folder off the import path.
CARNET: Final = (sys.executable, "-P", "-c", _RUN)
CARNET_AT_A_TERMINAL: Final = (sys.executable, "-P", "-c", f"{_HEAR_CTRL_C}; {_RUN}")
