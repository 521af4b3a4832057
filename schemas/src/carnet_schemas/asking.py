"""Asking has a price: what our question form cannot express, and a stranger's question
goes beyond (docs and DESIGN: everything, every mission, a required rating, pay, the
never-list, an exact total where a band answers).

1. `check_question` is held before every request our verifier sends.
2. `beyond` is what a wallet tells the worker about anybody's request, and `beyond_held` what
   it sees only beside what she holds. They refuse nothing: she decides, with nothing ticked
   beforehand.

Names are judged by where they stand in the paths asked for. Credential queries for the same
type are judged together, since one certificate may answer them all. What an asker does with
an answer is not seen here.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.dcql_match import CandidateMatch
from carnet_schemas.dcql_query import ClaimQuery, CredentialQuery, DcqlQuery
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.hideable_things import (
    is_nearly_everything,
    shows_everything,
    things_at,
    types_that_may_answer,
)
from carnet_schemas.never_list import Topic, topic_of
from carnet_schemas.paths import ConcretePath, Path

MAX_CLAIMS_IN_ONE: Final = 16
"""Most claims of one credential that one question is allowed to want."""
MAX_CREDENTIALS: Final = 8
"""Most credential queries in one question."""
MAX_BANDS_OF_ONE: Final = 2
"""Most bands of one measure: two say between which figures, more say the figure itself."""

_LISTS: Final = frozenset({"periods", "pages"})
_MISSIONS: Final = "missions"
_RATINGS: Final = frozenset({"rating", "ratings"})
_TOTALS: Final = "totals"
_BANDS: Final = "bands"
_ONE_BAND: Final = 3
"""Steps of the path of one band: `bands`, the measure, the figure."""


class AskingReason(StrEnum):
    """Why a question asks for more than it should."""

    EVERYTHING = "everything"
    EVERY_MISSION = "every_mission"
    REQUIRED_RATING = "required_rating"
    PAY = "pay"
    NEVER_LIST = "never_list"
    EXACT_TOTAL = "exact_total"


REASON_WORDS: Final[Mapping[AskingReason, Mapping[str, str]]] = {
    AskingReason.EVERYTHING: {
        "fr": "Cette demande veut presque tout.",
        "en": "This request wants nearly everything.",
    },
    AskingReason.EVERY_MISSION: {
        "fr": "Cette demande veut toutes les missions, une par une.",
        "en": "This request wants every mission, one by one.",
    },
    AskingReason.REQUIRED_RATING: {
        "fr": "Cette demande exige une note.",
        "en": "This request insists on a rating.",
    },
    AskingReason.PAY: {
        "fr": "Cette demande porte sur la paie.",
        "en": "This request is about pay.",
    },
    AskingReason.NEVER_LIST: {
        "fr": "Cette demande touche à la vie privée.",
        "en": "This request is about private life.",
    },
    AskingReason.EXACT_TOTAL: {
        "fr": "Un palier suffirait : cette demande veut le chiffre exact.",
        "en": "A band would do: this request wants the exact figure.",
    },
}
"""What a person reads; the kinds of `Topic` say more where there is one."""

REASON_HINTS: Final[Mapping[AskingReason, Mapping[str, str]]] = {
    AskingReason.EVERYTHING: {
        "fr": "Demandez seulement ce qu'il vous faut, et laissez le reste caché.",
        "en": "Ask only for what you need, and leave the rest hidden.",
    },
    AskingReason.EVERY_MISSION: {
        "fr": "Demandez les paliers, ou une mission précise.",
        "en": "Ask for bands, or for one mission.",
    },
    AskingReason.REQUIRED_RATING: {
        "fr": "Rendez la note facultative, sans valeur imposée.",
        "en": "Let the rating be left out, and name no value for it.",
    },
    AskingReason.PAY: {
        "fr": "Retirez cette partie : aucune attestation ne parle de paie.",
        "en": "Leave this part out: no certificate speaks of pay.",
    },
    AskingReason.NEVER_LIST: {
        "fr": "Retirez cette partie : aucune attestation n'en parle.",
        "en": "Leave this part out: no certificate speaks of it.",
    },
    AskingReason.EXACT_TOTAL: {
        "fr": "Demandez un seul palier, celui qui vous suffit.",
        "en": "Ask for one band, the one that is enough for you.",
    },
}
"""What who asks can do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """One thing a question wants beyond what it should.

    Attributes:
        reason: a stable key; `REASON_WORDS` has its sentences.
        query_id: the credential query.
        path: the claim, or None when it is about the credential query as a whole.
        topic: what the never-list says of it, where that is the reason.
        pointer: the place in the question.
    """

    reason: AskingReason
    query_id: str
    path: Path | None = None
    topic: Topic | None = None
    pointer: str


class AskingError(SchemaError):
    """Our form refuses a question; `reasons` says everything that is wrong with it."""

    def __init__(self, reasons: tuple[Beyond, ...]) -> None:
        first = reasons[0]
        super().__init__(
            SchemaErrorKind.POLICY_UNMET,
            first.pointer,
            REASON_WORDS[first.reason]["en"],
            hint=REASON_HINTS[first.reason]["en"],
        )
        self.reasons = reasons


def check_question(query: DcqlQuery) -> None:
    """Hold a question of ours to its price before it is sent.

    Raises:
        AskingError: `policy_unmet` when it goes beyond.
        SchemaError: `malformed` when it points to one claim twice (OpenID4VP 1.0 section 6.1).
    """
    for index, asked in enumerate(query.credentials):
        paths = [claim.path for claim in asked.claims or ()]
        if len(set(paths)) != len(paths):
            raise SchemaError(
                SchemaErrorKind.MALFORMED,
                f"/credentials/{index}/claims",
                "A question points to a claim once.",
            )
    reasons = beyond(query)
    if reasons:
        raise AskingError(reasons)


def beyond(query: DcqlQuery) -> tuple[Beyond, ...]:
    """Everything in a question that goes beyond, in the order of the question."""
    insists = _insists_on_rating(query)
    found: list[Beyond] = []
    earlier: list[_Wanted] = []
    for index, asked in enumerate(query.credentials):
        pointer = f"/credentials/{index}"
        before = _Wanted.before(asked, earlier)
        if index >= MAX_CREDENTIALS or _wants_everything(asked, before):
            found.append(Beyond(reason=AskingReason.EVERYTHING, query_id=asked.id, pointer=pointer))
        counted = _counted_measures(asked, before)
        for place, claim in enumerate(asked.claims or ()):
            for reason, topic in _reasons(asked, claim, insists=insists, counted=counted):
                found.append(
                    Beyond(
                        reason=reason,
                        query_id=asked.id,
                        path=claim.path,
                        topic=topic,
                        pointer=f"{pointer}/claims/{place}",
                    )
                )
        earlier.append(_Wanted.by(asked))
    return tuple(found)


def beyond_held(
    query: DcqlQuery,
    matches: Sequence[CandidateMatch],
    disclosable: Mapping[str, Collection[ConcretePath]],
) -> tuple[Beyond, ...]:
    """What only who holds the credentials can see: an answer that leaves nothing of one hidden.

    Args:
        query: the question.
        matches: what would answer it.
        disclosable: for each candidate of `matches`, every place that can stay hidden.
    """
    opened: dict[str, set[ConcretePath]] = defaultdict(set)
    for found in matches:
        opened[found.candidate_id].update(found.paths)
    bare = {name for name, paths in opened.items() if shows_everything(paths, disclosable[name])}
    told = dict.fromkeys(found.query_id for found in matches if found.candidate_id in bare)
    places = {asked.id: index for index, asked in enumerate(query.credentials)}
    return tuple(
        Beyond(
            reason=AskingReason.EVERYTHING,
            query_id=query_id,
            pointer=f"/credentials/{places[query_id]}",
        )
        for query_id in told
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What credential queries for some types want together, whichever of their sets is taken."""

    types: frozenset[str]
    paths: frozenset[Path]
    things: int

    @classmethod
    def by(cls, asked: CredentialQuery) -> "_Wanted":
        own = things = 0
        for of_type in types_that_may_answer(asked.vct_values):
            own |= of_type
        for claim in asked.claims or ():
            things |= things_at(claim.path)
        return cls(
            types=frozenset(asked.vct_values),
            paths=frozenset(claim.path for claim in asked.claims or ()),
            things=things & own,
        )

    @classmethod
    def before(cls, asked: CredentialQuery, earlier: Sequence["_Wanted"]) -> "_Wanted":
        """What earlier queries want of the types that this one asks for."""
        types, things, paths = frozenset(asked.vct_values), 0, set[Path]()
        for wanted in earlier:
            if not types.isdisjoint(wanted.types):
                things |= wanted.things
                paths |= wanted.paths
        return cls(types=types, paths=frozenset(paths), things=things)


def _reasons(
    asked: CredentialQuery, claim: ClaimQuery, *, insists: bool, counted: frozenset[Path]
) -> Iterator[tuple[AskingReason, Topic | None]]:
    topic = _never(claim.path)
    if topic is Topic.PAY:
        yield AskingReason.PAY, topic
    elif topic is not None:
        yield AskingReason.NEVER_LIST, topic
    if _takes_every_mission(claim.path):
        yield AskingReason.EVERY_MISSION, None
    # To name the rating one wants is to insist on it, even where it could be left out.
    if _is_rating(claim.path) and (insists or claim.values is not None):
        yield AskingReason.REQUIRED_RATING, None
    if _wants_exact_total(asked, claim.path) or claim.path[:2] in counted:
        yield AskingReason.EXACT_TOTAL, None


def _never(path: Path) -> Topic | None:
    for depth, step in enumerate(path):
        if not isinstance(step, str):
            continue
        topic = topic_of(step)
        if topic is not None:
            return topic
        if step.lower() == "title" and depth > 0:
            return Topic.CIVIL_TITLE
    return None


def _takes_every_mission(path: Path) -> bool:
    """Whether a path takes a list of periods, pages or missions whole, or one part whole."""
    return any(_takes_whole(path, depth) for depth in range(len(path)))


def _takes_whole(path: Path, depth: int) -> bool:
    step, rest = path[depth], path[depth + 1 :]
    if step in _LISTS:
        return len(rest) < 2 or None in rest[:2]
    # `totals.missions` is a number; a list of missions is the top of a document or is indexed.
    if step == _MISSIONS:
        return None in rest[:1] or (depth == 0 and not rest)
    return False


def _is_rating(path: Path) -> bool:
    return any(step in _RATINGS for step in path)


def _wants_exact_total(asked: CredentialQuery, path: Path) -> bool:
    """Whether a path takes a total of a type that has bands for it."""
    if path[0] == _BANDS:
        # All bands of a measure together say the figure almost exactly; one band answers.
        return len(path) < _ONE_BAND or None in path
    return path[0] == _TOTALS and any(
        claim.path[0] == _BANDS and (len(path) == 1 or claim.path[1:2] == path[1:2])
        for vct in asked.vct_values
        if vct in CREDENTIAL_TYPES
        for claim in CREDENTIAL_TYPES[vct].claims
    )


def _is_one_band(path: Path) -> bool:
    return path[0] == _BANDS and len(path) >= _ONE_BAND


def _counted_measures(asked: CredentialQuery, before: _Wanted) -> frozenset[Path]:
    """The measures of which one answer shows so many bands that they say the figure."""
    counted: set[Path] = set()
    earlier = {path for path in before.paths if _is_one_band(path)}
    already = Counter(path[:2] for path in earlier)
    for option in asked.claim_options:
        bands = {claim.path for claim in option if _is_one_band(claim.path)}
        new = Counter(path[:2] for path in bands - earlier)
        counted.update(
            measure for measure, count in new.items() if count + already[measure] > MAX_BANDS_OF_ONE
        )
    return frozenset(counted)


def _wants_everything(asked: CredentialQuery, before: _Wanted) -> bool:
    """Whether some set of claims, with what was asked of the same type before, leaves next to
    nothing of the credential hidden, or is simply long."""
    types = types_that_may_answer(asked.vct_values)
    things = {claim.path: things_at(claim.path) for claim in asked.claims or ()}
    longest: Collection[ClaimQuery] = ()
    for option in asked.claim_options:
        wanted = before.things
        for claim in option:
            wanted |= things[claim.path]
        if option and is_nearly_everything(wanted, types):
            return True
        longest = max(longest, option, key=len)
    return len(before.paths.union(claim.path for claim in longest)) > MAX_CLAIMS_IN_ONE


def _insists_on_rating(query: DcqlQuery) -> bool:
    """Whether no answer to the question is possible without a rating."""
    free = {
        asked.id
        for asked in query.credentials
        if any(
            not any(_is_rating(claim.path) for claim in option) for option in asked.claim_options
        )
    }
    if query.credential_sets is None:
        return len(free) != len(query.credentials)
    return any(
        not any(free.issuperset(option) for option in needed.options)
        for needed in query.credential_sets
        if needed.is_required
    )
