"""Which of the worker's certificates answer a question, and what each would show.

One candidate a card; which of its copies is shown is chosen afterwards (`cards`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carnet_schemas.catalog import CREDENTIAL_TYPES, REGISTERED_CLAIMS, value_words
from carnet_schemas.dcql import (
    FORMAT_SD_JWT_VC,
    Candidate,
    CandidateMatch,
    DcqlQuery,
    Matches,
    QueryUnmetError,
    UnmetPart,
    UnmetReason,
    evaluate,
)
from carnet_schemas.languages import LANGUAGES
from carnet_schemas.oid4vp import ClientMetadata
from carnet_schemas.paths import ConcretePath, Path, Step
from carnet_securing.authority_key_id import named_authorities
from carnet_securing.limits import ISSUED
from carnet_wallet.cards import HeldCard
from carnet_wallet.consent import PreviewCard, ShownClaim

_EDWARDS: Final = {"EdDSA", "Ed25519"}
_NAMELESS: Final = {"fr": "une partie sans nom", "en": "a part without a name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPart:
    """A part of a question nothing answers: why, and the claim it is about, in words."""

    query_id: str
    reason: UnmetReason
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableSignatures:
    """Which signatures an asker says it can check; None stands for whatever there is.

    To show an asker what it cannot check would tell it something for nothing.
    """

    of_issuer: frozenset[str] | None = None
    of_holder: frozenset[str] | None = None

    @classmethod
    def said_in(cls, metadata: ClientMetadata | None) -> "ReadableSignatures":
        """As the asker's metadata says (OpenID4VP 1.0 appendix B.3.4)."""
        formats = None if metadata is None else metadata.vp_formats_supported
        said = {} if formats is None else formats.get(FORMAT_SD_JWT_VC, {})
        return cls(
            of_issuer=_names(said.get("sd-jwt_alg_values")),
            of_holder=_names(said.get("kb-jwt_alg_values")),
        )

    def fits(self, one: HeldCard) -> bool:
        """Whether the asker can check this certificate."""
        if self.of_holder is not None and one.copies[0].key.algorithm not in self.of_holder:
            return False
        return self.of_issuer is None or one.header["alg"] in self.of_issuer


_EVERYTHING: Final = ReadableSignatures()


def match(
    query: DcqlQuery,
    cards: Sequence[HeldCard],
    *,
    readable: ReadableSignatures = _EVERYTHING,
    now: int,
) -> Matches:
    """Every way to answer, newest certificates first; ended ones only when nothing else does.

    Args:
        query: the question.
        cards: everything held.
        readable: which signatures the asker can check.
        now: Unix seconds.

    Raises:
        QueryUnmetError: nothing held answers; its parts are for the worker alone.
        SchemaError: `too_large`.
    """
    newest = sorted(filter(readable.fits, cards), key=lambda one: -one.card.claimed_at)
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
    shown, always, hidden = [], [], dict[ConcretePath, Mapping[str, str]]()
    for path, value in _all_leaves(one):
        covers = [path[:end] for end in range(1, len(path) + 1) if path[:end] in disclosable]
        closed = next((cover for cover in covers if cover not in opened), None)
        if closed is not None:
            hidden[closed] = labels.of(closed)
        elif covers:
            shown.append(_claim(one, path, value))
        elif path[0] not in REGISTERED_CLAIMS:
            always.append(_claim(one, path, value))
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
        _claim(one, path, value)
        for path, value in _all_leaves(one)
        if path[0] not in REGISTERED_CLAIMS
    )


def missing_parts(parts: Sequence[UnmetPart], cards: Sequence[HeldCard]) -> tuple[MissingPart, ...]:
    """Which parts of a question nothing answers, in the words of what she holds."""
    return tuple(
        MissingPart(
            query_id=part.query_id, reason=part.reason, label=_label_anywhere(part.path, cards)
        )
        for part in parts
    )


def _names(value: object) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    names = {name for name in value if isinstance(name, str)}
    # Two names for one algorithm (RFC 9864).
    return frozenset(names | _EDWARDS) if names & _EDWARDS else frozenset(names)


def _label_anywhere(path: Path | None, cards: Sequence[HeldCard]) -> Mapping[str, str]:
    """The nearest label of a place, else the names in its path, else that it has none."""
    if path is None:
        return {}
    described = [rule for one in cards for rule in one.card.labels.claims]
    for end in range(len(path), 0, -1):
        for pattern, words in described:
            if len(pattern) == end and all(map(_may_be, pattern, path)):
                return words
    name = " · ".join(step for step in path if isinstance(step, str))
    return dict.fromkeys(LANGUAGES, name) if name else _NAMELESS


def _may_be(described: Step, wanted: Step) -> bool:
    """Whether a step of a question lies where a type describes something."""
    return described == wanted or (described is None and not isinstance(wanted, str))


def _claim(one: HeldCard, path: ConcretePath, value: object) -> ShownClaim:
    labels, vct = one.card.labels, one.card.vct
    words = {}
    if vct in CREDENTIAL_TYPES:
        for language in LANGUAGES:
            text = value_words(vct, path, value, language=language)
            if text is not None:
                words[language] = text
    return ShownClaim(
        path=path,
        label=labels.of(path),
        belongs_to=labels.of(path[:1]),
        value=value,
        words=words,
    )


def _candidate(one: HeldCard, query: DcqlQuery) -> Candidate:
    return Candidate(
        id=one.card.card_id,
        # Its own type only (docs/protocol-profile.md, Types): who checks may not count what
        # it extends, and would then have seen it for nothing.
        vcts=(one.card.vct,),
        claims=one.held.claims,
        disclosable=one.held.paths(),
        authorities=_authorities(one, query),
    )


def _authorities(one: HeldCard, query: DcqlQuery) -> tuple[tuple[str, str], ...]:
    """Who the certificate chain names, read only where the question narrows to some."""
    if all(asked.trusted_authorities is None for asked in query.credentials):
        return ()
    return named_authorities(one.header, limits=ISSUED)


def _all_leaves(one: HeldCard) -> list[tuple[ConcretePath, object]]:
    """Every single value, in the order in which the type describes its claims."""
    described = list(dict.fromkeys(path[0] for path, _ in one.card.labels.claims))
    claims = one.held.claims
    names = [name for name in described if name in claims]
    names += [name for name in claims if name not in described]
    return [leaf for name in names for leaf in _leaves((name,), claims[name])]


def _leaves(path: ConcretePath, value: object) -> Iterator[tuple[ConcretePath, object]]:
    """Every single value at or below a place, in document order."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves((*path, name), inner)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves((*path, index), inner)
    else:
        yield path, value
