"""The `carnet` entry point. It loads next to nothing, so that Ctrl-C is heard from the start."""

import sys


def run() -> None:
    """Run the command line of this process and end with its exit status.

    Data is UTF-8 wherever it goes: a terminal or pipe of another encoding must not turn a
    verified document into a traceback.
    """
    try:
        from carnet_cli import interruption  # noqa: PLC0415 - inside the `try`

        interruption.listen()
        from carnet_cli.main import main, speak_utf8  # noqa: PLC0415 - what takes long comes after

        speak_utf8()
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        code = 130
    sys.exit(code)
