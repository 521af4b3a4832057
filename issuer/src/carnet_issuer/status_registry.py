"""Places in status lists: drawn at random, given once, changed for a whole record.

A place is never given twice: the primary key (list, place) decides, whatever happens
(T23). Places are drawn from the system's random source, so that neither two copies of one
person nor two people in a row can be told by them (T24). Withdrawn is final (T26).
"""

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from carnet_issuer.opaque import new_identifier
from carnet_issuer.store.tables import STATUS_ENTRIES, STATUS_LISTS
from carnet_securing.status_list import Status
from carnet_securing.status_list_build import DEFAULT_BITS, DEFAULT_SIZE

# Beyond half full, drawing a free place takes more and more tries: a new list begins.
_FULL_PART: Final = 2
_DRAWS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Places of one list for one issuance, in the order of its copies."""

    list_id: str
    indices: tuple[int, ...]


def draw(connection: Connection, *, count: int, now: int) -> Places:
    """Draw `count` free places; they are given by `take` in the same transaction."""
    list_id, size = _current_list(connection, count, now=now)
    free: dict[int, None] = {}
    for _ in range(_DRAWS):
        drawn = draw_indices(size, count - len(free))
        taken = set(connection.scalars(_TAKEN, {"list": list_id, "drawn": list(drawn)}))
        free.update(dict.fromkeys(index for index in drawn if index not in taken))
        if len(free) == count:
            return Places(list_id=list_id, indices=tuple(free))
    # A list at most half full makes this a matter of 2 ** -40.
    raise RuntimeError("no free place could be drawn; is the random source broken?")


def take(connection: Connection, places: Places, *, issuance_id: str, record_id: str) -> None:
    """Give drawn places to an issuance; they are never given again, used or not.

    Raises:
        IntegrityError: on PostgreSQL, when another transaction took one in between; the
            caller tries its whole transaction again.
    """
    connection.execute(
        insert(STATUS_ENTRIES),
        [
            {
                "list_id": places.list_id,
                "position": index,
                "issuance_id": issuance_id,
                "record_id": record_id,
                "value": int(Status.VALID),
            }
            for index in places.indices
        ],
    )
    connection.execute(_ALLOCATED, {"list": places.list_id, "count": len(places.indices)})


def draw_indices(size: int, count: int) -> tuple[int, ...]:
    """Distinct, independent, uniform indices below `size`."""
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        drawn[secrets.randbelow(size)] = None
    return tuple(drawn)


def set_record_status(connection: Connection, record_id: str, status: Status) -> None:
    """Change every place of a record, reserved ones included, and mark its lists as changed.

    A place that says withdrawn keeps saying so.
    """
    lists = [
        row.list_id
        for row in connection.execute(
            select(STATUS_ENTRIES.c.list_id)
            .where(STATUS_ENTRIES.c.record_id == record_id)
            .distinct()
        )
    ]
    connection.execute(
        update(STATUS_ENTRIES)
        .where(
            STATUS_ENTRIES.c.record_id == record_id,
            STATUS_ENTRIES.c.value != int(Status.INVALID),
        )
        .values(value=int(status))
    )
    connection.execute(
        update(STATUS_LISTS)
        .where(STATUS_LISTS.c.id.in_(lists))
        .values(version=STATUS_LISTS.c.version + 1)
    )


def list_ids(connection: Connection) -> list[str]:
    """Every list of this issuer, oldest first."""
    ordered = select(STATUS_LISTS.c.id).order_by(STATUS_LISTS.c.created_at, STATUS_LISTS.c.id)
    return list(connection.scalars(ordered))


def open_list(connection: Connection, *, now: int) -> tuple[str, int]:
    """Begin a new list; its name is random and says nothing."""
    list_id = new_identifier()
    connection.execute(
        insert(STATUS_LISTS),
        {
            "id": list_id,
            "size": DEFAULT_SIZE,
            "bits": DEFAULT_BITS,
            "allocated": 0,
            "version": 1,
            "created_at": now,
        },
    )
    return list_id, DEFAULT_SIZE


def _current_list(connection: Connection, count: int, *, now: int) -> tuple[str, int]:
    row = connection.execute(_CURRENT, {"count": count}).first()
    return (row.id, row.size) if row is not None else open_list(connection, now=now)


_CURRENT: Final = (
    select(STATUS_LISTS.c.id, STATUS_LISTS.c.size)
    .where((STATUS_LISTS.c.allocated + bindparam("count")) * _FULL_PART <= STATUS_LISTS.c.size)
    .order_by(STATUS_LISTS.c.created_at, STATUS_LISTS.c.id)
    .limit(1)
)
_TAKEN: Final = select(STATUS_ENTRIES.c.position).where(
    STATUS_ENTRIES.c.list_id == bindparam("list"),
    STATUS_ENTRIES.c.position.in_(bindparam("drawn", expanding=True)),
)
_ALLOCATED: Final = (
    update(STATUS_LISTS)
    .where(STATUS_LISTS.c.id == bindparam("list"))
    .values(allocated=STATUS_LISTS.c.allocated + bindparam("count"))
)
