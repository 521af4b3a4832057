"""What would be shown to whom, and the yes that only the worker gives.

1. A `Preview` says everything that leaves the wallet, in her words: each claim with its
   label and value, what stays hidden, who asks, and what to look out for.
2. A `Consent` is made only by `Preview.agree`. It holds the hash of the exact request and
   the exact places to open, so that neither can change afterwards (row P10).
3. Where a request asks for more than it should, nothing is agreed by a plain yes: she ticks
   each claim herself, and only the ticks that were asked for count (DESIGN 1).
4. Where nothing is required (OpenID4VP 1.0 section 6.4.2), nothing is ticked either: of the
   optional parts those leave that she ticked whole, and no tick means no answer.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from carnet_schemas.asking import REASON_WORDS, Beyond
from carnet_schemas.dcql import CandidateMatch
from carnet_schemas.paths import ConcretePath
from carnet_securing.errors import ErrorKind
from carnet_trust.askers import AskerName
from carnet_wallet.errors import RequestRefusedError

_MAKER: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClaim:
    """One single value as the worker reads it.

    Attributes:
        path: where it stands.
        label: what it is called, by language.
        belongs_to: what the whole claim it is a part of is called, by language.
        value: what is shown.
        words: for a value of a closed list, what a person reads for it, by language.
    """

    path: ConcretePath
    label: Mapping[str, str]
    belongs_to: Mapping[str, str]
    value: object = field(repr=False)
    words: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def tick(self) -> str:
        """What she ticks to show it: the claim it belongs to, whole."""
        return str(self.path[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewCard:
    """One certificate of an answer.

    Attributes:
        shown: claims that are opened because they were asked for.
        always_shown: claims that this certificate never hides, asked for or not.
        hidden: labels of what stays hidden.
        copy_seen_before: True when the copy was shown to somebody else already, so that the
            two could find out that it is the same person.
        has_ended: True when the certificate has expired.
    """

    query_id: str
    card_id: str
    title: Mapping[str, str]
    issuer: str
    shown: tuple[ShownClaim, ...] = field(repr=False)
    always_shown: tuple[ShownClaim, ...] = field(repr=False)
    hidden: tuple[Mapping[str, str], ...] = field(repr=False)
    copy_seen_before: bool
    has_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that would leave the wallet, before anything does.

    `optional` is filled where nothing is required: the parts, by query, that can be ticked, each
    group as a whole or not at all.
    """

    asker: AskerName
    answer_goes_to: str
    cards: tuple[PreviewCard, ...]
    beyond: tuple[Beyond, ...]
    request_digest: str
    optional: tuple[tuple[str, ...], ...] = ()
    _matches: tuple[CandidateMatch, ...] = field(repr=False)

    @property
    def asks_too_much(self) -> bool:
        """Whether the request asks for more than needed."""
        return bool(self.beyond)

    @property
    def nothing_is_ticked(self) -> bool:
        """Whether she ticks each claim herself, and a plain yes shows nothing."""
        return self.asks_too_much or bool(self.optional)

    def warnings(self, lang: str) -> tuple[str, ...]:
        """Each reason for which the request asks for more than needed, once, in a language."""
        return tuple(dict.fromkeys(REASON_WORDS[item.reason][lang] for item in self.beyond))

    def agree(self, *, ticked: Collection[str] | None = None) -> "Consent":
        """The worker's yes to exactly this.

        Args:
            ticked: the claims she ticked (`ShownClaim.tick`). Needed where the request asks
                for more than it should; elsewhere None stands for the whole preview.

        Raises:
            RequestRefusedError: `policy_unmet` when something asked for is not ticked: an
                answer with a part missing would be no answer. Where all is optional: when no
                part is ticked whole, or a tick could mean two parts.
        """
        if self.optional:
            matches = self._ticked_parts(frozenset(ticked or ()))
            return Consent(request_digest=self.request_digest, matches=matches, made_by=_MAKER)
        wanted = {claim.tick for card in self.cards for claim in card.shown}
        if ticked is None and self.asks_too_much:
            raise RequestRefusedError(
                ErrorKind.POLICY_UNMET,
                "This request asks for more than needed.",
                hint="Tick each thing you want to show, or show nothing.",
            )
        if ticked is not None and set(ticked) != wanted:
            raise RequestRefusedError(
                ErrorKind.POLICY_UNMET,
                "What you ticked is not what was asked for.",
                hint="The request can only be answered as a whole, or not at all.",
            )
        return Consent(request_digest=self.request_digest, matches=self._matches, made_by=_MAKER)

    def _ticked_parts(self, ticked: frozenset[str]) -> tuple[CandidateMatch, ...]:
        wanted = {card.query_id: {claim.tick for claim in card.shown} for card in self.cards}
        whole = {name for name, claims in wanted.items() if claims and claims <= ticked}
        parts = {name for group in self.optional if whole.issuperset(group) for name in group}
        meant = [claim for name in wanted for claim in wanted[name] if claim in ticked]
        used = {claim for name in parts for claim in wanted[name]}
        # One tick for two parts would show more than she may have meant.
        if not parts or used != ticked or len(meant) != len(ticked):
            raise RequestRefusedError(
                ErrorKind.POLICY_UNMET,
                "What you ticked is not a whole part of what was asked for.",
                hint="Tick all of a part, or choose the part and the certificate yourself.",
            )
        return tuple(found for found in self._matches if found.query_id in parts)


class Consent:
    """The worker's yes. Made by `Preview.agree` and nothing else."""

    __slots__ = ("matches", "request_digest")

    def __init__(
        self, *, request_digest: str, matches: tuple[CandidateMatch, ...], made_by: object
    ) -> None:
        """Refuses every caller but this module."""
        if made_by is not _MAKER:
            raise TypeError("a consent is made by agreeing to a preview")
        self.request_digest = request_digest
        self.matches = matches

    @property
    def parts(self) -> frozenset[str]:
        """The parts of the request that are answered."""
        return frozenset(found.query_id for found in self.matches)
