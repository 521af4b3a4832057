"""Which held credentials answer a question, and with how little.

OpenID4VP 1.0 section 6.4, over plain values: no keys, no bytes, no person asked yet.

1. A credential answers a query when format, type, authority and holder binding fit and one
   of the sets of claims is there with fitting values.
2. Among sets of claims that fit, the one that reveals least is taken; the asker's order
   decides between equals. Section 6.4.1 lets a wallet leave that order for this reason.
3. Among options of credential sets, likewise, counted over the whole answer.
4. If a required part cannot be answered, nothing is (section 6.4.2). What is missing is for
   the worker's eyes: the error the asker gets is the same for every reason.

All alternatives are kept, so that the worker can choose another credential.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from carnet_schemas.claim_selection import Place, Work, matching, resolve
from carnet_schemas.dcql_query import (
    ClaimQuery,
    CredentialQuery,
    DcqlQuery,
)
from carnet_schemas.dcql_sets import Weights, requested_ids, satisfied_by, smallest_choice
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.messages import FORMAT_SD_JWT_VC
from carnet_schemas.paths import ConcretePath, JsonObject, JsonValue, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A held credential as matching sees it.

    Attributes:
        id: the wallet's name for it.
        format: credential format identifier.
        vcts: its type, then the types that one extends.
        claims: every claim, hidden ones too, with nothing concealed.
        disclosable: the places in `claims` that stay hidden unless opened.
        authorities: what is known of who vouches for its issuer: pairs of a kind (`aki`,
            `etsi_tl`, `openid_federation`) and a value.
        holder_binding: whether its holder can prove possession of a key it names.
    """

    id: str
    format: str = FORMAT_SD_JWT_VC
    vcts: tuple[str, ...]
    claims: JsonObject = field(repr=False)
    disclosable: Collection[ConcretePath] = field(repr=False)
    authorities: Collection[tuple[str, str]] = ()
    holder_binding: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateMatch:
    """One way to answer one credential query.

    Attributes:
        query_id: the query.
        candidate_id: the credential.
        paths: the hidden places to open, parents before children.
        selected: every place that answers, hidden or not.
        size: how many values opening `paths` reveals.
        holder_binding: whether the query wants the holder's proof.
    """

    query_id: str
    candidate_id: str
    paths: tuple[ConcretePath, ...]
    selected: tuple[ConcretePath, ...]
    size: int
    holder_binding: bool


class UnmetReason(IntEnum):
    """Why no credential answers a query, from the first check to the last."""

    NO_SUCH_FORMAT = 0
    NO_SUCH_TYPE = 1
    OTHER_AUTHORITY = 2
    NO_HOLDER_BINDING = 3
    CLAIM_MISSING = 4
    VALUE_DIFFERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetPart:
    """A query nothing answers, with the reason of the credential that came closest."""

    query_id: str
    reason: UnmetReason
    path: Path | None = None


class QueryUnmetError(SchemaError):
    """Nothing the worker holds answers a required part of the question.

    `parts` is for the worker only. Kind, pointer and sentence are the same for every
    reason, so that nothing which quotes them tells the asker more (section 15.4.1).
    """

    def __init__(self, parts: tuple[UnmetPart, ...]) -> None:
        super().__init__(SchemaErrorKind.QUERY_UNMET, "", "The question cannot be answered.")
        self.parts = parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Everything that could answer a question.

    Attributes:
        query: the question.
        by_query: for each requested credential query, its answers, the smallest first.
        smallest: the answer that reveals least; empty when every part is optional.
        optional: for each optional credential set that can be met, the queries its
            smallest option would add.
    """

    query: DcqlQuery
    by_query: Mapping[str, tuple[CandidateMatch, ...]]
    smallest: tuple[CandidateMatch, ...]
    optional: tuple[tuple[str, ...], ...]

    @property
    def offered(self) -> tuple[CandidateMatch, ...]:
        """The smallest answers to the optional parts: what a person may show, and need not."""
        names = dict.fromkeys(name for added in self.optional for name in added)
        return tuple(self.by_query[name][0] for name in names)

    def choose(self, choice: Mapping[str, Sequence[str]]) -> tuple[CandidateMatch, ...]:
        """The answer a person picked, checked again against the question.

        Args:
            choice: credential identifiers by query identifier.

        Raises:
            SchemaError: `query_unmet` when the pick does not answer the question.
        """
        picked: list[CandidateMatch] = []
        for query_id, candidate_ids in choice.items():
            asked = self.query.credential(query_id)
            several = asked is not None and asked.allows_several
            if not candidate_ids or (len(candidate_ids) > 1 and not several):
                raise _not_an_answer()
            if len(set(candidate_ids)) != len(candidate_ids):
                raise _not_an_answer()
            found = {match.candidate_id: match for match in self.by_query.get(query_id, ())}
            if any(candidate_id not in found for candidate_id in candidate_ids):
                raise _not_an_answer()
            picked.extend(found[candidate_id] for candidate_id in candidate_ids)
        if not picked or not satisfied_by(self.query, set(choice)):
            raise _not_an_answer()
        return tuple(picked)


def _not_an_answer() -> SchemaError:
    return SchemaError(SchemaErrorKind.QUERY_UNMET, "", "This choice does not answer the question.")


def evaluate(query: DcqlQuery, candidates: Sequence[Candidate]) -> Matches:
    """Find every answer to a question and the one that reveals least.

    Args:
        query: the question.
        candidates: one for each credential, in the order the wallet prefers among equals.

    Raises:
        QueryUnmetError: when a required part has no answer.
        SchemaError: `too_large` when the question needs more work than is allowed.
    """
    work = Work()
    held = [_Held(candidate, work) for candidate in candidates]
    by_query: dict[str, tuple[CandidateMatch, ...]] = {}
    weights: dict[str, Weights] = {}
    unmet: dict[str, UnmetPart] = {}
    for query_id in requested_ids(query):
        asked = query.credential(query_id)
        if asked is None:
            continue
        found, closest = _answers(asked, held, work)
        by_query[query_id] = tuple(match for match, _weights in found)
        if found:
            weights[query_id] = found[0][1]
        else:
            unmet[query_id] = closest
    choice = smallest_choice(query, weights, work=work)
    if choice is None:
        raise QueryUnmetError(tuple(unmet.values()))
    return Matches(
        query=query,
        by_query=by_query,
        smallest=tuple(by_query[query_id][0] for query_id in choice.required),
        optional=choice.optional,
    )


class _Held:
    """A candidate with what was already looked up in it."""

    __slots__ = ("_resolved", "_work", "candidate", "disclosable")

    def __init__(self, candidate: Candidate, work: Work) -> None:
        self.candidate = candidate
        self.disclosable = frozenset(candidate.disclosable)
        self._resolved: dict[Path, tuple[Place, ...]] = {}
        self._work = work

    def places(self, path: Path) -> tuple[Place, ...]:
        known = self._resolved.get(path)
        if known is None:
            known = resolve(self.candidate.claims, path, work=self._work, original_indices={})
            self._resolved[path] = known
        return known

    def openings(self, places: Sequence[Place]) -> Weights:
        """The hidden places to open for `places`, each with the values it reveals by itself."""
        opened: dict[ConcretePath, JsonValue] = {}
        for place, value in places:
            self._open_above(place, opened)
            self._open_below(place, value, opened)
        name = self.candidate.id
        return {(name, path): self._own_values(path, value) for path, value in opened.items()}

    def _open_above(self, place: ConcretePath, opened: dict[ConcretePath, JsonValue]) -> None:
        self._work.visit(len(place))
        value: JsonValue = self.candidate.claims
        for depth, step in enumerate(place, start=1):
            value = value[step]
            if place[:depth] in self.disclosable:
                opened[place[:depth]] = value

    def _open_below(
        self, place: ConcretePath, value: JsonValue, opened: dict[ConcretePath, JsonValue]
    ) -> None:
        # Section 7.3: a claim that is an object is asked for with its sub-claims.
        waiting = [(place, value)]
        while waiting:
            above, container = waiting.pop()
            children = _children(above, container)
            self._work.visit(len(children))
            for child, inner in children:
                if child in self.disclosable:
                    opened[child] = inner
                waiting.append((child, inner))

    def _own_values(self, place: ConcretePath, value: JsonValue) -> int:
        """How many values become readable by opening this place and nothing under it."""
        count = 0
        waiting = [(place, value)]
        while waiting:
            above, container = waiting.pop()
            children = _children(above, container)
            self._work.visit(len(children) + 1)
            if not children:
                count += 1
            waiting.extend(child for child in children if child[0] not in self.disclosable)
        return max(count, 1)


def _children(place: ConcretePath, value: JsonValue) -> list[Place]:
    if type(value) is dict:
        return [((*place, name), inner) for name, inner in value.items()]
    if type(value) is list:
        return [((*place, index), inner) for index, inner in enumerate(value)]
    return []


def _answers(
    asked: CredentialQuery, held: Sequence[_Held], work: Work
) -> tuple[list[tuple[CandidateMatch, Weights]], UnmetPart]:
    closest = UnmetPart(query_id=asked.id, reason=UnmetReason.NO_SUCH_FORMAT)
    found: list[tuple[CandidateMatch, Weights]] = []
    for one in held:
        reason = _unfit(asked, one.candidate)
        if reason is not None:
            closest = max(
                closest, UnmetPart(query_id=asked.id, reason=reason), key=lambda part: part.reason
            )
            continue
        best, missing = _smallest_option(asked, one, work)
        if best is not None:
            found.append(best)
        elif missing is not None:
            closest = max(closest, missing, key=lambda part: part.reason)
    found.sort(key=lambda answer: (answer[0].size, len(answer[0].paths)))
    return found, closest


def _unfit(asked: CredentialQuery, candidate: Candidate) -> UnmetReason | None:
    if candidate.format != asked.format or asked.format != FORMAT_SD_JWT_VC:
        return UnmetReason.NO_SUCH_FORMAT
    if not set(candidate.vcts) & set(asked.vct_values):
        return UnmetReason.NO_SUCH_TYPE
    if not meets_authorities(asked, candidate.authorities):
        return UnmetReason.OTHER_AUTHORITY
    if asked.needs_holder_binding and not candidate.holder_binding:
        return UnmetReason.NO_HOLDER_BINDING
    return None


def meets_authorities(asked: CredentialQuery, authorities: Collection[tuple[str, str]]) -> bool:
    """Whether one known authority is among the accepted ones (section 6.1.1).

    This narrows what is shown; it is no decision to trust an issuer.
    """
    if asked.trusted_authorities is None:
        return True
    known = set(authorities)
    return any(
        (accepted.type, value) in known
        for accepted in asked.trusted_authorities
        for value in accepted.values
    )


def _smallest_option(
    asked: CredentialQuery, one: _Held, work: Work
) -> tuple[tuple[CandidateMatch, Weights] | None, UnmetPart | None]:
    best: tuple[CandidateMatch, Weights] | None = None
    missing: UnmetPart | None = None
    for option in asked.claim_options:
        work.combine()
        work.visit(len(option))
        places, lacking = _places_of(asked, option, one, work)
        if lacking is not None:
            missing = lacking if missing is None else max(missing, lacking, key=_reason)
            continue
        weights = one.openings(places)
        size = sum(weights.values())
        if best is None or size < best[0].size:
            best = (_match(asked, one, places, weights, size), weights)
    return best, missing


def _reason(part: UnmetPart) -> UnmetReason:
    return part.reason


def _match(
    asked: CredentialQuery, one: _Held, places: Sequence[Place], weights: Weights, size: int
) -> CandidateMatch:
    return CandidateMatch(
        query_id=asked.id,
        candidate_id=one.candidate.id,
        paths=tuple(sorted((path for _name, path in weights), key=len)),
        selected=tuple(dict.fromkeys(place for place, _value in places)),
        size=size,
        holder_binding=asked.needs_holder_binding,
    )


def _places_of(
    asked: CredentialQuery, option: Sequence[ClaimQuery], one: _Held, work: Work
) -> tuple[list[Place], UnmetPart | None]:
    places: list[Place] = []
    for claim in option:
        selected = one.places(claim.path)
        fitting = matching(selected, claim, work=work)
        if not fitting:
            reason = UnmetReason.VALUE_DIFFERS if selected else UnmetReason.CLAIM_MISSING
            return [], UnmetPart(query_id=asked.id, reason=reason, path=claim.path)
        work.visit(len(fitting))
        places.extend(fitting)
    return places, None
