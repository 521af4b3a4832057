"""Kill issuers and wallets, thousands of times.

`uv run python tests/killloop/run.py --rounds 5000 --seed 7`

Prints a line of progress to standard error and one JSON object to standard output. Ends with
1 when a promise was broken, and says which round and how it died.
"""

import argparse
import gc
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from killloop.loop import SHARES, Summary, run_loop, run_self_test
from killloop.rounds import Kind


def main() -> int:
    """Read the arguments, run, report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", choices=[kind.value for kind in Kind], help="one kind")
    arguments.add_argument("--self-test", action="store_true", help="try the checks themselves")
    arguments.add_argument("--quiet", action="store_true", help="no line of progress")
    given = arguments.parse_args()
    gc.freeze()
    if given.self_test:
        sys.stdout.write(json.dumps(run_self_test(), indent=2) + "\n")
        return 0
    summary = run_loop(
        given.rounds,
        given.seed,
        kinds={Kind(given.only): 1} if given.only else SHARES,
        progress=(lambda _: None) if given.quiet else _tell,
    )
    if not given.quiet:
        sys.stderr.write("\n")
    sys.stdout.write(json.dumps(summary.to_json(), indent=2) + "\n")
    return 1 if summary.problems else 0


def _tell(summary: Summary) -> None:
    killed = sum(summary.killed.values())
    sys.stderr.write(
        f"\r{summary.rounds} rounds, {killed} kills, {summary.acknowledged} acknowledged writes,"
        f" {len(summary.problems)} problems, {summary.seconds:.0f} s"
    )
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
