"""Trust entries: one shape, read strictly, and written as they are read."""

import base64
from typing import Any

import pytest

from carnet_schemas.catalog import CREDENTIAL_TYPES
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.entries import (
    EndReason,
    OrganisationClass,
    TrustEntry,
    entry_from_json,
    entry_to_json,
)
from support.certificates import chain
from support.keys import signer

JWK = signer("entry").public_jwk.to_json()
ROOT = base64.b64encode(chain().root.der).decode("ascii")
DID_JWK = "did:jwk:eyJrdHkiOiJFQyJ9"

ENTRY: dict[str, Any] = {
    "iss": "https://school.example/t/a",
    "route": "metadata",
    "types": ["urn:carnet:skill-certificate:1"],
    "name": {"fr": "Centre du Moulin", "en": "Mill Centre"},
    "class": "training_body",
}
PINNED = ENTRY | {"route": "pinned", "keys": [JWK]}
X5C = ENTRY | {"route": "x5c", "roots": [ROOT]}


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}


def kind_of(value: object) -> ErrorKind:
    with pytest.raises(InvalidError) as caught:
        entry_from_json(value)
    return caught.value.kind


@pytest.mark.parametrize(
    "members",
    [
        ENTRY,
        PINNED,
        X5C,
        ENTRY | {"types": []},
        ENTRY | {"name": {"fr": "Atelier de l'Œuvre"}},
        ENTRY | {"iss": "http://localhost:8001"},
        ENTRY | {"iss": "http://127.0.0.1:8001/t/a"},
        ENTRY | {"iss": "did:web:school.example:t:a", "route": "did_web"},
        ENTRY | {"iss": DID_JWK, "route": "did_jwk"},
        ENTRY
        | {"iss": "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", "route": "did_key"},
        PINNED | {"iss": DID_JWK},
        ENTRY
        | {
            "since": "2026-01-01T00:00:00Z",
            "until": "2027-08-31T12:30:00Z",
            "reason": "key_stolen",
            "asker": [
                "x509_san_dns:ask.school.example",
                "decentralized_identifier:did:web:a.example",
            ],
        },
    ],
)
def test_reads_and_writes_the_same(members: dict[str, Any]) -> None:
    assert entry_to_json(entry_from_json(members)) == members


def test_reads_every_member() -> None:
    entry = entry_from_json(
        PINNED
        | {"since": "1970-01-02T00:00:00Z", "until": "1970-01-03T00:00:01Z", "reason": "closed"}
    )
    assert entry.route is IssuerKeyRoute.PINNED
    assert entry.klass is OrganisationClass.TRAINING_BODY
    assert entry.keys[0].thumbprint == signer("entry").public_jwk.thumbprint
    assert (entry.since, entry.until) == (86_400, 172_801)
    assert entry.reason is EndReason.CLOSED


@pytest.mark.parametrize(
    ("now", "holds"), [(9, False), (10, True), (19, True), (20, False), (10**12, False)]
)
def test_holds_from_since_until_before_until(now: int, holds: bool) -> None:
    entry = TrustEntry(
        iss="https://a.example",
        route=IssuerKeyRoute.METADATA,
        types=(),
        name={"fr": "A"},
        klass=OrganisationClass.UNION,
        since=10,
        until=20,
    )
    assert entry.holds_at(now) is holds


@pytest.mark.parametrize("name", ["iss", "route", "types", "name", "class"])
def test_each_required_member(name: str) -> None:
    assert kind_of(without(ENTRY, name)) is ErrorKind.MALFORMED


@pytest.mark.parametrize("member", ["Iss", "status", "logo", "key", "root", "x5c", "jwks", "note"])
def test_unknown_members_are_refused(member: str) -> None:
    assert kind_of(ENTRY | {member: "x"}) is ErrorKind.MALFORMED


@pytest.mark.parametrize("value", [None, [], "x", 7, True, [ENTRY]])
def test_an_entry_is_an_object(value: object) -> None:
    assert kind_of(value) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "change",
    [
        {"route": "any"},
        {"route": "X5C"},
        {"route": None},
        {"route": ["metadata"]},
        {"class": "mentor"},
        {"class": "peer"},
        {"class": "worker"},
        {"class": "person"},
        {"class": None},
        {"types": None},
        {"types": "urn:carnet:skill-certificate:1"},
        {"types": ["a", "a"]},
        {"types": [""]},
        {"types": [1]},
        {"types": [f"urn:x:{n}" for n in range(65)]},
        {"types": {"a": True}},
    ],
)
def test_closed_values(change: dict[str, Any]) -> None:
    assert kind_of(ENTRY | change) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "iss",
    [
        "",
        "school.example",
        "http://school.example",
        "http://localhost.evil.example",
        "https://a@school.example",
        "https://school.example?x",
        "https://school.example#x",
        "https://school.example/../a",
        "https://école.example",
        "https://school.example/a b",
        "urn:x:y",
        "did:web:school.example",
        "https://" + "a" * 3_000,
        7,
        None,
    ],
)
def test_an_iss_the_metadata_route_cannot_serve(iss: object) -> None:
    assert kind_of(ENTRY | {"iss": iss}) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("route", "iss"),
    [
        ("did_web", "https://school.example"),
        ("did_web", DID_JWK),
        ("did_web", "did:web:"),
        ("did_web", "did:web:a.example#key"),
        ("did_jwk", "did:web:a.example"),
        ("did_jwk", "did:jwk:"),
        ("did_key", DID_JWK),
        ("x5c", "did:web:a.example"),
        ("x5c", "CN=school"),
        ("pinned", "did:"),
        ("pinned", "anything"),
    ],
)
def test_the_route_fits_the_iss(route: str, iss: str) -> None:
    sources: dict[str, dict[str, Any]] = {"x5c": {"roots": [ROOT]}, "pinned": {"keys": [JWK]}}
    extra = sources.get(route, {})
    assert kind_of(ENTRY | {"route": route, "iss": iss} | extra) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "members",
    [
        ENTRY | {"keys": [JWK]},
        ENTRY | {"roots": [ROOT]},
        PINNED | {"roots": [ROOT]},
        X5C | {"keys": [JWK]},
        without(PINNED, "keys"),
        without(X5C, "roots"),
        PINNED | {"keys": []},
        X5C | {"roots": []},
        PINNED | {"keys": JWK},
        X5C | {"roots": ROOT},
        PINNED | {"keys": [JWK] * 17},
        X5C | {"roots": [ROOT] * 9},
        X5C | {"roots": [ROOT + "="]},
        X5C | {"roots": [ROOT.replace("+", "-").replace("/", "_")]},
        X5C | {"roots": [""]},
        X5C | {"roots": [7]},
        X5C | {"roots": ["A" * 20_000]},
        ENTRY | {"keys": None},
    ],
)
def test_there_is_one_source_of_keys(members: dict[str, Any]) -> None:
    assert kind_of(members) is ErrorKind.MALFORMED


def test_a_private_key_is_refused() -> None:
    assert kind_of(PINNED | {"keys": [JWK | {"d": "AAAA"}]}) is ErrorKind.HEADER_NOT_ALLOWED


@pytest.mark.parametrize(
    "name",
    [
        {},
        None,
        "Centre",
        {"de": "Schule"},
        {"fr": "A", "de": "B"},
        {"fr": ""},
        {"fr": " Centre"},
        {"fr": "Centre\u202e"},
        {"fr": "Cen\u200btre"},
        {"fr": "Centre\n"},
        {"fr": "x" * 121},
        {"fr": "\u3164"},
        {"fr": 7},
    ],
)
def test_names_can_be_shown_as_they_are(name: object) -> None:
    assert kind_of(ENTRY | {"name": name}) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "change",
    [
        {"since": 0},
        {"since": "2026-01-01"},
        {"since": "2026-01-01T00:00:00"},
        {"since": "2026-01-01T00:00:00+00:00"},
        {"since": "2026-01-01T00:00:00.0Z"},
        {"since": "2026-02-30T00:00:00Z"},
        {"since": "2026-01-01T24:00:00Z"},
        {"since": "２026-01-01T00:00:00Z"},
        {"since": None},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
        {"reason": "closed"},
        {"reason": "bad", "until": "2026-01-01T00:00:00Z"},
        {"reason": None, "until": "2026-01-01T00:00:00Z"},
    ],
)
def test_dates_and_reasons(change: dict[str, Any]) -> None:
    assert kind_of(ENTRY | change) is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "asker",
    [
        [],
        None,
        "x509_san_dns:a.example",
        ["redirect_uri:https://a.example/cb"],
        ["https://a.example"],
        ["x509_san_dns"],
        ["decentralized_identifier:https://a.example"],
        ["x509_hash:a", "x509_hash:a"],
        [7],
    ],
)
def test_only_authenticated_askers_can_be_listed(asker: object) -> None:
    assert kind_of(ENTRY | {"asker": asker}) is ErrorKind.MALFORMED


def test_every_signer_of_a_type_that_is_no_person_has_a_class() -> None:
    signers = {who for each in CREDENTIAL_TYPES.values() for who in each.signers}
    assert set(OrganisationClass) == signers - {"mentor", "peer", "worker"}


def test_a_broken_entry_cannot_be_written() -> None:
    entry = TrustEntry(
        iss="https://a.example",
        route=IssuerKeyRoute.PINNED,
        types=(),
        name={"fr": "A"},
        klass=OrganisationClass.UNION,
    )
    with pytest.raises(InvalidError):
        entry_to_json(entry)


def test_messages_do_not_quote_the_entry() -> None:
    for change in ({"route": "SECRET"}, {"iss": "SECRET"}, {"SECRET": 1}, {"class": "SECRET"}):
        with pytest.raises(InvalidError) as caught:
            entry_from_json(ENTRY | change)
        assert "SECRET" not in str(caught.value) + caught.value.hint
