"""One trust entry: an organisation, the one way its key is found, and what it may sign.

The same JSON object stands in a plain file and, later, inside a signed list, so it is
read strictly: an unknown member may be a restriction this version does not enforce.
Entries describe organisations only, never a person. Written form: docs/trust-entry.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from carnet_schemas import signer_classes
from carnet_schemas.client_id import ClientIdPrefix
from carnet_schemas.languages import LANGUAGES
from carnet_securing import standard_base64
from carnet_securing.errors import InvalidError
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.strict_json import JsonObject, JsonValue
from carnet_securing.urls import LOOPBACK_HOSTS, check_issuer_identifier
from carnet_trust.clean_text import clean_text
from carnet_trust.instants import format_instant, parse_instant
from carnet_trust.members import malformed, read_object, read_text, read_texts, reject_unknown

MEMBERS: Final = (
    "iss", "route", "keys", "roots", "types", "name", "class", "since", "until", "reason", "asker",
)  # fmt: skip
MAX_NAME_CHARACTERS: Final = 120
_MAX_KEYS: Final = 16
_MAX_ROOTS: Final = 8
_MAX_ROOT_CHARACTERS: Final = 16 * 1024
_MAX_TYPES: Final = 64
_MAX_ASKERS: Final = 16
_MAX_TEXT: Final = 2_048
# A request under `redirect_uri:` is not signed: anybody can send one in anybody's name.
_SIGNED_PREFIXES: Final = (
    f"{ClientIdPrefix.DECENTRALIZED_IDENTIFIER}:did:",
    f"{ClientIdPrefix.X509_SAN_DNS}:",
    f"{ClientIdPrefix.X509_HASH}:",
)
_DID: Final = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._%:\-]+", re.ASCII)
DID_ROUTES: Final = {
    IssuerKeyRoute.DID_WEB: "did:web:",
    IssuerKeyRoute.DID_JWK: "did:jwk:",
    IssuerKeyRoute.DID_KEY: "did:key:",
}

_Choice = TypeVar("_Choice", bound=StrEnum)


class OrganisationClass(StrEnum):
    """What kind of organisation an entry describes: the signers that are no persons.

    Persons have no class here: no file on people.
    """

    TRAINING_BODY = signer_classes.TRAINING_BODY
    CERTIFIER = signer_classes.CERTIFIER
    EMPLOYER = signer_classes.EMPLOYER
    PLATFORM = signer_classes.PLATFORM
    ASSOCIATION = signer_classes.ASSOCIATION
    UNION = signer_classes.UNION
    AUDITOR = signer_classes.AUDITOR
    BUYER = signer_classes.BUYER


class EndReason(StrEnum):
    """Why an entry ends. The first two leave standing what was signed before the end."""

    CLOSED = "closed"
    REPLACED = "replaced"
    KEY_STOLEN = "key_stolen"
    CRITERIA_UNMET = "criteria_unmet"
    LISTED_IN_ERROR = "listed_in_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEntry:
    """What the owner of the trust data says about one organisation.

    Attributes:
        iss: its issuer identifier, compared byte for byte.
        route: the one way to its key; a credential never chooses another.
        keys: its public keys, with `route` `pinned` only.
        roots: DER of the roots its chain must reach, with `route` `x5c` only.
        types: the `vct` values it may sign; none means none.
        name: its name by language; the only name ever shown for it.
        since: Unix seconds from which the entry holds.
        until: Unix seconds from which it no longer holds.
        asker: client identifiers under which it asks for presentations.
    """

    iss: str
    route: IssuerKeyRoute
    types: tuple[str, ...]
    name: Mapping[str, str]
    klass: OrganisationClass
    keys: tuple[PublicJwk, ...] = ()
    roots: tuple[bytes, ...] = ()
    since: int | None = None
    until: int | None = None
    reason: EndReason | None = None
    asker: tuple[str, ...] = ()

    def holds_at(self, now: int) -> bool:
        """Whether the entry is in force at an instant: `since` included, `until` not."""
        return (self.since is None or self.since <= now) and (
            self.until is None or now < self.until
        )

    def name_in(self, lang: str) -> str:
        """Its name in a language, else in the other one it has."""
        return self.name.get(lang) or next(iter(self.name.values()))


def entry_from_json(value: JsonValue) -> TrustEntry:
    """Read one entry.

    Raises:
        InvalidError: `malformed` for an unknown or missing member, a wrong form, a route
            that does not fit `iss`, or keys and roots that do not fit the route; and what
            `parse_public_jwk` raises for a key.
    """
    what = "A trust entry"
    members = read_object(value, what=what)
    reject_unknown(members, MEMBERS, what=what)
    route = _choice(members, "route", IssuerKeyRoute)
    iss = read_text(members, "iss", what=what, max_length=_MAX_TEXT)
    _check_identifier(iss, route)
    since, until = _instant(members, "since"), _instant(members, "until")
    if since is not None and until is not None and since >= until:
        malformed(f"{what} ends before it begins.")
    reason = _choice(members, "reason", EndReason) if "reason" in members else None
    if reason is not None and until is None:
        malformed(f"{what} gives a reason for an end but no `until`.")
    return TrustEntry(
        iss=iss,
        route=route,
        keys=_keys(members, route),
        roots=_roots(members, route),
        types=read_texts(members, "types", what=what, max_items=_MAX_TYPES, max_length=_MAX_TEXT),
        name=_names(members),
        klass=_choice(members, "class", OrganisationClass),
        since=since,
        until=until,
        reason=reason,
        asker=_askers(members),
    )


def entry_to_json(entry: TrustEntry) -> JsonObject:
    """Write one entry: members in the documented order, absent ones left out.

    Raises:
        InvalidError: `malformed` when the entry is one that `entry_from_json` would refuse.
    """
    written: dict[str, Any] = {
        "iss": entry.iss,
        "route": entry.route.value,
        "keys": [key.to_json() for key in entry.keys],
        "roots": [standard_base64.encode(root) for root in entry.roots],
        "types": list(entry.types),
        "name": dict(entry.name),
        "class": entry.klass.value,
        "since": None if entry.since is None else format_instant(entry.since),
        "until": None if entry.until is None else format_instant(entry.until),
        "reason": None if entry.reason is None else entry.reason.value,
        "asker": list(entry.asker),
    }
    required = ("iss", "route", "types", "name", "class")
    members = {key: value for key, value in written.items() if value or key in required}
    entry_from_json(members)
    return members


def _choice(members: JsonObject, name: str, choices: type[_Choice]) -> _Choice:
    value = members.get(name)
    if type(value) is not str or value not in tuple(choices):
        malformed(f"A trust entry needs `{name}`: one of {', '.join(choices)}.")
    return choices(value)


def _instant(members: JsonObject, name: str) -> int | None:
    return parse_instant(members[name]) if name in members else None


def _check_identifier(iss: str, route: IssuerKeyRoute) -> None:
    """The form of `iss` must allow the route, or the entry could never match."""
    method = DID_ROUTES.get(route)
    if method is not None:
        fits = iss.startswith(method) and _DID.fullmatch(iss) is not None
    elif route is IssuerKeyRoute.PINNED and iss.startswith("did:"):
        fits = _DID.fullmatch(iss) is not None
    else:
        fits = _is_issuer_url(iss)
    if not fits:
        malformed(f"A trust entry has an `iss` that its route {route.value} cannot serve.")


def _is_issuer_url(iss: str) -> bool:
    try:
        origin = check_issuer_identifier(iss)
    except InvalidError:
        return False
    if origin.startswith("https://"):
        return True
    host = origin.removeprefix("http://").rpartition(":")[0] or origin.removeprefix("http://")
    return host.strip("[]") in LOOPBACK_HOSTS


def _keys(members: JsonObject, route: IssuerKeyRoute) -> tuple[PublicJwk, ...]:
    value = _belonging(members, "keys", route, IssuerKeyRoute.PINNED, _MAX_KEYS)
    return tuple(parse_public_jwk(key) for key in value)


def _roots(members: JsonObject, route: IssuerKeyRoute) -> tuple[bytes, ...]:
    value = _belonging(members, "roots", route, IssuerKeyRoute.X5C, _MAX_ROOTS)
    if not all(type(root) is str and 0 < len(root) <= _MAX_ROOT_CHARACTERS for root in value):
        malformed("A trust entry needs `roots` as base64 texts of certificates.")
    return tuple(standard_base64.decode(root) for root in value)


def _belonging(
    members: JsonObject, name: str, route: IssuerKeyRoute, owner: IssuerKeyRoute, most: int
) -> list[JsonValue]:
    """A member that one route must have and no other may: there is one source of keys."""
    if (name in members) is not (route is owner):
        malformed(f"A trust entry has `{name}` with the route {owner.value} and with no other.")
    value = members.get(name, [])
    if route is owner and (type(value) is not list or not 0 < len(value) <= most):
        malformed(f"A trust entry needs `{name}`: an array of 1 to {most}.")
    return list(value)


def _names(members: JsonObject) -> Mapping[str, str]:
    names = read_object(members.get("name"), what="The `name` of a trust entry")
    reject_unknown(names, LANGUAGES, what="The `name` of a trust entry")
    if not names:
        malformed("A trust entry needs `name` in French or in English.")
    for language in names:
        text = read_text(
            names, language, what="The `name` of a trust entry", max_length=MAX_NAME_CHARACTERS
        )
        if clean_text(text, max_length=MAX_NAME_CHARACTERS).text != text:
            malformed("The `name` of a trust entry has invisible or misleading characters.")
    return MappingProxyType(dict(names))


def _askers(members: JsonObject) -> tuple[str, ...]:
    if "asker" not in members:
        return ()
    askers = read_texts(
        members, "asker", what="A trust entry", max_items=_MAX_ASKERS, max_length=_MAX_TEXT
    )
    if not askers or not all(asker.startswith(_SIGNED_PREFIXES) for asker in askers):
        malformed(f"A trust entry has an `asker` outside {', '.join(_SIGNED_PREFIXES)}.")
    return askers
