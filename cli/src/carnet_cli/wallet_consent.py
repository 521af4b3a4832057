"""The worker's yes at a terminal: by an option, or asked for at the keyboard."""

import sys
from typing import Final

import typer

from carnet_cli.failures import UsageFailedError
from carnet_wallet import telling
from carnet_wallet.consent import Consent, Preview, ShownClaim

_YES: Final = frozenset({"o", "oui", "y", "yes"})


def ask_consent(preview: Preview, *, yes: bool, tick: str | None, language: str) -> Consent | None:
    """Her yes, from an option or from the keyboard; None when she shows nothing.

    Where nothing is required, a yes without a tick shows nothing.

    Raises:
        RequestRefusedError: `policy_unmet`, as `Preview.agree`.
        UsageFailedError: no option, and no terminal to ask at.
    """
    if tick is not None:
        ticked = [_tick_of(name, preview) for name in tick.split(",") if name]
        return None if preview.optional and not ticked else preview.agree(ticked=ticked)
    if yes:
        return None if preview.optional else preview.agree()
    if not sys.stdin.isatty():
        raise UsageFailedError(
            "Nothing was shown: there is no terminal to ask you.", hint="Add --yes to show this."
        )
    if not preview.nothing_is_ticked:
        return preview.agree() if ask_yes(telling.word("show_it", language), language) else None
    wanted = {claim.tick: claim for card in preview.cards for claim in card.shown}
    ticked = [
        name for name, claim in wanted.items() if ask_yes(_tick_it(claim, language), language)
    ]
    if preview.optional:
        return preview.agree(ticked=ticked) if ticked else None
    return preview.agree(ticked=ticked) if set(ticked) == set(wanted) else None


def _tick_of(wanted: str, preview: Preview) -> str:
    """What she ticks by a name: the claim of that name, else the one claim she reads so."""
    claims = [claim for card in preview.cards for claim in card.shown]
    word = wanted.strip().casefold()
    read_so = {
        claim.tick
        for claim in claims
        if word in {label.strip().casefold() for label in claim.belongs_to.values()}
    }
    is_name = any(claim.tick == wanted for claim in claims)
    return wanted if is_name or len(read_so) != 1 else read_so.pop()


def _tick_it(claim: ShownClaim, language: str) -> str:
    part = telling.in_language(claim.belongs_to, language)
    return telling.word("tick_it", language, part=part)


def ask_yes(question: str, language: str) -> bool:
    """Ask at the keyboard; whatever is no plain yes, in either language, is a no."""
    choice = "/".join(telling.word(answer, language) for answer in ("yes", "no"))
    answer = typer.prompt(f"{question} [{choice}]", default="", show_default=False, err=True)
    return answer.strip().lower() in _YES
