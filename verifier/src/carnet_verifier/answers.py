"""From an answer's bytes to a verified answer, or to the report that says why not.

The plan of `examine_answer` (OpenID4VP 1.0 section 8.6):
1. The `vp_token` is one JSON object of arrays, within limits over all it holds.
2. It answers only what was asked, and once where once was asked; else nothing is looked at.
3. Every presentation in it is examined under the question's audience and nonce; a query
   that asked for no holder binding accepts an answer without one.
4. The whole answers the whole question: all required queries, types, claims and values.
   A wallet is never believed about this. What was shown beyond it is left out, and so is
   all that a rejected presentation says.
5. The worst finding leads the report.

Left to the caller: spending the nonce, once, with the result or before it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from carnet_schemas.dcql import CredentialQuery, DcqlQuery
from carnet_schemas.dcql_answer import PresentedCredential, check_answer
from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp_response import parse_vp_token
from carnet_securing import strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.array_positions import original_positions
from carnet_securing.authority_key_id import named_authorities
from carnet_securing.credential import AuthenticCredential
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.limits import PRESENTATION, Limits
from carnet_securing.strict_json import JsonObject
from carnet_trust.lookups import Lookups
from carnet_trust.trust_file import TrustData
from carnet_verifier.asked_claims import only_asked
from carnet_verifier.binding import Asked, AskedUnbound, Binding
from carnet_verifier.examination import Examination, examine
from carnet_verifier.examined import (
    ExaminedAnswer,
    ShownCredential,
    VerifiedAnswer,
    report_of,
    require_verified,
    shown,
)
from carnet_verifier.findings import Findings
from carnet_verifier.policy import Policy
from carnet_verifier.report import CheckId, Ground
from carnet_verifier.surroundings import Surroundings

MAX_PRESENTATIONS: Final = 32
"""Most presentations in one answer: each costs two signatures, whatever its size."""

_TILDE: Final = "~"
_SPARE_BYTES: Final = 16 * 1024
"""Room for the JSON around presentations that fill their limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked, of whom the answer must come and for whom it must be made.

    Attributes:
        audience: our full client identifier.
        nonce: the fresh nonce of this one request.
    """

    query: DcqlQuery
    audience: str
    nonce: str = field(repr=False)


def verify_answer(
    unverified_vp_token: str | bytes,
    *,
    question: Question,
    trust: TrustData,
    lookups: Lookups,
    policy: Policy,
    now: int,
    check: SignatureCheck,
    limits: Limits,
) -> VerifiedAnswer:
    """Return the verified answer to `question`.

    Raises:
        NotVerifiedError: with the report, for every other outcome.
    """
    examined = examine_answer(
        unverified_vp_token,
        question=question,
        surroundings=Surroundings(
            trust=trust, lookups=lookups, policy=policy, now=now, check=check, limits=limits
        ),
    )
    return require_verified(examined)


def examine_answer(
    unverified_vp_token: str | bytes, *, question: Question, surroundings: Surroundings
) -> ExaminedAnswer:
    """Examine an answer completely and report; never raises for its content."""
    now = surroundings.now
    overall = Findings("", now=now)
    # 1.
    try:
        token = _read_token(unverified_vp_token, surroundings.limits)
    except InvalidError as error:
        overall.failed(CheckId.FORMAT, error, Ground.NOT_AUTHENTIC)
        return ExaminedAnswer(report=report_of((), overall.checks, now=now), credentials={})
    # 2.
    queries = _queries_answered(question.query, token)
    if queries is None:
        overall.failed(CheckId.QUESTION, _unmet(), Ground.POLICY_UNMET)
        return ExaminedAnswer(report=report_of((), overall.checks, now=now), credentials={})
    # 3.
    examinations = {
        query_id: [
            examine(
                document,
                binding=_binding(question, queries[query_id]),
                surroundings=surroundings,
                credential=query_id,
            )
            for document in documents
        ]
        for query_id, documents in token.items()
    }
    # 4.
    _check_question(question.query, queries, examinations, overall)
    # 5.
    everyone = [one for several in examinations.values() for one in several]
    return ExaminedAnswer(
        report=report_of(everyone, overall.checks, now=now),
        credentials={
            query_id: tuple(_shown(several, queries[query_id]))
            for query_id, several in examinations.items()
        },
        spends_nonce=any(one.authentic is not None for one in everyone),
    )


def _read_token(unverified: str | bytes, limits: Limits) -> Mapping[str, Sequence[str]]:
    """Step 1: the limits of one presentation hold for all of them together."""
    token = strict_json.loads(
        unverified, max_bytes=limits.compact_bytes + _SPARE_BYTES, max_depth=limits.json_depth
    )
    try:
        presentations = parse_vp_token(token)
    except SchemaError as error:
        raise InvalidError(ErrorKind(error.kind), "The answer is not a VP token.") from None
    texts = [text for several in presentations.values() for text in several]
    if (
        len(texts) > MAX_PRESENTATIONS
        or sum(map(len, texts)) > limits.compact_bytes
        or sum(text.count(_TILDE) for text in texts) > limits.disclosures + len(texts)
    ):
        raise InvalidError(ErrorKind.TOO_LARGE, "The answer holds more than allowed.")
    return presentations


def _queries_answered(
    query: DcqlQuery, token: Mapping[str, Sequence[str]]
) -> Mapping[str, CredentialQuery] | None:
    """Step 2: the query behind each name; None when more came than was asked."""
    queries = {}
    for query_id, documents in token.items():
        asked = query.credential(query_id)
        if asked is None or (len(documents) > 1 and not asked.allows_several):
            return None
        queries[query_id] = asked
    return queries


def _binding(question: Question, asked: CredentialQuery) -> Binding:
    """Decided by our question, never by the answer."""
    if not asked.needs_holder_binding:
        return AskedUnbound(audience=question.audience, nonce=question.nonce)
    return Asked(audience=question.audience, nonce=question.nonce)


def _check_question(
    query: DcqlQuery,
    queries: Mapping[str, CredentialQuery],
    examinations: Mapping[str, Sequence[Examination]],
    overall: Findings,
) -> None:
    """Step 4, once all of it is authentic; a document that is not answers nothing."""
    presented: dict[str, list[PresentedCredential]] = {}
    for query_id, several in examinations.items():
        for one in several:
            if one.authentic is None:
                overall.not_checked(CheckId.QUESTION, None)
                return
            presented.setdefault(query_id, []).append(
                _presented(one, one.authentic, queries[query_id])
            )
    try:
        check_answer(query, presented)
    except SchemaError:
        overall.failed(CheckId.QUESTION, _unmet(), Ground.POLICY_UNMET)
    else:
        overall.passed(CheckId.QUESTION)


def _shown(several: Sequence[Examination], asked: CredentialQuery) -> list[ShownCredential]:
    return [
        shown(one, claims=only_asked(one.authentic.sd_jwt, asked))
        for one in several
        if one.authentic is not None and not one.is_rejected
    ]


def _presented(
    one: Examination, authentic: AuthenticCredential, asked: CredentialQuery
) -> PresentedCredential:
    return PresentedCredential(
        format="dc+sd-jwt",
        vcts=_types(one, authentic),
        claims=authentic.claims,
        authorities=_authorities(authentic.sd_jwt.header, asked),
        holder_binding=authentic.sd_jwt.key_binding is not None,
        original_indices=original_positions(authentic.sd_jwt) if _names_an_index(asked) else {},
    )


def _types(one: Examination, authentic: AuthenticCredential) -> tuple[str, ...]:
    """What the document may count as.

    A type inherited by `extends` has its rules checked with the document's own, but gives
    no authority: where the trust data knows the issuer, it must name that type too (SD-JWT
    VC-19, "Credential Type Extension and Issuer Authorization"). What a document says in
    `aka_vcts` that it also is has no rules checked here, so it counts for nothing.
    """
    entry = None if one.found is None else one.found.entry
    allowed = one.lineage if entry is None else [vct for vct in one.lineage if vct in entry.types]
    return tuple(dict.fromkeys((authentic.vct, *allowed)))


def _authorities(header: JsonObject, asked: CredentialQuery) -> Collection[tuple[str, str]]:
    if asked.trusted_authorities is None:
        return ()
    return named_authorities(header, limits=PRESENTATION)


def _names_an_index(asked: CredentialQuery) -> bool:
    """Whether the question counts elements, hidden ones too (OpenID4VP 1.0 section 7.1)."""
    return any(type(step) is int for claim in asked.claims or () for step in claim.path)


def _unmet() -> InvalidError:
    return InvalidError(ErrorKind.QUERY_UNMET, "The answer is not what was asked.")
