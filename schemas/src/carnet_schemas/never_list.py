"""What no Carnet credential may say about a person, however it is spelled.

1. Every member name, at any depth, is cut into words (snake, camel, kebab, accents and
   case undone) and compared with the list, French and English; runs of words count, so
   `holder_home_address` is refused as `home_address` is.
2. So is a text that names a claim: the value of a member called `name`, `key`, `claim`...
3. `title` is a person's civil title unless it is the certificate's own title, which is an
   object by language at the top.
4. Two values give themselves away whatever their name: a French social security number
   with a right check key, and an image written as a `data:` address.

What it does not see: a fact told in a sentence. That is for the one who signs.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.never_list_words import RUNS, Topic
from carnet_schemas.paths import ConcretePath, JsonValue, to_pointer

__all__ = ["MAX_VALUES", "Topic", "check", "topic_of"]

MAX_VALUES: Final = 200_000
_MAX_NAME: Final = 256

_NAMING_MEMBERS: Final = frozenset(
    {"name", "key", "claim", "claims", "field", "attribute", "property", "path", "nom", "champ"}
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SHORTEST_TELLING: Final = len("data:image/")
_GAP: Final = r"[ .\-\u00a0\u202f]?"
_NIR: Final = re.compile(
    r"(?<![0-9])([1-478])"
    + _GAP.join(["", "([0-9]{2})", "([0-9]{2})", "([0-9]{2}|2[AaBb])", "([0-9]{3})", "([0-9]{3})"])
    + _GAP
    + r"([0-9]{2})(?![0-9])"
)


def check(claims: JsonValue) -> None:
    """Refuse `claims` when they hold a claim of the never-list, at any depth.

    Raises:
        SchemaError: `policy_unmet`, with the place but not the name or the value;
            `too_large` beyond `MAX_VALUES` values, `malformed` for a name that is no text.
    """
    if type(claims) is not dict and type(claims) is not list:
        return
    count = 0
    waiting: list[tuple[ConcretePath, str, JsonValue]] = [((), "", claims)]
    while waiting:
        path, name, container = waiting.pop()
        count += len(container)
        if count > MAX_VALUES:
            raise SchemaError(SchemaErrorKind.TOO_LARGE, "", "There are too many values.")
        is_object = type(container) is dict
        inner: Iterable[tuple[Any, Any]] = container.items() if is_object else enumerate(container)
        for step, value in inner:
            if is_object:
                name = step
                _check_name(name, value, path)
            kind = type(value)
            if kind is str:
                _check_text(name, value, path)
            elif kind is dict or kind is list:
                waiting.append(((*path, step), name, value))


def topic_of(name: str) -> Topic | None:
    """What the never-list holds against a claim called `name`, or None."""
    if len(name) > _MAX_NAME:
        name = name[:_MAX_NAME]
    return _topic_of(name)


def _check_name(name: object, value: JsonValue, path: ConcretePath) -> None:
    if type(name) is not str:
        raise SchemaError(SchemaErrorKind.MALFORMED, "", "A member name is not a text.")
    topic = topic_of(name)
    if topic is not None:
        raise _refused(topic, path)
    if _words(name) == ("title",) and (path or type(value) is not dict):
        raise _refused(Topic.CIVIL_TITLE, path)


def _check_text(name: str, text: str, path: ConcretePath) -> None:
    if _is_naming(name) and len(text) <= _MAX_NAME:
        topic = _BY_COMPACT.get("".join(_words(text)))
        if topic is not None:
            raise _refused(topic, path)
    topic = _topic_of_text(text)
    if topic is not None:
        raise _refused(topic, path)


def _refused(topic: Topic, path: ConcretePath) -> SchemaError:
    return SchemaError(
        SchemaErrorKind.POLICY_UNMET,
        to_pointer(path),
        f"No certificate may carry this kind of claim: {topic.value}.",
    )


def _topic_of_text(text: str) -> Topic | None:
    if len(text) < _SHORTEST_TELLING:
        return None
    if text[:11].casefold() == "data:image/":
        return Topic.PHOTO
    for match in _NIR.finditer(text):
        *number, key = match.groups()
        digits = "".join(number).upper().replace("2A", "19").replace("2B", "18")
        if 97 - int(digits) % 97 == int(key):
            return Topic.SOCIAL_SECURITY_NUMBER
    return None


@lru_cache(maxsize=4096)
def _is_naming(name: str) -> bool:
    return "".join(_words(name)) in _NAMING_MEMBERS


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKD", name[:_MAX_NAME])
        if unicodedata.category(character) not in {"Mn", "Me", "Cf"}
    )
    return tuple(word.lower() for word in _WORD.findall(plain))


@lru_cache(maxsize=4096)
def _topic_of(name: str) -> Topic | None:
    words = _words(name)
    for start in range(len(words)):
        for end in range(start + 1, min(start + _LONGEST_RUN, len(words)) + 1):
            topic = _BY_RUN.get(words[start:end])
            if topic is not None:
                return topic
    joined = "".join(words)
    if joined in _BY_COMPACT:
        return _BY_COMPACT[joined]
    return next((topic for compact, topic in _LONG if compact in joined), None)


_BY_RUN: Final = {run: topic for topic, runs in RUNS.items() for run in runs}
_BY_COMPACT: Final = {"".join(run): topic for run, topic in _BY_RUN.items()}
_LONGEST_RUN: Final = max(map(len, _BY_RUN))
# Long enough that no other word contains them: found also in names written without a break.
_LONG: Final = tuple((text, topic) for text, topic in _BY_COMPACT.items() if len(text) >= 9)
