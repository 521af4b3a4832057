"""One document of the simulated school, examined by the verifier's library."""

from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_verifier import (
    Asked,
    BearerCopy,
    NoFurtherCondition,
    Report,
    Surroundings,
    examine_single,
)
from support.sd_jwts import world
from support.simulator import NOW


def document_report(token: str, *, binding: Asked | BearerCopy) -> Report:
    """The report on one document."""
    trust, lookups = world()
    surroundings = Surroundings(
        trust=trust,
        lookups=lookups,
        policy=NoFurtherCondition(),
        now=NOW,
        check=check_signature,
        limits=PRESENTATION,
    )
    return examine_single(token, binding=binding, surroundings=surroundings).report
