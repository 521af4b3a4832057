"""The fair-platform label: what a union or auditor found true of a platform.

The holder is an organisation, so nothing is hidden and no person is in it. The platform
shows it to the worker when it asks her for something.
"""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field

from carnet_schemas import signer_classes as who
from carnet_schemas.claim_table import Claim, CredentialType, Words, nested
from carnet_schemas.dates import Month
from carnet_schemas.faults import refuse
from carnet_schemas.identifiers import Digest, HttpsUrl, ReleaseName, Siren
from carnet_schemas.localised_text import LocalisedText
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import ShortText

VCT: Final = "urn:carnet:fair-platform:1"

Criterion: TypeAlias = Literal[
    "portable_history",
    "right_of_reply",
    "human_review",
    "fair_pay",
    "clear_terms",
    "safety_and_insurance",
    "collective_voice",
    "data_protection",
]

CRITERION_WORDS: Final[Words] = {
    "portable_history": {
        "fr": "Remet à chacun son relevé d'activité",
        "en": "Gives every worker her work record",
    },
    "right_of_reply": {
        "fr": "Laisse répondre aux notes reçues",
        "en": "Lets workers reply to ratings",
    },
    "human_review": {
        "fr": "Fait revoir les décisions par une personne",
        "en": "Has a person review decisions",
    },
    "fair_pay": {"fr": "Respecte un minimum payé", "en": "Keeps to a pay floor"},
    "clear_terms": {"fr": "A des conditions claires", "en": "Has clear terms"},
    "safety_and_insurance": {
        "fr": "Protège et assure pendant le travail",
        "en": "Protects and insures at work",
    },
    "collective_voice": {
        "fr": "Négocie avec des représentants",
        "en": "Bargains with representatives",
    },
    "data_protection": {
        "fr": "Demande peu de données et les protège",
        "en": "Asks for little data and protects it",
    },
}


class Platform(StrictModel):
    """The organisation that holds the label, and the address it asks from."""

    name: ShortText
    uri: HttpsUrl
    siren: Siren | None = None


class Charter(StrictModel):
    """The published criteria the platform was held against."""

    label: ShortText
    version: ReleaseName
    uri: HttpsUrl | None = None
    digest: Digest | None = None


class FoundTrue(StrictModel):
    """One criterion that was met, and how it was checked in the signer's own words."""

    criterion: Criterion
    note: LocalisedText | None = None


def _each_criterion_once(criteria: list[FoundTrue]) -> list[FoundTrue]:
    if len({each.criterion for each in criteria}) != len(criteria):
        raise refuse("A criterion is listed twice.")
    return criteria


class FairPlatform(StrictModel):
    """Claims of a fair-platform label."""

    platform: Platform
    charter: Charter
    criteria: Annotated[
        list[FoundTrue], Field(min_length=1, max_length=32), AfterValidator(_each_criterion_once)
    ]
    month: Month


_CLAIMS: Final = (
    Claim(path=("platform",), sd="never", mandatory=True, fr="Plateforme", en="Platform"),
    *nested(
        ("platform",),
        "never",
        ("name", True, "Nom", "Name"),
        ("uri", True, "Adresse", "Address"),
        ("siren", False, "Numéro SIREN", "French register number"),
    ),
    Claim(path=("charter",), sd="never", mandatory=True, fr="Charte", en="Charter"),
    *nested(
        ("charter",),
        "never",
        ("label", True, "Intitulé", "Label"),
        ("version", True, "Version", "Version"),
        ("uri", False, "Adresse", "Address"),
        ("digest", False, "Empreinte du texte", "Hash of the text"),
    ),
    Claim(path=("criteria",), sd="never", mandatory=True, fr="Critères tenus", en="Criteria met"),
    Claim(path=("criteria", None), sd="never", fr="Critère tenu", en="Criterion met"),
    Claim(
        path=("criteria", None, "criterion"),
        sd="never",
        mandatory=True,
        fr="Critère",
        en="Criterion",
        words=CRITERION_WORDS,
    ),
    *nested(("criteria", None), "never", ("note", False, "Précision", "Note")),
    Claim(path=("month",), sd="never", mandatory=True, fr="Mois du contrôle", en="Month checked"),
)

TYPE: Final = CredentialType(
    vct=VCT,
    slug="fair-platform",
    title={"fr": "Label plateforme équitable", "en": "Fair-platform label"},
    description={
        "fr": "Ce qu'un syndicat ou un auditeur a constaté chez une plateforme.",
        "en": "What a union or an auditor found true of a platform.",
    },
    model=FairPlatform,
    claims=_CLAIMS,
    signers=frozenset({who.UNION, who.AUDITOR}),
    background="#2E4A1F",
)
