"""What a piece of work costs, on a machine that may be busy with other things."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
_RUNS = 3


def least_cpu(work: Callable[[], _T]) -> tuple[_T, float]:
    """What `work` gives, and the CPU seconds of the quickest of its three runs.

    A busy machine can only make work look longer. What pytest holds is not looked through by
    the garbage collector meanwhile: the services do the same (`gc.freeze`).
    """
    seconds = []
    gc.collect()
    gc.freeze()
    try:
        for _ in range(_RUNS):
            began = time.process_time()
            result = work()
            seconds.append(time.process_time() - began)
    finally:
        gc.unfreeze()
    return result, min(seconds)
