"""The edge of `carnet wallet`: what every command on a wallet is given, written once.

A command takes an `Opening` (or a `ConnectedOpening`, when it speaks to somebody) as its first
parameter, and `on_a_wallet` gives it the options of that class beside its own. Whatever goes
wrong in the command is told in the language it speaks.
"""

import functools
import inspect
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from carnet_cli import options
from carnet_cli.console import Console
from carnet_cli.failures import UsageFailedError
from carnet_cli.passphrase import Prompts, read_passphrase
from carnet_cli.settings import ca_file as ca_file_of
from carnet_cli.settings import loopback_http_allowed, variable
from carnet_cli.wallet_errors import told_in
from carnet_cli.web_client import web_client
from carnet_schemas.languages import LANGUAGES
from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from carnet_trust.cached_lookups import CachedLookups
from carnet_trust.lookup_cache import LookupCache
from carnet_trust.lookups import Freshness, Lookups
from carnet_trust.on_demand_lookups import OnDemandLookups
from carnet_wallet import telling
from carnet_wallet.surroundings import Surroundings
from carnet_wallet.wallet import Wallet

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The wallet's folder.")]
Lang = Annotated[
    str | None, typer.Option("--lang", help="fr or en; else the language of this computer.")
]


_SOON: Final = Freshness(status_at_most=Freshness().retry_after)
"""As often as a list may be asked for at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Which wallet a command is about, how it is opened, and how the command speaks."""

    directory: Folder
    lang: Lang = None
    passphrase_file: options.PassphraseFile = None
    json_output: options.Json = False

    @property
    def console(self) -> Console:
        """Where the command writes."""
        return Console(self.json_output)

    @property
    def language(self) -> str:
        """`--lang`, else the language of this computer: fr or en.

        Raises:
            UsageFailedError: another language.
        """
        if self.lang is not None:
            if self.lang not in LANGUAGES:
                raise UsageFailedError("--lang is fr or en.", hint="Write --lang fr or --lang en.")
            return self.lang
        names = (variable(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
        system = next((name for name in names if name), "")
        return "fr" if system.lower().startswith("fr") else "en"

    @property
    def prompts(self) -> Prompts:
        """How a passphrase is asked for."""
        return Prompts(
            first=telling.word("ask_passphrase", self.language),
            again=telling.word("ask_again", self.language),
        )

    def wallet(self) -> AbstractContextManager[Wallet]:
        """The wallet, opened without any connection until the block ends."""
        return self._opened(offline=True)

    def _opened(self, **edge: Any) -> AbstractContextManager[Wallet]:
        return opened_wallet(self.directory, self.passphrase_file, prompts=self.prompts, **edge)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedOpening(Opening):
    """As `Opening`, for a command that speaks to issuers or askers."""

    ca_file: options.CaFile = None
    allow_loopback_http: options.AllowLoopbackHttp = False

    def connected_wallet(
        self, *, offline: bool = False, refresh: bool = False
    ) -> AbstractContextManager[Wallet]:
        """The wallet, opened with a client for the web.

        Args:
            offline: look up nothing there.
            refresh: ask again for lists of withdrawals that are older than a minute.
        """
        return self._opened(
            loopback=self.allow_loopback_http,
            ca_file=self.ca_file,
            offline=offline,
            refresh=refresh,
        )


R = TypeVar("R")


def on_a_wallet(run: Callable[..., R]) -> Callable[..., R]:
    """A command whose first parameter, an opening, becomes the options that opening has.

    The folder comes first, then the command's own arguments and options, then the shared ones.
    """
    first, *own = inspect.signature(run, eval_str=True).parameters.values()
    folder, *shared = inspect.signature(first.annotation).parameters.values()

    @functools.wraps(run)
    def command(**given: Any) -> R:
        opening = first.annotation(
            **{each.name: given.pop(each.name) for each in (folder, *shared)}
        )
        with told_in(opening.language):
            return run(opening, **given)

    keyword_only = inspect.Parameter.KEYWORD_ONLY
    parameters = [each.replace(kind=keyword_only) for each in (folder, *own, *shared)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


@contextmanager
def opened_wallet(
    directory: Path,
    passphrase_file: Path | None,
    *,
    prompts: Prompts | None = None,
    loopback: bool = False,
    ca_file: Path | None = None,
    offline: bool = False,
    refresh: bool = False,
) -> Iterator[Wallet]:
    """Open the wallet of one command; closed again when the command ends."""
    passphrase = read_passphrase(passphrase_file, confirm=False, prompts=prompts or Prompts())
    with (
        wallet_surroundings(
            loopback=loopback, ca_file=ca_file, offline=offline, refresh=refresh
        ) as around,
        Wallet.open(directory, passphrase=passphrase, surroundings=around) as wallet,
    ):
        yield wallet


@contextmanager
def wallet_surroundings(
    *,
    loopback: bool = False,
    ca_file: Path | None = None,
    offline: bool = False,
    refresh: bool = False,
) -> Iterator[Surroundings]:
    """What a wallet on this computer reaches for, while the block lasts."""
    loopback_http = loopback_http_allowed(flag=loopback)
    roots = ca_file_of(ca_file)
    with web_client(loopback_http=loopback_http, ca_file=roots) as web:

        def lookups(cache: LookupCache) -> Lookups:
            if offline:
                return CachedLookups(cache, check=check_signature, limits=ISSUED)
            return OnDemandLookups(
                cache,
                fetch=web,
                check=check_signature,
                limits=ISSUED,
                loopback_http=loopback_http,
                fetch_types=True,
                freshness=_SOON if refresh else None,
            )

        yield Surroundings(
            web=web,
            lookups=lookups,
            asker_roots=lambda: _roots(roots),
            loopback_http=loopback_http,
        )


def _roots(ca_file: Path | None) -> list[bytes]:
    """The roots askers' certificates may end at: the same as those of web addresses."""
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    return context.get_ca_certs(binary_form=True)
