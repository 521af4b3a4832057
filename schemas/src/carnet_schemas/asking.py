"""Asking has a price: what our question form cannot express, and a stranger's question
goes beyond (docs and DESIGN: everything, every mission, a required rating, pay, the
never-list, an exact total where a band answers).

1. `check_question` is held before every request our verifier sends.
2. `beyond` is what a wallet tells the worker about anybody's request. It refuses nothing:
   she decides, with nothing ticked beforehand.

Names are judged by where they stand in the paths asked for. What an asker does with an
answer is not seen here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_schemas.dcql_query import ClaimQuery, CredentialQuery, DcqlQuery
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.never_list import Topic, topic_of
from carnet_schemas.paths import Path, is_prefix

MAX_CLAIMS_IN_ONE: Final = 16
"""Most claims of one credential that one question is allowed to want."""
MAX_CREDENTIALS: Final = 8
"""Most credential queries in one question."""

_LISTS: Final = frozenset({"periods", "pages"})
_MISSIONS: Final = "missions"
_RATINGS: Final = frozenset({"rating", "ratings"})
_TOTALS: Final = "totals"
_BANDS: Final = "bands"
_ONE_BAND: Final = 3


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
            SchemaErrorKind.POLICY_UNMET, first.pointer, REASON_WORDS[first.reason]["en"]
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
    for index, asked in enumerate(query.credentials):
        pointer = f"/credentials/{index}"
        if index >= MAX_CREDENTIALS or _wants_everything(asked):
            found.append(Beyond(reason=AskingReason.EVERYTHING, query_id=asked.id, pointer=pointer))
        for place, claim in enumerate(asked.claims or ()):
            for reason, topic in _reasons(asked, claim, insists=insists):
                found.append(
                    Beyond(
                        reason=reason,
                        query_id=asked.id,
                        path=claim.path,
                        topic=topic,
                        pointer=f"{pointer}/claims/{place}",
                    )
                )
    return tuple(found)


def _reasons(
    asked: CredentialQuery, claim: ClaimQuery, *, insists: bool
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
    if _wants_exact_total(asked, claim.path):
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


def _wants_everything(asked: CredentialQuery) -> bool:
    """Whether some set of claims leaves nothing of the credential hidden, or is simply long."""
    for option in asked.claim_options:
        if len(option) > MAX_CLAIMS_IN_ONE:
            return True
        paths = [claim.path for claim in option]
        for vct in asked.vct_values:
            if vct in CREDENTIAL_TYPES and _covers(paths, _hideable(vct)):
                return True
    return False


def _hideable(vct: str) -> tuple[Path, ...]:
    """The outermost claims of a type that can stay hidden."""
    hidden = [claim.path for claim in CREDENTIAL_TYPES[vct].claims if claim.sd != "never"]
    return tuple(
        path
        for path in hidden
        if not any(other != path and is_prefix(other, path) for other in hidden)
    )


def _covers(paths: list[Path], hideable: tuple[Path, ...]) -> bool:
    return bool(hideable) and all(
        any(path[: len(claim)] == claim or claim[: len(path)] == path for path in paths)
        for claim in hideable
    )


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
