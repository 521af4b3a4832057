"""How fast SD-JWT credentials are issued, presented and verified, beside a peer and the limit.

    uv run python benchmarks/sd_jwt.py [--json] [--quick]

W1 is a certificate with 12 hidden claims, 4 of them shown; W2 a history with 200 hidden
missions, 20 of them shown; both with key binding. Operations a second are of CPU time of one
thread. Each slice of work runs between two slices of the bare limit, in one process, so that
the two ratios survive a machine that is busy or changes its clock. See benchmarks/README.md.
"""

import argparse
import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from carnet_verifier import Outcome, verify_answer
from carnet_verifier.testing import ready_answer

# This file has the name of the peer it measures: import from the folder above, not from here.
_HERE: Final = Path(__file__).resolve().parent
sys.path[:] = [str(_HERE.parent), *(each for each in sys.path if Path(each).resolve() != _HERE)]

from benchmarks.sd_jwt_workloads import (  # noqa: E402 - after the path is mended
    Limit,
    Ours,
    Peer,
    Workload,
    certificate,
    history,
)

Operation = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Result:
    """Operations a second of CPU time, and the paired ratios."""

    workload: str
    algorithm: str
    operation: str
    ours: float
    sd_jwt: float
    limit: float
    of_limit: float
    times_sd_jwt: float


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Operations a second of CPU time of the verifier's whole answer check."""

    algorithm: str
    ours: float
    limit: float
    of_limit: float


def measure_answer(*, rounds: int, repeated: int) -> Answered:
    """Time `verify_answer` on a ready answer: trust, status, type rules, question and report.

    One answer again and again, so that its keys are loaded: beside `verify`, not part of it.
    """
    ready = ready_answer(Outcome.VERIFIED)
    limit = Limit("ES256", repeated)

    def answer() -> None:
        for _ in limit.times:
            verify_answer(ready.vp_token, **ready.expectations)

    answer()
    samples = [[_seconds(run) for run in (limit.two_checks, answer)] for _ in range(rounds)]
    return Answered(
        algorithm="ES256",
        ours=_rate(repeated, [own for _, own in samples]),
        limit=_rate(repeated, [bare for bare, _ in samples]),
        of_limit=round(statistics.median(bare / own for bare, own in samples), 3),
    )


def measure(workload: Workload, algorithm: str, *, rounds: int, corpus: int) -> Sequence[Result]:
    """Time issuing, presenting and verifying, each slice between two slices of the limit."""
    ours = Ours(workload, algorithm, corpus)
    peer = Peer(workload, ours)
    limit = Limit(algorithm, corpus)
    # What the benchmark keeps is no part of the work: the collector need not look through it.
    gc.collect()
    gc.freeze()
    return [
        _paired(workload, algorithm, name, own, other, bare, rounds=rounds, corpus=corpus)
        for name, own, other, bare in (
            ("issue", ours.issue, peer.issue, limit.one_signature),
            ("present", ours.present, peer.present, limit.one_signature),
            ("verify", ours.verify, peer.verify, limit.two_checks),
        )
    ]


def _paired(
    workload: Workload,
    algorithm: str,
    name: str,
    own: Operation,
    other: Operation,
    bare: Operation,
    *,
    rounds: int,
    corpus: int,
) -> Result:
    for run in (own, other, bare):
        run()
    samples = [[_seconds(run) for run in (bare, own, bare, other, bare)] for _ in range(rounds)]
    of_limit = [(before + after) / 2 / mine for before, mine, after, _, _ in samples]
    times_peer = [theirs / mine for _, mine, _, theirs, _ in samples]
    bares = [seconds for sample in samples for seconds in sample[::2]]
    return Result(
        workload=workload.name,
        algorithm=algorithm,
        operation=name,
        ours=_rate(corpus, [sample[1] for sample in samples]),
        sd_jwt=_rate(corpus, [sample[3] for sample in samples]),
        limit=_rate(corpus, bares),
        of_limit=round(statistics.median(of_limit), 3),
        times_sd_jwt=round(statistics.median(times_peer), 2),
    )


def _seconds(run: Operation) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _rate(corpus: int, seconds: Sequence[float]) -> float:
    return round(corpus / statistics.median(seconds), 1)


def main() -> None:
    """Run every workload and print one table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="few rounds: shows that it runs")
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    results = [
        result
        for workload in (certificate(), history())
        for algorithm in ("ES256", "EdDSA")
        for result in measure(
            workload, algorithm, rounds=rounds, corpus=4 if options.quick else workload.corpus
        )
    ]
    answered = measure_answer(rounds=rounds, repeated=4 if options.quick else 96)
    if options.json:
        report = {
            "python": platform.python_version(),
            "rounds": rounds,
            "results": [asdict(result) for result in results],
            "verify_answer": [asdict(answered)],
        }
        print(json.dumps(report, indent=1))
        return
    print("              ours/s   sd-jwt/s    limit/s   % of limit   times sd-jwt")
    for one in results:
        print(
            f"{one.workload} {one.algorithm:5} {one.operation:8}{one.ours:9.0f}"
            f"{one.sd_jwt:11.0f}{one.limit:11.0f}{one.of_limit:12.1%}{one.times_sd_jwt:14.2f}"
        )
    print(
        f"verify_answer {answered.ours:9.0f}{answered.limit:22.0f}{answered.of_limit:12.1%}"
        "   (ES256, one ready answer)"
    )


if __name__ == "__main__":
    main()
