"""The mission history: totals, bands, figures by skill, and missions by period.

A history of totals is complete in itself. With `periods` each period shows its own
totals; with `missions` each also holds pages of at most 24 missions, so that showing five
missions costs five pages and not the whole history. Everything a reader needs to read
the rest honestly is never hidden: `detail`, `assurance`, `as_of`, where the data came
from, and the issuer's own distribution of ratings.
"""

from collections.abc import Mapping
from typing import Final

from carnet_schemas import signer_classes as who
from carnet_schemas.claim_table import CredentialType
from carnet_schemas.types.mission_history_claims import CLAIMS
from carnet_schemas.types.mission_history_model import MissionHistory
from carnet_schemas.types.mission_history_rules import check_rules

VCT: Final = "urn:carnet:mission-history:1"

_SIGNERS: Final[Mapping[str, frozenset[str]]] = {
    "platform_signed": frozenset({who.PLATFORM}),
    "checked_export": frozenset({who.UNION, who.AUDITOR, who.ASSOCIATION}),
    "self_declared": frozenset({who.WORKER}),
}


def check_signer_may_say(history: MissionHistory, signer_class: str) -> None:
    """Refuse an assurance that this class of signer cannot give.

    Raises:
        SchemaError: `policy_unmet` at `/assurance`.
    """
    who.check_class(
        signer_class,
        _SIGNERS.get(history.assurance, frozenset()),
        pointer="/assurance",
        message="This signer cannot give this assurance.",
    )


TYPE: Final = CredentialType(
    vct=VCT,
    slug="mission-history",
    title={"fr": "Relevé d'activité", "en": "Work record"},
    description={
        "fr": "Les missions faites, en totaux, par paliers ou en détail.",
        "en": "The missions done: totals, bands or in detail.",
    },
    model=MissionHistory,
    claims=CLAIMS,
    signers=frozenset().union(*_SIGNERS.values()),
    background="#5B1A1A",
    check=check_rules,
    check_signer=check_signer_may_say,
)
