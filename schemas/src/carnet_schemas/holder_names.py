"""The holder's names: each optional, each shown or hidden on its own.

Nothing requires a legal identity; a usual name may stand alone. Verifiers never compare
names across documents.
"""

from typing import Final

from carnet_schemas.claim_table import Claim
from carnet_schemas.strict_model import StrictModel
from carnet_schemas.text import PersonName


class NamedHolder(StrictModel):
    """Base of every claims model that may name the worker."""

    given_name: PersonName | None = None
    family_name: PersonName | None = None
    usual_name: PersonName | None = None


NAME_CLAIMS: Final = (
    Claim(path=("given_name",), sd="always", fr="Prénom", en="First name"),
    Claim(path=("family_name",), sd="always", fr="Nom", en="Family name"),
    Claim(
        path=("usual_name",),
        sd="always",
        fr="Nom d'usage",
        en="Name in use",
        means="The name she goes by; it may stand alone.",
    ),
)
