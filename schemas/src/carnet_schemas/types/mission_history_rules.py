"""What must agree inside a mission history, and what must still agree when parts are hidden.

In a complete history the parts add up to the totals. In a presentation some parts are
hidden, so what is shown may come to less, never to more.

1. `detail` says whether there are periods and pages.
2. No month lies after `as_of`; periods are in order and do not overlap.
3. Missions lie in their period; each reference and each skill is listed once.
4. Periods add up to the totals, missions to their period; different clients add up to the
   total at least, and no part has more than the whole.
5. Bands say what the totals say.
6. Ratings come with the issuer's own distribution, on the same scale, and there are no
   more of them than missions.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.quantities import hundredths
from carnet_schemas.ratings import Scale
from carnet_schemas.skills import Skill
from carnet_schemas.types.mission_history_model import (
    ListedMission,
    MissionHistory,
    Period,
    SkillFigures,
)


def check_rules(history: MissionHistory, complete: bool) -> None:  # noqa: FBT001 - the hook's shape
    """Check the rules of the module docstring.

    Raises:
        SchemaError: `claim_missing` or `malformed`, at the part that does not agree.
    """
    _check_detail(history, complete=complete)
    _check_months(history)
    for index, period in enumerate(history.periods or ()):
        _check_period(period, f"/periods/{index}", complete=complete and period.pages is not None)
    _check_once_each(history)
    _check_sums(history, complete=complete)
    _check_skills(history, complete=complete)
    _check_bands(history)
    _check_ratings(history)


def _check_detail(history: MissionHistory, *, complete: bool) -> None:
    if history.detail == "totals":
        _refuse(history.periods is not None, "/periods", "A history of totals has no periods.")
        return
    if history.periods is None and complete:
        raise SchemaError(
            SchemaErrorKind.CLAIM_MISSING, "/periods", "A history with periods has none."
        )
    for index, period in enumerate(history.periods or ()):
        wanted = history.detail == "missions"
        if wanted and period.pages is None and period.totals.missions:
            raise SchemaError(
                SchemaErrorKind.CLAIM_MISSING,
                f"/periods/{index}/pages",
                "A history with missions has a period without pages.",
            )
        _refuse(
            not wanted and period.pages is not None,
            f"/periods/{index}/pages",
            "A history by period has no missions.",
        )


def _check_months(history: MissionHistory) -> None:
    totals = history.totals
    first, last = totals.first_month, totals.last_month
    _refuse(
        first is not None and last is not None and first > last,
        "/totals/last_month",
        "The last month comes before the first.",
    )
    for month, pointer in _months(history):
        _refuse(month > history.as_of, pointer, "A month lies after the month of the history.")
    before = ""
    for index, period in enumerate(history.periods or ()):
        pointer = f"/periods/{index}"
        _refuse(period.first <= before, pointer, "Periods overlap or are out of order.")
        before = period.last


def _months(history: MissionHistory) -> Iterator[tuple[str, str]]:
    if history.totals.first_month is not None:
        yield history.totals.first_month, "/totals/first_month"
    if history.totals.last_month is not None:
        yield history.totals.last_month, "/totals/last_month"
    for index, period in enumerate(history.periods or ()):
        yield period.last, f"/periods/{index}/to"
    for index, figures in enumerate(history.skills or ()):
        if figures.last_month is not None:
            yield figures.last_month, f"/skills/{index}/last_month"


def _check_period(period: Period, pointer: str, *, complete: bool) -> None:
    missions = period.missions
    for mission in missions:
        _refuse(
            not period.first <= mission.month <= period.last,
            f"{pointer}/pages",
            "A mission lies outside its period.",
        )
    _check_part(len(missions), period.totals.missions, f"{pointer}/totals/missions", complete)
    hours = [mission.hours for mission in missions]
    if period.totals.hours is not None:
        exact = complete and None not in hours
        _check_part(
            sum(hundredths(each) for each in hours if each is not None),
            hundredths(period.totals.hours),
            f"{pointer}/totals/hours",
            exact,
        )
    _check_clients(missions, period.totals.counterparties, f"{pointer}/totals", complete=complete)


def _check_clients(
    missions: Sequence[ListedMission], total: int | None, pointer: str, *, complete: bool
) -> None:
    if total is None:
        return
    clients = [mission.counterparty for mission in missions]
    different = len({client for client in clients if client is not None})
    exact = complete and None not in clients
    _check_part(different, total, f"{pointer}/counterparties", exact)


def _check_once_each(history: MissionHistory) -> None:
    references = [
        mission.reference
        for period in history.periods or ()
        for mission in period.missions
        if mission.reference is not None
    ]
    _refuse(len(set(references)) != len(references), "/periods", "A mission is listed twice.")
    named = [_name(figures.skill) for figures in history.skills or ()]
    _refuse(len(set(named)) != len(named), "/skills", "A skill is listed twice.")


def _check_sums(history: MissionHistory, *, complete: bool) -> None:
    totals, periods = history.totals, history.periods
    if periods is None:
        return
    if totals.missions is not None:
        shown = sum(period.totals.missions for period in periods)
        _check_part(shown, totals.missions, "/totals/missions", complete)
    hours = [period.totals.hours for period in periods]
    if totals.hours is not None:
        shown = sum(hundredths(each) for each in hours if each is not None)
        exact = complete and None not in hours
        _check_part(shown, hundredths(totals.hours), "/totals/hours", exact)
    clients = [period.totals.counterparties for period in periods]
    known = [each for each in clients if each is not None]
    if totals.counterparties is not None and known:
        pointer = "/totals/counterparties"
        _refuse(max(known) > totals.counterparties, pointer, _MORE_THAN_WHOLE)
        if complete and len(known) == len(clients):
            _refuse(sum(known) < totals.counterparties, pointer, _DO_NOT_ADD_UP)
    _check_span(history, complete=complete)
    missions = [mission for period in periods for mission in period.missions]
    every = complete and history.detail == "missions"
    _check_clients(missions, totals.counterparties, "/totals", complete=every)


def _check_span(history: MissionHistory, *, complete: bool) -> None:
    periods, totals = history.periods, history.totals
    if not complete or not periods:
        return
    first, last = totals.first_month, totals.last_month
    _refuse(
        first is not None and first < periods[0].first,
        "/totals/first_month",
        "The first month lies before the first period.",
    )
    _refuse(
        last is not None and last > periods[-1].last,
        "/totals/last_month",
        "The last month lies after the last period.",
    )


def _check_skills(history: MissionHistory, *, complete: bool) -> None:
    counted: Counter[str] = Counter()
    for period in history.periods or ():
        for mission in period.missions:
            counted.update({_name(skill) for skill in mission.skills or ()})
    exact = complete and history.detail == "missions"
    for index, figures in enumerate(history.skills or ()):
        pointer = f"/skills/{index}"
        _check_figures(figures, history, pointer)
        listed = counted[_name(figures.skill)]
        _check_part(listed, figures.missions, f"{pointer}/missions", exact)


def _check_figures(figures: SkillFigures, history: MissionHistory, pointer: str) -> None:
    totals = history.totals
    first, last = figures.first_month, figures.last_month
    _refuse(
        first is not None and last is not None and first > last,
        f"{pointer}/last_month",
        "The last month comes before the first.",
    )
    for part, whole, name in (
        (figures.missions, totals.missions, "missions"),
        (figures.hours, totals.hours, "hours"),
        (figures.counterparties, totals.counterparties, "counterparties"),
    ):
        _refuse(
            part is not None and whole is not None and part > whole,
            f"{pointer}/{name}",
            _MORE_THAN_WHOLE,
        )


def _check_bands(history: MissionHistory) -> None:
    if history.bands is None:
        return
    for measure, bands in history.bands.by_measure().items():
        total = getattr(history.totals, measure)
        if total is None:
            continue
        _refuse(
            any(holds != (total >= int(threshold)) for threshold, holds in bands.items()),
            f"/bands/{measure}",
            "A band does not say what the total says.",
        )


def _check_ratings(history: MissionHistory) -> None:
    for scale, pointer in _scales(history):
        _refuse(
            history.distribution is None,
            "/distribution",
            "Ratings come with the issuer's own distribution.",
        )
        _refuse(
            history.distribution is not None and scale != history.distribution.scale,
            pointer,
            "Ratings are on another scale than the issuer's own distribution.",
        )
    if history.ratings is not None and history.totals.missions is not None:
        _refuse(
            history.ratings.total > history.totals.missions,
            "/ratings/counts",
            "There are more ratings than missions.",
        )
    for index, figures in enumerate(history.skills or ()):
        _refuse(
            figures.ratings is not None and figures.ratings.total > figures.missions,
            f"/skills/{index}/ratings/counts",
            "There are more ratings than missions.",
        )


def _scales(history: MissionHistory) -> Iterator[tuple[Scale, str]]:
    if history.ratings is not None:
        yield history.ratings.scale, "/ratings/scale"
    for index, figures in enumerate(history.skills or ()):
        if figures.ratings is not None:
            yield figures.ratings.scale, f"/skills/{index}/ratings/scale"
    for index, period in enumerate(history.periods or ()):
        for mission in period.missions:
            if mission.rating is not None:
                yield mission.rating.scale, f"/periods/{index}/pages"


def _name(skill: Skill) -> str:
    return f"{skill.framework} {skill.uri or skill.code or skill.label}"


def _check_part(shown: int, whole: int, pointer: str, exact: bool) -> None:  # noqa: FBT001 - local
    _refuse(shown > whole, pointer, _MORE_THAN_WHOLE)
    _refuse(exact and shown != whole, pointer, _DO_NOT_ADD_UP)


def _refuse(wrong: bool, pointer: str, message: str) -> None:  # noqa: FBT001 - reads as a rule
    if wrong:
        raise SchemaError(SchemaErrorKind.MALFORMED, pointer, message)


_MORE_THAN_WHOLE = "A part comes to more than the whole."
_DO_NOT_ADD_UP = "The parts do not add up to the whole."
