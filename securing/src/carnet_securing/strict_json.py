"""The one JSON parser: UTF-8, no duplicate members, no NaN, bounded numbers and depth.

RFC 8725 section 3.7 wants UTF-8; RFC 7515 section 4 and RFC 7519 section 4 let a
parser refuse duplicate members, and so does this one. Python's own parser keeps the
last duplicate, guesses UTF-16 and accepts `NaN`.
"""

import json  # noqa: TID251 - this module is the parsing boundary the ban protects
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from carnet_securing.errors import ErrorKind, InvalidError

JsonObject = dict[str, Any]
JsonValue = Any
Members = Sequence[tuple[str, JsonValue]]
_Scan = Callable[[str, int], tuple[JsonValue, int]]

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 65_536
"""Most values in one text, whatever its bytes: 16,384 digests and what holds them, four times."""
_MAX_INTEGER: Final = 2**53
_MAX_DIGITS: Final = 17
_SURELY_SMALL: Final = 16
_SURELY_FEW: Final = 64 * 1024
# Possessive, and an unterminated string runs to the end: linear on any input.
_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_WHITE_SPACE: Final = " \t\n\r"
_BACKSLASH: Final = ord("\\")
_NOT_BRACKETS: Final = bytes(c for c in range(256) if c not in b"[]{}")
_NOT_BRACKETS_OR_QUOTES: Final = _NOT_BRACKETS.replace(b'"', b"")
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")


def loads(
    data: str | bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH, max_values: int = MAX_VALUES
) -> JsonValue:
    """Parse one JSON text.

    Args:
        data: UTF-8 bytes, or text that is then measured as UTF-8.
        max_bytes: longest encoded form accepted.
        max_depth: deepest nesting of arrays and objects accepted.
        max_values: most values accepted, estimated from above by brackets and commas: a
            mebibyte of `[],` takes a hundred times the memory of a mebibyte of text.

    Raises:
        InvalidError: `too_large`, `too_deep`, `duplicate_member` or `malformed`.
    """
    if isinstance(data, str):
        # A text is never longer than its bytes: measured before it is copied, and again after.
        if len(data) > max_bytes:
            raise _too_large()
        data = _utf8(data)
    return _parse(data, max_bytes, max_depth, max_values, _SCAN)


def loads_members(data: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> JsonValue:
    """Parse one JSON text, leaving each object as a tuple of its members, a name and a value.

    Duplicate members are still there: whoever walks the value calls `members` on each object
    it meets. For a large text of which most is looked at once, this takes half the time.

    Raises:
        InvalidError: `too_large`, `too_deep` or `malformed`.
    """
    return _parse(data, max_bytes, max_depth, MAX_VALUES, _SCAN_MEMBERS)


def members(pairs: Members) -> JsonObject:
    """One object of `loads_members` as a dictionary; the values in it stay as they are.

    Raises:
        InvalidError: `duplicate_member`.
    """
    result = dict(pairs)
    if len(result) != len(pairs):
        raise duplicate_member()
    return result


def duplicate_member() -> InvalidError:
    """The error for an object with a member twice."""
    return InvalidError(ErrorKind.DUPLICATE_MEMBER, "A JSON object has a member twice.")


def _parse(raw: bytes, max_bytes: int, max_depth: int, max_values: int, scan: _Scan) -> JsonValue:
    if len(raw) > max_bytes:
        raise _too_large()
    brackets = raw.count(b"{") + raw.count(b"[")
    if len(raw) > _SURELY_FEW and brackets + raw.count(b",") > max_values:
        raise _too_large()
    if brackets > max_depth:
        _check_depth(raw, max_depth)
    try:
        text = raw.decode("utf-8")
        value, end = scan(text, 0)
    except StopIteration:
        end = -1
    except InvalidError:
        raise
    except (ValueError, RecursionError):
        raise _malformed() from None
    if end < 0:
        return _parse_after_white_space(raw, max_depth, max_values, scan)
    if end != len(text) and text[end:].strip(_WHITE_SPACE):
        raise _malformed()
    if _BACKSLASH in raw and b"\\u" in raw:
        _utf8(_ENCODER.encode(value))
    return value


def _parse_after_white_space(raw: bytes, max_depth: int, max_values: int, scan: _Scan) -> JsonValue:
    text = raw.lstrip(_WHITE_SPACE.encode("ascii"))
    if len(text) in (0, len(raw)):
        raise _malformed() from None
    return _parse(text, len(text), max_depth, max_values, scan)


def loads_object(
    data: str | bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH, max_values: int = MAX_VALUES
) -> JsonObject:
    """Parse one JSON text whose value must be an object; raises as `loads` does."""
    value = loads(data, max_bytes=max_bytes, max_depth=max_depth, max_values=max_values)
    if type(value) is not dict:
        raise InvalidError(ErrorKind.MALFORMED, "A JSON text is not an object.")
    return value


def dumps(value: JsonValue) -> str:
    """Serialise without white space, refusing NaN and what JSON cannot say.

    Raises:
        InvalidError: `malformed` for a value JSON has no form for.
    """
    try:
        return "".join(_ENCODE(value, 0))
    except (ValueError, TypeError, RecursionError):
        raise InvalidError(ErrorKind.MALFORMED, "A value cannot be written as JSON.") from None


def dumps_bytes(value: JsonValue) -> bytes:
    """As `dumps`, encoded as UTF-8."""
    return _utf8(dumps(value))


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise _malformed() from None


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Bound nesting without walking values: strip strings, then peel one level a round."""
    # One kind of bracket, so that a round peels one level; the parser finds mismatched ones.
    brackets = raw.translate(_ONE_KIND, _NOT_BRACKETS_OR_QUOTES).replace(b'""', b"")
    # The quotes before a bracket inside a string are odd in number: one of them is left over.
    if b'"' in brackets or _BACKSLASH in raw:
        brackets = _STRINGS.sub(b"", raw).translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(max_depth):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")
    # What is left is nested deeper, or unbalanced and then refused by the parser.
    if b"[]" in brackets or brackets.count(b"[") > max_depth:
        raise InvalidError(ErrorKind.TOO_DEEP, "A JSON text is nested too deeply.")


def _integer(text: str) -> int:
    if len(text) < _SURELY_SMALL:
        return int(text)
    if len(text) > _MAX_DIGITS or abs(value := int(text)) > _MAX_INTEGER:
        raise _malformed()
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _malformed()
    return value


def _constant(_text: str) -> float:
    raise _malformed()


def _too_large() -> InvalidError:
    return InvalidError(ErrorKind.TOO_LARGE, "A JSON text is larger than allowed.")


def _malformed() -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, "A text is not valid JSON.")


def _scanner(hook: Callable[[list[tuple[str, JsonValue]]], JsonValue]) -> _Scan:
    decoder = json.JSONDecoder(
        object_pairs_hook=hook,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_constant,
    )
    # What `decode` calls between two searches for white space; typeshed does not list it.
    return decoder.scan_once  # type: ignore[attr-defined,no-any-return]


_SCAN: Final = _scanner(members)
_SCAN_MEMBERS: Final = _scanner(tuple)
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
)


def _encoding() -> Callable[[JsonValue, int], Iterable[str]]:
    """What `_ENCODER.encode` sets up anew at each call, set up once.

    Where this Python has no such part, or another one, the public method does.
    """
    encoder = _ENCODER
    try:
        encode: Callable[[JsonValue, int], Iterable[str]] = json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # typeshed does not list it
            None,
            encoder.default,
            json.encoder.encode_basestring,
            None,
            encoder.key_separator,
            encoder.item_separator,
            encoder.sort_keys,
            encoder.skipkeys,
            encoder.allow_nan,
        )
        probe = {"a": [1, 1.5, "\u00e9\n", None, True, {}]}
        if "".join(encode(probe, 0)) == encoder.encode(probe):
            return encode
    except (AttributeError, TypeError):
        pass
    return lambda value, _level: (encoder.encode(value),)


_ENCODE: Final = _encoding()
