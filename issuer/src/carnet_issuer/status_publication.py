"""Signed status lists as bytes: built once a change, the same for every reader.

The signed token is kept in the database, so that every worker and every restart serves
the same one and its `iat` never goes back (T12). A list is signed anew when an entry has
changed since, and when its `iat` is older than its `ttl`. When the database is away, the
last token this worker served is served on; readers see its age.
"""

import hashlib
import threading
import zlib
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from carnet_hosting.database import Database
from carnet_hosting.errors import StoreUnavailableError
from carnet_issuer.config import IssuerConfig
from carnet_issuer.status_registry import list_ids
from carnet_issuer.store.tables import STATUS_ENTRIES, STATUS_LISTS
from carnet_securing.signer import Signer
from carnet_securing.status_list import Status
from carnet_securing.status_list_build import StatusListBuilder, sign_status_list
from carnet_securing.x509 import encode_x5c


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """One signed status list, ready to be sent."""

    version: int
    issued_at: int
    token: bytes = field(repr=False)
    compressed: bytes = field(repr=False)
    etag: str

    @property
    def compressed_etag(self) -> str:
        """The validator of the compressed bytes."""
        return f'{self.etag[:-1]}-gzip"'


class StatusPublisher:
    """Serves the status lists of one issuer."""

    def __init__(self, database: Database, config: IssuerConfig, signer: Signer) -> None:
        self._database = database
        self._config = config
        self._signer = signer
        self._served: dict[str, PublishedList] = {}
        self._building = threading.Lock()

    def published(self, list_id: str, *, now: int) -> PublishedList | None:
        """The current token of a list, None when there is no such list.

        Raises:
            StoreUnavailableError: the database is away and this worker never served the list,
                or it holds a change that cannot be published now.
        """
        try:
            with self._database.read() as connection:
                row = connection.execute(_STATE, {"list": list_id}).one_or_none()
        except StoreUnavailableError:
            served = self._served.get(list_id)
            if served is None:
                raise
            return served
        if row is None:
            return None
        served = self._served.get(list_id)
        if (
            served is not None
            and (served.version, served.issued_at) == (row.version, row.published_at)
            and self._is_fresh(row.published_at, now)
        ):
            return served
        try:
            return self._refresh(list_id, now=now)
        except StoreUnavailableError:
            # Stale in time only: what was withdrawn since must never look valid.
            if served is None or served.version != row.version:
                raise
            return served

    def aggregation(self) -> dict[str, list[str]]:
        """The addresses of all lists (Token Status List, section "Status List Aggregation")."""
        with self._database.read() as connection:
            return {"status_lists": [self.uri(list_id) for list_id in list_ids(connection)]}

    def uri(self, list_id: str) -> str:
        """The address of a list, as it is signed into credentials."""
        return f"{self._config.url}/status/{list_id}"

    def _is_fresh(self, published_at: int | None, now: int) -> bool:
        # A clock that went back must not make a list look fresh for ever.
        return published_at is not None and 0 <= now - published_at < self._config.times.status_ttl

    def _refresh(self, list_id: str, *, now: int) -> PublishedList | None:
        with self._building, self._database.write() as connection:
            row = connection.execute(_STORED, {"list": list_id}).one_or_none()
            if row is None:
                return None
            token, issued_at, version = row.token, row.published_at, row.version
            if row.published_version != version or not self._is_fresh(issued_at, now):
                issued_at = max(now, issued_at or 0)
                token = self._sign(connection, list_id, row.size, row.bits, issued_at)
                connection.execute(
                    _PUBLISH,
                    {"list": list_id, "signed": token, "at": issued_at, "published": version},
                )
        published = PublishedList(
            version=version,
            issued_at=issued_at,
            token=token,
            compressed=_gzip(token),
            etag=f'"{hashlib.sha256(token).hexdigest()[:32]}"',
        )
        self._served[list_id] = published
        return published

    def _sign(
        self, connection: Connection, list_id: str, size: int, bits: int, issued_at: int
    ) -> bytes:
        builder = StatusListBuilder(size, bits)
        builder.update(
            (row.position, row.value) for row in connection.execute(_CHANGED, {"list": list_id})
        )
        times = self._config.times
        token = sign_status_list(
            builder.packed(),
            bits=bits,
            uri=self.uri(list_id),
            issued_at=issued_at,
            expires_at=issued_at + times.status_expiry,
            ttl=times.status_ttl,
            aggregation_uri=f"{self._config.url}/status",
            signer=self._signer,
            issuer=self._config.url,
            x5c=encode_x5c(self._config.x5c),
        )
        return token.encode("ascii")


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


_STATE: Final = select(STATUS_LISTS.c.version, STATUS_LISTS.c.published_at).where(
    STATUS_LISTS.c.id == bindparam("list")
)
_STORED: Final = select(STATUS_LISTS).where(STATUS_LISTS.c.id == bindparam("list"))
_CHANGED: Final = (
    select(STATUS_ENTRIES.c.position, STATUS_ENTRIES.c.value)
    .where(
        STATUS_ENTRIES.c.list_id == bindparam("list"),
        STATUS_ENTRIES.c.value != int(Status.VALID),
    )
    .order_by(STATUS_ENTRIES.c.position)
)
_PUBLISH: Final = (
    update(STATUS_LISTS)
    .where(STATUS_LISTS.c.id == bindparam("list"))
    .values(
        token=bindparam("signed"),
        published_at=bindparam("at"),
        published_version=bindparam("published"),
    )
)
