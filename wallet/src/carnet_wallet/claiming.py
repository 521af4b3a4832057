"""A claim from offer to kept certificate, in an order that survives a crash anywhere.

1. Read and resolve the offer (`offers`). Keys and code are stored before anything is sent.
2. Ask for the token; store it before anything is asked with it.
3. For each certificate: a nonce, proofs, the request, and verification of every copy
   (`acceptance`); then one change of the vault keeps card and copies.
4. Only then is the issuer told that they are kept; then the claim is forgotten.

Claiming the same link again goes on where the last attempt stopped. A lost credential
answer is asked for again with the same token and keys under a new nonce. After a lost token
answer the code is tried once more; when it is refused, the worker is told that it may be
spent and that she then needs a new offer (DESIGN 4, decision 9). Where a wrong collection
code can be the cause as well, the offer can be tried with the right one: by its link, or,
when the link gives nothing now, by the claim, which then stays.
"""

import secrets
from dataclasses import dataclass, field, replace
from typing import Final

from carnet_schemas.oid4vci import CredentialOffer, CredentialResponse, NotificationEvent
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_wallet import issuance
from carnet_wallet.acceptance import AcceptedCertificate, Expected, Judges, accept
from carnet_wallet.claim_record import Claim, Part, Stage
from carnet_wallet.errors import ClaimRefusedError, VaultError
from carnet_wallet.fail_points import FailPoints, Moment
from carnet_wallet.offers import ResolvedOffer, link_digest, read_offer, resolve_offer
from carnet_wallet.records import CARD, CLAIM, Card, Copy
from carnet_wallet.vault.vault import Vault
from carnet_wallet.web import Web

_ATTEMPTS: Final = 3
_GIVEN_UP_AFTER: Final = 30 * 86_400
_OVER: Final = frozenset({ErrorKind.FORBIDDEN, ErrorKind.EXPIRED, ErrorKind.TOO_LARGE})
_NO_TOKEN: Final = frozenset({ErrorKind.MALFORMED, ErrorKind.UNSUPPORTED_VERSION})
"""The code was taken, and what came for it is no token that can be used: nothing waits."""
_TAKEN_AWAY: Final = frozenset({ErrorKind.NOT_FOUND, ErrorKind.EXPIRED})
_AGAIN: Final = "Give the same offer again. Nothing was lost."


class CollectionCodeNeededError(ClaimRefusedError):
    """The offer can only be used with the collection code; nothing was sent."""


class MaybeCollectedError(ClaimRefusedError):
    """The code was refused after an earlier answer was lost: spent, or a wrong collection code.

    The issuer does not tell which (`invalid_grant` is its answer to both).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedOffer:
    """An offer that was looked at: what it says, and what is left of an earlier attempt.

    `link_error` tells why the link of an offer that an earlier attempt has kept gave nothing now.
    """

    claim_id: str
    resolved: ResolvedOffer
    unfinished: Claim | None = field(repr=False)
    link_error: ErrorKind | None = None

    @property
    def needs_code(self) -> bool:
        """Whether going on needs the collection code."""
        has_token = self.unfinished is not None and self.unfinished.stage is Stage.GRANTED
        return self.resolved.grant.tx_code is not None and not has_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """What a claim works with."""

    vault: Vault = field(repr=False)
    web: Web
    judges: Judges
    fail_points: FailPoints

    def open_offer(self, uri: str) -> OpenedOffer:
        """Read and resolve an offer, or find the claim of the same link that stopped on the way.

        Raises:
            ClaimRefusedError, UndeterminedError: as `offers.read_offer` and `resolve_offer`.
        """
        claim_id = link_digest(uri)
        unfinished, link_error = None, None
        if self.vault.holds(CLAIM, claim_id):
            unfinished = Claim.from_json(claim_id, self.vault.get(CLAIM, claim_id))
        if unfinished is None:
            offer = read_offer(uri, web=self.web)
        elif unfinished.stage is Stage.ASKED:
            offer, link_error = self._newer(uri, unfinished.offer)
            if offer.pre_authorized != unfinished.offer.pre_authorized:
                unfinished = None
        else:
            offer = unfinished.offer
        return OpenedOffer(
            claim_id=claim_id,
            resolved=resolve_offer(offer, web=self.web),
            unfinished=unfinished,
            link_error=link_error,
        )

    def _newer(self, uri: str, kept: CredentialOffer) -> tuple[CredentialOffer, ErrorKind | None]:
        """What a link offers now, else what it did and why not.

        The kept offer is tried all the same: a link may show its offer only once.
        """
        try:
            return read_offer(uri, web=self.web), None
        except CarnetError as error:
            return kept, error.kind

    def claim(self, opened: OpenedOffer, *, tx_code: str | None, now: int) -> tuple[Card, ...]:
        """Take what an offer gives, or go on with a claim of the same link.

        Raises:
            CollectionCodeNeededError: the offer wants a collection code.
            MaybeCollectedError: the code may be spent; another collection code can be tried.
            ClaimRefusedError: the offer or what came for it was refused.
            UndeterminedError: something could not be reached; the same call goes on later.
            VaultError: `storage_full`.
        """
        self.settle_notifications(now=now, but=opened.claim_id)
        resolved, resumed = opened.resolved, opened.unfinished is not None
        claim = opened.unfinished or Claim.begin(opened.claim_id, resolved, now=now)
        if claim.stage is Stage.ASKED:
            tx_code = _checked_code(resolved, tx_code)
        if not resumed:
            self.fail_points.reach(Moment.BEFORE_KEY_STORE)
            self.vault.commit([claim.put()])
            self.fail_points.reach(Moment.AFTER_KEY_STORE)
        try:
            return self._go_on(claim, resolved, tx_code=tx_code, now=now)
        except issuance.GrantRefusedError as error:
            if opened.link_error is None or opened.link_error in _TAKEN_AWAY:
                self._forget(claim)
            if resumed and tx_code is not None and opened.link_error not in _TAKEN_AWAY:
                raise MaybeCollectedError(
                    error.kind,
                    "The issuer's first answer was lost. This offer may be collected already.",
                    hint="Check the collection code. If it is right, ask for a new offer.",
                ) from None
            raise _lost(error.kind) if resumed else error from None
        except ClaimRefusedError as error:
            if error.kind in _OVER:
                self._forget(claim)
            raise

    def settle_notifications(self, *, now: int, but: str = "") -> None:
        """Tell issuers what an interrupted claim could not; what fails waits for the next time.

        A claim that stopped so long ago that no offer lives any more is forgotten, with its keys.

        Args:
            now: Unix seconds.
            but: a claim that is being gone on with.
        """
        for claim_id, stored in list(self.vault.records(CLAIM)):
            claim = Claim.from_json(claim_id, stored)
            if claim_id == but:
                continue
            if not claim.is_collected:
                if now - claim.started_at > _GIVEN_UP_AFTER:
                    self._forget(claim)
            elif claim.stage is Stage.GRANTED:
                try:
                    resolved = resolve_offer(claim.offer, web=self.web)
                    self._finish(claim, resolved, now=now)
                except CarnetError:
                    if claim.has_ended(now):
                        self._forget(claim)

    def _go_on(
        self, claim: Claim, resolved: ResolvedOffer, *, tx_code: str | None, now: int
    ) -> tuple[Card, ...]:
        if claim.stage is Stage.ASKED:
            claim = self._ask_token(claim, resolved, tx_code=tx_code, now=now)
        if claim.has_ended(now) and not claim.is_collected:
            raise ClaimRefusedError(
                ErrorKind.EXPIRED, "The time to collect has ended.", hint="Ask for a new offer."
            )
        for number, part in enumerate(claim.parts):
            if part.card_id is None:
                claim = self._collect(claim, number, resolved, now=now)
        self._finish(claim, resolved, now=now)
        kept = (part.card_id for part in claim.parts if part.card_id is not None)
        return tuple(Card.from_json(name, self.vault.get(CARD, name)) for name in kept)

    def _ask_token(
        self, claim: Claim, resolved: ResolvedOffer, *, tx_code: str | None, now: int
    ) -> Claim:
        try:
            token = issuance.ask_token(resolved, tx_code=tx_code, web=self.web)
        except UndeterminedError as error:
            raise UndeterminedError(
                error.kind,
                "The issuer's answer did not arrive.",
                hint="Give the same offer again. If it is refused, ask for a new one.",
            ) from None
        except ClaimRefusedError as error:
            if error.kind in _NO_TOKEN:
                self._forget(claim)
            raise
        granted = claim.granted(token, now=now)
        try:
            self.vault.commit([granted.put()])
        except VaultError as error:
            raise VaultError(
                error.kind,
                "The wallet could not keep the issuer's answer.",
                hint="Make room on the disk, then give the same offer again. "
                "If it is refused, ask for a new one.",
            ) from None
        self.fail_points.reach(Moment.AFTER_TOKEN)
        return granted

    def _collect(self, claim: Claim, number: int, resolved: ResolvedOffer, *, now: int) -> Claim:
        part = claim.parts[number]
        response = self._ask_credentials(claim, part, resolved, now=now)
        configuration = resolved.metadata.configuration(part.configuration_id)
        expected = Expected(issuer=resolved.issuer, vct=configuration.vct or "", keys=part.keys)
        credentials = [issued.credential for issued in response.credentials or ()]
        try:
            accepted = accept(credentials, expected=expected, judges=self.judges, now=now)
        except ClaimRefusedError:
            self._refuse(claim, resolved, response)
            raise
        card, copies = _kept(accepted, part.configuration_id, now=now)
        done = replace(part, card_id=card.card_id, notification_id=response.notification_id)
        claim = claim.with_part(number, done)
        self.fail_points.reach(Moment.BEFORE_CREDENTIAL_STORE)
        self.vault.commit([card.put(), *(copy.put() for copy in copies), claim.put()])
        self.fail_points.reach(Moment.AFTER_CREDENTIAL_STORE)
        return claim

    def _ask_credentials(
        self, claim: Claim, part: Part, resolved: ResolvedOffer, *, now: int
    ) -> CredentialResponse:
        keys, lost = part.keys, None
        for _ in range(_ATTEMPTS):
            try:
                nonce = issuance.ask_nonce(resolved.metadata, web=self.web)
                response = issuance.ask_credentials(
                    resolved,
                    configuration_id=part.configuration_id,
                    identifier=part.identifier,
                    proofs=issuance.make_proofs(keys, issuer=resolved.issuer, nonce=nonce, now=now),
                    access_token=claim.access_token,
                    web=self.web,
                )
            except issuance.NonceRefusedError:
                continue
            except UndeterminedError as error:
                if error.kind is ErrorKind.FETCH_TOO_LARGE:
                    # Fewer copies when they are large (DESIGN 4.7), where the issuer does not
                    # see to that.
                    keys = keys[:1]
                lost = error
                continue
            if response.credentials is None:
                raise UndeterminedError(
                    ErrorKind.UNAVAILABLE, "The issuer needs more time.", hint=_AGAIN
                )
            return response
        if lost is not None:
            raise UndeterminedError(lost.kind, lost.message, hint=_AGAIN)
        raise UndeterminedError(
            ErrorKind.UNAVAILABLE, "The issuer did not accept its own fresh number.", hint=_AGAIN
        )

    def _refuse(self, claim: Claim, resolved: ResolvedOffer, response: CredentialResponse) -> None:
        """Tell the issuer that nothing was kept, and forget the claim."""
        if response.notification_id is not None:
            self._notify(claim, resolved, response.notification_id, kept=False)
        self._forget(claim)

    def _finish(self, claim: Claim, resolved: ResolvedOffer, *, now: int) -> None:
        """Step 4: what is told here was stored before; a claim untold stays for the next time."""
        told = True
        for part in claim.parts:
            if part.notification_id is not None:
                self.fail_points.reach(Moment.BEFORE_NOTIFICATION)
                told = self._notify(claim, resolved, part.notification_id, kept=True) and told
                self.fail_points.reach(Moment.AFTER_NOTIFICATION)
        if told or claim.has_ended(now):
            self._forget(claim)

    def _forget(self, claim: Claim) -> None:
        if self.vault.holds(CLAIM, claim.claim_id):
            self.vault.commit([claim.remove()])

    def _notify(
        self, claim: Claim, resolved: ResolvedOffer, notification_id: str, *, kept: bool
    ) -> bool:
        accepted, failed = (
            NotificationEvent.CREDENTIAL_ACCEPTED,
            NotificationEvent.CREDENTIAL_FAILURE,
        )
        try:
            issuance.notify(
                resolved.metadata,
                notification_id=notification_id,
                event=accepted if kept else failed,
                access_token=claim.access_token,
                web=self.web,
            )
        except UndeterminedError:
            return False
        return True


def _kept(
    accepted: AcceptedCertificate, configuration_id: str, *, now: int
) -> tuple[Card, tuple[Copy, ...]]:
    """The records of a certificate, under names drawn for them."""
    card_id = secrets.token_hex(8)
    copies = tuple(
        Copy(
            copy_id=secrets.token_hex(8),
            card_id=card_id,
            key=copy.key,
            held=copy.held,
            status=copy.status,
        )
        for copy in accepted.copies
    )
    # A copy is chosen without asking when it ends, so the first that ends ends them all.
    ends = [copy.expires_at for copy in accepted.copies if copy.expires_at is not None]
    card = Card(
        card_id=card_id,
        configuration_id=configuration_id,
        types=accepted.types,
        issuer=accepted.issuer,
        claimed_at=now,
        expires_at=min(ends, default=None),
        copies=tuple(copy.copy_id for copy in copies),
        labels=accepted.labels,
    )
    return card, copies


def _checked_code(resolved: ResolvedOffer, tx_code: str | None) -> str | None:
    """The code to send: none when none is asked for (OpenID4VCI 1.0 section 6.3)."""
    wanted = resolved.grant.tx_code
    if wanted is None:
        return None
    if not tx_code:
        raise CollectionCodeNeededError(
            ErrorKind.FORBIDDEN,
            "This offer needs its collection code.",
            hint="It came by another way than the offer.",
        )
    if (wanted.length is not None and len(tx_code) != wanted.length) or (
        wanted.is_numeric and not (tx_code.isascii() and tx_code.isdigit())
    ):
        raise CollectionCodeNeededError(
            ErrorKind.FORBIDDEN,
            "The collection code does not have the form the issuer uses.",
            hint="Check it for missing or extra signs. It was not sent.",
        )
    return tx_code


def _lost(kind: ErrorKind) -> ClaimRefusedError:
    return ClaimRefusedError(
        kind,
        "The issuer's first answer was lost on the way.",
        hint="Ask for a new offer. This one cannot be used twice.",
    )
