"""The worker's wallet: collect, look, show, remember. The one place where its parts meet.

Every method is one use case in order and holds no rule of its own. Time, connections,
lookups and fail-points are handed in; nothing here reads a clock or the environment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from carnet_schemas.asking import beyond
from carnet_schemas.dcql import QueryUnmetError
from carnet_schemas.errors import SchemaError
from carnet_securing import base64url
from carnet_securing.errors import ErrorKind
from carnet_securing.sealing import KdfParameters
from carnet_trust.askers import AskerName, asker_name
from carnet_trust.display_name import entry_name, identifier_name
from carnet_trust.trust_file import TrustData, parse_trust_file
from carnet_wallet.acceptance import Judges
from carnet_wallet.claim_record import Claim
from carnet_wallet.claiming import Claiming, OpenedOffer
from carnet_wallet.consent import Consent, Preview
from carnet_wallet.errors import RequestRefusedError, VaultError
from carnet_wallet.fetched import VaultLookupCache
from carnet_wallet.matching import (
    HeldCard,
    MissingPart,
    ReadableSignatures,
    match,
    missing_parts,
    preview_card,
)
from carnet_wallet.presenting import Sent, prepare_answer, send_answer, send_error, send_refusal
from carnet_wallet.records import CARD, CLAIM, COPY, SETTING, SHOWING, Card, Copy
from carnet_wallet.requests import (
    AskerKeys,
    ResolvedRequest,
    authenticate,
    receive,
    refused,
    resolve,
)
from carnet_wallet.screens import ScreenCode, show_on_screen
from carnet_wallet.showings import Showing
from carnet_wallet.states import CardStanding, CardState, standing_of
from carnet_wallet.surroundings import Surroundings
from carnet_wallet.vault.vault import Put, Vault

_TRUST: Final = "trust"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCard:
    """A certificate in the list, and how it stands."""

    card: Card
    standing: CardStanding

    @property
    def state(self) -> CardState:
        """Its state."""
        return self.standing.state


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerLabel:
    """What an issuer is called, and whether the worker's trust data calls it so."""

    text: str
    listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request that was read, authenticated and compared with what the wallet holds.

    `preview` is None when nothing held answers it; `missing` then says which parts, to the
    worker and to nobody else. `choices` are the certificates that could answer each part.
    """

    asker: AskerName
    preview: Preview | None
    missing: tuple[MissingPart, ...]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resolved: ResolvedRequest = field(repr=False)


class Wallet:
    """An open wallet. Use it as a context manager: closing it forgets the key."""

    def __init__(self, vault: Vault, surroundings: Surroundings) -> None:
        """Use `create` or `open`."""
        self._vault = vault
        self._around = surroundings
        self._trust = _stored_trust(vault)
        lookups = surroundings.lookups(VaultLookupCache(vault))
        self._judges = Judges(trust=self._trust, lookups=lookups, check=surroundings.check)

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        passphrase: str,
        surroundings: Surroundings,
        trust_file: bytes | None = None,
        kdf: KdfParameters | None = None,
    ) -> Self:
        """Make an empty wallet in a new or empty folder; when that fails, nothing is left.

        Raises:
            VaultError: `conflict`, `forbidden`, `storage_full` and others of `Vault.create`.
            InvalidError: the trust file cannot be read.
        """
        if trust_file is not None:
            parse_trust_file(trust_file)
        vault = Vault.create(path, passphrase=passphrase, kdf=kdf or KdfParameters.fresh())
        try:
            if trust_file is not None:
                vault.commit([_trust_put(trust_file)])
            return cls(vault, surroundings)
        except BaseException:
            vault.abandon()
            raise

    @classmethod
    def open(cls, path: Path, *, passphrase: str, surroundings: Surroundings) -> Self:
        """Open a wallet after checking all of it.

        Raises:
            VaultError: as `Vault.open`.
        """
        return cls.over(Vault.open(path, passphrase=passphrase), surroundings)

    @classmethod
    def over(cls, vault: Vault, surroundings: Surroundings) -> Self:
        """The wallet in a vault that is open already; closes the vault if that fails."""
        try:
            return cls(vault, surroundings)
        except BaseException:
            vault.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the key and let other programs open the wallet."""
        self._vault.close()

    def change_passphrase(self, passphrase: str) -> None:
        """From now on only the new passphrase opens the wallet.

        Raises:
            VaultError: `storage_full`, `vault_passphrase`; as `Vault.change_passphrase`.
        """
        try:
            self._vault.change_passphrase(passphrase, kdf=KdfParameters.fresh())
        except VaultError as error:
            if error.kind is not ErrorKind.STORAGE_FULL:
                raise
            raise VaultError(
                error.kind,
                "The passphrase could not be changed.",
                hint="Use the old one; if it does not open the wallet, use the new one.",
            ) from None

    def set_trust(self, trust_file: bytes) -> None:
        """Take other trust data; it counts from the next opening.

        Raises:
            InvalidError: the trust file cannot be read.
        """
        parse_trust_file(trust_file)
        self._vault.commit([_trust_put(trust_file)])

    @property
    def trust(self) -> TrustData:
        """Whose names the worker accepts."""
        return self._trust

    def open_offer(self, uri: str) -> OpenedOffer:
        """Look at an offer: who offers what, before its code is used.

        Raises:
            ClaimRefusedError, UndeterminedError: as `Claiming.open_offer`.
        """
        return self._claiming().open_offer(uri)

    def claim(self, opened: OpenedOffer, *, tx_code: str | None, now: int) -> tuple[Card, ...]:
        """Collect what an offer gives; the same link goes on with an interrupted claim.

        Raises:
            ClaimRefusedError, UndeterminedError, VaultError: as `Claiming.claim`.
        """
        return self._claiming().claim(opened, tx_code=tx_code, now=now)

    def issuer_name(self, issuer: str, *, lang: str) -> IssuerLabel:
        """How an issuer is called: the trust data's name, or its bare host, marked as such."""
        entry = self._trust.entry_for(issuer)
        if entry is not None:
            return IssuerLabel(text=entry_name(entry, lang=lang).text, listed=True)
        named = identifier_name(issuer)
        return IssuerLabel(text=issuer if named is None else named.text, listed=False)

    def settle_notifications(self, *, now: int) -> None:
        """Tell issuers what an interrupted claim could not."""
        self._claiming().settle_notifications(now=now)

    def _claiming(self) -> Claiming:
        return Claiming(
            vault=self._vault,
            web=self._around.web,
            judges=self._judges,
            fail_points=self._around.fail_points,
        )

    def unfinished_claims(self) -> tuple[str, ...]:
        """The issuers of claims that stopped on the way and can be gone on with."""
        claims = (Claim.from_json(name, stored) for name, stored in self._vault.records(CLAIM))
        return tuple(
            claim.offer.credential_issuer
            for claim in claims
            if not all(part.card_id for part in claim.parts)
        )

    def list(self, *, now: int) -> tuple[ListedCard, ...]:
        """Every certificate with its state, oldest first."""
        return tuple(
            ListedCard(card=one.card, standing=standing_of(one, judges=self._judges, now=now))
            for one in self._cards()
        )

    def card(self, card_id: str) -> HeldCard:
        """One certificate with its copies.

        Raises:
            VaultError: `not_found`.
        """
        card = Card.from_json(card_id, self._vault.get(CARD, card_id))
        copies = tuple(Copy.from_json(name, self._vault.get(COPY, name)) for name in card.copies)
        return HeldCard(card=card, copies=copies)

    def raw(self, card_id: str) -> str:
        """One copy as its issuer signed it: the one that further askers see together.

        Raises:
            VaultError: `not_found`.
        """
        return self.card(card_id).copies[-1].held.whole().decode("ascii")

    def _cards(self) -> tuple[HeldCard, ...]:
        return tuple(self.card(card_id) for card_id in self._vault.ids(CARD))

    def prepare(
        self,
        uri: str,
        *,
        lang: str,
        now: int,
        choice: Mapping[str, Sequence[str]] | None = None,
    ) -> Question:
        """Read a request, authenticate its asker, and find what would answer it.

        Nothing is sent to the asker but the fetch of the request itself, and the error code for
        a signed request that breaks a rule whatever the wallet holds.

        Args:
            uri: the link of the request.
            lang: `fr` or `en`, for the asker's name.
            now: Unix seconds.
            choice: certificates the worker picked, by part of the request; None takes those
                that show least.

        Raises:
            RequestRefusedError, UndeterminedError: as `requests`; too much work: `too_large`.
        """
        keys = AskerKeys(
            web=self._around.web,
            check=self._around.check,
            roots=self._around.asker_roots,
            loopback_http=self._around.loopback_http,
        )
        unverified = receive(uri, web=self._around.web)
        try:
            resolved = resolve(authenticate(unverified, keys=keys, now=now))
        except RequestRefusedError as error:
            send_error(error, web=self._around.web)
            raise
        client_id = resolved.request.client_id.text
        asker = asker_name(client_id, trust=self._trust, lang=lang, now=now)
        cards = {one.card.card_id: one for one in self._cards()}
        try:
            readable = ReadableSignatures.said_in(resolved.request.client_metadata)
            matches = match(
                resolved.request.query, list(cards.values()), readable=readable, now=now
            )
            required = matches.smallest if choice is None else matches.choose(choice)
        except QueryUnmetError as error:
            missing = missing_parts(error.parts, list(cards.values()))
            return Question(asker=asker, preview=None, missing=missing, resolved=resolved)
        except SchemaError as error:
            raise refused(error) from None
        picked = required or matches.offered
        preview = Preview(
            asker=asker,
            answer_goes_to=resolved.request.response_uri,
            cards=tuple(
                preview_card(found, cards[found.candidate_id], asker=client_id, now=now)
                for found in picked
            ),
            beyond=beyond(matches.query),
            request_digest=resolved.digest,
            optional=() if required else matches.optional,
            _matches=picked,
        )
        choices = {
            query_id: tuple(found.candidate_id for found in found_all)
            for query_id, found_all in matches.by_query.items()
        }
        return Question(
            asker=asker, preview=preview, missing=(), choices=choices, resolved=resolved
        )

    def present(self, question: Question, consent: Consent, *, now: int) -> Sent:
        """Show what was agreed to, to whom it was agreed, once it is in the history.

        Raises:
            RequestRefusedError: `conflict` when the consent is for another request;
                `unavailable` when the asker did not take the answer.
            UndeterminedError: it is not known whether the answer arrived.
            VaultError: `storage_full`; nothing was shown.
        """
        cards = {found.candidate_id: self.card(found.candidate_id) for found in consent.matches}
        prepared = prepare_answer(question.resolved, consent, cards, now=now)
        return send_answer(
            prepared,
            question.resolved,
            question.asker,
            vault=self._vault,
            web=self._around.web,
            fail_points=self._around.fail_points,
            now=now,
        )

    def decline(self, question: Question) -> bool:
        """Tell the asker no, for whatever reason; whether anything was sent."""
        return send_refusal(question.resolved, web=self._around.web)

    def screen(
        self, card_id: str, *, claims: Collection[str], code: str | None, now: int
    ) -> ScreenCode:
        """A code for whoever looks at the screen, opened at some claims.

        Args:
            card_id: the certificate.
            claims: top-level claims to show, each with all it contains; none shows only what
                the certificate never hides.
            code: the six digits of the other side's page, which make the code a live one.
            now: Unix seconds.

        Raises:
            VaultError: `not_found`, `storage_full`.
            RequestRefusedError: `claim_missing` for a claim the certificate does not have.
        """
        return show_on_screen(
            self.card(card_id),
            claims=claims,
            code=code,
            vault=self._vault,
            fail_points=self._around.fail_points,
            now=now,
        )

    def history(self) -> tuple[Showing, ...]:
        """What was shown to whom, newest first."""
        lines = [Showing.from_json(name, stored) for name, stored in self._vault.records(SHOWING)]
        return tuple(reversed(lines))


def _stored_trust(vault: Vault) -> TrustData:
    if not vault.holds(SETTING, _TRUST):
        return TrustData.EMPTY
    return parse_trust_file(base64url.decode(vault.get(SETTING, _TRUST)["file"]))


def _trust_put(trust_file: bytes) -> Put:
    return Put(kind=SETTING, record_id=_TRUST, value={"file": base64url.encode(trust_file)})
