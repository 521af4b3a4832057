"""The README's ten lines run as they stand."""

import re
import subprocess
import sys

from support.shared import REPOSITORY


def test_the_ten_lines_run_and_say_it_was_withdrawn() -> None:
    text = (REPOSITORY / "verifier" / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Genuine, but withdrawn" in done.stdout
    assert not done.stderr


def test_verifying_brings_no_web_framework_database_or_http_client() -> None:
    code = (
        "from carnet_verifier import verify_answer\n"
        "from carnet_verifier.testing import Outcome, ready_answer\n"
        "ready = ready_answer(Outcome.VERIFIED)\n"
        "verify_answer(ready.vp_token, **ready.expectations)\n"
        "import sys\n"
        "heavy = {'carnet_hosting', 'fastapi', 'starlette', 'sqlalchemy', 'uvicorn', 'httpx2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
