"""The benchmark runs and reports what it promises; its figures are for people to judge."""

import json
import subprocess
import sys

from support.shared import REPOSITORY

MEMBERS = {
    "workload",
    "algorithm",
    "operation",
    "ours",
    "sd_jwt",
    "limit",
    "of_limit",
    "times_sd_jwt",
}


def test_sd_jwt_benchmark_reports_every_operation() -> None:
    run = subprocess.run(
        [sys.executable, "benchmarks/sd_jwt.py", "--json", "--quick"],
        cwd=REPOSITORY,
        capture_output=True,
        timeout=120,
        check=True,
    )
    report = json.loads(run.stdout)
    results = report["results"]
    done = {(one["workload"], one["algorithm"], one["operation"]) for one in results}
    assert done == {
        (workload, algorithm, operation)
        for workload in ("W1", "W2")
        for algorithm in ("ES256", "EdDSA")
        for operation in ("issue", "present", "verify")
    }
    for one in results:
        assert one.keys() >= MEMBERS
        assert all(one[name] > 0 for name in ("ours", "sd_jwt", "limit", "times_sd_jwt"))
    assert all(one["ours"] > 0 for one in report["verify_answer"])


def test_sd_jwt_benchmark_prints_a_table() -> None:
    run = subprocess.run(
        [sys.executable, "benchmarks/sd_jwt.py", "--quick"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert len(run.stdout.splitlines()) >= 13
    assert "W2 EdDSA verify" in run.stdout
