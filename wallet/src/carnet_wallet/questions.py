"""A request beside what the worker holds: what would answer it, or which part nothing answers.

Pure: the request was authenticated and resolved before (`requests`), and nothing is sent here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carnet_schemas.asking import Beyond, beyond, beyond_held
from carnet_schemas.dcql import CandidateMatch, Matches, QueryUnmetError
from carnet_schemas.errors import SchemaError
from carnet_securing.errors import ErrorKind
from carnet_trust.askers import AskerName
from carnet_wallet.cards import HeldCard
from carnet_wallet.consent import Preview
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.matching import (
    MissingPart,
    ReadableSignatures,
    match,
    missing_parts,
    preview_card,
)
from carnet_wallet.requests import ResolvedRequest, refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request that was read, authenticated and compared with what the wallet holds.

    `preview` is None when nothing held answers it; `missing` then says which parts, to the
    worker and to nobody else. `choices` are the certificates that could answer each part.
    """

    asker: AskerName
    preview: Preview | None
    missing: tuple[MissingPart, ...]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resolved: ResolvedRequest = field(repr=False)

    def unanswered(self) -> RequestRefusedError:
        """What ends a question that nothing held answers; why, `missing` has said before."""
        return RequestRefusedError(ErrorKind.QUERY_UNMET, "Nothing was shown.")


def question_of(
    resolved: ResolvedRequest,
    asker: AskerName,
    cards: Mapping[str, HeldCard],
    *,
    choice: Mapping[str, Sequence[str]] | None,
    now: int,
) -> Question:
    """What would answer a request.

    Args:
        resolved: the request.
        asker: how its asker is called.
        cards: everything held, by id.
        choice: certificates the worker picked, by part of the request; None takes those
            that show least.
        now: Unix seconds.

    Raises:
        RequestRefusedError: `too_large` when answering needs more work than is allowed.
    """
    held = tuple(cards.values())
    try:
        readable = ReadableSignatures.said_in(resolved.request.client_metadata)
        matches = match(resolved.request.query, held, readable=readable, now=now)
        required = matches.smallest if choice is None else matches.choose(choice)
    except QueryUnmetError as error:
        missing = missing_parts(error.parts, held)
        return Question(asker=asker, preview=None, missing=missing, resolved=resolved)
    except SchemaError as error:
        raise refused(error) from None
    return Question(
        asker=asker,
        preview=_preview(resolved, asker, cards, matches, required, now=now),
        missing=(),
        choices={
            query_id: tuple(found.candidate_id for found in answers)
            for query_id, answers in matches.by_query.items()
        },
        resolved=resolved,
    )


def _preview(
    resolved: ResolvedRequest,
    asker: AskerName,
    cards: Mapping[str, HeldCard],
    matches: Matches,
    required: tuple[CandidateMatch, ...],
    *,
    now: int,
) -> Preview:
    picked = required or matches.offered
    return Preview(
        asker=asker,
        answer_goes_to=resolved.request.response_uri,
        cards=tuple(
            preview_card(found, cards[found.candidate_id], asker=asker.client_id, now=now)
            for found in picked
        ),
        beyond=_beyond(matches, picked, cards),
        request_digest=resolved.digest,
        optional=() if required else matches.optional,
        _matches=picked,
    )


def _beyond(
    matches: Matches, picked: tuple[CandidateMatch, ...], cards: Mapping[str, HeldCard]
) -> tuple[Beyond, ...]:
    """What goes beyond by the question alone, then what does beside these certificates."""
    asked = beyond(matches.query)
    told = {(item.reason, item.query_id) for item in asked}
    disclosable = {found.candidate_id: cards[found.candidate_id].held.paths() for found in picked}
    held = beyond_held(matches.query, picked, disclosable)
    return (*asked, *(item for item in held if (item.reason, item.query_id) not in told))
