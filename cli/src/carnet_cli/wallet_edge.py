"""The edge of `carnet wallet`: what a command opens, and in which language it speaks."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carnet_cli.failures import UsageFailedError
from carnet_cli.passphrase import read_passphrase
from carnet_cli.settings import loopback_http_allowed, variable
from carnet_securing.fetch_http import HttpFetch
from carnet_securing.limits import ISSUED
from carnet_securing.native import check_signature
from carnet_trust.cached_lookups import CachedLookups
from carnet_trust.lookup_cache import LookupCache
from carnet_trust.lookups import Lookups
from carnet_trust.on_demand_lookups import OnDemandLookups
from carnet_wallet.records import LANGUAGES
from carnet_wallet.surroundings import Surroundings
from carnet_wallet.wallet import Wallet


def language_of(lang: str | None) -> str:
    """`--lang`, else the language of this computer: fr or en.

    Raises:
        UsageFailedError: another language.
    """
    if lang is not None:
        if lang not in LANGUAGES:
            raise UsageFailedError("--lang is fr or en.")
        return lang
    names = (variable(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    system = next((name for name in names if name), "")
    return "fr" if system.lower().startswith("fr") else "en"


@contextmanager
def opened_wallet(
    directory: Path,
    passphrase_file: Path | None,
    *,
    loopback: bool = False,
    ca_file: Path | None = None,
    offline: bool = False,
) -> Iterator[Wallet]:
    """Open the wallet of one command; closed again when the command ends."""
    passphrase = read_passphrase(passphrase_file, confirm=False)
    with (
        wallet_surroundings(loopback=loopback, ca_file=ca_file, offline=offline) as around,
        Wallet.open(directory, passphrase=passphrase, surroundings=around) as wallet,
    ):
        yield wallet


@contextmanager
def wallet_surroundings(
    *, loopback: bool, ca_file: Path | None, offline: bool
) -> Iterator[Surroundings]:
    loopback_http = loopback_http_allowed(flag=loopback)
    named = variable("CARNET_CA_FILE")
    ca_file = ca_file or (Path(named) if named else None)
    with HttpFetch(loopback_http=loopback_http, ca_file=ca_file) as web:

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
            )

        yield Surroundings(
            web=web,
            lookups=lookups,
            asker_roots=lambda: _roots(ca_file),
            loopback_http=loopback_http,
        )


def _roots(ca_file: Path | None) -> list[bytes]:
    """The roots askers' certificates may end at: the same as those of web addresses."""
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    return context.get_ca_certs(binary_form=True)
