"""What a certificate says of a whole class: one TOML file, written once by the office.

The class list holds people only; title, skills, level, hours and dates stand here. A
template is checked against its type and its signer when it is added, so that a wrong
one is refused before it meets a name.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from carnet_issuer.calendar_months import end_of_month_after, month_of
from carnet_issuer.claimed_standing import check_titles
from carnet_issuer.class_list.people import Person
from carnet_issuer.errors import TemplateError
from carnet_issuer.template_places import place_in_words
from carnet_schemas import catalog, never_list
from carnet_schemas.errors import SchemaError
from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.strict_json import JsonObject

SKILL_CERTIFICATE: Final = "urn:carnet:skill-certificate:1"
MAX_TEMPLATE_BYTES: Final = 64 * 1024
_MAX_VALID_MONTHS: Final = 1_200
# The rules of a whole certificate: what its nature wants beside it.
_NATURE_AND_SHEET: Final = (
    'Only nature = "rncp", "rncp_block" or "rs" goes with a [certification], whose lines are'
    " sheet, certifier and partner."
)
# What of the file goes into the claims as it stands.
_COPIED: Final = ("nature", "title", "skills", "hours", "certification", "evidence")
_KNOWN: Final = frozenset(
    {*_COPIED, "type", "level", "assessed_on", "month", "method", "result", "valid_months"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A checked template.

    Attributes:
        id: follows from the content: the same file twice is one template.
        vct: the credential type.
        claims: what every certificate of the class says.
        assessment: members of `assessment` beside the result, and a result for all if any.
        valid_until: Unix seconds at which certificates expire, None for never.
    """

    id: str
    vct: str
    claims: Mapping[str, Any] = field(repr=False)
    assessment: Mapping[str, Any] = field(repr=False)
    valid_until: int | None

    @property
    def is_attendance(self) -> bool:
        """Whether it says who was there, and nothing of how she did."""
        return self.claims.get("nature") == "attendance"

    def to_document(self) -> str:
        """The stored form."""
        return strict_json.dumps(
            {
                "vct": self.vct,
                "claims": dict(self.claims),
                "assessment": dict(self.assessment),
                "valid_until": self.valid_until,
            }
        )

    @classmethod
    def from_document(cls, template_id: str, document: str) -> "Template":
        """Read the stored form back."""
        shape = strict_json.loads_object(document, max_bytes=4 * MAX_TEMPLATE_BYTES)
        return cls(
            id=template_id,
            vct=shape["vct"],
            claims=shape["claims"],
            assessment=shape["assessment"],
            valid_until=shape["valid_until"],
        )

    def claims_for(self, person: Person) -> JsonObject:
        """What the certificate of one person says; still to be validated.

        Her hours replace those of the class; her result stands in the words of the list.
        """
        claims: JsonObject = dict(self.claims)
        claims["given_name"] = person.given_name
        claims["family_name"] = person.family_name
        claims["usual_name"] = person.usual_name
        if person.hours is not None:
            claims["hours"] = person.hours
        assessment = dict(self.assessment)
        if person.result is not None:
            assessment["result"] = person.result
        if "result" in assessment:
            claims["assessment"] = assessment
        return claims


def read_template(data: bytes, *, signer_class: str, now: int) -> Template:
    """Read and check a template file.

    Args:
        data: TOML in UTF-8.
        signer_class: what kind of organisation will sign; decides what it may say.
        now: Unix seconds; an assessment in the future is refused.

    Raises:
        TemplateError: `malformed`, `too_large`, `policy_unmet` (this signer may not say it, or
            nobody may), `expired`, or another kind the type's schema gives.
    """
    shape = _parse(data)
    _refuse_never(shape)
    unknown = sorted(set(shape) - _KNOWN)
    if unknown:
        raise TemplateError(
            ErrorKind.MALFORMED,
            "The template has a line that means nothing here.",
            hint=f"Known names: {', '.join(sorted(_KNOWN))}.",
        )
    vct = shape.get("type")
    if vct != SKILL_CERTIFICATE:
        raise TemplateError(
            ErrorKind.VCT_MISMATCH,
            "The template does not name a type that a class list can fill.",
            hint=f'Write: type = "{SKILL_CERTIFICATE}"',
        )
    template = _build(vct, shape, now=now)
    check_sayable(vct, _with_a_result(template), signer_class=signer_class)
    check_titles(template.claims)
    if template.valid_until is not None and template.valid_until <= now:
        raise TemplateError(
            ErrorKind.EXPIRED,
            "Certificates of this template would already have expired.",
            hint="Check assessed_on and valid_months.",
        )
    return template


def check_sayable(vct: str, claims: JsonObject, *, signer_class: str) -> None:
    """Check that claims are complete for their type and that this signer may make them.

    Raises:
        TemplateError: with the kind, place and sentence of the schema.
    """
    try:
        catalog.check_signer_may_say(vct, claims, signer_class=signer_class)
    except SchemaError as error:
        hint = " ".join(part for part in (error.hint, place_in_words(error.pointer)) if part)
        raise TemplateError(
            ErrorKind(error.kind), error.message, hint=hint or _NATURE_AND_SHEET
        ) from None


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_TEMPLATE_BYTES:
        raise TemplateError(
            ErrorKind.TOO_LARGE,
            "The template is larger than allowed.",
            hint=f"It may have {MAX_TEMPLATE_BYTES // 1024} KB. People belong in the class list.",
        )
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TemplateError(
            ErrorKind.MALFORMED, "The template is not UTF-8 text.", hint="Save it as UTF-8."
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        _refuse_never_lines(data)
        raise TemplateError(
            ErrorKind.MALFORMED,
            "The template is not valid TOML.",
            hint="Compare it with the sample that ships with Carnet.",
        ) from None


def _refuse_never(shape: Mapping[str, Any]) -> None:
    """Name a member of the never-list as such, before it is a name nobody knows."""
    if isinstance(shape.get("title"), str):
        raise TemplateError(
            ErrorKind.MALFORMED,
            "The title has no language.",
            hint='Write [title] on one line and fr = "…" on the next.',
        )
    try:
        never_list.check(dict(shape))
    except SchemaError as error:
        place = place_in_words(error.pointer)
        raise TemplateError(
            ErrorKind(error.kind), error.message, hint=f"Take it out. {place}".rstrip()
        ) from None


def _refuse_never_lines(data: bytes) -> None:
    """The same where TOML wants quotes: a name with an accent."""
    for line in data.decode("utf-8-sig").splitlines():
        name, equals, _ = line.partition("=")
        if not equals or name.lstrip().startswith("#"):
            continue
        if (topic := never_list.topic_of(name.strip())) is not None:
            raise TemplateError(
                ErrorKind.POLICY_UNMET,
                f"No certificate may carry this kind of claim: {topic.value}.",
                hint="Take that line out.",
            )


def _build(vct: str, shape: Mapping[str, Any], *, now: int) -> Template:
    claims = {name: shape[name] for name in _COPIED if name in shape}
    if "level" in shape:
        claims["level"] = {"eqf": shape["level"]}
    assessed = _month(shape, "assessed_on")
    month = _month(shape, "month") or assessed
    for found in (assessed, month):
        if found is not None and found > month_of(now):
            raise TemplateError(
                ErrorKind.NOT_YET_VALID,
                "The template speaks of a coming month.",
                hint="Write assessed_on and month as they were, this month at the latest.",
            )
    if month is not None:
        claims["month"] = month
    assessment = {name: shape[name] for name in ("method", "result") if name in shape}
    if assessed is not None:
        assessment["month"] = assessed
    template = Template(
        id="",
        vct=vct,
        claims=claims,
        assessment=assessment,
        valid_until=_valid_until(shape, assessed or month),
    )
    return Template(
        id=_id_of(template),
        vct=vct,
        claims=template.claims,
        assessment=assessment,
        valid_until=template.valid_until,
    )


def _id_of(template: Template) -> str:
    try:
        document = template.to_document()
    except InvalidError:
        raise TemplateError(
            ErrorKind.MALFORMED,
            "The template holds a date or number where a text belongs.",
            hint="Put the value between quotes.",
        ) from None
    return "t" + hashlib.sha256(document.encode("utf-8")).hexdigest()[:16]


def _with_a_result(template: Template) -> JsonObject:
    """The claims as some row would complete them, to check what can be checked without one."""
    assessment = {"result": "acquis", **template.assessment}
    return {**template.claims, "assessment": assessment}


def _month(shape: Mapping[str, Any], name: str) -> str | None:
    value = shape.get(name)
    if isinstance(value, date):
        return value.strftime("%Y-%m")
    if value is None:
        return None
    if isinstance(value, str) and len(value) == 7 and value[4] == "-":
        digits = value[:4] + value[5:]
        if digits.isascii() and digits.isdigit() and 1 <= int(value[5:]) <= 12:
            return value
    raise TemplateError(
        ErrorKind.MALFORMED, f"{name} is not a month.", hint=f'Write: {name} = "2026-05"'
    )


def _valid_until(shape: Mapping[str, Any], start: str | None) -> int | None:
    months = shape.get("valid_months")
    if months is None:
        return None
    if type(months) is not int or not 1 <= months <= _MAX_VALID_MONTHS:
        raise TemplateError(
            ErrorKind.MALFORMED,
            "valid_months is not a number of months.",
            hint=f"Write a whole number, 1 to {_MAX_VALID_MONTHS}, such as: valid_months = 36",
        )
    if start is None:
        raise TemplateError(
            ErrorKind.MALFORMED,
            "valid_months needs a month to count from.",
            hint='Write: assessed_on = "2026-05"',
        )
    return end_of_month_after(start, months)
