"""Records: one person and one certificate, from class list to listing."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, and_, exists, insert, select

from carnet_issuer.class_list.namesakes import Namesakes
from carnet_issuer.class_list.reading import ClassList, ReadRow
from carnet_issuer.class_list.reasons import RejectedRow, RowFault
from carnet_issuer.errors import IssuerError, TemplateError
from carnet_issuer.opaque import new_identifier, new_record_id
from carnet_issuer.store.events import EventName, note
from carnet_issuer.store.tables import IMPORTS, OFFERS, RECORDS, TEMPLATES, TOKENS
from carnet_issuer.templates import Template, check_sayable
from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind

_MAX_PERSON_BYTES: Final = 16 * 1024


class RecordState(StrEnum):
    """What `list` says of a record.

    `ready` to be offered · `offered`, with an offer or token that still works · `issued` ·
    `paused` · `withdrawn` · `expired`, no longer valid by its own date.
    """

    READY = "ready"
    OFFERED = "offered"
    ISSUED = "issued"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSummary:
    """One line of `list`."""

    id: str
    holder: str = field(repr=False)
    type: str
    state: RecordState
    template: str
    valid_until: int | None
    reason: str | None

    def to_json(self) -> dict[str, Any]:
        """The element of the array `list --json` prints."""
        return {
            "id": self.id,
            "holder": self.holder,
            "type": self.type,
            "state": self.state.value,
            "template": self.template,
            "valid_until": self.valid_until,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of every row: imported + rejected + blank = rows."""

    record_ids: tuple[str, ...]
    rejected: tuple[RejectedRow, ...]
    blank: int
    rows: int
    notes: tuple[tuple[int, str], ...]
    columns: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The object `import --json` prints. It quotes headings, never a cell."""
        return {
            "imported": len(self.record_ids),
            "rejected": [row.to_json() for row in self.rejected],
            "blank": self.blank,
            "rows": self.rows,
            "notes": [{"row": row, "note": name} for row, name in self.notes],
            "columns": self.columns,
            "records": list(self.record_ids),
        }


def add_template(connection: Connection, template: Template, *, now: int) -> None:
    """Keep a template; the same one twice changes nothing."""
    known = connection.scalar(select(TEMPLATES.c.id).where(TEMPLATES.c.id == template.id))
    if known is not None:
        return
    connection.execute(
        insert(TEMPLATES),
        {
            "id": template.id,
            "vct": template.vct,
            "document": template.to_document(),
            "created_at": now,
        },
    )
    note(connection, EventName.TEMPLATE_ADDED, now=now, detail=template.id)


def find_template(connection: Connection, template_id: str) -> Template:
    """Read a template back.

    Raises:
        IssuerError: `not_found`.
    """
    document = connection.scalar(select(TEMPLATES.c.document).where(TEMPLATES.c.id == template_id))
    if document is None:
        raise IssuerError(
            ErrorKind.NOT_FOUND,
            "There is no template of that id.",
            hint="Add it with: carnet issuer template DIR FILE.toml",
        )
    return Template.from_document(template_id, document)


def import_people(
    connection: Connection,
    template: Template,
    read: ClassList,
    *,
    file_digest: str,
    signer_class: str,
    now: int,
) -> ImportReport:
    """Make a record of every good row, all in the transaction of `connection` or none.

    What the certificate will say is composed and checked here, row by row: what could not
    be signed is rejected now, with its row number, and not when the worker claims it.
    """
    import_id = new_identifier()
    known = _Known.of(connection, template.id)
    rejected = list(read.rejected)
    rows: list[dict[str, Any]] = []
    notes: list[tuple[int, str]] = []
    for each in read.people:
        try:
            row = _record(template, each, known, file_digest=file_digest, signer_class=signer_class)
        except _RowRefused as refusal:
            rejected.append(RejectedRow(row=each.row, fault=refusal.fault))
            continue
        notes += [(each.row, name) for name in each.person.notes]
        rows.append(row | {"import_id": import_id, "position": each.row, "created_at": now})
    report = ImportReport(
        record_ids=tuple(row["id"] for row in rows),
        rejected=tuple(sorted(rejected, key=lambda r: r.row)),
        blank=read.blank,
        rows=read.rows,
        notes=tuple(notes),
        columns=read.columns_json(),
    )
    imported = {"id": import_id, "template_id": template.id, "file_digest": file_digest}
    text = strict_json.dumps(report.to_json())
    connection.execute(insert(IMPORTS), imported | {"report": text, "created_at": now})
    if rows:
        connection.execute(insert(RECORDS), rows)
    note(connection, EventName.CLASS_IMPORTED, now=now, detail=str(len(rows)))
    return report


class _RowRefused(Exception):  # noqa: N818 - a signal inside this module, not an error class
    def __init__(self, fault: RowFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _Known:
    """Who has a record of one template."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._people = Namesakes()

    @classmethod
    def of(cls, connection: Connection, template_id: str) -> "_Known":
        """Read them; nobody else adds to them before this transaction ends."""
        locked = select(TEMPLATES.c.id).where(TEMPLATES.c.id == template_id).with_for_update()
        connection.execute(locked)
        known = cls()
        people = select(RECORDS.c.person_key, RECORDS.c.person)
        for key, text in connection.execute(people.where(RECORDS.c.template_id == template_id)):
            shape = strict_json.loads_object(text, max_bytes=_MAX_PERSON_BYTES)
            known.add(key, shape["family_name"], shape["given_name"], shape.get("email"))
        return known

    def add(self, key: str, family_name: str, given_name: str, email: str | None) -> None:
        """One more."""
        self._keys.add(key)
        self._people.add(family_name=family_name, given_name=given_name, email=email)

    def has(self, key: str, each: ReadRow) -> bool:
        """Whether the row is about somebody of them."""
        return key in self._keys or (not each.is_another and self._people.know(each.person))


def _person_key(each: ReadRow, file_digest: str) -> str:
    """What no two records of a template share.

    Another person of the same name is told by the row she was found in: the same file imported
    in the same way again makes nobody new.
    """
    text = each.person.key
    if each.is_another:
        text = f"{text}|{file_digest}|{each.row}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _record(
    template: Template, each: ReadRow, known: _Known, *, file_digest: str, signer_class: str
) -> dict[str, Any]:
    person, key = each.person, _person_key(each, file_digest)
    if known.has(key, each):
        raise _RowRefused(RowFault.ALREADY_IMPORTED)
    claims = template.claims_for(person)
    try:
        check_sayable(template.vct, claims, signer_class=signer_class)
    except TemplateError:
        raise _RowRefused(RowFault.NOT_ALLOWED) from None
    known.add(key, person.family_name, person.given_name, person.email)
    return {
        "id": new_record_id(),
        "template_id": template.id,
        "person_key": key,
        "person": strict_json.dumps(person.to_json()),
        "claims": strict_json.dumps(claims),
        "valid_until": template.valid_until,
        "standing": "valid",
    }


def list_records(connection: Connection, *, now: int) -> list[RecordSummary]:
    """Every record in the order of its class lists."""
    open_offer = exists().where(
        OFFERS.c.record_id == RECORDS.c.id, OFFERS.c.state == "open", OFFERS.c.expires_at > now
    )
    open_token = exists().where(
        TOKENS.c.record_id == RECORDS.c.id,
        and_(TOKENS.c.issuance_id.is_(None), TOKENS.c.expires_at > now),
    )
    query = (
        select(
            RECORDS.c.id,
            RECORDS.c.template_id,
            RECORDS.c.person,
            RECORDS.c.valid_until,
            RECORDS.c.standing,
            RECORDS.c.standing_reason,
            RECORDS.c.issued_at,
            TEMPLATES.c.vct,
            (open_offer | open_token).label("offered"),
        )
        .join(TEMPLATES, TEMPLATES.c.id == RECORDS.c.template_id)
        .join(IMPORTS, IMPORTS.c.id == RECORDS.c.import_id)
        .order_by(IMPORTS.c.created_at, IMPORTS.c.id, RECORDS.c.position)
    )
    return [
        RecordSummary(
            id=row.id,
            holder=strict_json.loads_object(row.person, max_bytes=_MAX_PERSON_BYTES)["usual_name"],
            type=row.vct,
            state=_state(row.standing, row.valid_until, row.issued_at, row.offered, now=now),
            template=row.template_id,
            valid_until=row.valid_until,
            reason=row.standing_reason,
        )
        for row in connection.execute(query)
    ]


def _state(
    standing: str,
    valid_until: int | None,
    issued_at: int | None,
    offered: object,
    *,
    now: int,
) -> RecordState:
    if standing == "withdrawn":
        return RecordState.WITHDRAWN
    if valid_until is not None and valid_until <= now:
        return RecordState.EXPIRED
    if standing == "paused":
        return RecordState.PAUSED
    if issued_at is not None:
        return RecordState.ISSUED
    return RecordState.OFFERED if offered else RecordState.READY
