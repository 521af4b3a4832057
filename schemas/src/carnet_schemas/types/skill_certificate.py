"""The skill certificate: what a course ended with, and what the paper legally is.

`nature` is never hidden, because an attendance slip must not pass for a certification.
A certification of the French registers comes with its sheet, its certifier and the body
that delivered it (code du travail L. 6113-1 and following); an employer alone authorises
electrical work (code du travail R. 4544-10), a training body gives an opinion.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from carnet_schemas import signer_classes as who
from carnet_schemas.claim_table import Claim, CredentialType, Words, nested
from carnet_schemas.dates import Month
from carnet_schemas.errors import SchemaErrorKind
from carnet_schemas.evidence import EVIDENCE_CLAIMS, Evidence
from carnet_schemas.faults import refuse
from carnet_schemas.holder_names import NAME_CLAIMS, NamedHolder
from carnet_schemas.identifiers import (
    RNCP_BLOCK_PATTERN,
    RNCP_SHEET_PATTERN,
    RS_SHEET_PATTERN,
)
from carnet_schemas.levels import LEVEL_WORDS, Level
from carnet_schemas.localised_text import LocalisedText
from carnet_schemas.quantities import Hours
from carnet_schemas.skills import Skill, skill_list_claims
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ShortText

VCT: Final = "urn:carnet:skill-certificate:1"

Nature: TypeAlias = Literal[
    "end_of_training",
    "attendance",
    "rncp",
    "rs",
    "rncp_block",
    "authorisation_opinion",
    "employer_authorisation",
    "badge",
]

NATURE_WORDS: Final[Words] = {
    "end_of_training": {
        "fr": "Attestation de fin de formation",
        "en": "End-of-training certificate",
    },
    "attendance": {"fr": "Attestation de présence", "en": "Certificate of attendance"},
    "rncp": {
        "fr": "Certification professionnelle (RNCP)",
        "en": "Professional certification (French national register)",
    },
    "rs": {
        "fr": "Certification du répertoire spécifique (RS)",
        "en": "Certification of the French specific register",
    },
    "rncp_block": {
        "fr": "Bloc de compétences d'une certification (RNCP)",
        "en": "Block of skills of a certification (French national register)",
    },
    "authorisation_opinion": {
        "fr": "Avis en vue d'une habilitation",
        "en": "Opinion for an employer's authorisation",
    },
    "employer_authorisation": {
        "fr": "Habilitation délivrée par l'employeur",
        "en": "Authorisation given by the employer",
    },
    "badge": {"fr": "Badge", "en": "Badge"},
}

METHOD_WORDS: Final[Words] = {
    "practical": {"fr": "Épreuve pratique", "en": "Practical test"},
    "written": {"fr": "Épreuve écrite", "en": "Written test"},
    "oral": {"fr": "Épreuve orale", "en": "Oral test"},
    "at_work": {"fr": "Observation au travail", "en": "Observation at work"},
    "portfolio": {"fr": "Dossier de travaux", "en": "Portfolio"},
    "mixed": {"fr": "Plusieurs épreuves", "en": "Several tests"},
}

_SHEETS: Final = {
    "rncp": RNCP_SHEET_PATTERN,
    "rs": RS_SHEET_PATTERN,
    "rncp_block": RNCP_BLOCK_PATTERN,
}
_ANY_SHEET: Final = "|".join(_SHEETS.values())

_SIGNERS: Final[Mapping[str, frozenset[str]]] = {
    "end_of_training": frozenset({who.TRAINING_BODY, who.CERTIFIER}),
    "attendance": frozenset({who.TRAINING_BODY, who.CERTIFIER, who.EMPLOYER, who.ASSOCIATION}),
    "rncp": frozenset({who.TRAINING_BODY, who.CERTIFIER}),
    "rs": frozenset({who.TRAINING_BODY, who.CERTIFIER}),
    "rncp_block": frozenset({who.TRAINING_BODY, who.CERTIFIER}),
    "authorisation_opinion": frozenset({who.TRAINING_BODY, who.CERTIFIER}),
    "employer_authorisation": frozenset({who.EMPLOYER}),
    "badge": frozenset(
        {who.TRAINING_BODY, who.CERTIFIER, who.EMPLOYER, who.ASSOCIATION, who.PLATFORM, who.UNION}
    ),
}


class Certification(StrictModel):
    """The entry of a French register that the certificate stands for."""

    sheet: Annotated[str, StringConstraints(pattern=_ANY_SHEET)]
    certifier: ShortText
    partner: ShortText


class Assessment(StrictModel):
    """How what was learnt was checked; the result is in the signer's own words."""

    result: ShortText
    method: Literal["practical", "written", "oral", "at_work", "portfolio", "mixed"] | None = None
    month: Month | None = None


def _sheet_rules() -> dict[str, Any]:
    """The rules of `_certification_has_its_sheet`, for the JSON Schema."""
    rules: list[dict[str, Any]] = [
        {
            "if": {"properties": {"nature": {"const": nature}}},
            "then": {
                "required": ["certification"],
                "properties": {"certification": {"properties": {"sheet": {"pattern": pattern}}}},
            },
        }
        for nature, pattern in _SHEETS.items()
    ]
    rules.append(
        {
            "if": {"properties": {"nature": {"not": {"enum": sorted(_SHEETS)}}}},
            "then": {"properties": {"certification": False}},
        }
    )
    return {"allOf": rules}


class SkillCertificate(NamedHolder):
    """Claims of a skill certificate; hidden ones are absent from a presentation."""

    model_config = ConfigDict(json_schema_extra=_sheet_rules())

    nature: Nature
    certification: Certification | None = None
    title: LocalisedText | None = None
    skills: Annotated[list[Skill], Field(max_length=64)] | None = None
    level: Level | None = None
    assessment: Assessment | None = None
    hours: Hours | None = None
    month: Month | None = None
    evidence: Annotated[list[Evidence], Field(max_length=16)] | None = None

    @model_validator(mode="after")
    def _certification_has_its_sheet(self) -> Self:
        pattern = _SHEETS.get(self.nature)
        if pattern is None and self.certification is not None:
            raise refuse(
                "Only a registered certification carries a sheet.", SchemaErrorKind.POLICY_UNMET
            )
        if pattern is not None and (
            self.certification is None or not re.fullmatch(pattern, self.certification.sheet)
        ):
            raise refuse(
                "A certification needs its own sheet number, certifier and delivering partner.",
                SchemaErrorKind.POLICY_UNMET,
            )
        return self


def check_signer_may_say(certificate: SkillCertificate, signer_class: str) -> None:
    """Refuse a nature that this class of signer may not give.

    Raises:
        SchemaError: `policy_unmet` at `/nature`.
    """
    who.check_class(
        signer_class,
        _SIGNERS.get(certificate.nature, frozenset()),
        pointer="/nature",
        message="This signer may not give a certificate of this nature.",
    )


_CLAIMS: Final = (
    Claim(
        path=("nature",),
        sd="never",
        mandatory=True,
        fr="Nature du document",
        en="What the paper is",
        means="What the paper legally is; never hidden.",
        words=NATURE_WORDS,
    ),
    Claim(
        path=("certification",),
        sd="never",
        fr="Certification enregistrée",
        en="Registered certification",
        means="Required for a certification of the French registers, refused for anything else.",
    ),
    *nested(
        ("certification",),
        "never",
        ("sheet", True, "Numéro de fiche", "Sheet number"),
        ("certifier", True, "Certificateur", "Certifier"),
        ("partner", True, "Organisme qui a délivré", "Delivering partner"),
    ),
    Claim(path=("title",), sd="always", mandatory=True, fr="Intitulé", en="Title"),
    *skill_list_claims(),
    Claim(path=("level",), sd="always", fr="Niveau", en="Level"),
    Claim(
        path=("level", "eqf"),
        sd="never",
        mandatory=True,
        fr="Niveau européen (CEC)",
        en="European level (EQF)",
        words={str(level): words for level, words in LEVEL_WORDS.items()},
    ),
    Claim(path=("assessment",), sd="always", fr="Évaluation", en="Assessment"),
    *nested(
        ("assessment",),
        "never",
        ("result", True, "Résultat", "Result"),
        ("month", False, "Mois de l'épreuve", "Month of assessment"),
    ),
    Claim(
        path=("assessment", "method"),
        sd="never",
        fr="Forme de l'épreuve",
        en="Form of assessment",
        words=METHOD_WORDS,
    ),
    Claim(path=("hours",), sd="always", fr="Durée en heures", en="Hours"),
    Claim(
        path=("month",),
        sd="always",
        mandatory=True,
        fr="Mois de fin",
        en="Month of completion",
    ),
    *EVIDENCE_CLAIMS,
    *NAME_CLAIMS,
)

TYPE: Final = CredentialType(
    vct=VCT,
    slug="skill-certificate",
    title={"fr": "Attestation de compétences", "en": "Skill certificate"},
    description={
        "fr": "Ce que la personne a appris ou sait faire, signé par qui l'a formée.",
        "en": "What a person learnt or can do, signed by those who trained her.",
    },
    model=SkillCertificate,
    claims=_CLAIMS,
    signers=frozenset().union(*_SIGNERS.values()),
    background="#1B4F72",
    check_signer=check_signer_may_say,
)
