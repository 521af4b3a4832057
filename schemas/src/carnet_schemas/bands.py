"""Bands: "at least 100 missions", as booleans the issuer computed, each hidden on its own.

Every threshold of a measure is signed, true or false, so that the number of hidden claims
tells nothing. The thresholds are fixed: a band fine enough for one worker would name her.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, WithJsonSchema

from carnet_schemas.claim_table import Claim
from carnet_schemas.faults import refuse
from carnet_schemas.paths import Path
from carnet_schemas.strict_model import StrictModel

THRESHOLDS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "missions": (10, 25, 50, 100, 250, 500, 1000, 2500),
        "hours": (50, 100, 250, 500, 1000, 2500, 5000),
        "counterparties": (5, 10, 25, 50, 100, 250),
        "months_active": (3, 6, 12, 24, 36, 60),
    }
)
_MEASURE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "missions": ("missions", "missions"),
    "hours": ("heures", "hours"),
    "counterparties": ("clients différents", "different clients"),
    "months_active": ("mois avec une mission", "months with a mission"),
}


def bands_for(measure: str, total: float) -> dict[str, bool]:
    """The bands an issuer signs for one measure.

    Args:
        measure: a name of `THRESHOLDS`.
        total: the exact total, which need not be shown with them.
    """
    return {str(threshold): total >= threshold for threshold in THRESHOLDS[measure]}


def _measure(name: str) -> tuple[Any, ...]:
    names = tuple(map(str, THRESHOLDS[name]))

    def known_and_rising(bands: dict[str, bool]) -> dict[str, bool]:
        if not bands.keys() <= set(names):
            raise refuse("A band is not one of the closed list.")
        shown = [bands[threshold] for threshold in names if threshold in bands]
        if shown != sorted(shown, reverse=True):
            raise refuse("A higher band holds where a lower one does not.")
        return bands

    schema: dict[str, Any] = {
        "type": "object",
        "properties": {threshold: {"type": "boolean"} for threshold in names},
        "required": list(names),
        "additionalProperties": False,
    }
    return AfterValidator(known_and_rising), WithJsonSchema(schema)


MissionBands: TypeAlias = Annotated[dict[str, bool], *_measure("missions")]
HourBands: TypeAlias = Annotated[dict[str, bool], *_measure("hours")]
CounterpartyBands: TypeAlias = Annotated[dict[str, bool], *_measure("counterparties")]
MonthBands: TypeAlias = Annotated[dict[str, bool], *_measure("months_active")]


class Bands(StrictModel):
    """The bands shown, by measure and threshold; an absent one says nothing."""

    missions: MissionBands | None = None
    hours: HourBands | None = None
    counterparties: CounterpartyBands | None = None
    months_active: MonthBands | None = None

    def by_measure(self) -> dict[str, dict[str, bool]]:
        """The measures that are there."""
        found = {
            "missions": self.missions,
            "hours": self.hours,
            "counterparties": self.counterparties,
            "months_active": self.months_active,
        }
        return {name: bands for name, bands in found.items() if bands is not None}


def band_claims(parent: Path) -> tuple[Claim, ...]:
    """The rows of bands at `parent`, each threshold shown or hidden on its own."""
    rows: list[Claim] = []
    for measure, thresholds in THRESHOLDS.items():
        fr, en = _MEASURE_WORDS[measure]
        rows.append(
            Claim(path=(*parent, measure), sd="never", fr=f"Paliers : {fr}", en=f"Bands: {en}")
        )
        rows += [
            Claim(
                path=(*parent, measure, str(threshold)),
                sd="always",
                mandatory=True,
                fr=f"Au moins {threshold} {fr}",
                en=f"At least {threshold} {en}",
            )
            for threshold in thresholds
        ]
    return tuple(rows)
