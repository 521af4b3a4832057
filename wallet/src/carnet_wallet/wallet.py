"""The worker's wallet: collect, look, show, remember. The one place where its parts meet.

Every method is one use case in order and holds no rule of its own. Time, connections,
lookups and fail-points are handed in; nothing here reads a clock or the environment.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from carnet_securing import base64url
from carnet_securing.errors import ErrorKind
from carnet_securing.sealing import KdfParameters, check_new_passphrase
from carnet_trust.askers import asker_name
from carnet_trust.trust_file import TrustData, parse_trust_file
from carnet_wallet.acceptance import Judges
from carnet_wallet.asker_keys import AskerKeys
from carnet_wallet.card_names import name_of
from carnet_wallet.cards import HeldCard, read_card, read_cards
from carnet_wallet.claim_record import Claim
from carnet_wallet.claiming import Claiming, OpenedOffer
from carnet_wallet.consent import Consent
from carnet_wallet.errors import RequestRefusedError, VaultError
from carnet_wallet.fetched import VaultLookupCache
from carnet_wallet.presenting import Sent, prepare_answer, send_answer, send_error, send_refusal
from carnet_wallet.questions import Question, question_of
from carnet_wallet.records import CLAIM, SETTING, SHOWING, Card
from carnet_wallet.requests import authenticate, receive, resolve
from carnet_wallet.screens import ScreenCode, show_on_screen
from carnet_wallet.showings import Showing
from carnet_wallet.states import ListedCard, standing_of
from carnet_wallet.surroundings import Surroundings
from carnet_wallet.telling import IssuerLabel, issuer_label
from carnet_wallet.vault.vault import Put, Vault

_TRUST: Final = "trust"


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
            InvalidError: the trust file cannot be read; `vault_passphrase` for a short one.
        """
        check_new_passphrase(passphrase)
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
            InvalidError: `vault_passphrase` for a short one.
        """
        check_new_passphrase(passphrase)
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
        return issuer_label(issuer, trust=self._trust, lang=lang)

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
        return tuple(claim.offer.credential_issuer for claim in claims if not claim.is_collected)

    def list(self, *, now: int) -> tuple[ListedCard, ...]:
        """Every certificate with its state, oldest first."""
        return tuple(
            ListedCard(
                card=one.card,
                name=name_of(one.held.claims),
                standing=standing_of(one, judges=self._judges, now=now),
            )
            for one in read_cards(self._vault).values()
        )

    def card(self, card_id: str) -> HeldCard:
        """One certificate with its copies.

        Raises:
            VaultError: `not_found`.
        """
        return read_card(self._vault, card_id)

    def raw(self, card_id: str) -> str:
        """One copy as its issuer signed it: the one that further askers see together.

        Raises:
            VaultError: `not_found`.
        """
        return self.card(card_id).copies[-1].held.whole().decode("ascii")

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
            resolved = resolve(authenticate(unverified, keys=keys, now=now), web=self._around.web)
        except RequestRefusedError as error:
            send_error(error, web=self._around.web)
            raise
        client_id = resolved.request.client_id.text
        asker = asker_name(client_id, trust=self._trust, lang=lang, now=now)
        return question_of(resolved, asker, read_cards(self._vault), choice=choice, now=now)

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
            claims: top-level claims to show, each with all it contains, by name or by a label;
                none shows only what the certificate never hides.
            code: the six digits of the other side's page, which make the code a live one.
            now: Unix seconds.

        Raises:
            VaultError: `not_found`, `storage_full`.
            RequestRefusedError: `claim_missing` for a claim the certificate does not have,
                `malformed` for a code that is not six digits.
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
