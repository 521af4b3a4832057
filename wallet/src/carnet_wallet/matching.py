"""Which of the worker's certificates answer a question, and what each would show.

One candidate a card: its copies all say the same and hide the same (`acceptance`). Copies
are chosen afterwards: one for each asker, and the last one that nobody has seen is used
again, with a plain word, rather than refused (DESIGN 4, decision 7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carnet_schemas.catalog import REGISTERED_CLAIMS
from carnet_schemas.dcql import Candidate, CandidateMatch, Matches, QueryUnmetError, evaluate
from carnet_schemas.dcql_query import DcqlQuery
from carnet_schemas.paths import ConcretePath
from carnet_securing.authority_key_id import named_authorities
from carnet_securing.held import HeldSdJwt
from carnet_securing.jws import parse_jws
from carnet_securing.limits import ISSUED
from carnet_securing.strict_json import JsonObject
from carnet_wallet.consent import PreviewCard, ShownClaim, label_of, leaves
from carnet_wallet.records import Card, Copy


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCard:
    """A card with its copies, as read from the vault."""

    card: Card
    copies: tuple[Copy, ...] = field(repr=False)

    @property
    def held(self) -> HeldSdJwt:
        """What every copy says."""
        return self.copies[0].held

    def has_ended(self, now: int) -> bool:
        """Whether it has expired."""
        return self.card.expires_at is not None and now >= self.card.expires_at

    def copy_for(self, asker: str) -> "ChosenCopy":
        """The copy this asker is shown: the one it has seen before, else one nobody has seen.

        The last copy nobody has seen is kept for all further askers together, and said so.
        """
        for copy in self.copies:
            if asker in copy.shown_to:
                return ChosenCopy(copy=copy, seen_by_others=len(copy.shown_to) > 1)
        for copy in self.copies:
            if not copy.shown_to:
                return ChosenCopy(copy=copy, seen_by_others=False)
        return ChosenCopy(copy=self.copies[-1], seen_by_others=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCopy:
    """A copy, and whether somebody else has seen it."""

    copy: Copy
    seen_by_others: bool


def match(query: DcqlQuery, cards: Sequence[HeldCard], *, now: int) -> Matches:
    """Every way to answer, newest certificates first; ended ones only when nothing else does.

    Raises:
        QueryUnmetError: nothing held answers; its parts are for the worker alone.
        SchemaError: `too_large`.
    """
    newest = sorted(cards, key=lambda one: -one.card.claimed_at)
    current = [one for one in newest if not one.has_ended(now)]
    try:
        return evaluate(query, [_candidate(one, query) for one in current])
    except QueryUnmetError:
        if len(current) == len(newest):
            raise
        return evaluate(query, [_candidate(one, query) for one in newest])


def preview_card(found: CandidateMatch, one: HeldCard, *, asker: str, now: int) -> PreviewCard:
    """What showing this would tell, claim by claim."""
    held, labels = one.held, one.card.labels
    disclosable, opened = frozenset(held.paths()), frozenset(found.paths)
    shown, always, hidden = [], [], dict[str, Mapping[str, str]]()
    for path, value in _all_leaves(held.claims):
        covers = [path[:end] for end in range(1, len(path) + 1) if path[:end] in disclosable]
        claim = ShownClaim(path=path, label=label_of(labels, path), value=value)
        if all(cover in opened for cover in covers):
            if covers:
                shown.append(claim)
            elif path[0] not in REGISTERED_CLAIMS:
                always.append(claim)
        else:
            label = label_of(labels, path)
            hidden["\n".join(label.values())] = label
    return PreviewCard(
        query_id=found.query_id,
        card_id=found.candidate_id,
        title=one.card.labels.title,
        issuer=one.card.issuer,
        shown=tuple(shown),
        always_shown=tuple(always),
        hidden=tuple(hidden.values()),
        copy_seen_before=one.copy_for(asker).seen_by_others,
        has_ended=one.has_ended(now),
    )


def all_claims(one: HeldCard) -> tuple[ShownClaim, ...]:
    """Everything a certificate says, as the worker reads it."""
    return tuple(
        ShownClaim(path=path, label=label_of(one.card.labels, path), value=value)
        for path, value in _all_leaves(one.held.claims)
        if path[0] not in REGISTERED_CLAIMS
    )


def _candidate(one: HeldCard, query: DcqlQuery) -> Candidate:
    return Candidate(
        id=one.card.card_id,
        vcts=one.card.types,
        claims=one.held.claims,
        disclosable=one.held.paths(),
        authorities=_authorities(one, query),
    )


def _authorities(one: HeldCard, query: DcqlQuery) -> tuple[tuple[str, str], ...]:
    """Who the certificate chain names, read only where the question narrows to some."""
    if all(asked.trusted_authorities is None for asked in query.credentials):
        return ()
    signed = parse_jws(one.held.whole().split(b"~", 1)[0], limits=ISSUED)
    return named_authorities(signed.unverified_header, limits=ISSUED)


def _all_leaves(claims: JsonObject) -> list[tuple[ConcretePath, object]]:
    return [leaf for name, value in claims.items() for leaf in leaves((name,), value)]
