"""The issuer as its office uses it: one method a use case, no passphrase but to sign.

`Issuer` works on a folder; `Issuer.unlock` gives the part that can sign and serve. Time
is an argument of every method, in Unix seconds.
"""

import hashlib
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, select

from carnet_hosting.database import Database
from carnet_hosting.folder import new_folder
from carnet_issuer import records, standing
from carnet_issuer.class_list.reading import ClassList, read_class_list
from carnet_issuer.config import (
    IssuerConfig,
    check_issuer_url,
    check_name,
    is_loopback_http,
    read_config,
    write_config,
)
from carnet_issuer.errors import IssuerError
from carnet_issuer.fail_points import UNDISTURBED, FailPoints
from carnet_issuer.folder import key_path, make_key_folder
from carnet_issuer.offer_object import offer_link
from carnet_issuer.offers import make_offer
from carnet_issuer.records import ImportReport, RecordSummary
from carnet_issuer.service_secrets import ServiceSecrets, read_secrets, write_secrets
from carnet_issuer.signing_chain import CertifiedKey
from carnet_issuer.standing import Action, Reason
from carnet_issuer.status_registry import open_list
from carnet_issuer.store.tables import RECORDS, STORE, TEMPLATES
from carnet_issuer.templates import Template, read_template
from carnet_issuer.trust_entry import trust_entry
from carnet_issuer.wallet_service import WalletService
from carnet_schemas import catalog
from carnet_securing.errors import ErrorKind
from carnet_securing.key_file import read_key_file, write_key_file
from carnet_securing.native import check_signature
from carnet_securing.signer import SoftwareSigner
from carnet_trust.entries import OrganisationClass

_OFFICE_LOCK: Final = 4_712_213
"""Templates and class lists are added one after another, so that nobody gets in twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer to hand over. The collection code never travels in the same message."""

    record_id: str
    offer_uri: str = field(repr=False)
    tx_code: str | None = field(repr=False)
    expires_at: int

    def to_json(self) -> dict[str, Any]:
        """The object `offer --json` prints."""
        return {
            "record": self.record_id,
            "offer_uri": self.offer_uri,
            "tx_code": self.tx_code,
            "expires_at": self.expires_at,
        }


class Issuer:
    """One issuer's folder, opened."""

    def __init__(self, directory: Path, config: IssuerConfig, database: Database) -> None:
        """Use `create` or `open`."""
        self.config = config
        self._directory = directory
        self._database = database

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        name: str,
        url: str,
        passphrase: str,
        now: int,
        klass: OrganisationClass = OrganisationClass.TRAINING_BODY,
        algorithm: str = "ES256",
        certified: CertifiedKey | None = None,
        encryption_required: bool = False,
        database: str | None = None,
    ) -> "Issuer":
        """Make a folder with settings, sealed keys and an empty database.

        Nothing is left behind when it fails. `http://localhost:PORT` is accepted as an
        address for trying, and the settings remember that it is one (DESIGN 4.10).

        Args:
            url: the identifier, signed exactly so into every credential.
            klass: what kind of organisation this is; decides what it may say.
            algorithm: of the signing key, `ES256` or `Ed25519`.
            certified: a key with a certificate chain, in place of a fresh one (route `x5c`).
            database: a SQLAlchemy URL, None for a file in the folder.

        Raises:
            IssuerError: `malformed` for the name.
            HostingError: `malformed` for an address, `conflict` for the folder.
            CarnetError: as `folder.new_folder` and `key_file.write_key_file`.
        """
        loopback = is_loopback_http(url)
        check_issuer_url(url, allow_loopback_http=loopback)
        check_name(name)
        signer = certified.signer if certified else SoftwareSigner.generate(algorithm)
        config = IssuerConfig(
            url=url,
            name=name,
            klass=klass,
            allow_loopback_http=loopback,
            signing_key=signer.public_jwk,
            created_at=now,
            database=database,
            chain=certified.chain if certified else None,
            encryption_required=encryption_required,
        )
        with new_folder(directory) as draft:
            make_key_folder(draft)
            write_key_file(key_path(draft, signer.public_jwk), signer, passphrase=passphrase)
            write_secrets(draft, ServiceSecrets.generate(), passphrase=passphrase)
            write_config(draft, config)
            with closing(STORE.make(draft, database)) as opened, opened.write() as connection:
                open_list(connection, now=now)
        return cls.open(directory)

    @classmethod
    def open(cls, directory: Path) -> "Issuer":
        """Open a folder that `create` made; its database is upgraded when it is older.

        Raises:
            HostingError: `not_found`, `unsupported_version`, or `vault_corrupt`, also for a
                database that is gone or empty: it is never made anew here.
            StoreUnavailableError: the database cannot be used now.
        """
        config = read_config(directory)
        return cls(directory, config, STORE.open(directory, config.database))

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def unlock(self, *, passphrase: str, fail_points: FailPoints = UNDISTURBED) -> WalletService:
        """Open the sealed keys and give what a running service needs.

        Raises:
            InvalidError: `vault_passphrase`, `vault_corrupt`.
        """
        signer = read_key_file(
            key_path(self._directory, self.config.signing_key), passphrase=passphrase
        )
        return WalletService(
            database=self._database,
            config=self.config,
            signer=signer,
            secrets=read_secrets(self._directory, passphrase=passphrase),
            check=check_signature,
            fail_points=fail_points,
        )

    def add_template(self, data: bytes, *, now: int) -> Template:
        """Check and keep a template; raises as `templates.read_template`."""
        template = read_template(data, signer_class=self.config.klass.value, now=now)
        with self._database.exclusive(_OFFICE_LOCK) as connection:
            records.add_template(connection, template, now=now)
        return template

    def import_class(
        self,
        data: bytes,
        *,
        template_id: str,
        now: int,
        sheet: str | None = None,
        another: Collection[int] = (),
    ) -> tuple[ImportReport, ClassList]:
        """Make a record of every good row of a class list, and account for the others.

        Args:
            sheet: the sheet of a workbook, None to find it.
            another: numbers of rows that are another person, though somebody of these names
                has a record (`class_list.namesakes`).

        Raises:
            ClassListError: the file as a whole cannot be read; nothing was imported.
            IssuerError: `not_found` for the template.
        """
        with self._database.read() as connection:
            template = records.find_template(connection, template_id)
        read = read_class_list(
            data, sheet=sheet, attendance=template.is_attendance, another=another
        )
        with self._database.exclusive(_OFFICE_LOCK) as connection:
            report = records.import_people(
                connection,
                template,
                read,
                file_digest=hashlib.sha256(data).hexdigest(),
                signer_class=self.config.klass.value,
                now=now,
            )
        return report, read

    def offer(
        self,
        record_id: str,
        *,
        now: int,
        with_code: bool = True,
        by_value: bool = False,
        lifetime: int | None = None,
        before_kept: Callable[[str], None] | None = None,
    ) -> Offer:
        """Offer a record to its worker; an earlier offer that is still open dies.

        Args:
            with_code: ask for a collection code, to be handed over apart from the link.
            by_value: put the offer into the link instead of its address; it then lives ten
                minutes at most, as the code in it.
            lifetime: seconds; by default a week, or ten minutes without a code. Ten minutes is
                also the most a link may live that anyone can take, and thirty days any other.
            before_kept: is given the link; when it raises, no offer is made and none dies.

        Raises:
            IssuerError: `policy_unmet` for a lifetime beyond that, otherwise as
                `offers.make_offer`.
        """
        lifetime = self._lifetime(lifetime, with_code=with_code)
        with self._database.write() as connection:
            made = make_offer(
                connection,
                record_id=record_id,
                with_code=with_code,
                lifetime=lifetime,
                now=now,
                inline=by_value,
            )
            configuration = _configuration_of(connection, record_id)
            link = offer_link(self.config.url, made, configuration_id=configuration)
            if before_kept is not None:
                before_kept(link)
        return Offer(
            record_id=record_id,
            offer_uri=link,
            tx_code=made.tx_code,
            expires_at=made.expires_at,
        )

    def _lifetime(self, wanted: int | None, *, with_code: bool) -> int:
        times = self.config.times
        if not with_code:
            longest, words = times.offer_without_code, "without a collection code lives ten minutes"
        else:
            longest, words = times.longest_offer, "lives thirty days"
        if wanted is None:
            return times.offer_with_code if with_code else longest
        if wanted > longest:
            raise IssuerError(
                ErrorKind.POLICY_UNMET,
                f"An offer {words} at most.",
                hint=f"Give --expires-in {longest} or less; make another offer when it has ended.",
            )
        return wanted

    def list(self, *, now: int) -> list[RecordSummary]:
        """Every record with its state."""
        with self._database.read() as connection:
            return records.list_records(connection, now=now)

    def withdraw(self, record_id: str, reason: Reason, *, now: int) -> None:
        """Withdraw every copy of a record, for good; raises as `standing.change_standing`."""
        self._change(record_id, Action.WITHDRAW, reason, now=now)

    def pause(self, record_id: str, reason: Reason, *, now: int) -> None:
        """Put every copy of a record on hold; raises as `standing.change_standing`."""
        self._change(record_id, Action.PAUSE, reason, now=now)

    def resume(self, record_id: str, reason: Reason, *, now: int) -> None:
        """End a pause; raises as `standing.change_standing`."""
        self._change(record_id, Action.RESUME, reason, now=now)

    def trust_entry(self, *, pinned: bool = False) -> dict[str, Any]:
        """The entry for somebody's trust file."""
        return trust_entry(self.config, pinned=pinned)

    def _change(self, record_id: str, action: Action, reason: Reason, *, now: int) -> None:
        with self._database.write() as connection:
            standing.change_standing(connection, record_id, action, reason, now=now)


def _configuration_of(connection: Connection, record_id: str) -> str:
    vct = connection.scalar(
        select(TEMPLATES.c.vct)
        .join(RECORDS, RECORDS.c.template_id == TEMPLATES.c.id)
        .where(RECORDS.c.id == record_id)
    )
    return catalog.credential_type(str(vct)).configuration_id
