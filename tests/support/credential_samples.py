"""Claims of every credential type, full and minimal; nobody in them exists."""

import copy
from typing import Any

from carnet_schemas.bands import bands_for

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

LEARNING_ACTIVITY_MINIMAL: JsonObject = {
    "kind": "workshop",
    "title": {"en": "Bicycle repair workshop"},
    "month": "2026-03",
}
LEARNING_ACTIVITY: JsonObject = {
    "kind": "mentoring",
    "title": {"fr": "Préparer ses devis", "en": "Preparing quotes"},
    "role": "participant",
    "skills": [SKILL, OWN_SKILL],
    "hours": 6.5,
    "month": "2026-03",
    "evidence": [{"kind": "project", "label": "Trois devis relus"}],
    **NAMES,
}

MISSION_MINIMAL: JsonObject = {
    "outcome": "completed",
    "reference": REFERENCE,
    "role": {"framework": "own", "label": "Ménage", "lang": "fr"},
    "month": "2026-02",
}
MISSION: JsonObject = {
    "outcome": "completed",
    "reference": REFERENCE,
    "role": OCCUPATION,
    "skills": [SKILL, OTHER_SKILL],
    "month": "2026-02",
    "hours": 0.77,
    "rating": {"value": 4.5, "scale": {"min": 1, "max": 5}},
    "counterparty": CLIENT,
    "counterparty_kind": "business",
    **NAMES,
}

_SCALE = {"min": 1, "max": 5}
_DISTRIBUTION: JsonObject = {
    "scale": _SCALE,
    "counts": [{"value": 4, "count": 2_000}, {"value": 5, "count": 9_000}],
    "months": {"from": "2025-06", "to": "2026-05"},
    "workers": 240,
}


def _listed(number: int, month: str, *, rated: bool = False) -> JsonObject:
    listed: JsonObject = {
        "outcome": "completed",
        "role": OCCUPATION,
        "month": month,
        "reference": f"m1ss10n-Reference-{number:05}",
        "skills": [SKILL] if number % 2 else [SKILL, OTHER_SKILL],
        "hours": 1.25,
        "counterparty": f"cl1ent-Pseudonym-{number % 5:05}",
    }
    return listed | ({"rating": {"value": 5, "scale": _SCALE}} if rated else {})


def _pages(missions: list[JsonObject], size: int = 24) -> list[list[JsonObject]]:
    return [missions[at : at + size] for at in range(0, len(missions), size)]


_SPRING = [_listed(number, "2026-02", rated=number % 3 == 0) for number in range(30)]
_SUMMER = [_listed(number, "2026-05") for number in range(30, 40)]

HISTORY_MINIMAL: JsonObject = {
    "detail": "totals",
    "assurance": "self_declared",
    "as_of": "2026-06",
    "totals": {"missions": 12},
}
HISTORY_PERIODS: JsonObject = {
    "detail": "periods",
    "assurance": "checked_export",
    "as_of": "2026-06",
    "source": {
        "platform": "Plateforme imaginaire",
        "digest": "sha256-" + "B" * 43 + "=",
        "checked": "2026-06",
    },
    "totals": {"missions": 40, "hours": 50},
    "periods": [
        {"from": "2026-01", "to": "2026-03", "totals": {"missions": 30, "hours": 37.5}},
        {"from": "2026-04", "to": "2026-06", "totals": {"missions": 10, "hours": 12.5}},
    ],
}
HISTORY: JsonObject = {
    "detail": "missions",
    "assurance": "platform_signed",
    "as_of": "2026-06",
    "totals": {
        "missions": 40,
        "hours": 50,
        "counterparties": 5,
        "months_active": 2,
        "first_month": "2026-02",
        "last_month": "2026-05",
    },
    "bands": {
        "missions": bands_for("missions", 40),
        "hours": bands_for("hours", 50),
        "counterparties": bands_for("counterparties", 5),
        "months_active": bands_for("months_active", 2),
    },
    "skills": [
        {
            "skill": SKILL,
            "missions": 40,
            "hours": 50,
            "counterparties": 5,
            "first_month": "2026-02",
            "last_month": "2026-05",
            "ratings": {"scale": _SCALE, "counts": [{"value": 5, "count": 10}]},
        },
        {"skill": OTHER_SKILL, "missions": 20},
    ],
    "ratings": {
        "scale": _SCALE,
        "counts": [{"value": 5, "count": 10}],
        "months": {"from": "2025-06", "to": "2026-05"},
    },
    "distribution": _DISTRIBUTION,
    "periods": [
        {
            "from": "2026-01",
            "to": "2026-03",
            "totals": {"missions": 30, "hours": 37.5, "counterparties": 5},
            "pages": _pages(_SPRING),
        },
        {
            "from": "2026-04",
            "to": "2026-06",
            "totals": {"missions": 10, "hours": 12.5, "counterparties": 5},
            "pages": _pages(_SUMMER),
        },
    ],
    **NAMES,
}

ENDORSEMENT_MINIMAL: JsonObject = {
    "relation": "peer",
    "skill": OWN_SKILL,
    "mission": {"reference": REFERENCE},
    "month": "2026-04",
}
ENDORSEMENT: JsonObject = {
    "relation": "buyer",
    "skill": SKILL,
    "mission": {"reference": REFERENCE, "signed_by": "https://platform.example/t/a"},
    "month": "2026-04",
    "statement": {"text": "Travail soigné, à l'heure.", "lang": "fr"},
    **NAMES,
}

FAIR_PLATFORM_MINIMAL: JsonObject = {
    "platform": {"name": "Plateforme imaginaire", "uri": "https://platform.example"},
    "charter": {"label": "Charte imaginaire", "version": "2026"},
    "criteria": [{"criterion": "portable_history"}],
    "month": "2026-01",
}
FAIR_PLATFORM: JsonObject = {
    "platform": {
        "name": "Plateforme imaginaire",
        "uri": "https://platform.example/t/a",
        "siren": "123456789",
    },
    "charter": {
        "label": "Charte imaginaire",
        "version": "2026.1",
        "uri": "https://union.example/charte",
        "digest": "sha256-" + "C" * 43 + "=",
    },
    "criteria": [
        {"criterion": "portable_history", "note": {"fr": "Relevé remis en deux jours"}},
        {"criterion": "fair_pay"},
    ],
    "month": "2026-01",
}

REPLY_MINIMAL: JsonObject = {
    "kind": "contest",
    "answers": {
        "vct": "urn:carnet:mission-history:1",
        "signed_by": "https://platform.example/t/a",
        "as_of": "2026-06",
    },
    "statement": {"text": "Deux missions manquent.", "lang": "fr"},
    "month": "2026-06",
}
REPLY: JsonObject = {
    "kind": "reply",
    "answers": {
        "vct": "urn:carnet:mission:1",
        "signed_by": "https://platform.example/t/a",
        "reference": REFERENCE,
    },
    "statement": {"text": "L'adresse donnée était fausse.", "lang": "fr"},
    "month": "2026-06",
}

COMPLETE: dict[str, list[JsonObject]] = {
    "urn:carnet:skill-certificate:1": [
        SKILL_CERTIFICATE,
        SKILL_CERTIFICATE_MINIMAL,
        RNCP_CERTIFICATE,
    ],
    "urn:carnet:learning-activity:1": [LEARNING_ACTIVITY, LEARNING_ACTIVITY_MINIMAL],
    "urn:carnet:mission:1": [MISSION, MISSION_MINIMAL],
    "urn:carnet:mission-history:1": [HISTORY, HISTORY_MINIMAL, HISTORY_PERIODS],
    "urn:carnet:endorsement:1": [ENDORSEMENT, ENDORSEMENT_MINIMAL],
    "urn:carnet:fair-platform:1": [FAIR_PLATFORM, FAIR_PLATFORM_MINIMAL],
    "urn:carnet:reply:1": [REPLY, REPLY_MINIMAL],
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
