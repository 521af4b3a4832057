"""Withdraw, pause and resume a record, and with it every copy that was signed of it.

Reasons are closed (DESIGN, eight refusals: no withdrawal as punishment, never a silent
one). Withdrawing is final; only a pause can be lifted (EUDI ARF, VCR_04; row T26).

French practice wants a withdrawal, except for fraud or a stolen key, to take effect seven
days after the worker was told, and lets her contest it (reference people.md). That notice
needs a way to tell her, which comes with the console. Here a withdrawal takes effect at
once, for every reason, and is recorded with its reason and its moment; `pause` is what to
use while something is contested.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, select, update

from carnet_issuer.errors import IssuerError
from carnet_issuer.offers import IN_ITS_PLACE, end_open_offers, unknown_record
from carnet_issuer.status_registry import set_record_status
from carnet_issuer.store.events import EventName, note
from carnet_issuer.store.tables import RECORDS
from carnet_securing.errors import ErrorKind
from carnet_securing.status_list import Status


class Reason(StrEnum):
    """Why a record is withdrawn, paused or resumed; the whole list."""

    ISSUED_IN_ERROR = "issued_in_error"
    REPLACED = "replaced"
    FRAUD_ESTABLISHED = "fraud_established"
    LEGAL_VALIDITY_ENDED = "legal_validity_ended"
    KEY_STOLEN = "key_stolen"
    UNDER_REVIEW = "under_review"
    CONTESTED = "contested"
    REVIEW_ENDED = "review_ended"


class Action(StrEnum):
    """What can be done to a record's standing."""

    WITHDRAW = "withdraw"
    PAUSE = "pause"
    RESUME = "resume"


_WITHDRAWING: Final = frozenset(
    {
        Reason.ISSUED_IN_ERROR,
        Reason.REPLACED,
        Reason.FRAUD_ESTABLISHED,
        Reason.LEGAL_VALIDITY_ENDED,
        Reason.KEY_STOLEN,
    }
)
REASONS: Final[Mapping[Action, frozenset[Reason]]] = {
    Action.WITHDRAW: _WITHDRAWING,
    # A pause may be made for what would be a reason to withdraw, while it is looked into.
    Action.PAUSE: _WITHDRAWING | {Reason.UNDER_REVIEW, Reason.CONTESTED},
    # Besides, a resumption may name the pause it ends, and no other: nothing is made valid
    # again because a key was stolen.
    Action.RESUME: frozenset({Reason.REVIEW_ENDED, Reason.UNDER_REVIEW, Reason.CONTESTED}),
}
_TARGET: Final = {Action.WITHDRAW: "withdrawn", Action.PAUSE: "paused", Action.RESUME: "valid"}
_STATUS: Final = {
    Action.WITHDRAW: Status.INVALID,
    Action.PAUSE: Status.SUSPENDED,
    Action.RESUME: Status.VALID,
}
_FROM: Final = {
    Action.WITHDRAW: ("valid", "paused"),
    Action.PAUSE: ("valid",),
    Action.RESUME: ("paused",),
}
_EVENT: Final = {
    Action.WITHDRAW: EventName.WITHDRAWN,
    Action.PAUSE: EventName.PAUSED,
    Action.RESUME: EventName.RESUMED,
}


def parse_reason(text: str, action: Action) -> Reason:
    """Read a reason, written with spaces, hyphens or underscores.

    Raises:
        IssuerError: `malformed`; the hint lists the reasons for this action.
    """
    word = "_".join(text.strip().lower().replace("-", " ").replace("_", " ").split())
    allowed = set(Reason) if action is Action.RESUME else REASONS[action]
    if word not in allowed:
        raise IssuerError(
            ErrorKind.MALFORMED, "The reason is not on the closed list.", hint=reasons_of(action)
        )
    return Reason(word)


def reasons_of(action: Action) -> str:
    """The reasons for an action, for a person to choose from."""
    known = f"One of: {', '.join(sorted(REASONS[action]))}"
    return f"{known}; or the reason of the pause." if action is Action.RESUME else f"{known}."


def change_standing(
    connection: Connection, record_id: str, action: Action, reason: Reason, *, now: int
) -> None:
    """Change a record's standing and the status of every copy, in one transaction.

    The change is published with the next reading of the status list. Doing again what was
    done changes nothing and is no error.

    Raises:
        IssuerError: `not_found`, or `conflict` for a step that is not allowed.
    """
    allowed: list[ColumnElement[bool]] = [RECORDS.c.standing.in_(_FROM[action])]
    if action is Action.RESUME and reason not in REASONS[action]:
        allowed.append(RECORDS.c.standing_reason == reason.value)
    # What is valid is so without a reason; the event keeps why it is so again.
    kept = None if action is Action.RESUME else reason.value
    changed = connection.execute(
        update(RECORDS)
        .where(RECORDS.c.id == record_id, *allowed)
        .values(standing=_TARGET[action], standing_reason=kept, standing_at=now)
    )
    if changed.rowcount != 1:
        _explain(connection, record_id, action)
        return
    set_record_status(connection, record_id, _STATUS[action])
    if action is Action.WITHDRAW:
        end_open_offers(connection, record_id, now=now)
    note(connection, _EVENT[action], now=now, record_id=record_id, detail=reason.value)


def _explain(connection: Connection, record_id: str, action: Action) -> None:
    """Return when nothing was to do; else say why it cannot be done."""
    standing = connection.scalar(select(RECORDS.c.standing).where(RECORDS.c.id == record_id))
    if standing is None:
        raise unknown_record()
    if standing == _TARGET[action] and action is not Action.RESUME:
        return
    if standing == "withdrawn" and action is Action.RESUME:
        message = "A withdrawn certificate cannot be made valid again."
        raise IssuerError(ErrorKind.CONFLICT, message, hint=IN_ITS_PLACE)
    if standing == "withdrawn":
        message = "A withdrawn certificate cannot be put on hold."
        raise IssuerError(ErrorKind.CONFLICT, message, hint=IN_ITS_PLACE)
    if standing == "paused":
        message = "The pause was made for another reason."
        raise IssuerError(ErrorKind.CONFLICT, message, hint=reasons_of(action))
    raise IssuerError(
        ErrorKind.CONFLICT,
        "This certificate is not on hold.",
        hint="There is nothing to resume. See how it stands with: carnet issuer list DIR",
    )
