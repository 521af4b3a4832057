"""A report, and what was shown, as lines for a person, in both languages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from carnet_schemas.catalog import CREDENTIAL_TYPES, REGISTERED_CLAIMS, value_words
from carnet_schemas.paths import ConcretePath, matches
from carnet_trust.clean_text import clean_text

_MARKS: Final = {
    "passed": "+",
    "failed": "-",
    "not_checked": "?",
    "not_applicable": " ",
    "unlisted": "?",
}
_SOURCES: Final = {
    "shipped": {"fr": "fourni avec Carnet", "en": "shipped with Carnet"},
    "trust_file": {"fr": "votre liste", "en": "your list"},
    "given": {"fr": "donné par vous", "en": "given by you"},
    "cache": {"fr": "lu plus tôt", "en": "read earlier"},
    "fetched": {"fr": "lu à l'instant", "en": "read just now"},
    "credential": {"fr": "le document lui-même", "en": "the document itself"},
    "holder": {"fr": "la personne", "en": "the holder"},
}
_LONGEST_VALUE: Final = 200
_MOST_LINES: Final = 200


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """The headline and what to do, then each check with its sentence and its source."""
    lines: list[str] = [report["headline"][language] for language in ("fr", "en")]
    if report["what_to_do"]:
        lines.append(_both(report["what_to_do"]))
    lines.append("")
    for check in report["checks"]:
        lines.append(f"[{_MARKS[check['outcome']]}] {_both(check['text'])}")
        lines.extend(f"      {text}" for text in _further(check))
    return lines


def claim_lines(vct: str, claims: Mapping[str, Any]) -> list[str]:
    """What a document says, a line a detail; names of details in words where they are known."""
    known = CREDENTIAL_TYPES.get(vct)
    lines = ["", _clean(vct) if known is None else _both(known.title)]
    for path, value in _leaves(dict(claims), ()):
        if path[0] in REGISTERED_CLAIMS:
            continue
        if len(lines) == _MOST_LINES:
            return [*lines, "  ..."]
        lines.append(f"  {_label(vct, path)}: {_value(vct, path, value)}")
    return lines


def _further(check: Mapping[str, Any]) -> Sequence[str]:
    further = []
    if check["age"] is not None:
        further.append(_both(_sourced(check["source"], check["age"])))
    further.extend(f"! {_both(alert['text'])}" for alert in check["alerts"])
    further.extend(_both(check[name]) for name in ("does_not_prove", "what_to_do") if check[name])
    return further


def _sourced(source: str, age: int) -> dict[str, str]:
    """Where a value is from, and how old it is in the largest unit that says enough."""
    count, fr, en = age, "s", "s"
    for size, one_fr, one_en in ((60, "min", "min"), (3_600, "h", "h"), (86_400, "j", "d")):
        if age >= 2 * size:
            count, fr, en = age // size, one_fr, one_en
    words = _SOURCES[source]
    return {"fr": f"{words['fr']}, il y a {count} {fr}", "en": f"{words['en']}, {count} {en} ago"}


def _both(text: Mapping[str, str]) -> str:
    return f"{text['fr']} / {text['en']}"


def _leaves(value: Any, path: ConcretePath) -> Iterator[tuple[ConcretePath, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value


def _label(vct: str, path: ConcretePath) -> str:
    """The longest described part of the path in words, the rest as it is named."""
    known = CREDENTIAL_TYPES[vct].claims if vct in CREDENTIAL_TYPES else ()
    for end in range(len(path), 0, -1):
        for claim in known:
            if len(claim.path) == end and matches(claim.path, path[:end]):
                rest = "".join(f" ({_clean(step)})" for step in path[end:])
                return f"{claim.fr} / {claim.en}{rest}"
    return ".".join(_clean(step) for step in path)


def _value(vct: str, path: ConcretePath, value: Any) -> str:
    if vct in CREDENTIAL_TYPES:
        words = [value_words(vct, path, value, language=language) for language in ("fr", "en")]
        if all(words):
            return " / ".join(str(word) for word in words)
    return _clean(value)


def _clean(value: object) -> str:
    return clean_text(str(value), max_length=_LONGEST_VALUE).text
