import re

from support.shared import REPOSITORY


def test_the_readme_example_runs() -> None:
    text = (REPOSITORY / "schemas/README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, "schemas/README.md", "exec"), {})  # noqa: S102 - our own README
