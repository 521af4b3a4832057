"""The table of claims of the mission history."""

from typing import Final

from carnet_schemas.bands import band_claims
from carnet_schemas.claim_table import Claim, Words, nested
from carnet_schemas.holder_names import NAME_CLAIMS
from carnet_schemas.ratings import count_claims, month_range_claims, rating_claims
from carnet_schemas.skills import concept_claims
from carnet_schemas.types.mission import OUTCOME_WORDS

DETAIL_WORDS: Final[Words] = {
    "totals": {"fr": "Totaux", "en": "Totals"},
    "periods": {"fr": "Totaux par période", "en": "Totals by period"},
    "missions": {"fr": "Missions en détail", "en": "Missions in detail"},
}
ASSURANCE_WORDS: Final[Words] = {
    "platform_signed": {"fr": "Signé par la plateforme", "en": "Signed by the platform"},
    "checked_export": {
        "fr": "Données de la plateforme, contrôlées par un tiers",
        "en": "Platform data, checked by a third party",
    },
    "self_declared": {
        "fr": "Déclaré par la personne, non vérifié",
        "en": "Stated by the person, not checked",
    },
}

_PERIOD: Final = ("periods", None)
_MISSION: Final = ("periods", None, "pages", None, None)
_FIGURES: Final = ("skills", None)

_STATEMENT: Final = (
    Claim(
        path=("detail",),
        sd="never",
        mandatory=True,
        fr="Niveau de détail",
        en="Detail",
        means="Totals alone, by period, or with missions. A history of totals is complete.",
        words=DETAIL_WORDS,
    ),
    Claim(
        path=("assurance",),
        sd="never",
        mandatory=True,
        fr="Qui s'engage",
        en="Assurance",
        means="Signed by the platform, a checked export, or stated by the worker.",
        words=ASSURANCE_WORDS,
    ),
    Claim(
        path=("as_of",),
        sd="never",
        mandatory=True,
        fr="Arrêté au mois de",
        en="As of month",
        means="A history is a dated statement.",
    ),
    Claim(
        path=("source",),
        sd="never",
        fr="Origine des données",
        en="Source of the data",
        means="Required for a checked export, refused when the platform itself signs.",
    ),
    *nested(
        ("source",),
        "never",
        ("platform", True, "Plateforme", "Platform"),
        ("digest", False, "Empreinte de l'export", "Hash of the export"),
        ("checked", False, "Mois du contrôle", "Month checked"),
    ),
)

_TOTALS: Final = (
    Claim(path=("totals",), sd="never", mandatory=True, fr="Totaux", en="Totals"),
    *nested(
        ("totals",),
        "always",
        ("missions", True, "Nombre de missions", "Number of missions"),
        ("hours", False, "Nombre d'heures", "Number of hours"),
        ("counterparties", False, "Nombre de clients différents", "Number of different clients"),
        ("months_active", False, "Mois avec une mission", "Months with a mission"),
        ("first_month", False, "Premier mois", "First month"),
        ("last_month", False, "Dernier mois", "Last month"),
    ),
    Claim(
        path=("bands",),
        sd="never",
        fr="Paliers",
        en="Bands",
        means="Computed by the issuer; a hidden or absent band says nothing.",
    ),
    *band_claims(("bands",)),
)

_SKILLS: Final = (
    Claim(path=("skills",), sd="always", fr="Par compétence", en="By skill"),
    Claim(path=_FIGURES, sd="always", fr="Une compétence", en="One skill"),
    *nested(_FIGURES, "never", ("skill", True, "Compétence", "Skill")),
    *concept_claims((*_FIGURES, "skill")),
    *nested(
        _FIGURES,
        "never",
        ("missions", True, "Nombre de missions", "Number of missions"),
        ("hours", False, "Nombre d'heures", "Number of hours"),
        ("counterparties", False, "Nombre de clients différents", "Number of different clients"),
        ("first_month", False, "Premier mois", "First month"),
        ("last_month", False, "Dernier mois", "Last month"),
    ),
    *nested(_FIGURES, "always", ("ratings", False, "Notes reçues", "Ratings received")),
    *count_claims((*_FIGURES, "ratings")),
)

_RATINGS: Final = (
    Claim(path=("ratings",), sd="always", fr="Notes reçues", en="Ratings received"),
    *count_claims(("ratings",)),
    Claim(
        path=("distribution",),
        sd="never",
        fr="Notes de toute la plateforme",
        en="Ratings across the platform",
        means="Required with any rating, never hidden: a rating is read beside it.",
    ),
    *count_claims(("distribution",)),
    *nested(
        ("distribution",),
        "never",
        ("workers", False, "Nombre de personnes notées", "Number of workers rated"),
    ),
)

_PERIODS: Final = (
    Claim(path=("periods",), sd="always", fr="Par période", en="By period"),
    Claim(path=_PERIOD, sd="always", fr="Une période", en="One period"),
    *month_range_claims(_PERIOD),
    *nested(_PERIOD, "never", ("totals", True, "Totaux de la période", "Totals of the period")),
    *nested(
        (*_PERIOD, "totals"),
        "never",
        ("missions", True, "Nombre de missions", "Number of missions"),
        ("hours", False, "Nombre d'heures", "Number of hours"),
        ("counterparties", False, "Nombre de clients différents", "Number of different clients"),
    ),
    *nested(_PERIOD, "never", ("pages", False, "Pages de missions", "Pages of missions")),
    Claim(path=(*_PERIOD, "pages", None), sd="always", fr="Une page", en="One page"),
    Claim(
        path=_MISSION,
        sd="always",
        fr="Une mission",
        en="One mission",
        means="At most 24 a page, each shown or hidden on its own.",
    ),
    Claim(
        path=(*_MISSION, "outcome"),
        sd="never",
        mandatory=True,
        fr="Issue de la mission",
        en="Outcome",
        words=OUTCOME_WORDS,
    ),
    *nested(_MISSION, "never", ("role", True, "Métier exercé", "Occupation")),
    *concept_claims((*_MISSION, "role")),
    *nested(
        _MISSION,
        "never",
        ("month", True, "Mois", "Month"),
        ("reference", False, "Référence de la mission", "Mission reference"),
        ("skills", False, "Compétences", "Skills"),
    ),
    Claim(path=(*_MISSION, "skills", None), sd="never", fr="Compétence", en="Skill"),
    *concept_claims((*_MISSION, "skills", None)),
    *nested(_MISSION, "never", ("hours", False, "Durée en heures", "Hours")),
    *rating_claims((*_MISSION, "rating")),
    *nested(_MISSION, "always", ("counterparty", False, "Client (pseudonyme)", "Client")),
)

CLAIMS: Final = (*_STATEMENT, *_TOTALS, *_SKILLS, *_RATINGS, *_PERIODS, *NAME_CLAIMS)
