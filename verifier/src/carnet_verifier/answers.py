"""From an answer's bytes to a verified answer, or to the report that says why not.

The plan of `examine_answer` (OpenID4VP 1.0 section 8.6):
1. The `vp_token` is one JSON object of arrays, within limits.
2. Every presentation in it is examined under the question's audience and nonce; a query
   that asked for no holder binding is read as a copy.
3. The whole answers the whole question: all required queries, types, claims and values,
   and nothing that was not asked. A wallet is never believed about this.
4. The worst finding leads the report.

Left to the caller: spending the nonce, once, before anything here runs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from carnet_schemas.dcql import CredentialQuery, DcqlQuery
from carnet_schemas.dcql_answer import PresentedCredential, check_answer
from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp_response import parse_vp_token
from carnet_securing import strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.array_positions import original_positions
from carnet_securing.authority_key_id import named_authorities
from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.limits import PRESENTATION, Limits
from carnet_securing.strict_json import JsonObject
from carnet_trust.lookups import Lookups
from carnet_trust.trust_file import TrustData
from carnet_verifier import texts
from carnet_verifier.binding import Asked, BearerCopy, Binding
from carnet_verifier.examination import Examination, Surroundings, examine
from carnet_verifier.findings import Findings
from carnet_verifier.policy import Policy
from carnet_verifier.report import Check, CheckId, Ground, Outcome, Report, Text, conclude

_TECHNICAL: Final = frozenset({"cnf", "status", "vct#integrity", "_sd_alg"})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCredential:
    """One certificate whose signature and binding hold; see the report for the rest.

    Attributes:
        claims: what was disclosed, without the holder's key and the status reference,
            which are traces to delete once checked.
    """

    vct: str
    issuer: str
    issuer_name: Text
    expires_at: int | None
    claims: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedAnswer:
    """A report with what was shown. Only `VerifiedAnswer` may be relied on unread."""

    report: Report
    credentials: Mapping[str, tuple[ShownCredential, ...]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAnswer:
    """Every check ran and passed, and somebody in the trust data vouches for each issuer."""

    report: Report
    credentials: Mapping[str, tuple[ShownCredential, ...]] = field(repr=False)


class NotVerifiedError(CarnetError):
    """The answer is not `verified`; `examined.report` says which of the other three it is."""

    def __init__(self, examined: ExaminedAnswer) -> None:
        report = examined.report
        failed = next((check for check in report.checks if check.kind), None)
        kind = ErrorKind(failed.kind) if failed is not None else ErrorKind.KEY_NOT_TRUSTED
        super().__init__(kind, report.headline["en"])
        self.examined = examined

    @property
    def report(self) -> Report:
        """Every check, with its sentence."""
        return self.examined.report

    @property
    def outcome(self) -> Outcome:
        """`genuine_unlisted`, `undetermined` or `rejected`."""
        return self.report.outcome


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


def require_verified(examined: ExaminedAnswer) -> VerifiedAnswer:
    """Turn an examined answer into a verified one.

    Raises:
        NotVerifiedError: its outcome is not `verified`.
    """
    if examined.report.outcome is not Outcome.VERIFIED:
        raise NotVerifiedError(examined)
    return VerifiedAnswer(report=examined.report, credentials=examined.credentials)


def examine_answer(
    unverified_vp_token: str | bytes, *, question: Question, surroundings: Surroundings
) -> ExaminedAnswer:
    """Examine an answer completely and report; never raises for its content."""
    overall = Findings("")
    try:
        token = _read_token(unverified_vp_token, surroundings.limits)
    except InvalidError as error:
        overall.failed(CheckId.FORMAT, error, Ground.NOT_AUTHENTIC)
        return ExaminedAnswer(report=report_of((), overall.checks), credentials={})
    examinations: dict[str, list[Examination]] = {}
    for query_id, documents in token.items():
        binding = _binding(question, query_id)
        examinations[query_id] = [
            examine(document, binding=binding, surroundings=surroundings, credential=query_id)
            for document in documents
        ]
    _check_question(question.query, examinations, overall)
    everyone = [one for several in examinations.values() for one in several]
    return ExaminedAnswer(
        report=report_of(everyone, overall.checks),
        credentials={
            query_id: tuple(shown(one) for one in several if one.authentic is not None)
            for query_id, several in examinations.items()
        },
    )


def report_of(examinations: Sequence[Examination], overall: Sequence[Check]) -> Report:
    """Order the findings of several documents into one report; the worst one leads."""
    checks = [check for one in examinations for check in one.checks]
    checks.extend(overall)
    outcome, ground = conclude(checks)
    worst = next((one for one in examinations if conclude(one.checks) == (outcome, ground)), None)
    named = worst.issuer if worst is not None else texts.UNKNOWN_ISSUER
    return Report(
        outcome=outcome,
        ground=ground,
        headline=texts.headline(outcome, ground, issuer=named),
        issuers=tuple(dict.fromkeys(one.issuer["en"] for one in examinations)),
        checks=tuple(checks),
    )


def shown(one: Examination) -> ShownCredential:
    """What an authentic document says, for display beside its report."""
    authentic = one.authentic
    if authentic is None:
        raise ValueError("only an authentic document has claims to show")
    return ShownCredential(
        vct=authentic.vct,
        issuer=authentic.issuer.issuer,
        issuer_name=one.issuer,
        expires_at=authentic.expires_at,
        claims={k: v for k, v in authentic.claims.items() if k not in _TECHNICAL},
    )


def _read_token(unverified: str | bytes, limits: Limits) -> Mapping[str, Sequence[str]]:
    """Step 1."""
    token = strict_json.loads(
        unverified, max_bytes=limits.compact_bytes * 2, max_depth=limits.json_depth
    )
    try:
        return parse_vp_token(token)
    except SchemaError as error:
        raise InvalidError(ErrorKind(error.kind), "The answer is not a VP token.") from None


def _binding(question: Question, query_id: str) -> Binding:
    """Step 2: decided by our question, never by the answer."""
    asked: CredentialQuery | None = question.query.credential(query_id)
    if asked is not None and not asked.needs_holder_binding:
        return BearerCopy()
    return Asked(audience=question.audience, nonce=question.nonce)


def _check_question(
    query: DcqlQuery, examinations: Mapping[str, Sequence[Examination]], overall: Findings
) -> None:
    """Step 3, over what is authentic; a document that is not answers nothing."""
    presented = {
        query_id: [
            _presented(one, query.credential(query_id))
            for one in several
            if one.authentic is not None
        ]
        for query_id, several in examinations.items()
    }
    try:
        check_answer(query, presented)
    except SchemaError as error:
        if all(one.authentic is not None for several in examinations.values() for one in several):
            unmet = InvalidError(ErrorKind(error.kind), "The answer is not what was asked.")
            overall.failed(CheckId.QUESTION, unmet, Ground.POLICY_UNMET)
        return
    overall.passed(CheckId.QUESTION)


def _presented(one: Examination, asked: CredentialQuery | None) -> PresentedCredential:
    authentic = one.authentic
    if authentic is None:
        raise ValueError("only an authentic document is presented")
    return PresentedCredential(
        format="dc+sd-jwt",
        vcts=(authentic.vct, *authentic.aka_vcts),
        claims=authentic.claims,
        authorities=_authorities(authentic.sd_jwt.header, asked),
        holder_binding=authentic.sd_jwt.key_binding is not None,
        original_indices=original_positions(authentic.sd_jwt) if _names_an_index(asked) else {},
    )


def _authorities(header: JsonObject, asked: CredentialQuery | None) -> Collection[tuple[str, str]]:
    if asked is None or asked.trusted_authorities is None:
        return ()
    return named_authorities(header, limits=PRESENTATION)


def _names_an_index(asked: CredentialQuery | None) -> bool:
    """Whether the question counts elements, hidden ones too (OpenID4VP 1.0 section 7.1)."""
    claims = asked.claims if asked is not None else None
    return any(type(step) is int for claim in claims or () for step in claim.path)
