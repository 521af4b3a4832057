"""The benchmark of the serving issuer runs, and what it counts adds up; no figure is judged."""

import json
import subprocess
import sys

from support.shared import REPOSITORY


def test_the_load_on_a_serving_issuer_is_measured() -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(REPOSITORY / "benchmarks" / "issuer_load.py"), "--json"),
            *("--flows", "6", "--concurrency", "3", "--copies", "2"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["flows"], found["concurrency"], found["copies"]) == (6, 3, 2)
    # A claim looks at the offer, redeems it, asks for a nonce and then for the copies.
    assert found["statuses"] == {"200": 24}
    assert set(found["p99_ms_by_request"]) == {"offer", "token", "nonce", "credential"}
    assert found["flows_per_second"] > 0
    assert found["server_peak_mib"] > 0
