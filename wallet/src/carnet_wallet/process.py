"""What a process that holds keys asks of the operating system."""

import resource


def forbid_core_dumps() -> None:
    """Let no crash of this process write its memory to a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
