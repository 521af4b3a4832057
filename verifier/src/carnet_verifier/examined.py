"""What comes out of an examination: a report with what was shown, or a verified answer.

`VerifiedAnswer` alone may be relied on unread; it is built here only, from a report whose
outcome is `verified`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.strict_json import JsonObject
from carnet_verifier import texts
from carnet_verifier.conclusion import Conclusion, conclude
from carnet_verifier.examination import Examination
from carnet_verifier.report import Check, Outcome, Report, Text

_TECHNICAL: Final = frozenset({"cnf", "status", "vct#integrity", "_sd_alg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCredential:
    """One certificate whose signature and binding hold; see the report for the rest.

    Attributes:
        claims: what was asked for and shown, without the holder's key and the status
            reference, which are traces to delete once checked.
    """

    vct: str
    issuer: str
    issuer_name: Text
    expires_at: int | None
    claims: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedAnswer:
    """A report with what was shown. Only `VerifiedAnswer` may be relied on unread.

    Attributes:
        spends_nonce: whether something in it was made by its holder for this very question.
            Anybody who saw the question can post what was not, so that must end nothing.
    """

    report: Report
    credentials: Mapping[str, tuple[ShownCredential, ...]] = field(repr=False)
    spends_nonce: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAnswer:
    """Every check ran and passed, and somebody in the trust data vouches for each issuer."""

    report: Report
    credentials: Mapping[str, tuple[ShownCredential, ...]] = field(repr=False)


class NotVerifiedError(CarnetError):
    """The answer is not `verified`; `examined.report` says which of the other three it is.

    Its `kind` is that of the check that decided, `key_not_trusted` for an unlisted issuer.
    """

    def __init__(self, examined: ExaminedAnswer) -> None:
        report = examined.report
        leading = report.leading
        kind = ErrorKind.KEY_NOT_TRUSTED
        if leading is not None and leading.kind:
            kind = ErrorKind(leading.kind)
        elif report.outcome is Outcome.UNDETERMINED:
            kind = ErrorKind.UNAVAILABLE
        super().__init__(kind, report.headline["en"], hint=report.what_to_do.get("en", ""))
        self.examined = examined

    @property
    def report(self) -> Report:
        """Every check, with its sentence."""
        return self.examined.report

    @property
    def outcome(self) -> Outcome:
        """`genuine_unlisted`, `undetermined` or `rejected`."""
        return self.report.outcome


def require_verified(examined: ExaminedAnswer) -> VerifiedAnswer:
    """Turn an examined answer into a verified one.

    Raises:
        NotVerifiedError: its outcome is not `verified`.
    """
    if examined.report.outcome is not Outcome.VERIFIED:
        raise NotVerifiedError(examined)
    return VerifiedAnswer(report=examined.report, credentials=examined.credentials)


def report_of(examinations: Sequence[Examination], overall: Sequence[Check], *, now: int) -> Report:
    """Order the findings of several documents into one report; the worst one leads."""
    conclusion = conclude([one.checks for one in examinations], overall)
    authentic = [one for one in examinations if one.authentic is not None]
    showing = next((one.showing for one in authentic if one.showing is not None), None)
    return Report(
        outcome=conclusion.outcome,
        ground=conclusion.ground,
        headline=texts.headline(
            conclusion, issuer=_issuer_to_name(conclusion, examinations), showing=showing
        ),
        what_to_do=texts.what_to_do(conclusion),
        checked_at=now,
        showing=showing,
        issuers=_names(authentic),
        checks=(*(check for one in examinations for check in one.checks), *overall),
        leading=conclusion.leading,
    )


def shown(one: Examination, *, claims: JsonObject) -> ShownCredential:
    """What an authentic document says, for display beside its report.

    Args:
        claims: those of its claims that are to be kept.
    """
    authentic = one.authentic
    if authentic is None:
        raise ValueError("only an authentic document has claims to show")
    return ShownCredential(
        vct=authentic.vct,
        issuer=authentic.issuer.issuer,
        issuer_name=one.issuer,
        expires_at=authentic.expires_at,
        claims={name: value for name, value in claims.items() if name not in _TECHNICAL},
    )


def _issuer_to_name(conclusion: Conclusion, examinations: Sequence[Examination]) -> Text | None:
    """Whoever signed what the conclusion is about; None when no signature is known to hold.

    A holder binding that fails leaves the issuer's signature standing: that check comes
    after it, so a document that leads with it is genuine.
    """
    leading = conclusion.leading
    for one in examinations:
        if leading is not None and any(check is leading for check in one.checks):
            return one.issuer if one.is_signed else None
    return texts.joined(_names([one for one in examinations if one.is_signed]))


def _names(examinations: Sequence[Examination]) -> tuple[Text, ...]:
    return tuple({one.issuer["fr"]: one.issuer for one in examinations}.values())
