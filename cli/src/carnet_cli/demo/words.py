"""What the demo says at its end, in plain words, French then English."""

from typing import Any, Final

_FIRST: Final = ("Première vérification", "First check")
_SECOND: Final = ("Après le retrait par l'organisme", "After the issuer withdrew it")


def told(result: dict[str, Any]) -> list[str]:
    """The lines a person reads: what was shown, the answer, and the answer after withdrawal."""
    lines = [
        f"{result['people']} people imported, {result['copies']} copies claimed by one of them.",
        "",
        "What the worker saw before she agreed:",
        *(f"  {line}" for line in str(result["preview"]).splitlines()),
        "",
    ]
    lines += _answer(_FIRST, result["report"])
    lines += _answer(_SECOND, result["report_after_withdrawal"])
    return lines


def _answer(title: tuple[str, str], report: Any) -> list[str]:
    lines = [f"{title[0]} / {title[1]}"]
    lines.extend(f"  {report['headline'][language]}" for language in ("fr", "en"))
    lines.extend(f"    {check['outcome']:>14}  {check['text']['en']}" for check in report["checks"])
    return [*lines, ""]
