"""Levels of the European Qualifications Framework, in the words of each country.

The French national framework has had the same eight levels since 2019 (décret 2019-14),
so the number is kept and the words say what people know it by. Words only compare: a
certificate of level 3 is not a CAP.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from carnet_schemas.strict_model import StrictModel

LEVEL_WORDS: Final[Mapping[int, Mapping[str, str]]] = {
    1: {"fr": "Niveau 1 : savoirs de base", "en": "EQF level 1: basic knowledge"},
    2: {"fr": "Niveau 2 : tâches simples et guidées", "en": "EQF level 2: simple guided tasks"},
    3: {"fr": "Niveau 3 : celui d'un CAP ou d'un BEP", "en": "EQF level 3: skilled worker"},
    4: {"fr": "Niveau 4 : celui du baccalauréat", "en": "EQF level 4: end of secondary school"},
    5: {"fr": "Niveau 5 : celui d'un BTS (bac + 2)", "en": "EQF level 5: two years after school"},
    6: {"fr": "Niveau 6 : celui d'une licence (bac + 3)", "en": "EQF level 6: bachelor's level"},
    7: {"fr": "Niveau 7 : celui d'un master (bac + 5)", "en": "EQF level 7: master's level"},
    8: {"fr": "Niveau 8 : celui d'un doctorat", "en": "EQF level 8: doctoral level"},
}


class Level(StrictModel):
    """The level reached, as a number of the European framework."""

    eqf: Annotated[int, Field(ge=1, le=8)]
