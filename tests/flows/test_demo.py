"""`carnet demo` between real processes: what it answers, and that nothing is left behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.cli_reference import PRINTS
from carnet_securing import strict_json
from support.commands import CARNET, CARNET_AT_A_TERMINAL


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert not list(tmp_path.glob("carnet-demo-*"))


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(home), "PYTHONWARNINGS": "error::ResourceWarning"}


def test_the_whole_road_is_answered_and_swept(home: Path) -> None:
    done = subprocess.run(
        [*CARNET, "demo", "--json"], env=_environment(home), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    result = strict_json.loads_object(done.stdout, max_bytes=1024 * 1024)
    assert set(result) == set(PRINTS["demo"])
    assert result["outcome"] == "verified"
    assert result["after_withdrawal"] == "rejected"
    assert result["after_withdrawal_ground"] == "withdrawn"
    assert result["people"] == 30
    assert result["copies"] == 10
    assert {check["outcome"] for check in result["checks"]} <= {"passed", "not_applicable"}
    (shown,) = result["claims"]["certificate"]
    assert set(shown["claims"]) >= {"title", "month"}
    assert "given_name" not in shown["claims"]
    assert "Atelier Lumière" in result["preview"]
    assert result["timings"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "Ctrl-C"])
def test_however_it_ends_nothing_is_left(home: Path, how: signal.Signals) -> None:
    demo = subprocess.Popen(
        [*CARNET_AT_A_TERMINAL, "demo", "--keep"],
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert demo.stderr is not None
    for line in demo.stderr:
        if b"verifier started" in line:
            break
    demo.send_signal(how)
    # The sweeper inherits stderr and ends last: its end is the end of the stream.
    demo.stderr.read()
    demo.stderr.close()
    demo.wait()
