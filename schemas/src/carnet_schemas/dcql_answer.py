"""Whether what came back answers what was asked: the verifier's own check of DCQL.

OpenID4VP 1.0 sections 6.4, 8.6 and 14.9: a wallet is never relied on for `values`, types,
authorities, sets or counts. Everything is checked again here, on presentations whose
signatures, disclosures and holder binding were verified before.

It does not check trust in an issuer, status or times; those are other checks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from carnet_schemas.claim_selection import Place, Work, matching, resolve
from carnet_schemas.dcql_match import meets_authorities
from carnet_schemas.dcql_query import ClaimQuery, CredentialQuery, DcqlQuery
from carnet_schemas.dcql_sets import requested_ids, satisfied_by
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.paths import ConcretePath, JsonObject, JsonValue

MAX_PRESENTATIONS_PER_QUERY: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedCredential:
    """One verified presentation as this check sees it.

    Attributes:
        format: credential format identifier it was verified as.
        vcts: its type, then the types that one extends, as the verifier established.
        claims: the readable claims, disclosed ones in place.
        authorities: pairs of a kind and a value, as the verifier established.
        holder_binding: whether the holder's proof was there and verified.
        original_indices: for arrays with hidden elements, where the readable ones stood.
    """

    format: str
    vcts: tuple[str, ...]
    claims: JsonObject = field(repr=False)
    authorities: Collection[tuple[str, str]] = ()
    holder_binding: bool
    original_indices: Mapping[ConcretePath, tuple[int, ...]] = field(
        default_factory=dict, repr=False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCredential:
    """A presentation that answers its query, reduced to what was asked.

    Attributes:
        query_id: the query it answers.
        selected: every place asked for, with its value; what else was readable is left out.
    """

    query_id: str
    selected: tuple[tuple[ConcretePath, JsonValue], ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAnswer:
    """An answer that meets its question; built only by `check_answer`."""

    by_query: Mapping[str, tuple[CheckedCredential, ...]]


def check_answer(
    query: DcqlQuery, presented: Mapping[str, Sequence[PresentedCredential]]
) -> CheckedAnswer:
    """Check verified presentations against the question they answer.

    1. Only queries that were asked are answered, each by one presentation, or by several
       where the query says so.
    2. Each presentation has the format, a type, an authority and the holder binding asked.
    3. Each holds all claims of one of the sets asked for, with fitting values.
    4. Together they meet every required credential set, or all queries without sets.

    Args:
        query: the question as it was asked.
        presented: the verified presentations by query identifier.

    Raises:
        SchemaError: `query_unmet`, with a pointer to the query that is not answered;
            `too_large` when there is more to check than is allowed.
    """
    work = Work()
    asked_ids = requested_ids(query)
    checked: dict[str, tuple[CheckedCredential, ...]] = {}
    for query_id, credentials in presented.items():
        asked = query.credential(query_id) if query_id in asked_ids else None
        if asked is None:
            raise _unmet("", "The answer holds something that was not asked for.")
        checked[query_id] = _check_query(asked, query_id, credentials, work)
    if not checked or not satisfied_by(query, checked):
        raise _unmet("", "The answer leaves out something that was required.")
    return CheckedAnswer(by_query=checked)


def _unmet(pointer: str, message: str) -> SchemaError:
    return SchemaError(SchemaErrorKind.QUERY_UNMET, pointer, message)


def _check_query(
    asked: CredentialQuery,
    query_id: str,
    credentials: Sequence[PresentedCredential],
    work: Work,
) -> tuple[CheckedCredential, ...]:
    pointer = f"/{query_id}"
    if not credentials:
        raise _unmet(pointer, "An answered query has at least one presentation.")
    if len(credentials) > (MAX_PRESENTATIONS_PER_QUERY if asked.allows_several else 1):
        raise _unmet(pointer, "There are more presentations than were asked for.")
    return tuple(
        _check_one(asked, credential, f"{pointer}/{index}", work)
        for index, credential in enumerate(credentials)
    )


def _check_one(
    asked: CredentialQuery, credential: PresentedCredential, pointer: str, work: Work
) -> CheckedCredential:
    if credential.format != asked.format:
        raise _unmet(pointer, "A presentation has another format than was asked for.")
    if not set(credential.vcts) & set(asked.vct_values):
        raise _unmet(pointer, "A presentation is of another type than was asked for.")
    if not meets_authorities(asked, credential.authorities):
        raise _unmet(pointer, "A presentation comes from another authority than was asked for.")
    if asked.needs_holder_binding and not credential.holder_binding:
        raise _unmet(pointer, "A presentation lacks the holder's proof.")
    for option in asked.claim_options:
        work.combine()
        places = _places_of(option, credential, work)
        if places is not None:
            return CheckedCredential(query_id=asked.id, selected=tuple(places))
    raise _unmet(pointer, "A presentation lacks a claim or value that was asked for.")


def _places_of(
    option: Sequence[ClaimQuery], credential: PresentedCredential, work: Work
) -> list[Place] | None:
    places: dict[ConcretePath, JsonValue] = {}
    for claim in option:
        selected = resolve(
            credential.claims,
            claim.path,
            work=work,
            original_indices=credential.original_indices,
        )
        fitting = matching(selected, claim, work=work)
        if not fitting:
            return None
        places.update(fitting)
    return list(places.items())
