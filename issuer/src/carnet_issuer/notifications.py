"""What a wallet says became of its credentials (OpenID4VCI 1.0 section 11).

Idempotent: the same event again is a success. Once the copies are accepted or deleted the
stored answer is erased; after a failure it stays until the token ends, so that the same
keys can ask for it again.
"""

from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from carnet_issuer.errors import InvalidTokenError, OAuthCode, ProtocolError
from carnet_issuer.issuance import NOTIFICATION
from carnet_issuer.offers import ACCESS_TOKEN
from carnet_issuer.opaque import stored
from carnet_issuer.store.events import EventName, note
from carnet_issuer.store.tables import ISSUANCES, TOKENS
from carnet_schemas.oid4vci import NotificationEvent, NotificationRequest

_FINAL: Final = frozenset(
    {NotificationEvent.CREDENTIAL_ACCEPTED, NotificationEvent.CREDENTIAL_DELETED}
)


def receive_notification(
    connection: Connection, request: NotificationRequest, *, access_token: str, now: int
) -> None:
    """Record an event in the transaction of `connection`.

    Raises:
        ProtocolError: `invalid_notification_id` for an id that is not of this token.
        InvalidTokenError: the token is unknown or over.
    """
    token_hash = stored(access_token, purpose=ACCESS_TOKEN)
    end = connection.scalar(select(TOKENS.c.expires_at).where(TOKENS.c.hash == token_hash))
    if end is None or end <= now:
        raise InvalidTokenError
    row = connection.execute(
        _BY_NOTIFICATION,
        {"notification": stored(request.notification_id, purpose=NOTIFICATION)},
    ).one_or_none()
    if row is None or row.token_hash != token_hash:
        raise ProtocolError(
            OAuthCode.INVALID_NOTIFICATION_ID, "The notification id is not of this token."
        )
    if row.event == request.event.value:
        return
    erased = {"answer": None, "forget_at": None} if request.event in _FINAL else {}
    connection.execute(
        update(ISSUANCES)
        .where(ISSUANCES.c.id == row.id)
        .values(event=request.event.value, **erased)
    )
    note(
        connection,
        EventName.NOTIFIED,
        now=now,
        record_id=row.record_id,
        detail=request.event.value,
    )


def forget_answers(connection: Connection, *, now: int) -> None:
    """Erase stored answers whose token is over: nobody can ask for them again."""
    connection.execute(
        update(ISSUANCES).where(ISSUANCES.c.forget_at <= now).values(answer=None, forget_at=None)
    )


_BY_NOTIFICATION: Final = select(
    ISSUANCES.c.id, ISSUANCES.c.token_hash, ISSUANCES.c.record_id, ISSUANCES.c.event
).where(ISSUANCES.c.notification_hash == bindparam("notification"))
