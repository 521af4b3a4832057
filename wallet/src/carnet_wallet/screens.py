"""A code for whoever looks at the worker's screen: nobody asked, so it is bound to no asker.

It can be copied from the screen (`carnet_securing.key_binding` binds it to the minute); only
one bound to the six digits of the other side's page was made for that person.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

from carnet_schemas.catalog import REGISTERED_CLAIMS
from carnet_securing.errors import ErrorKind
from carnet_securing.key_binding import SHOWN_ON_SCREEN, bind_shown
from carnet_wallet.cards import HeldCard
from carnet_wallet.errors import RequestRefusedError
from carnet_wallet.fail_points import FailPoints, Moment
from carnet_wallet.showings import Outcome, Showing, ShownCard
from carnet_wallet.vault.vault import Vault

_DIGITS: Final = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenCode:
    """What a screen shows to whoever looks at it: a presentation nobody asked for.

    `claims` are the top-level claims it opens, or that are always visible, as they were wanted.
    """

    text: str = field(repr=False)
    claims: tuple[str, ...]
    copy_seen_before: bool


def show_on_screen(
    one: HeldCard,
    *,
    claims: Collection[str],
    code: str | None,
    vault: Vault,
    fail_points: FailPoints,
    now: int,
) -> ScreenCode:
    """Open a copy at some claims and bind it; the history knows before the screen does.

    Each viewer counts as somebody else, so each code takes a copy nobody has seen.

    Raises:
        VaultError: `storage_full`.
        RequestRefusedError: `claim_missing` for a claim the certificate does not have,
            `malformed` for a code that no page shows.
    """
    if code is not None and _DIGITS.fullmatch(code) is None:
        raise RequestRefusedError(
            ErrorKind.MALFORMED,
            "The code is not six digits.",
            hint="Type the six digits that the other page shows.",
        )
    names = tuple(dict.fromkeys(_named(one, wanted) for wanted in claims))
    paths = [path for name in names for path in one.held.paths_within((name,))]
    chosen = one.copy_for("")
    text = bind_shown(
        chosen.copy.held.select(paths), now=now, signer=chosen.copy.key.signer(), code=code
    ).decode("ascii")
    shown = ShownCard.of(one.card, chosen.copy, paths)
    showing = Showing(
        at=now,
        asker="",
        asker_name="",
        known=False,
        request_digest="",
        cards=(shown,),
        outcome=Outcome.ON_SCREEN,
    )
    seen = (*(name for name in chosen.copy.shown_to if name != SHOWN_ON_SCREEN), SHOWN_ON_SCREEN)
    fail_points.reach(Moment.BEFORE_HISTORY)
    vault.commit([showing.put(), replace(chosen.copy, shown_to=seen).put()])
    fail_points.reach(Moment.AFTER_HISTORY)
    return ScreenCode(text=text, claims=names, copy_seen_before=chosen.seen_by_others)


def _named(one: HeldCard, wanted: str) -> str:
    """The claim that is called so, by its name or as she reads it; two that are, are none."""
    own = [name for name in one.held.claims if name not in REGISTERED_CLAIMS]
    if wanted in own:
        return wanted
    word = wanted.strip().casefold()
    called = [name for name in own if word in _words(one, name)]
    if len(called) != 1:
        raise RequestRefusedError(
            ErrorKind.CLAIM_MISSING,
            "This certificate has no such part.",
            hint="Look at it with `carnet wallet show`.",
        )
    return called[0]


def _words(one: HeldCard, name: str) -> set[str]:
    labels = one.card.labels.of((name,)).values()
    return {name.casefold(), *(text.strip().casefold() for text in labels)}
