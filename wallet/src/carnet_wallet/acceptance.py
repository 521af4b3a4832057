"""Verify what an issuer sent before any of it is kept.

The plan of `accept`, for every copy unless it says otherwise:

1. It is text of a credential, with nothing of a holder's binding at its end (RFC 9901
   section 7.2: only a holder makes one).
2. Its issuer is the one the wallet asked, or one the worker's own trust data names; the key
   comes by the route that entry pins, else by the issuer's own metadata.
3. Signature, digests, profile, type as offered, times.
4. A listed issuer may issue this type.
5. It is bound to a key of this claim, each key once.
6. Its claims are what the type allows, nothing of the never-list among them, and the type's
   own metadata, where there is any, agrees.
7. All copies tell and hide the same, and each has a status entry of its own, in lists that
   they share.

Its status is not looked up: the issuer gave it this minute. Left to `claiming`: keeping it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from carnet_schemas import never_list
from carnet_schemas.catalog import CREDENTIAL_TYPES, REGISTERED_CLAIMS, validate_claims
from carnet_schemas.errors import SchemaError
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.credential import (
    VerifiedCredential,
    holder_key_of,
    parse_credential,
    verify_credential,
)
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError, UndeterminedError
from carnet_securing.held import HeldSdJwt
from carnet_securing.limits import ISSUED
from carnet_securing.status_list import StatusReference
from carnet_trust.acceptance import check_may_issue
from carnet_trust.aggregation import may_name_a_person
from carnet_trust.issuers import find_issuer
from carnet_trust.lookups import Lookups
from carnet_trust.trust_file import TrustData
from carnet_trust.type_claims import check_claims
from carnet_trust.type_metadata import TypeMetadata
from carnet_wallet.errors import ClaimRefusedError
from carnet_wallet.records import HolderKey, Labels
from carnet_wallet.web import as_kind

_HINT: Final = "Nothing was kept. Tell the issuer."
_PER_COPY: Final = frozenset({"iat", "nbf", "exp", "cnf", "status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the wallet asked for."""

    issuer: str
    vct: str
    keys: Sequence[HolderKey] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCopy:
    """A copy that may be kept, with the key it is bound to."""

    key: HolderKey = field(repr=False)
    held: HeldSdJwt = field(repr=False)
    status: StatusReference | None = field(repr=False)
    expires_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCertificate:
    """All copies of one certificate, each of them verified.

    `types` is its type and, after it, what that one extends.
    """

    issuer: str
    types: tuple[str, ...]
    copies: tuple[AcceptedCopy, ...]
    labels: Labels = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """What verification reaches for beyond its input."""

    trust: TrustData
    lookups: Lookups
    check: SignatureCheck


def accept(
    credentials: Sequence[object], *, expected: Expected, judges: Judges, now: int
) -> AcceptedCertificate:
    """Verify every copy, or refuse them all.

    Raises:
        ClaimRefusedError: with the kind of the first check that failed.
        UndeterminedError: something could not be checked now; ask again later.
    """
    try:
        if len(credentials) > len(expected.keys):
            raise InvalidError(ErrorKind.CONFLICT, "The issuer sent more copies than asked for.")
        verified = [_verify(text, expected, judges, now) for text in credentials]
        metadata = _check_content(verified, judges, now)
        copies = _bound(verified, expected.keys)
        _check_copies(verified, copies)
    except UndeterminedError:
        raise
    except CarnetError as error:
        raise ClaimRefusedError(error.kind, error.message, hint=_HINT) from None
    except SchemaError as error:
        raise ClaimRefusedError(as_kind(error), error.message, hint=_HINT) from None
    return AcceptedCertificate(
        issuer=verified[0].issuer.issuer,
        types=(expected.vct,) if metadata is None else metadata.lineage,
        copies=copies,
        labels=_labels(metadata),
    )


def _verify(text: object, expected: Expected, judges: Judges, now: int) -> VerifiedCredential:
    # 1.
    if type(text) is not str:
        raise InvalidError(ErrorKind.MALFORMED, "The issuer sent something else.")
    unverified = parse_credential(text, limits=ISSUED)
    if unverified.sd_jwt.key_binding is not None:
        raise InvalidError(
            ErrorKind.KB_UNEXPECTED, "The issuer sent a certificate already bound to a question."
        )
    # 2. A name nobody vouches for is refused before its address is opened.
    named = unverified.unverified_iss
    if named is not None and named != expected.issuer and judges.trust.entry_for(named) is None:
        raise _from_another_issuer()
    found = find_issuer(
        unverified, trust=judges.trust, lookups=judges.lookups, now=now, limits=ISSUED
    )
    if found.entry is None and named != expected.issuer:
        raise _from_another_issuer()
    # 3.
    verified = verify_credential(
        unverified,
        issuer_key=found.issuer_key,
        vcts={expected.vct},
        now=now,
        check=judges.check,
        limits=ISSUED,
    )
    if verified.vct != expected.vct:
        raise InvalidError(ErrorKind.VCT_MISMATCH, "The certificate is of another type.")
    # 4.
    if found.entry is not None:
        check_may_issue(found.entry, vct=verified.vct, issued_at=verified.issued_at, now=now)
    return verified


def _from_another_issuer() -> InvalidError:
    return InvalidError(
        ErrorKind.ISSUER_MISMATCH, "The certificate is from another issuer than the offer."
    )


def _bound(
    verified: Sequence[VerifiedCredential], keys: Sequence[HolderKey]
) -> tuple[AcceptedCopy, ...]:
    """Step 5."""
    mine = {key.public.thumbprint: key for key in keys}
    copies = []
    for credential in verified:
        key = mine.pop(holder_key_of(credential).thumbprint, None)
        if key is None:
            raise InvalidError(
                ErrorKind.KB_KEY_INVALID, "A copy is bound to a key that is not its own."
            )
        copies.append(
            AcceptedCopy(
                key=key,
                held=HeldSdJwt.of(credential.sd_jwt),
                status=credential.status,
                expires_at=credential.expires_at,
            )
        )
    return tuple(copies)


def _check_content(
    verified: Sequence[VerifiedCredential], judges: Judges, now: int
) -> TypeMetadata | None:
    """Step 6; the metadata of the type, None when it has none anybody can read."""
    metadata = _metadata(verified[0], judges, now)
    for credential in verified:
        vct = credential.vct
        if vct in CREDENTIAL_TYPES:
            validate_claims(vct, credential.claims, complete=True)
        else:
            never_list.check(_own(credential.claims))
        if metadata is not None:
            check_claims(metadata, credential.sd_jwt, complete=True)
    return metadata


def _metadata(credential: VerifiedCredential, judges: Judges, now: int) -> TypeMetadata | None:
    try:
        return judges.lookups.type_metadata(
            credential.vct,
            integrity=credential.vct_integrity,
            now=now,
            issuer=credential.issuer.issuer,
        ).value
    except UndeterminedError as error:
        if credential.vct_integrity is not None or error.kind is not ErrorKind.UNAVAILABLE:
            raise
        # Nobody describes it and nobody promised to: the certificate stands without rules.
        return None


def _check_copies(verified: Sequence[VerifiedCredential], copies: Sequence[AcceptedCopy]) -> None:
    """Step 7."""
    told = [_own(credential.claims, _PER_COPY) for credential in verified]
    if any(other != told[0] for other in told):
        raise InvalidError(ErrorKind.CONFLICT, "The copies do not all say the same.")
    if any(set(copy.held.paths()) != set(copies[0].held.paths()) for copy in copies):
        raise InvalidError(ErrorKind.CONFLICT, "The copies do not all hide the same.")
    entries = [copy.status for copy in copies if copy.status is not None]
    if len(set(entries)) != len(entries) or len(entries) not in (0, len(copies)):
        raise InvalidError(
            ErrorKind.STATUS_INDEX, "Two copies share the place where withdrawal is noted."
        )
    _check_lists(entries)


def _check_lists(entries: Sequence[StatusReference]) -> None:
    """Opening an address that only few copies name tells its issuer who is shown (ADR 10).

    Two are always good: a list may fill up while the copies are made. So are as many as half
    of the copies: an issuer may use several lists side by side.
    """
    uris = {entry.uri for entry in entries}
    if any(may_name_a_person(uri) for uri in uris):
        raise InvalidError(
            ErrorKind.STATUS_INVALID, "The address where withdrawal is noted has room for a name."
        )
    if len(uris) > max(2, len(entries) // 2):
        raise InvalidError(
            ErrorKind.STATUS_INVALID,
            "The copies name too many addresses where withdrawal is noted.",
        )


def _own(
    claims: Mapping[str, object], left_out: frozenset[str] = REGISTERED_CLAIMS
) -> dict[str, object]:
    return {name: value for name, value in claims.items() if name not in left_out}


def _labels(metadata: TypeMetadata | None) -> Labels:
    if metadata is None:
        return Labels(title={}, claims=())
    return Labels(
        title={label.locale: label.text for label in metadata.labels},
        claims=tuple(
            (rule.path, {label.locale: label.text for label in rule.labels})
            for rule in metadata.claims
            if rule.labels
        ),
    )
