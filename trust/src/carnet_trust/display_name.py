"""Under which name an organisation is shown: the trust data's, never its own.

A name, a logo or a certificate's subject inside a credential is written by whoever signs
it, so none of them is read here (attack rows W08, W09). An issuer without an entry is
shown by its host in ASCII form, or by a short form of its key.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.clean_text import ELLIPSIS, clean_text
from carnet_trust.entries import MAX_NAME_CHARACTERS, TrustEntry
from carnet_trust.issuer_home import home_of
from carnet_trust.lookups import FoundIssuer

_GROUP: Final = 4
_GROUPS: Final = 3


class NameKind(StrEnum):
    """Where a shown name comes from."""

    LISTED = "listed"
    HOST = "host"
    KEY = "key"


class NameMark(StrEnum):
    """A reason to look twice at a host: it stands for letters of another alphabet."""

    PUNYCODE = "punycode"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayName:
    """A name that can be shown as it is, once escaped for where it is written.

    `kind` `listed` is a name the reader's trust data gives; `host` is the part of a web
    address that its owner controls; `key` is only a short form of a key, and no name.
    """

    text: str
    kind: NameKind
    marks: frozenset[NameMark] = frozenset()

    def __str__(self) -> str:
        return self.text


def issuer_name(found: FoundIssuer, *, lang: str) -> DisplayName:
    """The name of a credential's issuer, in a language where the trust data has one."""
    if found.entry is not None:
        return entry_name(found.entry, lang=lang)
    key = found.issuer_key
    if key.route is IssuerKeyRoute.X5C:
        return key_name(key.key)
    return identifier_name(key.issuer) or key_name(key.key)


def entry_name(entry: TrustEntry, *, lang: str) -> DisplayName:
    """The name an entry gives, without anything that cannot be seen."""
    cleaned = clean_text(entry.name_in(lang), max_length=MAX_NAME_CHARACTERS)
    return DisplayName(text=cleaned.text, kind=NameKind.LISTED)


def identifier_name(identifier: str) -> DisplayName | None:
    """The host of a web address or a did:web, in ASCII; None for what has no host."""
    home = home_of(identifier)
    if home is None:
        return None
    return host_name(home.partition("://")[2].partition("/")[0])


def host_name(host: str) -> DisplayName:
    """A host with its port as it is shown: lower case, never turned into other letters.

    Of one that is too long the end is kept: it says whose host it is.
    """
    labels = [_ascii_label(label) for label in host.lower().split(".")]
    odd = any(label.startswith("xn--") for label in labels)
    whole = ".".join(labels)
    text = clean_text(whole, max_length=len(whole)).text
    if len(text) > MAX_NAME_CHARACTERS:
        text = ELLIPSIS + text[-(MAX_NAME_CHARACTERS - 1) :]
    marks = frozenset({NameMark.PUNYCODE}) if odd else frozenset[NameMark]()
    return DisplayName(text=text, kind=NameKind.HOST, marks=marks)


def key_name(key: PublicJwk) -> DisplayName:
    """A short form of a key's thumbprint: enough to tell two apart side by side, no proof."""
    return DisplayName(text=short_form(key.thumbprint), kind=NameKind.KEY)


def short_form(digest: str) -> str:
    """Twelve characters of a digest in groups; of anything else it would be a chosen name."""
    characters = [c for c in digest.upper() if c.isalnum()][: _GROUP * _GROUPS]
    starts = range(0, len(characters), _GROUP)
    return "-".join("".join(characters[start : start + _GROUP]) for start in starts)


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode").decode("ascii")
