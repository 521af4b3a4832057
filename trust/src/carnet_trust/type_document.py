"""One SD-JWT VC type metadata document, read on its own (SD-JWT VC-19, section 5).

Properties that are not known are ignored, as the draft asks; known ones must have their
form. `rendering` is not read at all: no logo and no SVG of a stranger is ever fetched or
drawn here. What a document extends is looked up and merged in `type_metadata`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet_schemas.errors import SchemaError
from carnet_schemas.paths import Path, parse_path
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject, JsonValue, loads_object
from carnet_trust.members import malformed

_MAX_CLAIMS: Final = 512
_MAX_DISPLAYS: Final = 64
_MAX_TEXT: Final = 2_048
_LOCALE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}", re.ASCII)
_SVG_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}", re.ASCII)


class Concealment(StrEnum):
    """The `sd` of a claim: whether it is, may be or must not be selectively disclosable."""

    ALWAYS = "always"
    ALLOWED = "allowed"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The name of a type or of a claim in one locale (RFC 5646), as its publisher wrote it."""

    locale: str
    text: str
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDescription:
    """What one document says about the claims at a path; None where it says nothing."""

    path: Path
    mandatory: bool | None
    sd: Concealment | None
    labels: tuple[Label, ...] | None
    svg_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDocument:
    """One parsed document. `labels` is None where it has no `display` of its own."""

    vct: str
    extends: str | None
    extends_integrity: str | None
    labels: tuple[Label, ...] | None
    claims: tuple[ClaimDescription, ...]


def parse_type_document(data: bytes, *, vct: str, limits: Limits) -> TypeDocument:
    """Read one document that was retrieved for `vct`.

    Raises:
        InvalidError: `vct_mismatch` when it describes another type, `malformed` when a
            property has another form than the draft's, and what the JSON parser raises.
    """
    members = loads_object(data, max_bytes=limits.type_metadata_bytes)
    if type(members.get("vct")) is not str:
        malformed("A type description does not name its type.")
    if members["vct"] != vct:
        raise InvalidError(
            ErrorKind.VCT_MISMATCH, "A type description is for another type than asked for."
        )
    for name in ("name", "description"):
        _optional_text(members, name)
    claims = tuple(_claim(value) for value in _optional_list(members, "claims", _MAX_CLAIMS))
    _check_unique([claim.path for claim in claims])
    _check_unique([claim.svg_id for claim in claims if claim.svg_id is not None])
    return TypeDocument(
        vct=vct,
        extends=_optional_text(members, "extends"),
        extends_integrity=_optional_text(members, "extends#integrity"),
        labels=_labels(members, text_member="name"),
        claims=claims,
    )


def _claim(value: JsonValue) -> ClaimDescription:
    if type(value) is not dict:
        malformed("A type description has a claim that is not an object.")
    mandatory, sd = value.get("mandatory"), value.get("sd")
    if "mandatory" in value and type(mandatory) is not bool:
        malformed("A type description has a `mandatory` that is not true or false.")
    if "sd" in value and (type(sd) is not str or sd not in tuple(Concealment)):
        malformed("A type description has an `sd` that is not always, allowed or never.")
    svg_id = _optional_text(value, "svg_id")
    if svg_id is not None and not _SVG_ID.fullmatch(svg_id):
        malformed("A type description has a malformed `svg_id`.")
    return ClaimDescription(
        path=_path(value.get("path")),
        mandatory=mandatory,
        sd=None if sd is None else Concealment(sd),
        labels=_labels(value, text_member="label"),
        svg_id=svg_id,
    )


def _path(value: JsonValue) -> Path:
    try:
        return parse_path(value)
    except SchemaError:
        malformed("A type description has a malformed claim path.")


def _labels(members: JsonObject, *, text_member: str) -> tuple[Label, ...] | None:
    if "display" not in members:
        return None
    labels = []
    for value in _optional_list(members, "display", _MAX_DISPLAYS):
        if type(value) is not dict:
            malformed("A type description has a display that is not an object.")
        locale, text = _optional_text(value, "locale"), _optional_text(value, text_member)
        if locale is None or text is None or not _LOCALE.fullmatch(locale):
            malformed("A type description has a display without its locale or its text.")
        description = _optional_text(value, "description")
        labels.append(Label(locale=locale, text=text, description=description))
    return tuple(labels)


def _optional_list(members: JsonObject, name: str, most: int) -> list[JsonValue]:
    value = members.get(name, [])
    if type(value) is not list:
        malformed(f"A type description has a `{name}` that is not an array.")
    if len(value) > most:
        raise InvalidError(ErrorKind.TOO_LARGE, f"A type description has too many `{name}`.")
    return value


def _optional_text(members: JsonObject, name: str) -> str | None:
    if name not in members:
        return None
    value = members[name]
    if type(value) is not str or not value:
        malformed(f"A type description has a `{name}` that is not text.")
    if len(value) > _MAX_TEXT:
        raise InvalidError(ErrorKind.TOO_LARGE, f"A type description has a `{name}` too long.")
    return value


def _check_unique(values: list[Path] | list[str]) -> None:
    if len({*values}) != len(values):
        malformed("A type description describes the same thing twice.")
