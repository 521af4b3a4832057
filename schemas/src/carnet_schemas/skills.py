"""A skill or an occupation: never a bare label, always in a framework and its release.

ESCO concepts are named by address, ROME and RNCP ones by code, and a signer's own words
are marked as own. The frameworks themselves are not shipped: whether a concept exists is
checked by whoever holds them, here only its form is.
"""

import re
from typing import Any, Final, Literal, Self

from pydantic import ConfigDict, model_validator

from carnet_schemas import identifiers as forms
from carnet_schemas.claim_table import Claim, Words, nested
from carnet_schemas.faults import refuse
from carnet_schemas.identifiers import CodeText, ReleaseName
from carnet_schemas.languages import LanguageTag
from carnet_schemas.paths import Path
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ConceptLabel, ShortText

_ESCO_VERSION: Final = re.compile(forms.ESCO_VERSION_PATTERN)
_SKILL_URI: Final = re.compile(forms.ESCO_SKILL_PATTERN)
_OCCUPATION_URI: Final = re.compile(forms.ESCO_OCCUPATION_PATTERN)
_ROME_CODE: Final = re.compile(f"{forms.ROME_SHEET_PATTERN}|{forms.ROME_OGR_PATTERN}")
_RNCP_CODE: Final = re.compile(
    f"{forms.RNCP_SHEET_PATTERN}|{forms.RNCP_BLOCK_PATTERN}|{forms.RS_SHEET_PATTERN}"
)


def _by_code(framework: str, code: re.Pattern[str]) -> dict[str, Any]:
    properties = {"code": {"pattern": code.pattern}, "uri": False}
    return _one_framework(framework, ["version", "code"], properties)


def _one_framework(framework: str, needs: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "if": {"properties": {"framework": {"const": framework}}},
        "then": {"required": needs, "properties": properties},
    }


def _rules(uri_pattern: str, *, rncp: bool) -> dict[str, Any]:
    """The rules of `_check_named`, for the JSON Schema."""
    rules = [
        _one_framework(
            "ESCO",
            ["version", "uri"],
            {
                "version": {"pattern": forms.ESCO_VERSION_PATTERN},
                "uri": {"pattern": uri_pattern},
                "code": False,
            },
        ),
        _by_code("ROME", _ROME_CODE),
        _one_framework("own", [], {"uri": False}),
    ]
    if rncp:
        rules.append(_by_code("RNCP", _RNCP_CODE))
    return {"allOf": rules}


class _Concept(StrictModel):
    version: ReleaseName | None = None
    uri: ShortText | None = None
    code: CodeText | None = None
    label: ConceptLabel
    lang: LanguageTag


class Skill(_Concept):
    """A skill: `{framework, version, uri or code, label, lang}`."""

    model_config = ConfigDict(json_schema_extra=_rules(forms.ESCO_SKILL_PATTERN, rncp=True))

    framework: Literal["ESCO", "ROME", "RNCP", "own"]

    @model_validator(mode="after")
    def _named_in_its_framework(self) -> Self:
        _check_named(self, self.framework, uri=_SKILL_URI)
        return self


class Occupation(_Concept):
    """What the worker did as: an occupation of ESCO or ROME, or the signer's own words."""

    model_config = ConfigDict(json_schema_extra=_rules(forms.ESCO_OCCUPATION_PATTERN, rncp=False))

    framework: Literal["ESCO", "ROME", "own"]

    @model_validator(mode="after")
    def _named_in_its_framework(self) -> Self:
        _check_named(self, self.framework, uri=_OCCUPATION_URI)
        return self


def _check_named(concept: _Concept, framework: str, *, uri: re.Pattern[str]) -> None:
    if framework == "own":
        if concept.uri is not None:
            raise _unnamed("A concept in the signer's own words has no address.")
        return
    if concept.version is None:
        raise _unnamed("A concept does not say which release of its framework it is from.")
    if framework == "ESCO":
        named = concept.code is None and _fits(uri, concept.uri)
        named = named and _fits(_ESCO_VERSION, concept.version)
    else:
        pattern = _ROME_CODE if framework == "ROME" else _RNCP_CODE
        named = concept.uri is None and _fits(pattern, concept.code)
    if not named:
        raise _unnamed("A concept is not named in the way of its framework.")


def _fits(pattern: re.Pattern[str], text: str | None) -> bool:
    return text is not None and pattern.fullmatch(text) is not None


def _unnamed(message: str) -> Exception:
    return refuse(message)


FRAMEWORK_WORDS: Final[Words] = {
    "ESCO": {"fr": "ESCO (Europe)", "en": "ESCO (Europe)"},
    "ROME": {"fr": "ROME (France Travail)", "en": "ROME (French employment service)"},
    "RNCP": {"fr": "RNCP (France compétences)", "en": "RNCP (French national register)"},
    "own": {"fr": "Ses propres mots", "en": "Own words"},
}


def concept_claims(parent: Path) -> tuple[Claim, ...]:
    """The rows of a skill or occupation at `parent`; it is shown whole or not at all."""
    rows = (
        ("version", False, "Version du référentiel", "Framework version"),
        ("uri", False, "Adresse dans le référentiel", "Address in the framework"),
        ("code", False, "Code dans le référentiel", "Code in the framework"),
        ("label", True, "Intitulé", "Label"),
        ("lang", True, "Langue de l'intitulé", "Language of the label"),
    )
    framework = Claim(
        path=(*parent, "framework"),
        sd="never",
        mandatory=True,
        fr="Référentiel",
        en="Framework",
        words=FRAMEWORK_WORDS,
    )
    return (framework, *nested(parent, "never", *rows))


def skill_list_claims(parent: Path = ("skills",), *, mandatory: bool = False) -> tuple[Claim, ...]:
    """The rows of a list of skills at `parent`, each skill shown or hidden on its own."""
    return (
        Claim(path=parent, sd="always", mandatory=mandatory, fr="Compétences", en="Skills"),
        Claim(path=(*parent, None), sd="always", fr="Compétence", en="Skill"),
        *concept_claims((*parent, None)),
    )
