"""Examine one certificate: every check, in order, each leaving a line for the report.

1. Size and shape. 2. The issuer's key, by the one route its trust entry pins.
3. Signature, digests, SD-JWT VC profile. 4. Holder binding. 5. Validity. 6. The type's own
rules. 7. May this issuer say this? 8. Status, last, and only of a document that is valid so
far: no other may make a verifier look anything up (Token Status List, "Validation Rules").
9. The verifier's own policy.
Whether the whole answers the question is checked over all certificates (`answers`).

A failure of 1 to 4 ends the examination: nothing further is known about such a document.
The others go on, so that one report names all that is wrong.
"""

from dataclasses import dataclass, field
from typing import assert_never

from carnet_schemas.catalog import CREDENTIAL_TYPES, validate_claims
from carnet_schemas.errors import SchemaError
from carnet_securing.algorithms import SIGNATURE_ALGORITHMS
from carnet_securing.credential import (
    AuthenticCredential,
    VerifiedCredential,
    authenticate_credential,
    check_validity,
    holder_key_of,
    parse_credential,
)
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.key_binding import verify_key_binding, verify_shown
from carnet_securing.status_list import Status, VerifiedStatusList
from carnet_trust.acceptance import check_may_issue
from carnet_trust.issuers import find_issuer
from carnet_trust.lookups import Dated, FoundIssuer, UnsharedListError
from carnet_trust.type_claims import check_claims
from carnet_trust.type_metadata import TypeMetadata
from carnet_verifier.binding import (
    Asked,
    AskedUnbound,
    BearerCopy,
    Binding,
    Shown,
    require_binding,
    require_no_binding,
)
from carnet_verifier.findings import Findings
from carnet_verifier.grounds import NOT_MADE_FOR_US, VALIDITY_GROUNDS, turning_point
from carnet_verifier.issuer_documents import IssuerAtFaultError, IssuerDocuments
from carnet_verifier.particular_sentences import Variant
from carnet_verifier.policy import Examined, NoFurtherCondition
from carnet_verifier.report import Check, CheckId, CheckOutcome, Ground, Showing, Text
from carnet_verifier.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The findings about one certificate.

    Attributes:
        authentic: set once signature and holder binding hold; what it says may still be
            expired, withdrawn or from an unlisted issuer.
        verified: set when validity holds too.
        showing: for a code on a screen, whether it was made for this verifier's digits.
        lineage: its type and those that one extends, by metadata that was checked.
        is_signed: whether the issuer's signature holds, whatever came after.
    """

    checks: tuple[Check, ...]
    issuer: Text
    found: FoundIssuer | None = field(repr=False)
    authentic: AuthenticCredential | None = field(repr=False)
    verified: VerifiedCredential | None = field(repr=False)
    showing: Showing | None
    lineage: tuple[str, ...]
    is_signed: bool

    @property
    def is_rejected(self) -> bool:
        """Whether a check failed; what was presented is then discarded (OpenID4VP 8.6)."""
        return any(check.outcome is CheckOutcome.FAILED for check in self.checks)


class _EndedError(Exception):
    """A check failed that makes every further one meaningless."""


class _Examiner:
    """One run over one document; each step leaves its line in `findings`."""

    def __init__(self, *, binding: Binding, surroundings: Surroundings, credential: str) -> None:
        self.binding = binding
        self.around = surroundings
        self.findings = Findings(credential, now=surroundings.now)
        self.found: FoundIssuer | None = None
        self.authentic: AuthenticCredential | None = None
        self.verified: VerifiedCredential | None = None
        self.showing: Showing | None = None
        self.lineage: tuple[str, ...] = ()
        self.is_signed = False

    def run(self, document: str | bytes) -> Examination:
        try:
            authentic, found = self._authenticate(document)
            self.is_signed = True
            self._check_binding(authentic)
            self.authentic, self.found = authentic, found
            self._check_validity(authentic)
            self._check_type(authentic)
            self._check_listed(authentic, found)
            status_age = self._check_status(authentic, found)
            self._check_policy(found, status_age)
        except _EndedError:
            pass
        return Examination(
            checks=self.findings.checks,
            issuer=self.findings.issuer_name,
            found=self.found,
            authentic=self.authentic,
            verified=self.verified,
            showing=self.showing,
            lineage=self.lineage,
            is_signed=self.is_signed,
        )

    def _authenticate(self, document: str | bytes) -> tuple[AuthenticCredential, FoundIssuer]:
        """Steps 1 to 3."""
        around = self.around
        try:
            unverified = parse_credential(document, limits=around.limits)
        except InvalidError as error:
            self.findings.failed(CheckId.FORMAT, error, Ground.NOT_AUTHENTIC)
            raise _EndedError from None
        self.findings.passed(CheckId.FORMAT)
        try:
            found = find_issuer(
                unverified,
                trust=around.trust,
                lookups=IssuerDocuments(around.lookups),
                now=around.now,
                limits=around.limits,
            )
        except IssuerAtFaultError as fault:
            variant = Variant.ISSUER_AT_FAULT
            self.findings.not_checked(CheckId.ISSUER_KEY, fault.reason, variant=variant)
            raise _EndedError from None
        except UndeterminedError as error:
            self.findings.not_checked(CheckId.ISSUER_KEY, error)
            raise _EndedError from None
        except InvalidError as error:
            self.findings.failed(CheckId.ISSUER_KEY, error, Ground.NOT_AUTHENTIC)
            raise _EndedError from None
        self.findings.name_issuer(found)
        self.findings.passed(CheckId.ISSUER_KEY, dated=found.keys)
        try:
            authentic = authenticate_credential(
                unverified, issuer_key=found.issuer_key, check=around.check, limits=around.limits
            )
        except InvalidError as error:
            self.findings.failed(CheckId.SIGNATURE, error, Ground.NOT_AUTHENTIC)
            raise _EndedError from None
        self.findings.passed(CheckId.SIGNATURE)
        return authentic, found

    def _check_binding(self, authentic: AuthenticCredential) -> None:
        """Step 4: what is expected is the caller's choice, never the document's."""
        try:
            match self.binding:
                case Asked():
                    self._verify_asked(authentic, self.binding)
                case Shown():
                    self._verify_shown(authentic, self.binding)
                case AskedUnbound() if authentic.sd_jwt.key_binding is not None:
                    self._verify_asked(authentic, self.binding)
                case AskedUnbound():
                    self.findings.not_applicable(CheckId.HOLDER_BINDING)
                case BearerCopy():
                    require_no_binding(authentic)
                    self.findings.not_applicable(CheckId.HOLDER_BINDING)
                case _:
                    assert_never(self.binding)
        except InvalidError as error:
            ours = error.kind not in NOT_MADE_FOR_US
            ground = Ground.NOT_AUTHENTIC if ours else Ground.NOT_FOR_YOU
            variant = None if ours else self._shown_variant(error.kind)
            self.findings.failed(CheckId.HOLDER_BINDING, error, ground, variant=variant)
            raise _EndedError from None

    def _verify_asked(self, authentic: AuthenticCredential, asked: Asked | AskedUnbound) -> None:
        require_binding(authentic)
        verify_key_binding(
            authentic.sd_jwt,
            holder_key=holder_key_of(authentic),
            audience=asked.audience,
            nonce=asked.nonce,
            now=self.around.now,
            check=self.around.check,
            algorithms=SIGNATURE_ALGORITHMS,
            limits=self.around.limits,
        )
        self.findings.passed(CheckId.HOLDER_BINDING)

    def _verify_shown(self, authentic: AuthenticCredential, shown: Shown) -> None:
        require_binding(authentic)
        showing = verify_shown(
            authentic.sd_jwt,
            holder_key=holder_key_of(authentic),
            now=self.around.now,
            max_age=shown.max_age,
            code=shown.code,
            check=self.around.check,
            algorithms=SIGNATURE_ALGORITHMS,
            limits=self.around.limits,
        )
        self.showing = Showing.LIVE if showing.live else Showing.RECORDED
        variant = Variant.SHOWN_LIVE if showing.live else Variant.SHOWN_RECORDED
        self.findings.shown(variant, made_at=showing.issued_at)

    def _shown_variant(self, kind: ErrorKind) -> Variant | None:
        """What to say of a code on a screen that is not the one wanted."""
        if not isinstance(self.binding, Shown) or kind is ErrorKind.KB_KEY_INVALID:
            return None
        other_digits = kind is ErrorKind.KB_NONCE and self.binding.code is not None
        return Variant.SHOWN_OTHER_DIGITS if other_digits else Variant.SHOWN_NOT_HELD

    def _check_validity(self, authentic: AuthenticCredential) -> None:
        """Step 5."""
        try:
            self.verified = check_validity(
                authentic, now=self.around.now, leeway=self.around.limits.leeway
            )
        except InvalidError as error:
            self.findings.failed(
                CheckId.VALIDITY,
                error,
                VALIDITY_GROUNDS[error.kind],
                when=turning_point(authentic, error.kind),
            )
            return
        self.findings.passed(CheckId.VALIDITY)

    def _check_type(self, authentic: AuthenticCredential) -> None:
        """Step 6: the type's metadata, and for our own types the claims model too.

        A type nobody describes (`unavailable`) has no rules to break. One whose description
        the issuer signed for (`vct#integrity`), or that could not be had, may have them.
        """
        try:
            metadata = self.around.lookups.type_metadata(
                authentic.vct,
                integrity=authentic.vct_integrity,
                now=self.around.now,
                issuer=authentic.issuer.issuer,
            )
        except UndeterminedError as error:
            if authentic.vct_integrity is None and error.kind is ErrorKind.UNAVAILABLE:
                self.findings.not_applicable(CheckId.TYPE)
            else:
                self.findings.not_checked(CheckId.TYPE, error)
        except InvalidError as error:
            if error.kind is ErrorKind.METADATA_INTEGRITY:
                self.findings.failed(CheckId.TYPE, error, Ground.POLICY_UNMET)
            else:
                variant = Variant.RULES_AT_FAULT
                self.findings.not_checked(CheckId.TYPE, error, variant=variant)
        else:
            self._check_content(authentic, metadata)

    def _check_content(self, authentic: AuthenticCredential, metadata: Dated[TypeMetadata]) -> None:
        try:
            check_claims(metadata.value, authentic.sd_jwt, complete=False)
            if authentic.vct in CREDENTIAL_TYPES:
                validate_claims(authentic.vct, authentic.claims, complete=False)
        except InvalidError as error:
            self.findings.failed(CheckId.TYPE, error, Ground.POLICY_UNMET, dated=metadata)
        except SchemaError as error:
            as_invalid = InvalidError(ErrorKind(error.kind), "The claims break their type's rules.")
            self.findings.failed(CheckId.TYPE, as_invalid, Ground.POLICY_UNMET, dated=metadata)
        else:
            self.lineage = metadata.value.lineage
            self.findings.passed(CheckId.TYPE, dated=metadata)

    def _check_listed(self, authentic: AuthenticCredential, found: FoundIssuer) -> None:
        """Step 7: a sound signature says who, not that they may."""
        entry = found.entry
        if entry is None:
            self.findings.unlisted()
            return
        try:
            check_may_issue(
                entry, vct=authentic.vct, issued_at=authentic.issued_at, now=self.around.now
            )
        except InvalidError as error:
            for_type = authentic.vct in entry.types
            variant = Variant.LISTED_FOR_OTHER_DAYS if for_type else None
            self.findings.failed(CheckId.ISSUER_LISTED, error, Ground.POLICY_UNMET, variant=variant)
            return
        self.findings.passed(CheckId.ISSUER_LISTED)

    def _check_status(self, authentic: AuthenticCredential, found: FoundIssuer) -> int | None:
        """Step 8: a list that cannot be read says neither "valid" nor "withdrawn"."""
        if self.findings.any_failed:
            self.findings.not_applicable(CheckId.STATUS, variant=Variant.STATUS_NOT_NEEDED)
            return None
        try:
            reference = authentic.status
            if reference is None:
                self.findings.not_applicable(CheckId.STATUS)
                return None
            listed = self.around.lookups.status_list(
                reference.uri, found=found, now=self.around.now
            )
            status = int(listed.value.status(reference.index))
        except InvalidError as error:
            if error.kind is ErrorKind.STATUS_INDEX:
                self.findings.failed(CheckId.STATUS, error, Ground.POLICY_UNMET)
            else:
                self.findings.not_checked(CheckId.STATUS, error)
            return None
        except UndeterminedError as error:
            variant = Variant.UNSHARED_LIST if isinstance(error, UnsharedListError) else None
            self.findings.not_checked(CheckId.STATUS, error, variant=variant)
            return None
        self._report_status(status, listed)
        return listed.age(self.around.now)

    def _report_status(self, status: int, listed: Dated[VerifiedStatusList]) -> None:
        if status == Status.VALID:
            self.findings.passed(CheckId.STATUS, dated=listed)
        elif status == Status.INVALID:
            withdrawn = InvalidError(ErrorKind.STATUS_REVOKED, "It was withdrawn.")
            self.findings.failed(CheckId.STATUS, withdrawn, Ground.WITHDRAWN, dated=listed)
        elif status == Status.SUSPENDED:
            paused = InvalidError(ErrorKind.STATUS_SUSPENDED, "It is on hold.")
            self.findings.failed(CheckId.STATUS, paused, Ground.PAUSED, dated=listed)
        else:
            unknown = UndeterminedError(
                ErrorKind.STATUS_INVALID, "The list uses a status unknown here."
            )
            self.findings.not_checked(
                CheckId.STATUS, unknown, variant=Variant.STATE_UNKNOWN, dated=listed
            )

    def _check_policy(self, found: FoundIssuer, status_age: int | None) -> None:
        """Step 9: only on a certificate that is within its validity."""
        if self.verified is None:
            return
        if isinstance(self.around.policy, NoFurtherCondition):
            self.findings.not_applicable(CheckId.POLICY)
            return
        examined = Examined(credential=self.verified, entry=found.entry, status_age=status_age)
        try:
            self.around.policy.require(examined)
        except UndeterminedError as error:
            self.findings.not_checked(CheckId.POLICY, error)
        except InvalidError as error:
            self.findings.failed(CheckId.POLICY, error, Ground.POLICY_UNMET)
        else:
            self.findings.passed(CheckId.POLICY)


def examine(
    document: str | bytes, *, binding: Binding, surroundings: Surroundings, credential: str
) -> Examination:
    """Run every check on one document and report all of them; never raises for its content.

    Args:
        document: the SD-JWT VC, with or without key binding.
        binding: what is expected of the holder; see `carnet_verifier.binding`.
        credential: the query id it answers, empty when nothing was asked.
    """
    examiner = _Examiner(binding=binding, surroundings=surroundings, credential=credential)
    return examiner.run(document)
