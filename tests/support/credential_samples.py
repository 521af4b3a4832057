"""Claims of every credential type, full and minimal; nobody in them exists."""

import copy
from typing import Any

JsonObject = dict[str, Any]

ESCO_SKILL = "http://data.europa.eu/esco/skill/c8ac1986-38fa-43b2-89dc-50a4beeb420e"
ESCO_OTHER_SKILL = "http://data.europa.eu/esco/skill/c8bd9f9f-0ec6-447a-ab78-ad6eeeed9aa8"
ESCO_OCCUPATION = "http://data.europa.eu/esco/occupation/e859428d-6dbd-406b-bb2e-d5a0ae21df29"

SKILL = {
    "framework": "ESCO",
    "version": "1.1.1",
    "uri": ESCO_SKILL,
    "label": "électricité",
    "lang": "fr",
}
OTHER_SKILL = SKILL | {"uri": ESCO_OTHER_SKILL, "label": "méthodes d'essai électrique"}
ROME_SKILL = {
    "framework": "ROME",
    "version": "460",
    "code": "F1602",
    "label": "Électricité bâtiment",
    "lang": "fr",
}
OWN_SKILL = {"framework": "own", "label": "Calme avec les clients", "lang": "fr"}
OCCUPATION = SKILL | {"uri": ESCO_OCCUPATION, "label": "coursier à vélo"}
NAMES = {"given_name": "Amina", "family_name": "N'Diaye", "usual_name": "Mina"}
REFERENCE = "m1ss10n-Reference_0001"
CLIENT = "cl1ent-Pseudonym_00001"

SKILL_CERTIFICATE_MINIMAL: JsonObject = {
    "nature": "attendance",
    "title": {"fr": "Initiation à la sécurité électrique"},
    "month": "2026-05",
}
SKILL_CERTIFICATE: JsonObject = {
    "nature": "end_of_training",
    "title": {
        "fr": "Formation à la sécurité électrique : travaux du bâtiment",
        "en": "Electrical safety training: building works",
    },
    "skills": [SKILL, OTHER_SKILL, ROME_SKILL, OWN_SKILL],
    "level": {"eqf": 3},
    "assessment": {"result": "acquis avec mention", "method": "practical", "month": "2026-05"},
    "hours": 14,
    "month": "2026-05",
    "evidence": [
        {
            "kind": "observation",
            "label": "Mise en sécurité d'une armoire",
            "uri": "https://example.org/pieces/1",
            "digest": "sha256-" + "A" * 43 + "=",
            "month": "2026-05",
        }
    ],
    **NAMES,
}
RNCP_CERTIFICATE: JsonObject = SKILL_CERTIFICATE | {
    "nature": "rncp",
    "certification": {
        "sheet": "RNCP37873",
        "certifier": "Certificateur imaginaire",
        "partner": "Centre imaginaire",
    },
}

COMPLETE: dict[str, list[JsonObject]] = {
    "urn:carnet:skill-certificate:1": [
        SKILL_CERTIFICATE,
        SKILL_CERTIFICATE_MINIMAL,
        RNCP_CERTIFICATE,
    ],
}


def changed(claims: JsonObject, *path: str | int, to: object) -> JsonObject:
    """A deep copy of `claims` with one member set."""
    copied = copy.deepcopy(claims)
    here: Any = copied
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = to
    return copied


def without(claims: JsonObject, *path: str | int) -> JsonObject:
    """A deep copy of `claims` with one member left out."""
    copied = copy.deepcopy(claims)
    here: Any = copied
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    return copied
