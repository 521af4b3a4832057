"""The README's example runs as it stands."""

import re
from pathlib import Path

README = Path(__file__).parents[3] / "wallet" / "README.md"


def test_the_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)

    exec(compile(code, str(README), "exec"), {})  # noqa: S102 - our own README
