"""`carnet demo` between real processes: what it answers, and that nothing is left behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.cli_reference import PRINTS
from carnet_securing import strict_json
from support import ending_moment
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


@pytest.mark.parametrize(
    ("how", "status"),
    [
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="SIGKILL"),
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
    ],
)
def test_however_it_ends_nothing_is_left(home: Path, how: signal.Signals, status: int) -> None:
    demo = subprocess.Popen(
        [*CARNET_AT_A_TERMINAL, "demo", "--keep"],
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert demo.stderr is not None
    said = b""
    for line in demo.stderr:
        said += line
        if b"verifier started" in line:
            break
    assert b"verifier started" in said, said.decode()
    assert len(list(home.glob("carnet-demo-*"))) == 1
    demo.send_signal(how)
    # The sweeper inherits stderr and ends last, after both services: its end is the stream's.
    demo.stderr.read()
    demo.stderr.close()
    assert demo.wait() == status


MOMENTS = {
    "before anything": "subprocess.Popen --sweep",
    "before its folder": "os.mkdir carnet-demo-[^/]+ ",
    "in its folder, unmarked": r"open /\.carnet-demo ",
    "issuer named": r"os.rename /school ",
    "service starting": "import ^uvicorn ",
    "verifier half made": "os.mkdir cache/listed ",
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_killed_at_any_moment_nothing_is_left(home: Path, moment: str) -> None:
    customised = home / "customised"
    customised.mkdir()
    source = Path(ending_moment.__file__).read_text(encoding="utf-8")
    (customised / "sitecustomize.py").write_text(source, encoding="utf-8")
    named = {"PYTHONPATH": str(customised), ending_moment.MOMENT: moment}
    done = subprocess.run(
        [*CARNET, "demo"], env=_environment(home) | named, capture_output=True, check=False
    )
    # The sweeper inherits stderr and ends last: its end is the end of what is captured.
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert [path.name for path in home.iterdir()] == ["customised"]
