"""One verifier in one folder: what the command line and the HTTP service call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from carnet_hosting.database import Database
from carnet_hosting.errors import DatabaseLostError
from carnet_hosting.folder import new_folder
from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing import standard_base64
from carnet_securing.durable_file import read_private_file, write_private_file
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetch
from carnet_securing.key_file import read_key_file, write_key_file
from carnet_securing.limits import PRESENTATION, Limits
from carnet_securing.native import check_signature
from carnet_securing.signer import SoftwareSigner
from carnet_trust.cached_lookups import CachedLookups
from carnet_trust.file_lookup_cache import FileLookupCache
from carnet_trust.refresh import RefreshReport, refresh
from carnet_trust.trust_file import MAX_FILE_BYTES, TrustData, parse_trust_file, trust_file_bytes
from carnet_verifier.policy import NoFurtherCondition
from carnet_verifier.service import answering, asking, identity
from carnet_verifier.service.asking import AskedQuestion
from carnet_verifier.service.errors import ServiceError
from carnet_verifier.service.identity import Asker
from carnet_verifier.service.questions import QuestionStore, Result, unknown_question
from carnet_verifier.service.settings import (
    Identification,
    VerifierSettings,
    check_settings_input,
)
from carnet_verifier.service.tables import STORE
from carnet_verifier.surroundings import Surroundings

KEY_FILE: Final = "request-key.json"
TRUST_FILE: Final = "trust.json"
CACHE_FOLDER: Final = "cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A chain and its key, as PEM, with the name they ask under."""

    chain_pem: bytes
    key_pem: bytes = field(repr=False)
    identification: Identification


class Verifier:
    """A verifier that asks and reads answers. Open it once for the life of a process."""

    def __init__(
        self,
        directory: Path,
        *,
        settings: VerifierSettings,
        signer: SoftwareSigner | None,
        trust: TrustData,
        database: Database,
        limits: Limits,
        database_was_made: bool,
    ) -> None:
        """Use `Verifier.create` or `Verifier.open`; both check what they read."""
        self.database_was_made = database_was_made
        self._directory = directory
        self.settings = settings
        self.trust = trust
        self._limits = limits
        self._signer = signer
        self._database = database
        self._store = QuestionStore(database)
        self._cache = FileLookupCache(directory / CACHE_FOLDER)
        self._lookups = CachedLookups(self._cache, check=check_signature, limits=limits)

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        name: str,
        url: str,
        passphrase: str,
        trust: TrustData,
        certificate: Certificate | None,
        response_mode: ResponseMode,
        allow_loopback_http: bool,
        limits: Limits = PRESENTATION,
    ) -> "Verifier":
        """Make a verifier in a new or empty folder, whole or not at all.

        Raises:
            ServiceError: `malformed` for a name or certificate that will not do.
            HostingError: `malformed` for an address that will not do, `conflict` when the
                folder holds something.
            CarnetError: as `folder.new_folder` and `Store.open`.
        """
        check_settings_input(name=name, url=url, allow_loopback_http=allow_loopback_http)
        signer, chain, kind = _key_and_chain(url, certificate)
        settings = VerifierSettings(
            name=name,
            url=url,
            client_id=identity.client_id_of(kind, url=url, signer=signer, chain=chain),
            identification=kind,
            response_mode=response_mode,
            allow_loopback_http=allow_loopback_http,
            certificates=tuple(standard_base64.encode(one) for one in chain),
        )
        with new_folder(directory) as draft:
            write_key_file(draft / KEY_FILE, signer, passphrase=passphrase)
            write_private_file(draft / TRUST_FILE, trust_file_bytes(trust))
            settings.save(draft)
            FileLookupCache(draft / CACHE_FOLDER)  # makes its folders
            STORE.make(draft, settings.database).close()
        return cls._over(directory, settings=settings, signer=signer, trust=trust, limits=limits)

    @classmethod
    def open(
        cls, directory: Path, *, passphrase: str | None, limits: Limits = PRESENTATION
    ) -> "Verifier":
        """Open a verifier's folder.

        A database that is gone or empty is made anew, and `database_was_made` says so: what it
        held was to be forgotten within a day, and a wallet's answer to a question that nobody
        remembers is refused.

        Args:
            passphrase: opens the key that signs requests; None for a verifier that only asks
                by stored requests, reads results or refreshes.

        Raises:
            HostingError: as `VerifierSettings.load` and `Store.open`.
            StoreUnavailableError: the database cannot be used now.
            CarnetError: `vault_passphrase` or `vault_corrupt` for the key file, and what is
                wrong with the trust data, naming their file.
        """
        settings = VerifierSettings.load(directory)
        signer = (
            None
            if passphrase is None
            else read_key_file(directory / KEY_FILE, passphrase=passphrase)
        )
        trust = _read_own_trust(directory / TRUST_FILE)
        return cls._over(directory, settings=settings, signer=signer, trust=trust, limits=limits)

    @classmethod
    def _over(
        cls,
        directory: Path,
        *,
        settings: VerifierSettings,
        signer: SoftwareSigner | None,
        trust: TrustData,
        limits: Limits,
    ) -> "Verifier":
        try:
            database, was_made = STORE.open(directory, settings.database), False
        except DatabaseLostError:
            database, was_made = STORE.make(directory, settings.database), True
        return cls(
            directory,
            settings=settings,
            signer=signer,
            trust=trust,
            database=database,
            limits=limits,
            database_was_made=was_made,
        )

    def ask(self, unverified_query: object, *, unsigned: bool, now: int) -> AskedQuestion:
        """Store a question and return its link; raises as `asking.ask`."""
        self.forget(now=now)
        return asking.ask(
            unverified_query,
            unsigned=unsigned,
            settings=self.settings,
            store=self._store,
            now=now,
        )

    def request_object(self, question_id: str, *, wallet_nonce: str | None, now: int) -> str:
        """The signed request of an open question; the same each time, but for `wallet_nonce`.

        Raises:
            ServiceError: `not_found`, also for a question that is asked unsigned.
        """
        question = self._store.open_question(question_id, now=now)
        if question.audience != self.settings.client_id:
            raise unknown_question()
        extra: Mapping[str, Any] = {} if wallet_nonce is None else {"wallet_nonce": wallet_nonce}
        return self._asker().sign_request({**question.request, **extra})

    def receive(self, question_id: str, body: bytes, *, now: int) -> None:
        """Take an answer; raises as `answering.receive`."""
        question = self._store.open_question(question_id, now=now)
        answering.receive(
            body, question=question, store=self._store, surroundings=self._surroundings(now)
        )

    def result(self, question_id: str) -> Result:
        """What became of a question; raises `not_found`."""
        return self._store.result(question_id)

    def result_by_token(self, question_id: str, result_token: str) -> Result:
        """As `result`, for a caller that proves by the token that it asked."""
        return self._store.result_by_token(question_id, result_token)

    def forget(self, *, now: int) -> int:
        """Delete results whose time is over, and old questions without one."""
        return self._store.forget(answered_before=now - self.settings.times.result)

    def did_document(self) -> dict[str, Any] | None:
        """The DID document to publish; None when the verifier asks under another name."""
        if self.settings.identification is not Identification.DID_WEB:
            return None
        return identity.did_document(self.settings.url, self._signing_key())

    def refresh(self, fetch: Fetch, *, now: int) -> RefreshReport:
        """Fetch keys, status lists and types of every issuer in the trust data."""
        return refresh(
            self.trust,
            self._cache,
            fetch=fetch,
            check=check_signature,
            limits=self._limits,
            loopback_http=self.settings.allow_loopback_http,
            now=now,
        )

    def set_trust(self, trust: TrustData) -> None:
        """As `write_trust`, for this process too."""
        self.write_trust(self._directory, trust)
        self.trust = trust

    @staticmethod
    def write_trust(directory: Path, trust: TrustData) -> None:
        """Trust these issuers from now on, and no others; a process reads it when it opens.

        What was there before is not looked at, so that a damaged file is replaced too.

        Raises:
            HostingError: as `VerifierSettings.load`.
            CarnetError: `storage_full`, `forbidden` or `unavailable`; nothing was changed.
        """
        VerifierSettings.load(directory)
        data = trust_file_bytes(trust)
        write_private_file(directory / TRUST_FILE, data, replace=True)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _surroundings(self, now: int) -> Surroundings:
        return Surroundings(
            trust=self.trust,
            lookups=self._lookups,
            policy=NoFurtherCondition(),
            now=now,
            check=check_signature,
            limits=self._limits,
        )

    def _signing_key(self) -> SoftwareSigner:
        if self._signer is None:
            raise ServiceError(
                ErrorKind.FORBIDDEN,
                "The verifier was opened without its key.",
                hint="Start it with `carnet verifier serve`, which asks for the passphrase.",
            )
        return self._signer

    def _asker(self) -> Asker:
        return identity.asker_of(
            self.settings.client_id,
            self.settings.identification,
            signer=self._signing_key(),
            certificates=self.settings.certificates,
        )


def _read_own_trust(path: Path) -> TrustData:
    """The trust data in a verifier's folder."""
    try:
        return parse_trust_file(read_private_file(path, max_bytes=MAX_FILE_BYTES))
    except UndeterminedError:
        raise
    except CarnetError as error:
        raise ServiceError(
            error.kind,
            f"{path.name} of the verifier cannot be used: {error.message}",
            hint="Choose again whom you trust: carnet verifier trust DIR FILE",
        ) from None


def _key_and_chain(
    url: str, certificate: Certificate | None
) -> tuple[SoftwareSigner, Sequence[bytes], Identification]:
    if certificate is None:
        return SoftwareSigner.generate("ES256"), (), identity.default_identification(url)
    signer = identity.signer_from_pem(certificate.key_pem)
    chain = identity.chain_from_pem(certificate.chain_pem, signer=signer)
    return signer, chain, certificate.identification
