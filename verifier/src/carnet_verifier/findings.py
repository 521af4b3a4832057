"""Collects what the checks of one examination found, as lines of the report."""

from typing import Any

from carnet_securing.errors import CarnetError
from carnet_trust.lookups import Dated, FoundIssuer
from carnet_verifier import texts
from carnet_verifier.particular_sentences import Variant
from carnet_verifier.report import Alert, AlertId, Check, CheckId, CheckOutcome, Ground, Text


class Findings:
    """The lines so far, in the order the checks ran.

    The issuer is nameless until its key is found.
    """

    def __init__(self, credential: str, *, now: int) -> None:
        self._credential = credential
        self._now = now
        self._checks: list[Check] = []
        self._issuer: Text = texts.UNKNOWN_ISSUER
        self._name_alerts: tuple[Alert, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every line."""
        return tuple(self._checks)

    @property
    def issuer_name(self) -> Text:
        """The name from trust data, else the host the issuer is known by."""
        return self._issuer

    def name_issuer(self, found: FoundIssuer) -> None:
        """Use the issuer's name from here on."""
        self._issuer = texts.issuer_text(found)
        self._name_alerts = texts.name_alerts(found)

    def passed(self, check: CheckId, *, dated: Dated[Any] | None = None) -> None:
        """The check ran and holds."""
        self._add(check, CheckOutcome.PASSED, dated=dated)

    def shown(self, variant: Variant, *, made_at: int) -> None:
        """The code on the screen is its holder's, and was made at that moment."""
        self._add(
            CheckId.HOLDER_BINDING,
            CheckOutcome.PASSED,
            variant=variant,
            source="holder",
            age=max(0, self._now - made_at),
        )

    @property
    def any_failed(self) -> bool:
        """Whether a check has failed so far."""
        return any(check.outcome is CheckOutcome.FAILED for check in self._checks)

    def not_applicable(self, check: CheckId, *, variant: Variant | None = None) -> None:
        """There is nothing to check, and the report says what that means."""
        self._add(check, CheckOutcome.NOT_APPLICABLE, variant=variant)

    def unlisted(self) -> None:
        """Nobody vouches; that is not a failure."""
        self._add(CheckId.ISSUER_LISTED, CheckOutcome.UNLISTED, alerts=self._name_alerts)

    def not_checked(
        self,
        check: CheckId,
        error: CarnetError | None,
        *,
        variant: Variant | None = None,
        dated: Dated[Any] | None = None,
    ) -> None:
        """The check could not run."""
        self._add(check, CheckOutcome.NOT_CHECKED, error=error, variant=variant, dated=dated)

    def failed(
        self,
        check: CheckId,
        error: CarnetError,
        ground: Ground,
        *,
        variant: Variant | None = None,
        dated: Dated[Any] | None = None,
        when: int | None = None,
    ) -> None:
        """The check ran and does not hold.

        Args:
            when: the moment an end or a beginning is about, in Unix seconds.
        """
        self._add(
            check,
            CheckOutcome.FAILED,
            error=error,
            ground=ground,
            variant=variant,
            dated=dated,
            when=when,
        )

    def _add(
        self,
        check: CheckId,
        outcome: CheckOutcome,
        *,
        error: CarnetError | None = None,
        ground: Ground | None = None,
        variant: Variant | None = None,
        dated: Dated[Any] | None = None,
        when: int | None = None,
        source: str = "",
        age: int | None = None,
        alerts: tuple[Alert, ...] = (),
    ) -> None:
        kind = None if error is None else error.kind
        said = texts.said(
            check, outcome, kind=kind, variant=variant, issuer=self._issuer, when=when
        )
        if dated is not None:
            source, age = str(dated.source), dated.age(self._now)
            alerts = tuple(texts.alert(AlertId(one.value)) for one in dated.alerts)
        self._checks.append(
            Check(
                id=check,
                outcome=outcome,
                text=said.text,
                kind="" if kind is None else str(kind),
                ground=ground,
                does_not_prove=said.does_not_prove,
                what_to_do=said.what_to_do,
                source=source,
                age=age,
                alerts=alerts,
                when=when,
                credential=self._credential,
            )
        )
