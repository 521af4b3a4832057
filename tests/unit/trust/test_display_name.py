"""Names on screen: the trust data's, else a host in ASCII, else a short form of a key."""

import pytest

from carnet_securing.credential import IssuerKey
from carnet_securing.did import did_jwk_of
from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.askers import AskerKind, asker_name
from carnet_trust.display_name import NameKind, NameMark, host_name, issuer_name
from carnet_trust.entries import EndReason, OrganisationClass, TrustEntry
from carnet_trust.lookups import Dated, FoundIssuer, Source
from carnet_trust.trust_file import TrustData
from support.keys import signer

KEY = signer("display").public_jwk
ASKER = "x509_san_dns:ask.example"


def entry(**changes: object) -> TrustEntry:
    members: dict[str, object] = {
        "iss": "https://a.example",
        "route": IssuerKeyRoute.METADATA,
        "types": (),
        "name": {"fr": "L'Atelier", "en": "The Workshop"},
        "klass": OrganisationClass.BUYER,
        "asker": (ASKER,),
    }
    return TrustEntry(**(members | changes))  # type: ignore[arg-type]


def issuer(
    iss: str,
    *,
    entry: TrustEntry | None = None,
    route: IssuerKeyRoute = IssuerKeyRoute.METADATA,
) -> FoundIssuer:
    return FoundIssuer(
        issuer_key=IssuerKey(issuer=iss, key=KEY, route=route),
        entry=entry,
        keys=Dated(value=(KEY,), fetched_at=0, source=Source.CACHE),
    )


@pytest.mark.parametrize(
    ("lang", "name"), [("fr", "L'Atelier"), ("en", "The Workshop"), ("de", "L'Atelier")]
)
def test_a_listed_issuer_has_the_name_of_its_entry(lang: str, name: str) -> None:
    shown = issuer_name(issuer("https://a.example", entry=entry()), lang=lang)
    assert (shown.text, shown.kind) == (name, NameKind.LISTED)


def test_one_language_serves_for_both() -> None:
    shown = issuer_name(issuer("https://a.example", entry=entry(name={"en": "X"})), lang="fr")
    assert shown.text == "X"


@pytest.mark.parametrize(
    ("iss", "host"),
    [
        ("https://School.Example/t/a", "school.example"),
        ("https://school.example:8443", "school.example:8443"),
        ("http://localhost:8001", "localhost:8001"),
        ("did:web:school.example:t:a", "school.example"),
        ("did:web:school.example%3A8443", "school.example:8443"),
    ],
)
def test_an_unlisted_issuer_is_shown_by_its_host(iss: str, host: str) -> None:
    shown = issuer_name(issuer(iss), lang="fr")
    assert (shown.text, shown.kind, shown.marks) == (host, NameKind.HOST, frozenset())


@pytest.mark.parametrize(
    ("iss", "route"),
    [
        (did_jwk_of(KEY), IssuerKeyRoute.DID_JWK),
        ("CN=Ministry of Trust", IssuerKeyRoute.X5C),
        ("https://ministry.example", IssuerKeyRoute.X5C),
        ("anything at all", IssuerKeyRoute.PINNED),
    ],
)
def test_an_issuer_without_a_host_of_its_own_is_a_key(iss: str, route: IssuerKeyRoute) -> None:
    shown = issuer_name(issuer(iss, route=route), lang="fr")
    assert shown.kind is NameKind.KEY
    assert len(shown.text) == 14
    assert shown.text.replace("-", "").isalnum()


def test_two_keys_look_different() -> None:
    other = signer("another display").public_jwk
    found = issuer("x", route=IssuerKeyRoute.X5C)
    second = FoundIssuer(
        issuer_key=IssuerKey(issuer="x", key=other, route=IssuerKeyRoute.X5C),
        entry=None,
        keys=found.keys,
    )
    assert issuer_name(found, lang="fr").text != issuer_name(second, lang="fr").text


def test_punycode_stays_punycode_and_is_marked() -> None:
    shown = issuer_name(issuer("https://xn--pple-43d.com"), lang="fr")
    assert shown.text == "xn--pple-43d.com"
    assert shown.marks == {NameMark.PUNYCODE}


def test_a_host_that_came_in_letters_is_turned_into_ascii() -> None:
    shown = host_name("аpple.com")
    assert shown.text == "xn--pple-43d.com"
    assert shown.marks == {NameMark.PUNYCODE}


@pytest.mark.parametrize("filler", ["a" * 60 + ".", "é" * 40 + "."])
def test_a_long_host_keeps_its_end_which_says_whose_it_is(filler: str) -> None:
    shown = host_name("bank.example." + filler * 4 + "evil.example")
    assert len(shown.text) == 120
    assert shown.text.startswith("…")
    assert shown.text.endswith(".evil.example")
    assert shown.text[1:].isascii()


def test_a_known_asker() -> None:
    named = asker_name(ASKER, trust=TrustData.of([entry()]), lang="en", now=0)
    assert (named.kind, named.name, named.client_id) == (AskerKind.KNOWN, "The Workshop", ASKER)


@pytest.mark.parametrize(
    "trust",
    [
        TrustData.EMPTY,
        TrustData.of([entry(asker=())]),
        TrustData.of([entry(since=1_000)]),
        TrustData.of([entry(until=500)]),
        TrustData.of([entry(until=500, reason=EndReason.CLOSED)]),
    ],
)
def test_an_asker_without_an_entry_in_force_is_unknown(trust: TrustData) -> None:
    named = asker_name(ASKER, trust=trust, lang="fr", now=999)
    assert (named.kind, named.name) == (AskerKind.UNKNOWN, "ask.example")


@pytest.mark.parametrize(
    "near",
    [
        "ask.example",
        "X509_SAN_DNS:ask.example",
        "x509_san_dns:ASK.example",
        "x509_san_dns:ask.example.",
        "redirect_uri:x509_san_dns:ask.example",
        "redirect_uri:https://ask.example",
        "x509_hash:ask.example",
    ],
)
def test_the_whole_identifier_is_compared(near: str) -> None:
    named = asker_name(near, trust=TrustData.of([entry()]), lang="fr", now=0)
    assert named.kind is AskerKind.UNKNOWN


@pytest.mark.parametrize(
    ("client_id", "name"),
    [
        ("redirect_uri:https://evil.example/cb?bank=x", "evil.example"),
        ("decentralized_identifier:did:web:evil.example:a", "evil.example"),
        ("x509_san_dns:xn--pple-43d.com", "xn--pple-43d.com"),
        ("decentralized_identifier:did:web:xn--pple-43d.com", "xn--pple-43d.com"),
    ],
)
def test_an_unknown_asker_is_a_host(client_id: str, name: str) -> None:
    assert asker_name(client_id, trust=TrustData.EMPTY, lang="fr", now=0).name == name


@pytest.mark.parametrize(
    "client_id",
    [
        "Your Bank",
        "bank:Your Bank",
        "x509_hash:YourBankYourBank",
        "verifier_attestation:your-bank",
        "decentralized_identifier:did:jwk:YOURBANK",
        "decentralized_identifier:did:example:YOURBANK",
        "redirect_uri:YOURBANK",
        "x509_hash:\u202eBank",
        "",
    ],
)
def test_no_word_of_another_identifier_is_shown(client_id: str) -> None:
    name = asker_name(client_id, trust=TrustData.EMPTY, lang="fr", now=0).name
    assert "bank" not in name.lower()
    assert len(name) == 14


def test_an_unknown_key_is_shown_as_a_key() -> None:
    named = asker_name(
        f"decentralized_identifier:{did_jwk_of(KEY)}", trust=TrustData.EMPTY, lang="fr", now=0
    )
    assert named.name == issuer_name(issuer("x", route=IssuerKeyRoute.X5C), lang="fr").text
