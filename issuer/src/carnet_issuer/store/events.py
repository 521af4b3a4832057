"""What happened, in the transaction in which it happened: no event, no change."""

from enum import StrEnum

from sqlalchemy import Connection, insert

from carnet_issuer.store.tables import EVENTS


class EventName(StrEnum):
    """The closed list. Details hold reasons and counts, never names, codes or claims."""

    TEMPLATE_ADDED = "template_added"
    CLASS_IMPORTED = "class_imported"
    OFFER_MADE = "offer_made"
    OFFER_REDEEMED = "offer_redeemed"
    OFFER_DEAD = "offer_dead"
    ISSUE_INTENDED = "issue_intended"
    ISSUED = "issued"
    ISSUE_ABANDONED = "issue_abandoned"
    NOTIFIED = "notified"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"
    RESUMED = "resumed"


def note(
    connection: Connection,
    name: EventName,
    *,
    now: int,
    record_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Add one event to the transaction of `connection`."""
    connection.execute(
        insert(EVENTS), {"at": now, "name": name.value, "record_id": record_id, "detail": detail}
    )
