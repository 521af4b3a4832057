"""A report as lines for a person, in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_MARKS: Final = {
    "passed": "+",
    "failed": "-",
    "not_checked": "?",
    "not_applicable": " ",
    "unlisted": "?",
}


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """The headline, then each check with its sentence, age, and what it does not prove."""
    lines = [report["headline"][language] for language in ("fr", "en")]
    lines.append("")
    for check in report["checks"]:
        lines.append(f"[{_MARKS[check['outcome']]}] {check['text']['fr']} / {check['text']['en']}")
        lines.extend(f"      {text}" for text in _further(check))
    return lines


def _further(check: Mapping[str, Any]) -> Sequence[str]:
    further = []
    if check["age"] is not None:
        further.append(f"{check['source']}, {check['age']} s")
    further.extend(
        f"{check[member]['fr']} / {check[member]['en']}"
        for member in ("does_not_prove", "what_to_do")
        if check[member]
    )
    return further
