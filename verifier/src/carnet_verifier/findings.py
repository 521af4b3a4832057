"""Collects what the checks of one examination found, as lines of the report."""

from typing import Any

from carnet_securing.errors import CarnetError, ErrorKind
from carnet_trust.lookups import Dated, FoundIssuer
from carnet_verifier import texts
from carnet_verifier.report import Check, CheckId, CheckOutcome, Ground, Text


class Findings:
    """The lines so far. The issuer is nameless until its key is found."""

    def __init__(self, credential: str) -> None:
        self._credential = credential
        self._checks: list[Check] = []
        self._issuer: Text = texts.UNKNOWN_ISSUER

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every line, in the order the checks ran."""
        return tuple(self._checks)

    @property
    def issuer_name(self) -> Text:
        """The name from trust data, else the host the issuer is known by."""
        return self._issuer

    def name_issuer(self, found: FoundIssuer) -> None:
        """Use the issuer's name from here on."""
        self._issuer = texts.issuer_text(found)

    def passed(self, check: CheckId, *, dated: Dated[Any] | None = None, now: int = 0) -> None:
        """The check ran and holds."""
        self._add(check, CheckOutcome.PASSED, dated=dated, now=now)

    def not_applicable(self, check: CheckId) -> None:
        """There is nothing to check, and the report says what that means."""
        self._add(check, CheckOutcome.NOT_APPLICABLE)

    def unlisted(self, check: CheckId) -> None:
        """Nobody vouches; that is not a failure."""
        self._add(check, CheckOutcome.UNLISTED)

    def not_checked(self, check: CheckId, error: CarnetError) -> None:
        """The check could not run."""
        self._add(check, CheckOutcome.NOT_CHECKED, kind=error.kind)

    def failed(
        self,
        check: CheckId,
        error: CarnetError,
        ground: Ground,
        *,
        dated: Dated[Any] | None = None,
        now: int = 0,
    ) -> None:
        """The check ran and does not hold."""
        self._add(check, CheckOutcome.FAILED, kind=error.kind, ground=ground, dated=dated, now=now)

    def _add(
        self,
        check: CheckId,
        outcome: CheckOutcome,
        *,
        kind: ErrorKind | None = None,
        ground: Ground | None = None,
        dated: Dated[Any] | None = None,
        now: int = 0,
    ) -> None:
        self._checks.append(
            Check(
                id=check,
                outcome=outcome,
                text=texts.sentence(check, outcome, kind=kind, issuer=self._issuer),
                kind="" if kind is None else str(kind),
                ground=ground,
                does_not_prove=texts.does_not_prove(check, outcome),
                what_to_do=texts.what_to_do(check, outcome),
                source="" if dated is None else str(dated.source),
                age=None if dated is None else dated.age(now),
                credential=self._credential,
            )
        )
